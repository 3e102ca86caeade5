"""The REST interface under ``/api/v1/``, described at ``/api/docs``: thin over the verbs of the app."""

from __future__ import annotations

from ninja import NinjaAPI

from notifications.api import (  # noqa: F401  # their calls are on the router
    audience,
    preferences,
    publishing,
    reading,
    rooms,
)
from notifications.api.auth import Reader
from notifications.api.body import StrictJson
from notifications.api.refusals import refuse, refusing
from notifications.api.router import router
from notifications.api.schema import described

DESCRIPTION = """
Publishing takes an API key (`Authorization: Bearer KEY`) with the scope that the call names. Reading takes
the session of somebody signed in (with Django's CSRF token), or a subscriber token as Bearer.

Times are RFC 3339, in UTC. Every refusal is `application/problem+json` (RFC 9457); `detail` says what to do,
and `field`, where there is one, which field is at fault. Come back after `Retry-After` seconds where it is
given; with the same `Idempotency-Key` nothing is done twice.
"""

api = NinjaAPI(
    title="Notification hub",
    version="1",
    urls_namespace="api",
    description=DESCRIPTION,
    auth=[Reader()],
    parser=StrictJson(),
)
refuse(api)
api.add_router("/v1/", router)

urls = refusing(described(api))
