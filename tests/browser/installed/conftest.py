from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.installed.shop import clean_environment


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a clean environment with the wheel."""
    return clean_environment(tmp_path_factory.mktemp("environment"))
