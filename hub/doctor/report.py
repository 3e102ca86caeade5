"""What the doctor found, for a person and for a machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from hub.doctor.catalogue import CATALOGUE, DOCS

WIDTH = 30


@dataclass(frozen=True, slots=True)
class Finding:
    id: str
    name: str
    seen: str
    mend: str

    @property
    def docs(self) -> str:
        return f"{DOCS}#{self.id.replace('.', '').lower()}"


@dataclass(slots=True)
class Report:
    url: str
    instances: list[str] = field(default_factory=list)
    hops: list[tuple[str, float, str]] = field(default_factory=list)  # what, milliseconds, beside it
    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    between: bool = False  # somebody stands between us and the instances

    def hop(self, what: str, seconds: float, beside: str = "") -> None:
        self.hops.append((what, seconds * 1000, beside))

    def find(self, id: str, seen: str) -> None:
        """Name a misconfiguration, once: the first that was seen of it stands."""
        if not self.named(id):
            name, mend = CATALOGUE[id]
            self.findings.append(Finding(id, name, seen, mend))

    def named(self, *ids: str) -> bool:
        return any(finding.id in ids for finding in self.findings)

    def note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)

    def lines(self) -> Iterator[str]:
        """For a person."""
        instances = f"{_counted(len(self.instances), 'instance')} {', '.join(self.instances)}"
        yield f"{self.url}  {instances if self.instances else 'no instance was seen'}"
        yield ""
        for what, ms, beside in self.hops:
            yield f"  {what:<{WIDTH}}{ms:>9.1f} ms  {beside}".rstrip()
        yield ""
        for note in self.notes:
            yield f"note      {note}"
        if self.notes:
            yield ""
        for finding in self.findings:
            yield f"{finding.id}  {finding.name}"
            yield f"          {finding.seen}"
            yield f"    mend  {finding.mend}"
            yield f"    see   {finding.docs}"
            yield ""
        yield f"{_counted(len(self.findings), 'finding')}." if self.findings else "Nothing is wrong."

    def json(self) -> str:
        said: dict[str, Any] = {
            "url": self.url,
            "instances": self.instances,
            "hops": [{"what": what, "ms": round(ms, 2), "beside": beside} for what, ms, beside in self.hops],
            "notes": self.notes,
            "findings": [
                {"id": f.id, "name": f.name, "seen": f.seen, "mend": f.mend, "docs": f.docs}
                for f in self.findings
            ],
        }
        return json.dumps(said, indent=2)


def _counted(many: int, what: str) -> str:
    return f"{many} {what}{'' if many == 1 else 's'}"
