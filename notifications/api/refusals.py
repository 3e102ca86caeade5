"""Turns every error of the API into problem JSON (RFC 9457)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import DatabaseError, DataError, IntegrityError, InterfaceError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.http.response import HttpResponseBase
from django.urls import URLPattern
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from redis.exceptions import RedisError

from hub.errors import CONTENT_TYPE, Problem
from hub.policies.policy import BadPolicy
from hub.posts import refusals
from hub.support import outages, strict_json
from notifications.access.policies.rows import PolicyFixed
from notifications.sending.errors import BadNotification, UnknownRecipients

MAX_ERRORS_LISTED = 5  # of one body
MESSAGES = {
    "extra_forbidden": "unknown field",
    "missing": "required",
    "model_attributes_type": "give a JSON object",
    "model_type": "give a JSON object",
}
MISSING = "There is no such path: see /api/docs."


def refuse(api: NinjaAPI) -> None:
    """Have ninja answer every exception as problem JSON, its own included."""

    def answer(request: HttpRequest, error: Exception | type[Exception]) -> HttpResponse:
        assert isinstance(error, Exception)  # noqa: S101
        return respond(as_problem(error))

    for kind in (Exception, Http404, HttpError, ValidationError):
        api.add_exception_handler(kind, answer)


def refusing(urls: tuple[list[Any], str, str]) -> tuple[list[Any], str, str]:
    """The paths of an API, with what ninja answers outside its exception handlers as problem JSON too."""
    patterns: list[URLPattern] = urls[0]
    for pattern in patterns:
        pattern.callback = _refusing(pattern.callback)
    return urls


@csrf_exempt
def missing(request: HttpRequest) -> HttpResponse:
    """The view of every other path below ``/api``."""
    return respond(Problem(404, MISSING))


def respond(problem: Problem) -> HttpResponse:
    """The problem as a response."""
    headers = {"Cache-Control": "no-store", **problem.headers}
    return HttpResponse(problem.body(), status=problem.status, content_type=CONTENT_TYPE, headers=headers)


def as_problem(error: Exception) -> Problem:
    """The problem to answer for an error; an unexpected error is raised again."""
    if (refused := refusals.problem(error)) is not None:
        return refused
    match error:
        case ValidationError():
            return _invalid(error.errors)
        case UnknownRecipients():
            return Problem(422, str(error), field=error.field, unknown=error.addresses)
        case BadNotification():
            return Problem(422, str(error), field=error.field)
        case BadPolicy():
            return Problem(422, f"{error.field}: {error}".lstrip(": "), field=error.field or "body")
        case PolicyFixed():
            return Problem(409, str(error))
        case DataError() | UnicodeEncodeError():
            return Problem(
                422, "A value of the request cannot be stored, such as a NUL character: remove it."
            )
        case IntegrityError():
            return Problem(409, "This was changed by another request: try again.", retry_after=1)
        case DatabaseError() | InterfaceError() | RedisError() | TimeoutError() | ConnectionError():
            return outages.problem(error, "a call of the API")
        case RequestDataTooBig():
            return Problem(413, "The request body is too large: send less at once.")
        case SuspiciousOperation() | MultiPartParserError():
            return Problem(400, "The request cannot be read.")
        case Http404():
            return Problem(404, MISSING)
        case HttpError(__cause__=strict_json.BadJson() as cause):
            return Problem(400, f"The request body cannot be used: {cause}")
        case HttpError():
            return Problem(error.status_code, str(error))
    raise error


def _refusing(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    @wraps(view, updated=())
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            response = view(request, *args, **kwargs)
        except Exception as error:
            response = respond(as_problem(error))
        if response.status_code == 405 and "Allow" in response:
            allowed = response["Allow"]
            response = respond(Problem(405, f"This path allows {allowed}."))
            response["Allow"] = allowed
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    # ninja checks the CSRF token itself, where there is a session.
    return csrf_exempt(answer)


def _invalid(errors: list[dict[str, Any]]) -> Problem:
    texts = [(_field(error["loc"]), _text(error)) for error in errors[:MAX_ERRORS_LISTED]]
    return Problem(422, " ".join(f"{field}: {text}" for field, text in texts), field=texts[0][0])


def _field(loc: tuple[str | int, ...]) -> str:
    """The path of a field as in the request: ``events.3.topic``."""
    # In a body ninja's name for it comes first, and the variant of a union ("one", "many") follows.
    start = 1 if loc[0] != "body" else 3 if loc[2:3] in (("one",), ("many",)) else 2
    return ".".join(str(part) for part in loc[start:])[:100] or "body"


def _text(error: dict[str, Any]) -> str:
    text = MESSAGES.get(error["type"]) or error.get("ctx", {}).get("error") or error["msg"]
    return f"{text}".rstrip(".") + "."
