"""Up to which position the messages of all rooms were copied from the log."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("hub_notifications", "0021_user_number"),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoryMark",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.BigIntegerField()),
            ],
        ),
    ]
