"""Whatever an address bears, a page answers: the page, that there is none, or what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from notifications.dashboard.urls import urlpatterns
from tests.unit.notifications.dashboard.hostile import PAGES, PATHS, addresses

ANSWERS = {200, 302, 400, 404, 422}


@pytest.fixture
def everything(staff: Callable[..., Client]) -> Client:
    return staff("admin", "view", "send", "broadcast", "manage")


@pytest.mark.parametrize("page", [*PAGES, "paths"])
def test_no_address_is_answered_with_a_fault_of_ours(everything: Client, page: str) -> None:
    mine = [address for address in addresses() if (page_of(address) or "paths") == page]

    answers = {address: everything.get(address).status_code for address in mine}

    assert {address[:80]: status for address, status in answers.items() if status not in ANSWERS} == {}


def test_every_page_of_the_dashboard_is_tried() -> None:
    patterns = [f"/dashboard/{one.pattern}" for one in urlpatterns]
    tried = {*PAGES, *(path.format("<>") for path in PATHS)}
    named = {"".join("<>" if "<" in part else part for part in split(pattern)) for pattern in patterns}

    assert {page for page in named if page.endswith("/")} <= tried


def page_of(address: str) -> str:
    page, _, query = address.partition("?")
    return page if query else ""


def split(pattern: str) -> list[str]:
    return pattern.replace("<", "\0<").replace(">", ">\0").split("\0")
