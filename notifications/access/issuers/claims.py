"""The claims of a bearer token of a configured issuer, in the shape of a subscriber token's.

Of a token whose key is known neither waits for anything but the query for its person.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future

from django.conf import settings

from hub.support.coalesce import BatchLoader
from hub.support.threads import in_thread
from notifications.access import signing
from notifications.access.issuers import issuer, people, published_keys, verifier
from notifications.access.issuers.issued_token import IssuedToken
from notifications.access.tokens import Claims
from notifications.user_model import Key

WAIT_S = 4.0  # for keys: less than an endpoint waits for an admission
# Of those that answer requests: the others serve tokens whose keys are known.
MAX_WAITING_THREADS = max(1, settings.HUB_THREADS // 2)

People = BatchLoader[IssuedToken, Key]

_waiting = threading.BoundedSemaphore(MAX_WAITING_THREADS)


def is_issued(token: str) -> bool:
    """Whether it is for a configured issuer to verify: any token that the hub itself did not sign."""
    return bool(token and issuer.configured()) and not signing.is_own(token)


def loader() -> People:
    """Looks people up for `read_soon`, those of many tokens at once."""
    return BatchLoader(_load)


async def read_soon(token: str, found: People) -> tuple[Claims, bool]:
    """The claims of a token, on the event loop, and whether its person's groups may just have changed.

    Raises a `Problem` of 401 or 503.
    """
    asked = published_keys.clock()
    try:
        async with asyncio.timeout(WAIT_S):
            while isinstance(verified := verifier.check(token, asked), Future):
                await asyncio.wrap_future(verified)
    except TimeoutError:
        raise published_keys.unavailable() from None
    is_new = verified.groups is not None and not verified.applied
    try:
        return _claims(verified, await found.get(verified)), is_new
    except KeyError:
        raise people.unknown(verified) from None


def read(token: str) -> Claims:
    """The same, for a thread. Raises a `Problem` of 401 or 503."""
    issued = verified(token)
    found = people.of([issued])
    if issued not in found:
        raise people.unknown(issued)
    return _claims(issued, found[issued])


def verified(token: str) -> IssuedToken:
    """A token, verified by a thread. Raises a `Problem` of 401 or 503."""
    asked = published_keys.clock()
    found = verifier.check(token, asked)
    if not isinstance(found, Future):
        return found
    if not _waiting.acquire(blocking=False):
        raise published_keys.unavailable()
    until = time.monotonic() + WAIT_S
    try:
        while isinstance(found, Future):
            found.result(max(0, until - time.monotonic()))
            found = verifier.check(token, asked)
    except TimeoutError:
        raise published_keys.unavailable() from None
    finally:
        _waiting.release()
    return found


async def _load(tokens: Sequence[IssuedToken]) -> dict[IssuedToken, Key]:
    return await in_thread(people.of, tokens)


def _claims(token: IssuedToken, user: Key) -> Claims:
    return Claims(
        user=str(user),
        name=token.name,
        own=True,
        topics=token.topics,
        issued_at=token.issued_at,
        expires_at=token.expires_at,
        id=token.id,
        key=0,
        password="",  # whoever signs in elsewhere has none here
    )
