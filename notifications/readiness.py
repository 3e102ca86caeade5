"""Whether this process can use the database."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from hub.support.threads import in_thread


class DatabaseReadiness:
    """Checks the database, and until they are found to be applied, the migrations."""

    def __init__(self) -> None:
        self._migrated = False

    async def trouble(self) -> str:
        """Why this instance cannot use the database; "" if it can."""
        return await in_thread(self._trouble)

    def _trouble(self) -> str:
        try:
            if not self._migrated:
                executor = MigrationExecutor(connection)
                if executor.migration_plan(executor.loader.graph.leaf_nodes()):
                    return "migrations are not applied: run manage.py migrate"
                # Not checked again: instances are stopped before a migration is reversed.
                self._migrated = True
            postgres = connection.vendor == "postgresql"
            with connection.cursor() as cursor:
                cursor.execute("SHOW transaction_read_only" if postgres else "SELECT 'off'")
                if cursor.fetchone() != ("off",):
                    return "is read-only: have HUB_DATABASE_URL lead to the primary"
        except DatabaseError as error:
            return f"cannot be reached: {type(error).__name__}"
        return ""
