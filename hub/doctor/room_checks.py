"""Checks of a room through the balancer: the handshake, a message, and a foreign origin."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from websockets.exceptions import InvalidHandshake, InvalidMessage, InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from hub.doctor.client import TIMEOUT_S, Client, problem_detail
from hub.doctor.fixture import Fixture
from hub.doctor.report import Report
from hub.ops import echo
from hub.support import mount

STORED_TIMEOUT_S = 3.0
FOREIGN_ORIGIN = "https://doctor.invalid"


def check_room(report: Report, client: Client, fixture: Fixture) -> None:
    """Enter a room, send a message and wait for it; then try to enter from a foreign origin."""
    began = time.perf_counter()
    try:
        socket = _enter(client, fixture, client.url)
    except InvalidStatus as refused:
        return _explain_refusal(report, client, refused)
    except (OSError, InvalidHandshake) as error:
        # A proxy without upgrades stays silent or answers something else; a closed connection proves nothing.
        closed = isinstance(error, InvalidMessage) or not isinstance(error, InvalidHandshake | TimeoutError)
        seen = f"the handshake for a room ended in {type(error).__name__}: {error}"
        return report.find("hub.D025" if closed else "hub.D004", seen)
    with socket:
        received: list[str] = []
        try:
            # An instance known to be disconnected from the log is not waited for.
            _receive_until(socket, "live", received, "degraded" if report.has("hub.D017") else "")
            report.hop("a room opens", time.perf_counter() - began)
            began = time.perf_counter()
            socket.send(json.dumps({"type": "say", "id": "doctor", "body": "Does this room work?"}))
            _receive_until(socket, "said", received)
            report.hop("a message comes back", time.perf_counter() - began)
        except (OSError, WebSocketException, TimeoutError) as error:
            if received[-1:] == ["degraded"]:
                return report.find(
                    "hub.D017", "a room is degraded: its instance receives nothing from Redis."
                )
            return report.find("hub.D025", f"in the room: {type(error).__name__}: {error}")
        if _within(STORED_TIMEOUT_S, fixture.message_stored):
            report.hop("a message is stored", time.perf_counter() - began)
        else:
            report.note(f"the message was not stored within {STORED_TIMEOUT_S:g} s: see the instances' logs.")
    _check_foreign_origin(report, client, fixture)


def _check_foreign_origin(report: Report, client: Client, fixture: Fixture) -> None:
    try:
        _enter(client, fixture, FOREIGN_ORIGIN).close()
    except InvalidStatus as refused:
        if refused.response.status_code == 403:
            return
    except (OSError, InvalidHandshake):
        return
    headers = {"Authorization": f"Bearer {echo.token()}", "Origin": FOREIGN_ORIGIN}
    origin = client.request(mount.at(echo.PATH), headers).json().get("headers", {}).get("origin")
    arrivals = {FOREIGN_ORIGIN: "", None: "; the header is removed, and people with a session are refused"}
    seen = f"a handshake with Origin: {FOREIGN_ORIGIN} was accepted"
    report.find("hub.D006", f"{seen}{arrivals.get(origin, f'; it arrives as {origin}')}.")


def _explain_refusal(report: Report, client: Client, refused: InvalidStatus) -> None:
    status = refused.response.status_code
    detail = problem_detail((refused.response.body or b"").decode(errors="replace"))
    if status == 403 and "origin" in detail.lower():
        report.find("hub.D005", f"a room refuses its own site, Origin: {client.url}: {detail}")
    elif status == 400 and "HUB_ALLOWED_HOSTS" in detail:
        report.find("hub.D007", f"a room at {client.host}: {detail}")
    else:
        # A page, or our own 426: it arrived as an ordinary request. Anything else did not reach a room.
        plain = status < 400 or status == 426
        seen = f"the handshake for a room was answered {status} instead of 101. {detail}".strip()
        report.find("hub.D004" if plain else "hub.D025", seen)


def _enter(client: Client, fixture: Fixture, origin: str) -> ClientConnection:
    secure = client.scheme == "https"
    # Connected here, because the host of the request need not be the one connected to.
    sock = client.open_socket()
    return connect(
        f"{'wss' if secure else 'ws'}://{client.host}{mount.at('/rooms/')}{fixture.room}/",
        sock=sock,
        ssl=client.tls_context("http/1.1") if secure else None,
        server_hostname=client.peer[0] if secure else None,
        origin=Origin(origin),
        additional_headers={"Authorization": f"Bearer {fixture.token}"},
        open_timeout=TIMEOUT_S,
        close_timeout=1,
        proxy=None,
    )


def _receive_until(socket: ClientConnection, type: str, received: list[str], hopeless: str = "") -> None:
    """Add the types of received frames until ``type``; raise `TimeoutError` if late, or at ``hopeless``."""
    deadline = time.monotonic() + TIMEOUT_S
    while True:
        received.append(json.loads(socket.recv(timeout=max(0.01, deadline - time.monotonic())))["type"])
        if received[-1] == type:
            return
        if received[-1] == hopeless:
            raise TimeoutError(hopeless)


def _within(seconds: float, condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
