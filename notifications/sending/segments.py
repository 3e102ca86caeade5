"""Segments: audiences that are named in code, each a queryset evaluated when something is sent to it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.functional import lazy

from notifications import user_model
from notifications.i18n import say
from notifications.user_model import JOINED_FIELD, User

Make = Callable[[], QuerySet[User]]
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


@dataclass(frozen=True, slots=True)
class Segment:
    """A registered segment; ``make`` returns a new queryset."""

    name: str
    description: str
    make: Make


_segments: dict[str, Segment] = {}


def segment(name: str, description: str) -> Callable[[Make], Make]:
    """Register the queryset that a function returns as a segment, so that ``segment:<name>`` is an address.

    A host project does so where its ``AppConfig.ready`` imports it; ``description`` may be lazy, to be
    translated for its reader. Raises `ValueError` for a name that is not valid, or in use.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"{name[:80]!r} is not a segment name: use 1 to 64 of a-z, 0-9 and -, not starting with a dash."
        )
    if name in _segments:
        raise ValueError(f"Segment {name!r} already exists: choose another name.")

    def register(make: Make) -> Make:
        _segments[name] = Segment(name, description, make)
        return make

    return register


def unregister(name: str) -> None:
    """Remove a segment; raise `KeyError` if there is none of this name. For tests of host projects."""
    del _segments[name]


def names() -> tuple[str, ...]:
    """The names of all segments, in order."""
    return tuple(sorted(_segments))


def known() -> list[Segment]:
    """All segments, in the order of their names."""
    return [_segments[name] for name in names()]


def people(name: str) -> QuerySet[User]:
    """The active users of a segment. Raises `KeyError` for a name that is not registered."""
    members = _segments[name].make()
    return members.filter(is_active=True) if user_model.has_field("is_active") else members


_text = lazy(say, str)


@segment("staff", _text("segment_staff"))
def _staff() -> QuerySet[User]:
    staff = user_model.users()
    return staff.filter(is_staff=True) if user_model.has_field("is_staff") else staff.none()


@segment("newcomers", _text("segment_newcomers"))
def _newcomers() -> QuerySet[User]:
    since = timezone.now() - timedelta(days=7)
    if not user_model.has_field(JOINED_FIELD):
        return user_model.users().none()
    return user_model.users().filter(**{f"{JOINED_FIELD}__gte": since})


@segment("away", _text("segment_away"))
def _away() -> QuerySet[User]:
    since = timezone.now() - timedelta(days=30)
    # A user who never signed in has been away since they joined.
    never = Q(last_login=None) & user_model.joined_by(since)
    return user_model.users().filter(Q(last_login__lt=since) | never)
