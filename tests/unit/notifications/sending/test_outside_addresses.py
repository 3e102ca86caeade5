"""People as other systems address them: by e-mail address and by an id of theirs."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from hub import topics
from notifications.erasure import forget
from notifications.models import Profile, Sending
from notifications.sending import addresses
from notifications.sending.errors import UnknownRecipients
from notifications.sending.notify import notify


@pytest.fixture
def alice(db: None) -> User:
    alice = User.objects.create_user("alice", email="alice@example.com")
    Profile.objects.create(user=alice, outside_id="crm|1:a")
    return alice


@pytest.mark.parametrize("address", ["email:alice@example.com", "id:crm|1:a"])
def test_they_are_reached(alice: User, address: str) -> None:
    assert addresses.resolve([address, "user:alice"]) == [topics.user(alice.pk)]


@pytest.mark.parametrize(
    "address", ["email:", "email:b@example.com", "id:", "id:alice", "email:a\x00b", "id:\ud800"]
)
def test_who_is_unknown_is_named(alice: User, address: str) -> None:
    User.objects.create_user("no-address")

    with pytest.raises(UnknownRecipients) as refused:
        addresses.resolve([address, "user:alice"])

    assert refused.value.addresses == [address]


@pytest.mark.parametrize("address", ["email:alice@example.com", "id:crm|1:a"])
def test_who_is_deactivated_is_unknown(alice: User, address: str) -> None:
    alice.is_active = False
    alice.save()

    with pytest.raises(UnknownRecipients):
        addresses.resolve([address])


def test_an_address_that_two_people_have_is_unknown(alice: User) -> None:
    User.objects.create_user("mallory", email="alice@example.com")

    with pytest.raises(UnknownRecipients):
        addresses.resolve(["email:alice@example.com"])


def test_whoever_is_forgotten_is_named_in_no_sending_by_either(alice: User, db: None) -> None:
    User.objects.create_user("bob")
    notify(["email:alice@example.com", "user:bob"], title="Hello")
    notify(["id:crm|1:a"], title="Hello")

    forget(alice)

    assert [sending.to for sending in Sending.objects.all()] == [["user:—", "user:bob"]]
