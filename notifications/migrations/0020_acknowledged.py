"""Deliveries that pages have acknowledged."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("hub_notifications", "0019_lost_messages"),
    ]

    operations = [
        migrations.AddField(
            model_name="delivery",
            name="acknowledged",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
