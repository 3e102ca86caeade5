"""Creates, changes and lists people whose accounts another system keeps."""

from __future__ import annotations

from typing import Any

from ninja import Query, Status

from hub.errors import Problem
from notifications.access import quotas
from notifications.api.auth import Key, KeyRequest
from notifications.api.parameters import only
from notifications.api.requests import (
    PeopleBody,
    PeopleQuery,
    PersonBody,
    PersonChanges,
    PersonId,
)
from notifications.api.responses import People, Person, Upserted
from notifications.api.router import router
from notifications.people import listing
from notifications.people.description import Description, PersonRefused
from notifications.people.upsert import upsert

TAGS = ["People"]


class PeopleKey(Key):
    """Requires an API key of scope `people` that is not bound to topics: its people could enter any group."""

    def __init__(self) -> None:
        super().__init__("people")

    def __call__(self, request: Any) -> Any:
        key = super().__call__(request)
        if key.topics:
            raise Problem(403, "This API key is bound to topics, and changes no people: use one without.")
        return key


@router.put("people", tags=TAGS, auth=PeopleKey(), response=Upserted)
def replace_people(request: KeyRequest, body: PeopleBody) -> dict[str, int]:
    """Create or change up to 1,000 people, all of them or none. Scope: `people`.

    Each is as with `PUT people/{id}`. A refusal names the first person at fault by index: `people.17.email`.
    """
    quotas.quotas.spend(request.auth.pk, bytes=len(request.body))
    people = [Description(one.id, one.model_dump(exclude={"id"})) for one in body.people]
    try:
        done = upsert(people)
    except PersonRefused as refused:
        raise Problem(
            refused.status, refused.detail, field=f"people.{refused.index}.{refused.field}"
        ) from None
    return {"created": done.created, "changed": done.changed}


@router.get("people", tags=TAGS, auth=PeopleKey(), response=People)
def list_people(request: KeyRequest, query: Query[PeopleQuery]) -> dict[str, Any]:
    """List people in order of their ids. Scope: `people`."""
    only(request, PeopleQuery)
    found, more = listing.page(query.limit, query.after, query.group, query.active)
    items = listing.items(found)
    return {"people": items, "next": items[-1]["id"] if more else None}


@router.get("people/{path:id}", tags=TAGS, auth=PeopleKey(), response=Person)
def get_person(request: KeyRequest, id: PersonId) -> dict[str, Any]:
    """A person. Scope: `people`."""
    return listing.items([listing.find(id)])[0]


@router.put("people/{path:id}", tags=TAGS, auth=PeopleKey(), response={200: Person, 201: Person})
def replace_person(request: KeyRequest, id: PersonId, body: PersonBody) -> Status[dict[str, Any]]:
    """Create a person, or make the one with this id as described: what is left out gets its default.

    The id is the other system's; who is new signs in with no password. Staff are changed in the admin only.
    Scope: `people`.
    """
    done = upsert([Description(id, body.model_dump())])
    return Status(201 if done.created else 200, get_person(request, id))


@router.patch("people/{path:id}", tags=TAGS, auth=PeopleKey(), response=Person)
def change_person(request: KeyRequest, id: PersonId, body: PersonChanges) -> dict[str, Any]:
    """Change some of a person. `{"active": false}` deactivates them: their sessions, tokens and open
    connections end, and their rows stay. Scope: `people`."""
    listing.find(id)
    upsert([Description(id, body.model_dump(exclude_none=True))])
    return get_person(request, id)
