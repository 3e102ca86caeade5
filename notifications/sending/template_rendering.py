"""Filling in a template's ``{variables}`` when it is sent."""

from __future__ import annotations

import re
from collections.abc import Mapping

from notifications.models import Template

FIELDS = ("title", "body", "url")
_VARIABLE = re.compile(r"\{([a-z][a-z0-9_]{0,39})\}")


def names(template: Template) -> tuple[str, ...]:
    """The variables of a template, each once, in order of appearance."""
    found = (_VARIABLE.findall(getattr(template, field)) for field in FIELDS)
    return tuple(dict.fromkeys(name for some in found for name in some))


def fill(template: Template, values: Mapping[str, str]) -> dict[str, str]:
    """The texts of a template with these values in them, as `notify` takes them.

    Raises `ValueError` naming the variables that have no value.
    """
    missing = [name for name in names(template) if not values.get(name, "").strip()]
    if missing:
        raise ValueError(f"Give a value for {', '.join(missing)}.")
    texts = {
        field: _VARIABLE.sub(lambda match: values[match[1]], getattr(template, field)) for field in FIELDS
    }
    return {**texts, "category": template.category, "severity": template.severity}
