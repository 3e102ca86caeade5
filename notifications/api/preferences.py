"""What reaches a person, and how."""

from __future__ import annotations

from typing import Any, cast

from ninja import Query

from notifications.access import judge
from notifications.api.auth import ReaderRequest
from notifications.api.parameters import only
from notifications.api.router import router
from notifications.api.schemas import PreferencesAnswer, PreferencesBody, Whose
from notifications.inbox import preferences as stored
from notifications.inbox.preference_rule import Chosen

TAGS = ["Preferences"]


@router.get("preferences", tags=TAGS, response=PreferencesAnswer)
def known(request: ReaderRequest, query: Query[Whose]) -> Any:
    """Every category this person may meet, and whether it comes to the list (`feed`) and as a toast."""
    only(request, Whose)
    return stored.listed(request.auth, judge.own_topics(request.auth))


@router.put("preferences", tags=TAGS, response=PreferencesAnswer)
def put(request: ReaderRequest, body: PreferencesBody) -> Any:
    """Choose this and nothing else: a category that is not named is on, both ways.

    A category whose `feed` is off is left out of lists and counts until it is on again. In quiet hours no
    toast is shown unless it is critical. `mandatory` categories cannot be switched off.
    """
    chosen = cast(Chosen, body.model_dump())
    return stored.put(request.auth, judge.own_topics(request.auth), chosen)
