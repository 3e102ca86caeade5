"""Everyone is checked again and again, whoever else is checked meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress

import pytest

from hub.delivery import revocation
from hub.delivery.control_bus import ControlBus
from hub.delivery.revocation import Revocation, recheck
from hub.delivery.subscriber import Subscriber
from hub.events import Event
from hub.feeds.sse import SSE
from hub.ports import Person
from hub.support.invalidations import EVERYONE
from tests.unit.hub.stub_application import StubApplication

ANN, BOB = (Person(id, id, (), session=f"of {id}") for id in ("1", "2"))
DEADLINE_S = 10

Ask = Callable[[Sequence[Person]], Awaitable[dict[Person, bool]]]


def again(name: object) -> Event:
    draft = recheck(name)
    return Event(1, 0, draft.topic, draft.type, draft.body)


def here(*people: Person) -> list[Subscriber]:
    return [
        Subscriber(person, address="address", topics=("job-1",), dialect=SSE, mailbox_bytes=10_000)
        for person in people
    ]


class Asked(StubApplication):
    """Answers by a function whose rights have ended."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    async def revoked(self, people: Sequence[Person], /) -> dict[Person, bool]:
        return await self._ask(people)


@asynccontextmanager
async def asking(subscribers: Iterable[Subscriber], ask: Ask) -> AsyncIterator[tuple[Revocation, ControlBus]]:
    control = ControlBus()
    asked = Revocation(control, [list(subscribers)], Asked(ask))
    running = asyncio.create_task(asked.run())
    try:
        yield asked, control
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not condition():
            await asyncio.sleep(0)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revocation, "GATHER_S", 0.001)


async def test_everyone_is_checked_though_one_person_is_checked_all_the_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(revocation, "RECHECK_ALL_EVERY_S", 0.05)
    [ann, bob] = subscribers = here(ANN, BOB)

    async def ask(people: Sequence[Person]) -> dict[Person, bool]:
        return {ANN: False} if ANN in people else {}

    async with asking(subscribers, ask) as (asked, control):

        async def noise() -> None:
            while True:
                control.tap(again(BOB.id))
                await asyncio.sleep(0)

        steady = asyncio.create_task(noise())
        await until(lambda: bool(ann.closed))
        steady.cancel()

    assert not bob.closed


async def test_who_is_asked_about_by_name_waits_for_no_round() -> None:
    [ann, bob] = subscribers = here(ANN, BOB)
    asked_about: list[Person] = []

    async def ask(people: Sequence[Person]) -> dict[Person, bool]:
        asked_about.extend(people)
        return dict.fromkeys(people, False)

    async with asking(subscribers, ask) as (asked, control):
        control.tap(again(ANN.id))
        await until(lambda: bool(ann.closed))

    assert asked_about == [ANN]
    assert not bob.closed


async def test_the_end_of_a_program_checks_everyone_with_a_token_from_it() -> None:
    given = Person("3", "cat", (), token="t", key="key-7")
    [ann, cat] = subscribers = here(ANN, given)

    async def ask(people: Sequence[Person]) -> dict[Person, bool]:
        return dict.fromkeys(people, False)

    async with asking(subscribers, ask) as (asked, control):
        control.tap(again("key-7"))
        await until(lambda: bool(cat.closed))

    assert not ann.closed


async def test_a_person_whose_check_fails_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    poison = Person("poison", "poison", (), session="of nobody")
    subscribers = here(*(Person(str(n), str(n), (), session=str(n)) for n in range(20)), poison)

    async def ask(people: Sequence[Person]) -> dict[Person, bool]:
        return {person: bool(int(person.id) < 0) for person in people}

    async with asking(subscribers, ask) as (asked, control):
        control.tap(again(EVERYONE))
        await until(lambda: all(s.closed for s in subscribers if s.person is not poison))

    assert not subscribers[-1].closed
    assert asked.failures == 1


async def test_while_every_check_fails_few_are_tried_and_then_all_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(revocation, "RETRY_S", 0.01)
    people = [Person(str(n), str(n), (), session=str(n)) for n in range(100)]
    subscribers = here(*people)
    away, asked_for = True, []

    async def ask(people: Sequence[Person]) -> dict[Person, bool]:
        asked_for.append(len(people))
        if away:
            raise ConnectionError("the database is away")
        return dict.fromkeys(people, False)

    async with asking(subscribers, ask) as (asked, control):
        control.tap(again(EVERYONE))
        await until(lambda: len(asked_for) >= 4)
        away = False
        await until(lambda: all(s.closed for s in subscribers))

    assert asked_for[:4] == [100, 1, 1, 1]


async def test_once_the_log_is_received_again_everyone_is_checked() -> None:
    [ann] = subscribers = here(ANN)

    async def ask(people: Sequence[Person]) -> dict[Person, bool]:
        return dict.fromkeys(people, True)

    async with asking(subscribers, ask) as (asked, control):
        asked.log_state(False)
        asked.log_state(True)
        await until(lambda: bool(ann.closed))
