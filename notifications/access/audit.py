"""Writes the audit log, in the transaction of the act itself."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from notifications.access.sampling import Sampler
from notifications.models import UNSAYABLE, AuditEntry, user_numbers

samplers = {act: Sampler() for act in ("login-failed", "refused-origin")}  # of acts without a user


def record(request: HttpRequest, act: str, target: object = "", **detail: Any) -> AuditEntry:
    """Record an act (of `ACTS`) of the signed-in user; ``detail`` is JSON without secrets."""
    user: Any = request.user
    return note(act, target, actor=user, address=request.META.get("REMOTE_ADDR", ""), **detail)


def note(
    act: str, target: object = "", *, actor: Any = None, by: str = "", address: str = "", **detail: Any
) -> AuditEntry:
    """Record an act of the user ``actor``, of a program named ``by``, or of no known user."""
    if act not in ACTS:
        raise ValueError(f"{act!r} is not an act: use one of {', '.join(ACTS)}.")
    return AuditEntry.objects.create(
        actor_id=None if actor is None else user_numbers.of(actor.pk),
        actor=by if actor is None else actor.get_username(),
        act=act,
        target=str(target)[:300],
        detail=detail,
        address=address[:64],
    )


def sample(act: str, target: object = "", *, address: str, **detail: Any) -> None:
    """Record an act that anyone can cause; of a flood only the beginning, marked as such."""
    if (more := sampled(act, address)) is not None:
        note(act, UNSAYABLE.sub("", str(target)), address=address, **detail, **more)


def sampled(act: str, address: str) -> dict[str, str] | None:
    """Details to add to an act that anyone can cause; None if it is not to be recorded. Never blocks."""
    accepted, last = samplers[act].accept(address)
    if not accepted:
        return None
    return {"more": "further events of this minute are not recorded"} if last else {}


ACTS = (
    "send",
    "test",
    "undo",
    "stop",
    "stop-run",
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
    "save-policy",
    "delete-policy",
)
