"""Checks of feeds through the balancer, compared with one straight to an instance."""

from __future__ import annotations

import time
from functools import partial

from django.conf import settings

from hub.doctor.client import Client, Response
from hub.doctor.feed_reader import FeedReader
from hub.doctor.fixture import Fixture
from hub.doctor.report import Report
from hub.support import mount

OPEN_TIMEOUT_S = 3.0
ARRIVAL_TIMEOUT_S = 2.0
MAX_DELAY_S = 0.1  # of every event, compared with the direct feed; beyond it something holds events back
EVENTS = 4  # which a balancer spreads over the instances
OTHER_FEEDS = 5  # which a balancer spreads over the instances
PADDING = 60_000  # bytes that push what a proxy holds back out of its buffers
MAX_PADDED_EVENTS = 4
GZIP = {"Accept-Encoding": "gzip, br"}
THROUGH_BALANCER = "a feed through the balancer"


def check_feeds(report: Report, client: Client, direct: Client, fixture: Fixture) -> None:
    """Publish through the balancer; expect the events on feeds through it and straight from an instance."""
    proxied, straight = (FeedReader(each, fixture.topic, fixture.token).open() for each in (client, direct))
    others = [FeedReader(client, fixture.topic, fixture.token).open() for _ in range(OTHER_FEEDS)]
    try:
        if not straight.until(_is_live, OPEN_TIMEOUT_S):
            name = THROUGH_BALANCER if direct is client else f"a feed straight from {direct.address}"
            return _explain_not_live(report, name, straight)
        if not proxied.until(_is_live, OPEN_TIMEOUT_S):
            return _explain_not_opened(report, client, fixture, proxied)
        comparison = _comparison(proxied, straight, _opening_s(straight))
        report.hop("a feed opens", _opening_s(proxied), comparison)
        _check_delivery(report, client, fixture, [proxied, straight, *others])
        _check_compression(report, client, fixture)
    finally:
        for feed in (proxied, straight, *others):
            feed.close()


def check_heartbeats(report: Report, feed: FeedReader, client: Client) -> None:
    """A quiet feed has to stay open from one heartbeat to the next."""
    wait = 2 * settings.HUB_HEARTBEAT_S + 2 - (time.perf_counter() - feed.requested_at)
    if feed.until(lambda feed: len(feed.heartbeats) >= 2, max(wait, 0.1)):
        gap = feed.heartbeats[1] - feed.heartbeats[0]
        report.hop("heartbeat to heartbeat", gap, f"HUB_HEARTBEAT_S={settings.HUB_HEARTBEAT_S:g}")
    elif feed.ended_at is not None and not any(event.type == "retire" for event in feed.events):
        last = max([feed.requested_at, *feed.heartbeats, *(event.at for event in feed.events)])
        report.find(
            "hub.D003",
            f"a feed was cut after {feed.ended_at - last:.1f} s of quiet; a heartbeat comes every "
            f"{settings.HUB_HEARTBEAT_S:g} s.",
        )
    elif feed.ended_at is None and client.is_loopback:
        report.note(f"no heartbeat within {wait:.0f} s: does the instance have another HUB_HEARTBEAT_S?")


def _post(client: Client, fixture: Fixture, number: int, padding: int = 0) -> tuple[Response, float]:
    """Publish a live event; the response, and when the request was sent (`time.perf_counter`)."""
    event = {"topic": fixture.topic, "type": "doctor", "data": {"n": number, "padding": "." * padding}}
    response = client.post(
        mount.at(settings.HUB_EVENTS_PATH), event, {"Authorization": f"Bearer {fixture.key}"}
    )
    return response, time.perf_counter() - response.duration_s


def _check_delivery(report: Report, client: Client, fixture: Fixture, feeds: list[FeedReader]) -> None:
    proxied, straight, *others = feeds
    live, deadline = [proxied, straight], time.perf_counter() + OPEN_TIMEOUT_S
    for feed in others:
        if feed.until(_is_live, max(0.01, deadline - time.perf_counter())):
            live.append(feed)
        else:
            _explain_not_live(report, THROUGH_BALANCER, feed)
    if len(live) < len(feeds):
        return  # the instance behind such a feed refuses the event, too
    missed: list[FeedReader] = []
    number, began, post_s = 0, 0.0, 0.0
    for number in range(EVENTS):
        response, began = _post(client, fixture, number)
        if response.status != 201:
            seen = f"POST {settings.HUB_EVENTS_PATH}: {response.status} {response.detail}"
            return report.find("hub.D025", seen)
        post_s = response.duration_s
        deadline = began + post_s + ARRIVAL_TIMEOUT_S
        for feed in live:
            if not feed.until(partial(_received, number=number), max(0.01, deadline - time.perf_counter())):
                missed.append(feed)
        if missed:
            break
    report.hop("POST of an event", post_s)
    directly, late = straight.first("doctor", number), proxied.first("doctor", number)
    if directly is not None and late is not None:
        comparison = _comparison(proxied, straight, directly.at - began)
        report.hop("an event arrives", late.at - began, comparison)
        if (delay_s := _least_delay_s(proxied, straight)) > MAX_DELAY_S:
            seen = f"every event arrived {delay_s * 1000:.0f} ms or more later than from the instance."
            report.find("hub.D001", seen)
    if missed:
        _explain_missed(report, client, fixture, missed, len(live), number)


def _explain_missed(
    report: Report,
    client: Client,
    fixture: Fixture,
    missed: list[FeedReader],
    feeds: int,
    number: int,
) -> None:
    """Tell an event that a proxy holds back from one that the instance never received."""
    if settings.HUB_REDIS_URL:
        for padded in range(MAX_PADDED_EVENTS):
            _post(client, fixture, EVENTS + padded, PADDING)
            if not missed[0].until(partial(_received, number=EVENTS + padded), ARRIVAL_TIMEOUT_S / 2):
                continue
            if not _received(missed[0], number):
                break  # an event that is only held back is not overtaken
            pushed = (padded + 1) * PADDING // 1000
            return report.find("hub.D001", f"an event arrived once {pushed} kB more pushed it through.")
    seen = f"an event reached {feeds - len(missed)} of {feeds} feeds."
    report.find("hub.D017" if settings.HUB_REDIS_URL else "hub.D016", seen)


def _check_compression(report: Report, client: Client, fixture: Fixture) -> None:
    """Accept any compression, as browsers do."""
    feed = FeedReader(client, fixture.topic, fixture.token, GZIP).open()
    responded = feed.until(lambda feed: feed.status != 0, ARRIVAL_TIMEOUT_S)
    feed.close()
    if encoding := feed.response_headers.get("content-encoding"):
        report.find("hub.D002", f"/feed/ has Content-Encoding: {encoding}; events wait in the compressor.")
    elif not responded:
        report.find(
            "hub.D002", "a feed that accepts gzip, as browsers' do, is silent; one that does not is not."
        )


def _least_delay_s(proxied: FeedReader, straight: FeedReader) -> float:
    """Of the events that both received."""
    pairs = ((proxied.first("doctor", number), straight.first("doctor", number)) for number in range(EVENTS))
    return min((late.at - early.at for late, early in pairs if late and early), default=0.0)


def _received(feed: FeedReader, number: int) -> bool:
    return feed.first("doctor", number) is not None


def _explain_not_opened(report: Report, client: Client, fixture: Fixture, feed: FeedReader) -> None:
    if feed.ended_at is not None or feed.events:
        return _explain_not_live(report, THROUGH_BALANCER, feed)
    for padded in range(MAX_PADDED_EVENTS):
        _post(client, fixture, padded, PADDING)
        if feed.until(lambda feed: bool(feed.events), ARRIVAL_TIMEOUT_S / 2):
            pushed = (padded + 1) * PADDING // 1000
            return report.find(
                "hub.D001",
                f"nothing arrived for {OPEN_TIMEOUT_S:g} s, until {pushed} kB more pushed it through.",
            )
    sent = MAX_PADDED_EVENTS * PADDING // 1000
    report.find("hub.D001", f"{THROUGH_BALANCER} stays silent, with {sent} kB sent to it.")


def _explain_not_live(report: Report, name: str, feed: FeedReader) -> None:
    if feed.first("stream-degraded") is not None:
        report.find("hub.D017", f"{name} is degraded: the instance behind it receives nothing from Redis.")
    elif feed.status == 400 and "HUB_ALLOWED_HOSTS" in feed.problem:
        report.find("hub.D007", f"{name}, requested as {feed.client.host}: {feed.problem}")
    else:
        silent = f"nothing within {OPEN_TIMEOUT_S:g} s"
        cause = feed.problem or (silent if feed.ended_at is None else "it was closed")
        report.find("hub.D025", f"{name}: {feed.status or 'no response'}, {cause}")


def _is_live(feed: FeedReader) -> bool:
    return feed.first("stream-live") is not None


def _comparison(proxied: FeedReader, straight: FeedReader, seconds: float) -> str:
    return "" if straight.client is proxied.client else f"straight {seconds * 1000:.1f} ms"


def _opening_s(feed: FeedReader) -> float:
    event = feed.first("stream-live")
    return 0.0 if event is None else event.at - feed.requested_at
