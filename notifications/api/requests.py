"""Request bodies and queries of the API. Strict: "5" is no number, and an unknown field is refused."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.contrib.auth.base_user import BaseUserManager
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
)

from hub import events, topics
from notifications import time_zones, timestamps
from notifications.access.tokens import MAX_TTL_S
from notifications.models import MAX_LANGUAGE, MAX_OUTSIDE_ID, UNSAYABLE
from notifications.rooms.messages import MAX_QUERY

MAX_EVENTS = 500
MAX_TOPICS = 100
MAX_PEOPLE = 1000
MAX_GROUPS = 100  # of a person
MAX_EMAIL = 254  # characters
LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")

Moment = Annotated[
    datetime, BeforeValidator(timestamps.parse), WithJsonSchema({"type": "string", "format": "date-time"})
]
Topic = Annotated[str, AfterValidator(topics.check)]
LiveTopic = Annotated[str, AfterValidator(topics.check_live)]
LiveType = Annotated[str, AfterValidator(topics.check_type)]
ValueKey = Annotated[str, AfterValidator(events.check_value_key)]


def _storable(text: str) -> str:
    if UNSAYABLE.search(text):
        raise ValueError("leave out control characters.")
    return text


def _storable_id(id: str) -> str:
    if not 1 <= len(id) <= MAX_OUTSIDE_ID or not id.isprintable() or id != id.strip():
        raise ValueError(f"use 1 to {MAX_OUTSIDE_ID} printable characters, without spaces around them.")
    return _storable(id)


def _email(address: str) -> str:
    if address:
        try:
            validate_email(address)
        except ValidationError:
            raise ValueError("give an e-mail address, such as alice@example.com.") from None
        if len(address) > MAX_EMAIL:
            raise ValueError(f"use at most {MAX_EMAIL} characters.")
    return BaseUserManager.normalize_email(address)


def _language(tag: str) -> str:
    if tag and (len(tag) > MAX_LANGUAGE or not LANGUAGE.fullmatch(tag)):
        raise ValueError("give a language tag, such as de or pt-BR.")
    return tag


def _zone(name: str) -> str:
    if name and time_zones.find(name) is None:
        raise ValueError("give a time zone of the IANA database, such as Europe/Vienna.")
    return name


class Strict(BaseModel):
    """A request body: no unknown fields, no conversions."""

    model_config = ConfigDict(extra="forbid", strict=True)


class NotificationBody(Strict):
    """A notification to send."""

    to: list[str] = Field(examples=[["user:alice", "group:ops", "topic:releases", "everyone"]])
    title: str
    body: str = ""
    url: str = ""
    category: str = ""
    severity: Literal["info", "success", "warning", "error", "critical"] = "info"
    key: str = ""
    expires_at: Moment | None = None
    send_at: Moment | None = None


class AudienceBody(Strict):
    """The addresses of a notification."""

    to: list[str] = Field(examples=[["user:alice", "group:ops", "segment:newcomers"]])


class EventBody(Strict):
    """A live event to publish."""

    topic: LiveTopic = Field(examples=["job-42"])
    type: LiveType = Field(examples=["progress"])
    data: Any = Field(examples=[{"done": 3, "of": 10}])
    key: ValueKey | None = Field(None, description="Of which of the topic's values this is.")


class EventsBody(Strict):
    """Several live events to publish at once."""

    events: list[EventBody] = Field(min_length=1, max_length=MAX_EVENTS)


def _variant(body: Any) -> str:
    return "many" if isinstance(body, dict) and "events" in body else "one"


AnyEvents = Annotated[
    Annotated[EventBody, Tag("one")] | Annotated[EventsBody, Tag("many")], Discriminator(_variant)
]


def _members(given: Any) -> Any:
    if isinstance(given, str) or (isinstance(given, list) and all(isinstance(one, str) for one in given)):
        return given
    raise ValueError('use "everyone", "group:…" or ["user:…", …].')


# Checked before pydantic does, which would name each variant of the union as a field.
Members = Annotated[str | list[str], BeforeValidator(_members)]


class TokenBody(Strict):
    """A subscriber token to issue."""

    user: str = Field(examples=["alice"])
    topics: list[Topic] = Field([], max_length=MAX_TOPICS)
    ttl: int = Field(3600, ge=1, le=MAX_TTL_S, description="Seconds.")


class RoomBody(Strict):
    """A room to create."""

    name: str = Field(
        examples=["standup"], description="1 to 64 characters a-z, 0-9 and -, not beginning with -."
    )
    kind: str = Field(
        "chat",
        description="chat, board, auction, device, binary, voice, document, or a kind of the host project.",
    )
    members: Members = Field(
        examples=["everyone", "group:ops", ["user:alice"]], description="Who may enter it."
    )


PersonId = Annotated[str, AfterValidator(_storable_id)]
PersonName = Annotated[str, Field(max_length=200), AfterValidator(_storable)]
Email = Annotated[str, AfterValidator(_email)]
Language = Annotated[str, AfterValidator(_language)]
Zone = Annotated[str, AfterValidator(_zone)]
GroupName = Annotated[str, Field(min_length=1, max_length=150), AfterValidator(_storable)]


class PersonBody(Strict):
    """A person; what is left out has its default."""

    name: PersonName = ""
    email: Email = Field("", examples=["alice@example.com"])
    language: Language = Field("", examples=["de-AT"], description="A tag of BCP 47.")
    zone: Zone = Field("", examples=["Europe/Vienna"])
    groups: list[GroupName] = Field([], max_length=MAX_GROUPS, examples=[["ops"]])
    active: bool = True


class PersonChanges(Strict):
    """What changes of a person; what is left out stays."""

    name: PersonName | None = None
    email: Email | None = None
    language: Language | None = None
    zone: Zone | None = None
    groups: list[GroupName] | None = Field(None, max_length=MAX_GROUPS)
    active: bool | None = None


class NamedPersonBody(PersonBody):
    """A person with their id."""

    id: PersonId = Field(examples=["crm-4711"])


class PeopleBody(Strict):
    """Many people to create or change at once."""

    people: list[NamedPersonBody] = Field(min_length=1, max_length=MAX_PEOPLE)


class PeopleQuery(BaseModel):
    """Which people to list."""

    after: str = Field("", max_length=MAX_OUTSIDE_ID, description="The `next` of the page before.")
    group: str = Field("", max_length=150)
    active: bool | None = None
    limit: int = Field(100, ge=1, le=MAX_PEOPLE)


class InboxQuery(BaseModel):
    """Whose inbox a call reads."""

    user: str | None = Field(None, description="With an API key of scope read: the user whose inbox to read.")


class ListingQuery(InboxQuery):
    """Which notifications to list."""

    filter: Literal["unread", "all", "archived"] = Field(
        "all", description="`all` is read or unread, but not archived."
    )
    category: str = Field("", pattern=r"^[a-z0-9_.-]{0,64}$")
    q: str = Field("", max_length=100, description="Text in the title or the body, ignoring case.")
    before: UUID | None = None
    limit: int = Field(50, ge=1, le=100)


def _position(text: str) -> str:
    events.position(text)
    return text


class MessagesQuery(BaseModel):
    """Which messages of a room to list."""

    before: Annotated[int, Field(ge=0, lt=10**16)] | None = Field(None, description="A position.")
    q: str = Field("", max_length=MAX_QUERY, pattern=r"^[^\x00]*$", description="Text, ignoring case.")
    limit: int = Field(50, ge=1, le=100)


class ReadingBody(Strict):
    """Up to which message a room is read; without a position up to the last."""

    position: Annotated[str, AfterValidator(_position)] | None = None
