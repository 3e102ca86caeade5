"""Addresses of a notification, as senders write them, resolved to topics."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.contrib.auth.models import Group

from hub import topics
from notifications import user_model
from notifications.access import names
from notifications.models import UNSAYABLE
from notifications.sending import segments
from notifications.sending.errors import BadNotification, UnknownRecipients

MAX_ADDRESSES = 1000
MAX_SEGMENT = 10_000  # people, each of whom takes a row; for more there are groups and topics
KINDS = "user:…, email:…, id:…, group:…, topic:…, segment:… or everyone"


def resolve(to: Sequence[str]) -> list[str]:
    """The topics of some addresses, each once. Raises `UnknownRecipients`, which has all that are unknown,
    and `BadNotification` for others that cannot be sent to."""
    return list(resolve_each(to))


def resolve_each(to: Sequence[str]) -> dict[str, str]:
    """The same, each topic with the first address that resolves to it."""
    if not to:
        raise BadNotification("to", f"Add at least one recipient: {KINDS}.", "no_address")
    if len(to) > MAX_ADDRESSES:
        raise BadNotification(
            "to",
            f"Too many recipients (at most {MAX_ADDRESSES}). Use a group or a topic.",
            "many_addresses",
            most=MAX_ADDRESSES,
        )
    requested: dict[str, set[str]] = {"user": set(), "group": set(), "email": set(), "id": set()}
    for address in to:
        kind, _, name = address.partition(":")
        if kind in requested:
            requested[kind].add(name if UNSAYABLE.search(name) is None else "")
    named = {
        "user": _people(requested["user"]),
        "group": _groups(requested["group"]),
        "email": _by_email(requested["email"]),
        "id": _by_outside_id(requested["id"]),
    }
    found: dict[str, str] = {}
    unknown: dict[str, None] = {}
    for address in to:
        resolved = _topics(address, named)
        if resolved is None:
            unknown[address] = None
        for topic in resolved or ():
            found.setdefault(topic, address)
    if unknown:
        raise UnknownRecipients(list(unknown), KINDS)
    if not found:
        raise BadNotification(
            "to", "This segment is empty right now. Choose another recipient.", "empty_segment"
        )
    return found


def _people(usernames: Collection[str]) -> dict[str, str]:
    """The topics of the active users among these, by name."""
    if not usernames:
        return {}
    found = user_model.named(usernames).values_list("pk", user_model.name_field())
    return {name: topics.user(key) for key, name in found}


def _by_email(given: Collection[str]) -> dict[str, str]:
    """The topics of the active users among these, by address. One that several people have is no one's: it
    may be that only one of them can read its mail."""
    field = user_model.email_field()
    if not given or field is None:
        return {}
    found = user_model.active_users().filter(**{f"{field}__in": given}).values_list("pk", field)
    people: dict[str, set[str]] = {}
    for key, email in found:
        people.setdefault(email, set()).add(topics.user(key))
    return {email: one for email, (one, *others) in people.items() if email and not others}


def _by_outside_id(given: Collection[str]) -> dict[str, str]:
    """The topics of the active users among these, by the id that another system gave them."""
    if not given:
        return {}
    found = user_model.active_users().filter(hub_profile__outside_id__in=given)
    return {id: topics.user(key) for key, id in found.values_list("pk", "hub_profile__outside_id")}


def _groups(group_names: Collection[str]) -> dict[str, str]:
    """The topics of the groups among these, by name."""
    if not group_names:
        return {}
    found = Group.objects.filter(name__in=group_names).values_list("pk", "name")
    return {name: topics.group(id) for id, name in found}


def group_of(address: str) -> str | None:
    """The group name in an address; None if it is not a group's."""
    return address.removeprefix(names.ADDRESS) if address.startswith(names.ADDRESS) else None


def _topics(address: str, named: dict[str, dict[str, str]]) -> list[str] | None:
    """None for an address that names no one."""
    kind, _, name = address.partition(":")
    try:
        if address == "everyone":
            return [topics.EVERYONE]
        if kind in named and name in named[kind]:
            return [named[kind][name]]
        if kind == "topic":
            return [topics.check_live(name)]
        if kind == "segment" and name in segments.names():
            return _segment(name)
    except topics.BadTopic as bad:
        raise BadNotification("to", str(bad), bad.reason, **bad.values) from None
    return None


def _segment(name: str) -> list[str]:
    people = list(segments.people(name).values_list("pk", flat=True)[: MAX_SEGMENT + 1])
    if len(people) > MAX_SEGMENT:
        raise BadNotification(
            "to",
            f"{name!r} has more than {MAX_SEGMENT} people. Use a group, a topic or everyone.",
            "large_segment",
            name=name,
            most=MAX_SEGMENT,
        )
    return [topics.user(id) for id in people]
