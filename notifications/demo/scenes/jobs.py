"""Jobs that take their time, and report how far they are as `hub.progress` does."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple

from notifications.demo.scenes.scene import Publication, Scene, Step

PREFIX = "demo-job-"


class Job(NamedTuple):
    """A job of ``total`` units, done by up to ``per_step`` of them a step; its labels in order."""

    name: str
    total: int
    per_step: int
    labels: tuple[str, ...]


JOBS = (
    Job("import", 3000, 40, ("Reading customers.csv", "Checking addresses", "Writing rows")),
    Job("video", 720, 9, ("Decoding", "Scaling to 1080p", "Encoding", "Writing the index")),
    Job("report", 96, 3, ("Collecting figures", "Drawing charts", "Writing the PDF")),
)


def _scene(job: Job) -> Scene:
    def play(seed: int) -> Iterator[Step]:
        chance = random.Random(f"{job.name} {seed}")  # noqa: S311
        done = 0
        yield (_progress(job, done),)
        while done < job.total:
            done = min(job.total, done + chance.randint(1, job.per_step))
            yield (_progress(job, done),)

    return Scene(
        pattern=PREFIX + job.name,
        policy={"latest": "key", "history": {"events": 100}, "read": ["everyone"]},
        interval_s=0.16 if job.total > 100 else 0.5,
        play=play,
    )


def _progress(job: Job, done: int) -> Publication:
    state = "done" if done == job.total else "running"
    label = job.labels[min(len(job.labels) - 1, done * len(job.labels) // job.total)]
    return Publication(
        "progress", {"done": done, "of": job.total, "label": label, "state": state}, "progress"
    )


JOB_SCENES = tuple(_scene(job) for job in JOBS)
