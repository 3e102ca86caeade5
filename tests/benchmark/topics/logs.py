"""A build log of 10,000 lines, kept by its policy, that many open late and at once."""

from __future__ import annotations

import json
import time

from tests.benchmark import usage
from tests.benchmark.feeds import SETTLE_S, WARM_UP, Figures, readers_of
from tests.benchmark.servers import Bench, Hub, Shown
from tests.cluster.instance import Instance

TOPIC = "bench-log"
LINES = 10_000
POLICY = {"pattern": TOPIC, "history": {"events": LINES}}


class BuildLog(Hub):
    event_mark = "event: line\n"

    def __init__(self, bench: Bench, instances: int) -> None:
        self._env = {**bench.parts.env, "HUB_TOPICS": json.dumps([POLICY])}
        super().__init__(bench, instances)

    def _instance(self, name: str, port: int) -> Instance:
        return Instance(self.bench.folder, name, port, self._env)

    def write(self) -> int:
        """All lines; the position before the first."""
        from hub.events import draft
        from hub.log.current import shared_log
        from hub.policies.current import table
        from hub.policies.policy import parse

        lines = [draft(TOPIC, "line", f"{n:05} " + "compiling module.o " * 3) for n in range(LINES)]
        table.replace([parse(POLICY)])
        try:
            before = shared_log().append([draft(TOPIC, "start", None)])[0]
            for begin in range(0, LINES, 500):
                shared_log().append(lines[begin : begin + 500])
        finally:
            table.replace([])
        return before


def replay(bench: Bench, name: str, readers: int) -> Figures:
    """Every reader is sent the whole log, before it is live."""
    figures: Figures = {"readers": readers}
    kinds: tuple[tuple[str, int, Shown], ...] = (
        ("one", 1, "token"),
        ("own", 1, "own"),
        ("three", 3, "token"),
    )
    for kind, instances, shown in kinds:
        with BuildLog(bench, instances) as server:
            before = server.write()
            with readers_of(server, [TOPIC], WARM_UP, shown, first=readers) as warm:
                warm.open(WARM_UP)
            time.sleep(SETTLE_S)
            with readers_of(server, [TOPIC], readers, shown) as load:
                began_s, memory_kb = usage.cpu_s(server.pids), usage.resident_kb(server.pids)
                opened = load.open(readers, in_flight=readers, after=before)
                load.wait(LINES * readers)
                figures |= {
                    f"{kind}_lines_per_s": LINES * readers / opened.seconds,
                    f"{kind}_lines_per_cpu_s": LINES * readers / (usage.cpu_s(server.pids) - began_s),
                    f"{kind}_more_mb": (usage.resident_kb(server.pids) - memory_kb) / 1024,
                }
    return figures
