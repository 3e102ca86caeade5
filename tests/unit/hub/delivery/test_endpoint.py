"""Admission: who is let in is counted until it is released, and who is refused is counted nowhere."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest

from hub.delivery.endpoint import Endpoint, EndpointOptions
from hub.delivery.fanout import Fanout
from hub.delivery.limits import ConnectionLimits
from hub.delivery.subscriber import Subscriber
from hub.errors import Problem
from hub.feeds.sse import SSE
from hub.log.memory import MemoryLog
from hub.log.replay import Replay
from hub.ports import Person
from tests.unit.hub.stub_application import StubApplication


@dataclass
class Request:
    address: str = "203.0.113.9"
    person: Person | Exception = Person("7", "ann", ())


class Plain(Endpoint[Request, Subscriber]):
    kind = "plain"

    async def _authorize(self, request: Request) -> Subscriber:
        if isinstance(request.person, Exception):
            raise request.person
        return Subscriber(
            request.person, address=request.address, topics=("job-1",), dialect=SSE, mailbox_bytes=1000
        )

    def _live_topics(self, connection: Subscriber) -> int:
        return 1


def endpoint(**options: Any) -> tuple[Plain, ConnectionLimits]:
    log = MemoryLog(100, 3600)
    limits = ConnectionLimits(10, per_user=2, per_address=3)
    given = {"heartbeat_s": 20, "max_age_s": 1000, "mailbox_bytes": 1000, "origins": frozenset(), "hosts": ()}
    replay = Replay(log, StubApplication())
    plain = Plain(
        Fanout(log, replay),
        limits,
        EndpointOptions(**{**given, **options}),
        replay=replay,
        application=StubApplication(),
    )
    return plain, limits


async def test_a_connection_counts_from_its_admission_to_its_release() -> None:
    plain, limits = endpoint()

    connection = await plain.admit(Request())

    assert list(plain.connections) == [connection]
    assert (limits.usage("7").connections, limits.usage("7").topics) == (1, 1)
    plain.release(connection)
    assert not plain.connections
    assert (limits.usage("7").connections, limits.usage("7").topics) == (0, 0)
    assert plain.closes == {"gone": 1}


async def test_a_client_that_is_not_authorized_is_counted_nowhere() -> None:
    plain, _ = endpoint()

    for _ in range(5):  # more than may be open from one address
        with pytest.raises(Problem, match="Who are you"):
            await plain.admit(Request(person=Problem(401, "Who are you?")))

    assert not plain.connections
    await plain.admit(Request())


async def test_a_failure_of_the_application_is_a_503_that_names_no_detail() -> None:
    plain, _ = endpoint()

    with pytest.raises(Problem) as refused:
        await plain.admit(Request(person=RuntimeError("secret")))

    assert refused.value.status == 503
    assert "secret" not in refused.value.detail
    assert not plain.connections


async def test_a_client_over_a_limit_is_counted_nowhere() -> None:
    plain, _ = endpoint()
    first, second = await plain.admit(Request()), await plain.admit(Request())

    with pytest.raises(Problem) as refused:
        await plain.admit(Request())

    assert refused.value.status == 429
    assert set(plain.connections) == {first, second}
    plain.release(first)
    await plain.admit(Request())


async def test_a_draining_endpoint_admits_no_client_and_asks_it_to_retry() -> None:
    plain, _ = endpoint()
    plain.draining = True

    with pytest.raises(Problem) as refused:
        await plain.admit(Request())

    assert (refused.value.status, refused.value.headers["Retry-After"]) == (503, "1")


async def test_draining_retires_the_open_connections() -> None:
    plain, _ = endpoint()
    connection = await plain.admit(Request())

    draining = asyncio.create_task(plain.drain(0.1))
    while not connection.closed:
        await asyncio.sleep(0)
    plain.release(connection)
    await draining

    assert plain.draining
    assert plain.closes == {"retire": 1}


async def test_ages_are_spread_below_the_limit_and_end_no_later_than_the_credentials() -> None:
    plain, _ = endpoint()
    one = await plain.admit(Request())
    two = await plain.admit(Request(address="203.0.113.10", person=Person("8", "bob", (), expires_at=1.0)))

    assert 799 < one.ends_at - one.opened_at < 1001
    assert two.ends_at == 1.0


async def test_every_live_connection_learns_whether_the_log_is_received() -> None:
    plain, _ = endpoint()
    live, held = await plain.admit(Request()), await plain.admit(Request())
    live.release(0)

    plain._fanout.on_state.call(False, "test")

    assert await live.drain() == SSE.degraded.payload
    assert not held.waiting
