"""The answer to a request to publish: the positions of its events, or why there are none."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from django.db import DatabaseError, InterfaceError
from redis.exceptions import RedisError

from hub import errors
from hub.errors import Problem
from hub.posts import refusals
from hub.server import cors
from hub.support import outages

JSON = "application/json; charset=utf-8"

Fields = tuple[tuple[bytes, bytes], ...]

logger = logging.getLogger(__name__)


class Reply(NamedTuple):
    """``fields`` are the headers, their names in lower case."""

    status: int
    fields: Fields
    content: bytes


def reply(origin: str | None, result: list[int] | Exception, many: bool) -> Reply:
    """The answer to a request of this origin; ``many`` says that its events came as a list."""
    more = cors.api_headers(origin)
    if isinstance(result, Exception):
        problem = _problem(result)
        return _made(problem.status, errors.CONTENT_TYPE, {**problem.headers, **more}, problem.body())
    if not many:
        return _made(201, JSON, more, b'{"position": "%d"}' % result[0])
    return _made(201, JSON, more, json.dumps({"positions": [str(position) for position in result]}).encode())


def _made(status: int, kind: str, more: Mapping[str, str], content: bytes) -> Reply:
    return Reply(status, _fields(kind, len(content), tuple(more.items())), content)


@lru_cache(maxsize=256)  # most answers are alike
def _fields(kind: str, size: int, more: tuple[tuple[str, str], ...]) -> Fields:
    return (
        (b"content-type", kind.encode()),
        (b"content-length", b"%d" % size),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        *((name.lower().encode(), value.encode("latin-1")) for name, value in more),
    )


def _problem(error: Exception) -> Problem:
    if (refused := refusals.problem(error)) is not None:
        return refused
    if isinstance(error, DatabaseError | InterfaceError | RedisError | TimeoutError | ConnectionError):
        return outages.problem(error, "a call of the API")
    logger.error("publishing failed", exc_info=error)
    return Problem(500, "Something went wrong here: it has been logged.")
