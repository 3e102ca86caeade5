"""Reads a feed with a client from PyPI, set as docs/clients.md says: feeds.py CLIENT URL TOKEN.

Each event ``number`` is printed as a line of JSON: its id and its data.
"""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import requests
import sseclient
from ld_eventsource import SSEClient
from ld_eventsource.actions import Event
from ld_eventsource.config import ConnectStrategy, ErrorStrategy
from requests_sse import EventSource

PAGE = Path(__file__).parents[4] / "docs" / "embedding.md"


def show(id: str, data: str) -> None:
    print(json.dumps({"id": id, "n": json.loads(data)["data"]}), flush=True)


def httpx_sse(url: str, token: str) -> None:
    """`listen()` of docs/embedding.md, which gives no id."""
    (code,) = (
        block
        for block in re.findall(r"^```python\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
        if "def listen(" in block
    )
    names: dict[str, object] = {"__name__": "embedding"}
    exec(code, names)  # noqa: S102
    parts = urlsplit(url)
    topics = [parts.query.partition("topic=")[2]]
    for type, data in names["listen"](f"{parts.scheme}://{parts.netloc}", token, topics):  # type: ignore[operator]
        if type == "number":
            show("", json.dumps(data))


def sseclient_py(url: str, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    while True:
        try:
            with requests.get(url, headers=headers, stream=True, timeout=(5, 60)) as response:
                response.raise_for_status()
                for event in sseclient.SSEClient(iter(response)).events():
                    if event.id:
                        headers["Last-Event-ID"] = event.id
                    if event.event == "number":
                        show(event.id or "", event.data)
        except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
            pass
        time.sleep(0.5)


def requests_sse(url: str, token: str) -> None:
    with EventSource(
        url, headers={"Authorization": f"Bearer {token}"}, timeout=60, max_connect_retry=100
    ) as feed:
        for event in feed:
            if event.type == "number":
                show(event.last_event_id, event.data)


def launchdarkly(url: str, token: str) -> None:
    client = SSEClient(
        ConnectStrategy.http(url, headers={"Authorization": f"Bearer {token}"}),
        error_strategy=ErrorStrategy.always_continue(),
        initial_retry_delay=0.5,
        retry_delay_reset_threshold=0.1,
    )
    client.start()
    for event in client.all:
        if isinstance(event, Event) and event.event == "number":
            show(event.last_event_id or "", event.data)


CLIENTS = {
    "httpx-sse": httpx_sse,
    "sseclient-py": sseclient_py,
    "requests-sse": requests_sse,
    "launchdarkly-eventsource": launchdarkly,
}

if __name__ == "__main__":
    CLIENTS[sys.argv[1]](*sys.argv[2:])
