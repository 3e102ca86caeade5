"""Who did what, noted in the transaction that does it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from notifications.access.sampling import Sample
from notifications.models import UNSAYABLE, AuditEntry

_strangers = {act: Sample() for act in ("login-failed", "refused-origin")}


def record(request: HttpRequest, act: str, target: object = "", **detail: Any) -> AuditEntry:
    """Note what somebody who is signed in did: a word of `ACTS`; ``detail`` is JSON and bears no secret."""
    user: Any = request.user
    return note(act, target, actor=user, address=request.META.get("REMOTE_ADDR", ""), **detail)


def note(
    act: str, target: object = "", *, actor: Any = None, by: str = "", address: str = "", **detail: Any
) -> AuditEntry:
    """Note an act of this person, or ``by`` what is no person, or of nobody who is known."""
    if act not in ACTS:
        raise ValueError(f"{act!r} is no act: it is one of {', '.join(ACTS)}.")
    return AuditEntry.objects.create(
        actor_id=None if actor is None else actor.pk,
        actor=by if actor is None else actor.get_username(),
        act=act,
        target=str(target)[:300],
        detail=detail,
        address=address[:64],
    )


def sample(act: str, target: object = "", *, address: str, **detail: Any) -> None:
    """Note what a stranger did, but of a flood only the beginning, and that there was more."""
    if (more := sampled(act, address)) is not None:
        note(act, UNSAYABLE.sub("", str(target)), address=address, **detail, **more)


def sampled(act: str, address: str) -> dict[str, str] | None:
    """Whether what a stranger does now is to be noted: None if not, else what to add. Never waits."""
    taken, last = _strangers[act].take(address)
    if not taken:
        return None
    return {"more": "what else came in this minute is not noted"} if last else {}


ACTS = (
    "send",
    "test",
    "undo",
    "stop",
    "recall",
    "reschedule",
    "release",
    "save-template",
    "delete-template",
    "disconnect",
    "drain",
    "undrain",
    "tail",
    "look",
    "close-room",
    "open-room",
    "remove-person",
    "let-back",
    "make-key",
    "revoke-key",
    "change-preferences",
    "login",
    "login-failed",
    "logout",
    "sign-out-everywhere",
    "second-factor",
    "change-password",
    "refused-origin",
    "forget",
)
