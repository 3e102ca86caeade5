"""Topics that people mute, and those that they chose to follow by themselves."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("hub_notifications", "0027_runs")]

    operations = [
        *(
            migrations.AddField(
                model_name=name, name="muted_topics", field=models.JSONField(db_default=[], default=list)
            )
            for name in ("preference", "preferencechange")
        ),
        migrations.AddField(
            model_name="subscription",
            name="chosen",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
    ]
