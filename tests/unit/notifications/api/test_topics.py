"""A live topic is shown to who may read it: its policy, what the log has of it, and its readers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import Group, User

from hub import publish
from hub.log import Log
from hub.ops import topic_readers
from hub.policies.current import policies
from notifications.access import api_keys, tokens
from notifications.models import Grant
from tests.unit.notifications.conftest import Caller, refused

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _policies() -> Iterator[None]:
    policies.configure(
        [{"pattern": "job-*", "read": ["group:ops", "user:zed"], "publish": ["owner", "user:zed"]}]
    )
    yield
    policies.configure([])


def test_a_program_is_shown_all_of_it(
    live_log: Log, program: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(topic_readers, "count", lambda topic: 7)
    publish("job-1", "tick", 1)
    position = publish("job-1", "tick", 2)

    answer = program.get("topics/job-1")

    assert answer.status == 200
    assert answer.json.pop("policy")["publish"] == ["owner", "user:zed"]
    assert answer.json == {"topic": "job-1", "events": 2, "position": str(position), "readers": 7}


def test_a_topic_of_which_nothing_is_known_is_empty(live_log: Log, program: Caller) -> None:
    assert program.get("topics/free").json == {
        "topic": "free",
        "policy": None,
        "events": 0,
        "position": None,
        "readers": None,
    }


@pytest.mark.parametrize(
    "way", [lambda user: Caller(user=user), lambda user: Caller(tokens.issue(user, (), 60)[0])]
)
def test_a_person_who_may_read_it_is_shown_their_own_audiences(
    live_log: Log, alice: User, bob: User, ops: Group, way: Callable[[User], Caller]
) -> None:
    shown = way(alice).get("topics/job-1").json["policy"]

    assert (shown["read"], shown["publish"]) == (["group:ops"], ["owner"])
    assert refused(way(bob).get("topics/job-1"), 403)
    assert refused(way(alice).get("topics/free"), 403)


def test_a_grant_and_a_token_that_names_it_show_it_too(live_log: Log, bob: User) -> None:
    Grant.objects.create(pattern="repo-*")

    assert Caller(user=bob).get("topics/repo-1").status == 200
    assert Caller(tokens.issue(bob, ["job-1"], 60, own=False)[0]).get("topics/job-1").status == 200
    assert Caller(tokens.issue(bob, ["job-1"], 60)[0]).get("topics/repo-1").status == 403


def test_a_key_is_shown_no_topics_beyond_its_own(live_log: Log, with_key: Callable[..., Caller]) -> None:
    narrow = Caller(api_keys.create("narrow", ["read"], topics=["repo-*"]))

    assert narrow.get("topics/repo-1").status == 200
    assert refused(narrow.get("topics/job-1"), 403)
    assert refused(with_key("publish", "manage").get("topics/job-1"), 403)
    assert refused(Caller().get("topics/job-1"), 401)


@pytest.mark.parametrize("topic", ["user-1", "everyone", "room-1", "hub.control", "a b"])
def test_what_is_no_live_topic_is_refused(live_log: Log, program: Caller, topic: str) -> None:
    assert refused(program.get(f"topics/{topic}"), 422, "topic")
