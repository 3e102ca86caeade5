"""The chart of a run, as an SVG that reads in light and dark. `python -m …chart` draws the latest again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Any

from tests import ROOT

FILE = ROOT / "docs" / "images" / "performance.svg"

NAMES = {
    "limit": "C, epoll and send",
    "hub": "hub on Daphne",
    "uvicorn": "hub on uvicorn",
    "plain": "plain stack on Daphne",
}
GROUPS = {
    "fanout-1k": "1,000 feeds of one topic",
    "fanout-10k": "10,000 feeds of one topic",
    "topics": "1,000 topics of 10 feeds",
}
WIDTH, LEFT, RIGHT, BAR, GAP = 760, 190, 90, 18, 8
STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-weight: 600 } .note { fill: #59636e; font-size: 12px }
  rect { fill: #8c959f } .hub { fill: #0969da }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc } .note { fill: #9198a1 } rect { fill: #656c76 } .hub { fill: #4493f8 }
  }"""


def draw(told: Mapping[str, Any]) -> str:
    figure = "deliveries_per_cpu_s"
    groups = {
        scenario: {name: found[name][figure] for name in NAMES if name in found}
        for scenario, found in told["results"].items()
        if scenario in GROUPS
    }
    most = max((value for found in groups.values() for value in found.values()), default=1)
    machine = told["machine"]
    title = "Deliveries per second of server CPU"
    parts = [_text(0, 16, title, "title")]
    y = 44
    for scenario, found in groups.items():
        parts.append(_text(0, y, GROUPS[scenario]))
        y += 10
        for name, value in found.items():
            width = max(1, round(value / most * (WIDTH - LEFT - RIGHT)))
            kind = ' class="hub"' if name in ("hub", "uvicorn") else ""
            parts += [
                _text(LEFT - 8, y + 14, NAMES[name], "note", "end"),
                f'<rect x="{LEFT}" y="{y}" width="{width}" height="{BAR}" rx="2"{kind}/>',
                _text(LEFT + width + 6, y + 14, f"{value:,.0f}"),
            ]
            y += BAR + GAP
        y += 22
    note = (
        f"{told['date'][:10]} · {machine['cpu']}, one core · Linux {machine['kernel']} · events of 200 bytes"
    )
    parts.append(_text(0, y, note, "note"))
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 8}" role="img" '
        f'aria-label="{escape(title)}">\n<style>{STYLE}\n</style>\n{body}\n</svg>\n'
    )


def write(told: Mapping[str, Any]) -> None:
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(draw(told))
    print(FILE.relative_to(ROOT))


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "start") -> str:
    return f'<text x="{x}" y="{y}" class="{kind}" text-anchor="{anchor}">{escape(text)}</text>'


if __name__ == "__main__":
    write(json.loads((ROOT / ".bench" / "latest.json").read_text()))
