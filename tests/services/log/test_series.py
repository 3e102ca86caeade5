"""Appends that follow one another under one key: the last can be repeated, and none is done twice."""

from __future__ import annotations

from hub.log import Terms
from tests.services.log.conftest import MakeLog, draft, new_log


async def test_the_last_append_of_a_series_is_repeated_with_its_positions(make_log: MakeLog) -> None:
    log = await new_log(make_log)
    log.append([draft("run")], Terms(key="one", digest="1", series=True))
    second = Terms(key="one", digest="2", series=True)
    first = log.append([draft("run"), draft("run")], second)

    again = log.append([draft("run"), draft("run")], second)

    assert again == first
    assert len((await log.read({"run": 0})).events) == 3
