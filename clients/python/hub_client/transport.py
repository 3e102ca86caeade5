"""What both clients have in common in their use of httpx."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import httpx

from hub_client.errors import Unreachable
from hub_client.steps import Answer, Request

TIMEOUT = httpx.Timeout(10.0)
# How long a feed may be silent is for `FeedCore` to say, which hears it from the hub.
FEED_TIMEOUT = httpx.Timeout(10.0, read=120.0)


@contextmanager
def reaching() -> Iterator[None]:
    """What httpx raises is `Unreachable`."""
    try:
        yield
    except (httpx.TransportError, httpx.StreamError, OSError) as error:
        raise Unreachable(f"{type(error).__name__}: {error}") from error


def prepared(
    client: httpx.Client | httpx.AsyncClient,
    url: str,
    request: Request,
    key: str = "",
    timeout: httpx.Timeout | None = None,
) -> httpx.Request:
    headers = dict(request.headers)
    if key:
        headers["Authorization"] = f"Bearer {key}"
    return client.build_request(
        request.method,
        url + request.path,
        json=request.body,
        headers=headers,
        timeout=client.timeout if timeout is None else timeout,
    )


def answer(response: httpx.Response, body: bytes) -> Answer:
    return Answer(
        response.status_code, {name.lower(): value for name, value in response.headers.items()}, body
    )


def shut_down(response: httpx.Response) -> None:
    """Have whoever reads this response, in another thread, find its end."""
    stream = response.extensions.get("network_stream")
    found = stream.get_extra_info("socket") if stream is not None else None
    if found is not None:
        with suppress(OSError):
            found.shutdown(socket.SHUT_RDWR)
