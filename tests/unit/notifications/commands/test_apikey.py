from __future__ import annotations

from io import StringIO

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command

from hub.errors import Problem
from notifications.access import api_keys
from notifications.models import ApiKey

pytestmark = pytest.mark.django_db


def run(*words: str) -> list[str]:
    out = StringIO()
    call_command("apikey", *words, stdout=out)
    return out.getvalue().splitlines()


def test_the_last_row_of_the_output_is_the_key_alone_and_it_works() -> None:
    text = run("create", "--name", "ci", "--scope", "send", "--scope", "publish")[-1]

    assert text.startswith("hub_")
    assert api_keys.check(text, "publish").name == "ci"
    with pytest.raises(Problem, match="tokens"):
        api_keys.check(text, "tokens")


def test_the_key_itself_is_kept_nowhere() -> None:
    text = run("create", "--name", "ci", "--scope", "send")[-1]

    assert text not in str(ApiKey.objects.values().get())


def test_a_revoked_key_works_no_more() -> None:
    text = run("create", "--name", "ci", "--scope", "send")[-1]

    run("revoke", "ci")

    with pytest.raises(Problem, match="revoked"):
        api_keys.check(text, "send")


def test_the_list_names_each_key_with_its_scopes_and_state() -> None:
    run("create", "--name", "ci", "--scope", "publish", "--scope", "send")
    run("create", "--name", "old", "--scope", "read")
    run("revoke", "old")

    ci, old = run("list")

    assert ci == "ci\tsend,publish\tlast used never\tevery topic"
    assert old.startswith("old\tread\trevoked 2")


def test_a_key_for_some_topics_names_them() -> None:
    ops = Group.objects.create(name="ops")
    text = run("create", "--name", "ci", "--scope", "send", "--topic", "job-*", "--topic", "group-ops")[-1]

    assert run("list") == ["ci\tsend\tlast used never\tjob-*,group-ops"]
    assert api_keys.check(text, "send").topics == ["job-*", f"group-{ops.pk}"]


@pytest.mark.parametrize(
    "words",
    [
        ["create", "--name", "taken", "--scope", "send"],
        ["create", "--name", "", "--scope", "send"],
        ["create", "--name", "line\nbreak", "--scope", "send"],
        ["create", "--name", "ci", "--scope", "everything"],
        ["create", "--name", "ci"],
        ["create", "--name", "ci", "--scope", "send", "--topic", "no topic"],
        ["revoke", "nobody"],
    ],
)
def test_what_cannot_be_done_is_reported(words: list[str]) -> None:
    run("create", "--name", "taken", "--scope", "send")

    with pytest.raises(CommandError):
        run(*words)
    assert ApiKey.objects.count() == 1
