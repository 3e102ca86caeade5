"""Imports go down only, and `hub` never knows what a notification is (DESIGN, section 4)."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# From the ground up; a module imports from its own rung or from below.
LADDER = (
    {
        "hub.topics",
        "hub.problems",
        "hub.delivery.wires",
        "hub.delivery.caps",
        "hub.support.batch",
        "hub.server.openings",
        "hub.delivery.doubts",
        "hub.support.latest",
        "hub.support.mishaps",
        "hub.rooms.limiter",
        "hub.delivery.rota",
        "hub.delivery.taps",
        "hub.environment",
        "hub.support.framing",
        "hub.support.strict",
        "hub.ops.timings",
        "hub.checks",
        "hub.log.accounts",
        "hub.support.headers",
        "hub.support.cookies",
        "hub.server.forwarding",
        "hub.server.bodies",
        "hub.support.turns",
    },
    {"hub.events", "hub.support.origins", "hub.support.remembered"},
    {"hub.people", "hub.log", "hub.rooms.presence", "hub.rooms.signals", "hub.rooms.protocol"},
    {
        "hub.rooms.heads",
        "hub.delivery.holdings",
        "hub.log.entries",
        "hub.log.script",
        "hub.log.said",
        "hub.log.memory",
        "hub.log.stream",
        "hub.log.hearing",
        "hub.rooms.kinds",
        "hub.ops.tracing",
        "hub.delivery.arrivals",
        "hub.delivery.noted",
        "hub.support.outages",
    },
    {
        "hub.log.redis",
        "hub.rooms.presence.redis",
        "hub.server.refusals",
        "hub.server.request",
        "hub.server.channel",
    },
    {
        "hub.rooms.erasing",
        "hub.log.shared",
        "hub.rooms.presence.shared",
        "hub.delivery.subscriber",
        "hub.log.replay",
        "hub.support.threads",
    },
    {
        "hub.delivery.wheel",
        "hub.delivery.draining",
        "hub.delivery.watch",
        "hub.feeds.outlets",
        "hub.delivery.fanout",
        "hub.delivery.counts",
        "hub.delivery.revocation",
        "hub.feeds.knock",
        "hub.rooms.handshake",
        "hub.rooms.member",
        "hub.rooms.room",
        "hub.eventstream",
        "hub.delivery.deliveries",
        "hub.ops.census",
        "hub.ops.logs",
    },
    {
        "hub.delivery.catchup",
        "hub.delivery.recalls",
        "hub.rooms.attendance",
        "hub.rooms.lobby",
        "hub.ops.mirror",
        "hub.ops.counted",
    },
    {"hub.feeds.endpoint", "hub.rooms.endpoint", "hub.server.pages", "hub.doctor"},
    {"hub.ops.health", "hub.ops.metrics", "hub.ops.orders"},
    {"hub.ops.vitals", "hub.ops.operators"},
    {"hub.ops.answers"},
    {
        "notifications.models",
        "notifications.models.patterns",
        "notifications.moments",
        "notifications.access.names",
        "notifications.inbox.screens",
        "notifications.words",
        "notifications.sign_in.sampling",
        "notifications.access.acting",
        "notifications.sign_in.second_factor",
    },
    {
        "notifications.access.belongings",
        "notifications.inbox.preferences",
        "notifications.sending.segments",
        "notifications.sending.filling",
        "notifications.access.roles",
        "notifications.tracking.crowd",
        "notifications.tracking.storm",
        "notifications.sign_in.attempts",
    },
    {"notifications.access.endings", "notifications.access.seals", "notifications.sending.bad_notification"},
    {
        "notifications.access.tokens",
        "notifications.access.sessions",
        "notifications.inbox.listing",
        "notifications.sending.holding",
        "notifications.access.keys",
        "notifications.access.allowances",
        "notifications.access.quotas",
        "notifications.demo.webhooks",
        "notifications.rooms.lines",
        "notifications.access.membership",
        "notifications.access.audit",
        "notifications.sending.addresses",
        "notifications.tracking.deliveries",
        "notifications.tracking.withholding",
    },
    {
        "notifications.sign_in.sign_ins",
        "notifications.sign_in.strangers",
        "notifications.access.judge",
        "notifications.access.standings",
        "notifications.access.batches",
        "notifications.sending.outbox",
        "notifications.recovery",
        "notifications.demo.replay",
    },
    {"notifications.access.admission"},
    {
        "notifications.sending.notify",
        "notifications.sending.recalling",
        "notifications.rooms.removal",
        "notifications.inbox.reading",
        "notifications.access.revocation",
        "notifications.rooms.registry",
    },
    {
        "notifications.sending.audience",
        "notifications.sending.rescheduling",
        "notifications.forgetting",
        "notifications.visiting",
        "notifications.trimming",
    },
    {"notifications.tracking.progress", "notifications.tracking.why", "notifications.sign_in.proving"},
    {"notifications.inbox.view", "notifications.inbox.rows", "notifications.tracking.reports"},
    {
        "notifications.api",
        "notifications.sign_in.accounts",
        "notifications.sign_in.admin_site",
        "notifications.sign_in.refused",
        "notifications.sign_in.second_factor_page",
        "notifications.inbox.pages",
        "notifications.inbox.preference_page",
        "notifications.rooms.room_pages",
        "notifications.admin",
        "notifications.demo.seed",
    },
    {"notifications.dashboard", "notifications.templatetags"},
    {"notifications.urls"},
    {"hub.asgi", "hub.urls", "hub.server.daphne"},
)
# Named by Django and imported by nobody.
APART = {
    "hub.settings",
    "hub.server.security",
    "hub.server.cors",
    "hub.server.intake",
    "hub.apps",
    "notifications.apps",
    "hub",
    "notifications",
}
WIRING = {"hub.asgi", "hub.urls", "hub.settings"}


def modules() -> dict[str, Path]:
    found = {}
    for package in ("hub", "notifications"):
        for path in (ROOT / package).rglob("*.py"):
            parts = path.relative_to(ROOT).with_suffix("").parts
            if "migrations" not in parts and "management" not in parts:
                found[".".join(parts).removesuffix(".__init__")] = path
    return found


def imports(path: Path, known: set[str]) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                names.add(whole if whole in known else node.module)
    return names & known


def rung(module: str) -> int:
    """A package's files stand on the package's rung unless they have one of their own."""
    while module:
        for number, names in enumerate(LADDER):
            if module in names:
                return number
        module = module.rpartition(".")[0]
    raise AssertionError(f"{module} stands on no rung: put it into LADDER")


@pytest.mark.parametrize("module", sorted(set(modules()) - APART))
def test_a_module_imports_only_from_its_rung_or_below(module: str) -> None:
    known = modules()

    above = {
        name
        for name in imports(known[module], set(known)) - APART
        if rung(name) > rung(module) and module != "notifications.apps"
    }

    assert not above


@pytest.mark.parametrize("module", sorted(name for name in modules() if name.startswith("hub")))
def test_the_engine_never_imports_notifications_but_in_the_wiring(module: str) -> None:
    known = modules()

    across = {name for name in imports(known[module], set(known)) if name.startswith("notifications")}

    assert not across or module in WIRING


def test_no_file_is_two_nouns() -> None:
    long = {name: n for name, path in modules().items() if (n := len(path.read_text().splitlines())) > 250}

    assert not long
