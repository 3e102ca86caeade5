"""Requests: the types that decorators guarantee, and the Authorization header of the API."""

from __future__ import annotations

from django.http import HttpRequest

from hub.errors import Problem
from notifications.user_model import User


class PersonRequest(HttpRequest):
    """A request behind `login_required`: its user is signed in."""

    user: User


def bearer(header: str | None) -> str | None:
    """The key or token in the header; None without one. Raises a `Problem` of 401 for any other scheme."""
    if header is None:
        return None
    scheme, _, text = header.partition(" ")
    text = text.strip()
    if scheme.lower() != "bearer" or not text:
        raise Problem(401, "Send Authorization: Bearer with an API key or a subscriber token.")
    return text


def is_token(text: str) -> bool:
    return text.count(".") == 2  # a JWT; API keys contain no dots


def api_key(header: str | None) -> str:
    """The API key in the header. Raises a `Problem` of 401."""
    text = bearer(header)
    if text is None:
        raise Problem(401, "Send an API key: Authorization: Bearer KEY.")
    if is_token(text):
        raise Problem(401, "This is a subscriber token, which only reads: send an API key.")
    return text
