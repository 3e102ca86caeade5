"""The keys that an issuer publishes, fetched when a token needs one that is not known, and kept."""

from __future__ import annotations

import json
import logging
import threading
import time
from concurrent.futures import Future

from hub.errors import Problem
from notifications.access.issuers import download, keys
from notifications.access.issuers.keys import Key, KeySet

# Between two fetches, however many tokens name unknown keys: tokens wait for the next one.
INTERVAL_S = 2.0
# A key that is no longer published ends after this, if its issuer's tokens are used.
RENEW_S = 300.0
RETRY_S = 30.0  # after a renewal that failed

clock = time.monotonic
pause = time.sleep

logger = logging.getLogger(__name__)


class PublishedKeys(KeySet):
    """The key set at a URL. One fetch at a time, by a thread of its own, for all who wait for it; keys are
    kept while the URL does not answer. Used from any thread."""

    def __init__(self, url: str) -> None:
        super().__init__((), keys.PUBLIC)
        self._url = url
        self._name = url.partition("?")[0]  # for the log
        self._lock = threading.Lock()
        self._running: Future[None] | None = None
        self._began_at = float("-inf")  # the last fetch
        self._fresh_at = float("-inf")  # the last one that succeeded began then
        self._failing = False

    def newer(self, asked: float) -> Future[None] | None:
        """See `KeySet`. Raises a `Problem` of 503 while the URL does not answer."""
        with self._lock:
            if self._fresh_at >= asked:
                return None
            if self._running is None:
                if self._failing and clock() < self._began_at + INTERVAL_S:
                    raise unavailable()
                self._start()
            return self._running

    def renew(self) -> None:
        """Fetch the keys in the background if they are old."""
        if clock() < self._began_at + (RETRY_S if self._failing else RENEW_S):
            return
        with self._lock:
            if self._running is None:
                self._start()

    def _start(self) -> None:
        running: Future[None] = Future()
        running.set_running_or_notify_cancel()  # one who waits and leaves cannot cancel it
        threading.Thread(target=self._run, name="issuer keys", daemon=True).start()
        self._running = running

    def _run(self) -> None:
        if (early := self._began_at + INTERVAL_S - clock()) > 0:
            pause(early)
        self._began_at = clock()
        found, failure = self.keys, ""
        try:
            found = self._known(keys.published(json.loads(download.fetch(self._url))))
        except (*download.FAILURES, RecursionError) as error:
            failure = f"{type(error).__name__}: {error}"
        with self._lock:
            if failure and not self._failing:
                logger.warning("the keys at %s cannot be fetched: %s", self._name, failure)
            elif self._failing and not failure:
                logger.info("the keys at %s are fetched again", self._name)
            if not failure:
                self.keys, self._fresh_at = found, self._began_at
            self._failing = bool(failure)
            running, self._running = self._running, None
        if running is not None:
            running.set_result(None)

    def _known(self, fetched: list[Key]) -> tuple[Key, ...]:
        """The same keys, each the object that it was before."""
        known = {key.fingerprint: key for key in self.keys}
        return tuple(known.get(key.fingerprint, key) for key in fetched)


def unavailable() -> Problem:
    """Keys cannot be looked up now."""
    detail = "The keys of this token's issuer cannot be fetched now: try again in a moment."
    return Problem(503, detail, retry_after=2)
