"""An instance answers a plain request to publish with the bytes with which it answers any other one."""

from __future__ import annotations

import json
import random
import re
import socket
from collections.abc import Iterator

import pytest

from tests.cluster import Cluster
from tests.system.http.conftest import Raw

EVENT = {"topic": "job-42", "type": "progress", "data": {"done": 3}}
BODIES = {
    "an event": json.dumps(EVENT).encode(),
    "a list": json.dumps({"events": [EVENT, EVENT]}).encode(),
    "no JSON": b'{"topic": ',
    "an unknown field": json.dumps({**EVENT, "colour": "red"}).encode(),
    "a topic that is none": json.dumps({**EVENT, "topic": "no topic"}).encode(),
    "too much data": json.dumps({**EVENT, "data": "x" * 70_000}).encode(),
    "other letters": json.dumps({**EVENT, "data": "é\u2028"}, ensure_ascii=False).encode(),
}
HEADS = {
    "a key": ["Authorization: Bearer demo-key"],
    "a wrong key": ["Authorization: Bearer wrong"],
    "no key": [],
    "a token": ["Authorization: Bearer a.b.c"],
    "a page": ["Authorization: Bearer demo-key", "Origin: https://app.example.com"],
    "an Idempotency-Key": ["Authorization: Bearer demo-key", "Idempotency-Key: plain"],
    "a trace": ["Authorization: Bearer demo-key", f"Traceparent: 00-{'a' * 32}-{'b' * 16}-01"],
    "another host": ["Authorization: Bearer demo-key", "X-Forwarded-Host: evil.example"],
}
TWISTED = "TE: trailers"  # no plain request has it
POSITION = re.compile(rb"[0-9]{16}")


@pytest.fixture
def other(cluster: Cluster) -> Iterator[Raw]:
    """Another connection to the instance of ``raw``."""
    connection = Raw(cluster.ports.instances[0])
    yield connection
    connection.socket.close()


def request(host: str, body: bytes, *rows: str) -> bytes:
    head = ["POST /api/v1/events HTTP/1.1", f"Host: {host}", *rows, f"Content-Length: {len(body)}"]
    return "\r\n".join([*head, "", ""]).encode() + body


def answer(raw: Raw) -> bytes:
    """The next answer, byte for byte but for its positions."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += received(raw)
    head, _, content = data.partition(b"\r\n\r\n")
    size = re.search(rb"Content-Length: ([0-9]+)", head)
    assert size, data
    while len(content) < int(size[1]):
        content += received(raw)
    assert len(content) == int(size[1]), "more than one answer"
    return POSITION.sub(b"#", head + b"\r\n\r\n" + content)


def received(raw: Raw) -> bytes:
    data = raw.socket.recv(65536)
    assert data, "closed without an answer"
    return data


def test_every_plain_request_is_answered_byte_for_byte_as_one_that_is_not(raw: Raw, other: Raw) -> None:
    for head in HEADS.values():
        for name, body in BODIES.items():
            raw.send(request(raw.host, body, *head))
            other.send(request(raw.host, body, *head, TWISTED))

            assert answer(raw) == answer(other), (name, head)


def test_fuzz_requests_sent_in_any_parts_have_the_same_answers(raw: Raw, other: Raw) -> None:
    chance = random.Random(5)
    for connection in (raw, other):
        connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for _ in range(100):
        body, head = chance.choice([*BODIES.values()]), chance.choice([*HEADS.values()])
        whole = request(raw.host, body, *head)
        places = sorted(chance.choices(range(len(whole)), k=chance.randint(0, 3)))
        for begin, end in zip([0, *places], [*places, len(whole)], strict=True):
            raw.send(whole[begin:end])
        other.send(request(raw.host, body, *head, TWISTED))

        assert answer(raw) == answer(other), (places, whole)


def test_events_that_are_pipelined_are_appended_in_their_order(raw: Raw) -> None:
    posted = request(raw.host, BODIES["an event"], *HEADS["a key"])
    raw.send(posted + posted)
    raw.send(posted + b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n" + posted)

    data = b""
    while data.count(b"HTTP/1.1 ") < 5 or data.count(b"}") < 4:
        data += received(raw)

    assert re.findall(rb"HTTP/1.1 ([0-9]+)", data) == [b"201", b"201", b"201", b"200", b"201"]
    positions = [int(position) for position in POSITION.findall(data)]
    assert len(positions) == 4
    assert positions == sorted(set(positions))


def test_a_connection_serves_pages_and_events_by_turns(raw: Raw) -> None:
    statuses = []
    for _ in range(3):
        raw.send(request(raw.host, BODIES["an event"], *HEADS["a key"]))
        statuses.append(raw.receive().status)
        raw.head("GET /livez HTTP/1.1")
        statuses.append(raw.receive().status)

    assert statuses == [201, 200] * 3


def test_race_a_client_that_ends_its_connection_at_once_harms_no_other(raw: Raw, other: Raw) -> None:
    whole = request(raw.host, BODIES["an event"], *HEADS["a key"])
    for place in (10, len(whole) - 5, len(whole)):
        with Raw(raw.socket.getpeername()[1]).socket as hasty:
            hasty.sendall(whole[:place])

    other.send(whole)

    assert other.receive().status == 201
