"""Authentication and authorisation of feeds and rooms, with what is cached for them."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace

from hub import topics
from hub.errors import Problem
from hub.events import Event
from hub.policies.current import table
from hub.ports import Credentials, Entry, Person
from hub.support.coalesce import BatchLoader
from hub.support.invalidations import Invalidations
from hub.support.threads import in_thread
from hub.support.ttl_cache import TTLCache
from notifications import user_model
from notifications.access import belongings, judge, membership, signed_in, token_status, tokens
from notifications.access.belongings import NOTHING, Belongings
from notifications.access.issuers import claims as issued_claims
from notifications.access.issuers import issuer
from notifications.access.judge import Rights
from notifications.access.membership import RoomAccess
from notifications.access.policies.updates import PolicyUpdates
from notifications.access.signed_in import ExpectedSessions
from notifications.access.token_status import TokenStatus
from notifications.access.tokens import Claims
from notifications.models import ROOM_NAME, topic_patterns
from notifications.user_model import Key


class Admission:
    """Decides who opens a feed or enters a room, on one instance.

    Lookups by token are cached until ``invalidations`` names the person or the program; the wiring adds to it
    on every `recheck` of the control topic. Lookups by session and of rooms are only batched.
    """

    def __init__(self) -> None:
        self.policies = PolicyUpdates()
        self.invalidations = Invalidations()
        self._inboxes = TTLCache(_load_inboxes, self.invalidations)
        self._token_statuses = TTLCache(_load_token_statuses, self.invalidations)
        self._programs = TTLCache(_load_programs, self.invalidations)
        self._key_topics = TTLCache(_load_key_topics, self.invalidations)
        self._sessions = BatchLoader(self._load_sessions)
        self._expected = ExpectedSessions()
        self._issued_people = issued_claims.loader()
        issuer.prepare()
        # Not cached: an answer older than its question could admit someone after their removal was checked.
        self._rooms: BatchLoader[tuple[str, Key], RoomAccess] = BatchLoader(_load_rooms)

    def event_received(self, event: Event) -> None:
        """Expect the sessions that an instance which leaves has named."""
        self._expected.event_received(event)

    async def admit(self, credentials: Credentials, requested: Sequence[str], inbox: bool = True) -> Person:
        """The person who opens a feed with these topics, with or without their inbox.

        Raises a `Problem` of 401 or 403.
        """
        claims = await self._claims(credentials)
        while True:
            moment = self.invalidations.moment
            await self.policies.current()
            if claims is not None:
                # A feed without anything of the inbox does not end with changes of the inbox.
                inbox = inbox or any(
                    topic not in claims.topics or topics.is_inbox(topic) for topic in requested
                )
                person = await self._by_token(claims, inbox)
                denied = [topic for topic in requested if not _opens(claims, person, topic)]
                if denied:
                    person = await self._by_policies(claims, person, denied)
                person = _with_past(person, set(requested).intersection(claims.topics))
            else:
                person = await self._by_session(credentials, requested)
            # Whatever is invalidated from here on finds this person among the open connections.
            if not self.invalidations.since(moment, person.id, person.key):
                return person

    async def enter(self, credentials: Credentials, name: str) -> Entry:
        """The person, and the room of this name that they enter; raise a `Problem` of 401, 403 or 404.

        A token opens the rooms that it names and, like a session, those that its user may enter.
        """
        claims = await self._claims(credentials)
        while True:
            moment = self.invalidations.moment
            if claims is not None:
                person = await self._by_token(claims, False)
            else:
                person, _ = await self._from_session(credentials)
            entry = await self._entry(person, claims.topics if claims is not None else (), name)
            if not self.invalidations.since(moment, person.id, person.key):
                return entry

    async def _claims(self, credentials: Credentials) -> Claims | None:
        """The claims of the token or ticket; None without one."""
        if credentials.ticket:
            return await in_thread(tokens.redeem, credentials.ticket)
        if not issued_claims.is_issued(credentials.bearer):
            return tokens.read(credentials.bearer) if credentials.bearer else None
        claims, changed = await issued_claims.read_soon(credentials.bearer, self._issued_people)
        if changed:
            self.invalidations.add(claims.user)
        return claims

    async def _by_token(self, claims: Claims, inbox: bool) -> Person:
        program = token_status.program(claims.key)
        status, own = None, NOTHING
        with suppress(KeyError):
            if inbox and claims.own:
                status, own = await self._inboxes.get(claims.user)
            else:
                status = await self._token_statuses.get(claims.user)
        active = {program} if program and await self._programs.get(program) else ()
        return token_status.bearer(claims, status, active, own)

    async def _by_policies(self, claims: Claims, person: Person, requested: Sequence[str]) -> Person:
        """The person with topics that their token does not name. It opens them for its person if it opens
        their inbox, and its API key is not limited to other topics. Raises a `Problem` of 403."""
        if not (table and claims.own):
            _refuse(requested)
        _, inbox = await self._inboxes.get(claims.user)
        program = token_status.program(claims.key)
        try:
            patterns = await self._key_topics.get(program) if program else []
        except KeyError:
            raise Problem(401, "The API key of this token is deleted: request a new one.") from None
        audiences = judge.audiences(person.name, inbox)
        _refuse(
            [
                topic
                for topic in requested
                if not (judge.opens(topic, audiences) and topic_patterns.any_covers(patterns, topic))
            ]
        )
        return replace(person, granted=tuple(requested))

    async def _by_session(self, credentials: Credentials, requested: Sequence[str]) -> Person:
        person, rights = await self._from_session(credentials)
        _refuse(rights.denied(requested))
        as_manager = replace(rights, roles=rights.roles - {"manage"}).denied(requested)
        if as_manager:
            await in_thread(judge.announced, user_model.key_of(person.id), as_manager)
        granted = tuple(topic for topic in requested if topic not in rights.own)
        person = replace(person, granted=granted) if granted else person
        barred = replace(rights, own=(), roles=rights.roles - {"manage"}).denied(requested)
        return _with_past(person, set(requested).difference(barred))

    async def _from_session(self, credentials: Credentials) -> tuple[Person, Rights]:
        if not credentials.session:
            raise Problem(401, "Sign in, or send a subscriber token: Authorization: Bearer … or ?ticket=…")
        try:
            return await self._sessions.get(credentials.session)
        except KeyError:
            raise Problem(401, "This session has ended: sign in again.") from None

    async def _load_sessions(self, keys: Sequence[str]) -> dict[str, tuple[Person, Rights]]:
        return await in_thread(signed_in.people, keys, self._expected.people(keys))

    async def _entry(self, person: Person, token_topics: Sequence[str], name: str) -> Entry:
        missing = Problem(404, "There is no such room: GET /api/v1/rooms lists those you may enter.")
        if not re.fullmatch(ROOM_NAME, name):
            raise missing
        try:
            room = await self._rooms.get((name, user_model.key_of(person.id)))
        except KeyError:
            raise missing from None
        if room.closed:
            raise Problem(403, "This room is closed: no one may enter it until it is reopened.")
        topic = topics.room(room.id)
        named = topic in token_topics and not room.removed
        if not named and not room.open:
            raise Problem(403, "You may not enter this room: ask for membership, or a token that names it.")
        # Nothing of the inbox is read here, so changes of the inbox close no room.
        granted, by_token = ((), (topic,)) if named else ((topic,), ())
        return Entry(
            replace(person, own=(), since=(), granted=granted, named=by_token), name, room.kind, topic
        )


def _opens(claims: Claims, person: Person, topic: str) -> bool:
    if topics.is_room(topic):
        return False
    # Inbox topics are those of today, whatever they were when the token was issued.
    return topic in person.own or (topic in claims.topics and not topics.is_inbox(topic))


def _with_past(person: Person, opened: Collection[str]) -> Person:
    """Live topics that another right opens too are replayed from before the person followed them."""
    opened = {topic for topic in opened if topic in person.own and not topics.is_inbox(topic)}
    if not opened:
        return person
    since = zip(person.own, person.since, strict=True)
    return replace(person, since=tuple(0 if topic in opened else at for topic, at in since))


def _refuse(denied: Sequence[str]) -> None:
    if denied:
        raise Problem(403, "You may not read these topics: ask for a grant.", topics=[*denied])


async def _load_inboxes(ids: Sequence[str]) -> dict[str, tuple[TokenStatus, Belongings]]:
    return await in_thread(_inboxes, [*user_model.keys_of(ids).values()])


def _inboxes(people: Sequence[Key]) -> dict[str, tuple[TokenStatus, Belongings]]:
    own = belongings.of(people)
    return {str(key): (status, own[key]) for key, status in token_status.of(people).items()}


async def _load_token_statuses(ids: Sequence[str]) -> dict[str, TokenStatus]:
    found = await in_thread(token_status.of, [*user_model.keys_of(ids).values()])
    return {str(key): status for key, status in found.items()}


async def _load_programs(keys: Sequence[str]) -> dict[str, bool]:
    active = await in_thread(token_status.active, keys)
    return {key: key in active for key in keys}


async def _load_key_topics(keys: Sequence[str]) -> dict[str, list[str]]:
    return await in_thread(token_status.key_topics, keys)


async def _load_rooms(keys: Sequence[tuple[str, Key]]) -> dict[tuple[str, Key], RoomAccess]:
    return await in_thread(membership.room_access, keys)
