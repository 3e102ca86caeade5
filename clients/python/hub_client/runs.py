"""Runs for code that blocks: begun, read, looked up and stopped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import httpx

from hub_client import run_calls
from hub_client.messages import RunEvent
from hub_client.run_calls import BegunRun, RunRecord
from hub_client.run_core import RunCore
from hub_client.steps import CallSteps
from hub_client.stream import Stream, TokenSource


class RunReader(Stream[RunEvent]):
    """An iterator of a run's events, over all its connections, to the run's end; close it, or use it in
    a ``with`` block. Iterated by one thread; others may close it."""

    def __init__(self, client: httpx.Client, url: str, core: RunCore, token: TokenSource) -> None:
        super().__init__(client, url, core, token)
        self._run = core

    @property
    def text(self) -> str:
        """Of the tokens that were yielded; after a ``last_event_id`` those that followed it."""
        return self._run.text

    @property
    def end(self) -> RunEvent | None:
        """How the run ended, once that was yielded."""
        return self._run.end


class Runs:
    """The runs of a hub: `Hub.runs`. ``token`` is a subscriber token of the person for whom a call is
    made; without one the key is used."""

    def __init__(
        self,
        client: httpx.Client,
        url: str,
        key: str,
        deadline_s: float,
        call: Callable[[CallSteps, str], Any],
    ) -> None:
        self._client = client
        self._url = url
        self._key = key
        self._deadline_s = deadline_s
        self._call = call

    def begin(
        self,
        owner: str,
        *,
        title: str = "",
        share: Sequence[str] = (),
        lease_s: int = 15,
        queued: bool = False,
    ) -> BegunRun:
        """Begin a run of a user, whose events are appended elsewhere; `Hub.run` produces one."""
        steps = run_calls.begin(owner, title, share, lease_s, self._deadline_s, queued=queued)
        begun: BegunRun = self._call(steps, self._key)
        return begun

    def read(
        self, run: str, *, token: TokenSource | None = None, last_event_id: str | None = None
    ) -> RunReader:
        """The events of a run, by the key that began it or by a ``token``: the run's own, or one of somebody
        who may read it. It may be a function that gets one, which is called for each connection."""
        core = RunCore(run, last_event_id)
        return RunReader(self._client, self._url, core, self._key if token is None else token)

    def get(self, run: str, *, user: str = "", token: str = "") -> RunRecord:
        """A run with its text so far, as ``user`` (with a key of the scope `read`) or the token's person may
        read it."""
        found: RunRecord = self._call(run_calls.get(run, user, self._deadline_s), token or self._key)
        return found

    def list(
        self, *, user: str = "", token: str = "", owner: str = "", limit: int = 50, before: str = ""
    ) -> list[RunRecord]:
        """The runs that a person may read, the latest first, from the one before the run ``before`` on."""
        steps = run_calls.find(user, owner, limit, before, self._deadline_s)
        found: list[RunRecord] = self._call(steps, token or self._key)
        return found

    def stop(self, run: str, *, token: str) -> RunRecord:
        """Stop a run, wherever its producer is: with a token of its owner, or of a manager. One that has
        ended stays as it is."""
        found: RunRecord = self._call(run_calls.stop(run, self._deadline_s), token)
        return found
