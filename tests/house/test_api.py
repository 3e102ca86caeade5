"""docs/api.md names every call that the hub describes of itself, and no other."""

from __future__ import annotations

import re

import pytest
from pydantic import BaseModel

from hub import topics
from hub.events import Encoded
from hub.feeds.sse import Sse
from notifications.access.api_keys import SCOPES
from notifications.api import api, feeds, preference_bodies, requests
from tests.house.page import page

PAGE = page("api")


def test_every_call_is_named_and_no_other() -> None:
    described = {
        f"{method.upper()} {path}"
        for path, methods in api.get_openapi_schema(path_prefix="/api/")["paths"].items()
        for method in methods
    }

    named = set(re.findall(r"`((?:GET|POST|PUT|DELETE|PATCH) /api/v1/[^`?]*)", PAGE.prose))

    assert named == described


@pytest.mark.parametrize(
    "body",
    [
        requests.NotificationBody,
        requests.EventBody,
        requests.TokenBody,
        feeds.FeedTopicsBody,
        requests.RoomBody,
        preference_bodies.PreferencesBody,
        requests.ListingQuery,
    ],
)
def test_every_field_of_a_body_is_named(body: type[BaseModel]) -> None:
    assert [name for name in body.model_fields if f"`{name}`" not in PAGE.prose] == []


def test_every_scope_is_named() -> None:
    assert [scope for scope in SCOPES if f"| `{scope}` |" not in PAGE.prose] == []


def test_every_event_of_the_hubs_own_is_named() -> None:
    own = topics.reserved_types() - {"message"}  # which is what a browser calls an event without a type
    pieces = [piece for piece in vars(Sse).values() if isinstance(piece, Encoded)]
    types = {line for piece in pieces for line in re.findall(r"event: ([\w-]+)", piece.payload.decode())}

    assert [type for type in sorted(own | types) if f"`{type}`" not in PAGE.prose] == []
