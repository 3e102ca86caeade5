"""Reads a room with a client from PyPI, set as docs/clients.md says: rooms.py CLIENT URL TOKEN.

Each message is printed as a line of JSON: its position and its body.
"""

from __future__ import annotations

import json
import sys
import time

import websocket
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

after = ""


def receive(text: str | bytes) -> str:
    """The position to resume from."""
    global after
    frame = json.loads(text)
    if frame["type"] == "said":
        after = frame["position"]
        print(json.dumps({"id": after, "n": int(frame["body"])}), flush=True)
    return after


def websockets(url: str, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    while True:
        try:
            with connect(f"{url}?after={after}" if after else url, additional_headers=headers) as room:
                for text in room:
                    receive(text)
        except (OSError, WebSocketException):
            pass
        time.sleep(0.5)


def websocket_client(url: str, token: str) -> None:
    def on_message(room: websocket.WebSocketApp, text: str) -> None:
        if position := receive(text):
            room.url = f"{url}?after={position}"

    headers = {"Authorization": f"Bearer {token}"}
    websocket.WebSocketApp(url, header=headers, on_message=on_message).run_forever(reconnect=1)


CLIENTS = {"websockets": websockets, "websocket-client": websocket_client}

if __name__ == "__main__":
    CLIENTS[sys.argv[1]](*sys.argv[2:])
