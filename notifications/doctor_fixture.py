"""Somebody for the doctor to go as: a person, a key and a room that are gone again afterwards."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.contrib.auth.models import User
from django.db.models import Q
from django.utils import timezone

from hub import topics
from hub.doctor.fixture import Visit
from notifications.access import api_keys, tokens
from notifications.models import ApiKey, Line, Room, Ticket

NAME = re.compile(r"doctor-\d+-[0-9a-f]{8}")
# No hash of a password: nobody signs in by it, and nobody else makes it.
FLAG = "!hub.doctor"
TTL_S = 600
KIND = "chat"


@contextmanager
def visiting() -> Iterator[Visit]:
    """Make a person without a password or an inbox's trace, and take away all that was made for them."""
    _sweep()
    name = f"doctor-{int(time.time())}-{secrets.token_hex(4)}"
    room = Room.objects.create(name=name, kind=KIND, audience=Room.Audience.PEOPLE)
    user = User.objects.create(username=name, password=FLAG)
    try:
        key = api_keys.create(name, ["publish"], topics=[name])
        live = (name, f"{name}-quiet", topics.room(room.pk))
        token, ticket, _ = tokens.issue(user, live, TTL_S, own=False)
        Ticket.objects.filter(digest=tokens.digest(ticket)).delete()
        yield Visit(name, name, token, key, Line.objects.filter(room=room).exists)
    finally:
        _remove(Q(name=name), Q(username=name), Q(name=name))


def _sweep() -> None:
    """What a doctor left who was killed: only whom a doctor made, however others are named."""
    before = timezone.now() - timedelta(seconds=2 * TTL_S)
    old = User.objects.filter(password=FLAG, date_joined__lt=before).values_list("username", flat=True)
    names = [name for name in old if NAME.fullmatch(name)]
    if names:
        _remove(Q(name__in=names), Q(username__in=names), Q(name__in=names))


def _remove(rooms: Q, people: Q, programs: Q) -> None:
    Room.objects.filter(rooms).delete()
    ApiKey.objects.filter(programs).delete()
    User.objects.filter(people).delete()
