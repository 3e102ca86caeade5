"""An endpoint for `manage.py doctor` that answers with the request as this instance received it.

What the proxies between a client and an instance change cannot be seen from outside. The request carries a
token signed with the secret of the instances; without it the endpoint answers 404.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.utils.crypto import salted_hmac

from hub import __version__
from hub.errors import Problem
from hub.support import descriptors
from hub.support.asgi import Send, respond_json, respond_problem
from hub.support.request import Request

PATH = "/mirror"
TOKEN_HEADER = "X-Hub-Mirror"  # noqa: S105  # for the token where a proxy drops Authorization
TOKEN_VALID_S = 600  # long enough for a doctor whose clock is wrong, which is to be found out
COMMON_SETTINGS = (
    "HUB_REDIS_URL",
    "HUB_ALLOWED_ORIGINS",
    "HUB_DEMO",
    "HUB_TLS",
    "HUB_HEARTBEAT_S",
    "HUB_LOG_MAX_EVENTS",
    "HUB_LOG_TTL_S",
    "HUB_REPLAY_MAX",
    "HUB_MANDATORY_CATEGORIES",
    "HUB_NEWCOMERS_SEE_PAST",
    "HUB_CONFIRM_ABOVE",
    "HUB_JWT_ISSUERS",
    "HUB_KEEP_DAYS",
)
ECHOED_HEADERS = ("host", "origin", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "forwarded")


def token() -> str:
    """A bearer token for the endpoint."""
    return _signer().sign("mirror")


def setting_digests(secret: str = "") -> dict[str, str]:
    """A keyed digest of each setting that has to be the same on all instances: it reveals only whether it is.

    ``secret`` is the one that the token was signed with; during a rotation that may be one of the fallbacks.
    """
    secret = secret or settings.SECRET_KEY
    database = settings.DATABASES["default"]
    values = {
        "HUB_DATABASE_URL": [database.get(part) for part in ("ENGINE", "NAME", "HOST", "PORT")],
        "HUB_ALLOWED_HOSTS": settings.ALLOWED_HOSTS,
        **{name: getattr(settings, name) for name in COMMON_SETTINGS},
    }
    return {
        name: salted_hmac(f"hub.mirror.{name}", repr(value), secret=secret).hexdigest()
        for name, value in values.items()
    }


async def respond_echo(request: Request, send: Send) -> None:
    """Answer with what was received; 404 without a valid token."""
    scope, headers = request.scope, request.headers
    bearer = headers.get("authorization", "").removeprefix("Bearer ")
    secret = _signing_secret(bearer) or _signing_secret(headers.get(TOKEN_HEADER.lower(), ""))
    if secret is None:
        return await respond_problem(send, Problem(404, "There is no such page."))
    received = {
        "instance": settings.HUB_INSTANCE,
        "process": os.getpid(),
        "version": __version__,
        "at": time.time(),
        "address": request.address,
        "peer": scope.get("hub.peer", ""),
        "believed": scope.get("hub.believed", False),
        "scheme": scope["scheme"],
        "http_version": scope["http_version"],
        "root_path": scope.get("hub.root_path", ""),
        "headers": {name: headers[name] for name in ECHOED_HEADERS if name in headers},
        "shared": setting_digests(secret),
        "descriptors": descriptors.limit(),
        "max_connections": settings.HUB_MAX_CONNECTIONS,
    }
    await respond_json(send, 200, received)


def _signing_secret(token: str) -> str | None:
    """Which of our secrets the token was signed with; None if with none of them."""
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        with suppress(BadSignature):
            _signer(secret).unsign(token, max_age=TOKEN_VALID_S)
            return secret
    return None


def _signer(secret: str | None = None) -> TimestampSigner:
    return TimestampSigner(key=secret, salt="hub.mirror", fallback_keys=[])
