"""Answers to refused requests: problem JSON below HUB_API_PATH, pages elsewhere, never an error as it is."""

from __future__ import annotations

import sys

from django.conf import settings
from django.core.exceptions import DisallowedHost, ObjectDoesNotExist, RequestDataTooBig
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.template import TemplateDoesNotExist
from django.template.loader import render_to_string
from django.views import defaults

from hub.errors import CONTENT_TYPE, Problem
from hub.log import LogAway
from hub.support import mount, outages

AWAY = (*outages.DATABASE_AWAY, LogAway, TimeoutError)


def is_api(request: HttpRequest) -> bool:
    return f"{mount.below(request.path)}/".startswith(settings.HUB_API_PATH)


def answer(request: HttpRequest, problem: Problem) -> HttpResponse:
    headers = {"Cache-Control": "no-store", **problem.headers}
    if is_api(request):
        return HttpResponse(problem.body(), status=problem.status, content_type=CONTENT_TYPE, headers=headers)
    # Rendered without the request: its session and user may be what is unavailable.
    try:
        body = render_to_string(f"{503 if problem.status == 503 else 400}.html", {"problem": problem})
    except TemplateDoesNotExist:  # which are the project's
        return HttpResponse(problem.detail, status=problem.status, content_type="text/plain", headers=headers)
    return HttpResponse(body, status=problem.status, headers=headers)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400."""
    match exception:
        case DisallowedHost():
            problem = Problem(400, "This host name is not served here: add it to HUB_ALLOWED_HOSTS.")
        case RequestDataTooBig():
            problem = Problem(413, "The body is too large: send less at once.")
        case _:
            problem = Problem(400, "The request cannot be read.")
    return answer(request, problem)


def failed(request: HttpRequest) -> HttpResponse:
    """Django's handler500: 503 if a service is away, 400 if the database rejected a value of the client's."""
    match sys.exception():
        case ObjectDoesNotExist() as error:
            return defaults.page_not_found(request, error)
        case DataError() | UnicodeEncodeError() | OverflowError():
            return answer(request, Problem(400, "The request has a value that cannot be stored: change it."))
        case error if isinstance(error, AWAY):
            response = answer(request, outages.problem(error, f"{request.method} of a page"))
            # `outages` has logged it, and not once per request.
            response._has_been_logged = True  # type: ignore[attr-defined]
            return response
    if is_api(request):
        return answer(request, Problem(500, "Something went wrong here: it has been logged."))
    return defaults.server_error(request)
