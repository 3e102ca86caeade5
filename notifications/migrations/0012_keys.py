from datetime import UTC, datetime
from typing import Any

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q
from django.utils import timezone

NEVER = datetime(9999, 1, 1, tzinfo=UTC)


def name_keys(apps: Any, schema_editor: Any) -> None:
    """What is still to be sent knows whose key sent it; what was held before a way back is held again."""
    now = timezone.now()
    Sending = apps.get_model("hub_notifications", "Sending")
    for key in apps.get_model("hub_notifications", "ApiKey").objects.all():
        Sending.objects.filter(sender=f"key:{key.name}", due_at__gt=now).update(api_key=key)
    Sending.objects.filter(notifications__due_at=NEVER).update(held_at=now)


class Migration(migrations.Migration):
    dependencies = [("hub_notifications", "0011_standing")]

    operations = [
        migrations.AddField(
            model_name="apikey",
            name="may_broadcast",
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.AddField(
            model_name="apikey",
            name="opens_private",
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.AddField(
            model_name="sending",
            name="api_key",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="sendings",
                to="hub_notifications.apikey",
            ),
        ),
        migrations.AddField(model_name="sending", name="held_at", field=models.DateTimeField(null=True)),
        migrations.AddField(
            model_name="sending",
            name="held_by",
            field=models.CharField(blank=True, db_default="", max_length=150),
        ),
        migrations.AddIndex(
            model_name="sending",
            index=models.Index(condition=Q(held_at__isnull=False), fields=["due_at"], name="sending_held"),
        ),
        migrations.RunPython(name_keys, migrations.RunPython.noop),
    ]
