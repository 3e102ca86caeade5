from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from hub.log import Log
from notifications.models import Notification


def run(*words: str) -> list[str]:
    out = StringIO()
    call_command("notify", *words, stdout=out)
    return out.getvalue().splitlines()


@pytest.mark.django_db(transaction=True)
def test_it_prints_what_was_sent_and_where_it_stands(live_log: Log) -> None:
    (line,) = run("--to", "everyone", "--title", "Hello", "--severity", "warning", "--url", "/x")

    row = Notification.objects.get()
    assert line == f"{row.pk} everyone {row.position}"
    assert (row.title, row.severity, row.url) == ("Hello", "warning", "/x")


@pytest.mark.django_db(transaction=True)
def test_without_a_log_it_is_left_to_the_relay() -> None:
    lines = run("--to", "everyone", "--to", "topic:releases", "--title", "Hello")

    assert [line.split()[1:] for line in lines] == [["everyone", "waiting"], ["releases", "waiting"]]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["--to", "user:nobody", "--title", "Hello"], "--to: Unknown recipient 'user:nobody'"),
        (["--to", "everyone", "--title", ""], "--title"),
        (["--to", "everyone", "--title", "Hello", "--url", "javascript:x"], "--url"),
        (["--to", "everyone", "--title", "Hello", "--send-at", "tomorrow"], "--send-at"),
        (["--to", "everyone", "--title", "Hello", "--expires-at", "2020-01-01T00:00:00Z"], "--expires-at"),
        (["--to", "everyone", "--title", "Hello", "--body", "x" * 70_000], "70"),
        (["--title", "Hello"], "--to"),
    ],
)
def test_what_cannot_be_sent_is_reported(words: list[str], named: str) -> None:
    with pytest.raises(CommandError, match=named):
        run(*words)
    assert not Notification.objects.exists()
