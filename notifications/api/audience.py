"""How many people a notification would reach, before it is sent."""

from __future__ import annotations

from typing import Any

from notifications.access import api_keys
from notifications.api.auth import Key, KeyRequest
from notifications.api.requests import AudienceBody
from notifications.api.responses import Audience
from notifications.api.router import router
from notifications.sending import audience

MAX_TOPICS_LISTED = 50


@router.post("audience", tags=["Publishing"], auth=Key("send"), response=Audience)
def count_audience(request: KeyRequest, body: AudienceBody) -> dict[str, Any]:
    """How many people a notification to these addresses would reach, and some of them. Scope: `send`.

    Nothing is sent. Invalid addresses are refused as by `POST /notifications`.
    """
    found = audience.of(body.to)
    api_keys.check_topics(request.auth, found.topics)
    return {"people": found.people, "sample": found.sample, "topics": found.topics[:MAX_TOPICS_LISTED]}
