"""Since when the topics of groups and those that they follow are people's: for those who are there, always."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.models import Value

BATCH = 1000
EPOCH = datetime.fromtimestamp(0, UTC)


def fill(apps: Any, schema_editor: Any) -> None:
    database = schema_editor.connection.alias
    user = apps.get_model(settings.AUTH_USER_MODEL)
    groups = next((field for field in user._meta.many_to_many if field.name == "groups"), None)
    joined = any(field.name == "date_joined" for field in user._meta.fields)
    arrivals = apps.get_model("hub_notifications", "Arrival").objects.using(database)
    followers = apps.get_model("hub_notifications", "Subscription").objects.using(database).order_by("pk")
    everything = [_rows(followers, "topic", "user", joined)]
    if groups is not None and groups.related_model._meta.label_lower == "auth.group":
        members = groups.remote_field.through.objects.using(database).order_by("pk")
        memberships = _rows(members, groups.m2m_reverse_field_name(), groups.m2m_field_name(), joined)
        everything.insert(0, ((f"group-{group}", *rest) for group, *rest in memberships))
    for rows in everything:
        for some in _batches(rows):
            arrivals.bulk_create(
                [
                    arrivals.model(topic=topic, belonging=id, user_id=user, since=joined)
                    for topic, id, user, joined in some
                ],
                ignore_conflicts=True,
            )


def _rows(rows: Any, what: str, user: str, joined: bool) -> Iterator[Any]:
    """What each belongs to, its id, its user, and since when: always, if nothing says when they joined."""
    since = f"{user}__date_joined" if joined else Value(EPOCH)
    yield from rows.values_list(what, "pk", user, since).iterator()


def _batches(rows: Iterable[Any]) -> Iterator[list[Any]]:
    rows = iter(rows)
    while some := list(islice(rows, BATCH)):
        yield some


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("hub_notifications", "0013_topics_by_id"),
    ]

    operations = [
        migrations.CreateModel(
            name="Arrival",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("topic", models.CharField(max_length=200)),
                ("belonging", models.BigIntegerField()),
                ("since", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=models.deletion.CASCADE,
                        related_name="arrivals",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint("user", "topic", name="one_arrival_each")],
            },
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
