from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string


class Command(BaseCommand):
    """`manage.py serve`: one instance, in this process, until a signal."""

    help = "Serve ASGI_APPLICATION, one instance of the hub, on HUB_HOST (127.0.0.1) and HUB_PORT (8000)."

    def handle(self, *args: Any, **options: Any) -> None:
        # Daphne installs a reactor when it is imported: only the process that serves may.
        from hub.server.daphne import Server

        from hub.asgi import Hub  # isort: skip

        application = import_string(settings.ASGI_APPLICATION)
        if not isinstance(application, Hub):
            raise CommandError("ASGI_APPLICATION names no hub.asgi.Hub: pass your applications to one.")
        Server(
            application,
            settings.HUB_HOST,
            settings.HUB_PORT,
            proxies=settings.HUB_TRUSTED_PROXIES,
            serves_websockets=application.websocket is not None,
            authorize_bulk=application.application.publisher,
            streams_body=application.application.streams_body,
            posts=application.plain_posts,
        ).run()
