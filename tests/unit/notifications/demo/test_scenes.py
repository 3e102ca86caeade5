"""The gallery's scenes: the same for the same seed, and publishable under the policies that they state."""

from __future__ import annotations

import pytest

from hub import events, topics
from hub.policies import checks
from hub.policies.policy import parse
from notifications.demo.gallery_pages import PAGES
from notifications.demo.scenes import build_log, order_status
from notifications.demo.scenes.catalogue import SCENES, scene_of
from notifications.demo.scenes.scene import PREFIX, Scene

by_pattern = pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.pattern)


@by_pattern
def test_a_run_is_the_same_each_time_and_another_seed_is_another_run(scene: Scene) -> None:
    assert list(scene.play(3)) == list(scene.play(3))
    assert list(scene.play(3)) != list(scene.play(4))


@by_pattern
def test_every_event_is_one_that_the_policy_accepts(scene: Scene) -> None:
    policy = parse({"pattern": scene.pattern, **scene.policy})
    topic = scene.pattern.replace("*", "7")

    assert topics.check_live(topic).startswith(PREFIX)
    for step in scene.steps(0):
        drafts = [events.draft(topic, one.type, one.data, value_key=one.key) for one in step]
        checks.check(policy, drafts)
        assert [topics.check_type(one.type) for one in step]


@by_pattern
def test_the_history_holds_a_whole_run_of_what_may_not_be_lost(scene: Scene) -> None:
    policy = parse({"pattern": scene.pattern, **scene.policy})

    if scene.once:
        assert policy.max_events is not None
        assert policy.max_events >= sum(len(step) for step in scene.steps(0))


@by_pattern
def test_a_run_lasts_about_half_a_minute(scene: Scene) -> None:
    assert 20 <= len(scene.steps(0)) * scene.interval_s <= 45


def test_each_page_reads_topics_of_a_scene_and_each_scene_has_a_page() -> None:
    read = [topic for page in PAGES for topic in page.topics_of(7)]

    assert all(scene_of(topic) for topic in read)
    assert {scene_of(topic) for topic in read} == set(SCENES)


def test_the_build_has_ten_thousand_lines() -> None:
    assert len(list(build_log.texts(0))) == 10_000


def test_every_order_arrives_and_skips_no_state() -> None:
    seen: dict[str, list[str]] = {number: [] for number in order_status.ITEMS}
    for step in order_status.ORDER_SCENE.play(5):
        for one in step:
            seen[one.key].append(one.data["state"])

    assert all(states == list(order_status.STATES) for states in seen.values())


def test_a_topic_of_others_is_no_scene() -> None:
    assert scene_of("demo-prices-7") is None
    assert scene_of("job-42") is None
