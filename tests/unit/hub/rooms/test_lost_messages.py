"""Messages that the log lost before they were copied to rows: a member who was there is told of a gap."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hub.events import Draft, Event
from hub.ports import Recovered
from hub.rooms import protocol
from tests.unit.hub.rooms.conftest import Hall, Visitor

HOUR = 3_600_000_000  # microseconds
TOPIC = "room-chat-1"


async def test_a_member_who_stayed_is_reset_once_and_goes_on(hall: Hall) -> None:
    ann = await hall.visit()
    await said(hall, ann, "copied")

    await lose(hall, ann)
    await said(hall, ann, "after", id="c2")

    assert ann.types.count("reset") == 1
    assert ann.messages == ["copied", "after"]


async def test_a_member_who_returns_is_reset_and_sent_the_rows(hall: Hall) -> None:
    ann = await hall.visit()
    copied = await said(hall, ann, "copied")
    await lose(hall, ann)

    back = await hall.visit(query=f"?after={copied - 1}")

    assert back.types == ["welcome", "reset", "said", "live"]
    assert back.messages == ["copied"]


async def test_a_member_who_returns_to_a_later_position_misses_nothing(hall: Hall) -> None:
    ann = await hall.visit()
    await said(hall, ann, "copied")
    await lose(hall, ann)
    position = await said(hall, ann, "after", id="c2")
    await said(hall, ann, "then", id="c3")

    back = await hall.visit(query=f"?after={position}")

    assert back.types == ["welcome", "said", "live"]
    assert back.messages == ["then"]


async def test_a_newcomer_misses_nothing(hall: Hall) -> None:
    ann = await hall.visit()
    await said(hall, ann, "copied")
    await lose(hall, ann)

    bob = await hall.visit(who="bob")

    assert bob.types == ["welcome", "said", "live"]
    assert bob.messages == ["copied"]


class Incomplete(Hall):
    """Its rows lack messages that the log no longer has."""

    async def recover(self, holes: Mapping[str, int], /) -> Recovered:
        rows, more, _ = await super().recover(holes)
        return Recovered(rows, more, frozenset(holes))


async def test_memory_serves_no_one_across_what_was_dropped(make_hall: Callable[..., Any]) -> None:
    hall: Hall = await make_hall(Incomplete, max_events=5)
    await hall.fanout.until_live()
    copied, *_ = [append(hall, f"{number}") for number in range(10)]
    hall.rows[TOPIC] = [copied]
    ann = await hall.visit()
    await ann.say("received")
    await ann.until(lambda: "received" in ann.messages)

    back = await hall.visit(query=f"?after={copied.position}")

    assert ann.messages == ["0", "5", "6", "7", "8", "9", "received"]
    assert back.types[:2] == ["welcome", "reset"]


async def test_memory_serves_what_the_log_proves(make_hall: Callable[..., Any]) -> None:
    hall: Hall = await make_hall(Incomplete)
    await hall.fanout.until_live()
    hall.rows[TOPIC] = [append(hall, f"{number}") for number in range(3)]
    append(hall, "3")
    ann = await hall.visit()
    await ann.say("received")
    await ann.until(lambda: "received" in ann.messages)
    hall.log.forget([TOPIC])

    back = await hall.visit(query=f"?after={hall.rows[TOPIC][0].position}")

    assert back.types == ["welcome", "said", "said", "said", "said", "live"]
    assert back.messages == ["1", "2", "3", "received"]


def append(hall: Hall, body: str) -> Event:
    """A message that is in the log."""
    data = protocol.message_body({"id": "7", "name": "cid"}, f"c{body}", body, "2026-01-31T09:00:00.125Z")
    (position,) = hall.log.append([Draft(TOPIC, "said", data)])
    return Event(position, 0, TOPIC, "said", data)


async def said(hall: Hall, visitor: Visitor, body: str, id: str = "c1") -> int:
    """The position of a message that is a row by now."""
    await visitor.say(body, id=id)
    await visitor.until(lambda: body in visitor.messages)
    frame = visitor.of("said")[-1]
    data = protocol.message_body(frame["from"], id, body, frame["at"])
    row = Event(int(frame["position"]), 0, TOPIC, "said", data)
    hall.rows.setdefault(TOPIC, []).append(row)
    return row.position


async def lose(hall: Hall, visitor: Visitor) -> None:
    """The log begins anew, as one whose data went back in time, and is connected to again."""
    hall.log.forget([TOPIC])
    hall.log.seen(hall.log.head() + HOUR)
    hall.fanout.restored()
    await visitor.until_received("reset")
