"""An entry of HUB_JWT_ISSUERS that is malformed or contradicts itself stops the start and names its field."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.db import models

from notifications import user_model
from notifications.access.admission import Admission
from notifications.access.issuers import checks
from tests import ROOT
from tests.unit.notifications.access.issuers.conftest import Configure
from tests.unit.notifications.access.issuers.signers import JWKS, RSA, SECRET, entry, hs256, rs256

HTTPS = "https://login.example.com/jwks.json"
WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "use one of jwks_url, jwks, secret, not none"),
    ({"jwks_url": HTTPS, "secret": SECRET}, "use one of jwks_url, jwks, secret, not jwks_url and secret"),
    ({"secret": SECRET, "algorithm": "HS256"}, "'algorithm' is no field of it"),
    ({"secret": SECRET, "issuer": ""}, "issuer: use a text"),
    ({"secret": SECRET, "issuer": None}, "issuer: use a text"),
    ({"secret": SECRET, "issuer": "a\x00"}, "issuer: use a text"),
    ({"secret": SECRET, "issuer": "hub"}, "issuer: 'hub' is the hub itself"),
    ({"secret": SECRET, "audience": None}, "audience: use the aud"),
    ({"secret": SECRET, "audience": []}, "audience: use the aud"),
    ({"secret": SECRET, "audience": [7]}, "audience: use the aud"),
    ({"secret": "short and secret"}, "secret: use at least 32"),
    ({"secret": 7}, "secret: use a text"),
    ({"jwks_url": "http://login.example.com/jwks.json"}, "jwks_url: use https"),
    ({"jwks_url": "ftp://127.0.0.1/jwks.json"}, "jwks_url: use https"),
    ({"jwks_url": "https://me:secret@login.example.com/"}, "jwks_url: use a URL like"),
    ({"jwks_url": "https://[::1/"}, "jwks_url: use a URL like"),
    ({"jwks_url": "https://login.example.com:port/"}, "jwks_url: use a URL like"),
    ({"jwks_url": "https:///jwks"}, "jwks_url: use a URL like"),
    ({"jwks_url": "https://login.example.com/ jwks"}, "jwks_url: use a URL like"),
    ({"jwks_url": ""}, "jwks_url: use a text"),
    ({"jwks": {"keys": []}}, "jwks: a key in it cannot be used"),
    ({"jwks": {"keys": [rs256(bits=1024).jwk]}}, "jwks: a key in it cannot be used"),
    ({"jwks": {"keys": [{**RSA.jwk, "d": "x"}]}}, "jwks: it contains a private key"),
    ({"jwks": {"keys": [RSA.jwk, hs256("x", "short").jwk]}}, "jwks: a key in it cannot be used"),
    ({"jwks": [RSA.jwk]}, "jwks: it is no JSON Web Key Set"),
    ({"secret": SECRET, "person": ""}, "person: use the name of a claim"),
    ({"secret": SECRET, "groups": []}, "groups: use the name of a claim"),
    ({"secret": SECRET, "topics": {"a": 1}}, "topics: use the name of a claim"),
    ({"secret": SECRET, "prefix": 7}, "prefix: use a text"),
    ({"secret": SECRET, "create": "yes"}, "create: use true or false"),
    ({"secret": SECRET, "leeway_s": -1}, "leeway_s: use a number of seconds, 0 to 300"),
    ({"secret": SECRET, "leeway_s": 301}, "leeway_s: use a number of seconds, 0 to 300"),
    ({"secret": SECRET, "leeway_s": True}, "leeway_s: use a number of seconds, 0 to 300"),
]


def found() -> dict[str, str]:
    """The checks that find something, and what."""
    return {message.id or "": message.msg for message in run_checks(tags=["hub"]) if "ISSUERS" in message.msg}


@pytest.mark.parametrize(("fields", "problem"), WRONG)
def test_a_wrong_entry_is_named_and_no_value_of_it_is_shown(
    configure: Configure, fields: dict[str, Any], problem: str
) -> None:
    configure({"jwks": JWKS, "issuer": "https://right.example.com/"}, fields)

    message = found()["hub.E010"]

    assert message.startswith("HUB_JWT_ISSUERS: entry 2: ")
    assert problem in message
    assert "secret" not in message.replace("jwks, secret", "").replace("and secret", "").replace(
        "secret: ", ""
    )
    with pytest.raises(ImproperlyConfigured, match="entry 2"):
        Admission()


def test_each_wrong_entry_is_named(configure: Configure) -> None:
    configure({"secret": SECRET}, {"secret": SECRET}, {"secret": "x", "issuer": "b"})

    messages = [message.msg for message in checks.check()]

    assert "entry 2: issuer is that of an earlier entry" in messages[0]
    assert "entry 3: secret:" in messages[1]


def test_right_entries_are_not_mentioned(configure: Configure) -> None:
    configure(
        {"jwks_url": HTTPS, "groups": ["realm_access", "roles"], "topics": "topics", "create": True},
        {"jwks_url": "http://127.0.0.1:8090/jwks", "issuer": "b", "leeway_s": 0, "prefix": "b|"},
        {"jwks_url": "http://localhost/jwks?x=1", "issuer": "c", "audience": ["a", "b"]},
        {"secret": SECRET, "issuer": "d", "person": "email", "prefix": ""},
    )

    assert found() == {}


def test_people_are_not_made_of_a_model_that_requires_more(
    configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(jwks=JWKS, create=True)
    required = models.IntegerField(name="tenant")
    required.set_attributes_from_name("tenant")
    monkeypatch.setattr(User._meta, "concrete_fields", [*User._meta.concrete_fields, required])

    assert "tenant is required of auth.User" in found()["hub.E011"]

    configure(jwks=JWKS)
    assert found() == {}


def test_people_without_groups_are_put_into_none(
    configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(jwks=JWKS, groups="groups")
    monkeypatch.setattr(user_model, "memberships", lambda: None)

    assert "auth.User has none" in found()["hub.E012"]


@pytest.mark.parametrize("value", ["{", "{}", '"x"', "[7]", "[" * 100_000])
def test_a_value_that_is_no_list_of_objects_is_named(value: str) -> None:
    done = started(value, "import hub.settings")

    assert done.returncode != 0
    assert "HUB_JWT_ISSUERS: use a JSON list of objects" in done.stderr


def test_a_secret_in_the_environment_is_never_printed() -> None:
    done = started(json.dumps([entry(secret="correct-horse")]), "import hub.asgi")

    assert done.returncode != 0
    assert "HUB_JWT_ISSUERS: entry 1: secret: use at least 32" in done.stderr
    assert "correct-horse" not in done.stderr


def started(value: str, program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, "HUB_JWT_ISSUERS": value, "DJANGO_SETTINGS_MODULE": "hub.settings"},
        capture_output=True,
        text=True,
    )


def test_every_check_is_explained_in_the_docs() -> None:
    ids = re.findall(r'id="(hub\.E\d{3})"', (ROOT / "notifications/access/issuers/checks.py").read_text())
    docs = (ROOT / "docs" / "operations.md").read_text()

    assert len(ids) == 3
    assert [id for id in ids if f'<a id="{id.replace(".", "").lower()}"></a>' not in docs] == []
