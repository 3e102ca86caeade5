"""Crowds that are named in code: a queryset each, asked anew whenever one is needed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.functional import lazy

from notifications.i18n import say

Make = Callable[[], QuerySet[User]]
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


@dataclass(frozen=True, slots=True)
class Segment:
    name: str
    description: str
    make: Make


_segments: dict[str, Segment] = {}


def segment(name: str, description: str) -> Callable[[Make], Make]:
    """Name the crowd that a function gives, so that ``segment:<name>`` is an address.

    A host project does this where its ``AppConfig.ready`` imports it; ``description`` may be lazy, to be
    said in the reader's language. Raises `ValueError` for a name that is none, or is taken.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name[:80]!r} names no segment: use 1 to 64 of a-z 0-9 -, the first not a dash.")
    if name in _segments:
        raise ValueError(f"There is a segment {name!r} already: choose another name.")

    def register(make: Make) -> Make:
        _segments[name] = Segment(name, description, make)
        return make

    return register


def names() -> tuple[str, ...]:
    return tuple(sorted(_segments))


def known() -> list[Segment]:
    """All of them, by name."""
    return [_segments[name] for name in names()]


def people(name: str) -> QuerySet[User]:
    """Those of the segment who are here. Raises `KeyError` for a name that nobody registered."""
    return _segments[name].make().filter(is_active=True)


_said = lazy(say, str)


@segment("staff", _said("segment_staff"))
def _staff() -> QuerySet[User]:
    return User.objects.filter(is_staff=True)


@segment("newcomers", _said("segment_newcomers"))
def _newcomers() -> QuerySet[User]:
    return User.objects.filter(date_joined__gte=timezone.now() - timedelta(days=7))


@segment("away", _said("segment_away"))
def _away() -> QuerySet[User]:
    since = timezone.now() - timedelta(days=30)
    # Who never signed in is away since they joined.
    return User.objects.filter(Q(last_login__lt=since) | Q(last_login=None, date_joined__lt=since))
