"""Who a token is of: a user by name, made on first sight where their issuer may."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from hub.errors import Problem
from notifications.access.issuers import people, verifier
from notifications.access.issuers.issued_token import IssuedToken
from notifications.models import Profile
from tests.unit.notifications.access.issuers.conftest import Configure, accepted, refusal
from tests.unit.notifications.access.issuers.signers import JWKS, RSA
from tests.unit.notifications.conftest import Caller


def test_a_person_is_made_where_their_issuer_may(db: None, configure: Configure) -> None:
    configure(jwks=JWKS, create=True)

    claims = accepted(RSA.token(sub="auth0|5f7c8ec7c33c6c004bbafe82"))

    made = User.objects.get(username="auth0|5f7c8ec7c33c6c004bbafe82")
    assert claims.user == str(made.pk)
    assert not made.has_usable_password()
    assert not made.is_staff


def test_a_person_who_was_made_is_known_by_the_id_of_their_issuer(db: None, configure: Configure) -> None:
    configure(jwks=JWKS, create=True, prefix="acme|")

    key = accepted(RSA.token(sub="7")).user

    assert str(Profile.objects.get(outside_id="acme|7").user_id) == key


def test_a_token_is_of_the_person_whom_a_program_put_by_that_id(
    alice: User, configure: Configure, with_key: Callable[..., Caller]
) -> None:
    Profile.objects.create(user=alice, outside_id="crm-4711")

    assert accepted(RSA.token(sub="crm-4711")).user == accepted(RSA.token(sub="alice")).user == str(alice.pk)
    assert with_key("people").put("people/crm-4712", {"groups": ["readers"]}).status == 201
    assert accepted(RSA.token(sub="crm-4712")).name == "crm-4712"


def test_a_person_whom_another_instance_makes_meanwhile_is_found(
    alice: User, configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(jwks=JWKS, create=True)
    keys, looks = people._keys, [dict[str, Any]()]
    monkeypatch.setattr(people, "_keys", lambda names: looks.pop() if looks else keys(names))

    assert accepted(RSA.token()).user == str(alice.pk)
    assert looks == []


def test_a_person_is_made_once(db: None, configure: Configure) -> None:
    configure(jwks=JWKS, create=True)

    assert accepted(RSA.token(sub="new")).user == accepted(RSA.token(sub="new")).user
    assert User.objects.count() == 1


def test_no_person_is_made_of_a_token_that_is_refused(db: None, configure: Configure) -> None:
    configure(jwks=JWKS, create=True)

    others: list[dict[str, Any]] = [{"aud": "x"}, {"exp": 1}, {"sub": "a\x00"}, {"sub": "a" * 151}]
    for wrong in others:
        claims = {"sub": "new", **wrong}
        assert refusal(RSA.token(**claims), "api")[0] == 401

    assert not User.objects.exists()


def test_an_inactive_person_is_refused_and_not_made_anew(alice: User, configure: Configure) -> None:
    configure(jwks=JWKS, create=True)
    alice.is_active = False
    alice.save()

    status, detail = refusal(RSA.token(), "api")

    assert (status, detail) == (401, "The user of this token is inactive or deleted.")
    assert User.objects.count() == 1


def test_a_prefix_keeps_an_issuer_to_people_of_its_own(alice: User, configure: Configure) -> None:
    configure(jwks=JWKS, prefix="acme|")
    acme = User.objects.create_user("acme|alice")

    assert accepted(RSA.token()).user == str(acme.pk)
    acme.delete()
    assert "'acme|alice'" in refusal(RSA.token(), "api")[1]


def test_the_claim_that_names_the_person_is_configured(alice: User, configure: Configure) -> None:
    configure(jwks=JWKS, person=["user", "name"])

    assert accepted(RSA.token(sub="x", user={"name": "alice"})).user == str(alice.pk)
    others: list[Any] = [None, "alice", {}, {"name": {}}]
    for user in others:
        assert "set the claim user.name" in refusal(RSA.token(user=user), "api")[1]


def test_a_number_names_a_person_too(db: None, configure: Configure) -> None:
    configure(jwks=JWKS, person="id")
    user = User.objects.create_user("7")

    assert accepted(RSA.token(id=7)).user == str(user.pk)


def test_many_are_looked_up_at_once(
    alice: User, bob: User, configure: Configure, django_assert_num_queries: object
) -> None:
    tokens = [issued(RSA.token(sub=name)) for name in ("alice", "bob", "carol")]

    with django_assert_num_queries(2):  # type: ignore[operator]
        found = people.of(tokens)

    assert [found.get(token) for token in tokens] == [alice.pk, bob.pk, None]


def test_the_api_is_read_and_written_with_it(alice: User, configure: Configure) -> None:
    caller = Caller(bearer=RSA.token())

    assert caller.get("notifications").json["items"] == []
    assert caller.post("notifications/read-all").status == 200
    assert caller.get("preferences").status == 200


def test_no_program_is_authenticated_with_it(alice: User, configure: Configure) -> None:
    answer = Caller(bearer=RSA.token()).post("notifications", {"to": ["everyone"], "title": "Hello"})

    assert answer.status == 401


def test_it_reads_the_inbox_of_no_other(alice: User, bob: User, configure: Configure) -> None:
    assert Caller(bearer=RSA.token()).get("notifications?user=bob").status == 403


def issued(token: str) -> IssuedToken:
    found = verifier.check(token, 0)
    assert isinstance(found, IssuedToken)
    return found


def test_the_refusal_of_an_unknown_person_says_what_to_do(db: None, configure: Configure) -> None:
    with pytest.raises(Problem, match="Create them first"):
        accepted(RSA.token())
