"""What the doctor found, as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from hub.doctor.catalogue import CATALOGUE, DOCS

HOP_WIDTH = 30  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A misconfiguration: its name, how it showed, and what to do about it."""

    id: str
    name: str
    seen: str
    remedy: str

    @property
    def docs(self) -> str:
        return f"{DOCS}#{self.id.replace('.', '').lower()}"


@dataclass(slots=True)
class Report:
    """Findings, notes and timed hops of one run against ``url``. Each hop: name, milliseconds, remark."""

    url: str
    instances: list[str] = field(default_factory=list)
    hops: list[tuple[str, float, str]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    proxied: bool = False  # something stands between us and the instances

    def hop(self, name: str, seconds: float, remark: str = "") -> None:
        self.hops.append((name, seconds * 1000, remark))

    def find(self, id: str, seen: str) -> None:
        """Add a misconfiguration of the catalogue, once: the first evidence of it is kept."""
        if not self.has(id):
            name, remedy = CATALOGUE[id]
            self.findings.append(Finding(id=id, name=name, seen=seen, remedy=remedy))

    def has(self, *ids: str) -> bool:
        """Whether one of these was found."""
        return any(finding.id in ids for finding in self.findings)

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def text(self) -> str:
        return "\n".join(self._text())

    def json(self) -> str:
        data: dict[str, Any] = {
            "url": self.url,
            "instances": self.instances,
            "hops": [{"what": name, "ms": round(ms, 2), "beside": remark} for name, ms, remark in self.hops],
            "notes": self.notes,
            "findings": [
                {"id": f.id, "name": f.name, "seen": f.seen, "mend": f.remedy, "docs": f.docs}
                for f in self.findings
            ],
        }
        return json.dumps(data, indent=2)

    def _text(self) -> Iterator[str]:
        instances = f"{_plural(len(self.instances), 'instance')} {', '.join(self.instances)}"
        yield f"{self.url}  {instances if self.instances else 'no instance was seen'}"
        yield ""
        for name, ms, remark in self.hops:
            yield f"  {name:<{HOP_WIDTH}}{ms:>9.1f} ms  {remark}".rstrip()
        yield ""
        for note in self.notes:
            yield f"note      {note}"
        if self.notes:
            yield ""
        for finding in self.findings:
            yield f"{finding.id}  {finding.name}"
            yield f"          {finding.seen}"
            yield f"  remedy  {finding.remedy}"
            yield f"     see  {finding.docs}"
            yield ""
        yield f"{_plural(len(self.findings), 'finding')}." if self.findings else "Nothing is wrong."


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
