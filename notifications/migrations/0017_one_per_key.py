"""One current and one scheduled notification per key and topic: of several, all but the newest are recalled."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models
from django.db.models import Count, Q
from django.utils import timezone

LIVE = Q(recalled_at=None) & ~Q(key="")


def recall_doubles(apps: Any, schema_editor: Any) -> None:
    now = timezone.now()
    model = apps.get_model("hub_notifications", "Notification")
    live = model.objects.using(schema_editor.connection.alias).filter(LIVE)
    live.filter(due_at__gt=now, position=None).update(pending=True)
    several = live.order_by().values("topic", "key", "pending").annotate(n=Count("pk")).filter(n__gt=1)
    for topic, key, pending in list(several.values_list("topic", "key", "pending")):
        rows = live.filter(topic=topic, key=key, pending=pending)
        newest = rows.order_by("-due_at", "-created_at", "-id").values_list("pk", flat=True)[0]
        # Without a position the recall is still to be published; what never was published needs none.
        position = 0 if pending else None
        rows.exclude(pk=newest).update(recalled_at=now, recall_reason="replaced", position=position)


class Migration(migrations.Migration):
    dependencies = [("hub_notifications", "0016_permission_names")]

    operations = [
        migrations.AddField(
            "notification", "pending", models.BooleanField(default=False, editable=False, db_default=False)
        ),
        migrations.RunPython(recall_doubles, migrations.RunPython.noop),
        migrations.RemoveIndex("notification", "notification_key"),
        migrations.AddIndex(
            "notification",
            models.Index(fields=["due_at"], name="notification_pending", condition=Q(pending=True)),
        ),
        migrations.AddConstraint(
            "notification",
            models.UniqueConstraint(
                fields=["topic", "key", "pending"], condition=LIVE, name="one_live_notification_per_key"
            ),
        ),
    ]
