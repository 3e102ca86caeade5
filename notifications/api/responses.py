"""Response bodies of the API."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from notifications.api.preference_bodies import PreferencesBody


class PreferencesAnswer(PreferencesBody):
    """The preferences, the categories that cannot be switched off, and topics."""

    mandatory: list[str]
    muted_topics: list[str] = Field(description="What is sent to these is neither listed nor counted.")
    followed_topics: list[str] = Field(description="Live topics whose notifications are in the inbox.")


class Sent(BaseModel):
    """A notification that was created."""

    id: str
    topic: str
    position: str | None = Field(description="Null while it is scheduled or the log is away.")


class SentAll(BaseModel):
    """The notifications that were created, one for each address."""

    notifications: list[Sent]


class Audience(BaseModel):
    """The people that a notification would reach."""

    people: int = Field(description="Each is counted once.")
    sample: list[str] = Field(description="The names of up to 10 of them.")
    topics: list[str] = Field(description="Up to 50 of the topics that it would be published to.")


class FeedTopics(BaseModel):
    """The topics of an open feed."""

    topics: list[str]


class Position(BaseModel):
    """The log position of an event."""

    position: str


class Positions(BaseModel):
    """The log positions of several events, in their order."""

    positions: list[str]


class Token(BaseModel):
    """A token and a ticket with the same rights."""

    id: str = Field(description="Of token and ticket: revoke both with `DELETE /api/v1/tokens/{id}`.")
    token: str
    ticket: str
    expires_at: str


class EndedToken(BaseModel):
    """The token that was revoked."""

    id: str


class Room(BaseModel):
    """A room, as listed."""

    name: str
    kind: str
    members: str | list[str] = Field(description="`everyone`, `group:…`, or usernames.")


class ListedRoom(Room):
    """A room, for one user."""

    unread: int = Field(description="Messages that this user has not read; 999: so many or more.")


class Rooms(BaseModel):
    """The rooms that a user may enter."""

    rooms: list[ListedRoom]


class Person(BaseModel):
    """A person, as another system described them."""

    id: str
    user: str = Field(description="The name that they are addressed by: `user:…`.")
    name: str
    email: str
    language: str
    zone: str
    groups: list[str]
    active: bool


class People(BaseModel):
    """Some people in order of their ids."""

    people: list[Person]
    next: str | None = Field(description="Send it as `after` for those that follow; null on the last page.")


class Upserted(BaseModel):
    """What a request with many people did."""

    created: int
    changed: int = Field(description="Those that were as described already are not counted.")


class Item(BaseModel):
    """A notification, as listed."""

    id: str
    topic: str
    group: str | None = Field(description="The name of the group whose topic it is; else null.")
    title: str
    body: str
    url: str
    category: str
    severity: str
    created_at: str
    expires_at: str | None = Field(None, description="When it leaves the inbox; only if it does.")
    position: str | None
    seen_at: str | None
    read_at: str | None
    archived_at: str | None


class Count(BaseModel):
    """The user's numbers of unread and unseen notifications."""

    unread: int
    unseen: int
    version: int


class Counted(BaseModel):
    """A response with the count after the change."""

    count: Count


class Listing(Counted):
    """A page of the inbox."""

    items: list[Item]
    next: str | None = Field(description="The `before` of the next page.")


class Sender(BaseModel):
    """Who said a message."""

    id: str
    name: str


class RoomMessage(BaseModel):
    """A message as it is now. `reactions` are the ids of people, by reaction."""

    position: str
    sender: Sender = Field(alias="from")
    id: str
    body: Any
    at: str
    edited: str = ""
    reactions: dict[str, list[str]] = {}


class RoomMessages(BaseModel):
    """A page of a room's messages."""

    items: list[RoomMessage]
    next: str | None


class RoomReading(BaseModel):
    """How many messages of a room are unread (999: so many or more), and up to where it is read."""

    room: str
    unread: int
    position: str


class Member(BaseModel):
    """A person who is in a room. `status` is what they set, if anything."""

    id: str
    name: str
    status: str = ""


class RoomMembers(BaseModel):
    """Who is in a room."""

    count: int
    members: list[Member]
