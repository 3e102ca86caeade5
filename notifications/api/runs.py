"""Runs of agents: begun, produced, ended and stopped by programs; listed and stopped by people."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import Any, NoReturn
from uuid import UUID

from django.db import transaction
from django.http import HttpResponse
from ninja import Query, Status

from hub import events, topics
from hub.errors import Problem
from hub.log import NO_TERMS, Terms
from notifications.access import audit, tokens, users
from notifications.access.quotas import quotas
from notifications.api import idempotency
from notifications.api.auth import Key, KeyRequest, Reader, ReaderRequest
from notifications.api.parameters import only
from notifications.api.publishing import IdempotencyKey
from notifications.api.router import router
from notifications.api.run_bodies import (
    Answer,
    Begun,
    DoneBody,
    ErrorBody,
    RunBody,
    RunEventsBody,
    RunItem,
    RunList,
    RunQuery,
    RunWhole,
)
from notifications.models import ApiKey, Run
from notifications.runs import access, lifecycle, text
from notifications.runs.formats import FORMATS
from notifications.runs.production import Produced
from notifications.runs.shared import production
from notifications.sending import addresses
from notifications.sending.errors import BadNotification
from notifications.user_model import User

TAGS = ["Runs"]
MAX_OUTCOME_BYTES = 64 * 1024  # of JSON
TOKEN_S = tokens.MAX_TTL_S
STREAM = {
    "parameters": [{"in": "query", "name": "format", "schema": {"enum": sorted(filter(None, FORMATS))}}],
    "responses": {
        200: {"description": "OK", "content": {"text/event-stream": {"schema": {"type": "string"}}}}
    },
}


@router.post("runs", tags=TAGS, auth=Key("publish"), response={201: Begun})
def begin_run(
    request: KeyRequest, response: HttpResponse, body: RunBody, idempotency_key: IdempotencyKey = None
) -> Status[dict[str, Any]]:
    """Begin a run of a user. Scope: `publish`.

    `share` names who else may read it, as addresses of a notification. Its producer calls at least once per
    `lease_s`; after that it is `lost`. A key that is bound to topics begins none. With an `Idempotency-Key`
    the same request returns the first run again for 24 h, with the header `Idempotent-Replay: true`.
    """
    key = request.auth
    act = partial(_begin, key, body)
    if idempotency_key is None:
        return Status(201, _with_token(act()))
    stored, replayed = idempotency.once(key, idempotency_key, request.body, act, dict)
    if replayed:
        response["Idempotent-Replay"] = "true"
    return Status(201, _with_token(stored))


def _begin(key: ApiKey, body: RunBody) -> dict[str, Any]:
    """A new run, with the claims of its token: the token itself is not stored."""
    if key.topics:
        raise Problem(403, "This API key is bound to topics, and begins no runs: use one without.")
    if not key.opens_private:
        raise Problem(403, "This API key opens no inboxes, and begins no runs: use another.")
    owner = users.active(body.owner)
    if owner is None:
        raise Problem(422, f"No user {body.owner[:80]!r}.", field="owner")
    try:
        share = addresses.resolve(body.share) if body.share else []
    except BadNotification as bad:
        raise Problem(422, str(bad), field="share") from None
    if outside := [topic for topic in share if not topics.is_inbox(topic)]:
        raise Problem(422, f"A run is shared with users and groups, not with {outside[0]!r}.", field="share")
    quotas.spend(key.pk, notifications=1)
    run = lifecycle.begin(
        owner, title=body.title, share=share, lease_s=body.lease_s, queued=body.queued, key=key
    )
    topic = run.topic
    claims = tokens.claims(owner, [topic], TOKEN_S, own=False, key=key.pk)
    return {"run": str(run.pk), "topic": topic, "claims": tokens.payload(claims)}


def _with_token(begun: dict[str, Any]) -> dict[str, Any]:
    token = tokens.sign(tokens.from_payload(begun["claims"]))
    return {"run": begun["run"], "topic": begun["topic"], "token": token}


@router.post("runs/stream", tags=TAGS, auth=Key("publish"), response=None, openapi_extra=STREAM)
def begin_and_stream(request: KeyRequest, body: RunBody, idempotency_key: IdempotencyKey = None) -> NoReturn:
    """Begin a run as `POST /api/v1/runs` does; the answer is its stream, in any `?format=`.

    The header `Hub-Run` names the run, which goes on when the reader leaves. With an `Idempotency-Key` the
    same request is answered with the stream of the first run again. Scope: `publish`.
    """
    raise Problem(
        503, "Runs are streamed by the hub's ASGI application alone: send this to it.", retry_after=1
    )


@router.post("runs/{uuid:id}/events", tags=TAGS, auth=Key("publish"), response=Answer)
def produce_events(
    request: KeyRequest, id: UUID, body: RunEventsBody, idempotency_key: IdempotencyKey = None
) -> dict[str, Any]:
    """Append events to a run, all or none, and renew its lease. Scope: `publish`, of the key that began it.

    The data of a `token` are `{"text": "…"}`. With `stop` the run has ended, and nothing was appended. As
    `application/x-ndjson`, an event per line, the body is read while it arrives, however long that takes.
    """
    key = request.auth
    quotas.spend(key.pk, events=len(body.events), bytes=len(request.body))
    owner = str(key.pk)
    terms = NO_TERMS
    if idempotency_key is not None:
        digest = hashlib.sha256(request.body).hexdigest()
        terms = Terms(owner, f"{owner}:{id}:{idempotency_key}", digest)
    pairs = [(event.type, event.data) for event in body.events]
    return _answer(production.append(id, pairs, key=key.pk, terms=terms))


@router.post("runs/{uuid:id}/done", tags=TAGS, auth=Key("publish"), response=RunWhole)
def finish_run(request: KeyRequest, id: UUID, body: DoneBody) -> dict[str, Any]:
    """End a run with its outcome. Scope: `publish`. One that has ended stays as it is."""
    try:
        size = len(events.encode(body.outcome))
    except events.BadEvent as bad:
        raise Problem(422, str(bad), field="outcome") from None
    if size > MAX_OUTCOME_BYTES:
        raise Problem(413, f"An outcome has at most {MAX_OUTCOME_BYTES} bytes of JSON.", field="outcome")
    return _end(request, id, Run.State.DONE, outcome=body.outcome)


@router.post("runs/{uuid:id}/error", tags=TAGS, auth=Key("publish"), response=RunWhole)
def fail_run(request: KeyRequest, id: UUID, body: ErrorBody) -> dict[str, Any]:
    """End a run that failed. Scope: `publish`. One that has ended stays as it is."""
    return _end(request, id, Run.State.FAILED, detail=body.detail)


@router.post("runs/{uuid:id}/stop", tags=TAGS, auth=Reader(), response=RunItem)
def stop_run(request: ReaderRequest, id: UUID) -> dict[str, Any]:
    """Stop a run, wherever its producer is: for its owner and for managers. One that has ended stays as it
    is."""
    user = request.auth
    run = access.find_to_stop(user, id)
    with transaction.atomic():
        run = lifecycle.end(run, Run.State.STOPPED, by=user.get_username())
        if run.owner_id != user.pk:
            address = request.META.get("REMOTE_ADDR", "")
            audit.note("stop-run", id, actor=user, address=address, owner=run.owner.get_username())
    return _item(run, text.now(run)[1], user)


@router.get("runs", tags=TAGS, auth=Reader(inbox=False), response=RunList)
def list_runs(request: ReaderRequest, query: Query[RunQuery]) -> dict[str, Any]:
    """The runs that this user owns, or that are shared with them, the latest first."""
    only(request, RunQuery)
    found = access.readable(request.auth).select_related("owner")
    if query.owner is not None:
        owner = users.active(query.owner)
        found = found.filter(owner=owner) if owner is not None else found.none()
    if query.before is not None:
        found = found.filter(pk__lt=query.before)
    rows = list(found.defer("text").order_by("-pk")[: query.limit + 1])
    person = _person(request)
    items = [_item(run, run.tokens, person) for run in rows[: query.limit]]
    return {"runs": items, "next": items[-1]["run"] if len(rows) > query.limit else None}


@router.get("runs/{uuid:id}", tags=TAGS, auth=Reader(inbox=False), response=RunWhole)
def get_run(request: ReaderRequest, id: UUID) -> dict[str, Any]:
    """A run with its text so far."""
    return _whole(access.find(request.auth, id), _person(request))


def _end(request: KeyRequest, id: UUID, state: Run.State, **facts: Any) -> dict[str, Any]:
    run = Run.objects.filter(pk=id).first()
    if run is None:
        raise Problem(404, "There is no such run: begin one with POST /api/v1/runs.")
    if run.api_key_id != request.auth.pk:
        raise Problem(403, "Another API key began this run: use that one.")
    production.store()
    return _whole(lifecycle.end(run, state, **facts))


def _answer(produced: Produced) -> dict[str, Any]:
    position = None if produced.position is None else str(produced.position)
    return {"position": position, "stop": produced.stop}


def _person(request: ReaderRequest) -> User | None:
    """Who is there in person; None where a program reads for them."""
    return None if getattr(request, "api_key", None) is not None else request.auth


def _whole(run: Run, person: User | None = None) -> dict[str, Any]:
    found, number = text.now(run)
    return {**_item(run, number, person), "text": found}


def _item(run: Run, number: int, person: User | None) -> dict[str, Any]:
    """``person`` asks; None is a program."""
    return {
        "run": str(run.pk),
        "topic": run.topic,
        "owner": run.owner.get_username(),
        "title": run.title,
        "state": run.state,
        "tokens": number,
        "started_at": events.stamp(run.started_at),
        "ended_at": None if run.ended_at is None else events.stamp(run.ended_at),
        "outcome": run.outcome,
        "detail": run.detail,
        "stopped_by": run.stopped_by,
        "may_stop": person is not None and run.ended_at is None and access.may_stop(person, run),
    }
