"""Attempts to prove who one is, counted over all instances; each failure makes the next wait longer.

Two counts: of an account from one address, and of an account from everywhere. The second is the softer
one, and it does not hold for addresses from which the account has signed in before: a stranger who
tries without end makes strangers wait, and not the person.
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

FORGOTTEN = timedelta(days=1)  # after so long without an attempt
KNOWN = timedelta(days=90)  # so long an address is one of the person's
ROWS = 100_000
STEP = 500  # rows taken away at a time
CLEANED_EACH = 50  # attempts, about
TOGETHER = 15  # attempts beyond the free ones that may be under way: who opens many tabs is no guesser


@dataclass(frozen=True, slots=True)
class Limit:
    """So many failures cost nothing; from then on each doubles the wait, which begins at two seconds."""

    free: int
    most_s: int

    def until(self, failures: int, now: datetime) -> datetime | None:
        """When it may be tried again after so many; None if at once."""
        over = failures - self.free
        return None if over < 0 else now + timedelta(seconds=min(self.most_s, 2 ** min(over + 1, 30)))


FROM_ONE_ADDRESS = Limit(free=5, most_s=900)
# A password may be tried by anybody, from anywhere; a code only by who has the password already.
FROM_EVERYWHERE = {"password": Limit(free=50, most_s=60), "code": Limit(free=10, most_s=900)}


class TooMany(Exception):
    """Nothing was tried: come back in ``seconds``."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too many attempts: try again in {seconds} s.")
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Attempt:
    """Counted; how it ended is to be said."""

    kind: str
    here: str
    everywhere: str

    def failed(self) -> None:
        """From now on the next has to wait."""
        with transaction.atomic():
            rows, now = _locked((self.here, self.everywhere))
            for row, limit in zip(rows, (FROM_ONE_ADDRESS, FROM_EVERYWHERE[self.kind]), strict=True):
                row.until = limit.until(row.failures, now)
                row.save(update_fields=["until"])

    def succeeded(self) -> None:
        now = timezone.now()
        SignInCount.objects.filter(pk=self.here).update(failures=0, until=None, known_at=now)
        less = Case(When(failures__gt=0, then=F("failures") - 1), default=Value(0))
        SignInCount.objects.filter(pk=self.everywhere).update(failures=less, until=None)


def begin(kind: str, account: str, address: str) -> Attempt:
    """Count an attempt to prove to be this account; raise `TooMany`.

    Before anything is compared: of a hundred that come at once, few pass, and all of those count. Whether
    there is such an account makes no difference.
    """
    attempt = Attempt(kind, _digest(kind, account, _network(address)), _digest(kind, account, ""))
    if not secrets.randbelow(CLEANED_EACH):
        clean()
    with transaction.atomic():
        (here, everywhere), now = _locked((attempt.here, attempt.everywhere))
        _refuse(here, everywhere, now)
        for row, limit in ((here, FROM_ONE_ADDRESS), (everywhere, FROM_EVERYWHERE[kind])):
            row.failures = 1 + (row.failures if row.at > now - FORGOTTEN else 0)
            row.at = now
            row.until = limit.until(row.failures - TOGETHER, now)
            row.save(update_fields=["failures", "at", "until"])
    return attempt


def clean() -> int:
    """Take away a few of those that no longer matter, and of too many the oldest; how many."""
    now = timezone.now()
    old = Q(at__lt=now - FORGOTTEN, known_at=None) | Q(at__lt=now - KNOWN)
    gone = SignInCount.objects.filter(pk__in=_some(SignInCount.objects.filter(old))).delete()[0]
    if (over := SignInCount.objects.count() - ROWS) > 0:
        oldest = SignInCount.objects.filter(known_at=None).order_by("at")
        gone += SignInCount.objects.filter(pk__in=_some(oldest, over)).delete()[0]
    return gone


def _some(rows: Iterable[SignInCount], most: int = STEP) -> list[str]:
    return [row.pk for row in rows[: min(most, STEP)]]  # type: ignore[index]


def _locked(digests: tuple[str, str]) -> tuple[tuple[SignInCount, SignInCount], datetime]:
    """Both rows, and when they became ours; in one order, so that no two attempts wait for each other."""
    new = [SignInCount(digest=digest, at=timezone.now()) for digest in sorted(digests)]
    SignInCount.objects.bulk_create(new, ignore_conflicts=True)
    rows = SignInCount.objects.select_for_update().filter(pk__in=digests).order_by("pk")
    found = {row.digest: row for row in rows}
    return (found[digests[0]], found[digests[1]]), timezone.now()


def _refuse(here: SignInCount, everywhere: SignInCount, now: datetime) -> None:
    known = here.known_at is not None and here.known_at > now - KNOWN
    held = [row.until for row in ((here,) if known else (here, everywhere)) if row.until is not None]
    left = max([(until - now).total_seconds() for until in held], default=0)
    if left > 0:
        raise TooMany(math.ceil(left))


def _network(address: str) -> str:
    """Who has one address of version 6 has its /64."""
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
    said = "\n".join((kind, account, address))
    return salted_hmac("hub.sign-in", said, secret=settings.SECRET_KEY, algorithm="sha256").hexdigest()
