"""Who did what on the dashboard, noted in the transaction that does it."""

from __future__ import annotations

from typing import Any

from notifications.models import AuditEntry
from notifications.roles import StaffRequest


def record(request: StaffRequest, act: str, target: object = "", **detail: Any) -> AuditEntry:
    """Note an act; ``act`` is a word of `ACTS`, ``detail`` is JSON and bears no secret."""
    if act not in ACTS:
        raise ValueError(f"{act!r} is no act: it is one of {', '.join(ACTS)}.")
    return AuditEntry.objects.create(
        actor_id=request.user.pk,
        actor=request.user.get_username(),
        act=act,
        target=str(target)[:300],
        detail=detail,
        address=request.META.get("REMOTE_ADDR", ""),
    )


ACTS = (
    "send",
    "test",
    "undo",
    "stop",
    "recall",
    "reschedule",
    "save-template",
    "delete-template",
    "disconnect",
    "drain",
    "undrain",
    "tail",
    "close-room",
    "open-room",
    "remove-person",
    "let-back",
    "make-key",
    "revoke-key",
    "change-preferences",
)
