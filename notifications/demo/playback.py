"""Plays scenes while a page of the gallery is open: an idle demo publishes nothing."""

from __future__ import annotations

import asyncio
import logging
import time

from django.conf import settings

from hub import events
from hub.log import LogAway, Terms
from hub.log.current import shared_log
from hub.policies import checks
from hub.ports import Feed
from hub.support.threads import in_thread
from notifications.demo.playback_store import PlaybackStore, Progress, shared_store
from notifications.demo.scenes.catalogue import scene_of
from notifications.demo.scenes.scene import PREFIX, Scene, Step

LOOK_S = 0.5  # between two looks at which topics are read here
ANNOUNCE_S = 2.0
GRACE_S = 15.0  # after the last reader left: they may be cut off, and come back
RETRY_S = 1.0

logger = logging.getLogger(__name__)


class Playback:
    """The scenes of the topics that open feeds of this instance read, one task for each."""

    def __init__(self, store: PlaybackStore | None = None) -> None:
        self._store = store or shared_store()
        self._feeds: set[Feed] = set()
        self._read_at: dict[str, float] = {}  # by topic: when it was seen to be read here
        self._playing: dict[str, asyncio.Task[None]] = {}

    def feed_opened(self, feed: Feed) -> None:
        self._feeds.add(feed)

    def feed_closed(self, feed: Feed) -> None:
        self._feeds.discard(feed)

    def reads(self, person: str) -> bool:
        """Whether a person has a feed open here."""
        return any(feed.person.id == person for feed in self._feeds)

    async def run(self) -> None:
        announced_at = 0.0
        while True:
            now = time.monotonic()
            try:
                if now - announced_at > ANNOUNCE_S:
                    announced_at = now
                    await in_thread(self._store.announce, settings.HUB_INSTANCE)
                self._look(now)
            except LogAway as error:
                logger.debug("the gallery waits for the log: %s", error)
            await asyncio.sleep(LOOK_S)

    def _look(self, now: float) -> None:
        read = set[str]().union(*(feed.topics for feed in self._feeds))
        self._read_at.update((topic, now) for topic in read if topic.startswith(PREFIX) and scene_of(topic))
        self._read_at = {topic: at for topic, at in self._read_at.items() if now - at < GRACE_S}
        self._playing = {topic: task for topic, task in self._playing.items() if not task.done()}
        for topic in self._read_at.keys() - self._playing.keys():
            scene = scene_of(topic)
            if scene is not None:
                task = asyncio.create_task(self._play(topic, scene), name=f"scene of {topic}")
                self._playing[topic] = task

    async def _play(self, topic: str, scene: Scene) -> None:
        """Play as long as this instance holds the lease, and somebody reads."""
        try:
            progress = await in_thread(self._store.hold, topic)
            while progress is not None and topic in self._read_at:
                steps = scene.steps(progress.run)
                if progress.steps < len(steps):
                    progress = await self._continue(topic, scene, steps, progress)
                elif scene.repeats_after_s is not None:
                    progress = await self._rest(topic, progress, scene.repeats_after_s)
                else:
                    break
            if progress is not None:
                await in_thread(self._store.release, topic)
        except LogAway as error:
            logger.debug("the scene of %s waits for the log: %s", topic, error)
            await asyncio.sleep(RETRY_S)
        except Exception:
            logger.exception("the scene of %s stops", topic)
            await asyncio.sleep(RETRY_S)

    async def _continue(
        self, topic: str, scene: Scene, steps: tuple[Step, ...], progress: Progress
    ) -> Progress | None:
        """Publish the steps that are left of a run. None: another instance has the lease."""
        due = time.monotonic()
        held: Progress | None = progress
        while held is not None and topic in self._read_at and held.steps < len(steps):
            held = await in_thread(self._publish, topic, scene, steps[held.steps], held)
            due = max(due + scene.interval_s, time.monotonic())  # what is late is not made up for
            await asyncio.sleep(due - time.monotonic())
        return held

    async def _rest(self, topic: str, progress: Progress, seconds: float) -> Progress | None:
        """Wait until the next run is due, and begin it."""
        held: Progress | None = progress
        until = time.monotonic() + seconds
        while held == progress and topic in self._read_at and time.monotonic() < until:
            await asyncio.sleep(LOOK_S)
            held = await in_thread(self._store.hold, topic)
        if held != progress or topic not in self._read_at:
            return held
        return await in_thread(self._store.hold, topic, Progress(progress.run + 1, 0))

    def _publish(self, topic: str, scene: Scene, step: Step, progress: Progress) -> Progress | None:
        # As `POST /api/v1/events` does with a list and an `Idempotency-Key`: the successor of an instance
        # that was killed does not know whether its last step arrived, and publishes it again.
        drafts = [events.draft(topic, one.type, one.data, value_key=one.key) for one in step]
        checks.check_all(drafts)
        key = f"demo {topic} {progress.run} {progress.steps}" if scene.once else ""
        shared_log().append(drafts, Terms(key=key, digest=topic))
        return self._store.hold(topic, Progress(progress.run, progress.steps + 1))


def play_again(topic: str) -> bool:
    """Begin another run of a scene that has ended; False if it has not."""
    scene = scene_of(topic)
    store = shared_store()
    progress = store.progress(topic)
    if scene is None or progress.steps < len(scene.steps(progress.run)):
        return False
    if scene.once:
        shared_log().forget([topic])  # what readers replay is one run
    return store.replace(topic, progress, Progress(progress.run + 1, 0))
