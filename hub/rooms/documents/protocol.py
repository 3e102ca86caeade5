"""The messages of y-websocket: parses those of clients, encodes those of the hub. No I/O.

A WebSocket message holds one or more of them: a number that says what it is, then what belongs to it (the
sync, awareness and auth protocols of y-protocols).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from hub.rooms.documents.varints import Reader, block, uint
from hub.rooms.protocol import Malformed
from hub.support import strict_json, ws_frames

SYNC, AWARENESS, AUTH, QUERY_AWARENESS = range(4)
STEP_1, STEP_2, UPDATE = range(3)
MAX_UPDATE_BYTES = 2 * 1024 * 1024
MAX_MESSAGE_BYTES = MAX_UPDATE_BYTES + 1024  # what is around it
MAX_STATE_BYTES = 4096  # of what a client shows of itself
MAX_STATES = 1000  # in a message
MAX_CLIENTS = 100_000  # in a state vector
NOTHING_NEW = b"\x00\x00"  # an update without structs or deletions

_NULL = "null"  # the state of a client that left


@dataclass(frozen=True, slots=True)
class Step1:
    """What a client has, as a state vector; it asks for the rest."""

    vector: bytes


@dataclass(frozen=True, slots=True)
class Update:
    """A change. ``answers``: it is what the client has and the server may lack (step 2)."""

    update: bytes
    answers: bool


@dataclass(frozen=True, slots=True)
class State:
    """What a client shows of itself: JSON, ``null`` once it left. A higher ``clock`` is newer."""

    client: int
    clock: int
    text: str

    @property
    def left(self) -> bool:
        return self.text == _NULL


@dataclass(frozen=True, slots=True)
class States:
    """Of one or more clients."""

    states: tuple[State, ...]


@dataclass(frozen=True, slots=True)
class QueryStates:
    """Asks for the states of all clients."""


def parse(data: bytes) -> Iterator[Step1 | Update | States | QueryStates]:
    """The messages in a WebSocket message; raises `Malformed` and nothing else."""
    reader = Reader(data)
    while reader.remaining:
        match reader.uint():
            case 0:  # SYNC
                yield _sync(reader)
            case 1:  # AWARENESS
                yield States(tuple(states(reader.block())))
            case 3:  # QUERY_AWARENESS
                yield QueryStates()
            case other:
                raise Malformed(f"{other} is no message of y-websocket that a client sends: 0, 1 or 3 is.")


def states(data: bytes) -> Iterator[State]:
    """The states in an awareness update. Raises `Malformed`."""
    reader = Reader(data)
    count = reader.count()
    if count > MAX_STATES:
        raise Malformed(f"A message has the states of at most {MAX_STATES} clients: send several.")
    for _ in range(count):
        client, clock = reader.uint(), reader.uint()
        raw = reader.block()
        if len(raw) > MAX_STATE_BYTES:
            continue  # it is not shown to others
        try:
            value = strict_json.read(raw, storable=False)
        except strict_json.BadJson as error:
            raise Malformed(f"The state of a client is JSON: {error}") from None
        if value is not None and not isinstance(value, dict):
            raise Malformed("The state of a client is a JSON object, or null.")
        yield State(client, clock, _NULL if value is None else raw.decode())
    if reader.remaining:
        raise Malformed("Bytes follow the last state.")


def encode_states(known: Iterable[State]) -> bytes:
    """An awareness update."""
    encoded = [uint(state.client) + uint(state.clock) + block(state.text.encode()) for state in known]
    return uint(len(encoded)) + b"".join(encoded)


def left(state: State) -> State:
    """The same client's, as it left."""
    return State(state.client, state.clock, _NULL)


def awareness_frame(update: bytes) -> bytes:
    return ws_frames.binary(uint(AWARENESS) + block(update))


def step_1_frame(vector: bytes) -> bytes:
    return ws_frames.binary(uint(SYNC) + uint(STEP_1) + block(vector))


def step_2_frame(update: bytes) -> bytes:
    return ws_frames.binary(uint(SYNC) + uint(STEP_2) + block(update))


def update_frame(update: bytes) -> bytes:
    return ws_frames.binary(uint(SYNC) + uint(UPDATE) + block(update))


def denied_frame(reason: str) -> bytes:
    """Permission denied: the one refusal that the protocol knows. Providers print its reason."""
    return ws_frames.binary(uint(AUTH) + uint(0) + block(reason.encode()))


def _sync(reader: Reader) -> Step1 | Update:
    match reader.uint():
        case 0:  # STEP_1
            return Step1(_vector(reader.block()))
        case 1:  # STEP_2
            return Update(reader.block(), answers=True)
        case 2:  # UPDATE
            return Update(reader.block(), answers=False)
    raise Malformed("A sync message is step 1 (0), step 2 (1) or an update (2).")


def _vector(data: bytes) -> bytes:
    reader = Reader(data)
    count = reader.count()
    if count > MAX_CLIENTS:
        raise Malformed(f"A state vector has at most {MAX_CLIENTS} clients.")
    for _ in range(2 * count):
        reader.uint()
    if reader.remaining:
        raise Malformed("Bytes follow the state vector.")
    return data
