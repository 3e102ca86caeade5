"""What is done to messages of a room after they were said: edited, removed, reacted to. No I/O."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from hub import events
from hub.events import Event
from hub.rooms.kinds import Refused
from hub.rooms.message_index import Indexed
from hub.rooms.protocol import Change

# By position, what stands for an earlier event now: the message as it is, or nothing.
Replaced = dict[int, Event | None]

EDITED, REMOVED, REACTED = "edited", "removed", "reacted"
TYPES = {"edit": EDITED, "remove": REMOVED, "react": REACTED}

MAX_REACTION = 32  # characters: an emoji may be a dozen
MAX_REACTIONS = 20  # different ones on a message
MAX_REACTIONS_OF_PERSON = 10  # on a message
MAX_REACTIONS_OF_ALL = 500  # on a message: they travel with it

# Reason and detail of a refusal.
GONE = ("unknown-message", "There is no such message in this room, or no longer: leave it.")
NOT_OWN = ("not-yours", "You can remove what you said; what others said, only staff can.")

_SEPARATOR = re.compile(r"[\s\x00-\x1f\x7f-\x9f]")
_JOINERS = re.compile("[\u200d\U000e0020-\U000e007f]")  # within emoji


def body(change: Change, sender: Mapping[str, str], message: Indexed | None = None) -> bytes:
    """The body of a change's event: the frame without its type and position. Raises `Refused`. Without the
    message, it is no more than what the change itself says."""
    data: dict[str, Any] = {
        "from": {"id": sender["id"], "name": sender["name"]},
        "id": change.id,
        "of": str(change.of),
        "body": change.body,
    }
    if message is not None and change.type == "react":
        data["on"] = _reacts(change, sender["id"], message)
    data["at"] = events.stamp()
    if message is not None and change.type == "edit":
        # Whoever has not seen the message learns all of it: its text is gone from the log.
        data["said"] = {"id": message.id, "at": message.at}
    return events.encode(data)


def joined(rows: list[Event], logged: list[Event], since: int) -> list[Event]:
    """Rows of a room and what the log has of it, complete after ``since``, as one history."""
    first = logged[0].position if logged else 0
    earlier = [row for row in rows if not logged or row.position < first]
    return compacted(earlier + logged, rows[0].position - 1 if rows else since)


def compacted(found: Sequence[Event], after: int) -> list[Event]:
    """Events of one room that follow a position, with each message that was edited where it was said."""
    messages = {event.position for event in found if event.type == "said"}
    edited: dict[int, Event] = {}
    for event in found:
        if event.type == EDITED:
            of = int(json.loads(event.body)["of"])
            if of > after and of not in messages:
                edited[of] = _edited_message(event, of)
        elif event.type == REMOVED and edited:
            edited.pop(int(json.loads(event.body)["of"]), None)
    return sorted([*found, *edited.values()], key=lambda event: event.position) if edited else list(found)


def replaced(event: Event, void: int) -> Replaced:
    """What an event of type ``edited`` or ``removed`` replaces. ``void`` is the position of an edit that it
    makes void, or 0."""
    of = int(json.loads(event.body)["of"])
    return {
        of: _edited_message(event, of) if event.type == EDITED else None,
        **({void: None} if void else {}),
    }


def _edited_message(event: Event, of: int) -> Event:
    data = json.loads(event.body)
    message = {
        "from": data["from"],
        "id": data["said"]["id"],
        "body": data["body"],
        "at": data["said"]["at"],
        "edited": data["at"],
    }
    return Event(of, 0, event.topic, "said", events.encode(message))


def _reacts(change: Change, person: str, message: Indexed) -> bool:
    """Whether the person reacts so from now on; they do no longer if they did. Raises `Refused`."""
    reaction = change.body
    if not isinstance(reaction, str) or not 0 < len(reaction) <= MAX_REACTION or _is_text(reaction):
        raise Refused(
            "not-a-reaction", f"A reaction is an emoji or a word of 1 to {MAX_REACTION} characters."
        )
    people = message.reactions.get(reaction, ())
    if person in people:
        return False
    of_person = sum(person in others for others in message.reactions.values())
    if (
        (not people and len(message.reactions) >= MAX_REACTIONS)
        or of_person >= MAX_REACTIONS_OF_PERSON
        or sum(map(len, message.reactions.values())) >= MAX_REACTIONS_OF_ALL
    ):
        raise Refused(
            "too-many-reactions",
            f"A message has at most {MAX_REACTIONS} different reactions, {MAX_REACTIONS_OF_PERSON} of a "
            f"person and {MAX_REACTIONS_OF_ALL} in all: take one back first.",
        )
    return True


def _is_text(reaction: str) -> bool:
    """Whether it has spaces, or characters that only change how others are shown."""
    visible = _JOINERS.sub("", reaction)
    return (
        not visible
        or _SEPARATOR.search(reaction) is not None
        or any(unicodedata.category(character) in ("Cf", "Cs", "Co", "Cn") for character in visible)
    )
