"""What projects import is where it is promised, for them and for type checkers."""

from __future__ import annotations

import ast
from importlib import import_module
from pathlib import Path

import pytest

from tests import ROOT

PACKAGES = ("hub", "notifications")


def stub(package: str) -> dict[str, str]:
    """Names of the stub, with the module that each is from."""
    tree = ast.parse((ROOT / package / "__init__.pyi").read_text())
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    return {name.name: f"{node.module}" for node in imports for name in node.names}


@pytest.mark.parametrize("package", PACKAGES)
def test_each_name_is_what_its_module_has(package: str) -> None:
    module = import_module(package)

    for name, source in stub(package).items():
        assert getattr(module, name) is getattr(import_module(source), name)


@pytest.mark.parametrize("package", PACKAGES)
def test_the_stub_has_the_same_names(package: str) -> None:
    assert sorted(stub(package)) == sorted(import_module(package).__all__)


@pytest.mark.parametrize("package", PACKAGES)
def test_any_other_name_is_an_attribute_error(package: str) -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        import_module(package).no_such_name  # noqa: B018


@pytest.mark.parametrize("package", PACKAGES)
def test_the_package_is_typed(package: str) -> None:
    assert Path(ROOT / package / "py.typed").exists()
