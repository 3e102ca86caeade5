"""Imports go down only, and `hub` never knows what a notification is (docs/architecture.md)."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# From the ground up; a module imports from its own rung or from below.
LADDER = (
    {
        "hub.topics",
        "hub.errors",
        "hub.delivery.sockets",
        "hub.delivery.limits",
        "hub.support.coalesce",
        "hub.support.debounce",
        "hub.server.openings",
        "hub.delivery.invalidations",
        "hub.support.conflating_buffer",
        "hub.support.faults",
        "hub.rooms.rate_limiter",
        "hub.delivery.read_schedule",
        "hub.delivery.readiness",
        "hub.delivery.taps",
        "hub.env",
        "hub.support.ws_frames",
        "hub.support.strict_json",
        "hub.ops.timings",
        "hub.checks",
        "hub.log.accounts",
        "hub.support.asgi",
        "hub.ops.logs",
        "hub.support.headers",
        "hub.support.cookies",
        "hub.server.forwarding",
        "hub.server.bodies",
        "hub.support.keyed_lock",
    },
    {"hub.events", "hub.support.origins", "hub.support.ttl_cache"},
    {"hub.ports", "hub.log", "hub.rooms.presence", "hub.rooms.signals", "hub.rooms.protocol"},
    {
        "hub.rooms.frame_heads",
        "hub.delivery.holdings",
        "hub.log.entries",
        "hub.log.script",
        "hub.log.said",
        "hub.log.memory",
        "hub.log.stream",
        "hub.log.redis_subscription",
        "hub.rooms.kinds",
        "hub.ops.tracing",
        "hub.delivery.arrivals",
        "hub.delivery.replay_notes",
        "hub.support.outages",
    },
    {
        "hub.log.redis",
        "hub.rooms.presence.redis",
        "hub.server.error_responses",
        "hub.server.request",
        "hub.server.channel",
    },
    {
        "hub.rooms.erasure",
        "hub.log.current",
        "hub.rooms.presence.current",
        "hub.delivery.subscriber",
        "hub.log.replay",
        "hub.support.threads",
    },
    {
        "hub.delivery.open_connections",
        "hub.delivery.connection_log",
        "hub.delivery.topic_state",
        "hub.feeds.transports",
        "hub.delivery.fanout",
        "hub.delivery.unread_counts",
        "hub.delivery.revocation",
        "hub.feeds.request",
        "hub.rooms.handshake",
        "hub.rooms.connection",
        "hub.rooms.room",
        "hub.eventstream",
        "hub.delivery.journal",
        "hub.ops.connection_list",
    },
    {
        "hub.delivery.catchup",
        "hub.delivery.recalls",
        "hub.delivery.endpoint",
        "hub.rooms.roster",
        "hub.rooms.registry",
        "hub.ops.echo",
        "hub.ops.counted",
    },
    {"hub.feeds.endpoint", "hub.rooms.endpoint", "hub.server.django_handler", "hub.doctor"},
    {"hub.ops.health", "hub.ops.metrics", "hub.ops.remote_commands"},
    {"hub.ops.instance_stats", "hub.ops.endpoints"},
    {"hub.ops.live_status"},
    {
        "notifications.models",
        "notifications.models.topic_patterns",
        "notifications.timestamps",
        "notifications.access.names",
        "notifications.inbox.sync",
        "notifications.i18n",
        "notifications.sign_in.sampling",
        "notifications.access.actor",
        "notifications.sign_in.second_factor",
    },
    {
        "notifications.access.belongings",
        "notifications.inbox.preferences",
        "notifications.sending.segments",
        "notifications.sending.template_rendering",
        "notifications.access.roles",
        "notifications.tracking.id_bitmap",
        "notifications.tracking.toast_folding",
        "notifications.sign_in.attempts",
    },
    {"notifications.access.endings", "notifications.access.signing", "notifications.sending.errors"},
    {
        "notifications.access.tokens",
        "notifications.access.sessions",
        "notifications.inbox.listing",
        "notifications.sending.held_sendings",
        "notifications.access.api_keys",
        "notifications.access.allowances",
        "notifications.access.quotas",
        "notifications.demo.github_sample",
        "notifications.rooms.history",
        "notifications.access.membership",
        "notifications.access.audit",
        "notifications.sending.addresses",
        "notifications.tracking.delivery_log",
        "notifications.tracking.suppression",
    },
    {
        "notifications.sign_in.audit_log",
        "notifications.sign_in.foreign_origins",
        "notifications.access.judge",
        "notifications.access.standings",
        "notifications.access.large_bodies",
        "notifications.sending.outbox",
        "notifications.recovery",
        "notifications.demo.player",
    },
    {"notifications.access.admission"},
    {
        "notifications.sending.notify",
        "notifications.sending.recalls",
        "notifications.rooms.removal",
        "notifications.inbox.read_state",
        "notifications.access.revocation",
        "notifications.rooms.registry",
    },
    {
        "notifications.sending.audience",
        "notifications.sending.reschedule",
        "notifications.erasure",
        "notifications.doctor_fixture",
        "notifications.retention",
    },
    {
        "notifications.tracking.progress",
        "notifications.tracking.explain",
        "notifications.sign_in.reauthentication",
    },
    {
        "notifications.inbox.filters",
        "notifications.inbox.presentation",
        "notifications.tracking.live_reports",
    },
    {
        "notifications.api",
        "notifications.sign_in.views",
        "notifications.sign_in.admin_site",
        "notifications.sign_in.csrf_failure",
        "notifications.sign_in.second_factor_views",
        "notifications.inbox.views",
        "notifications.inbox.preference_views",
        "notifications.rooms.views",
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
    "hub.server.csp",
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
