"""Permission to view what is private to others: the titles sent to a person, the messages of a room.

It is granted by a POST that is recorded in the audit log, to whoever made it, for as long as a live tail.
"""

from __future__ import annotations

from django.utils import timezone

from hub import topics
from notifications.access import audit, judge
from notifications.access.roles import StaffRequest, may
from notifications.models import AuditEntry, Room, user_numbers
from notifications.user_model import Key

TITLES_OF = "titles_of"  # key of an entry's detail: a user's id


def allow_titles(request: StaffRequest, user_id: Key, name: str) -> None:
    audit.record(request, "look", f"user:{name}", **{TITLES_OF: str(user_id)})


def allow_messages(request: StaffRequest, room: Room) -> None:
    audit.record(request, "look", f"room:{room.name}", topic=topics.staff(f"lines-{room.pk}"))


def may_see_titles(request: StaffRequest, user_id: Key) -> bool:
    return _allowed(request, detail__titles_of=str(user_id))


def may_see_messages(request: StaffRequest, room_id: int) -> bool:
    return _allowed(request, detail__topic=topics.staff(f"lines-{room_id}"))


def _allowed(request: StaffRequest, **detail: str) -> bool:
    if not may(request.user, "manage"):
        return False
    since = timezone.now() - judge.TAIL_VALID
    looks = AuditEntry.objects.filter(act="look", actor_id=user_numbers.of(request.user.pk), at__gt=since)
    return looks.filter(**detail).exists()
