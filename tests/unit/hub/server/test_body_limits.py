"""How large a body may be, how long it may take, and how much of bodies an instance buffers."""

from __future__ import annotations

import pytest

from hub.errors import Problem
from hub.server import body_limits


@pytest.mark.parametrize(
    ("method", "path", "limit"),
    [
        (b"GET", b"/inbox/", 0),
        (b"POST", b"/rooms/lobby/", 0),
        (b"POST", b"/api/v1/notifications", body_limits.MAX_SMALL_BYTES),
        (b"POST", b"/feed/acks", body_limits.MAX_FEED_BYTES),
        (b"PUT", b"/api/v1/events", body_limits.MAX_SMALL_BYTES),
        (b"POST", b"/api/v1/events", body_limits.MAX_LARGE_BYTES),
    ],
)
def test_a_body_is_limited_by_method_and_path(method: bytes, path: bytes, limit: int) -> None:
    assert body_limits.max_bytes(method, path) == limit


def test_a_large_body_has_time_by_its_size() -> None:
    assert body_limits.deadline_s(1) == body_limits.deadline_s(body_limits.MAX_SMALL_BYTES)
    assert body_limits.deadline_s(8 << 20) == body_limits.SMALL_BODY_S + 64


def test_what_an_instance_buffers_is_bounded_by_address_and_in_all() -> None:
    buffered, mib = body_limits.BufferedBodies(), 1024 * 1024
    addresses = [f"10.0.0.{n}" for n in range(body_limits.MAX_BUFFERED_BYTES // mib)]
    for address in addresses:
        buffered.add(address, mib)

    with pytest.raises(Problem) as in_all:
        buffered.add("10.0.1.1", 1)
    for address in addresses:
        buffered.remove(address, mib)
    buffered.add("10.0.1.1", body_limits.MAX_BUFFERED_PER_ADDRESS)
    with pytest.raises(Problem) as of_one:
        buffered.add("10.0.1.1", 1)

    assert in_all.value.status == 503
    assert of_one.value.status == 429
