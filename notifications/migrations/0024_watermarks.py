"""Watermarks, by which a person reads everything at once. On the way back they become read states."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import migrations, models

READINGS = """
    INSERT INTO {reading} (notification_id, user_id, seen_at, read_at)
    SELECT n.id, w.user_id, min(w.at), min(CASE WHEN w.read THEN w.at END)
    FROM {watermark} w JOIN {notification} n ON n.topic = w.topic
        AND coalesce(n.former_position, n.position) > w.after
        AND coalesce(n.former_position, n.position) <= w.upto
        AND n.due_at >= w.since
        AND (n.expires_at IS NULL OR n.expires_at > w.at)
        AND (n.recalled_at IS NULL OR n.recalled_at > w.at)
    WHERE NOT EXISTS (SELECT 1 FROM {reading} r WHERE r.notification_id = n.id AND r.user_id = w.user_id)
    GROUP BY n.id, w.user_id
"""


def to_readings(apps: Any, schema_editor: Any) -> None:
    names = ("Reading", "Watermark", "Notification")
    models = {name: apps.get_model("hub_notifications", name) for name in names}
    tables = {name.lower(): model._meta.db_table for name, model in models.items()}
    schema_editor.execute(READINGS.format(**tables))


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("hub_notifications", "0023_profile"),
    ]

    operations = [
        migrations.AddField(
            "notification", "former_position", models.BigIntegerField(blank=True, editable=False, null=True)
        ),
        migrations.CreateModel(
            name="Watermark",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("topic", models.CharField(max_length=200)),
                ("read", models.BooleanField()),
                ("after", models.BigIntegerField()),
                ("upto", models.BigIntegerField()),
                ("since", models.DateTimeField()),
                ("at", models.DateTimeField()),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=models.deletion.CASCADE,
                        related_name="watermarks",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["topic", "upto"], name="watermark_readers")],
                "constraints": [
                    models.UniqueConstraint(
                        "user", "topic", "read", "upto", name="one_watermark_per_position"
                    )
                ],
            },
        ),
        migrations.RunPython(migrations.RunPython.noop, to_readings),
    ]
