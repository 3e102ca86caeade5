"""Looking at what is somebody else's: what a person was sent, what is said in a room.

It begins with a POST that is audited, and holds for whoever began it for as long as a live tail does.
"""

from __future__ import annotations

from django.utils import timezone

from hub import topics
from notifications.access import audit, judge
from notifications.access.roles import StaffRequest, may
from notifications.models import AuditEntry, Room

TITLES_OF = "titles_of"  # a person, by id


def begin_titles(request: StaffRequest, person: int, name: str) -> None:
    audit.record(request, "look", f"user:{name}", **{TITLES_OF: str(person)})


def begin_messages(request: StaffRequest, room: Room) -> None:
    audit.record(request, "look", f"room:{room.name}", topic=topics.staff(f"lines-{room.pk}"))


def sees_titles(request: StaffRequest, person: int) -> bool:
    return _began(request, detail__titles_of=str(person))


def sees_messages(request: StaffRequest, room: int) -> bool:
    """``room`` is its id."""
    return _began(request, detail__topic=topics.staff(f"lines-{room}"))


def _began(request: StaffRequest, **about: str) -> bool:
    if not may(request.user, "manage"):
        return False
    since = timezone.now() - judge.TAIL_VALID
    looks = AuditEntry.objects.filter(act="look", actor_id=request.user.pk, at__gt=since)
    return looks.filter(**about).exists()
