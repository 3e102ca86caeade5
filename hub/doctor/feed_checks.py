"""A feed through the balancer beside one straight to an instance: what comes, when, and what does not."""

from __future__ import annotations

import time
from functools import partial

from django.conf import settings

from hub.doctor.client import Answer, Door, Feed
from hub.doctor.fixture import Visit
from hub.doctor.report import Report

OPENS_S = 3.0
COMES_S = 2.0
LATE_S = 1.0  # later than straight from the instance: something holds it back
EVENTS = 4  # which a balancer spreads over the instances
OTHERS = 5  # feeds besides, which a balancer spreads over the instances
PADDING = 60_000  # bytes that push what a proxy holds back out of its buffers
PUSHES = 4
GZIP = {"Accept-Encoding": "gzip, br"}
THROUGH = "a feed through the balancer"


def published(report: Report, door: Door, direct: Door, visit: Visit) -> None:
    """Publish through the balancer, and see it on feeds through it and straight from an instance."""
    through, straight = (Feed(way, visit.topic, visit.token).open() for way in (door, direct))
    others = [Feed(door, visit.topic, visit.token).open() for _ in range(OTHERS)]
    try:
        if not straight.until(_live, OPENS_S):
            whose = THROUGH if direct is door else f"a feed straight from {direct.place}"
            return _not_live(report, whose, straight)
        if not through.until(_live, OPENS_S):
            return _not_opened(report, door, visit, through)
        report.hop("a feed opens", _opened(through), _beside(through, straight, _opened(straight)))
        _delivered(report, door, visit, [through, straight, *others])
        _compressed(report, door, visit)
    finally:
        for feed in (through, straight, *others):
            feed.close()


def beats(report: Report, feed: Feed, door: Door) -> None:
    """A quiet feed lives from one heartbeat to the next, whatever stands between."""
    wait = 2 * settings.HUB_HEARTBEAT_S + 2 - (time.perf_counter() - feed.asked_at)
    if feed.until(lambda feed: len(feed.beats) >= 2, max(wait, 0.1)):
        gap = feed.beats[1] - feed.beats[0]
        report.hop("heartbeat to heartbeat", gap, f"HUB_HEARTBEAT_S={settings.HUB_HEARTBEAT_S:g}")
    elif feed.ended_at is not None and not any(event.type == "retire" for event in feed.events):
        last = max([feed.asked_at, *feed.beats, *(event.at for event in feed.events)])
        report.find(
            "hub.D003",
            f"a feed was cut after {feed.ended_at - last:.1f} s of quiet; a heartbeat comes every "
            f"{settings.HUB_HEARTBEAT_S:g} s.",
        )
    elif feed.ended_at is None and door.loopback:
        report.note(
            f"no heartbeat within {wait:.0f} s: HUB_HEARTBEAT_S is another here than where it serves?"
        )


def _post(door: Door, visit: Visit, number: int, padding: int = 0) -> tuple[Answer, float]:
    """Publish a live event; the answer, and when it was asked for, being connected."""
    body = {"topic": visit.topic, "type": "doctor", "data": {"n": number, "padding": "." * padding}}
    answer = door.post(settings.HUB_EVENTS_PATH, body, {"Authorization": f"Bearer {visit.key}"})
    return answer, time.perf_counter() - answer.took_s


def _delivered(report: Report, door: Door, visit: Visit, feeds: list[Feed]) -> None:
    through, straight, *others = feeds
    here, until = [through, straight], time.perf_counter() + OPENS_S
    for feed in others:
        if feed.until(_live, max(0.01, until - time.perf_counter())):
            here.append(feed)
        else:
            _not_live(report, THROUGH, feed)
    if len(here) < len(feeds):
        return  # the instance behind such a one refuses what is posted, too
    missed: list[Feed] = []
    number, began, took_s = 0, 0.0, 0.0
    for number in range(EVENTS):
        posted, began = _post(door, visit, number)
        if posted.status != 201:
            return report.find(
                "hub.D025", f"POST {settings.HUB_EVENTS_PATH}: {posted.status} {posted.detail}"
            )
        took_s = posted.took_s
        until = began + took_s + COMES_S
        for feed in here:
            if not feed.until(partial(_came, number=number), max(0.01, until - time.perf_counter())):
                missed.append(feed)
        if missed:
            break
    report.hop("POST of an event", took_s)
    came, late = straight.first("doctor", number), through.first("doctor", number)
    if came is not None and late is not None:
        report.hop("an event arrives", late.at - began, _beside(through, straight, came.at - began))
        if late.at - came.at > LATE_S:
            report.find("hub.D001", f"an event came {late.at - came.at:.1f} s later than from the instance.")
    if missed:
        _missed(report, door, visit, missed, len(here), number)


def _missed(report: Report, door: Door, visit: Visit, missed: list[Feed], of: int, number: int) -> None:
    """It did not come: is it held back, or was it never heard there?"""
    if settings.HUB_REDIS_URL:
        for padded in range(PUSHES):
            _post(door, visit, EVENTS + padded, PADDING)
            if not missed[0].until(partial(_came, number=EVENTS + padded), COMES_S / 2):
                continue
            if not _came(missed[0], number):
                break  # none that is only held back is overtaken
            pushed = (padded + 1) * PADDING // 1000
            return report.find("hub.D001", f"an event came once {pushed} kB more pushed it through.")
    seen = f"an event reached {of - len(missed)} of {of} feeds."
    report.find("hub.D017" if settings.HUB_REDIS_URL else "hub.D016", seen)


def _compressed(report: Report, door: Door, visit: Visit) -> None:
    """Ask as browsers do: they take any compression that is offered."""
    feed = Feed(door, visit.topic, visit.token, GZIP).open()
    answered = feed.until(lambda feed: feed.status != 0, COMES_S)
    feed.close()
    if encoding := feed.answered.get("content-encoding"):
        report.find("hub.D002", f"/feed/ came with Content-Encoding: {encoding}; events wait in it.")
    elif not answered:
        report.find(
            "hub.D002", "a feed that takes gzip, as browsers' do, is silent; one that does not is not."
        )


def _came(feed: Feed, number: int) -> bool:
    return feed.first("doctor", number) is not None


def _not_opened(report: Report, door: Door, visit: Visit, feed: Feed) -> None:
    if feed.ended_at is not None or feed.events:
        return _not_live(report, THROUGH, feed)
    for padded in range(PUSHES):
        _post(door, visit, padded, PADDING)
        if feed.until(lambda feed: bool(feed.events), COMES_S / 2):
            pushed = (padded + 1) * PADDING // 1000
            return report.find(
                "hub.D001", f"nothing came for {OPENS_S:g} s, until {pushed} kB more pushed it through."
            )
    report.find(
        "hub.D001",
        f"a feed through the balancer stays silent, with {PUSHES * PADDING // 1000} kB sent to it.",
    )


def _not_live(report: Report, whose: str, feed: Feed) -> None:
    """It was opened, and said something else than that it is live, or nothing."""
    if feed.first("stream-degraded") is not None:
        report.find("hub.D017", f"{whose} is degraded: the instance behind it does not hear Redis.")
    elif feed.status == 400 and "HUB_ALLOWED_HOSTS" in feed.problem:
        report.find("hub.D007", f"{whose}, asked for as {feed.door.host}: {feed.problem}")
    else:
        said = feed.problem or (f"nothing within {OPENS_S:g} s" if feed.ended_at is None else "it was closed")
        report.find("hub.D025", f"{whose}: {feed.status or 'no answer'}, {said}")


def _live(feed: Feed) -> bool:
    return feed.first("stream-live") is not None


def _beside(through: Feed, straight: Feed, seconds: float) -> str:
    return "" if straight.door is through.door else f"straight {seconds * 1000:.1f} ms"


def _opened(feed: Feed) -> float:
    event = feed.first("stream-live")
    return 0.0 if event is None else event.at - feed.asked_at
