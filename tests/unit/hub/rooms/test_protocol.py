"""What members send is one of three things or is refused; what the hub says is read as it was meant."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.events import Event
from hub.rooms import protocol
from hub.rooms.protocol import Change, Close, Malformed, Ping, Say, Signal
from hub.support import ws_frames

ANN = {"id": "1", "name": "Ann"}
LIMIT = 2**53 - 1

# Machines are slow at times, and what failed once is not to depend on what failed before.
calm = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
bodies = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-LIMIT, LIMIT)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)
almost_frames = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["say", "signal", "ping", "said"]) | anything,
        "id": st.sampled_from(["c1", ""]) | anything,
        "name": st.sampled_from(["typing", "Typing"]) | anything,
        "body": anything,
        "more": anything,
    },
)


def parsed(frame: Any) -> Say | Change | Signal | Ping:
    return protocol.parse(json.dumps(frame).encode())


def with_body(body: str) -> bytes:
    """A line whose body is this JSON text."""
    return b'{"type":"say","id":"c1","body":%s}' % body.encode()


@calm
@given(st.binary(max_size=200))
def test_any_bytes_are_one_of_three_or_malformed(with_body: bytes) -> None:
    try:
        protocol.parse(with_body)
    except Malformed as malformed:
        ws_frames.closing(Close.MALFORMED, str(malformed))


@calm
@given(almost_frames, st.booleans())
def test_any_object_is_one_of_three_or_malformed(frame: dict[str, Any], ascii: bool) -> None:
    text = json.dumps(frame, ensure_ascii=ascii).encode(errors="surrogatepass")

    try:
        found = protocol.parse(text)
    except Malformed as malformed:
        ws_frames.closing(Close.MALFORMED, str(malformed))
    else:
        assert isinstance(found, Say | Signal | Ping)
        if not isinstance(found, Ping):
            protocol.message_body(ANN, "c1", found.body, "now")


@calm
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=100).filter(str.isprintable), bodies)
def test_a_message_arrives_as_it_was_sent(id: str, body: Any) -> None:
    say = parsed({"type": "say", "id": id, "body": body})
    assert isinstance(say, Say)

    event = Event(17, 16, "room-a", "said", protocol.message_body(ANN, say.id, say.body, "now"))

    assert protocol.message(event) == protocol.Message(17, ANN, id, body, "now")


@calm
@given(st.from_regex(r"[a-z][a-z0-9-]{0,31}", fullmatch=True), bodies)
def test_a_signal_arrives_as_it_was_sent(name: str, body: Any) -> None:
    signal = parsed({"type": "signal", "name": name, "body": body})
    assert isinstance(signal, Signal)

    frame = json.loads(protocol.signal(signal.name, ANN, signal.body))

    assert frame == {"type": "signal", "name": name, "from": ANN, "body": body}


def test_a_ping_is_a_ping() -> None:
    assert protocol.parse(b' {"type": "ping"} ') == Ping()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"", "JSON"),
        (b"{", "JSON"),
        (b"\xef\xbb\xbf{}", "JSON"),
        (b'{"type":"ping"}x', "JSON"),
        ('{"type":"ping"}'.encode("utf-16"), "UTF-8"),
        (b'{"type":"ping\xff"}', "UTF-8"),
        (b'{"type":"ping\xed\xa0\x80"}', "UTF-8"),
        (b"[]", "object"),
        (b"null", "object"),
        (b"{}", "'type'"),
        (b'{"type":["say"]}', "'type'"),
        (b'{"type":"said"}', "'said'"),
        (b'{"type":"ping","id":"c1"}', "'id' is not a field"),
        (b'{"type":"ping","type":"ping"}', "'type' is given twice"),
        (b'{"type":"say","id":"c1"}', "'body' is missing"),
        (b'{"type":"say","id":"c1","body":1,"at":2}', "'at' is not a field"),
        (b'{"type":"say","id":"c1","body":1,"name":2}', "'name' is not a field"),
        (b'{"type":"say","id":1,"body":1}', "'id'"),
        (b'{"type":"say","id":"","body":1}', "'id'"),
        (b'{"type":"say","id":"a\\n","body":1}', "'id'"),
        (b'{"type":"say","id":"%s","body":1}' % (b"a" * 101), "'id'"),
        (b'{"type":"signal","name":"Typing","body":1}', "'name'"),
        (b'{"type":"signal","name":"typing\\n","body":1}', "'name'"),
        (b'{"type":"signal","name":"%s","body":1}' % (b"a" * 33), "'name'"),
        (b'{"type":"signal","name":null,"body":1}', "'name'"),
        (with_body("NaN"), "NaN"),
        (with_body("-Infinity"), "-Infinity"),
        (with_body("1e999"), "too great"),
        (with_body("9007199254740992"), "integer"),
        (with_body("-9007199254740992"), "integer"),
        (with_body("9" * 5000), "integer"),
        (with_body('"\\ud800"'), "surrogate"),
        (with_body('{"\\uDFFF":1}'), "surrogate"),
        (with_body('"\\ude00\\ud83d"'), "surrogate"),
        (with_body('"a\\u0000"'), "U+0000"),
        (with_body('"\\\\\\u0000"'), "U+0000"),
        (with_body('{"a":{"b":1,"b":2}}'), "'b' is given twice"),
        (with_body("[" * 32 + "]" * 32), "levels"),
        (with_body('{"a":' * 32 + "1" + "}" * 32), "levels"),
        (with_body("[" * 30_000 + "]" * 30_000), "levels"),
        (b"[" * 60_000, "levels"),
        (with_body('"' + "a" * protocol.MAX_FRAME_BYTES + '"'), "at most 65536 bytes"),
    ],
)
def test_what_is_malformed_is_refused_with_the_reason(text: bytes, why: str) -> None:
    with pytest.raises(Malformed) as caught:
        protocol.parse(text)

    assert why in str(caught.value)


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("9007199254740991", LIMIT),
        ("-9007199254740991", -LIMIT),
        ("1.5e300", 1.5e300),
        ('"\\ud83d\\ude00"', "😀"),
        ('"\\\\u0000 \\\\ud800"', "\\u0000 \\ud800"),
        ('"' + "[{" * 100 + '"', "[{" * 100),
        ("[" + "[]," * 99 + "[]]", [[]] * 100),
    ],
)
def test_what_only_looks_malformed_is_accepted(text: str, body: Any) -> None:
    assert protocol.parse(with_body(text)) == Say("c1", body)


def test_thirty_two_levels_are_accepted() -> None:
    text = with_body("[" * 31 + ",".join(["1"] * 5) + "]" * 31)
    shallow = with_body("[" + "[" * 30 + "]" * 30 + ",[]]")

    assert isinstance(protocol.parse(text), Say)
    assert isinstance(protocol.parse(shallow), Say)


def test_a_frame_of_many_fields_is_refused_in_no_time() -> None:
    fields = ",".join(f'"{n}":1' for n in range(6000))

    with pytest.raises(Malformed, match="'0' is given twice"):
        protocol.parse(with_body("{" + fields + ',"0":1}'))


def test_the_frames_of_the_hub_are_as_the_interface_says() -> None:
    bob = {"id": "2", "name": "Bób"}
    frames = [
        protocol.welcome("lobby", "room-7", ANN, 17, [ANN, bob], 300),
        protocol.live(),
        protocol.joined(bob),
        protocol.left(bob),
        protocol.members(300),
        protocol.reset("gap"),
        protocol.error("c1", "too-low", "Bid more."),
        protocol.error(None, "not-a-cursor", "A cursor has x and y."),
        protocol.pong(),
    ]

    assert [json.loads(frame) for frame in frames] == [
        {
            "type": "welcome",
            "room": "lobby",
            "topic": "room-7",
            "you": ANN,
            "position": "17",
            "members": [ANN, bob],
            "count": 300,
        },
        {"type": "live"},
        {"type": "joined", "member": bob},
        {"type": "left", "member": bob},
        {"type": "members", "count": 300},
        {"type": "reset", "reason": "gap"},
        {"type": "error", "id": "c1", "reason": "too-low", "detail": "Bid more."},
        {"type": "error", "id": None, "reason": "not-a-cursor", "detail": "A cursor has x and y."},
        {"type": "pong"},
    ]
    assert all(b"\n" not in frame for frame in frames)


def test_a_member_is_announced_by_id_and_name_alone() -> None:
    assert b"secret" not in protocol.joined(ANN | {"session": "secret"})


def test_a_float_stays_a_float() -> None:
    body = json.loads(protocol.message_body(ANN, "c1", -0.0, "now"))["body"]

    assert math.copysign(1, body) == -1


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, 4400), (401, 4401), (403, 4403), (404, 4404), (429, 4429), (500, 4002), (503, 4002)],
)
def test_a_problem_becomes_a_close_code(status: int, code: int) -> None:
    assert protocol.close_code(status) == code
