"""Temporary user, API key and room for `manage.py doctor`; deleted afterwards."""

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
from hub.doctor.fixture import Fixture
from notifications.access import api_keys, tokens
from notifications.models import ApiKey, Room, RoomMessage, Ticket

NAME = re.compile(r"doctor-\d+-[0-9a-f]{8}")
# Not the hash of any password: it marks the users made here, and no one can sign in with it.
USER_MARK = "!hub.doctor"
TTL_S = 600
KIND = "chat"


@contextmanager
def make_fixture() -> Iterator[Fixture]:
    """Make a user that cannot sign in, with a token, a key and a room; delete all of it in the end."""
    _delete_abandoned()
    name = f"doctor-{int(time.time())}-{secrets.token_hex(4)}"
    room = Room.objects.create(name=name, kind=KIND, audience=Room.Audience.PEOPLE)
    user = User.objects.create(username=name, password=USER_MARK)
    try:
        key = api_keys.create(name, ["publish"], topics=[name])
        live = (name, f"{name}-quiet", topics.room(room.pk))
        token, ticket, _ = tokens.issue(user, live, TTL_S, own=False)
        Ticket.objects.filter(digest=tokens.digest(ticket)).delete()
        yield Fixture(
            topic=name,
            room=name,
            token=token,
            key=key,
            message_stored=RoomMessage.objects.filter(room=room).exists,
        )
    finally:
        _delete(Q(name=name), Q(username=name), Q(name=name))


def _delete_abandoned() -> None:
    """Delete what a killed doctor left: users with its mark and such a name, and everything of that name."""
    before = timezone.now() - timedelta(seconds=2 * TTL_S)
    old = User.objects.filter(password=USER_MARK, date_joined__lt=before).values_list("username", flat=True)
    names = [name for name in old if NAME.fullmatch(name)]
    if names:
        _delete(Q(name__in=names), Q(username__in=names), Q(name__in=names))


def _delete(rooms: Q, people: Q, programs: Q) -> None:
    Room.objects.filter(rooms).delete()
    ApiKey.objects.filter(programs).delete()
    User.objects.filter(people).delete()
