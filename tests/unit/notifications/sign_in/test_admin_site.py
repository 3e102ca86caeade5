"""Django's admin is named for the hub, and leads to its dashboard."""

from __future__ import annotations

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_rows_are_named_in_plain_english(admin_client: Client) -> None:
    page = admin_client.get("/admin/").content.decode()

    assert {name for name in ("Notification hub", "Deliveries", "API keys") if name not in page} == set()


def test_it_leads_to_the_dashboard(admin_client: Client) -> None:
    assert 'href="/dashboard/"' in admin_client.get("/admin/").content.decode()
