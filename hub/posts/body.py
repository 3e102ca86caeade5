"""The body of a request to publish live events, as docs/api.md describes it: one event, or a list of them.

Strict: "5" is no number, an unknown field is refused, and a refusal names the first wrong fields.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from hub import events, topics
from hub.errors import Problem
from hub.events import Draft
from hub.support import strict_json

MAX_EVENTS = 500  # of a request
MAX_ERRORS_LISTED = 5
MAX_FIELD = 100  # characters of a field's name in a refusal

_FIELDS = ("topic", "type", "data")
_REQUIRED = frozenset(_FIELDS)
_ALL_FIELDS = _REQUIRED | {"key"}
_CHECKS: dict[str, Callable[[str], str]] = {
    "topic": topics.check_live,
    "type": topics.check_type,
    "key": events.check_value_key,
}


class FieldError(NamedTuple):
    """What is wrong with a field, named by its path: ``events.3.topic``."""

    field: str
    text: str


class Posted(NamedTuple):
    """The events of a body, and whether they came as a list."""

    drafts: list[Draft]
    many: bool


def parse(body: bytes, owner: str, wrong_headers: Sequence[FieldError] = ()) -> Posted:
    """The drafts of a body, which count against the share of ``owner``.

    Raises a `Problem` of 400 for what is no JSON and of 422 for wrong fields and headers, `BadEvent` or
    `TooLarge` for data.
    """
    given = _json(body) if body else None
    if type(given) is dict and not wrong_headers:
        try:
            if "events" not in given:
                return Posted([_draft(given, owner)], False)
            several = given["events"]
            if len(given) == 1 and type(several) is list and 1 <= len(several) <= MAX_EVENTS:
                return Posted([_draft(event, owner) for event in several], True)
        except _Wrong:
            pass
    missing = [FieldError("body", "required.")]
    raise _refusal([*(_errors_of_body(given) if body else missing), *wrong_headers])


def _errors_of_body(given: Any) -> Iterator[FieldError]:
    if type(given) is not dict:
        yield FieldError("body", "give a JSON object.")
    elif "events" not in given:
        yield from _errors(given, "")
    else:
        yield from _errors_of_list(given["events"])
        for name in given:
            if name != "events":
                yield FieldError(name, "unknown field.")


def _refusal(found: Sequence[FieldError]) -> Problem:
    named = [(field[:MAX_FIELD] or "body", text) for field, text in found[:MAX_ERRORS_LISTED]]
    return Problem(422, " ".join(f"{field}: {text}" for field, text in named), field=named[0][0])


class _Wrong(Exception):
    """The body is wrong somewhere; `_errors_of_body` says where."""


def _json(body: bytes) -> Any:
    try:
        # Characters that no event can have are left to the fields, which are named then.
        return strict_json.read(body, storable=False)
    except strict_json.BadJson as bad:
        raise Problem(400, f"The request body cannot be used: {bad}") from None


def _draft(event: Any, owner: str) -> Draft:
    if type(event) is not dict or not (event.keys() == _REQUIRED or _REQUIRED <= event.keys() <= _ALL_FIELDS):
        raise _Wrong
    topic, kind, key = event["topic"], event["type"], event.get("key")
    if type(topic) is not str or type(kind) is not str or not (key is None or type(key) is str):
        raise _Wrong
    try:
        topics.check_live(topic)
        topics.check_type(kind)
        if key is not None:
            events.check_value_key(key)
    except (topics.BadTopic, events.BadKey):
        raise _Wrong from None
    return events.draft(topic, kind, event["data"], owner=owner, value_key=key or "")


def _errors_of_list(given: Any) -> Iterator[FieldError]:
    if type(given) is not list:
        yield FieldError("events", "Input should be a valid list.")
    elif not given:
        yield FieldError("events", "List should have at least 1 item after validation, not 0.")
    elif len(given) > MAX_EVENTS:
        yield FieldError(
            "events", f"List should have at most {MAX_EVENTS} items after validation, not {len(given)}."
        )
    else:
        for number, event in enumerate(given):
            if type(event) is dict:
                yield from _errors(event, f"events.{number}.")
            else:
                yield FieldError(f"events.{number}", "give a JSON object.")


def _errors(event: dict[str, Any], path: str) -> Iterator[FieldError]:
    for name in _FIELDS:
        if name not in event:
            yield FieldError(path + name, "required.")
        elif text := _wrong(name, event[name]):
            yield FieldError(path + name, text)
    if text := _wrong("key", event.get("key")):
        yield FieldError(f"{path}key", text)
    for name in event:
        if name not in _ALL_FIELDS:
            yield FieldError(path + name, "unknown field.")


def _wrong(name: str, value: Any) -> str:
    """What is wrong with the value of a field; empty if nothing is, or if that shows as it is encoded."""
    if name == "data" or (name == "key" and value is None):
        return ""
    if type(value) is not str:
        return "Input should be a valid string."
    try:
        _CHECKS[name](value)
    except (topics.BadTopic, events.BadKey) as bad:
        return f"{bad}".rstrip(".") + "."
    return ""
