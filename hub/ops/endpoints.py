"""The endpoints of operators and their probes: health, metrics, and the echo for the doctor."""

from __future__ import annotations

from collections.abc import Sequence

from hub.errors import Problem
from hub.ops import echo
from hub.ops.health import Health
from hub.ops.metrics import Metrics
from hub.support import origins
from hub.support.asgi import Receive, Scope, Send, respond_problem
from hub.support.request import Request

PATHS = frozenset({"/livez", "/readyz", "/metrics", echo.PATH})


class OperatorEndpoints:
    """An ASGI application for `PATHS`. ``hosts`` are the host names it may be reached by."""

    def __init__(self, health: Health, metrics: Metrics, hosts: Sequence[str]) -> None:
        self._health = health
        self._metrics = metrics
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        if scope["path"] == echo.PATH:
            # Its token protects it, and a wrong Host is what the doctor is looking for.
            return await echo.respond_echo(request, send)
        try:
            origins.check_operators_host(request.host, self._hosts)
        except Problem as problem:
            return await respond_problem(send, problem)
        match scope["path"]:
            case "/livez":
                await self._health.live(send)
            case "/readyz":
                await self._health.ready(send)
            case "/metrics":
                await self._metrics(request, send)
