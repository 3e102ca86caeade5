"""A plain request is answered as Twisted answers it, which serves all others."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.hub.server.plain_posts.conftest import (
    EVENT,
    Served,
    by_twisted,
    close,
    request,
)
from tests.unit.hub.server.plain_posts.requests import ANSWERED, UNUSUAL


@pytest.mark.parametrize("plain", ANSWERED.values(), ids=ANSWERED)
async def test_a_plain_request_is_answered_as_twisted_answers_it(served: Served, plain: bytes) -> None:
    expected = await served.answers(by_twisted(plain))
    assert served.plain == 0

    assert await served.answers(plain) == expected
    assert served.plain == 1


@pytest.mark.parametrize("unusual", UNUSUAL.values(), ids=UNUSUAL)
async def test_what_is_out_of_the_ordinary_is_left_to_twisted(served: Served, unusual: bytes) -> None:
    channel = served.connect()

    channel.dataReceived(unusual)
    assert channel.requests or channel.transport.value() or channel.head_has_begun

    assert served.plain == 0
    close(channel)


@pytest.mark.parametrize("peer", ["10.0.0.1", "203.0.113.9"])
@pytest.mark.parametrize("proto", ["http", "https"])
async def test_only_a_proxy_says_that_a_request_came_over_https(
    settings: Any, peer: str, proto: str, monkeypatch: pytest.MonkeyPatch, served: Served
) -> None:
    settings.HUB_TLS = True
    served = Served()

    answer = await served.answers(request(EVENT, f"X-Forwarded-Proto: {proto}"), peer=peer)

    assert answer.startswith(b"HTTP/1.1 201") is (peer == "10.0.0.1" and proto == "https")
    assert served.plain == 1
