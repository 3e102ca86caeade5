"""A user's notification preferences."""

from __future__ import annotations

from typing import Any, cast

from ninja import Query

from hub.errors import Problem
from notifications.access import judge
from notifications.api.auth import ReaderRequest
from notifications.api.parameters import only
from notifications.api.preference_bodies import PreferencesBody
from notifications.api.requests import InboxQuery
from notifications.api.responses import PreferencesAnswer
from notifications.api.router import router
from notifications.inbox import preferences as stored
from notifications.inbox.preference_rule import Chosen, Listed

TAGS = ["Preferences"]


@router.get("preferences", tags=TAGS, response=PreferencesAnswer)
def get_preferences(request: ReaderRequest, query: Query[InboxQuery]) -> Any:
    """Every category that this user may receive, and whether it is listed (`feed`) and shown as a toast."""
    only(request, InboxQuery)
    return stored.listed(request.auth, judge.own_topics(request.auth))


@router.put("preferences", tags=TAGS, response=PreferencesAnswer)
def put_preferences(request: ReaderRequest, body: PreferencesBody) -> Any:
    """Replace the preferences: a category that is not listed is on, both ways.

    A category whose `feed` is off is left out of lists and counts until it is on again. During quiet hours
    only critical notifications are shown as toasts. `mandatory` categories cannot be switched off.
    """
    own = judge.own_topics(request.auth)
    _check_topics(stored.listed(request.auth, own), body)
    chosen = cast(Chosen, body.model_dump(include={"categories", "quiet_hours"}))
    return stored.put(request.auth, own, chosen)


def _check_topics(current: Listed, body: PreferencesBody) -> None:
    """What was got may be put again: refuse other topics, as they have calls of their own."""
    for field, had, given, call in (
        ("muted_topics", current["muted_topics"], body.muted_topics, "mute"),
        ("followed_topics", current["followed_topics"], body.followed_topics, "subscription"),
    ):
        if given is not None and sorted(given) != had:
            raise Problem(
                422, f"{field} are changed at /api/v1/topics/<name>/{call}: leave them out here.", field=field
            )
