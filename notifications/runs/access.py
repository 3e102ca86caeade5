"""Who may read a run, and who may stop it."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from hub.errors import Problem
from notifications.access import judge, roles
from notifications.models import Run, RunShare
from notifications.user_model import User

MISSING = "There is no such run, or it is not yours: GET /api/v1/runs lists those you may read."


def readable(user: User) -> QuerySet[Run]:
    """The runs that a person owns, or that are shared with them today."""
    shared = RunShare.objects.filter(run=OuterRef("pk"), topic__in=judge.own_topics(user))
    return Run.objects.filter(Q(owner=user) | Exists(shared))


def find(user: User, id: UUID) -> Run:
    """A run that this person may read. Raises a `Problem` of 404."""
    run = readable(user).filter(pk=id).first()
    if run is None:
        raise Problem(404, MISSING)
    return run


def find_to_stop(user: User, id: UUID) -> Run:
    """A run that this person may stop: their own, and for managers any. Raises a `Problem` of 403 or 404."""
    run = Run.objects.filter(pk=id).first() if roles.may(user, "manage") else find(user, id)
    if run is None:
        raise Problem(404, MISSING)
    if not may_stop(user, run):
        raise Problem(403, "Only its owner and managers may stop a run: ask them.")
    return run


def may_stop(user: User, run: Run) -> bool:
    return run.owner_id == user.pk or roles.may(user, "manage")
