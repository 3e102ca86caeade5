"""Who tries passwords waits, longer each time; a stranger's attempts do not lock a person out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from notifications.models import SignInCount
from notifications.sign_in import attempts
from tests.unit.notifications.sign_in.conftest import ELSEWHERE, HERE, sign_in

pytestmark = pytest.mark.django_db


def fail(times: int, at: str = HERE, name: str = "alice") -> None:
    for _ in range(times):
        attempts.begin("password", name, at).failed()


def test_five_wrong_passwords_cost_nothing_and_the_sixth_is_not_tried(alice: User) -> None:
    client = Client()
    first = [sign_in(client, "wrong").status_code for _ in range(5)]

    refused = sign_in(client)

    assert first == [200] * 5
    assert refused.status_code == 429
    assert refused["Retry-After"] == "2"
    assert "Wait 2 seconds" in refused.content.decode()
    assert "_auth_user_id" not in client.session


def test_each_failure_doubles_the_wait_up_to_a_quarter_of_an_hour(clock: Callable[[float], None]) -> None:
    fail(5)
    waits = []
    for _ in range(11):
        with pytest.raises(attempts.TooManyAttempts) as refused:
            fail(1)
        waits.append(refused.value.seconds)
        clock(refused.value.seconds)
        fail(1)

    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]


def test_what_is_refused_makes_no_wait_longer(alice: User) -> None:
    client = Client()
    waits = {sign_in(client, "wrong").headers.get("Retry-After") for _ in range(20)}

    assert waits == {None, "2"}


def test_the_right_password_afterwards_signs_in_and_wipes_the_slate(
    alice: User, clock: Callable[[float], None]
) -> None:
    fail(5)
    clock(2)

    assert sign_in(Client()).status_code == 302
    fail(4)
    assert sign_in(Client()).status_code == 302


def test_from_another_address_the_person_gets_in_meanwhile(alice: User) -> None:
    fail(5)

    assert sign_in(Client()).status_code == 429
    assert sign_in(Client(), at=ELSEWHERE).status_code == 302


def test_many_addresses_make_strangers_wait_but_not_the_person(alice: User) -> None:
    assert sign_in(Client()).status_code == 302
    for number in range(attempts.FROM_EVERYWHERE["password"].free):
        fail(1, at=f"192.0.2.{number}")

    stranger, person = sign_in(Client(), at=ELSEWHERE), sign_in(Client())

    assert (stranger.status_code, person.status_code) == (429, 302)


def test_the_wait_for_strangers_stays_short() -> None:
    now = timezone.now()

    assert attempts.FROM_EVERYWHERE["password"].until(10_000, now) == now + timedelta(seconds=60)


def test_an_unknown_name_counts_alike(alice: User) -> None:
    answers = [
        [sign_in(Client(), "wrong", name=name).status_code for _ in range(6)] for name in ("alice", "nobody")
    ]

    assert answers[0] == answers[1] == [200] * 5 + [429]


def test_addresses_of_one_network_of_version_6_are_one() -> None:
    fail(5, at="2001:db8::1")

    with pytest.raises(attempts.TooManyAttempts):
        fail(1, at="2001:db8::ffff")
    fail(1, at="2001:db8:0:1::1")


def test_no_name_is_kept() -> None:
    fail(1, name="hunter2-typed-into-the-wrong-field")

    assert "hunter2" not in str(list(SignInCount.objects.values()))


def test_what_is_a_day_old_is_forgotten(clock: Callable[[float], None]) -> None:
    fail(5)
    clock(24 * 3600 + 1)

    fail(5)
    attempts.clean()

    assert SignInCount.objects.count() == 2


def test_old_rows_go_and_the_addresses_of_people_stay() -> None:
    old = timezone.now() - timedelta(days=2)
    SignInCount.objects.create(digest="stranger", at=old)
    SignInCount.objects.create(digest="person", at=old, known_at=old)

    assert attempts.clean() == 1
    assert SignInCount.objects.get().digest == "person"


def test_there_are_never_more_rows_than_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "MAX_ROWS", 10)
    monkeypatch.setattr(attempts, "ATTEMPTS_PER_CLEANUP", 1)

    for number in range(30):
        fail(1, at=f"192.0.2.{number}")

    assert SignInCount.objects.count() <= 12


def test_attempts_that_are_under_way_hold_up_a_few_others_and_not_hundreds() -> None:
    passed = []
    for _ in range(100):
        try:
            passed.append(attempts.begin("password", "alice", HERE))
        except attempts.TooManyAttempts:
            break

    assert len(passed) == attempts.FROM_ONE_ADDRESS.free + attempts.MAX_CONCURRENT


def test_a_malformed_form_is_answered_with_the_form(alice: User) -> None:
    for form in ("username=a%00b&password=x", "", "username=%ED%A0%80&password=x", f"username={'a' * 9999}"):
        answer = Client().post(
            "/accounts/login/", form, "application/x-www-form-urlencoded", REMOTE_ADDR=HERE
        )
        assert answer.status_code == 200
