"""Somebody who has signed in, in a browser that tells what must not happen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import httpx
from playwright.sync_api import Browser, Page

from tests.cluster import Cluster


@cache
def session(cluster: Cluster, name: str) -> list[Any]:
    """Their cookies. They sign in but once: to try a password costs a quarter of a second."""
    with httpx.Client(base_url=cluster.http_url, timeout=20) as client:
        client.get("/accounts/login/")
        form = {"username": name, "password": "demo", "csrfmiddlewaretoken": client.cookies["csrftoken"]}
        answer = client.post("/accounts/login/", data=form, headers={"Referer": cluster.http_url})
        assert answer.status_code == 302, answer.text
        return [
            {"name": cookie.name, "value": cookie.value or "", "url": cluster.http_url}
            for cookie in client.cookies.jar
        ]


@contextmanager
def signed_in(browser: Browser, cluster: Cluster, name: str, **look: Any) -> Iterator[Page]:
    """A blank page. A message that speaks of the CSP, and an error that nobody catches, fail the test."""
    context = browser.new_context(**look)
    context.add_cookies(session(cluster, name))
    wrong: list[str] = []
    context.on("console", lambda m: wrong.append(m.text) if "Content Security Policy" in m.text else None)
    context.on("weberror", lambda error: wrong.append(str(error.error)))
    yield context.new_page()
    context.close()
    assert wrong == []


def sign_out(page: Page) -> None:
    """Whoever comes next signs in anew."""
    session.cache_clear()
    page.get_by_role("button", name="Sign out").click()
