"""What this instance sees of a request, shown to the operator's `doctor` alone.

Between a client and an instance stand proxies, and what they change cannot be seen from outside. Who
asks shows a word signed with the secret of the instances; to everybody else there is nothing here.
"""

from __future__ import annotations

import json
import os
import resource
import time

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner

from hub import __version__
from hub.knock import Scope, Send, respond
from hub.problems import Problem

PATH = "/mirror"
VALID_S = 600  # a doctor whose clock is wrong is to find that out
SHOWN = ("host", "origin", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "forwarded")


def word() -> str:
    """What opens the mirror for a while."""
    return _signer().sign("mirror")


async def mirror(scope: Scope, send: Send) -> None:
    """Answer with what came; 404 without the word."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    try:
        _signer().unsign(headers.get("authorization", "").removeprefix("Bearer "), max_age=VALID_S)
    except BadSignature:
        return await respond(send, Problem(404, "There is no such page."))
    said = {
        "instance": settings.HUB_INSTANCE,
        "process": os.getpid(),
        "version": __version__,
        "at": time.time(),
        "address": scope["client"][0] if scope.get("client") else "",
        "peer": scope.get("hub.peer", ""),
        "believed": scope.get("hub.believed", False),
        "scheme": scope["scheme"],
        "http_version": scope["http_version"],
        "root_path": scope.get("hub.root_path", ""),
        "headers": {name: headers[name] for name in SHOWN if name in headers},
        "log": "redis" if settings.HUB_REDIS_URL else "memory",
        "descriptors": resource.getrlimit(resource.RLIMIT_NOFILE)[1],
        "max_connections": settings.HUB_MAX_CONNECTIONS,
    }
    lines = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 200, "headers": lines})
    await send({"type": "http.response.body", "body": json.dumps(said).encode()})


def _signer() -> TimestampSigner:
    return TimestampSigner(salt="hub.mirror")
