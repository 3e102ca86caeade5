"""Before very many are reached, whoever signed in a while ago says again who they are."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from notifications.access.sessions import SIGNED_IN_AT
from notifications.models import Sending
from tests.unit.notifications.dashboard.forms import press, text
from tests.unit.notifications.sign_in.conftest import PASSWORD, code, enrol, sign_in


@pytest.fixture
def sender(boss: User) -> Client:
    """Signed in for long."""
    client = Client()
    sign_in(client, name="boss")
    session = client.session
    session[SIGNED_IN_AT] -= 3600
    session.save()
    return client


def test_a_user_who_has_just_signed_in_is_not_asked(boss: User) -> None:
    client = Client()
    sign_in(client, name="boss")

    assert press(client, "send", to="everyone", confirm="1").status_code == 302


def test_later_nothing_is_sent_and_the_draft_is_kept(sender: Client) -> None:
    answer = press(sender, "send", to="everyone", confirm="1", title="All hands")

    assert answer.status_code == 422
    assert "enter your password or a code" in text(answer)
    page = answer.content.decode()
    assert 'value="All hands"' in page
    assert '<input id="proof" name="proof" type="password"' in page
    assert not Sending.objects.exists()


def test_the_password_sends_it_and_is_not_asked_for_again(sender: Client) -> None:
    first = press(sender, "send", to="everyone", confirm="1", proof=PASSWORD)
    second = press(sender, "send", to="everyone", confirm="1")

    assert (first.status_code, second.status_code) == (302, 302)


def test_a_code_will_do(sender: Client, boss: User) -> None:
    device = enrol(boss)

    assert press(sender, "send", to="everyone", confirm="1", proof=code(device)).status_code == 302


def test_a_wrong_password_sends_nothing_is_never_shown_and_counts(sender: Client) -> None:
    answers = [press(sender, "send", to="everyone", confirm="1", proof="not-hers") for _ in range(6)]

    assert [answer.status_code for answer in answers] == [422] * 5 + [429]
    assert all("not-hers" not in answer.content.decode() for answer in answers)
    assert answers[-1]["Retry-After"] == "2"
    assert not Sending.objects.exists()


def test_few_are_reached_without(sender: Client) -> None:
    assert press(sender, "send", to="user:boss").status_code == 302


def test_how_long_it_holds_is_a_setting(sender: Client, settings: Any) -> None:
    settings.HUB_REAUTH_S = 7200

    assert press(sender, "send", to="everyone", confirm="1").status_code == 302
