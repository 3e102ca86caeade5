"""The names of the permissions, as the admin shows them. The schema does not change."""

from __future__ import annotations

from typing import Any

from django.db import migrations

# By codename: the name before, and now.
NAMES = {
    "view_dashboard": ("May look at the dashboard", "Can view the dashboard"),
    "send_notification": (
        "May send to people, and to crowds up to the threshold",
        "Can send to people, and to audiences up to the threshold",
    ),
    "broadcast_notification": (
        "May send to everyone, and to any crowd",
        "Can send to everyone, and to any audience",
    ),
    "manage_hub": (
        "May manage instances, connections, rooms, keys and people's preferences",
        "Can manage instances, connections, rooms, keys and people's preferences",
    ),
}


def rename(apps: Any, schema_editor: Any, which: int) -> None:
    permissions = apps.get_model("auth", "Permission").objects.using(schema_editor.connection.alias)
    ours = permissions.filter(content_type__app_label="hub_notifications")
    for codename, names in NAMES.items():
        ours.filter(codename=codename).update(name=names[which])


def forwards(apps: Any, schema_editor: Any) -> None:
    rename(apps, schema_editor, 1)


def backwards(apps: Any, schema_editor: Any) -> None:
    rename(apps, schema_editor, 0)


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("hub_notifications", "0015_messages"),
    ]

    operations = [
        migrations.AlterModelOptions(
            "sending",
            {
                "ordering": ("-id",),
                "permissions": tuple((codename, now) for codename, (_, now) in NAMES.items()),
            },
        ),
        migrations.RunPython(forwards, backwards),
    ]
