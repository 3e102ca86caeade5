"""An instance follows the rows of policies: when it is notified, and by itself while it is not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from django.db import DatabaseError

from hub.policies.current import policies, policy_of
from hub.policies.policy import TopicPolicy
from notifications.access.policies import rows as stored
from notifications.access.policies import updates
from notifications.access.policies.updates import PolicyUpdates

JOBS = TopicPolicy("job-*", max_rate=5)


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> list[TopicPolicy]:
    """What the table has."""
    found: list[TopicPolicy] = []
    monkeypatch.setattr(stored, "read", lambda: list(found))
    return found


@asynccontextmanager
async def running(made: PolicyUpdates) -> AsyncIterator[None]:
    task = asyncio.create_task(made.run())
    try:
        await made.current()
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        policies.put_rows([])


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


async def test_the_rows_of_the_start_are_in_force_before_anyone_is_admitted(rows: list[TopicPolicy]) -> None:
    rows.append(JOBS)

    async with running(PolicyUpdates()):
        assert policy_of("job-1") == JOBS
        assert policies.notified

    assert not policies.notified


async def test_a_change_is_in_force_once_the_instance_hears_of_it(rows: list[TopicPolicy]) -> None:
    made = PolicyUpdates()
    made.connected = True

    async with running(made):
        rows.append(JOBS)
        made.changed()
        await until(lambda: policy_of("job-1") == JOBS)


async def test_while_no_changes_arrive_the_rows_are_read_again(
    rows: list[TopicPolicy], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(updates, "DISCONNECTED_READ_AGAIN_S", 0.01)

    async with running(PolicyUpdates()):
        rows.append(JOBS)
        await until(lambda: policy_of("job-1") == JOBS)


async def test_rows_that_cannot_be_read_leave_the_policies_as_they_were(
    rows: list[TopicPolicy], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(updates, "DISCONNECTED_READ_AGAIN_S", 0.01)
    rows.append(JOBS)
    failures = []

    def fail() -> list[TopicPolicy]:
        failures.append(1)
        raise DatabaseError("away")

    async with running(PolicyUpdates()):
        monkeypatch.setattr(stored, "read", fail)
        await until(lambda: len(failures) > 2)

        assert policy_of("job-1") == JOBS


async def test_race_a_change_during_a_reading_is_read_once_more(
    rows: list[TopicPolicy], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = PolicyUpdates()

    def read_too_early() -> list[TopicPolicy]:
        monkeypatch.setattr(stored, "read", lambda: [JOBS])
        made.changed()
        return []

    monkeypatch.setattr(stored, "read", read_too_early)
    try:
        await made.current()

        assert policy_of("job-1") == JOBS
    finally:
        policies.put_rows([])
