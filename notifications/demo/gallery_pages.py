"""The pages of the gallery. What each says of itself is in its template."""

from __future__ import annotations

from dataclasses import dataclass

from notifications.demo.scenes import order_status
from notifications.demo.scenes.build_log import BUILD_LOG_SCENE
from notifications.demo.scenes.jobs import JOB_SCENES
from notifications.demo.scenes.metrics import METRICS_SCENE
from notifications.demo.scenes.prices import PRICES_SCENE
from notifications.demo.scenes.scores import SCORES_SCENE


@dataclass(frozen=True, slots=True)
class GalleryPage:
    """``transport`` is for its card; ``topics`` are those it reads besides the reader's inbox."""

    name: str
    title: str
    summary: str
    transport: str
    topics: tuple[str, ...] = ()

    def topics_of(self, person: object) -> list[str]:
        """The topics that this page reads for a person, by their id."""
        return [f"{topic}{person}" if topic == order_status.PREFIX else topic for topic in self.topics]


PAGES = (
    GalleryPage(
        "feed",
        "Notification feed",
        "Twenty notifications in twenty seconds. Bell, toasts and list agree on the number.",
        "Feed: your inbox",
    ),
    GalleryPage(
        "metrics",
        "Metrics dashboard",
        "Eight values of a service, measured ten times a second, drawn four times a second.",
        "Feed: latest values, coalesced",
        (METRICS_SCENE.pattern,),
    ),
    GalleryPage(
        "ticker",
        "Ticker",
        "Twelve prices, sixty changes a second. Come late, and all twelve are there.",
        "Feed: latest values, coalesced",
        (PRICES_SCENE.pattern,),
    ),
    GalleryPage(
        "scores",
        "Scoreboard",
        "Four matches at once, ninety minutes in half a minute.",
        "Feed: latest values",
        (SCORES_SCENE.pattern,),
    ),
    GalleryPage(
        "jobs",
        "Job progress",
        "An import, a video and a report, each on a topic of its own.",
        "Feed: three topics, one stream",
        tuple(scene.pattern for scene in JOB_SCENES),
    ),
    GalleryPage(
        "build",
        "Build log",
        "10,000 lines in half a minute. Search them, follow the end, or come late.",
        "Feed: history, texts joined",
        (BUILD_LOG_SCENE.pattern,),
    ),
    GalleryPage(
        "orders",
        "Order status",
        "Five orders of your own, from the shop to the door.",
        "Feed: a topic of your own",
        (order_status.PREFIX,),
    ),
    GalleryPage(
        "chat",
        "Agent chat",
        "An answer that is written token by token, survives a reload, and stops when you say so.",
        "Agent run: a stream of its own",
    ),
    GalleryPage(
        "voice",
        "Voice",
        "A melody goes up in frames of 20 ms, its transcript comes down. Nothing is lost on the way.",
        "Room: binary frames, in order",
    ),
)
