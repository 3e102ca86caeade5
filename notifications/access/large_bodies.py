"""Who may send a large body: asked by its head alone, before the body is taken."""

from __future__ import annotations

from collections.abc import Mapping

from hub.errors import Problem
from hub.support.threads import in_thread
from notifications.access import api_keys


async def judge(headers: Mapping[str, str]) -> None:
    """Raise a `Problem` of 401 or 403 for whoever may not publish a batch of events."""
    scheme, _, text = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not text.strip():
        raise Problem(401, "Show an API key: Authorization: Bearer KEY.")
    await in_thread(api_keys.check, text.strip(), "publish")
