"""What is measured, by name, on whom and at which size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from hub.rooms.presence import GRACE_S
from tests.benchmark import endurance, feeds, hostile, proxy, publishing, rooms, staff
from tests.benchmark.feeds import HUBS
from tests.benchmark.servers import POSTED, ROOMS, SERVERS, Bench
from tests.benchmark.topics import logs
from tests.benchmark.topics.runs import runs
from tests.benchmark.topics.tiles import tiles

ALL = tuple(SERVERS)


@dataclass(frozen=True)
class Scenario:
    about: str
    servers: tuple[str, ...]
    run: Callable[[Bench, str], dict[str, float]]


def scenarios(quick: bool) -> dict[str, Scenario]:
    """Quick is a tenth of the readers, and once instead of three times."""
    part, blocks = (10, 1) if quick else (1, 3)

    def sized(
        run: Callable[..., dict[str, float]], readers: int, **more: object
    ) -> partial[dict[str, float]]:
        return partial(run, readers=readers // part, blocks=blocks, **more)

    return {
        "fanout-1k": Scenario("1,000 feeds of one topic", ALL, sized(feeds.fanout, 1_000)),
        "fanout-1k-posted": Scenario(
            "1,000 feeds of one topic, each event posted over HTTP",
            ("hub",),
            sized(feeds.fanout, 1_000, on=POSTED),
        ),
        "fanout-10k": Scenario("10,000 feeds of one topic", ALL, sized(feeds.fanout, 10_000)),
        "topics": Scenario(
            "1,000 topics of 10 feeds", ALL, sized(feeds.fanout, 10_000, topics=1_000 // part)
        ),
        "connect": Scenario("authorised connects", HUBS, sized(feeds.connect, 1_000)),
        "storm": Scenario("5,000 return at once", HUBS, sized(feeds.storm, 5_000)),
        "storm-session": Scenario(
            "5,000 sessions return at once", ("hub",), sized(feeds.storm, 5_000, shown="session")
        ),
        "publish": Scenario(
            "publishing through HTTP",
            (*HUBS, "plain"),
            partial(publishing.publish, seconds=1 if quick else 4),
        ),
        "tiles": Scenario(
            "20 tiles, each 50 updates a second, and 200 readers",
            ("hub",),
            partial(tiles, readers=200 // part, seconds=2 if quick else 10),
        ),
        "runs": Scenario(
            "1,000 runs, up to 50 tokens a second, one reader each",
            ("hub", "plain"),
            partial(runs, readers=1_000 // part, seconds=2 if quick else 20),
        ),
        "replay-log": Scenario(
            "100 open a log of 10,000 lines at once",
            ("hub",),
            partial(logs.replay, readers=100 // part),
        ),
        "churn": Scenario(
            "feeds that come and go", ("hub",), partial(endurance.churn, readers=100_000 // part)
        ),
        "slow": Scenario("200 readers that never read", ("hub",), endurance.slow),
        "hostile": Scenario("a hostile member and 40 strangers among 200 feeds", ("hub",), hostile.abuse),
        "instances": Scenario("1, 2 and 4 instances", ("hub",), sized(feeds.instances, 4_000)),
        "rooms-1k": Scenario("a room of 1,000 members", tuple(ROOMS), sized(feeds.fanout, 1_000, on=ROOMS)),
        "rooms-5k": Scenario("a room of 5,000 members", tuple(ROOMS), sized(feeds.fanout, 5_000, on=ROOMS)),
        "room-signals": Scenario(
            "lines in a room of 40, then with 20 cursors",
            ("hub",),
            partial(rooms.signals, lines=50 if quick else 500),
        ),
        "room-sound": Scenario(
            "20 ms of sound to 20 listeners on two instances",
            ("hub",),
            partial(rooms.sound, frames=100 if quick else 1000),
        ),
        "rooms-churn": Scenario(
            "members that come and go",
            ("hub",),
            partial(endurance.churn, readers=20_000 // part, on=ROOMS, together=1_000, rest_s=GRACE_S + 5),
        ),
        "staff": Scenario(
            "2,000 feeds that staff look at",
            ("hub",),
            partial(staff.watched, readers=2_000 // part, seconds=20 / part),
        ),
        "nginx": Scenario("one feed, direct and through nginx", ("hub",), proxy.latency),
        "nginx-9k": Scenario(
            "9,000 feeds held through one nginx by 3 instances",
            ("hub",),
            partial(proxy.hold, readers=9_000 // part, seconds=300 / part),
        ),
        "crowd": Scenario(
            "the dashboard among 100,000 people", ("hub",), partial(staff.crowd, people=100_000 // part)
        ),
        "people": Scenario(
            "100,000 people put by API, 1,000 a request",
            ("hub",),
            partial(publishing.put_people, people=100_000 // part),
        ),
    }
