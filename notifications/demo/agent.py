"""The agent of the gallery's chat: it answers with a recording, as a run, in a thread of this process."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from concurrent.futures import Future
from uuid import UUID

from django.conf import settings
from django.db import connections

from hub.errors import Problem
from notifications.demo import recorded_answers
from notifications.models import Run
from notifications.runs.producer import run
from notifications.user_model import User

LEASE_S = 4
BEGIN_S = 10.0
MAX_ANSWERS = 20  # at once, of this process
MAX_ANSWERS_OF_PERSON = 3

logger = logging.getLogger(__name__)


class Agent:
    """Its methods may be called by any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answering: Counter[str] = Counter()  # by person's id

    def answers(self, person: str) -> bool:
        """Whether an answer for this person is being written here."""
        return self._answering[person] > 0

    def ask(self, person: User, prompt: str) -> UUID:
        """Begin to answer; the id of the run. Raises a `Problem` of 429, and `LogAway`."""
        if Run.objects.filter(owner=person, ended_at=None).count() >= MAX_ANSWERS_OF_PERSON:
            raise Problem(429, "You have answers that are being written: wait, or stop one.", retry_after=5)
        key = str(person.pk)
        with self._lock:
            if self._answering.total() >= MAX_ANSWERS:
                raise Problem(429, "Many people ask just now: try again in a moment.", retry_after=5)
            self._answering[key] += 1
        begun = Future[UUID]()
        threading.Thread(target=self._answer, args=(person, prompt, begun), name="agent", daemon=True).start()
        return begun.result(BEGIN_S)

    def _answer(self, person: User, prompt: str, begun: Future[UUID]) -> None:
        try:
            with run(person, title=prompt, lease_s=LEASE_S) as answer:
                begun.set_result(answer.id)
                for part in recorded_answers.parts(recorded_answers.closest(prompt)):
                    time.sleep(part.pause_s)
                    data = part.data
                    if part.type == "phase":
                        data = {**data, "instance": settings.HUB_INSTANCE}
                    answer.event(part.type, data)
                answer.outcome = {"instance": settings.HUB_INSTANCE}
        except Exception as error:
            if begun.done():
                logger.info("an answer of the gallery failed: %s", error)
            else:
                begun.set_exception(error)
        finally:
            with self._lock:
                self._answering[str(person.pk)] -= 1
            connections.close_all()


agent = Agent()
