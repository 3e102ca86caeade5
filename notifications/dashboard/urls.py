"""Every page of the dashboard; each module names its own paths."""

from __future__ import annotations

from notifications.dashboard import (
    audit,
    compose,
    connections,
    keys,
    overview,
    people,
    rooms,
    runs,
    scheduled,
    segments,
    sent,
    tail,
    templates,
    why,
)

urlpatterns = [
    *overview.paths,
    *compose.paths,
    *sent.paths,
    *scheduled.paths,
    *templates.paths,
    *segments.paths,
    *why.paths,
    *connections.paths,
    *tail.paths,
    *rooms.paths,
    *runs.paths,
    *keys.paths,
    *people.paths,
    *audit.paths,
]
