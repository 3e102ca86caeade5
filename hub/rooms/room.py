"""A room that is open in this process: what its kind makes of its lines, and who is in it."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable
from itertools import islice
from typing import Any

from hub import events
from hub.events import MAX_DATA_BYTES, Draft, Event
from hub.log import Appended, Log, LogAway, Overtaken
from hub.rooms import protocol
from hub.rooms.connection import Member
from hub.rooms.dialect import ROOM_DIALECT, Frame
from hub.rooms.kinds import Kind, Refused
from hub.rooms.protocol import Say
from hub.support import ws_frames
from hub.support.faults import malformed

TOGETHER = 100  # lines placed at once
OVERTAKEN_S = 5.0  # within which what overtook a line is heard
SHOWN = 200  # people named one by one; of more only their number is told

logger = logging.getLogger(__name__)


class Room:
    """Lines go to the log in the order they came here, and come back to everybody by the fan-out.

    Everything of it, here and on other instances, goes by its topic; its name is for people.
    """

    def __init__(
        self,
        name: str,
        topic: str,
        kind: Kind,
        log: Log,
        placed: Callable[[str], None],
        lines_per_day: int,
    ) -> None:
        self.name = name
        self.topic = topic
        self.kind = kind
        self.members: dict[Member, None] = {}
        self.people: dict[str, str] = {}  # here and on other instances, by id
        self.here: Counter[str] = Counter()  # connections of each, here
        self._log = log
        self._placed = placed
        self._lines_per_day = lines_per_day
        self._state: Any = kind.start()
        self._position = 0  # the state is of the lines up to here
        self._begins = 0
        self._counted = 0  # people, as last told to a crowd
        self._recent: deque[int] = deque(maxlen=kind.history + 1)  # positions
        self._early: list[Event] | None = []  # heard before the state was known
        self._waiting: list[tuple[Member, Say]] = []
        self._placing: asyncio.Task[None] | None = None
        self._moved = asyncio.Event()

    @property
    def open(self) -> bool:
        return self._early is None

    @property
    def crowded(self) -> bool:
        return len(self.people) > SHOWN

    @property
    def begins(self) -> int:
        """What a newcomer is given stands after this."""
        full = len(self._recent) == self._recent.maxlen
        return self._recent[0] if full else self._begins

    @property
    def shown(self) -> list[dict[str, str]]:
        return [{"id": id, "name": name} for id, name in islice(self.people.items(), SHOWN)]

    def opened(self, told: list[Event], upto: int) -> None:
        """These are its lines so far; what was heard meanwhile follows."""
        self._recent.clear()
        self._state = self.kind.start()
        for event in told:
            self._fold(event)
        self._begins = told[0].position - 1 if told else upto
        self._position = max(self._position, upto)
        early, self._early = self._early or [], None
        for event in early:
            self.heard(event)

    def heard(self, event: Event) -> None:
        if self._early is not None:
            self._early.append(event)
        elif event.position > self._position:
            self._fold(event)
            self._moved.set()

    def say(self, member: Member, say: Say) -> None:
        self._waiting.append((member, say))
        if self._placing is None:
            self._placing = asyncio.create_task(self._place())

    def judge(self, member: Member, frame: Say | protocol.Signal) -> None:
        """Raises `Refused`."""
        try:
            self.kind.validate(frame, member.who, self._state)
        except Refused:
            raise
        except Exception as error:
            # A kind of the host's own: what it cannot judge is nobody else's trouble.
            malformed.record("frame", f"kind {self.kind.name}", error)
            raise Refused("failed", "This room cannot take that: send something else.") from None

    def tell(self, text: bytes, but: str = "") -> None:
        """Everybody here but the connections of one person."""
        frame = Frame(ws_frames.text(text))
        for member in list(self.members):
            if member.live and member.person.id != but:
                member.put(frame)

    def came(self, id: str, name: str) -> None:
        if id not in self.people:
            self.people[id] = name
            if not self.crowded:
                self.tell(protocol.joined({"id": id, "name": name}), but=id)

    def count(self) -> None:
        """Of a crowd, tell how many there are, if that has changed."""
        if self.crowded and self._counted != len(self.people):
            self._counted = len(self.people)
            self.tell(protocol.members(self._counted))

    def present(self, people: dict[str, str]) -> None:
        """Who is in it now, on all instances: say what has changed."""
        before, self.people = self.people, people
        if self.crowded:
            return
        for id, name in people.items():
            if id not in before:
                self.tell(protocol.joined({"id": id, "name": name}), but=id)
        for id, name in before.items():
            if id not in people:
                self.tell(protocol.left({"id": id, "name": name}))

    def _fold(self, event: Event) -> None:
        self._position = event.position
        self._recent.append(event.position)
        try:
            self._state = self.kind.fold(self._state, protocol.line(event))
        except Exception:
            # A kind of the host's own; its next line is judged by the state before.
            logger.exception("kind %s cannot fold line %d of %s", self.kind.name, event.position, self.name)

    async def _place(self) -> None:
        most = 1 if self.kind.strict else TOGETHER
        while self._waiting:
            some, self._waiting = self._waiting[:most], self._waiting[most:]
            try:
                await self._place_some(some)
            except LogAway:
                for member, say in some:
                    why = "The hub cannot keep lines now: it is sent again by itself."
                    member.tell(protocol.error(say.id, "away", why))
            except Exception:
                logger.exception("lines of %s could not be placed", self.name)
                for member, _ in some:
                    member.end(protocol.Close.ERROR, "instance error")
        self._placing = None

    async def _place_some(self, some: list[tuple[Member, Say]]) -> None:
        while True:
            drafts = []
            judged = []
            for member, say in some:
                try:
                    self.judge(member, say)
                    draft = self._draft(member, say)
                except Refused as refused:
                    if not await self._said_before(member, say):
                        member.tell(protocol.error(say.id, refused.reason, refused.detail))
                    continue
                judged.append((member, say))
                drafts.append(draft)
            if not drafts:
                return
            try:
                placed = await self._log.append_if(drafts, self._position if self.kind.strict else None)
            except Overtaken as overtaken:
                await self._until(overtaken.position)
                continue
            self._placed(self.topic)
            for (member, _), place, draft in zip(judged, placed, drafts, strict=True):
                if place.over_daily:
                    self._over_daily(member, draft)
                else:
                    self._acknowledge(member, place, draft)
            return

    async def _said_before(self, member: Member, say: Say) -> bool:
        """A line sent again may no longer be one that would be accepted; it was all the same."""
        if not self.kind.strict:
            return False
        try:
            draft = self._draft(member, say)
            (place,) = await self._log.append_if([draft], after=-1)
        except (Overtaken, Refused):
            return False
        self._acknowledge(member, place, draft)
        return True

    def _acknowledge(self, member: Member, place: Appended, draft: Draft) -> None:
        # A line is its own acknowledgement. One said before this connection came is not told it again.
        if not place.fresh and place.position <= member.since:
            event = Event(place.position, 0, draft.topic, draft.type, draft.body)
            member.put(ROOM_DIALECT.event(event))

    def _over_daily(self, member: Member, draft: Draft) -> None:
        why = f"You have said the {self._lines_per_day} messages that a day allows: go on tomorrow."
        if member.warned:
            return member.end(protocol.Close.TOO_FAST, why)
        member.warned = True
        member.tell(protocol.error(draft.key, "too-many", why))

    async def _until(self, position: int) -> None:
        async with asyncio.timeout(OVERTAKEN_S):
            while self._position < position:
                self._moved.clear()
                await self._moved.wait()

    def _draft(self, member: Member, say: Say) -> Draft:
        """Raises `Refused`: numbers may take more bytes than they came in."""
        body = protocol.said_body(member.who, say.id, say.body, events.stamp())
        if len(body) > MAX_DATA_BYTES:
            raise Refused(
                "too-large", f"A message takes at most {MAX_DATA_BYTES} bytes: this one is {len(body)}."
            )
        return Draft(self.topic, "said", body, say.id, sender=member.person.id, daily=self._lines_per_day)
