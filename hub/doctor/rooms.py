"""A room through the balancer: the handshake, a line's way round, and who is kept out."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from websockets.exceptions import InvalidHandshake, InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from hub.doctor.door import TIMEOUT_S, Door
from hub.doctor.report import Report
from hub.doctor.visit import Visit

WRITTEN_S = 3.0
FOREIGN = "https://doctor.invalid"


def rooms(report: Report, door: Door, visit: Visit) -> None:
    began = time.perf_counter()
    try:
        socket = _enter(door, visit, door.url)
    except InvalidStatus as refused:
        return _refused(report, door, refused)
    except (OSError, InvalidHandshake, TimeoutError) as error:
        return report.find("hub.D004", f"the handshake for a room ended in {type(error).__name__}: {error}")
    with socket:
        try:
            _until(socket, "live")
            report.hop("a room opens", time.perf_counter() - began)
            began = time.perf_counter()
            socket.send(json.dumps({"type": "say", "id": "doctor", "body": "Does this room work?"}))
            _until(socket, "said")
            report.hop("a line comes back", time.perf_counter() - began)
        except (OSError, WebSocketException, TimeoutError) as error:
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
    except (OSError, InvalidHandshake, TimeoutError):
        return
    report.find("hub.D006", f"a handshake with Origin: {FOREIGN} was let in.")


def _refused(report: Report, door: Door, refused: InvalidStatus) -> None:
    status, body = refused.response.status_code, (refused.response.body or b"").decode(errors="replace")
    try:
        said = str(json.loads(body).get("detail", ""))
    except ValueError:
        said = ""
    if status == 403 and "origin" in said.lower():
        report.find("hub.D005", f"a room refuses its own site, Origin: {door.url}: {said}")
    elif status == 400 and "HUB_ALLOWED_HOSTS" in said:
        report.find("hub.D007", f"a room at {door.host}: {said}")
    else:
        report.find("hub.D004", f"the handshake was answered {status} instead of 101. {said}".strip())


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


def _until(socket: ClientConnection, type: str) -> None:
    deadline = time.monotonic() + TIMEOUT_S
    while True:
        said = json.loads(socket.recv(timeout=max(0.01, deadline - time.monotonic())))
        if said["type"] == type:
            return


def _within(seconds: float, condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
