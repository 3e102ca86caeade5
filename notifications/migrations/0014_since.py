"""Since when the topics of groups and those that they follow are people's: for those who are there, always."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

BATCH = 1000


def fill(apps: Any, schema_editor: Any) -> None:
    database = schema_editor.connection.alias
    user = apps.get_model("auth", "User")
    arrivals = apps.get_model("hub_notifications", "Arrival").objects.using(database)
    members = user.groups.through.objects.using(database).order_by("pk")
    followers = apps.get_model("hub_notifications", "Subscription").objects.using(database).order_by("pk")
    for rows in (
        ((f"group-{group}", *rest) for group, *rest in members.values_list("group_id", *FIELDS).iterator()),
        followers.values_list("topic", *FIELDS).iterator(),
    ):
        for some in _batches(rows):
            arrivals.bulk_create(
                [
                    arrivals.model(topic=topic, belonging=id, user_id=user, since=joined)
                    for topic, id, user, joined in some
                ],
                ignore_conflicts=True,
            )


FIELDS = ("pk", "user_id", "user__date_joined")


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
