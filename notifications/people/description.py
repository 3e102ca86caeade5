"""A person as another system describes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hub.errors import Problem

PROFILE_FIELDS = ("name", "language", "zone")
DEFAULTS: Mapping[str, Any] = {
    "name": "",
    "email": "",
    "language": "",
    "zone": "",
    "groups": (),
    "active": True,
}


@dataclass(frozen=True, slots=True)
class Description:
    """What is to be true of the person with this ``id``. Only the fields in ``values`` change: those of
    `DEFAULTS`, of which ``groups`` are names."""

    id: str
    values: Mapping[str, Any]


class PersonRefused(Problem):
    """A description that cannot be followed; ``index`` is its place in the request."""

    def __init__(self, index: int, field: str, text: str, status: int = 422) -> None:
        super().__init__(status, text, field=field)
        self.index = index
        self.field = field
