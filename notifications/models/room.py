"""Rooms, and the messages stored of them."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models

from hub.rooms import kinds, protocol
from notifications.user_model import MAX_NAME

ROOM_NAME = r"[a-z0-9][a-z0-9-]{0,63}"


def valid_kind(kind: str) -> None:
    """Validator of model fields: raise `ValidationError` for a kind that is not registered."""
    if kind not in kinds.kinds():
        raise ValidationError(f"Unknown kind {kind[:40]!r}: use one of {', '.join(kinds.kinds())}.")


class Room(models.Model):
    """A room, open to everyone, to a group, or to the people listed.

    People use its name; everything stored of it refers to its id, so that a later room of the same name
    inherits nothing.
    """

    class Audience(models.TextChoices):
        EVERYONE = "everyone"
        GROUP = "group"
        PEOPLE = "people"

    name = models.CharField(max_length=64, unique=True, validators=[RegexValidator(rf"^{ROOM_NAME}\Z")])
    kind = models.CharField(max_length=32, default="chat", validators=[valid_kind])
    audience = models.CharField(max_length=8, choices=Audience, default=Audience.EVERYONE)
    group = models.ForeignKey(
        "auth.Group", on_delete=models.SET_NULL, null=True, blank=True, help_text="With the audience group."
    )
    people = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="+", help_text="With the audience people."
    )
    removed = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="+", help_text="Banned from the room."
    )
    closed_at = models.DateTimeField(null=True, blank=True, help_text="Since when no one may enter.")
    # Messages up to this position may be missing: the log dropped them before they were copied to rows.
    lost_upto = models.BigIntegerField(default=0, db_default=0, editable=False)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class HistoryMark(models.Model):
    """The position up to which the messages of all rooms that are kept were copied from the log; one row.

    An instance that starts knows from it that a room was silent since, or that the log no longer tells.
    """

    position = models.BigIntegerField()

    def __str__(self) -> str:
        return f"copied up to {self.position}"


class RoomMessage(models.Model):
    """A message of a room, copied from the log; deleted with its room."""

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="messages")
    position = models.BigIntegerField()
    sender = models.CharField(max_length=64)  # a person's id
    name = models.CharField(max_length=MAX_NAME)
    message_id = models.CharField(db_column="line_id", max_length=protocol.MAX_ID)
    body = models.JSONField(null=True)  # null, too, once it was removed
    at = models.DateTimeField()
    text = models.TextField(default="", db_default="")  # of the body, to be searched
    edited_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)
    reactions = models.JSONField(default=dict, db_default={})  # ids of people by reaction
    # The position of the last change that it accounts for; 0: of none.
    changed = models.BigIntegerField(default=0, db_default=0)
    # Ids of the people who were notified that it mentions them.
    mentioned = models.JSONField(default=list, db_default=[])

    class Meta:
        db_table = "hub_notifications_line"  # of before; instances of two versions share it
        constraints = (models.UniqueConstraint("room", "position", name="one_line_a_position"),)
        indexes = (models.Index("room", "changed", condition=models.Q(changed__gt=0), name="changed_line"),)

    def __str__(self) -> str:
        return f"{self.name} → {self.room}"


class RoomMark(models.Model):
    """Up to where a person has read a room. Whoever entered it has one; in a room for everyone, nothing is
    unread for those who never did."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="+")
    position = models.BigIntegerField()

    class Meta:
        constraints = (models.UniqueConstraint("user", "room", name="one_mark_a_room"),)

    def __str__(self) -> str:
        return f"{self.user} in {self.room}: {self.position}"


class RoomDocument(models.Model):
    """The document of a room of that kind, with every update up to a position; deleted with its room."""

    room = models.OneToOneField(Room, on_delete=models.CASCADE, primary_key=True, related_name="document")
    snapshot = models.BinaryField()  # an update of Yjs
    position = models.BigIntegerField()

    def __str__(self) -> str:
        return f"document of {self.room}"
