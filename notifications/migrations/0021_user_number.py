"""Numbers of users whose primary keys are none; and names as long as an e-mail address."""

from __future__ import annotations

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class AlterLength(migrations.AlterField):
    """SQLite has no lengths, and would lose the triggers of the audit log as it makes the table anew. There is
    no way back, for longer names may be there."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor != "sqlite":
            super().database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        pass


NAME_LENGTH = 254
NAMES: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("auditentry", "actor", {}),
    ("notification", "recalled_by", {"blank": True, "editable": False, "db_default": ""}),
    ("roommessage", "name", {}),
    ("sending", "sender", {"blank": True}),
    ("sending", "held_by", {"blank": True, "db_default": ""}),
)


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("hub_notifications", "0018_expiry_and_acknowledgements"),
    ]

    operations = [
        migrations.CreateModel(
            name="UserNumber",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        *(
            AlterLength(model, name, models.CharField(max_length=NAME_LENGTH, **options))
            for model, name, options in NAMES
        ),
    ]
