"""Which of the tokens that were issued for a user are still valid, and what they open on a feed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils import timezone

from hub import topics
from hub.errors import Problem
from hub.policies.current import table
from hub.ports import Person
from hub.support.invalidations import Invalidations
from hub.support.threads import in_thread
from hub.support.ttl_cache import TTLCache
from notifications import user_model
from notifications.access import belongings, endings, judge, tokens
from notifications.access.belongings import NOTHING, Belongings
from notifications.access.lookups import followed_topics
from notifications.access.lookups.run_readers import RunLookup
from notifications.access.tokens import Claims
from notifications.models import ApiKey, RevokedToken, topic_patterns
from notifications.user_model import Key

NONE: frozenset[str] = frozenset()  # shared: an empty set takes 216 bytes


@dataclass(frozen=True, slots=True)
class TokenStatus:
    """What decides whether an active user's tokens are valid.

    ``password`` is the `tokens.fingerprint` of the current password; tokens issued up to ``tokens_at`` have
    ended, and so have those whose ids are in ``revoked``.
    """

    name: str
    password: str
    tokens_at: datetime | None
    revoked: frozenset[str] = frozenset()


def of(people: Collection[Key]) -> dict[Key, TokenStatus]:
    """By key, of those who are active, in one query; two if any of them has revoked tokens."""
    now = timezone.now()
    active: list[tuple[Key, str, str, datetime | None, datetime | None]] = list(
        user_model.active_users()
        .filter(pk__in=people)
        .values_list("pk", user_model.name_field(), "password", "ending__tokens_at", "ending__revoked_until")
    )
    revoked: dict[Key, frozenset[str]] = {}
    if some := [key for key, *_, until in active if until is not None and until > now]:
        for token, key in RevokedToken.objects.filter(user__in=some).values_list("id", "user_id"):
            revoked[key] = revoked.get(key, NONE) | {token}
    return {
        key: TokenStatus(name, tokens.fingerprint(password), tokens_at, revoked.get(key, NONE))
        for key, name, password, tokens_at, _ in active
    }


def program(key: int) -> str:
    """`Person.key` for the API key (by id) that issued a token; "" for none (0)."""
    return f"key-{key}" if key else ""


def active(programs: Collection[str]) -> set[str]:
    """Those of these programs whose API keys are not revoked."""
    ids = [int(name.removeprefix("key-")) for name in programs]
    return {
        program(id) for id in ApiKey.objects.filter(pk__in=ids, revoked_at=None).values_list("pk", flat=True)
    }


def key_topics(programs: Collection[str]) -> dict[str, list[str]]:
    """By program, the patterns of topics to which its API key is limited; none: it is not."""
    ids = [int(name.removeprefix("key-")) for name in programs]
    return {
        program(id): topics for id, topics in ApiKey.objects.filter(pk__in=ids).values_list("pk", "topics")
    }


def stands_for_person(claims: Claims, topic: str) -> bool:
    """Whether its person's rights to a topic hold for a token: it names the topic, or it opens their inbox
    and its API key, if it has one, is not limited to other topics."""
    if topic in claims.topics:
        return True
    if not claims.own or not claims.key:
        return claims.own
    patterns = key_topics([program(claims.key)]).get(program(claims.key))
    return patterns is not None and topic_patterns.any_covers(patterns, topic)


def bearer(
    claims: Claims, status: TokenStatus | None, active: Collection[str], inbox: Belongings = NOTHING
) -> Person:
    """The person of a token or ticket, with the topics that it opens; ``active`` are programs.

    Raises a `Problem` of 401 if the token is no longer valid.
    """
    inbox = inbox if claims.own else NOTHING
    if status is None:
        raise Problem(401, "The user of this token is inactive or deleted.")
    person = Person(
        claims.user,
        status.name,
        inbox.own,
        inbox.since,
        # The same string object where they are equal: it lives as long as the connection. Empty if the token
        # is of another issuer: it does not depend on a password here.
        stamp=status.password if claims.password == status.password else claims.password,
        expires_at=float(claims.expires_at),
        token=claims.id,
        issued_at=claims.issued_at,
        key=program(claims.key),
    )
    if not is_valid(person, status, active):
        raise ended()
    return person


def ended() -> Problem:
    return Problem(
        401, "This token was revoked, or its user has signed out everywhere since: request a new one."
    )


def is_valid(person: Person, status: TokenStatus, active: Collection[str]) -> bool:
    """Whether the token with which a person connected is still valid."""
    return (
        person.stamp in ("", status.password)
        and not endings.ended(person.issued_at, status.tokens_at)
        and person.token not in status.revoked
        and (not person.key or person.key in active)
    )


class TokenRights:
    """Lookups of one instance, which are cached until ``invalidations`` names the person or the program."""

    def __init__(self, invalidations: Invalidations, runs: RunLookup) -> None:
        self._runs = runs
        self._inboxes = TTLCache(_load_inboxes, invalidations)
        self._statuses = TTLCache(_load_token_statuses, invalidations)
        self._programs = TTLCache(_load_programs, invalidations)
        self._key_topics = TTLCache(_load_key_topics, invalidations)

    async def person(self, claims: Claims, inbox: bool) -> Person:
        """The person of a token, with the topics of their inbox if asked for; raise a `Problem` of 401."""
        issuing = program(claims.key)
        status, own = None, NOTHING
        with suppress(KeyError):
            if inbox and claims.own:
                status, own = await self._inboxes.get(claims.user)
            else:
                status = await self._statuses.get(claims.user)
        unrevoked = {issuing} if issuing and await self._programs.get(issuing) else ()
        return bearer(claims, status, unrevoked, own)

    async def with_topics(self, person: Person, requested: Sequence[str]) -> Person:
        """The person of a token, with topics that it opens, by itself or as its person; raise a `Problem` of
        403."""
        denied = [topic for topic in requested if not _opens(person, topic)]
        if denied:
            person = await self._as_person(person, denied)
        return with_past(person, set(requested).intersection(person.named))

    async def _as_person(self, person: Person, requested: Sequence[str]) -> Person:
        """The person with topics that their token does not name, by policies and as readers of runs. It opens
        them for its person if it opens their inbox, and its API key is not limited to other topics. Raises a
        `Problem` of 403."""
        if not (person.opens_inbox and (table or any(topics.run_id(topic) for topic in requested))):
            refuse(requested)
        _, inbox = await self._inboxes.get(person.id)
        try:
            patterns = await self._key_topics.get(person.key) if person.key else []
        except KeyError:
            raise Problem(401, "The API key of this token is deleted: request a new one.") from None
        runs = await self._runs.readable(person.id, inbox.own, requested)
        audiences = judge.audiences(person.name, inbox)
        opened = [topic for topic in requested if topic in runs or followed_topics.opens(topic, audiences)]
        refuse([t for t in requested if t not in opened or not topic_patterns.any_covers(patterns, t)])
        return replace(person, granted=tuple(dict.fromkeys((*person.granted, *requested))))

    async def check(self, person: Person) -> None:
        """Raise a `Problem` of 401 if the token with which a person connected is no longer valid."""
        status = None
        with suppress(KeyError):
            status = await self._statuses.get(person.id)
        unrevoked = {person.key} if person.key and await self._programs.get(person.key) else ()
        if status is None or not is_valid(person, status, unrevoked):
            raise ended()


def _opens(person: Person, topic: str) -> bool:
    """Whether the token of a person opens a topic by itself."""
    if topics.is_room(topic):
        return False
    # Inbox topics are those of today, whatever they were when the token was issued.
    return topic in person.own or (topic in person.named and not topics.is_inbox(topic))


def with_named(person: Person, claims: Claims, requested: Sequence[str]) -> Person:
    """With the live topics of their token: the strings that the connection keeps, where they are the same."""
    named = tuple(topic for topic in claims.topics if not topics.is_room(topic))
    named = tuple(requested) if named == tuple(requested) else named
    return replace(person, named=named, opens_inbox=claims.own)


def with_past(person: Person, opened: Collection[str]) -> Person:
    """Live topics that another right opens too are replayed from before the person followed them."""
    opened = {topic for topic in opened if topic in person.own and not topics.is_inbox(topic)}
    if not opened:
        return person
    since = zip(person.own, person.since, strict=True)
    return replace(person, since=tuple(0 if topic in opened else at for topic, at in since))


def refuse(denied: Sequence[str]) -> None:
    if denied:
        raise Problem(403, "You may not read these topics: ask for a grant.", topics=[*denied])


async def _load_inboxes(ids: Sequence[str]) -> dict[str, tuple[TokenStatus, Belongings]]:
    return await in_thread(_inboxes, [*user_model.keys_of(ids).values()])


def _inboxes(people: Sequence[Key]) -> dict[str, tuple[TokenStatus, Belongings]]:
    own = belongings.of(people)
    return {str(key): (status, own[key]) for key, status in of(people).items()}


async def _load_token_statuses(ids: Sequence[str]) -> dict[str, TokenStatus]:
    found = await in_thread(of, [*user_model.keys_of(ids).values()])
    return {str(key): status for key, status in found.items()}


async def _load_programs(keys: Sequence[str]) -> dict[str, bool]:
    unrevoked = await in_thread(active, keys)
    return {key: key in unrevoked for key in keys}


async def _load_key_topics(keys: Sequence[str]) -> dict[str, list[str]]:
    return await in_thread(key_topics, keys)
