"""The kinds of rooms that come with the hub: chat, json, board, auction, device, binary, voice, document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hub.rooms.kinds import Kind, Refused, register
from hub.rooms.kinds import kind as named
from hub.rooms.kinds import kinds as registered
from hub.rooms.protocol import MAX_FRAME_BYTES, Message, Say, Signal

MAX_CHAT = 4000  # characters of a message
STATUS, MAX_STATUS = "status", 100  # a signal of a chat; characters
MAX_POINTS = 500  # of a stroke
MAX_WIDTH = 20  # of a stroke, in pixels

_POSITION = re.compile(r"[1-9][0-9]{0,15}", re.ASCII)
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


class Chat(Kind):
    """Messages are texts, kept as rows; the one that a text answers may be named."""

    name = "chat"
    kept = True
    changeable = True
    history = 50
    lasting = statuses = frozenset({STATUS})

    def validate(self, frame: Say | Signal, sender: Mapping[str, str], state: Any) -> None:
        if isinstance(frame, Signal):
            if frame.name == STATUS and not (isinstance(frame.body, str) and len(frame.body) <= MAX_STATUS):
                raise Refused("not-a-status", f"A status is a string of at most {MAX_STATUS} characters.")
            return
        text = chat_text(frame.body)
        if not text.strip():
            raise Refused(
                "not-text",
                "A message of a chat is a string that is not blank, or "
                '{"text": "…", "reply_to": "<the position of the message it answers>"}.',
            )
        if len(text) > MAX_CHAT:
            raise Refused(
                "too-long", f"A message has at most {MAX_CHAT} characters, this one has {len(text)}."
            )


def chat_text(body: Any) -> str:
    """The text of a chat's message; empty if it is none."""
    if _is_object(body, {"text", "reply_to"}):
        reply_to = body["reply_to"]
        body = body["text"] if isinstance(reply_to, str) and _POSITION.fullmatch(reply_to) else None
    return body if isinstance(body, str) else ""


class Json(Kind):
    """Messages are any JSON, kept as rows."""

    name = "json"
    kept = True
    changeable = True
    history = 50


class Board(Kind):
    """A drawing: messages are strokes, or clear it; the signal is a cursor."""

    name = "board"
    history = 1000

    def validate(self, frame: Say | Signal, sender: Mapping[str, str], state: Any) -> None:
        if isinstance(frame, Signal):
            self._check_signal(frame)
        elif not _is_clear(frame.body) and not _is_stroke(frame.body):
            raise Refused(
                "not-a-stroke",
                'Say {"points": [[x, y], …], "colour": "#rrggbb", "width": w} with 1 to '
                f"{MAX_POINTS} points of numbers from 0 to 1 and a width from 1 to {MAX_WIDTH}, "
                'or {"clear": true}.',
            )

    def _check_signal(self, frame: Signal) -> None:
        if frame.name != "cursor":
            raise Refused("unknown-signal", "The signal of a board is 'cursor'.")
        body = frame.body
        if not _is_object(body, {"x", "y"}) or not (_is_part(body["x"]) and _is_part(body["y"])):
            raise Refused("not-a-cursor", 'A cursor is {"x": …, "y": …} with numbers from 0 to 1.')


class Auction(Kind):
    """The state is the highest bid in cents, None before the first."""

    name = "auction"
    kept = True
    strict = True
    history = 20

    def fold(self, state: int | None, message: Message) -> int | None:
        bid = _bid(message.body)
        return state if bid is None else max(state or 0, bid)

    def validate(self, frame: Say | Signal, sender: Mapping[str, str], state: int | None) -> None:
        if isinstance(frame, Signal):
            return
        bid = _bid(frame.body)
        if bid is None:
            raise Refused("not-a-bid", 'Say {"bid": n} with a whole number of cents, 1 or more.')
        if state is not None and bid <= state:
            raise Refused("too-low", f"The highest bid is {state} cents: bid more.")


class Device(Kind):
    """Commands go down as messages, telemetry comes up as signals."""

    name = "device"
    lasting = frozenset({"telemetry"})

    def validate(self, frame: Say | Signal, sender: Mapping[str, str], state: Any) -> None:
        if isinstance(frame, Say):
            command = frame.body.get("command") if isinstance(frame.body, dict) else None
            if not isinstance(command, str) or not command:
                raise Refused("not-a-command", 'Say {"command": "…"}, with more fields if it takes some.')


class Binary(Kind):
    """A relay: binary frames go to the others, in order, and nothing is said."""

    name = "binary"
    binary = True
    max_signal = MAX_FRAME_BYTES

    def validate(self, frame: Say | Signal, sender: Mapping[str, str], state: Any) -> None:
        if isinstance(frame, Say):
            raise Refused("no-lines", "Nothing is said in a binary room: send binary frames.")


class Voice(Kind):
    """Binary frames with the transcript of them: messages, and as signals what may change yet."""

    name = "voice"
    binary = True
    kept = True
    history = 50

    def validate(self, frame: Say | Signal, sender: Mapping[str, str], state: Any) -> None:
        if isinstance(frame, Signal) and frame.name != "transcript":
            return
        body = frame.body
        if not _is_object(body, {"text", "final"}) or type(body["final"]) is not bool:
            raise Refused("not-a-transcript", 'A transcript is {"text": "…", "final": true or false}.')
        if not isinstance(body["text"], str) or not body["text"].strip():
            raise Refused("not-text", "The text of a transcript is a string that is not blank.")
        if len(body["text"]) > MAX_CHAT:
            raise Refused("too-long", f"A transcript has at most {MAX_CHAT} characters.")


class Document(Kind):
    """A shared document of Yjs (`hub.rooms.documents`): nothing is said in it."""

    name = "document"
    document = True


KINDS: tuple[type[Kind], ...] = (Chat, Json, Board, Auction, Device, Binary, Voice, Document)
NAMES = frozenset(kind.name for kind in KINDS)


def is_kept(kind: str) -> bool:
    """Whether messages of rooms of this kind are rows; not of a kind that is no longer registered."""
    return kind in registered() and named(kind).kept


def register_all() -> None:
    """Make them known to the hub, once, when Django is ready."""
    for kind in KINDS:
        register(kind)


def _bid(body: Any) -> int | None:
    """The bid that a body is, in cents; None if it is none."""
    bid = body["bid"] if _is_object(body, {"bid"}) else None
    return bid if type(bid) is int and bid >= 1 else None


def _is_clear(body: Any) -> bool:
    return _is_object(body, {"clear"}) and body["clear"] is True


def _is_stroke(body: Any) -> bool:
    return (
        _is_object(body, {"points", "colour", "width"})
        and isinstance(body["points"], list)
        and 1 <= len(body["points"]) <= MAX_POINTS
        and all(_is_point(point) for point in body["points"])
        and isinstance(body["colour"], str)
        and _COLOUR.fullmatch(body["colour"]) is not None
        and _is_number(body["width"], 1, MAX_WIDTH)
    )


def _is_point(point: Any) -> bool:
    return isinstance(point, list) and len(point) == 2 and _is_part(point[0]) and _is_part(point[1])


def _is_part(value: Any) -> bool:
    return _is_number(value, 0, 1)


def _is_number(value: Any, minimum: int, maximum: int) -> bool:
    """JSON's true is no number, though Python's is."""
    return type(value) in (int, float) and minimum <= value <= maximum


def _is_object(body: Any, fields: set[str]) -> bool:
    return isinstance(body, dict) and body.keys() == fields
