"""Who signed in, out and in vain is in the audit log, which no stranger can fill."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from notifications.access import audit, sampling
from notifications.models import AuditEntry
from tests.unit.notifications.sign_in.conftest import ELSEWHERE, HERE, PASSWORD, code, enrol, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def minute(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time (Unix) that the sample sees, which begins anew."""
    now = [0.0]
    monkeypatch.setattr(sampling, "time", SimpleNamespace(time=lambda: now[0]))
    monkeypatch.setattr(audit, "samplers", {act: sampling.Sampler() for act in audit.samplers})
    return now


def entries() -> list[tuple[str, str, str, str]]:
    return list(AuditEntry.objects.order_by("pk").values_list("act", "actor", "target", "address"))


def test_coming_and_going_is_recorded_with_the_address(alice: User) -> None:
    client = Client()
    sign_in(client)
    client.post("/accounts/logout/", REMOTE_ADDR=HERE)

    assert entries() == [("login", "alice", "", HERE), ("logout", "alice", "", HERE)]


def test_with_a_second_factor_it_is_recorded_which(alice: User) -> None:
    device, client = enrol(alice), Client()
    sign_in(client)
    before = entries()
    client.post("/accounts/verify/", {"code": "000000"}, REMOTE_ADDR=HERE)
    client.post("/accounts/verify/", {"code": code(device)}, REMOTE_ADDR=HERE)

    assert before == []
    assert entries() == [("login-failed", "", "alice", HERE), ("login", "alice", "", HERE)]
    assert AuditEntry.objects.get(act="login").detail == {"second_factor": "app"}


def test_a_failure_names_an_account_and_no_unknown_name(alice: User) -> None:
    sign_in(Client(), "wrong")
    sign_in(Client(), "wrong", name="a-password-in-the-wrong-field")

    assert entries() == [("login-failed", "", "alice", HERE), ("login-failed", "", "", HERE)]


def test_a_flood_is_recorded_up_to_a_number_a_minute(alice: User) -> None:
    for number in range(50):
        sign_in(Client(), "wrong", name=f"name-{number}")
    sign_in(Client(), "wrong", at=ELSEWHERE)

    flood = AuditEntry.objects.filter(address=HERE).order_by("pk")
    assert flood.count() == sampling.MAX_PER_ADDRESS
    assert ["more" in entry.detail for entry in flood] == [False] * (sampling.MAX_PER_ADDRESS - 1) + [True]
    assert AuditEntry.objects.filter(address=ELSEWHERE).count() == 1


def test_a_flood_from_everywhere_too() -> None:
    for number in range(1000):
        audit.sample("refused-origin", "https://evil.example", address=f"2001:db8::{number:x}")

    assert AuditEntry.objects.count() == sampling.MAX_TOTAL


def test_the_next_minute_is_recorded_again(minute: list[float]) -> None:
    some = sampling.Sampler()

    first = [some.accept(HERE)[0] for _ in range(20)]
    minute[0] = 60.0

    assert (sum(first), some.accept(HERE)) == (sampling.MAX_PER_ADDRESS, (True, False))


def test_a_form_from_another_site_is_recorded(alice: User) -> None:
    strict = Client(enforce_csrf_checks=True)

    answer = strict.post("/accounts/login/", {}, REMOTE_ADDR=HERE, HTTP_ORIGIN="https://evil.example")

    assert answer.status_code == 403
    assert entries() == [("refused-origin", "", "https://evil.example", HERE)]


def test_a_changed_password_is_recorded_and_a_saved_name_is_not(alice: User) -> None:
    alice.email = "alice@example.com"
    alice.save()
    alice.set_password("another-horse")
    alice.save()

    assert entries() == [("change-password", "", "alice", "")]


def test_a_user_who_changes_someone_s_password_is_recorded(admin_client: Client, alice: User) -> None:
    form = {"password1": "another-horse", "password2": "another-horse", "usable_password": "true"}

    admin_client.post(f"/admin/auth/user/{alice.pk}/password/", form, REMOTE_ADDR=HERE)

    assert entries() == [("change-password", "admin", "alice", HERE)]


def test_no_password_is_in_the_log_of_what_was_done(alice: User, boss: User) -> None:
    sign_in(Client(), "hunter2-hunter2")
    sign_in(Client(), PASSWORD)

    assert "hunter2" not in str(list(AuditEntry.objects.values()))
    assert PASSWORD not in str(list(AuditEntry.objects.values()))


def test_the_page_says_it_in_words(boss: User) -> None:
    client: Any = Client()
    sign_in(client, "wrong", name="boss")
    sign_in(client, name="boss")

    page = client.get("/dashboard/audit/").content.decode()

    assert "Someone</b> failed to sign in as" in page
    assert "<bdi>boss</bdi></b> signed in" in page
