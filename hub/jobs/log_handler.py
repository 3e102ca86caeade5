"""`LogHandler`: a job's log as live events."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

from hub import events, topics
from hub.events import Draft, TooLarge
from hub.jobs.appender import appender, is_appending
from hub.jobs.record_queue import BATCH_S, MAX_BATCH_RECORDS, RecordQueue
from hub.policies import checks

TYPE = "log"
MAX_MESSAGE_CHARACTERS = 10_000  # each is at most 6 bytes of JSON
FEWER_CHARACTERS = (1_000, 100)  # are tried where a policy allows less
MAX_LOGGER_CHARACTERS = 200
OWN_LOGGERS = frozenset({"hub", "redis"})  # what appending itself logs


class LogHandler(logging.Handler):
    """Publishes each record on a live topic as an event of type ``log``:
    ``{"level": "info", "message", "logger", "at"}``.

    The message is what the handler's formatter makes of the record, a traceback included, cut after 10,000
    characters. A thread of the process appends records together within `BATCH_S`: logging never waits for the
    log. While that is away up to `record_queue.MAX_QUEUED_RECORDS` are kept, and then the oldest dropped: a
    ``log`` event with ``dropped`` says how many, in their place. `flush` and `close` append what is queued.
    What ``hub`` and ``redis`` log is left out. ``key`` is the value's key, see `hub.publish`.
    Raises `BadTopic` or `BadKey`.
    """

    def __init__(self, topic: str, level: int | str = logging.NOTSET, *, key: str = "log") -> None:
        super().__init__(level)
        self._topic = topics.check_live(topic)
        self._key = events.check_value_key(key)
        self._queue = RecordQueue(self._topic, self._dropped_notice)

    def filter(self, record: logging.LogRecord) -> Any:
        # Before the handler's lock is acquired, which whoever waits for this very append may hold.
        if is_appending() or record.name.partition(".")[0] in OWN_LOGGERS:
            return False
        return super().filter(record)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            draft = self._draft(record)
        except Exception:
            return self.handleError(record)
        self._queue.add(draft)
        appender.schedule(self._queue, 0 if len(self._queue) >= MAX_BATCH_RECORDS else BATCH_S)

    def flush(self) -> None:
        """Append what is queued, if the log is there."""
        self._queue.flush()

    def close(self) -> None:
        """Append what is queued; if the log is away, the process goes on trying while it lives."""
        self._queue.over = True
        self.flush()
        super().close()

    def _draft(self, record: logging.LogRecord) -> Draft:
        message = _encodable(self.format(record))
        draft = self._record(record, message, MAX_MESSAGE_CHARACTERS)
        for limit in FEWER_CHARACTERS:
            try:
                checks.check_all([draft])
            except TooLarge:
                draft = self._record(record, message, limit)
        return draft

    def _record(self, record: logging.LogRecord, message: str, limit: int) -> Draft:
        cut = message if len(message) <= limit else f"{message[: limit - 1]}…"
        level, logger = record.levelname.lower(), _encodable(record.name)
        return self._event(record.created, level=level, message=cut, logger=logger)

    def _dropped_notice(self, records: int) -> Draft:
        message = f"{records} records are missing here: more were logged than the hub could publish."
        now = datetime.now(UTC).timestamp()
        return self._event(now, level="warning", message=message, logger="hub", dropped=records)

    def _event(self, created: float, *, logger: str, **fields: Any) -> Draft:
        at = datetime.fromtimestamp(created, UTC)
        data = {**fields, "logger": logger[:MAX_LOGGER_CHARACTERS], "at": events.stamp(at)}
        return events.draft(self._topic, TYPE, data, at=at, value_key=self._key)


def _encodable(text: str) -> str:
    """The text without lone surrogates, as bytes that were no UTF-8 leave behind."""
    return text.encode("utf-8", "backslashreplace").decode()
