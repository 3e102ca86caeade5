"""A room, and what was said in it."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models

from hub.rooms import kinds, protocol

ROOM_NAME = r"[a-z0-9][a-z0-9-]{0,63}"


def valid_kind(kind: str) -> None:
    if kind not in kinds.kinds():
        raise ValidationError(f"There is no kind {kind[:40]!r}: use one of {', '.join(kinds.kinds())}.")


class Room(models.Model):
    """Where people talk, and who may: everybody, those of a group, or the people named.

    Its name is what people write; everything of it goes by its id, so that one made later under its name
    has nothing of it.
    """

    class Audience(models.TextChoices):
        EVERYONE = "everyone"
        GROUP = "group"
        PEOPLE = "people"

    name = models.CharField(max_length=64, unique=True, validators=[RegexValidator(rf"^{ROOM_NAME}\Z")])
    kind = models.CharField(max_length=32, default="chat", validators=[valid_kind])
    audience = models.CharField(max_length=8, choices=Audience, default=Audience.EVERYONE)
    group = models.ForeignKey(
        "auth.Group", on_delete=models.SET_NULL, null=True, blank=True, help_text="If it is for a group."
    )
    people = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="+", help_text="If it is for people."
    )
    removed = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, related_name="+", help_text="Who may not enter, whoever may."
    )
    closed_at = models.DateTimeField(null=True, blank=True, help_text="Since when nobody may enter.")

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class RoomMessage(models.Model):
    """A message of a room, copied from the log; deleted with its room."""

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="messages")
    position = models.BigIntegerField()
    sender = models.CharField(max_length=64)  # a person's id
    name = models.CharField(max_length=150)
    message_id = models.CharField(db_column="line_id", max_length=protocol.MAX_ID)
    body = models.JSONField(null=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "hub_notifications_line"  # of before; instances of two versions share it
        constraints = (models.UniqueConstraint("room", "position", name="one_line_a_position"),)

    def __str__(self) -> str:
        return f"{self.name} → {self.room}"
