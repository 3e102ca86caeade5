import os
from typing import Any

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.benchmark.plain.room.settings")

# Before anything else of Django is imported.
http = get_asgi_application()

from tests.benchmark.plain.room.consumer import ChatConsumer  # noqa: E402

consumer: Any = ChatConsumer.as_asgi()
routes: list[Any] = [path("ws/chat/<str:room_name>/", consumer)]
# Without the session's user, whom nobody here shows: what is left out is in this stack's favour.
application = ProtocolTypeRouter({"http": http, "websocket": URLRouter(routes)})
