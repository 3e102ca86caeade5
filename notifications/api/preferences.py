"""A user's notification preferences."""

from __future__ import annotations

from typing import Any, cast

from ninja import Query

from notifications.access import judge
from notifications.api.auth import ReaderRequest
from notifications.api.parameters import only
from notifications.api.requests import InboxQuery, PreferencesBody
from notifications.api.responses import PreferencesAnswer
from notifications.api.router import router
from notifications.inbox import preferences as stored
from notifications.inbox.preference_rule import Chosen

TAGS = ["Preferences"]


@router.get("preferences", tags=TAGS, response=PreferencesAnswer)
def known(request: ReaderRequest, query: Query[InboxQuery]) -> Any:
    """Every category that this user may receive, and whether it is listed (`feed`) and shown as a toast."""
    only(request, InboxQuery)
    return stored.listed(request.auth, judge.own_topics(request.auth))


@router.put("preferences", tags=TAGS, response=PreferencesAnswer)
def put(request: ReaderRequest, body: PreferencesBody) -> Any:
    """Replace the preferences: a category that is not listed is on, both ways.

    A category whose `feed` is off is left out of lists and counts until it is on again. During quiet hours
    only critical notifications are shown as toasts. `mandatory` categories cannot be switched off.
    """
    chosen = cast(Chosen, body.model_dump())
    return stored.put(request.auth, judge.own_topics(request.auth), chosen)
