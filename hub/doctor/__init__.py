"""The doctor: goes through the balancer as people do, times each hop, and names what is set up wrongly."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from django.conf import settings

from hub import topics
from hub.doctor import backends, feed_checks, proxy, room_checks
from hub.doctor.client import CannotConnect, Door, Feed
from hub.doctor.fixture import Visit
from hub.doctor.report import Finding, Report

__all__ = ["CannotConnect", "Door", "Finding", "Report", "Visit", "examine", "straight"]


def examine(
    door: Door,
    direct: Door,
    visiting: Callable[[], AbstractContextManager[Visit]],
    *,
    static: str,
    quick: bool = False,
) -> Report:
    """Look at everything once; ``static`` is a file that is served, and ``quick`` awaits no heartbeat.

    Raise `CannotConnect` where nobody answers, and `ValueError` where another site is named instead.
    """
    report = Report(door.url)
    try:
        direct.connect().close()
    except CannotConnect:
        report.note(f"no instance listens at {direct.place} (HUB_PORT): nothing to compare with.")
        direct = door
    backends.checked(report)
    trusted = proxy.connected(report, door)
    try:
        mirrored = trusted and proxy.mirrored(report, door)
        ready = backends.database(report)
        if mirrored or report.named("hub.D027"):
            proxy.served(report, door, static)
        if report.between:
            proxy.public(report, door)
        if mirrored and ready:
            with visiting() as visit:
                _visited(report, door, direct, visit, quick)
        else:
            report.note("Redis, a feed and a room were not tried: mend what is named here, and ask again.")
    except CannotConnect as error:
        # It did connect before: what was found meanwhile is told all the same.
        report.find("hub.D025", str(error))
        report.note("not everything was tried: mend what is named here, and ask again.")
    return report


def straight(door: Door) -> Door:
    """To the instance of this environment, asked as the balancer would ask it."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.HUB_HOST, settings.HUB_HOST)  # noqa: S104
    return Door("http", door.host, (host, settings.HUB_PORT))


def _visited(report: Report, door: Door, direct: Door, visit: Visit, quick: bool) -> None:
    backends.log(report, visit.topic)
    # Nothing is ever said on this one: from heartbeat to heartbeat it is as quiet as a feed can be.
    quiet = None if quick else Feed(door, topics.check_live(f"{visit.topic}-quiet"), visit.token).open()
    try:
        feed_checks.published(report, door, direct, visit)
        room_checks.rooms(report, door, visit)
        if quiet is not None and not report.named("hub.D001", "hub.D007", "hub.D025"):
            feed_checks.beats(report, quiet, door)
    finally:
        if quiet is not None:
            quiet.close()
