"""The table at the end: a row a figure, a column a server, and the bar that the hub is held to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Results = Mapping[str, Mapping[str, Mapping[str, float]]]  # scenario → server → figure → value

FANOUT = {
    "deliveries_per_cpu_s": "deliveries per CPU-second",
    "of_limit": "… of the limit, turn by turn",
    "last_reader_ms": "to the last reader, ms",
    "connect_cpu_ms": "connect, CPU ms",
    "connects_per_s": "connects per second",
    "idle_kb": "idle connection, kB",
    "idle_kernel_kb": "… in the kernel, both ends, kB",
    "load_cpu_us_per_delivery": "load, CPU µs per delivery",
}
STORM = {
    "live_s": "until all are live, s",
    "came_back": "connections lost on the way",
    "cpu_ms_each": "CPU ms each",
    "queries_each": "database queries each",
}
CHURN = {
    "connects": "connects",
    "left_kb_per_1000": "memory left by 1,000, kB",
    "left_descriptors": "descriptors left",
}
PAGES = (
    *("overview", "compose", "sent", "sending", "scheduled", "templates", "segments"),
    *("why", "connections", "rooms", "people", "keys", "audit"),
)
LABELS: dict[str, dict[str, str]] = {
    "fanout-1k": FANOUT,
    "fanout-1k-posted": FANOUT,
    "fanout-10k": FANOUT,
    "topics": FANOUT,
    "connect": {
        f"{kind}_{figure}": f"{text}, {label}"
        for kind, text in (("token", "token"), ("own", "token, own topics"), ("session", "session"))
        for figure, label in (("cpu_ms", "CPU ms"), ("per_s", "per second"), ("queries", "queries"))
    },
    "storm": STORM,
    "storm-session": STORM,
    "publish": {
        f"{kind}_{figure}": f"{text} {label}"
        for kind, text in (("event", "events"), ("batch", "events by 100"), ("notification", "notifications"))
        for figure, label in (("per_s", "per second"), ("per_cpu_s", "per CPU-second"))
    },
    "replay-log": {
        f"{kind}_{figure}": f"{text}, {label}"
        for kind, text in (
            ("one", "one instance"),
            ("own", "one instance, own topics"),
            ("three", "three instances"),
        )
        for figure, label in (
            ("lines_per_s", "lines a second"),
            ("lines_per_cpu_s", "lines per CPU-second"),
            ("more_mb", "more memory, MB"),
        )
    },
    "tiles": {
        f"{kind}_{figure}": f"{text}, {label}"
        for kind, text in (("every", "every update"), ("coalesced", "coalesced"))
        for figure, label in (
            ("updates_per_s", "updates a second"),
            ("writes_per_s", "writes a second to a reader"),
            ("kb_per_s", "kB a second to a reader"),
            ("cpu_percent", "% of a core"),
        )
    },
    "runs": {
        f"{kind}{figure}": f"{text}, {label}"
        for kind, text in (("", "tokens"), ("live_", "plain live events"))
        for figure, label in (
            ("cpu_us_per_token", "CPU µs each"),
            ("p99_ms", "p99 to the last reader, ms"),
            ("tokens_per_s", "a second"),
        )
    }
    | {"of_live": "a token's CPU to a live event's"},
    "churn": CHURN,
    "slow": {
        "p99_before_ms": "p99 to the last reader before, ms",
        "p99_during_ms": "… during, ms",
        "rested_mb": "memory before, MB",
        "peak_mb": "… at the most, MB",
        "after_mb": "… afterwards, MB",
    },
    "hostile": {
        "p99_before_ms": "p99 to the last reader before, ms",
        "p99_during_ms": "… during, ms",
        "livez_p99_before_ms": "p99 of /livez before, ms",
        "livez_p99_during_ms": "… during, ms",
        "rested_mb": "memory before, MB",
        "peak_mb": "… during, MB",
        "redis_keys": "keys left in Redis",
    },
    "rooms-1k": FANOUT,
    "rooms-5k": FANOUT,
    "room-signals": {
        "p50_before_ms": "line to the last member, p50, ms",
        "p50_during_ms": "… among cursors, ms",
        "p99_before_ms": "line to the last member, p99, ms",
        "p99_during_ms": "… among cursors, ms",
        "member_kb_per_s": "a member is told, kB a second",
    },
    "room-sound": {
        "p50_ms": "20 ms of sound to the last listener, p50, ms",
        "p99_ms": "… p99, ms",
        "k_frames_per_cpu_s": "binary relay, k frames a CPU-second",
    },
    "rooms-churn": CHURN,
    "staff": {
        "idle_percent": "of a core, while nobody looks, %",
        "watched_percent": "… while staff look, %",
    },
    "nginx": {
        "direct_open_ms": "live, direct, ms",
        "open_ms": "… through nginx, ms",
        "direct_ms": "an event, direct, ms",
        "nginx_ms": "… through nginx, ms",
    },
    "nginx-9k": {
        "opened_per_s": "opened per second",
        "held_s": "held, s",
        "heartbeats_each": "heartbeats each, none missing",
        "hub_kb": "hub, kB each",
        "nginx_kb": "nginx, kB each",
        "kernel_kb": "kernel, all four ends, kB each",
        "cpu_percent": "all of them idle, % of a core",
    },
    "crowd": {
        "accepted_ms": "broadcast accepted, ms",
        "delivered_ms": "… and first delivered, ms",
        "recalled_ms": "… and recalled, from the request to the reader, ms",
        "post_queries": "… queries to send it",
        "audience_ms": "audience counted, ms",
        **{f"{page}_{figure}": f"{page}, {figure}" for page in PAGES for figure in ("ms", "queries")},
        "unread": "unread of one person",
        "count_ms": "… counted, ms",
        "count_cpu_ms": "… of the hub's CPU, ms",
        "read_all_ms": "… all read, ms",
        "read_all_cpu_ms": "… of the hub's CPU, ms",
        "count_after_ms": "… counted afterwards, ms",
        "grown_mb": "… memory of the hub, grown by, MB",
    },
    "people": {
        "people": "people",
        "created_s": "created, s",
        "unchanged_s": "the same again, s",
        "accepted_ms": "broadcast to half of them accepted, ms",
        "accepted_most_ms": "… at the most, ms",
    },
    "instances": {f"{number}_cpu_us_per_delivery": f"{number}: CPU µs per delivery" for number in (1, 2, 4)},
}


@dataclass(frozen=True)
class Goal:
    text: str
    value: Callable[[Results], float]
    bound: float
    at_least: bool = True

    def line(self, results: Results) -> dict[str, Any] | None:
        try:
            value = self.value(results)
        except KeyError:
            return None
        met = value >= self.bound if self.at_least else value <= self.bound
        sign = "≥" if self.at_least else "≤"
        return {"goal": f"{self.text} {sign} {self.bound:g}", "value": value, "met": met}


def _against(scenario: str, other: str) -> Callable[[Results], float]:
    figure = "deliveries_per_cpu_s"
    return lambda results: results[scenario]["hub"][figure] / results[scenario][other][figure]


def _of(scenario: str, figure: str) -> Callable[[Results], float]:
    return lambda results: results[scenario]["hub"][figure]


def _flatness(results: Results) -> float:
    found = results["instances"]["hub"]
    return found["4_cpu_us_per_delivery"] / found["1_cpu_us_per_delivery"]


def _looking(results: Results) -> float:
    found = results["staff"]["hub"]
    return found["watched_percent"] - found["idle_percent"]


def _added(results: Results) -> float:
    found = results["nginx"]["hub"]
    return found["nginx_ms"] - found["direct_ms"]


def _abused(figure: str) -> Callable[[Results], float]:
    return lambda results: (
        results["hostile"]["hub"][f"{figure}_during_ms"] / results["hostile"]["hub"][f"{figure}_before_ms"]
    )


def _worst_page(results: Results) -> float:
    return max(results["crowd"]["hub"][f"{page}_queries"] for page in PAGES)


GOALS = (
    Goal("1,000 feeds, of the limit", _of("fanout-1k", "of_limit"), 0.85),
    Goal("1,000 feeds, each event posted, of the limit", _of("fanout-1k-posted", "of_limit"), 0.85),
    Goal("10,000 feeds, of the limit", _of("fanout-10k", "of_limit"), 0.85),
    Goal("1,000 feeds, times the plain stack", _against("fanout-1k", "plain"), 15),
    Goal("10,000 feeds, times the plain stack", _against("fanout-10k", "plain"), 15),
    Goal("idle feed of 10,000, kB", _of("fanout-10k", "idle_kb"), 8, at_least=False),
    Goal("connect by token, CPU ms", _of("connect", "token_cpu_ms"), 0.5, at_least=False),
    Goal("connect by session, CPU ms", _of("connect", "session_cpu_ms"), 1.2, at_least=False),
    Goal("storm of 5,000, s", _of("storm", "live_s"), 6, at_least=False),
    Goal("storm, queries each", _of("storm", "queries_each"), 2, at_least=False),
    Goal("storm of sessions, queries each", _of("storm-session", "queries_each"), 2, at_least=False),
    Goal("memory left by 1,000 comings and goings, kB", _of("churn", "left_kb_per_1000"), 20, at_least=False),
    Goal("events per second", _of("publish", "event_per_s"), 2_500),
    Goal("events by 100 per second", _of("publish", "batch_per_s"), 50_000),
    Goal("notifications per second", _of("publish", "notification_per_s"), 600),
    Goal("a long log replayed, lines a second in all", _of("replay-log", "one_lines_per_s"), 50_000),
    Goal("… by three instances", _of("replay-log", "three_lines_per_s"), 50_000),
    Goal(
        "coalesced tiles, writes a second to a reader",
        _of("tiles", "coalesced_writes_per_s"),
        10,
        at_least=False,
    ),
    Goal("a run's token to a plain live event, CPU", _of("runs", "of_live"), 1.5, at_least=False),
    Goal("room of 1,000, of the limit", _of("rooms-1k", "of_limit"), 0.75),
    Goal("room of 5,000, of the limit", _of("rooms-5k", "of_limit"), 0.75),
    Goal("room of 1,000, times the plain stack", _against("rooms-1k", "plain"), 15),
    Goal("room of 5,000, times the plain stack", _against("rooms-5k", "plain"), 15),
    Goal(
        "20 ms of sound to the last of 20 listeners, p99, ms",
        _of("room-sound", "p99_ms"),
        150,
        at_least=False,
    ),
    Goal("idle member of 5,000, kB", _of("rooms-5k", "idle_kb"), 14, at_least=False),
    Goal("memory left by 1,000 members gone, kB", _of("rooms-churn", "left_kb_per_1000"), 20, at_least=False),
    Goal("healthy feeds among hostile clients, p99 to before", _abused("p99"), 2, at_least=False),
    Goal("/livez among hostile clients, p99 to before", _abused("livez_p99"), 2, at_least=False),
    Goal("2,000 feeds, what staff who look cost, % of a core", _looking, 5, at_least=False),
    Goal("broadcast to 100,000 accepted, ms", _of("crowd", "accepted_ms"), 200, at_least=False),
    Goal("… and first delivered, ms", _of("crowd", "delivered_ms"), 1000, at_least=False),
    Goal("audience of 100,000 counted, ms", _of("crowd", "audience_ms"), 100, at_least=False),
    Goal("100,000 unread counted, ms", _of("crowd", "count_ms"), 50, at_least=False),
    Goal("… and all read, ms", _of("crowd", "read_all_ms"), 3000, at_least=False),
    Goal("why, ms", _of("crowd", "why_ms"), 100, at_least=False),
    Goal("queries of the dashboard's worst page", _worst_page, 10, at_least=False),
    Goal("live through nginx, ms", _of("nginx", "open_ms"), 200, at_least=False),
    Goal("what nginx adds to an event, ms", _added, 20, at_least=False),
    Goal("4 instances, cost of a delivery to that of 1", _flatness, 1.1, at_least=False),
)


def goals(results: Results) -> list[dict[str, Any]]:
    return [line for goal in GOALS if (line := goal.line(results)) is not None]


def table(results: Results, about: Mapping[str, str]) -> str:
    servers = list(dict.fromkeys(server for found in results.values() for server in found))
    lines = [_row("", [*servers])]
    for scenario, found in results.items():
        lines += ["", f"{scenario}: {about[scenario]}"]
        for figure, label in LABELS[scenario].items():
            values = [found.get(server, {}).get(figure) for server in servers]
            if any(value is not None for value in values):
                lines.append(_row(f"  {label}", [_text(value) for value in values]))
                if figure == "deliveries_per_cpu_s":
                    lines += _ratios(values, servers)
    lines += ["", "hub on Daphne, held to its bar"]
    lines += [
        f"  {'met ' if line['met'] else 'MISS'} {line['goal']}: {_text(line['value'])}"
        for line in goals(results)
    ]
    return "\n".join(lines)


def _ratios(values: list[float | None], servers: list[str]) -> list[str]:
    rows = []
    for other, label in (("plain", "  … times the plain stack"),):
        base = values[servers.index(other)] if other in servers else None
        if base:
            rows.append(
                _row(f"  {label}", ["" if value is None else f"{value / base:.2f}" for value in values])
            )
    return rows


def _row(label: str, values: list[str]) -> str:
    return f"{label:<38}" + "".join(f"{value:>12}" for value in values)


def _text(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
