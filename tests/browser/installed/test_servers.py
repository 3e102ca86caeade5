"""The project's ASGI application under servers that know nothing of the hub: feeds open, and deliver."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.browser.installed.shop import ANN, PASSWORD, Shop

SERVERS = {
    "uvicorn": ("-m", "uvicorn", "shop.asgi:application", "--port", "{port}", "--log-level", "warning"),
    "daphne": ("-m", "daphne", "--port", "{port}", "--verbosity", "0", "shop.asgi:application"),
}


@pytest.fixture(params=SERVERS)
def shop(request: pytest.FixtureRequest, python: Path, tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(tmp_path, python, "signed_cookies", *SERVERS[request.param])
    try:
        shop.open()
        yield shop
    finally:
        shop.stop()


def test_whoever_is_signed_in_to_the_project_has_a_feed(shop: Shop) -> None:
    with httpx.Client(base_url=shop.url, timeout=20) as client, shop.api() as api:
        client.get("/sign-in/")
        form = {"username": ANN, "password": PASSWORD, "csrfmiddlewaretoken": client.cookies["csrftoken"]}
        assert client.post("/sign-in/", data=form).status_code == 302

        with client.stream("GET", "/hub/feed/") as feed:
            lines = feed.iter_lines()
            next(line for line in lines if line == "event: stream-live")
            api.post("notifications", json={"to": [f"user:{ANN}"], "title": "On its way"}).raise_for_status()

            assert next(line for line in lines if "On its way" in line).startswith("data:")
