"""What is taken back is forgotten by this instance's memory too."""

from __future__ import annotations

import json
from collections.abc import Mapping

from hub.delivery.dialect import Encoded
from hub.delivery.topic_state import Watch
from hub.events import Event, encode

TAKEN_BACK = "recalled"


class Recalls:
    """A tap of the fan-out: a recall takes the text from the tail, and from whoever holds it."""

    def __init__(self, watches: Mapping[str, Watch]) -> None:
        self._watches = watches

    def tap(self, event: Event) -> None:
        if event.type != TAKEN_BACK:
            return
        watch = self._watches.get(event.topic)
        try:
            told = b'"data":{"id":%b' % encode(json.loads(event.body)["data"]["id"])
        except (ValueError, TypeError, KeyError):
            return
        if watch is not None:
            watch.forget(lambda encoded: told in encoded.payload and _is_notification(encoded))


def _is_notification(encoded: Encoded) -> bool:
    return b"\nevent: notification\n" in encoded.payload
