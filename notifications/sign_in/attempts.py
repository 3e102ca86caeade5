"""Rate limiting of sign-in attempts, over all instances: each failure doubles the wait for the next attempt.

There are two counters: per account and address, and per account. The second is the more lenient one, and does
not apply to addresses from which the account has signed in before: an attacker locks out other addresses, but
not the account's owner.
"""

from __future__ import annotations

import ipaddress
import math
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone
from django.utils.crypto import salted_hmac

from notifications.models import SignInCount

FAILURES_KEPT = timedelta(days=1)  # after the last attempt
ADDRESS_KNOWN = timedelta(days=90)  # after the last sign-in from it
MAX_ROWS = 100_000
CLEANUP_BATCH_SIZE = 500
ATTEMPTS_PER_CLEANUP = 50  # on average
MAX_CONCURRENT = 15  # attempts in progress, beyond the free ones: many open tabs are not an attack


@dataclass(frozen=True, slots=True)
class Limit:
    """After ``free`` failures, each further one doubles the wait, from 2 s up to ``max_wait_s``."""

    free: int
    max_wait_s: int

    def until(self, failures: int, now: datetime) -> datetime | None:
        """When the next attempt is allowed; None if at once."""
        over = failures - self.free
        return None if over < 0 else now + timedelta(seconds=min(self.max_wait_s, 2 ** min(over + 1, 30)))


FROM_ONE_ADDRESS = Limit(free=5, max_wait_s=900)
# Anyone may try a password; a code only someone who has the password already.
FROM_EVERYWHERE = {"password": Limit(free=50, max_wait_s=60), "code": Limit(free=10, max_wait_s=900)}


class TooManyAttempts(Exception):
    """The attempt was not made; the next one is allowed in ``seconds``."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too many attempts: try again in {seconds} s.")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt that was counted; its caller reports the outcome by `failed` or `succeeded`."""

    kind: str
    here: str
    everywhere: str

    def failed(self) -> None:
        """Make the next attempt wait."""
        with transaction.atomic():
            rows, now = _locked((self.here, self.everywhere))
            for row, limit in zip(rows, (FROM_ONE_ADDRESS, FROM_EVERYWHERE[self.kind]), strict=True):
                row.until = limit.until(row.failures, now)
                row.save(update_fields=["until"])

    def succeeded(self) -> None:
        """Reset the failures from this address, and remember the address."""
        now = timezone.now()
        SignInCount.objects.filter(pk=self.here).update(failures=0, until=None, known_at=now)
        less = Case(When(failures__gt=0, then=F("failures") - 1), default=Value(0))
        SignInCount.objects.filter(pk=self.everywhere).update(failures=less, until=None)


def begin(kind: str, account: str, address: str) -> Attempt:
    """Count an attempt to authenticate as this account; raise `TooManyAttempts`.

    Counted before the password is compared, so that of a hundred concurrent attempts few pass. Whether the
    account exists makes no difference.
    """
    attempt = Attempt(kind, _digest(kind, account, _network(address)), _digest(kind, account, ""))
    if not secrets.randbelow(ATTEMPTS_PER_CLEANUP):
        clean()
    with transaction.atomic():
        (here, everywhere), now = _locked((attempt.here, attempt.everywhere))
        _refuse(here, everywhere, now)
        for row, limit in ((here, FROM_ONE_ADDRESS), (everywhere, FROM_EVERYWHERE[kind])):
            row.failures = 1 + (row.failures if row.at > now - FAILURES_KEPT else 0)
            row.at = now
            row.until = limit.until(row.failures - MAX_CONCURRENT, now)
            row.save(update_fields=["failures", "at", "until"])
    return attempt


def clean() -> int:
    """Delete a batch of expired rows, and the oldest beyond `MAX_ROWS`; return how many."""
    now = timezone.now()
    old = Q(at__lt=now - FAILURES_KEPT, known_at=None) | Q(at__lt=now - ADDRESS_KNOWN)
    gone = SignInCount.objects.filter(pk__in=_some(SignInCount.objects.filter(old))).delete()[0]
    if (over := SignInCount.objects.count() - MAX_ROWS) > 0:
        oldest = SignInCount.objects.filter(known_at=None).order_by("at")
        gone += SignInCount.objects.filter(pk__in=_some(oldest, over)).delete()[0]
    return gone


def _some(rows: Iterable[SignInCount], limit: int = CLEANUP_BATCH_SIZE) -> list[str]:
    return [row.pk for row in rows[: min(limit, CLEANUP_BATCH_SIZE)]]  # type: ignore[index]


def _locked(digests: tuple[str, str]) -> tuple[tuple[SignInCount, SignInCount], datetime]:
    """Both rows, locked in one order so that attempts cannot deadlock, and the time after locking."""
    new = [SignInCount(digest=digest, at=timezone.now()) for digest in sorted(digests)]
    SignInCount.objects.bulk_create(new, ignore_conflicts=True)
    rows = SignInCount.objects.select_for_update().filter(pk__in=digests).order_by("pk")
    found = {row.digest: row for row in rows}
    return (found[digests[0]], found[digests[1]]), timezone.now()


def _refuse(here: SignInCount, everywhere: SignInCount, now: datetime) -> None:
    known = here.known_at is not None and here.known_at > now - ADDRESS_KNOWN
    held = [row.until for row in ((here,) if known else (here, everywhere)) if row.until is not None]
    left = max([(until - now).total_seconds() for until in held], default=0)
    if left > 0:
        raise TooManyAttempts(math.ceil(left))


def _network(address: str) -> str:
    """The /64 of an IPv6 address, as one client has all of it; otherwise the address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def _digest(kind: str, account: str, address: str) -> str:
    text = "\n".join((kind, account, address))
    return salted_hmac("hub.sign-in", text, secret=settings.SECRET_KEY, algorithm="sha256").hexdigest()
