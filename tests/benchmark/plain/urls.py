"""The README's feed (`?channel=…`), a view that publishes, and one that streams a channel of Redis."""

import json
import os
from collections.abc import AsyncIterator

import django_eventstream
import redis.asyncio
from django.http import HttpRequest, JsonResponse, StreamingHttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt


@csrf_exempt
def publish(request: HttpRequest) -> JsonResponse:
    event = json.loads(request.body)
    django_eventstream.send_event(event["topic"], event["type"], event["data"])
    return JsonResponse({}, status=201)


async def stream(request: HttpRequest, run: str) -> StreamingHttpResponse:
    async def tokens() -> AsyncIterator[bytes]:
        client = redis.asyncio.Redis(port=int(os.environ["PLAIN_REDIS_PORT"]), db=1)
        async with client, client.pubsub() as subscription:
            await subscription.subscribe(run)
            yield b"event: stream-open\ndata: {}\n\n"
            async for message in subscription.listen():
                if message["type"] == "message":
                    yield b"event: token\ndata: %b\n\n" % message["data"]

    return StreamingHttpResponse(tokens(), content_type="text/event-stream")


urlpatterns = [
    path("events/", include("django_eventstream.urls")),
    path("publish/", publish),
    path("runs/<str:run>/", stream),
]
