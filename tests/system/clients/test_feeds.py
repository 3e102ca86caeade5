"""hub.js, and clients of feeds from npm and PyPI, set as docs/clients.md says, outlast whatever breaks."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from tests.system.clients.conftest import CASES, NUMBERS, TOPIC, Program, Stage, start

CLIENTS = ["npm:hub.js", *CASES["feeds"]]


@pytest.fixture(scope="module")
def programs(stage: Stage) -> Iterator[dict[str, Program]]:
    """Every client, after a run with kills, a reload, resets and retirements."""
    url, token = stage.address("http", f"/feed/?topic={TOPIC}"), stage.token()
    with contextlib.ExitStack() as stack:
        programs = {client: start(stack, "feeds", client, url, token) for client in CLIENTS}
        stage.run(stage.publish, programs)
        yield programs


@pytest.mark.parametrize("client", CLIENTS)
def test_every_event_arrives_once_and_in_order(programs: dict[str, Program], client: str) -> None:
    program = programs[client]

    assert program.numbers == list(range(1, NUMBERS + 1)), program.errors
    assert program.process.poll() is None
