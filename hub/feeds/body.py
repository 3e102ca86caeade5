"""The body of a request for a feed: what its query may say, for topics that no address has room for."""

from __future__ import annotations

from collections.abc import Collection

from hub.errors import Problem
from hub.support import strict_json

MAX_BYTES = 32 * 1024


def parameters(body: bytes, resume: Collection[str]) -> list[tuple[str, str]]:
    """The parameters of a query that says the same as a JSON object; ``resume`` are the names of a position.

    Raises a `Problem` of 400.
    """
    try:
        given = strict_json.read(body) if body.strip() else {}
    except strict_json.BadJson as bad:
        raise Problem(400, f"The body cannot be read: {bad}") from None
    if not isinstance(given, dict):
        raise Problem(400, 'The body is a JSON object such as {"topics": ["job-42"]}.')
    found: list[tuple[str, str]] = []
    for name, value in given.items():
        match value:
            case list() if name == "topics" and all(isinstance(topic, str) for topic in value):
                found += [("topic", topic) for topic in value]
            case bool() if name in ("own", "acks", "latest"):
                found.append((name, "1" if value else "0"))
            case int() if name == "wait" and not isinstance(value, bool):
                found.append((name, str(value)))
            case str() if name in ("ticket", "format") or name in resume:
                found.append((name, value))
            case _:
                raise Problem(
                    400,
                    f"{name[:40]!r} cannot be used: topics is a list of names, own, acks and latest are true "
                    "or false, wait is a number, last_event_id, ticket and format are strings.",
                )
    return found
