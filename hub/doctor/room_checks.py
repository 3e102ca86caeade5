"""A room through the balancer: the handshake, a line's way round, and who is kept out."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from websockets.exceptions import InvalidHandshake, InvalidMessage, InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from hub.doctor.client import TIMEOUT_S, Door, detail
from hub.doctor.fixture import Visit
from hub.doctor.report import Report
from hub.ops import echo

WRITTEN_S = 3.0
FOREIGN = "https://doctor.invalid"


def rooms(report: Report, door: Door, visit: Visit) -> None:
    began = time.perf_counter()
    try:
        socket = _enter(door, visit, door.url)
    except InvalidStatus as refused:
        return _refused(report, door, refused)
    except (OSError, InvalidHandshake) as error:
        # Who knows no upgrades keeps silent, or answers something else; a closed connection says no more.
        closed = isinstance(error, InvalidMessage) or not isinstance(error, InvalidHandshake | TimeoutError)
        seen = f"the handshake for a room ended in {type(error).__name__}: {error}"
        return report.find("hub.D025" if closed else "hub.D004", seen)
    with socket:
        heard: list[str] = []
        try:
            # Known to be deaf, it is not waited for.
            _until(socket, "live", heard, "degraded" if report.named("hub.D017") else "")
            report.hop("a room opens", time.perf_counter() - began)
            began = time.perf_counter()
            socket.send(json.dumps({"type": "say", "id": "doctor", "body": "Does this room work?"}))
            _until(socket, "said", heard)
            report.hop("a line comes back", time.perf_counter() - began)
        except (OSError, WebSocketException, TimeoutError) as error:
            if heard[-1:] == ["degraded"]:
                return report.find("hub.D017", "a room is degraded: its instance does not hear Redis.")
            return report.find("hub.D025", f"in the room: {type(error).__name__}: {error}")
        if _within(WRITTEN_S, visit.written_down):
            report.hop("a line is written down", time.perf_counter() - began)
        else:
            report.note(f"the line was not written down within {WRITTEN_S:g} s: see the instances' logs.")
    _foreign(report, door, visit)


def _foreign(report: Report, door: Door, visit: Visit) -> None:
    try:
        _enter(door, visit, FOREIGN).close()
    except InvalidStatus as refused:
        if refused.response.status_code == 403:
            return
    except (OSError, InvalidHandshake):
        return
    asked = {"Authorization": f"Bearer {echo.token()}", "Origin": FOREIGN}
    came = door.get(echo.PATH, asked).json().get("headers", {}).get("origin")
    became = {FOREIGN: "", None: "; none comes at all, and people with a session are kept out"}
    seen = f"a handshake with Origin: {FOREIGN} was let in"
    report.find("hub.D006", f"{seen}{became.get(came, f'; it comes as {came}')}.")


def _refused(report: Report, door: Door, refused: InvalidStatus) -> None:
    status = refused.response.status_code
    said = detail((refused.response.body or b"").decode(errors="replace"))
    if status == 403 and "origin" in said.lower():
        report.find("hub.D005", f"a room refuses its own site, Origin: {door.url}: {said}")
    elif status == 400 and "HUB_ALLOWED_HOSTS" in said:
        report.find("hub.D007", f"a room at {door.host}: {said}")
    else:
        # A page, or our own 426: it came as any other request. Anything else did not come to a room at all.
        plain = status < 400 or status == 426
        seen = f"the handshake for a room was answered {status} instead of 101. {said}".strip()
        report.find("hub.D004" if plain else "hub.D025", seen)


def _enter(door: Door, visit: Visit, origin: str) -> ClientConnection:
    secure = door.scheme == "https"
    # The address is given apart, so that the name in the request is the one that is asked for.
    sock = door.raw()
    return connect(
        f"{'wss' if secure else 'ws'}://{door.host}/rooms/{visit.room}/",
        sock=sock,
        ssl=door.context("http/1.1") if secure else None,
        server_hostname=door.at[0] if secure else None,
        origin=Origin(origin),
        additional_headers={"Authorization": f"Bearer {visit.token}"},
        open_timeout=TIMEOUT_S,
        close_timeout=1,
        proxy=None,
    )


def _until(socket: ClientConnection, type: str, heard: list[str], never: str = "") -> None:
    """Hear frames until one of a type; after one of the other it never comes."""
    deadline = time.monotonic() + TIMEOUT_S
    while True:
        heard.append(json.loads(socket.recv(timeout=max(0.01, deadline - time.monotonic())))["type"])
        if heard[-1] == type:
            return
        if heard[-1] == never:
            raise TimeoutError(never)


def _within(seconds: float, condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
