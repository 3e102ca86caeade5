"""Appends that follow one another under one key: the last can be repeated, and none is done twice."""

from __future__ import annotations

import pytest

from hub.log import Terms
from hub.log.series import OutOfSeries
from tests.services.log.conftest import MakeLog, draft, new_log


async def test_the_last_append_of_a_series_is_repeated_with_its_positions(make_log: MakeLog) -> None:
    log = await new_log(make_log)
    log.append([draft("run")], Terms(key="one", digest="1", series=True))
    second = Terms(key="one", digest="2", series=True)
    first = log.append([draft("run"), draft("run")], second)

    again = log.append([draft("run"), draft("run")], second)

    assert again == first
    assert len((await log.read({"run": 0})).events) == 3


async def test_what_follows_another_append_than_the_last_is_refused_with_the_last(
    make_log: MakeLog,
) -> None:
    log = await new_log(make_log)
    log.append([draft("run")], Terms(key="one", digest="1", series=True, follows="0"))
    log.append([draft("run")], Terms(key="one", digest="2", series=True, follows="1"))

    with pytest.raises(OutOfSeries) as refused:
        log.append([draft("run")], Terms(key="one", digest="3", series=True, follows="1"))

    assert refused.value.last == "2"
    assert len((await log.read({"run": 0})).events) == 2


async def test_a_series_is_asked_for_its_last_append_without_a_draft(make_log: MakeLog) -> None:
    log = await new_log(make_log)
    log.append([], Terms(key="one", digest="?", series=True, follows="?"))
    await log.append_grouped([draft("run")], Terms(key="one", digest="7", series=True))

    with pytest.raises(OutOfSeries) as refused:
        await log.append_grouped([], Terms(key="one", digest="?", series=True, follows="?"))

    assert refused.value.last == "7"
