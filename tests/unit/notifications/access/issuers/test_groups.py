"""The groups in a token are those of its person, and the latest token decides."""

from __future__ import annotations

import time

import pytest
from django.contrib.auth.models import Group, Permission, User

from notifications.access.issuers import verifier
from tests.unit.notifications.access.issuers.conftest import Configure, accepted, refusal
from tests.unit.notifications.access.issuers.signers import JWKS, RSA


@pytest.fixture(autouse=True)
def issuer(configure: Configure) -> None:
    configure(jwks=JWKS, groups="groups")


def groups(user: User) -> set[str]:
    return set(user.groups.values_list("name", flat=True))


def test_a_token_puts_its_person_into_groups_that_exist(alice: User) -> None:
    Group.objects.create(name="ops")

    accepted(RSA.token(groups=["ops", "no such group"]))

    assert groups(alice) == {"ops"}
    assert Group.objects.count() == 1


def test_a_token_takes_its_person_out_of_other_groups(alice: User, ops: Group) -> None:
    accepted(RSA.token(groups=[]))

    assert groups(alice) == set()


def test_a_token_without_the_claim_leaves_the_groups_alone(alice: User, ops: Group) -> None:
    accepted(RSA.token())

    assert groups(alice) == {"ops"}


def test_the_claim_is_not_read_unless_it_is_configured(alice: User, ops: Group, configure: Configure) -> None:
    configure(jwks=JWKS)

    accepted(RSA.token(groups=[]))

    assert groups(alice) == {"ops"}


def test_an_older_token_does_not_bring_groups_back(alice: User, ops: Group) -> None:
    old = RSA.token(groups=["ops"], iat=time.time() - 60)
    accepted(RSA.token(groups=[]))

    accepted(old)

    assert groups(alice) == set()


def test_a_token_of_the_same_second_counts(alice: User, ops: Group) -> None:
    now = int(time.time())
    accepted(RSA.token(groups=[], iat=now))

    accepted(RSA.token(groups=["ops"], iat=now))

    assert groups(alice) == {"ops"}


def test_a_token_without_iat_does_not_overrule_one_that_has_it(alice: User, ops: Group) -> None:
    accepted(RSA.token(groups=["ops"]))

    accepted(RSA.token(groups=[], iat=None))

    assert groups(alice) == {"ops"}


def test_a_token_is_applied_once_where_it_is_remembered(alice: User, ops: Group) -> None:
    token = RSA.token(groups=["ops"])
    accepted(token)
    alice.groups.clear()

    accepted(token)

    assert groups(alice) == set()
    verifier.cache.clear()
    accepted(token)
    assert groups(alice) == {"ops"}


def test_groups_are_made_where_people_are(db: None, configure: Configure) -> None:
    configure(jwks=JWKS, groups=["realm_access", "roles"], create=True)

    accepted(RSA.token(realm_access={"roles": ["ops", "sales", "ops"]}))

    assert groups(User.objects.get()) == {"ops", "sales"}


def test_groups_that_give_permissions_are_left_to_the_admin(alice: User, ops: Group) -> None:
    staff, other = Group.objects.create(name="staff"), Group.objects.create(name="other staff")
    for group in (staff, other):
        group.permissions.add(Permission.objects.all()[0])
    alice.groups.add(other)

    accepted(RSA.token(groups=["ops", "staff"]))

    assert groups(alice) == {"ops", "other staff"}


@pytest.mark.parametrize("wrong", [7, {"ops": 1}, ["ops", 7], [""], ["x" * 151], ["a\x00"], ["a"] * 201])
def test_a_malformed_claim_is_refused(alice: User, wrong: object) -> None:
    status, detail = refusal(RSA.token(groups=wrong), "api")

    assert status == 401
    assert "its claim groups is malformed" in detail
