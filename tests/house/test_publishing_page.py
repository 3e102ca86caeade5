"""What docs/publishing.md shows in Python does what is said beside it."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from hub.log import Log
from tests.house.page import page
from tests.unit.hub.jobs.conftest import bodies_on

Shown = Callable[[str], dict[str, Any]]


@pytest.fixture
def shown(tmp_path: Path) -> Shown:
    """The names that the block with these words defines."""

    def run(words: str) -> dict[str, Any]:
        (found,) = (
            block.text
            for block in page("publishing").blocks
            if block.kind == "python" and words in block.text
        )
        program = tmp_path / "shown.py"
        program.write_text(found)
        return runpy.run_path(str(program))

    return run


def test_a_job_tells_how_far_it_is(shown: Shown, live_log: Log) -> None:
    shown("progress(")["import_rows"](range(3))

    last = bodies_on(live_log, "job-42")[-1]["data"]
    assert last == {"state": "done", "done": 3, "of": 3, "label": "Importing"}


def test_a_job_publishes_its_log(shown: Shown, live_log: Log) -> None:
    shown("LogHandler(")["nightly"](7)

    (body,) = bodies_on(live_log, "job-7")
    assert body["data"].pop("at")
    assert body["data"] == {"level": "warning", "message": "7 rows without a price", "logger": "shop.nightly"}


@pytest.mark.django_db(transaction=True)
def test_a_template_is_published(shown: Shown, live_log: Log) -> None:
    templates = {"orders/row.html": "<li>{{ order }}</li>"}
    engine = {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {"loaders": [("django.template.loaders.locmem.Loader", templates)]},
    }
    with override_settings(TEMPLATES=[engine]):
        shown("publish_html(")["paid"]("7 & 8")

    assert bodies_on(live_log, "orders")[0]["data"] == "<li>7 &amp; 8</li>"
