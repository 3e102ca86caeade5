"""The pages of the gallery: there in demo mode alone, for people who are signed in."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from notifications.demo.agent import MAX_ANSWERS_OF_PERSON
from notifications.demo.gallery_pages import PAGES
from notifications.demo.scenes.sample_notifications import TITLES
from notifications.models import Notification, Run

PATHS = ["/demo/", *(f"/demo/{page.name}/" for page in PAGES)]
POSTS = ["/demo/kill", "/demo/feed/begin", "/demo/build/begin", "/demo/chat/ask"]


@pytest.fixture
def demo_mode(settings: Any) -> None:
    settings.HUB_DEMO = True


@pytest.fixture
def reader(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def test_outside_of_demo_mode_there_is_nothing(reader: Client, settings: Any) -> None:
    settings.HUB_DEMO = False

    assert {reader.get(path).status_code for path in PATHS} == {404}
    assert {reader.post(path).status_code for path in POSTS} == {404}


@pytest.mark.usefixtures("demo_mode", "db")
def test_a_stranger_signs_in_first(client: Client) -> None:
    answers = [*(client.get(path) for path in PATHS), *(client.post(path) for path in POSTS)]

    assert {answer["Location"].partition("?")[0] for answer in answers} == {"/accounts/login/"}


@pytest.mark.usefixtures("demo_mode")
@pytest.mark.parametrize("path", PATHS)
def test_each_page_is_there_and_has_nothing_inline(reader: Client, path: str) -> None:
    answer = reader.get(path)
    text = answer.content.decode()

    assert answer.status_code == 200
    assert "style=" not in text
    assert "<script>" not in text


@pytest.mark.usefixtures("demo_mode")
def test_the_index_leads_to_each_page(reader: Client) -> None:
    text = reader.get("/demo/").content.decode()

    assert all(f'href="/demo/{page.name}/"' in text for page in PAGES)


@pytest.mark.usefixtures("demo_mode")
def test_an_order_page_reads_a_topic_of_its_reader(reader: Client, alice: User) -> None:
    assert f'data-topics="demo-orders-{alice.pk}"' in reader.get("/demo/orders/").content.decode()


@pytest.mark.usefixtures("demo_mode")
@pytest.mark.parametrize("path", ["/demo/nothing/", "/demo/kill/"])
def test_an_unknown_page_is_not_found(reader: Client, path: str) -> None:
    assert reader.get(path).status_code == 404


@pytest.mark.usefixtures("demo_mode")
def test_the_only_instance_is_not_killed_and_the_button_says_why(reader: Client) -> None:
    page = reader.get("/demo/ticker/").content.decode()
    answer = reader.post("/demo/kill", {"instance": "hub-1"})

    assert "This is the only instance" in page
    assert answer.status_code == 409
    assert answer["Content-Type"] == "application/problem+json"
    assert "only instance" in answer.json()["detail"]


@pytest.mark.usefixtures("demo_mode")
@pytest.mark.parametrize("path", POSTS)
def test_nothing_is_done_without_a_csrf_token(alice: User, path: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)

    assert client.post(path).status_code == 403
    assert client.get(path).status_code in (404, 405)


@pytest.mark.usefixtures("demo_mode")
def test_twenty_notifications_are_scheduled_for_the_reader_alone(
    reader: Client, alice: User, bob: User
) -> None:
    assert reader.post("/demo/feed/begin").status_code == 204
    assert reader.post("/demo/feed/begin").status_code == 204

    waiting = Notification.objects.filter(recalled_at=None)
    assert list(waiting.order_by("due_at").values_list("title", flat=True)) == [title for title, _ in TITLES]
    assert set(waiting.values_list("topic", flat=True)) == {f"user-{alice.pk}"}
    assert bob.pk != alice.pk


@pytest.mark.usefixtures("demo_mode")
@pytest.mark.parametrize("prompt", ["", "  ", "x" * 256, "a\0b"])
def test_the_agent_is_asked_something(reader: Client, prompt: str) -> None:
    answer = reader.post("/demo/chat/ask", {"prompt": prompt})

    assert (answer.status_code, answer.json()["field"]) == (422, "prompt")
    assert not Run.objects.exists()


@pytest.mark.usefixtures("demo_mode")
def test_the_agent_writes_few_answers_at_once_for_one_person(reader: Client, alice: User) -> None:
    for _ in range(MAX_ANSWERS_OF_PERSON):
        Run.objects.create(owner=alice, lease_s=4, leased_until=timezone.now())

    answer = reader.post("/demo/chat/ask", {"prompt": "Why?"})

    assert answer.status_code == 429
    assert answer["Retry-After"] == "5"
    assert Run.objects.count() == MAX_ANSWERS_OF_PERSON
