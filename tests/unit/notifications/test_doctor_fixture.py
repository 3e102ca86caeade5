"""The doctor makes somebody to go as, and takes away nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from notifications.access import api_keys
from notifications.doctor_fixture import USER_MARK, make_fixture
from notifications.models import ApiKey, Room

pytestmark = pytest.mark.django_db
LONG_AGO = timezone.now() - timedelta(days=1)
LEFT = "doctor-1763712345-0a1b2c3d"


def named(name: str, password: str = "!of-single-sign-on") -> None:
    User.objects.create(username=name, password=password, date_joined=LONG_AGO)
    Room.objects.create(name=name)
    api_keys.create(name, ["publish"])


@pytest.mark.parametrize("name", ["doctor-who", "doctor-1763712345-0a1b2c3", LEFT])
def test_a_user_who_only_has_such_a_name_stays_with_their_room_and_key(name: str) -> None:
    named(name)

    with make_fixture():
        pass

    assert User.objects.get().username == name
    assert (Room.objects.get().name, ApiKey.objects.get().name) == (name, name)


def test_what_a_killed_doctor_left_goes() -> None:
    named(LEFT, USER_MARK)

    with make_fixture():
        pass

    assert (User.objects.count(), Room.objects.count(), ApiKey.objects.count()) == (0, 0, 0)


def test_no_one_signs_in_as_the_temporary_user() -> None:
    with make_fixture():
        assert not User.objects.get().has_usable_password()
