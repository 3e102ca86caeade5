"""`make bench`: everything side by side in one run; `--only` and `--servers` for a part of it."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

from tests import ROOT
from tests.benchmark import chart, machine, report
from tests.benchmark.helper import HelperError
from tests.benchmark.parts import Parts
from tests.benchmark.programs import Programs
from tests.benchmark.scenarios import ALL, scenarios
from tests.benchmark.servers import Bench
from tests.cluster import PartError

LATEST = ROOT / ".bench" / "latest.json"
AT_MOST_S = 20 * 60


def main() -> int:
    options = _options()
    machine.prepare()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, _interrupt)
    signal.alarm(AT_MOST_S)
    began = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="hub-bench-") as folder:
            results, problems = _measure(Path(folder), options)
    except KeyboardInterrupt:
        return 130
    told = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine.describe(),
        "quick": options.quick,
        "seconds": round(time.monotonic() - began),
        "results": results,
        "goals": report.goals(results),
        "problems": problems,
    }
    LATEST.parent.mkdir(exist_ok=True)
    LATEST.write_text(json.dumps(told, indent=1) + "\n")
    if options.quick:
        print("quick: a tenth of the readers, everything once")
    print(report.table(results, {name: row.about for name, row in scenarios(options.quick).items()}))
    print(f"\n{told['seconds']} s; {LATEST.relative_to(ROOT)}", *problems, sep="\n")
    if options.chart:
        chart.write(told)
    return 1 if problems else 0


def _measure(folder: Path, options: argparse.Namespace) -> tuple[dict[str, dict[str, Any]], list[str]]:
    results: dict[str, dict[str, Any]] = {}
    problems = []
    _say("Redis and PostgreSQL")
    with Parts(folder) as parts:
        bench = Bench(folder, parts, Programs.compile(folder))
        for scenario, row in scenarios(options.quick).items():
            for server in row.servers:
                if scenario not in options.only or server not in options.servers:
                    continue
                _say(f"{scenario}: {row.about}, {server}")
                try:
                    results.setdefault(scenario, {})[server] = row.run(bench, server)
                except (HelperError, PartError, RuntimeError) as error:
                    problems.append(f"{scenario}, {server}: {error}{_last_words(folder)}")
    _say("")
    return results, problems


def _last_words(folder: Path) -> str:
    """What the server that was measured last wrote last."""
    logs = [log for log in folder.glob("*.log") if log.stem not in ("redis", "postgres")]
    latest = max(logs, key=lambda log: log.stat().st_mtime_ns, default=None)
    lines = latest.read_text(errors="replace").splitlines()[-5:] if latest else []
    return "".join(f"\n    {line}" for line in lines)


def _options() -> argparse.Namespace:
    names = list(scenarios(quick=False))
    parser = argparse.ArgumentParser(prog="python -m tests.benchmark", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the readers, everything once")
    parser.add_argument("--only", type=_among(names), default=names, help=f"of {','.join(names)}")
    parser.add_argument("--servers", type=_among(list(ALL)), default=list(ALL), help=f"of {','.join(ALL)}")
    parser.add_argument("--chart", action="store_true", help=f"write {chart.FILE.relative_to(ROOT)} too")
    return parser.parse_args()


def _among(known: list[str]) -> Any:
    def read(text: str) -> list[str]:
        names = text.split(",")
        if unknown := [name for name in names if name not in known]:
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: not among {', '.join(known)}")
        return names

    return read


def _say(step: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{step}", end="", file=sys.stderr, flush=True)
    elif step:
        print(f"{datetime.now():%H:%M:%S} {step}", file=sys.stderr, flush=True)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
