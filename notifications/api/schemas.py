"""Request and response bodies of the API. Requests are strict: "5" is no number, unknown fields fail."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

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

from hub import topics
from notifications import timestamps
from notifications.access.tokens import MAX_TTL_S

MAX_EVENTS = 500
MAX_TOPICS = 100

Moment = Annotated[
    datetime, BeforeValidator(timestamps.parse), WithJsonSchema({"type": "string", "format": "date-time"})
]
Topic = Annotated[str, AfterValidator(topics.check)]
LiveTopic = Annotated[str, AfterValidator(topics.check_live)]
LiveType = Annotated[str, AfterValidator(topics.check_type)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class NotificationBody(Strict):
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
    to: list[str] = Field(examples=[["user:alice", "group:ops", "segment:newcomers"]])


class EventBody(Strict):
    topic: LiveTopic = Field(examples=["job-42"])
    type: LiveType = Field(examples=["progress"])
    data: Any = Field(examples=[{"done": 3, "of": 10}])


class EventsBody(Strict):
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
    user: str = Field(examples=["alice"])
    topics: list[Topic] = Field([], max_length=MAX_TOPICS)
    ttl: int = Field(3600, ge=1, le=MAX_TTL_S, description="Seconds.")


class ChoiceBody(Strict):
    feed: bool = Field(description="Whether it is listed and counted.")
    toast: bool


class QuietHoursBody(Strict):
    start: str = Field(examples=["22:00"])
    end: str = Field(examples=["07:00"], description="The first minute that is not quiet.")
    zone: str = Field(examples=["Europe/Vienna"])


class PreferencesBody(Strict):
    categories: dict[str, ChoiceBody] = Field(examples=[{"builds": {"feed": True, "toast": False}}])
    quiet_hours: QuietHoursBody | None


class PreferencesAnswer(PreferencesBody):
    mandatory: list[str]


class RoomBody(Strict):
    name: str = Field(
        examples=["standup"], description="1 to 64 characters a-z, 0-9 and -, not beginning with -."
    )
    kind: str = Field(
        "chat", description="chat, board, auction, device, binary, or a kind of the host project."
    )
    members: Members = Field(
        examples=["everyone", "group:ops", ["user:alice"]], description="Who may enter it."
    )


class Sent(BaseModel):
    id: str
    topic: str
    position: str | None = Field(description="Null while it is scheduled or the log is away.")


class SentAll(BaseModel):
    notifications: list[Sent]


class Audience(BaseModel):
    people: int = Field(description="Each is counted once.")
    sample: list[str] = Field(description="The names of up to 10 of them.")
    topics: list[str] = Field(description="Up to 50 of the topics that it would be published to.")


class Position(BaseModel):
    position: str


class Positions(BaseModel):
    positions: list[str]


class Token(BaseModel):
    id: str = Field(description="Of token and ticket: revoke both with `DELETE /api/v1/tokens/{id}`.")
    token: str
    ticket: str
    expires_at: str


class EndedToken(BaseModel):
    id: str


class Room(BaseModel):
    name: str
    kind: str
    members: str | list[str] = Field(description="`everyone`, `group:…`, or usernames.")


class Rooms(BaseModel):
    rooms: list[Room]


class Item(BaseModel):
    id: str
    topic: str
    group: str | None = Field(description="The name of the group whose topic it is; else null.")
    title: str
    body: str
    url: str
    category: str
    severity: str
    created_at: str
    position: str | None
    seen_at: str | None
    read_at: str | None
    archived_at: str | None


class Count(BaseModel):
    unread: int
    unseen: int
    version: int


class Counted(BaseModel):
    count: Count


class Listing(Counted):
    items: list[Item]
    next: str | None = Field(description="The `before` of the next page.")


class InboxQuery(BaseModel):
    user: str | None = Field(None, description="With an API key of scope read: the user whose inbox to read.")


class ListingQuery(InboxQuery):
    filter: Literal["unread", "all", "archived"] = Field(
        "all", description="`all` is read or unread, but not archived."
    )
    category: str = Field("", pattern=r"^[a-z0-9_.-]{0,64}$")
    q: str = Field("", max_length=100, description="Text in the title or the body, ignoring case.")
    before: UUID | None = None
    limit: int = Field(50, ge=1, le=100)
