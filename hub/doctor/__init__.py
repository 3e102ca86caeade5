"""The doctor: connects through the balancer as clients do, times each hop, and names misconfigurations."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from django.conf import settings

from hub import topics
from hub.doctor import backends, feed_checks, proxy, room_checks
from hub.doctor.client import CannotConnect, Client
from hub.doctor.feed_reader import FeedReader
from hub.doctor.fixture import Fixture
from hub.doctor.report import Finding, Report

__all__ = ["CannotConnect", "Client", "Finding", "Fixture", "Report", "direct_client", "examine"]


def examine(
    client: Client,
    direct: Client,
    make_fixture: Callable[[], AbstractContextManager[Fixture]],
    *,
    static: str,
    quick: bool = False,
) -> Report:
    """Run every check once, through ``client`` and, to compare, straight to an instance by ``direct``.

    ``static`` is the path of a static file; ``quick`` waits for no heartbeat. Raise `CannotConnect` where
    nothing answers, and `ValueError` where the URL redirects to another site.
    """
    report = Report(client.url)
    try:
        direct.connect().close()
    except CannotConnect:
        report.note(f"no instance listens at {direct.address} (HUB_PORT): nothing to compare with.")
        direct = client
    backends.run_system_checks(report)
    trusted = proxy.check_connection(report, client)
    try:
        echoed = trusted and proxy.check_echo(report, client)
        migrated = backends.check_database(report)
        if echoed or report.has("hub.D027", "hub.D030"):
            proxy.check_static_and_cors(report, client, static)
        if report.proxied:
            proxy.check_private_pages(report, client)
        if echoed and migrated:
            with make_fixture() as fixture:
                _check_live(report, client, direct, fixture, quick)
        else:
            report.note("Redis, feeds and rooms were not checked: fix what is named here, then run it again.")
    except CannotConnect as error:
        # It connected before: what was found meanwhile is reported all the same.
        report.find("hub.D025", str(error))
        report.note("not everything was checked: fix what is named here, then run it again.")
    return report


def direct_client(client: Client) -> Client:
    """A client of the instance of this environment, whose requests look like the balancer's."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.HUB_HOST, settings.HUB_HOST)  # noqa: S104
    return Client("http", client.host, (host, settings.HUB_PORT))


def _check_live(report: Report, client: Client, direct: Client, fixture: Fixture, quick: bool) -> None:
    backends.check_log(report, fixture.topic)
    if report.has("hub.D029"):
        return report.note("feeds and rooms were not checked: Redis has to accept appends first.")
    # Nothing is published on this topic: from heartbeat to heartbeat it is as quiet as a feed can be.
    quiet_topic = topics.check_live(f"{fixture.topic}-quiet")
    quiet = None if quick else FeedReader(client, quiet_topic, fixture.token).open()
    try:
        feed_checks.check_feeds(report, client, direct, fixture)
        room_checks.check_room(report, client, fixture)
        if quiet is not None and not report.has("hub.D001", "hub.D007", "hub.D025"):
            feed_checks.check_heartbeats(report, quiet, client)
    finally:
        if quiet is not None:
            quiet.close()
