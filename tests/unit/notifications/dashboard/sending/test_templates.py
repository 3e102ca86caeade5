"""Templates are made, changed and deleted, and what they say can be sent."""

from __future__ import annotations

import pytest
from django.test import Client

from notifications.models import AuditEntry, Template
from notifications.sending import template_rendering
from tests.unit.notifications.dashboard.forms import acts, text

PATH = "/dashboard/templates/"
BUILD = {
    "name": "Build",
    "title": "Build {number} of {repo}",
    "body": "By {who}.",
    "url": "/builds/{number}",
    "category": "builds",
    "severity": "success",
}


def test_one_is_made_and_shown_with_its_variables(sender: Client) -> None:
    said = text(sender.post(PATH, BUILD, follow=True))

    assert "Saved “Build”." in said
    assert "number repo who" in said
    assert acts() == ["save-template"]


def test_one_is_changed(sender: Client) -> None:
    template = Template.objects.create(name="Build", title="Old")

    sender.post(f"{PATH}{template.pk}/", {**BUILD, "title": "New"})

    template.refresh_from_db()
    assert template.title == "New"
    assert AuditEntry.objects.get().target == "Build"


def test_one_is_deleted(sender: Client) -> None:
    template = Template.objects.create(name="Build", title="Old")

    said = text(sender.post(f"{PATH}{template.pk}/delete", follow=True))

    assert "Deleted “Build”." in said
    assert not Template.objects.exists()
    assert acts() == ["delete-template"]


@pytest.mark.parametrize(
    "url", ["{link}", "/builds/{number}", "https://{host}/x", "https://example.com/{path}"]
)
def test_a_link_may_be_a_variable_in_whole_or_in_part(sender: Client, url: str) -> None:
    sender.post(PATH, {**BUILD, "url": url})

    assert Template.objects.get().url == url


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 101),
        ("name", "tab\x1b"),
        ("title", ""),
        ("title", "two\nlines"),
        ("title", "nul\x00"),
        ("body", "escape\x1b"),
        ("url", "javascript:alert({x})"),
        ("url", "builds/512"),
        ("category", "Two Words"),
        ("severity", "fatal"),
    ],
)
def test_what_could_not_be_sent_is_not_saved(sender: Client, field: str, value: str) -> None:
    answer = sender.post(PATH, {**BUILD, field: value})

    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert not Template.objects.exists()
    assert acts() == []


def test_a_name_is_given_once(sender: Client) -> None:
    sender.post(PATH, BUILD)

    assert sender.post(PATH, BUILD).status_code == 422


def test_what_is_not_there_is_not_found(sender: Client) -> None:
    assert sender.get(f"{PATH}7/").status_code == 404
    assert sender.post(f"{PATH}7/delete").status_code == 404


def test_what_lacks_is_named() -> None:
    template = Template(title="{a} {b} {a}", url="/{c}")

    assert template_rendering.names(template) == ("a", "b", "c")
    with pytest.raises(ValueError, match=r"Give a value for b, c\."):
        template_rendering.fill(template, {"a": "1", "b": " "})


def test_what_is_filled_in_is_not_filled_again() -> None:
    filled = template_rendering.fill(Template(title="{a} {b}"), {"a": "{b}", "b": "{a}"})

    assert filled["title"] == "{b} {a}"


@pytest.mark.parametrize("body", ["x" * 66_000, "{what}" + "x" * 65_500])
def test_what_no_event_could_carry_is_not_saved(sender: Client, body: str) -> None:
    answer = sender.post(PATH, {**BUILD, "body": body})

    assert answer.status_code == 422
    assert "Too large" in text(answer)
    assert not Template.objects.exists()
