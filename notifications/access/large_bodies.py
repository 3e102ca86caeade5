"""Decides from the headers alone, before the body is read, who may send a large body."""

from __future__ import annotations

from collections.abc import Mapping

from hub.errors import Problem
from hub.support.threads import in_thread
from notifications.access import api_keys


async def judge(headers: Mapping[str, str]) -> None:
    """Raise a `Problem` of 401 or 403 unless the API key may publish a batch of events."""
    scheme, _, text = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not text.strip():
        raise Problem(401, "Send an API key: Authorization: Bearer KEY.")
    await in_thread(api_keys.check, text.strip(), "publish")
