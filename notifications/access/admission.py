"""Authentication and authorisation of feeds and rooms, with what is cached for them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from hub import topics
from hub.errors import Problem
from hub.events import Event
from hub.ports import Credentials, Entry, Person
from hub.support.coalesce import BatchLoader
from hub.support.invalidations import Invalidations
from hub.support.threads import in_thread
from notifications import user_model
from notifications.access import judge, membership, signed_in, tokens
from notifications.access.issuers import claims as issued_claims
from notifications.access.issuers import issuer
from notifications.access.judge import Rights
from notifications.access.lookups.run_readers import RunLookup
from notifications.access.membership import RoomAccess
from notifications.access.policies.updates import PolicyUpdates
from notifications.access.signed_in import ExpectedSessions
from notifications.access.token_status import TokenRights, refuse, with_named, with_past
from notifications.access.tokens import Claims
from notifications.models import ROOM_NAME
from notifications.user_model import Key


class Admission:
    """Decides who opens a feed or enters a room, on one instance.

    Lookups by token are cached until ``invalidations`` names the person or the program; the wiring adds to it
    on every `recheck` of the control topic. Lookups by session and of rooms are only batched.
    """

    def __init__(self) -> None:
        self.policies = PolicyUpdates()
        self.invalidations = Invalidations()
        self._runs = RunLookup()
        self._tokens = TokenRights(self.invalidations, self._runs)
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
                person = await self._tokens.person(claims, inbox)
                person = await self._tokens.with_topics(with_named(person, claims, requested), requested)
            else:
                person = await self._by_session(credentials, requested)
            # Whatever is invalidated from here on finds this person among the open connections.
            if not self.invalidations.since(moment, person.id, person.key):
                return person

    async def extend(self, person: Person, requested: Sequence[str]) -> Person:
        """A person with an open feed, as of when these topics are on it, too.

        They keep their inbox: where it has changed, a check of their rights is under way. Raises a `Problem`
        of 401 or 403.
        """
        while True:
            moment = self.invalidations.moment
            await self.policies.current()
            if person.token:
                await self._tokens.check(person)
                found = await self._tokens.with_topics(person, requested)
            else:
                now = await self._by_session(Credentials(session=person.session), requested)
                past = [topic for topic, since in zip(now.own, now.since, strict=True) if not since]
                granted = dict.fromkeys((*person.granted, *now.granted))
                found = with_past(replace(person, granted=tuple(granted)), set(requested).intersection(past))
            if not self.invalidations.since(moment, person.id, person.key):
                return found

    async def enter(self, credentials: Credentials, name: str) -> Entry:
        """The person, and the room of this name that they enter; raise a `Problem` of 401, 403 or 404.

        A token opens the rooms that it names and, like a session, those that its user may enter.
        """
        claims = await self._claims(credentials)
        while True:
            moment = self.invalidations.moment
            if claims is not None:
                person = await self._tokens.person(claims, False)
            else:
                person, _ = await self._from_session(credentials)
            entry = await self._entry(person, claims.topics if claims is not None else (), name)
            if not self.invalidations.since(moment, person.id, person.key):
                return entry

    async def redeem(self, credentials: Credentials) -> Credentials:
        """The token of a ticket, which is used up; others as they are. Raises a `Problem` of 401."""
        if not credentials.ticket:
            return credentials
        return Credentials(bearer=tokens.sign(await in_thread(tokens.redeem, credentials.ticket)))

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

    async def _by_session(self, credentials: Credentials, requested: Sequence[str]) -> Person:
        person, rights = await self._from_session(credentials)
        if runs := await self._runs.readable(person.id, rights.own, requested):
            rights = replace(rights, runs=runs)
        refuse(rights.denied(requested))
        as_manager = replace(rights, roles=rights.roles - {"manage"}).denied(requested)
        if as_manager:
            await in_thread(judge.announced, user_model.key_of(person.id), as_manager)
        granted = tuple(topic for topic in requested if topic not in rights.own)
        person = replace(person, granted=granted) if granted else person
        barred = replace(rights, own=(), roles=rights.roles - {"manage"}).denied(requested)
        return with_past(person, set(requested).difference(barred))

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


async def _load_rooms(keys: Sequence[tuple[str, Key]]) -> dict[tuple[str, Key], RoomAccess]:
    return await in_thread(membership.room_access, keys)
