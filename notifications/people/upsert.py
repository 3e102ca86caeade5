"""Creates and changes people as another system describes them: all of a request, or nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from hub.support import transactions
from notifications import user_model
from notifications.access import belongings, endings
from notifications.models import Profile
from notifications.people import account, group_membership
from notifications.people.description import PROFILE_FIELDS, Description, PersonRefused
from notifications.user_model import User

BATCH_SIZE = 500  # people per query
_LOCK = 0x70656F70  # of PostgreSQL's advisory locks


class Upserted(NamedTuple):
    """How many people were created, and how many were changed."""

    created: int
    changed: int


@transactions.transactional
def upsert(people: Sequence[Description]) -> Upserted:
    """Create those whose id is unknown, and change the others, in a few queries for a thousand.

    Raises `PersonRefused` with the index of the first that cannot be followed; then nothing has changed.
    Open connections lose what their person lost. Signals of Django's models are not sent.
    """
    _check_distinct(people)
    # One request at a time: whom another one created after the look-up would seem to be another person.
    transactions.lock(_LOCK)
    existing = account.locked(people)
    account.check(people, existing)
    missing = [(index, person) for index, person in enumerate(people) if person.id not in existing]
    created = account.create(missing)
    users = existing | created
    changed, deactivated = _change(people, existing)
    profiles = account.profiles(people, existing, created)
    Profile.objects.bulk_create(
        profiles,
        batch_size=BATCH_SIZE,
        update_conflicts=True,
        unique_fields=["user"],
        update_fields=["outside_id", *PROFILE_FIELDS],
    )
    regrouped = group_membership.replace(people, {id: user.pk for id, user in users.items()})
    _record_arrivals([*regrouped])
    known = {user.pk for user in existing.values()}
    endings.end_many(deactivated)
    endings.recheck(*sorted((regrouped | changed) & known, key=str))
    touched = changed | regrouped | {profile.user_id for profile in profiles}
    return Upserted(len(created), len(touched & known))


def _check_distinct(people: Sequence[Description]) -> None:
    times = Counter(person.id for person in people)
    for index, person in enumerate(people):
        if times[person.id] > 1:
            raise PersonRefused(index, "id", f"{person.id[:80]!r} comes more than once: send it once.")


def _change(people: Sequence[Description], existing: dict[str, User]) -> tuple[set[Any], list[Any]]:
    """Change these users' own rows; return the keys of those changed and of those deactivated."""
    rows: dict[Any, User] = {}
    fields: set[str] = set()
    deactivated = []
    for person in people:
        user = existing.get(person.id)
        if user is not None and (changed := account.apply(user, person.values)):
            rows[user.pk] = user
            fields.update(changed)
            if "is_active" in changed and not user_model.is_active(user):
                deactivated.append(user.pk)
    if rows:
        user_model.users().bulk_update(rows.values(), sorted(fields), batch_size=BATCH_SIZE)
    return set(rows), deactivated


def _record_arrivals(keys: list[Any]) -> None:
    for start in range(0, len(keys), BATCH_SIZE):
        belongings.of(keys[start : start + BATCH_SIZE])
