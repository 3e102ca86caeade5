"""Messages of rooms as rows: made of events, changed by events, and turned into events again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import transaction

from hub import events, topics
from hub.events import Event
from hub.rooms import changes, protocol
from hub.support import strict_json
from hub.support.faults import malformed
from hub.support.outages import DATABASE_AWAY
from notifications import timestamps
from notifications.models import UNSAYABLE, Room, RoomMessage
from notifications.rooms import mentions
from notifications.rooms.mentions import Notify

MAX_CHARACTERS = {"sender": 64, "name": 150, "message_id": protocol.MAX_ID}
CHANGED_FIELDS = ("body", "text", "edited_at", "removed_at", "reactions", "changed")


def event(row: RoomMessage) -> Event:
    """The message as it is now, without its previous position. Raises `BadEvent`."""
    return Event(row.position, 0, topics.room(row.room_id), "said", events.encode(data(row)))


def data(row: RoomMessage) -> dict[str, Any]:
    """A message as JSON: ``{"from", "id", "body", "at", "edited"?, "reactions"?}``."""
    return {
        "from": {"id": row.sender, "name": row.name},
        "id": row.message_id,
        "body": row.body,
        "at": events.stamp(row.at),
        **({"edited": events.stamp(row.edited_at)} if row.edited_at else {}),
        **({"reactions": row.reactions} if row.reactions else {}),
    }


def changed_event(row: RoomMessage) -> Event:
    """What has become of a message, for who knows it from before: at the position of its last change. Raises
    `BadEvent`."""
    message = {**data(row), "of": str(row.position)}
    type = changes.REMOVED if row.removed_at else changes.EDITED
    if type == changes.EDITED:
        message["said"] = {"id": row.message_id, "at": message["at"]}
    message["at"] = events.stamp(row.removed_at or row.edited_at or row.at)
    return Event(row.changed, 0, topics.room(row.room_id), type, events.encode(message))


def text_of(body: Any) -> str:
    """What is searched of a body: its text, or its JSON if it is none."""
    if isinstance(body, dict) and isinstance(body.get("text"), str):
        body = body["text"]
    return body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)


def store(appended: Sequence[Event], lost: Mapping[str, int], notify: Notify | None = None) -> set[int]:
    """Store messages and changes of them, and up to which position earlier ones of a topic are lost. Returns
    the ids of their rooms. Those whom they mention are notified. What cannot be stored is noted as malformed;
    raises if the database is away."""
    ids = {event.topic: topics.room_id(event.topic) or 0 for event in appended}
    # Rows of a room that was deleted meanwhile would fail the whole insert.
    existing = set(Room.objects.filter(pk__in=ids.values()).values_list("pk", flat=True))
    rows: list[RoomMessage] = []
    later: list[Event] = []
    for event in appended:
        if ids[event.topic] not in existing:
            continue
        if event.type in changes.TYPES.values():
            later.append(event)
            continue
        try:
            rows.append(_row(event, ids[event.topic]))
        except Exception as error:
            malformed.record("message of a room", event.topic, error)
    try:
        _store(rows, later, lost, notify)
    except DATABASE_AWAY:
        raise
    except Exception:
        _store([], [], lost)
        for row in rows:
            _store_alone([row], [], notify)
        for event in later:
            _store_alone([], [event], notify)
    return existing


def _store(
    rows: Sequence[RoomMessage],
    later: Sequence[Event],
    lost: Mapping[str, int],
    notify: Notify | None = None,
) -> None:
    # Another instance may have stored them, or this one before the database went away.
    with transaction.atomic():
        for topic, upto in sorted(lost.items()):
            store_lost(topics.room_id(topic) or 0, upto)
        RoomMessage.objects.bulk_create(rows, ignore_conflicts=True)
        changed = _change(later)
        if notify is not None:
            mentions.announce([*rows, *changed], notify)


def store_lost(room: int, upto: int) -> None:
    Room.objects.filter(pk=room, lost_upto__lt=upto).update(lost_upto=upto)


def _store_alone(rows: Sequence[RoomMessage], later: Sequence[Event], notify: Notify | None) -> None:
    try:
        _store(rows, later, {}, notify)
    except DATABASE_AWAY:
        raise
    except Exception as error:
        topic = topics.room(rows[0].room_id) if rows else later[0].topic
        malformed.record("message of a room", topic, error)


def _change(later: Iterable[Event]) -> list[RoomMessage]:
    """Apply changes to rows, each once, in a transaction; these rows."""
    changed_rows: list[RoomMessage] = []
    read = [(event, strict_json.read(event.body)) for event in later]
    positions: dict[int, set[int]] = {}
    for event, change in read:
        positions.setdefault(topics.room_id(event.topic) or 0, set()).add(int(change["of"]))
    for room, of in positions.items():
        locked = (
            RoomMessage.objects.select_for_update().filter(room=room, position__in=of).order_by("position")
        )
        rows = {row.position: row for row in locked}
        for event, change in read:
            if topics.room_id(event.topic) != room:
                continue
            position = int(change["of"])
            if position not in rows and event.type != changes.REACTED:
                # The log had forgotten what was said before it was copied.
                rows[position] = _made(room, position, {**change, **change.get("said", {})})
                rows[position].save(force_insert=True)
            if position in rows and event.position > rows[position].changed:
                _apply(rows[position], event, change)
        RoomMessage.objects.bulk_update(rows.values(), CHANGED_FIELDS)
        changed_rows += rows.values()
    return changed_rows


def _apply(row: RoomMessage, event: Event, change: Mapping[str, Any]) -> None:
    row.changed = event.position
    if row.removed_at is not None:
        return
    at = timestamps.parse(change["at"])
    if event.type == changes.EDITED:
        row.body, row.text, row.edited_at = change["body"], text_of(change["body"]), at
    elif event.type == changes.REACTED:
        people = [id for id in row.reactions.get(change["body"], ()) if id != change["from"]["id"]]
        people += [change["from"]["id"]] if change["on"] else []
        row.reactions = {**row.reactions, change["body"]: people}
        row.reactions = {reaction: ids for reaction, ids in row.reactions.items() if ids}
    else:
        row.body, row.text, row.reactions, row.removed_at = None, "", {}, at


def _row(event: Event, room: int) -> RoomMessage:
    """The row of a message. May raise anything for an event that is not one, or that cannot be stored."""
    if event.type != "said":
        raise ValueError(f"{event.type!r} is not a message")
    return _made(room, event.position, strict_json.read(event.body))


def _made(room: int, position: int, data: Mapping[str, Any]) -> RoomMessage:
    sender = data["from"]
    texts = {"sender": sender["id"], "name": sender["name"], "message_id": data["id"]}
    for name, value in texts.items():
        if len(value) > MAX_CHARACTERS[name] or UNSAYABLE.search(value):
            raise ValueError(f"{name} cannot be stored: {value[:60]!r}")
    body, at = data["body"], timestamps.parse(data["at"])
    return RoomMessage(room_id=room, position=position, body=body, text=text_of(body), at=at, **texts)
