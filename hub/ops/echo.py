"""What this instance sees of a request, shown to the operator's `doctor` alone.

Between a client and an instance stand proxies, and what they change cannot be seen from outside. Who
asks shows a word signed with the secret of the instances; to everybody else there is nothing here.
"""

from __future__ import annotations

import os
import resource
import time
from contextlib import suppress

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.utils.crypto import salted_hmac

from hub import __version__
from hub.errors import Problem
from hub.support.asgi import Send, respond_json, respond_problem
from hub.support.request import Request

PATH = "/mirror"
VALID_S = 600  # a doctor whose clock is wrong is to find that out
SHARED = (
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
    "HUB_KEEP_DAYS",
)
SHOWN = ("host", "origin", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "forwarded")


def word() -> str:
    """What opens the mirror for a while."""
    return _signer().sign("mirror")


def shared(secret: str = "") -> dict[str, str]:
    """Of each setting that has to be the same everywhere, a mark that tells only whether it is.

    Made with the secret of whoever asks, which while another takes its place may not be our first.
    """
    secret = secret or settings.SECRET_KEY
    database = settings.DATABASES["default"]
    values = {
        "HUB_DATABASE_URL": [database.get(part) for part in ("ENGINE", "NAME", "HOST", "PORT")],
        "HUB_ALLOWED_HOSTS": settings.ALLOWED_HOSTS,
        **{name: getattr(settings, name) for name in SHARED},
    }
    return {
        name: salted_hmac(f"hub.mirror.{name}", repr(value), secret=secret).hexdigest()
        for name, value in values.items()
    }


async def mirror(request: Request, send: Send) -> None:
    """Answer with what came; 404 without the word."""
    scope, headers = request.scope, request.headers
    secret = _asked_with(headers.get("authorization", "").removeprefix("Bearer "))
    if secret is None:
        return await respond_problem(send, Problem(404, "There is no such page."))
    said = {
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
        "headers": {name: headers[name] for name in SHOWN if name in headers},
        "shared": shared(secret),
        "descriptors": resource.getrlimit(resource.RLIMIT_NOFILE)[1],
        "max_connections": settings.HUB_MAX_CONNECTIONS,
    }
    await respond_json(send, 200, said)


def _asked_with(word: str) -> str | None:
    """The secret of ours that the word was signed with."""
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        with suppress(BadSignature):
            _signer(secret).unsign(word, max_age=VALID_S)
            return secret
    return None


def _signer(secret: str | None = None) -> TimestampSigner:
    return TimestampSigner(key=secret, salt="hub.mirror", fallback_keys=[])
