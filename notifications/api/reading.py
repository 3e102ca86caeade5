"""A user's inbox: lists, counts and read states. Every change returns the new count, and nothing else."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from ninja import Query

from notifications.access import judge
from notifications.api.auth import ReaderRequest
from notifications.api.parameters import only
from notifications.api.requests import InboxQuery, ListingQuery
from notifications.api.responses import Counted, Item, Listing
from notifications.api.router import router
from notifications.inbox import counts, listing
from notifications.inbox import read_state as verbs

TAGS = ["Reading"]


@router.get("notifications", tags=TAGS, response=Listing, exclude_unset=True)
def list_notifications(request: ReaderRequest, query: Query[ListingQuery]) -> dict[str, Any]:
    """A page of the inbox, newest first. It changes no read state: see `seen` and `reading`."""
    only(request, ListingQuery)
    own = judge.own_topics(request.auth)
    items, next = listing.find(
        request.auth,
        own,
        query.filter,
        category=query.category,
        q=query.q,
        before=query.before,
        limit=query.limit,
    )
    return {"items": items, "next": next, "count": counts.of(request.auth, own)}


@router.get("notifications/count", tags=TAGS, response=Counted)
def count_notifications(request: ReaderRequest, query: Query[InboxQuery]) -> dict[str, Any]:
    """The numbers of unread and unseen notifications. Of two counts, the higher version is the newer."""
    only(request, InboxQuery)
    return _counted(request)


@router.get("notifications/{uuid:id}", tags=TAGS, response=Item, exclude_unset=True)
def get_notification(request: ReaderRequest, id: UUID, query: Query[InboxQuery]) -> dict[str, Any]:
    """One notification of the inbox, even of a category that is switched off. It changes no read state."""
    only(request, InboxQuery)
    return listing.one(request.auth, judge.own_topics(request.auth), id)


@router.post("notifications/read-all", tags=TAGS, response=Counted)
def read_all_notifications(request: ReaderRequest) -> dict[str, Any]:
    """Mark all notifications as read."""
    verbs.read_all(request.auth)
    return _counted(request)


@router.post("notifications/seen", tags=TAGS, response=Counted)
def see_all_notifications(request: ReaderRequest) -> dict[str, Any]:
    """Mark all notifications as seen; they stay unread."""
    verbs.see_all(request.auth)
    return _counted(request)


@router.put("notifications/{uuid:id}/reading", tags=TAGS, response=Counted)
def read_notification(request: ReaderRequest, id: UUID) -> dict[str, Any]:
    """Mark it as read, here and on every device."""
    verbs.read(request.auth, id)
    return _counted(request)


@router.delete("notifications/{uuid:id}/reading", tags=TAGS, response=Counted)
def unread_notification(request: ReaderRequest, id: UUID) -> dict[str, Any]:
    """Mark it as unread."""
    verbs.unread(request.auth, id)
    return _counted(request)


@router.put("notifications/{uuid:id}/click", tags=TAGS, response=Counted)
def click_notification(request: ReaderRequest, id: UUID) -> dict[str, Any]:
    """Record that its link was followed, which marks it as read too."""
    verbs.click(request.auth, id)
    return _counted(request)


@router.put("notifications/{uuid:id}/archive", tags=TAGS, response=Counted)
def archive_notification(request: ReaderRequest, id: UUID) -> dict[str, Any]:
    """Archive it: it counts as read, and only `filter=archived` lists it."""
    verbs.archive(request.auth, id)
    return _counted(request)


@router.delete("notifications/{uuid:id}/archive", tags=TAGS, response=Counted)
def unarchive_notification(request: ReaderRequest, id: UUID) -> dict[str, Any]:
    """List it in the inbox again."""
    verbs.unarchive(request.auth, id)
    return _counted(request)


def _counted(request: ReaderRequest) -> dict[str, Any]:
    return {"count": counts.of(request.auth, judge.own_topics(request.auth))}
