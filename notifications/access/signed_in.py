"""Who is signed in by each of some sessions, and what they may read.

An instance that leaves names the people of its feeds by a digest of their sessions. Another one then reads
the person along with the session, in one query instead of two. What the session says decides.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any

from django.contrib.auth import SESSION_KEY

from hub import events, topics
from hub.events import Draft, Event
from hub.ports import Person
from notifications import user_model
from notifications.access import belongings, judge, sessions
from notifications.access.judge import Account, Rights
from notifications.access.lookups import session_data
from notifications.user_model import Key

TYPE = "sessions"
KEPT_S = 30.0  # longer than a drain and the way to another instance
MAX_KEPT = 20_000
MAX_SESSIONS_PER_EVENT = 100


class ExpectedSessions:
    """The sessions that come over from instances that leave, each for `KEPT_S`, and whose they were."""

    def __init__(self) -> None:
        self._ids: dict[str, tuple[float, str]] = {}  # by digest: until when, and the person's id

    def event_received(self, event: Event) -> None:
        """Keep what an instance names. Raises for data that name no sessions."""
        if event.topic != topics.CONTROL or event.type != TYPE:
            return
        now = time.monotonic()
        for name, (until, _) in list(self._ids.items()):
            if until > now and len(self._ids) < MAX_KEPT:
                break
            del self._ids[name]
        for name, id in event.data["people"].items():
            self._ids.pop(name, None)
            self._ids[name] = now + KEPT_S, str(id)

    def people(self, keys: Collection[str]) -> set[Key]:
        """The keys of the users whose sessions these were."""
        found = (self._ids.get(_digest(key)) for key in keys) if self._ids else ()
        now = time.monotonic()
        return set(user_model.keys_of(one[1] for one in found if one and one[0] > now).values())


def drafts(people: Iterable[Person]) -> Iterator[Draft]:
    """Events of the control topic that name the sessions by which these people are connected."""
    named = [(_digest(person.session), person.id) for person in people if person.session]
    for start in range(0, len(named), MAX_SESSIONS_PER_EVENT):
        batch = dict(named[start : start + MAX_SESSIONS_PER_EVENT])
        yield events.draft(topics.CONTROL, TYPE, {"people": batch})


def people(keys: Collection[str], expected: Collection[Key] = ()) -> dict[str, tuple[Person, Rights]]:
    """The signed-in person of each of these session keys, and their rights; in two queries, or in one if all
    of them are ``expected``."""
    data, accounts = _read(keys, expected)
    ids = {key: session[SESSION_KEY] for key, session in data.items() if SESSION_KEY in session}
    users = user_model.keys_of(ids.values())
    accounts |= judge.accounts(set(users.values()) - set(expected))
    found = {key: one for key, id in ids.items() if (one := accounts.get(users.get(id))) is not None}
    ended = sessions.ended_ones((one.user.pk, data[key]) for key, one in found.items())
    return {
        key: (
            Person(
                str(user.pk),
                user.get_username(),
                rights.own,
                rights.since,
                session=key,
                stamp=user.get_session_auth_hash(),
                issued_at=sessions.signed_in_at(data[key]),
            ),
            rights,
        )
        for key, (user, ended_at, rights) in found.items()
        if sessions.is_valid(user, data[key], ended_at)
        and sessions.ending_id(user.pk, data[key]) not in ended
    }


def _read(
    keys: Collection[str], expected: Collection[Key]
) -> tuple[Mapping[str, Mapping[str, Any]], dict[Key, Account]]:
    """The data of these sessions, and the accounts of those who are expected."""
    if not expected or session_data.model() is None:
        return session_data.of(keys), judge.accounts(expected)
    found = belongings.admissible(expected, keys)
    return session_data.decoded(found.sessions), judge.judged(found)


def _digest(session: str) -> str:
    return sha256(session.encode()).hexdigest()[:32]
