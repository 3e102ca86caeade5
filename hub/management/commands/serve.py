from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Serve one instance of the hub on HUB_HOST (127.0.0.1) and HUB_PORT (8000)."

    def handle(self, *args: Any, **options: Any) -> None:
        # Daphne installs a reactor when it is imported: only the process that serves may.
        from hub.server.daphne import Server

        from hub.asgi import application  # isort: skip

        Server(
            application,
            settings.HUB_HOST,
            settings.HUB_PORT,
            proxies=settings.HUB_TRUSTED_PROXIES,
            authorize_bulk=application.application.authorize_bulk,
        ).run()
