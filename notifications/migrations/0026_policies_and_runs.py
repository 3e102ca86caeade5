"""Policies of live topics, runs, and the topics that people mute or chose to follow by themselves."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import notifications.models.notification


class Migration(migrations.Migration):
    replaces = [
        ("hub_notifications", "0026_topic_policy"),
        ("hub_notifications", "0027_runs"),
        ("hub_notifications", "0028_topic_choices"),
    ]
    dependencies = [
        ("hub_notifications", "0025_group_claim"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

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
        migrations.CreateModel(
            name="Run",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=notifications.models.notification.time_ordered_id,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("title", models.CharField(blank=True, max_length=255)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("queued", "Queued"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("stopped", "Stopped"),
                            ("lost", "Lost"),
                        ],
                        default="running",
                        max_length=8,
                    ),
                ),
                ("text", models.TextField(blank=True)),
                ("tokens", models.PositiveIntegerField(default=0)),
                ("outcome", models.JSONField(null=True)),
                ("detail", models.CharField(blank=True, max_length=1000)),
                ("stopped_by", models.CharField(blank=True, max_length=254)),
                ("lease_s", models.PositiveSmallIntegerField()),
                ("leased_until", models.DateTimeField()),
                ("started_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("ended_at", models.DateTimeField(null=True)),
                ("began_position", models.BigIntegerField(default=0)),
                ("ended_position", models.BigIntegerField(null=True)),
                ("folded", models.BooleanField(default=False)),
                (
                    "api_key",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="hub_notifications.apikey",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="RunPart",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("first", models.BigIntegerField()),
                ("last", models.BigIntegerField()),
                ("text", models.TextField()),
                ("tokens", models.PositiveIntegerField()),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="parts",
                        to="hub_notifications.run",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RunShare",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("topic", models.CharField(max_length=200)),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="shares",
                        to="hub_notifications.run",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(fields=["owner", "-id"], name="run_of_owner"),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("ended_at", None)), fields=["leased_until"], name="run_lease"
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("folded", False)), fields=["ended_at"], name="run_unfolded"
            ),
        ),
        migrations.AddConstraint(
            model_name="runpart",
            constraint=models.UniqueConstraint(
                models.F("run"), models.F("first"), name="one_run_part_a_position"
            ),
        ),
        migrations.AddConstraint(
            model_name="runshare",
            constraint=models.UniqueConstraint(
                models.F("topic"), models.F("run"), name="one_run_share_a_topic"
            ),
        ),
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
        # Names alone, which no table has.
        migrations.AlterModelOptions("apikey", {"verbose_name": "API key"}),
        migrations.AlterModelOptions(
            "delivery", {"ordering": ("at", "id"), "verbose_name_plural": "deliveries"}
        ),
    ]
