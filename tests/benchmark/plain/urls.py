"""The README's feed (`?channel=…`), and a view that publishes."""

import json

import django_eventstream
from django.http import HttpRequest, JsonResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt


@csrf_exempt
def publish(request: HttpRequest) -> JsonResponse:
    event = json.loads(request.body)
    django_eventstream.send_event(event["topic"], event["type"], event["data"])
    return JsonResponse({}, status=201)


urlpatterns = [
    path("events/", include("django_eventstream.urls")),
    path("publish/", publish),
]
