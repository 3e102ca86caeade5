"""Publishes live events from Python code of the same project."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from asgiref.sync import sync_to_async
from django.db import transaction
from django.http import HttpRequest
from django.template.loader import render_to_string

from hub import events, topics
from hub.log import LogAway, RateExceeded
from hub.log.current import shared_log
from hub.policies import checks
from hub.support import transactions
from hub.support.threads import off_loop

logger = logging.getLogger(__name__)


@off_loop("apublish")
def publish(topic: str, type: str, data: Any, key: str = "") -> int | None:
    """Publish a live event, now, or when the surrounding transaction commits.

    ``data`` is what JSON can hold, up to 64 KiB or what the topic's policy allows. ``key`` says of which of
    the topic's values it is. Returns the position; None within a transaction, as it is not decided yet
    whether the event will be published. Raises `BadTopic`, `BadEvent` (`BadKey`, `TooLarge`), `RateExceeded`
    and `LogAway`; after a commit the last two are only logged, so that other callbacks of the commit run.
    """
    for name, given in (("topic", topic), ("type", type)):
        if not isinstance(given, str):
            raise topics.BadTopic(f"A {name} is a string, not {given.__class__.__name__}.")
    if not isinstance(key, str):
        raise events.BadKey(f"A key is a string, not {key.__class__.__name__}.")
    return append(events.draft(topics.check_live(topic), topics.check_type(type), data, value_key=key))


async def apublish(topic: str, type: str, data: Any, key: str = "") -> int | None:
    """`publish` for async code, in a thread and outside any transaction: Django has none in async code."""
    return await sync_to_async(publish)(topic, type, data, key)


@off_loop("apublish_html")
def publish_html(
    topic: str,
    template: str | Sequence[str],
    context: Mapping[str, Any] | None = None,
    *,
    type: str = "message",
    key: str = "",
    request: HttpRequest | None = None,
) -> int | None:
    """Render a template and publish it as a live event, for pages that show it as it is: see `publish`.

    Feeds with ``format=html`` bring the markup alone, as htmx and Turbo read it, others as a string of JSON.
    Variables are escaped by the template engine, as on any page. Turbo reads the type ``message`` only.
    Raises what the engine raises, too.
    """
    topics.check_live(topic)
    if type != "message":  # what `EventSource` calls an event without a type
        topics.check_type(type)
    html = render_to_string(template, dict(context or {}), request)
    return append(events.draft(topic, type, html, value_key=key, html=True))


async def apublish_html(
    topic: str,
    template: str | Sequence[str],
    context: Mapping[str, Any] | None = None,
    *,
    type: str = "message",
    key: str = "",
    request: HttpRequest | None = None,
) -> int | None:
    """`publish_html` for async code, as `apublish`."""
    render = sync_to_async(publish_html)
    return await render(topic, template, context, type=type, key=key, request=request)


def append(draft: events.Draft) -> int | None:
    """Append a valid event, now, or when the surrounding transaction commits: see `publish`."""
    checks.check_all((draft,))
    if transaction.get_connection().in_atomic_block:
        # An event that is rolled back must not be delivered.
        transactions.after_commit(_append_or_log, draft)
        return None
    (position,) = shared_log().append([draft])
    return position


def _append_or_log(draft: events.Draft) -> None:
    try:
        shared_log().append([draft])
    except LogAway as error:
        logger.warning("the log is away, %s on %s is lost: %s", draft.type, draft.topic, error)
    except RateExceeded as error:
        logger.warning("%s on %s is lost: %s", draft.type, draft.topic, error)
