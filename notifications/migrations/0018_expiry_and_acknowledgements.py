"""An index to find what has expired, up to which position a room's messages may be missing, and deliveries
that pages have acknowledged."""

from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [
        ("hub_notifications", "0018_expiry_index"),
        ("hub_notifications", "0019_lost_messages"),
        ("hub_notifications", "0020_acknowledged"),
    ]
    dependencies = [("hub_notifications", "0017_one_per_key")]

    operations = [
        migrations.AddIndex(
            model_name="notification",
            index=models.Index(
                condition=models.Q(("expires_at__isnull", False)),
                fields=["expires_at"],
                name="notification_expiry",
            ),
        ),
        migrations.AddField(
            model_name="room",
            name="lost_upto",
            field=models.BigIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AddField(
            model_name="delivery",
            name="acknowledged",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
