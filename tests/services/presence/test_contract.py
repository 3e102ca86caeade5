"""What every presence promises, whatever keeps it. Each test runs with memory and with Redis."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from hub.rooms.presence import MAX_LAST_VALUES, LastValue, Presence


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(10):
        while not await condition():
            await asyncio.sleep(0.01)


async def test_a_user_who_has_a_lease_is_present_in_that_room_alone(presence: Presence) -> None:
    await presence.renew({"lobby": {"7": "Alice", "8": "Bob"}, "ops": {"7": "Alice"}})

    present = await presence.present(["lobby", "ops", "empty"])

    assert present == {"lobby": {"7": "Alice", "8": "Bob"}, "ops": {"7": "Alice"}, "empty": {}}


async def test_a_lease_that_is_not_renewed_expires(presence: Presence) -> None:
    await presence.renew({"lobby": {"7": "Alice"}}, 0.1)
    await presence.renew({"lobby": {"8": "Bob"}})

    await until(lambda: here(presence, {"8": "Bob"}))


async def test_a_shorter_renewal_shortens_nothing(presence: Presence) -> None:
    await presence.renew({"lobby": {"7": "Alice"}})

    await presence.renew({"lobby": {"7": "Alice"}}, 0)

    assert await here(presence, {"7": "Alice"})


async def test_who_leaves_is_present_for_the_grace_and_then_gone(presence: Presence) -> None:
    await presence.renew({"lobby": {"7": "Alice", "8": "Bob"}})

    await presence.leave("lobby", "7", 0.2)

    assert await here(presence, {"7": "Alice", "8": "Bob"})
    await until(lambda: here(presence, {"8": "Bob"}))


async def test_leaving_lengthens_no_lease_and_makes_none(presence: Presence) -> None:
    await presence.renew({"lobby": {"7": "Alice"}}, 0.1)

    await presence.leave("lobby", "7", 60)
    await presence.leave("lobby", "8", 60)

    await until(lambda: here(presence, {}))


async def test_who_comes_back_within_the_grace_stays(presence: Presence) -> None:
    await presence.renew({"lobby": {"7": "Alice", "8": "Bob"}})
    await presence.leave("lobby", "7", 0.1)
    await presence.leave("lobby", "8", 0.1)

    await presence.renew({"lobby": {"7": "Alice"}})

    await until(lambda: here(presence, {"7": "Alice"}))


async def test_a_renewal_brings_the_new_name(presence: Presence) -> None:
    await presence.renew({"lobby": {"7": "Alice"}})

    await presence.renew({"lobby": {"7": "Alice B."}})

    assert await here(presence, {"7": "Alice B."})


async def test_a_name_may_hold_any_character(presence: Presence) -> None:
    names = {"7": 'A\nb\r\n "c"\\ \x00', "agent-x": "Åsa 🙂 مرحبا", "9": ""}

    await presence.renew({"lobby": names})

    assert await here(presence, names)


async def test_300_people_in_100_rooms_are_one_call(presence: Presence) -> None:
    people = {str(n): f"Person {n}" for n in range(300)}
    rooms = {f"room-{n}": people for n in range(100)}

    await presence.renew(rooms)
    present = await presence.present(list(rooms))

    assert present == rooms


async def test_the_last_value_of_each_name_and_person_is_kept(presence: Presence) -> None:
    await presence.keep_last_value("plant", "telemetry", "7", b"1")
    await presence.keep_last_value("plant", "telemetry", "8", b"\x00\xff\n")
    await presence.keep_last_value("other", "telemetry", "7", b"3")
    await presence.keep_last_value("plant", "telemetry", "7", b"4")

    last_values = await presence.last_values("plant")

    assert sorted(last_values, key=lambda last: last.person) == [
        LastValue("telemetry", "7", b"4"),
        LastValue("telemetry", "8", b"\x00\xff\n"),
    ]
    assert await presence.last_values("empty") == []


async def test_a_last_value_expires(presence: Presence) -> None:
    await presence.keep_last_value("plant", "telemetry", "7", b"1", 0.1)
    await presence.keep_last_value("plant", "telemetry", "8", b"2")

    async def expired() -> bool:
        return await presence.last_values("plant") == [LastValue("telemetry", "8", b"2")]

    await until(expired)


async def test_beyond_the_bound_the_last_value_that_expires_first_goes(presence: Presence) -> None:
    for n in range(MAX_LAST_VALUES + 3):
        await presence.keep_last_value("plant", "telemetry", str(n), b"1", 3600 + n)

    last_values = await presence.last_values("plant")

    assert [last.person for last in last_values] == [str(n) for n in range(3, MAX_LAST_VALUES + 3)]


async def here(presence: Presence, people: dict[str, str]) -> bool:
    return (await presence.present(["lobby"]))["lobby"] == people
