"""Temporary user, API key and room for `manage.py doctor`; deleted afterwards."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from django.contrib.auth import get_user_model
from django.db.models import EmailField

from hub import topics
from hub.doctor.fixture import Fixture
from notifications import user_model
from notifications.access import api_keys, tokens
from notifications.models import ApiKey, Room, RoomMessage, Ticket
from notifications.user_model import User

NAME = re.compile(r"doctor-(\d+)-[0-9a-f]{8}")
DOMAIN = "@doctor.invalid"
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
    user = _make_user(name)
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
        _delete([name])


def _delete_abandoned() -> None:
    """Delete what a killed doctor left: users with its mark and such a name, and everything of that name."""
    before = time.time() - 2 * TTL_S
    marked = user_model.users().filter(password=USER_MARK).values_list(user_model.name_field(), flat=True)
    names = [name.removesuffix(DOMAIN) for name in marked]
    made = [(name, found) for name in names if (found := NAME.fullmatch(name))]
    _delete([name for name, found in made if int(found[1]) < before])


def _delete(names: Collection[str]) -> None:
    Room.objects.filter(name__in=names).delete()
    ApiKey.objects.filter(name__in=names).delete()
    field = user_model.name_field()
    people = [one for name in names for one in (name, f"{name}{DOMAIN}")]
    user_model.users().filter(**{f"{field}__in": people}, password=USER_MARK).delete()


def _make_user(name: str) -> User:
    """A user with this name, as an e-mail address where people sign in with one; other fields are empty."""
    model = get_user_model()
    field = model._meta.get_field(model.USERNAME_FIELD)
    address = f"{name}{DOMAIN}" if isinstance(field, EmailField) else name
    user: User = model._default_manager.create(**{field.name: address}, password=USER_MARK)
    return user
