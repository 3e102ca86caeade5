"""What programs publish: notifications and live events; and tokens for readers."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from ninja import Body, Header

from hub import events, topics
from hub.errors import Problem
from hub.log import LogAway
from hub.support import transactions
from notifications.access import api_keys, audit, endings, judge, tokens, users
from notifications.access.allowances import allowances
from notifications.access.quotas import quotas
from notifications.api import idempotency
from notifications.api.auth import Key, KeyRequest
from notifications.api.requests import AnyEvents, NotificationBody, TokenBody
from notifications.api.responses import EndedToken, Position, Positions, Sent, SentAll, Token
from notifications.api.router import router
from notifications.models import Notification, user_numbers
from notifications.sending import addresses, audience, recalls
from notifications.sending import notify as sending

TAGS = ["Publishing"]
ENVELOPE_BYTES = 512  # of a notification in the log, without its title and body

IdempotencyKey = Annotated[
    str | None,
    Header(alias="Idempotency-Key", pattern=r"^[ -~]{1,255}$", description="1 to 255 printable characters."),
]


@router.post("notifications", tags=TAGS, auth=Key("send"), response={201: SentAll})
def send_notification(
    request: KeyRequest,
    response: HttpResponse,
    body: NotificationBody,
    idempotency_key: IdempotencyKey = None,
) -> dict[str, Any]:
    """Send a notification to users, groups, topics or everyone. Scope: `send`.

    One is created for each address. `position` is null while it is scheduled, or if the log is unavailable
    when it is committed: it will be delivered. With an `Idempotency-Key` the same request returns the first
    response again for 24 h, with the header `Idempotent-Replay: true`.
    """
    key = request.auth
    if key.topics:
        api_keys.check_topics(key, _written(body.to))
    if not key.may_broadcast:
        _check_audience_size(addresses.resolve(body.to))
    act = partial(_send, request, body)
    if idempotency_key is None:
        return sent_all(act())
    answer, replayed = idempotency.once(key, idempotency_key, request.body, act, sent_all)
    if replayed:
        response["Idempotent-Replay"] = "true"
    return answer


@router.delete("notifications/{uuid:id}", tags=TAGS, auth=Key("send"), response=Sent)
def recall_notification(request: KeyRequest, id: UUID) -> dict[str, Any]:
    """Recall a notification: it is removed from inboxes, and open pages are notified. Scope: `send`."""
    topic = Notification.objects.filter(pk=id).values_list("topic", flat=True).first()
    api_keys.check_topics(request.auth, [topic] if topic else [])
    if topic and not request.auth.may_broadcast:
        _check_audience_size([topic])
    return _sent(recalls.recall(id, by=f"key:{request.auth.name}"))


@router.post("events", tags=TAGS, auth=Key("publish"), response={201: Position | Positions})
def publish_events(
    request: KeyRequest, body: Body[AnyEvents], idempotency_key: IdempotencyKey = None
) -> dict[str, Any]:
    """Publish a live event, or up to 500, of which all or none are published. Scope: `publish`.

    Live events are in the log and in no inbox; `data` is any JSON up to 64 KiB, or what the policy of the
    topic allows. With an `Idempotency-Key`
    they are published once, and the same request returns the first positions again for 24 h.
    """
    raise Problem(404, "This process takes no live events: send them to an instance of the hub, hub.asgi.")


@router.post("tokens", tags=TAGS, auth=Key("tokens"), response={201: Token})
def issue_token(request: KeyRequest, body: TokenBody) -> dict[str, Any]:
    """Issue a token and a ticket with which a user's browser or program reads. Scope: `tokens`.

    Both open the user's inbox as it is when they are used, and the live topics given here. The token is sent
    as `Authorization: Bearer`; the ticket works once, within 30 s, as `/feed/?ticket=`. Both end when the API
    key is revoked; `id` revokes them by themselves. If the key does not open the user's inbox, they open the
    live topics only.
    """
    key = request.auth
    user = users.active(body.user)
    if user is None:
        raise Problem(422, f"No user {body.user[:80]!r}.", field="user")
    named = judge.nameable(user, body.topics)
    api_keys.check_topics(key, named)
    if not key.opens_private:
        _check_public(named)
    if not named:
        api_keys.check_inbox(key, user)
    opened = judge.with_rooms(named)
    quotas.spend(key.pk, notifications=1)
    text, ticket, claims = tokens.issue(user, opened, body.ttl, own=key.opens_inbox(user.pk), key=key.pk)
    expires_at = events.stamp(datetime.fromtimestamp(claims.expires_at, UTC))
    return {"id": claims.id, "token": text, "ticket": ticket, "expires_at": expires_at}


@router.delete("tokens/{id}", tags=TAGS, auth=Key("tokens"), response=EndedToken)
def revoke_token(request: KeyRequest, id: str) -> dict[str, Any]:
    """Revoke a token and its ticket, and close the connections opened with them. Scope: `tokens`.

    An API key that is limited to topics may revoke only the tokens that it issued.
    """
    token = tokens.parse_id(id)
    if request.auth.topics and token.key != request.auth.pk:
        raise Problem(403, "Another API key issued this token: use that one, or one for all topics.")
    if (user := user_numbers.key_of(token.user)) is not None:
        endings.end_token(id, user, token.expires_at)
    return {"id": id}


def _send(request: KeyRequest, body: NotificationBody) -> list[Notification]:
    """Send it within the key's limits; a scheduled one only if the key is not revoked concurrently."""
    key = request.auth
    quotas.spend(key.pk, notifications=len(body.to), bytes=len(request.body))
    size = len(body.title) + len(body.body) + ENVELOPE_BYTES
    with suppress(LogAway):
        allowances.reserve(key.pk, size * len(body.to))
    wide = "everyone" in body.to

    def store() -> list[Notification]:
        if body.send_at is not None and not api_keys.still_works(key):
            raise Problem(401, "This API key is unknown or revoked: use another one.")
        rows = sending.notify(**dict(body), sender=f"key:{key.name}", api_key=key)
        if wide:
            address = request.META.get("REMOTE_ADDR", "")
            audit.note(
                "send",
                rows[0].sending_id,
                by=f"key:{key.name}",
                address=address,
                to=body.to,
                title=body.title,
            )
        return rows

    rows = transactions.run(store) if wide or body.send_at is not None else store()
    quotas.add(key.pk, notifications=len(rows) - len(body.to))
    return rows


def _check_audience_size(reached: Sequence[str]) -> None:
    """Raise a `Problem` of 403 if reaching these topics requires the right to broadcast."""
    if audience.role(reached, audience.people(reached).count()) == "broadcast":
        raise Problem(
            403,
            f"This API key may not send to everyone, nor to more than {settings.HUB_CONFIRM_ABOVE} people at "
            "once: name fewer, or use one that may broadcast.",
        )


def _check_public(named: Sequence[str]) -> None:
    rooms = [topic for topic in named if topics.is_room(topic) or topics.is_inbox(topic)]
    if rooms:
        raise Problem(
            403, "This API key opens no inboxes and no rooms: leave them out, or use another.", topics=rooms
        )


def _written(to: Sequence[str]) -> list[str]:
    """The topics that a key must cover; a segment may reach any user."""
    named = [address for address in to if not address.startswith("segment:")]
    any_user = [topics.ANY_USER] if len(named) < len(to) else []
    return [*(addresses.resolve(named) if named else ()), *any_user]


def sent_all(rows: Sequence[Notification]) -> dict[str, Any]:
    return {"notifications": [_sent(row) for row in rows]}


def _sent(row: Notification) -> dict[str, Any]:
    return {"id": str(row.pk), "topic": row.topic, "position": str(row.position) if row.position else None}
