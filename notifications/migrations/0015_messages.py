"""Lines of rooms are called messages. Tables and columns keep their names: instances of before run on them."""

from __future__ import annotations

from typing import Any

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
    ]
