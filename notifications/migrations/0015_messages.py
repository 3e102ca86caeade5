"""Lines of rooms are called messages. Tables and columns keep their names: instances of before run on them."""

from __future__ import annotations

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def rename_permissions(apps: Any, old: str, new: str) -> None:
    permissions = apps.get_model("auth", "Permission").objects
    ours = permissions.filter(content_type__app_label="hub_notifications")
    for act in ("add", "change", "delete", "view"):
        ours.filter(codename=f"{act}_{old}").update(codename=f"{act}_{new}")


def forwards(apps: Any, schema_editor: Any) -> None:
    rename_permissions(apps, "line", "roommessage")


def backwards(apps: Any, schema_editor: Any) -> None:
    rename_permissions(apps, "roommessage", "line")


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("hub_notifications", "0014_since"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelTable("line", "hub_notifications_line"),
        migrations.RenameModel("Line", "RoomMessage"),
        migrations.AlterField(
            "roommessage",
            "room",
            models.ForeignKey("hub_notifications.room", models.CASCADE, related_name="messages"),
        ),
        migrations.AlterField(
            "roommessage", "line_id", models.CharField(db_column="line_id", max_length=100)
        ),
        migrations.RenameField("roommessage", "line_id", "message_id"),
        migrations.AlterField(
            "idempotentrequest",
            "told",
            models.BooleanField(db_column="told", db_default=False, default=False),
        ),
        migrations.RenameField("idempotentrequest", "told", "complete"),
        migrations.RunPython(forwards, backwards),
        migrations.AlterField(
            model_name="grant",
            name="group",
            field=models.ForeignKey(
                blank=True,
                help_text="Empty: every signed-in user.",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                to="auth.group",
            ),
        ),
        migrations.AlterField(
            model_name="grant",
            name="pattern",
            field=models.CharField(help_text="A topic, or a prefix with *: repo-*", max_length=200),
        ),
        migrations.AlterField(
            model_name="room",
            name="closed_at",
            field=models.DateTimeField(blank=True, help_text="Since when no one may enter.", null=True),
        ),
        migrations.AlterField(
            model_name="room",
            name="group",
            field=models.ForeignKey(
                blank=True,
                help_text="With the audience group.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                to="auth.group",
            ),
        ),
        migrations.AlterField(
            model_name="room",
            name="people",
            field=models.ManyToManyField(
                blank=True,
                help_text="With the audience people.",
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="room",
            name="removed",
            field=models.ManyToManyField(
                blank=True, help_text="Banned from the room.", related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
    ]
