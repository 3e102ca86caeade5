"""Up to which position the messages of a room may be missing."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("hub_notifications", "0018_expiry_index"),
    ]

    operations = [
        migrations.AddField(
            model_name="room",
            name="lost_upto",
            field=models.BigIntegerField(db_default=0, default=0, editable=False),
        ),
    ]
