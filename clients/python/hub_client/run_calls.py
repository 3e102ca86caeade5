"""Calls about runs, without I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from hub_client.publishing import call, once
from hub_client.steps import CallSteps, Request

PATH = "/api/v1/runs"


@dataclass(frozen=True, slots=True)
class BegunRun:
    """A run that was begun. ``token`` reads it and nothing else: for a page."""

    id: str
    topic: str
    token: str


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run as its readers see it; ``state`` is one of queued, running, done, failed, stopped and lost.

    Times are RFC 3339. ``text`` is None where runs are listed.
    """

    id: str
    topic: str
    owner: str
    title: str
    state: str
    tokens: int
    started_at: str
    ended_at: str | None
    outcome: Any
    detail: str
    stopped_by: str
    text: str | None = None


def begin(
    owner: str, title: str, share: Sequence[str], lease_s: int, deadline_s: float, *, queued: bool = False
) -> CallSteps:
    """A new run."""
    body = {"owner": owner, "title": title, "share": list(share), "lease_s": lease_s, "queued": queued}
    return call(once(PATH, body), deadline_s, _begun)


def get(run: str, user: str, deadline_s: float) -> CallSteps:
    return call(Request("GET", _path(run) + _query(user=user)), deadline_s, _record)


def find(user: str, owner: str, limit: int, before: str, deadline_s: float) -> CallSteps:
    query = _query(user=user, owner=owner, limit=str(limit), before=before)
    return call(Request("GET", PATH + query), deadline_s, _records)


def stop(run: str, deadline_s: float) -> CallSteps:
    return call(Request("POST", f"{_path(run)}/stop"), deadline_s, _record)


def _path(run: str) -> str:
    return f"{PATH}/{quote(run, safe='')}"


def _query(**given: str) -> str:
    found = {name: value for name, value in given.items() if value}
    return f"?{urlencode(found)}" if found else ""


def _begun(found: Any) -> BegunRun:
    return BegunRun(found["run"], found["topic"], found["token"])


def _records(found: Any) -> list[RunRecord]:
    return [_record(one) for one in found["runs"]]


def _record(found: Any) -> RunRecord:
    return RunRecord(
        id=found["run"],
        topic=found["topic"],
        owner=found["owner"],
        title=found["title"],
        state=found["state"],
        tokens=found["tokens"],
        started_at=found["started_at"],
        ended_at=found["ended_at"],
        outcome=found["outcome"],
        detail=found["detail"],
        stopped_by=found["stopped_by"],
        text=found.get("text"),
    )
