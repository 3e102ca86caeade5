"""No owner takes more than its share of a log, and no topic more than its bound. Memory and Redis alike."""

from __future__ import annotations

import asyncio

import pytest

from hub.events import Draft
from hub.log import DEFAULT_MEMORY_BYTES, KeyReused, Log, LogFull, Terms
from tests.services.log.conftest import MakeLog, draft, new_log

CI, OTHER = Terms("ci"), Terms("other")
SHARE = 100_000 / DEFAULT_MEMORY_BYTES  # 100,000 bytes


def owned(topic: str, size: int, owner: str = "ci") -> Draft:
    return Draft(topic, "progress", b"x" * size, owner=owner)


async def until_full(log: Log, topic: str, terms: Terms = CI) -> int:
    """How many events of 10,000 bytes were taken before the share was, each on a topic of its own."""
    for appended in range(100):
        try:
            log.append([owned(f"{topic}-{appended}", 10_000, terms.owner)], terms)
        except LogFull:
            return appended
    raise AssertionError("the share has no end")


async def test_over_its_share_an_owner_is_refused_with_when_there_is_space(make_log: MakeLog) -> None:
    log = await new_log(make_log, owner_share=SHARE, ttl_s=60)

    assert 7 <= await until_full(log, "job") <= 9
    with pytest.raises(LogFull) as full:
        log.append([owned("job", 50_000)], CI)
    assert 55 <= full.value.seconds <= 70


async def test_others_and_the_hub_itself_go_on(make_log: MakeLog) -> None:
    log = await new_log(make_log, owner_share=SHARE)
    await until_full(log, "job")

    assert log.append([owned("other", 10_000, "other")], OTHER)
    assert log.append([draft("user-7", b"x" * 90_000)])


async def test_all_or_none_of_a_batch_that_passes_the_share_is_appended(make_log: MakeLog) -> None:
    log = await new_log(make_log, owner_share=SHARE)
    start = log.head()

    with pytest.raises(LogFull):
        log.append([owned(f"job-{n}", 10_000) for n in range(12)], CI)

    assert (await log.read({f"job-{n}": start for n in range(12)})).events == []
    assert log.append([owned("job-0", 10_000)], CI)


async def test_what_is_trimmed_by_count_is_given_back(make_log: MakeLog) -> None:
    log = await new_log(make_log, owner_share=SHARE, max_events=3)

    for _ in range(50):
        log.append([owned("job", 10_000)], CI)

    assert 4 <= await until_full(log, "more") <= 6


async def test_what_another_pushes_out_is_given_back_to_its_owner(make_log: MakeLog) -> None:
    log = await new_log(make_log, owner_share=SHARE, max_events=3)
    log.append([owned("job", 20_000) for _ in range(3)], CI)

    log.append([owned("job", 10, "other") for _ in range(3)], OTHER)

    assert 7 <= await until_full(log, "more") <= 9


async def test_what_is_recalled_is_given_back(make_log: MakeLog) -> None:
    log = await new_log(make_log, owner_share=SHARE)
    log.append([Draft("job", "progress", b"x" * 50_000, key="n1", owner="ci")])

    log.append([Draft("job", "recalled", b"{}", removes="n1")])

    assert 7 <= await until_full(log, "more") <= 9


async def test_what_has_expired_is_given_back(make_log: MakeLog) -> None:
    log = await new_log(make_log, owner_share=SHARE, ttl_s=0.5)
    await until_full(log, "job")

    async with asyncio.timeout(5):
        while await until_full(log, "again") < 6:
            await asyncio.sleep(0.05)


async def test_what_an_owner_s_drafts_take_counts_though_no_one_held_it_to_its_share(
    make_log: MakeLog,
) -> None:
    log = await new_log(make_log, owner_share=SHARE)
    log.append([owned(f"user-{n}", 10_000) for n in range(12)])

    with pytest.raises(LogFull):
        log.append([], Terms("ci", extra_bytes=1))
    assert log.append([], Terms("other", extra_bytes=1)) == []


async def test_a_topic_keeps_its_last_bytes_and_says_what_is_missing(make_log: MakeLog) -> None:
    log = await new_log(make_log, max_bytes=50_000)
    first = log.append([draft(body=b"a" * 10_000)])[0]

    positions = log.append([draft(body=b"b" * 10_000) for _ in range(6)])

    page = await log.read({"job-1": first})
    assert [event.position for event in page.events] == positions[2:]
    assert page.gaps == {"job-1"}
    assert (await log.read({"job-1": positions[1]})).gaps == frozenset()


async def test_an_event_larger_than_a_topic_may_keep_stands_alone(make_log: MakeLog) -> None:
    log = await new_log(make_log, max_bytes=5_000)
    log.append([draft(body=b"a")])

    (position,) = log.append([draft(body=b"b" * 10_000)])

    assert [event.position for event in (await log.read({"job-1": 0})).events] == [position]


async def test_a_whole_is_appended_once_and_gives_its_positions_again(log: Log) -> None:
    once = Terms("ci", "ci:a", "d1")
    start = log.head()

    first = log.append([draft(f"job-{n % 2}") for n in range(5)], once)
    again = log.append([draft(f"job-{n % 2}") for n in range(5)], once)

    assert again == first
    assert len((await log.read({"job-0": start, "job-1": start})).events) == 5


async def test_a_key_that_stands_for_something_else_appends_nothing(log: Log) -> None:
    log.append([draft()], Terms("ci", "ci:a", "d1"))
    start = log.head()

    with pytest.raises(KeyReused):
        log.append([draft()], Terms("ci", "ci:a", "d2"))

    assert log.head() == start
    assert log.append([draft()], Terms("ci", "ci:b", "d2"))


async def test_a_refused_whole_leaves_its_key_free(make_log: MakeLog) -> None:
    log = await new_log(make_log, owner_share=SHARE, ttl_s=0.5)
    await until_full(log, "job")
    once = Terms("ci", "ci:a", "d1")

    with pytest.raises(LogFull):
        log.append([owned("job", 60_000)], once)

    async with asyncio.timeout(5):
        while True:
            try:
                log.append([owned("job", 60_000)], Terms("ci", "ci:a", "d2"))
                break
            except LogFull:
                await asyncio.sleep(0.05)


async def test_keys_are_counted_for_as_long_as_they_are_kept(make_log: MakeLog) -> None:
    log = await new_log(make_log, owner_share=SHARE, max_events=1)
    for number in range(300):
        log.append([owned("job", 1)], Terms("ci", f"ci:{number}", "d"))

    with pytest.raises(LogFull) as full:
        log.append([], Terms("ci", extra_bytes=50_000))

    assert full.value.seconds > 3600
