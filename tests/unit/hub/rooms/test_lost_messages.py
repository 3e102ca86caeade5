"""Messages that the log lost before they were copied to rows: a member who was there is told of a gap."""

from __future__ import annotations

from hub.events import Event
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
