"""An index to find what has expired."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("hub_notifications", "0017_one_per_key"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="notification",
            index=models.Index(
                condition=models.Q(("expires_at__isnull", False)),
                fields=["expires_at"],
                name="notification_expiry",
            ),
        ),
    ]
