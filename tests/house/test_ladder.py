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
        "hub.wires",
        "hub.caps",
        "hub.batch",
        "hub.openings",
        "hub.doubts",
        "hub.latest",
        "hub.mishaps",
        "hub.limiter",
        "hub.rota",
        "hub.taps",
        "hub.environment",
        "hub.framing",
        "hub.strict",
        "hub.timings",
        "hub.checks",
        "hub.log.accounts",
        "hub.headers",
        "hub.cookies",
        "hub.forwarding",
        "hub.bodies",
        "hub.turns",
    },
    {"hub.events", "hub.origins", "hub.remembered"},
    {"hub.people", "hub.log", "hub.presence", "hub.signals", "hub.protocol"},
    {
        "hub.heads",
        "hub.holdings",
        "hub.log.entries",
        "hub.log.script",
        "hub.log.said",
        "hub.log.memory",
        "hub.log.stream",
        "hub.log.hearing",
        "hub.kinds",
        "hub.tracing",
        "hub.arrivals",
        "hub.noted",
        "hub.outages",
    },
    {"hub.log.redis", "hub.presence.redis", "hub.refusals", "hub.request", "hub.channel"},
    {"hub.erasing", "hub.log.shared", "hub.presence.shared", "hub.subscriber", "hub.replay", "hub.threads"},
    {
        "hub.wheel",
        "hub.draining",
        "hub.watch",
        "hub.outlets",
        "hub.fanout",
        "hub.counts",
        "hub.revocation",
        "hub.knock",
        "hub.handshake",
        "hub.member",
        "hub.room",
        "hub.eventstream",
        "hub.deliveries",
        "hub.census",
        "hub.logs",
    },
    {"hub.catchup", "hub.recalls", "hub.attendance", "hub.lobby", "hub.mirror", "hub.counted"},
    {"hub.feeds", "hub.rooms", "hub.pages", "hub.doctor"},
    {"hub.health", "hub.metrics", "hub.orders"},
    {"hub.vitals", "hub.operators"},
    {"hub.answers"},
    {
        "notifications.models",
        "notifications.patterns",
        "notifications.moments",
        "notifications.names",
        "notifications.screens",
        "notifications.words",
        "notifications.sampling",
        "notifications.acting",
        "notifications.second_factor",
    },
    {
        "notifications.belongings",
        "notifications.preferences",
        "notifications.segments",
        "notifications.filling",
        "notifications.roles",
        "notifications.crowd",
        "notifications.storm",
        "notifications.attempts",
    },
    {"notifications.endings", "notifications.seals", "notifications.bad_notification"},
    {
        "notifications.tokens",
        "notifications.sessions",
        "notifications.inbox",
        "notifications.holding",
        "notifications.keys",
        "notifications.allowances",
        "notifications.quotas",
        "notifications.webhooks",
        "notifications.lines",
        "notifications.membership",
        "notifications.audit",
        "notifications.addresses",
        "notifications.deliveries",
        "notifications.withholding",
    },
    {
        "notifications.sign_ins",
        "notifications.strangers",
        "notifications.access",
        "notifications.standings",
        "notifications.batches",
        "notifications.outbox",
        "notifications.recovery",
        "notifications.replay",
    },
    {"notifications.admission"},
    {
        "notifications.notify",
        "notifications.recalling",
        "notifications.removal",
        "notifications.reading",
        "notifications.revocation",
        "notifications.rooms",
    },
    {
        "notifications.audience",
        "notifications.rescheduling",
        "notifications.forgetting",
        "notifications.visiting",
        "notifications.trimming",
    },
    {"notifications.progress", "notifications.why", "notifications.proving"},
    {"notifications.view", "notifications.rows", "notifications.reports"},
    {
        "notifications.api",
        "notifications.accounts",
        "notifications.admin_site",
        "notifications.refused",
        "notifications.second_factor_page",
        "notifications.pages",
        "notifications.preference_page",
        "notifications.room_pages",
        "notifications.admin",
        "notifications.demo",
    },
    {"notifications.dashboard", "notifications.templatetags"},
    {"notifications.urls"},
    {"hub.asgi", "hub.urls", "hub.server"},
)
# Named by Django and imported by nobody.
APART = {
    "hub.settings",
    "hub.security",
    "hub.cors",
    "hub.intake",
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
