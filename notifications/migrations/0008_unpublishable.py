from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("hub_notifications", "0004_dashboard")]

    operations = [
        migrations.AddField(
            model_name="notification",
            name="failed_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="notification",
            name="failure",
            field=models.CharField(blank=True, db_default="", editable=False, max_length=200),
        ),
    ]
