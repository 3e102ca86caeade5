"""Rooms: listed, created, their messages read back. Their WebSocket endpoint is ``/rooms/<name>/``."""

from __future__ import annotations

import re
from typing import Any

from ninja import Query

from hub import topics
from hub.errors import Problem
from notifications.access import api_keys, membership, quotas
from notifications.api.auth import (
    Key,
    KeyRequest,
    PersonOfTopic,
    PersonOfTopicRequest,
    Reader,
    ReaderOfTopic,
    ReaderOfTopicRequest,
    ReaderRequest,
    TopicPerson,
)
from notifications.api.parameters import only
from notifications.api.requests import InboxQuery, MessagesQuery, ReadingBody, RoomBody
from notifications.api.responses import Room, RoomMembers, RoomMessages, RoomReading, Rooms
from notifications.api.router import router
from notifications.models import ROOM_NAME, ApiKey
from notifications.models import Room as RoomRow
from notifications.rooms import kinds, marks, members, messages, registry

TAGS = ["Rooms"]


@router.get("rooms", tags=TAGS, auth=[Reader(inbox=False)], response=Rooms)
def list_rooms(request: ReaderRequest, query: Query[InboxQuery]) -> dict[str, Any]:
    """The rooms that this user may enter, by name, each at `ws(s)://…/rooms/<name>/`.

    `unread` counts the messages since the user read the room, of rooms that they have entered, or that are
    for a group of theirs or for them by name. An API key that is limited to some topics lists only the rooms
    among them.
    """
    only(request, InboxQuery)
    found = registry.find(request.auth)
    unread = {one.room: one.unread for one in marks.unread([request.auth.pk]).get(request.auth.pk, ())}
    found = [{**room, "unread": unread.get(room["name"], 0)} for room in found]
    key = getattr(request, "api_key", None)
    if key is not None:
        found = [room for room in found if key.covers(topics.room_named(room["name"]))]
    return {"rooms": found}


@router.post("rooms", tags=TAGS, auth=Key("publish"), response={201: Room})
def make_room(request: KeyRequest, body: RoomBody) -> dict[str, Any]:
    """Create a room for everyone, a group or some users. Scope: `publish`.

    Its `kind` decides which messages it accepts. Kind and name cannot be changed.
    """
    if request.auth.topics:
        api_keys.check_topics(request.auth, [topics.room_named(body.name)])
    quotas.quotas.spend(request.auth.pk, notifications=1)
    return registry.item(registry.make(body.name, body.kind, body.members))


@router.get(
    "rooms/{name}/messages",
    tags=TAGS,
    auth=[ReaderOfTopic()],
    response=RoomMessages,
    exclude_unset=True,
    by_alias=True,
)
def list_messages(request: ReaderOfTopicRequest, name: str, query: Query[MessagesQuery]) -> dict[str, Any]:
    """A page of the messages that a room keeps, as they are now, newest first.

    For whoever may enter the room, and API keys with the scope `read`. `next` is the `before` of the next
    page. A room that keeps none has none.
    """
    only(request, MessagesQuery)
    room = room_of(name, request.auth)
    items, next = messages.find(room, before=query.before, q=query.q, limit=query.limit)
    return {"items": items, "next": next}


@router.get(
    "rooms/{name}/members", tags=TAGS, auth=[ReaderOfTopic()], response=RoomMembers, exclude_unset=True
)
def list_members(request: ReaderOfTopicRequest, name: str) -> dict[str, Any]:
    """Who is in a room now, on any instance. `count` is how many; at most 200 are named.

    For whoever may enter the room, and API keys with the scope `read`.
    """
    return members.find(room_of(name, request.auth))


@router.put("rooms/{name}/reading", tags=TAGS, auth=[PersonOfTopic()], response=RoomReading)
def mark_read(request: PersonOfTopicRequest, name: str, body: ReadingBody) -> dict[str, Any]:
    """Mark a room as read up to a message, or to the last one. What is read stays read.

    The user's open feeds receive a `room-unread` event.
    """
    room = room_of(name, request.auth)
    if not kinds.is_kept(room.kind):
        raise Problem(422, "This room keeps no messages that could be unread.")
    position = None if body.position is None else int(body.position)
    return marks.read(request.auth.user, room, position).item()


def room_of(name: str, auth: TopicPerson | ApiKey) -> RoomRow:
    """The room of this name, if it is open to whoever asks. Raises a `Problem` of 403 or 404."""
    room = RoomRow.objects.filter(name=name).first() if re.fullmatch(ROOM_NAME, name) else None
    if room is None:
        raise Problem(404, "There is no such room: GET /api/v1/rooms lists those you may enter.")
    if isinstance(auth, ApiKey):
        if auth.topics:
            api_keys.check_topics(auth, [topics.room_named(name)])
        return room
    if room.closed_at is not None:
        raise Problem(403, "This room is closed: no one may enter it until it is reopened.")
    named = auth.claims is not None and topics.room(room.pk) in auth.claims.topics
    if named and not membership.removed([auth.user.pk], [room.pk]):
        return room
    if not membership.may_enter(auth.user, room):
        raise Problem(403, "You may not enter this room: ask for membership, or a token that names it.")
    return room
