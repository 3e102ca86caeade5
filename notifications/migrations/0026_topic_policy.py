"""Policies of live topics."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("hub_notifications", "0025_group_claim")]

    operations = [
        migrations.CreateModel(
            name="TopicPolicy",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("pattern", models.CharField(max_length=201, unique=True)),
                ("fields", models.JSONField(default=dict)),
            ],
            options={"ordering": ("pattern",), "verbose_name_plural": "topic policies"},
        ),
    ]
