"""Lists and creates rooms. Their WebSocket endpoint is ``/rooms/<name>/``."""

from __future__ import annotations

from typing import Any

from ninja import Query

from hub import topics
from notifications.access import api_keys, quotas
from notifications.api.auth import Key, KeyRequest, Reader, ReaderRequest
from notifications.api.parameters import only
from notifications.api.requests import InboxQuery, RoomBody
from notifications.api.responses import Room, Rooms
from notifications.api.router import router
from notifications.rooms import registry

TAGS = ["Rooms"]


@router.get("rooms", tags=TAGS, auth=[Reader(inbox=False)], response=Rooms)
def find(request: ReaderRequest, query: Query[InboxQuery]) -> dict[str, Any]:
    """The rooms that this user may enter, by name, each at `ws(s)://…/rooms/<name>/`.

    An API key that is limited to some topics lists only the rooms among them.
    """
    only(request, InboxQuery)
    found = registry.find(request.auth)
    key = getattr(request, "api_key", None)
    if key is not None:
        found = [room for room in found if key.covers(topics.room_named(room["name"]))]
    return {"rooms": found}


@router.post("rooms", tags=TAGS, auth=Key("publish"), response={201: Room})
def make(request: KeyRequest, body: RoomBody) -> dict[str, Any]:
    """Create a room for everyone, a group or some users. Scope: `publish`.

    Its `kind` decides which messages it accepts. Kind and name cannot be changed.
    """
    if request.auth.topics:
        api_keys.check_topics(request.auth, [topics.room_named(body.name)])
    quotas.quotas.spend(request.auth.pk, notifications=1)
    return registry.item(registry.make(body.name, body.kind, body.members))
