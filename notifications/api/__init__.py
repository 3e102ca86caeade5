"""The REST API under ``/api/v1/``, described at ``/api/docs``: a thin layer over the app's functions."""

from __future__ import annotations

from ninja import NinjaAPI

from notifications.api import (  # noqa: F401  # their calls are on the router
    audience,
    feeds,
    people,
    policies,
    preferences,
    publishing,
    reading,
    rooms,
    runs,
    topic_choices,
    topics,
)
from notifications.api.auth import Reader
from notifications.api.body import StrictJson
from notifications.api.openapi import described
from notifications.api.refusals import refuse, refusing
from notifications.api.router import router

DESCRIPTION = """
Publishing requires an API key (`Authorization: Bearer KEY`) with the scope that is given for the call.
Reading requires the session of a signed-in user (with Django's CSRF token), or a subscriber token as Bearer.

Times are RFC 3339, in UTC. Every error is `application/problem+json` (RFC 9457): `detail` says what to do,
and `field`, if present, which field is wrong. Retry after `Retry-After` seconds where it is given; with the
same `Idempotency-Key` nothing is done twice.
"""

api = NinjaAPI(
    title="Notification hub",
    version="1",
    urls_namespace="notifications:api",
    description=DESCRIPTION,
    auth=[Reader()],
    parser=StrictJson(),
)
refuse(api)
api.add_router("/v1/", router)

urls = refusing(described(api))
