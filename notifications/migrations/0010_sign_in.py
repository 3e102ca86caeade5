"""Counts of attempts to sign in; and on PostgreSQL nobody but its owner can touch the audit log, who
cannot empty it either."""

from typing import Any

from django.db import migrations, models

TABLE = "hub_notifications_auditentry"
FORBID = (
    f"""
    CREATE TRIGGER hub_audit_truncate BEFORE TRUNCATE ON {TABLE}
    FOR EACH STATEMENT EXECUTE FUNCTION hub_audit_is_append_only()
    """,
)
ALLOW = (f"DROP TRIGGER hub_audit_truncate ON {TABLE}",)
# Default privileges give a role that only serves what it may do with tables at large.
NARROW = """
    DO $$ DECLARE other text; BEGIN
        FOR other IN
            SELECT DISTINCT grantee::regrole::text FROM pg_class, aclexplode(relacl)
            WHERE pg_class.oid = 'hub_notifications_auditentry'::regclass AND grantee <> 0 AND grantee <> relowner
        LOOP
            EXECUTE 'REVOKE UPDATE, DELETE, TRUNCATE ON hub_notifications_auditentry FROM ' || other;
        END LOOP;
    END $$
"""


def forbid(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        for statement in (*FORBID, NARROW):
            schema_editor.execute(statement, params=None)


def allow(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        for statement in ALLOW:
            schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("hub_notifications", "0008_unpublishable")]

    operations = [
        migrations.CreateModel(
            name="SignInCount",
            fields=[
                ("digest", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("at", models.DateTimeField(db_index=True)),
                ("until", models.DateTimeField(null=True)),
                ("known_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.RunPython(forbid, allow),
    ]
