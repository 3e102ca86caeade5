"""Changes of messages in rooms, their texts to be searched, and up to where people have read."""

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

BATCH_SIZE = 1000


def fill_texts(apps: Any, schema_editor: Any) -> None:
    """The texts of messages that are there."""
    messages = apps.get_model("hub_notifications", "RoomMessage").objects.using(
        schema_editor.connection.alias
    )
    last = 0
    while rows := list(messages.filter(pk__gt=last).order_by("pk").only("body")[:BATCH_SIZE]):
        last = rows[-1].pk
        texts = [row for row in rows if isinstance(row.body, str)]
        for row in texts:
            row.text = row.body
        messages.bulk_update(texts, ["text"])


class Migration(migrations.Migration):
    dependencies = [
        ("hub_notifications", "0026_policies_and_runs"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RoomMark",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.BigIntegerField()),
            ],
        ),
        migrations.AddField(
            model_name="roommessage",
            name="changed",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="roommessage",
            name="edited_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="roommessage",
            name="mentioned",
            field=models.JSONField(db_default=[], default=list),
        ),
        migrations.AddField(
            model_name="roommessage",
            name="reactions",
            field=models.JSONField(db_default={}, default=dict),
        ),
        migrations.AddField(
            model_name="roommessage",
            name="removed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="roommessage",
            name="text",
            field=models.TextField(db_default="", default=""),
        ),
        migrations.AddIndex(
            model_name="roommessage",
            index=models.Index(
                models.F("room"),
                models.F("changed"),
                condition=models.Q(("changed__gt", 0)),
                name="changed_line",
            ),
        ),
        migrations.AddField(
            model_name="roommark",
            name="room",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="hub_notifications.room"
            ),
        ),
        migrations.AddField(
            model_name="roommark",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="roommark",
            constraint=models.UniqueConstraint(models.F("user"), models.F("room"), name="one_mark_a_room"),
        ),
        migrations.RunPython(fill_texts, migrations.RunPython.noop, elidable=True),
    ]
