"""Whoever has a second factor is not signed in without it; staff may be made to have one."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from notifications.access import roles, second_factor
from notifications.models import AuditEntry
from tests.unit.notifications.sign_in.conftest import HERE, PASSWORD, code, enrol, sign_in

pytestmark = pytest.mark.django_db


def verify(client: Client, given: str, **more: Any) -> Any:
    return client.post("/accounts/verify/", {"code": given, **more}, REMOTE_ADDR=HERE)


def test_the_password_alone_signs_no_one_in_who_has_one(alice: User) -> None:
    enrol(alice)
    client = Client()

    answer = sign_in(client)

    assert answer["Location"].startswith("/accounts/verify/")
    assert "_auth_user_id" not in client.session
    assert client.get("/").status_code == 302


def test_with_the_code_they_are_where_they_were_going(alice: User) -> None:
    device, client = enrol(alice), Client()
    client.post(
        "/accounts/login/", {"username": "alice", "password": PASSWORD, "next": "/rooms/"}, REMOTE_ADDR=HERE
    )

    answer = verify(client, code(device), next="/rooms/")

    assert answer["Location"] == "/rooms/"
    assert client.get("/").status_code == 200


def test_a_code_works_once(alice: User) -> None:
    device, client = enrol(alice), Client()
    sign_in(client)
    used = code(device)
    verify(client, used)
    again = Client()
    sign_in(again)

    answer = verify(again, used)

    assert answer.status_code == 200
    assert "wrong, expired or already used" in answer.content.decode()


def test_a_code_for_paper_works_once_however_it_is_typed(alice: User) -> None:
    enrol(alice)
    paper = second_factor.renew(alice)[0]
    typed = f"{paper[:4]}-{paper[4:]} ".upper()
    clients = [Client(), Client()]
    for client in clients:
        sign_in(client)

    answers = [verify(client, typed).status_code for client in clients]

    assert answers == [302, 200]


def test_codes_are_counted_like_passwords(alice: User) -> None:
    enrol(alice)
    client = Client()
    sign_in(client)

    answers = [verify(client, "000000").status_code for _ in range(6)]

    assert answers == [200] * 5 + [429]


def test_a_half_that_is_old_or_of_another_password_is_worth_nothing(alice: User) -> None:
    device, client = enrol(alice), Client()
    sign_in(client)
    alice.set_password("another-horse")
    alice.save()

    answer = verify(client, code(device))

    assert answer["Location"].startswith("/accounts/login/")


def test_enrolling_shows_codes_once_and_signs_this_session_as_verified(alice: User) -> None:
    client = Client()
    sign_in(client)
    shown = client.get("/accounts/second-factor/").content.decode()
    device = TOTPDevice.objects.get()

    form = {"code": code(device), "password": PASSWORD}
    page = client.post("/accounts/second-factor/", form, REMOTE_ADDR=HERE).content.decode()

    assert "<svg" in shown
    assert "style=" not in shown[shown.index("<main") :]
    codes = re.findall(r"<li>([a-z2-7]{8})</li>", page)
    assert sorted(codes) == sorted(StaticToken.objects.values_list("token", flat=True))
    assert len(codes) == 10
    again = client.get("/accounts/second-factor/").content.decode()
    assert [one for one in codes if one in again] == []
    assert client.session["otp_device_id"] == device.persistent_id


@pytest.mark.parametrize("wrong", [{"code": "000000"}, {"password": "wrong"}])
def test_nothing_is_enrolled_without_the_code_and_the_password(alice: User, wrong: dict[str, str]) -> None:
    client = Client()
    sign_in(client)
    client.get("/accounts/second-factor/")
    form = {"code": code(TOTPDevice.objects.get()), "password": PASSWORD, **wrong}

    answer = client.post("/accounts/second-factor/", form, REMOTE_ADDR=HERE)

    assert answer.status_code == 422
    assert not second_factor.enrolled(alice)


def test_it_is_removed_by_the_password_alone(alice: User) -> None:
    device, client = enrol(alice), Client()
    sign_in(client)
    verify(client, code(device))
    page = "/accounts/second-factor/"

    refused = client.post(page, {"act": "remove", "password": "wrong"}, REMOTE_ADDR=HERE)
    kept = second_factor.enrolled(alice)
    client.post(page, {"act": "remove", "password": PASSWORD}, REMOTE_ADDR=HERE)

    assert (refused.status_code, kept) == (422, True)
    assert not second_factor.enrolled(alice)


@pytest.mark.parametrize("page", ["/dashboard/", "/dashboard/send/", "/admin/", "/admin/auth/user/"])
def test_staff_without_one_are_led_to_it_where_it_is_demanded(boss: User, page: str, settings: Any) -> None:
    settings.HUB_SECOND_FACTOR = "staff"
    boss.is_superuser = True
    boss.save()
    client = Client()
    sign_in(client, name="boss")

    answer: Any = client.get(page, follow=True)

    assert answer.redirect_chain[-1][0] == f"/accounts/second-factor/?next={page.replace('/', '%2F')}"
    assert "Set it up to continue" in answer.content.decode()


def test_staff_with_one_go_where_they_want(boss: User, settings: Any) -> None:
    settings.HUB_SECOND_FACTOR = "staff"
    device, client = enrol(boss), Client()
    sign_in(client, name="boss")
    verify(client, code(device))

    assert client.get("/dashboard/").status_code == 200
    assert client.get("/admin/").status_code == 200


def test_a_session_from_before_is_asked_for_the_code(boss: User, settings: Any) -> None:
    client = Client()
    sign_in(client, name="boss")
    device = enrol(boss)
    settings.HUB_SECOND_FACTOR = "staff"

    led: Any = client.get("/dashboard/", follow=True)
    verify(client, code(device))

    assert led.redirect_chain[-1][0].startswith("/accounts/verify/")
    assert client.get("/dashboard/").status_code == 200


def test_staff_without_one_receive_nothing_that_is_for_staff(boss: User, settings: Any) -> None:
    settings.HUB_SECOND_FACTOR = "staff"
    before = roles.of([boss.pk])
    enrol(boss)

    assert before.get(boss.pk, frozenset()) == frozenset()
    assert "manage" in roles.of([boss.pk])[boss.pk]


def test_people_are_not_asked_where_staff_are(alice: User, settings: Any) -> None:
    settings.HUB_SECOND_FACTOR = "staff"
    client = Client()
    sign_in(client)

    assert client.get("/").status_code == 200


def test_switched_off_no_one_is_asked(alice: User, settings: Any) -> None:
    settings.HUB_SECOND_FACTOR = "off"
    enrol(alice)
    client = Client()

    assert sign_in(client)["Location"] == "/"
    assert client.get("/accounts/second-factor/").status_code == 404


def test_the_admin_has_the_one_sign_in(boss: User, alice: User) -> None:
    client = Client()

    answer = client.post("/admin/login/?next=/admin/", {"username": "boss", "password": PASSWORD})

    assert answer["Location"] == "/accounts/login/?next=/admin/"
    assert "_auth_user_id" not in client.session
    sign_in(client)
    assert client.get("/admin/", follow=True).status_code == 403


def test_a_lost_app_is_removed_by_the_operator(alice: User) -> None:
    enrol(alice)

    call_command("second_factor", "alice", "--remove", verbosity=0)

    assert not second_factor.enrolled(alice)
    entry = AuditEntry.objects.get(act="second-factor")
    assert (entry.actor, entry.target, entry.detail) == ("command", "alice", {"did": "removed"})


def test_of_someone_who_is_not_there_the_command_says_so(db: None) -> None:
    with pytest.raises(CommandError, match="nobody"):
        call_command("second_factor", "nobody", "--remove")
