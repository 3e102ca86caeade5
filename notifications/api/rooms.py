"""The rooms: which there are for a reader, and new ones. What is said in them is at ``/rooms/<name>/``."""

from __future__ import annotations

from typing import Any

from ninja import Query

from hub import topics
from notifications.access import api_keys, quotas
from notifications.api.auth import Key, KeyRequest, Reader, ReaderRequest
from notifications.api.parameters import only
from notifications.api.router import router
from notifications.api.schemas import Room, RoomBody, Rooms, Whose
from notifications.rooms import registry

TAGS = ["Rooms"]


@router.get("rooms", tags=TAGS, auth=[Reader(inbox=False)], response=Rooms)
def find(request: ReaderRequest, query: Query[Whose]) -> dict[str, Any]:
    """The rooms that this person may enter, by name, each at `ws(s)://…/rooms/<name>/`.

    A key that is for some topics alone finds those that it names.
    """
    only(request, Whose)
    found = registry.find(request.auth)
    key = getattr(request, "api_key", None)
    if key is not None:
        found = [room for room in found if key.covers(topics.room_named(room["name"]))]
    return {"rooms": found}


@router.post("rooms", tags=TAGS, auth=Key("publish"), response={201: Room})
def make(request: KeyRequest, body: RoomBody) -> dict[str, Any]:
    """Make a room for everyone, a group or some people. Scope: `publish`.

    Its `kind` says what may be said in it, and is for good, as its name is.
    """
    if request.auth.topics:
        api_keys.check_topics(request.auth, [topics.room_named(body.name)])
    quotas.quotas.spend(request.auth.pk, notifications=1)
    return registry.item(registry.make(body.name, body.kind, body.members))
