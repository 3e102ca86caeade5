"""The groups in an issued token become those of its person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction

from notifications import user_model
from notifications.models import GroupClaim
from notifications.user_model import Key


@transaction.atomic
def replace(person: Key, names: Sequence[str], issued_at: float, *, create: bool) -> None:
    """Put a person (by key) into the groups of these names and out of all others, unless a token that was
    issued later did; ``create`` makes those that do not exist. Groups that give permissions are left alone:
    they are the admin's."""
    claim, made = GroupClaim.objects.select_for_update().get_or_create(
        user_id=person, defaults={"issued_at": issued_at}
    )
    if claim.issued_at > issued_at:
        return
    if not made and claim.issued_at < issued_at:
        claim.issued_at = issued_at
        claim.save(update_fields=["issued_at"])
    if create:
        existing = set(Group.objects.filter(name__in=names).values_list("name", flat=True))
        missing = [Group(name=name) for name in names if name not in existing]
        Group.objects.bulk_create(missing, ignore_conflicts=True)
    user: Any = user_model.users().get(pk=person)
    harmless = Group.objects.filter(permissions=None)
    current = set(user.groups.filter(permissions=None).values_list("pk", flat=True))
    claimed = set(harmless.filter(name__in=names).values_list("pk", flat=True))
    user.groups.remove(*current - claimed)
    user.groups.add(*claimed - current)
