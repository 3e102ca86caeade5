"""Maps a GitHub webhook to a notification and a live event: pure functions."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from hub import events
from notifications.models import MAX_TITLE, UNSAYABLE

MAX_BODY = 2000  # characters
AUDIENCE = ("user:alice", "user:bob", "user:carol", "group:ops", "everyone")

# Objects of a payload, the more specific first.
SUBJECTS = (
    *(
        "answer",
        "comment",
        "review",
        "thread",
        "check_run",
        "workflow_job",
        "workflow_job_run",
        "check_suite",
    ),
    *("deployment_status", "workflow_run", "deployment", "build", "release", "alert", "security_advisory"),
    *("project_card", "project_column", "project", "key", "rule", "forkee", "package", "registry_package"),
    *("discussion", "issue", "pull_request", "head_commit", "commit", "milestone", "label", "workflow"),
    *("blocked_user", "member", "team"),
)
CONTEXTS = ("repository", "organization", "sender")
SECURITY = ("dependabot", "code-scanning", "secret-scanning", "repository-vulnerability", "security-advisory")
BAD = {"failure", "error", "timed_out", "action_required", "startup_failure"}
GOOD = {"success", "built", "fixed", "resolved", "approved", "merged", "published"}
UNDONE = {"deleted", "removed", "revoked", "suspend", "cancelled", "blocked", "failed"}

Json = dict[str, Any]


def key(number: int, text: str) -> str:
    """The `Idempotency-Key` of a line of a file: playing the file again sends nothing twice."""
    return f"github-{number}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def notification(number: int, webhook: Mapping[str, Any]) -> Json:
    """The body of `POST notifications`; the ``number`` of the line decides the recipient."""
    payload = webhook["payload"]
    subjects = [found for name in SUBJECTS if isinstance(found := payload.get(name), dict)]
    contexts = [found for name in CONTEXTS if isinstance(found := payload.get(name), dict)]
    name = _name(webhook["event"])
    return {
        "to": [AUDIENCE[number % len(AUDIENCE)]],
        "title": _title(name, payload, subjects),
        "body": _clean(_first(subjects[:1], "body", "description", "message", "text"))[:MAX_BODY],
        "url": _first([*subjects, *contexts], "html_url"),
        "category": name,
        "severity": _severity(name, payload, subjects),
    }


def event(webhook: Mapping[str, Any]) -> Json:
    """The body of `POST events`; data that is too large for an event is reduced."""
    payload = webhook["payload"]
    data = payload
    if len(events.encode(payload)) > events.MAX_DATA_BYTES:
        small = {k: v for k, v in payload.items() if isinstance(v, (str, int)) and len(str(v)) <= MAX_TITLE}
        data = {"cut": True, **small}
    topic = "repo-" + re.sub(r"[^A-Za-z0-9._~-]", "-", _owner_name(payload))[:100]
    return {"topic": topic, "type": _name(webhook["event"]), "data": data}


def _name(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:64]


def _title(name: str, payload: Json, subjects: list[Json]) -> str:
    words = name.replace("-", " ").capitalize()
    if payload.get("action"):
        words += f" {str(payload['action']).replace('_', ' ')}"
    number = next((f" #{subject['number']}" for subject in subjects if subject.get("number")), "")
    about = _first([*subjects, payload], "title", "summary", "name", "tag_name", "login", "ref")
    title = f"{words} in {_owner_name(payload)}{number}" + (f": {about}" if about else "")
    return " ".join(_clean(title).split())[:MAX_TITLE]


def _severity(name: str, payload: Json, subjects: list[Json]) -> str:
    states = {str(payload.get(field)) for field in ("action", "state", "status")}
    for subject in subjects[:1]:
        states |= {str(subject.get(field)) for field in ("conclusion", "state", "severity")}
    if states & BAD:
        return "error"
    if states & GOOD and name != "security-advisory":
        return "success"
    if name.startswith(SECURITY):
        return "critical" if states & {"critical", "high"} else "warning"
    return "warning" if states & UNDONE else "info"


def _owner_name(payload: Json) -> str:
    for context in CONTEXTS:
        found = payload.get(context)
        if isinstance(found, dict):
            return str(found.get("name") or found.get("login"))
    return "github"


def _first(subjects: list[Json], *fields: str) -> str:
    return next(_texts(subjects, fields), "")


def _texts(subjects: list[Json], fields: tuple[str, ...]) -> Iterator[str]:
    for subject in subjects:
        for field in fields:
            if isinstance(subject.get(field), str) and subject[field].strip():
                yield subject[field]


def _clean(text: str) -> str:
    return UNSAYABLE.sub("", text)
