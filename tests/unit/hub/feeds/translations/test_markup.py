"""`format=html`: markup as it is, for htmx and Turbo, and nothing else that a page could take for markup."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest

from hub.events import draft
from hub.feeds.markup import markup
from hub.feeds.sse import SSE
from tests.unit.hub.feeds.conftest import Client, Desk

ROWS = "<p>\n  caf\u00e9 &amp; \u2028 cr\u00e8me\n</p>"
HTML = ("format", "html")


def publish_html(desk: Desk, html: str, type: str = "message") -> int:
    return desk.log.append([draft("job-1", type, html, html=True)])[0]


def blocks(client: Client, type: str) -> list[dict[str, list[str]]]:
    """The fields of the events of a type, as a client reads them."""
    found = []
    for block in client.body.decode().split("\n\n")[:-1]:
        fields: dict[str, list[str]] = {}
        for row in block.split("\n"):
            name, _, value = row.partition(": ")
            fields.setdefault(name, []).append(value)
        if fields.get("event", ["message"]) == [type]:
            found.append(fields)
    return found


def arrived(client: Client) -> bool:
    return bool(blocks(client, "message"))


async def opened(desk: Desk, *query: tuple[str, str], **headers: str) -> Client:
    client = desk.open(("topic", "job-1"), HTML, *query, headers=headers)
    await client.until(lambda: b"event: stream-live" in client.body)
    return client


async def test_markup_is_sent_as_it_is_a_field_for_each_of_its_rows(desk: Desk) -> None:
    client = await opened(desk)

    position = publish_html(desk, ROWS)

    await client.until(partial(arrived, client))
    (event,) = blocks(client, "message")
    assert event == {
        "id": [str(position)],
        "data": ["<p>", "  caf\u00e9 &amp; \u2028 cr\u00e8me", "</p>"],
    }


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
async def test_no_end_of_a_row_begins_another_field(desk: Desk, end: str) -> None:
    client = await opened(desk)

    publish_html(desk, f"<b>{end}event: retire{end}{end}id: 7")

    await client.until(partial(arrived, client))
    assert blocks(client, "message")[0]["data"] == ["<b>", "event: retire", "", "id: 7"]
    assert not blocks(client, "retire")


async def test_markup_of_another_type_has_its_type(desk: Desk) -> None:
    client = await opened(desk)

    publish_html(desk, "<b>1</b>", "row")

    await client.until(lambda: bool(blocks(client, "row")))
    assert blocks(client, "row")[0]["event"] == ["row"]


async def test_what_a_returning_page_missed_is_markup_too(desk: Desk) -> None:
    first = publish_html(desk, "<i>1</i>")
    publish_html(desk, "<i>2</i>")
    publish_html(desk, "<i>3</i>")

    from_log = await opened(desk, **{"last-event-id": str(first)})
    from_memory = await opened(desk, **{"last-event-id": str(first)})

    for client in (from_log, from_memory):
        assert [event["data"] for event in blocks(client, "message")] == [["<i>2</i>"], ["<i>3</i>"]]


async def test_a_poll_brings_markup(desk: Desk) -> None:
    first = publish_html(desk, "<i>1</i>")
    publish_html(desk, "<i>2</i>")
    client = desk.open(("topic", "job-1"), HTML, ("wait", "5"), headers={"last-event-id": str(first)})

    await client.until_ended()

    assert [event["data"] for event in blocks(client, "message")] == [["<i>2</i>"]]


async def test_another_reader_of_the_topic_gets_json(desk: Desk) -> None:
    html = await opened(desk)
    plain = await desk.opened(("topic", "job-1"))
    other = await opened(desk)

    publish_html(desk, ROWS)

    await plain.until_event("message")
    body = plain.events[-1].data
    assert (body["html"], body["data"]) == (True, ROWS)
    for client in (html, other):
        await client.until(partial(arrived, client))
        assert len(blocks(client, "message")[0]["data"]) == 3


@pytest.mark.parametrize(
    "data",
    [
        "<img src=x onerror=alert(1)>",
        {"html": True, "data": "<script>alert(1)</script>"},
        ["&lt;b&gt;", {"<b>": {"a": 1, "html": True, "data": "<b>"}}],
        "\\<b\\\\<&",
    ],
)
async def test_what_was_not_published_as_markup_is_json_and_no_markup(desk: Desk, data: Any) -> None:
    client = await opened(desk)

    desk.publish("job-1", data)

    await client.until(lambda: bool(blocks(client, "progress")))
    (sent,) = blocks(client, "progress")[0]["data"]
    assert "<" not in sent
    assert "&" not in sent
    assert json.loads(sent)["data"] == data


def test_what_another_program_wrote_is_no_markup_and_harms_nothing() -> None:
    for body in (b'{"html":true,', b'{"html":true,"data":7}', b'["<b>","html":true]', b'{"html":true}<b>'):
        payload = b"id: 1\nevent: message\ndata: %s\n\n" % body

        assert markup(payload) == payload.replace(b"<", b"\\u003c")


def test_what_the_hub_says_itself_is_the_same() -> None:
    for encoded in (SSE.live, SSE.degraded, SSE.heartbeat, SSE.slow):
        assert markup(encoded.payload) == encoded.payload


async def test_a_format_that_there_is_not_is_refused(desk: Desk) -> None:
    client = desk.open(("topic", "job-1"), ("format", "xml"))

    await client.until_ended()

    assert client.status == 400
    assert client.problem["detail"] == "format is json or html."


async def test_the_format_may_stand_in_the_body(desk: Desk) -> None:
    body = json.dumps({"topics": ["job-1"], "format": "html"}).encode()
    client = desk.open(method="POST", body=body)
    await client.until(lambda: b"event: stream-live" in client.body)

    publish_html(desk, "<b>1</b>")

    await client.until(partial(arrived, client))
    assert blocks(client, "message")[0]["data"] == ["<b>1</b>"]
