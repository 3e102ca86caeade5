"""An instance serves the application that the settings name, and keeps its event types for it."""

from __future__ import annotations

import pytest
from django.test import override_settings

from hub import topics
from hub.asgi import Hub
from tests.unit.hub.stub_application import StubApplication


@override_settings(HUB_APPLICATION="tests.unit.hub.stub_application.StubApplication")
def test_the_settings_name_the_application() -> None:
    assert type(Hub().application) is StubApplication


def test_a_type_that_it_reserves_is_refused_to_live_events(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topics, "_reserved_types", {"retire"})
    assert topics.check_type("invoice") == "invoice"

    topics.reserve_types(["invoice"])

    assert topics.reserved_types() == {"retire", "invoice"}
    with pytest.raises(topics.BadTopic, match="'invoice' is a type of the hub's own events"):
        topics.check_type("invoice")
