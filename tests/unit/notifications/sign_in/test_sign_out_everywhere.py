"""Who is signed out everywhere is signed in nowhere, by no session and no token."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from hub.errors import Problem
from hub.ports import Credentials
from notifications.access import endings, tokens
from notifications.access.admission import Admission
from notifications.access.sessions import SIGNED_IN_AT
from notifications.models import AuditEntry, Room

pytestmark = pytest.mark.django_db(transaction=True)
admission = Admission()

EVERYWHERE = "/accounts/logout-everywhere/"


@pytest.fixture
def alice() -> User:
    Room.objects.create(name="lobby")
    return User.objects.create_user("alice", password="demo")


@pytest.fixture
def sign_in(alice: User) -> Callable[[], Client]:
    def make() -> Client:
        client = Client()
        client.force_login(alice)
        return client

    return make


@pytest.fixture
def boss() -> Client:
    """Staff who manage the hub."""
    boss = User.objects.create_user("boss", is_staff=True)
    for name in ("view_dashboard", "manage_hub"):
        boss.user_permissions.add(Permission.objects.get(codename=name))
    client = Client()
    client.force_login(boss)
    return client


def signed_in(client: Client) -> bool:
    return client.get("/preferences/").status_code == 200


def doors(**shown: str) -> list[int]:
    """What a feed and a room answer; 200 if they open."""
    asked: list[tuple[Callable[..., Any], Any]] = [(admission.admit, []), (admission.enter, "lobby")]
    found = []
    for ask, what in asked:
        try:
            asyncio.run(ask(Credentials(**shown), what))
            found.append(200)
        except Problem as problem:
            found.append(problem.status)
    return found


def session_of(client: Client) -> str:
    return client.cookies["sessionid"].value


def test_one_s_own_sessions_and_tokens_all_end(alice: User, sign_in: Callable[[], Client]) -> None:
    here, elsewhere, token = sign_in(), sign_in(), tokens.issue(alice, [], 60)[0]
    assert doors(session=session_of(elsewhere)) == doors(bearer=token) == [200, 200]

    answer = here.post(EVERYWHERE)

    assert (answer.status_code, answer.headers["Location"]) == (302, "/accounts/login/")
    assert doors(session=session_of(elsewhere)) == doors(bearer=token) == [401, 401]
    assert not signed_in(here)
    assert not signed_in(elsewhere)
    assert elsewhere.get("/api/v1/notifications").status_code == 401


def test_who_signs_in_again_is_in(sign_in: Callable[[], Client]) -> None:
    sign_in().post(EVERYWHERE)

    again = sign_in()

    assert signed_in(again)
    assert doors(session=session_of(again)) == [200, 200]


def test_no_one_else_is_signed_out(boss: Client, sign_in: Callable[[], Client]) -> None:
    sign_in().post(EVERYWHERE)

    assert signed_in(boss)


def test_a_session_that_does_not_say_when_it_began_ends_too(
    alice: User, sign_in: Callable[[], Client]
) -> None:
    old = sign_in()
    session = old.session
    del session[SIGNED_IN_AT]
    session.save()
    assert signed_in(old)

    endings.end_all(alice.pk)

    assert doors(session=session_of(old)) == [401, 401]
    assert not signed_in(old)


def test_staff_who_manage_sign_someone_out_and_it_is_recorded(
    alice: User, boss: Client, sign_in: Callable[[], Client]
) -> None:
    other_client = sign_in()

    answer = boss.post(f"/dashboard/people/{alice.pk}/sign-out", follow=True)

    assert "alice was signed out everywhere." in answer.content.decode()
    assert not signed_in(other_client)
    entry = AuditEntry.objects.get(act="sign-out-everywhere")
    assert (entry.actor, entry.target, entry.detail) == ("boss", "alice", {"person": alice.pk})


def test_staff_who_do_not_manage_may_not(alice: User, boss: Client, sign_in: Callable[[], Client]) -> None:
    User.objects.get(username="boss").user_permissions.remove(Permission.objects.get(codename="manage_hub"))
    other_client = sign_in()

    path = f"/dashboard/people/{alice.pk}/sign-out"

    assert boss.post(path).status_code == 403
    assert path not in boss.get(f"/dashboard/people/{alice.pk}/").content.decode()
    assert signed_in(other_client)


def test_it_takes_a_post_with_the_form_s_token(alice: User, sign_in: Callable[[], Client]) -> None:
    other_client = sign_in()
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)

    assert other_client.get(EVERYWHERE).status_code == 405
    assert strict.post(EVERYWHERE).status_code == 403
    assert signed_in(other_client)


def test_the_preferences_offer_it_in_the_reader_s_language(sign_in: Callable[[], Client]) -> None:
    client = sign_in()

    english = client.get("/preferences/").content.decode()
    arabic = client.get("/preferences/", headers={"accept-language": "ar"}).content.decode()

    assert all(f'action="{EVERYWHERE}"' in page for page in (english, arabic))
    assert "Sign out everywhere" in english
    assert "تسجيل الخروج من كل مكان" in arabic
