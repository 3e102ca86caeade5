"""Requests with bodies of events, as any server of ASGI brings them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import MutableMapping, Sequence
from typing import Any

from hub.log import Log
from notifications.models import Run
from notifications.runs import endpoint


def line(text: str) -> bytes:
    return json.dumps({"type": "token", "data": {"text": text}}).encode() + b"\n"


class Body:
    """A request with a body that is still sent, and its answer."""

    def __init__(
        self,
        run: Run,
        key: str,
        *,
        query: str = "",
        stream: str = "",
        version: str = "1.1",
        more_headers: Sequence[tuple[bytes, bytes]] = (),
    ) -> None:
        self._messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._sent: list[MutableMapping[str, Any]] = []
        headers = [(b"host", b"testserver"), (b"content-type", b"application/x-ndjson; charset=utf-8")]
        headers += [(b"authorization", f"Bearer {key}".encode())] if key else []
        headers += [(b"idempotency-key", stream.encode())] if stream else []
        headers += more_headers
        scope = {
            "type": "http",
            "method": "POST",
            "path": f"/api/v1/runs/{run.pk}/events",
            "query_string": query.encode(),
            "headers": headers,
            "http_version": version,
            "scheme": "http",
        }
        application = endpoint.route(scope, unused, unused)
        assert application is not None
        self._task = asyncio.ensure_future(application(scope, self._messages.get, self._send))

    async def _send(self, message: MutableMapping[str, Any]) -> None:
        self._sent.append(message)

    def put(self, data: bytes, *, more: bool = True) -> None:
        self._messages.put_nowait({"type": "http.request", "body": data, "more_body": more})

    async def cut(self) -> None:
        self._messages.put_nowait({"type": "http.disconnect"})
        await asyncio.wait_for(self._task, 10)
        assert self._sent == []

    async def answer(self) -> tuple[int, dict[str, Any]]:
        await asyncio.wait_for(self._task, 10)
        return self._sent[0]["status"], json.loads(self._sent[1]["body"])

    @property
    def headers(self) -> dict[bytes, bytes]:
        return dict(self._sent[0]["headers"])


async def unused(*_: Any) -> None:
    raise AssertionError("neither feeds nor pages answer this")


async def texts(log: Log, run: Run) -> list[str]:
    page = await log.read({run.topic: run.began_position})
    return [event.data["text"] for event in page.events if event.type == "token"]
