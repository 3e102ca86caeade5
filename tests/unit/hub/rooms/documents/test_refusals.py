"""Who is refused is told by the protocol's own message, and by the close code."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from hub.rooms.documents import protocol
from hub.rooms.documents.protocol import STEP_2, UPDATE, State
from tests.unit.hub.rooms.documents.conftest import Study, awareness, sync


@pytest.mark.parametrize(
    ("who", "name", "code"),
    [
        ("", "document-1", 4401),
        ("ann", "secret-1", 4403),
        ("ann", "nothing-1", 4404),
        ("ann", "chat-1", 4400),
    ],
)
async def test_who_may_not_open_it_is_told_why(study: Study, who: str, name: str, code: int) -> None:
    editor = await study.open(who, name)

    assert await editor.until_closed() == code
    assert editor.denied


@pytest.mark.parametrize("step", [STEP_2, UPDATE])
async def test_what_is_no_update_closes_its_sender_alone(study: Study, step: int) -> None:
    ann, ben = await study.open("ann"), await study.open("ben")

    await ann.send(sync(step, b"\x01\x01\x01\x00"))

    assert await ann.until_closed() == 4400
    assert ann.denied
    await ben.type("still here")
    await ben.until(lambda: len(ben.updates) > 1)


@pytest.mark.parametrize("message", [b"\x09", b"\x80", "text"])
async def test_what_is_no_message_closes_its_sender(study: Study, message: bytes | str) -> None:
    ann = await study.open("ann")

    await ann.socket.send(message)

    assert await ann.until_closed() == 4400


async def test_a_document_that_is_full_takes_no_more(study: Study) -> None:
    ann = await study.open("ann")
    await ann.type(os.urandom(20_000).hex())
    await ann.until(lambda: len(ann.updates) == 2)

    await ann.type(os.urandom(20_000).hex())

    assert await ann.until_closed() == 1009
    assert "65536 bytes" in ann.denied
    assert len((await study.open("ben")).text) == 40_000


async def test_an_update_that_is_too_large_is_refused(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "MAX_UPDATE_BYTES", 1000)
    ann = await study.open("ann")

    await ann.type("x" * 2000)

    assert await ann.until_closed() == 1009


async def test_who_sends_too_fast_is_closed(make_hall: Callable[..., Any]) -> None:
    study = await make_hall(Study, rates={"messages_per_s": 30})
    ann = await study.open("ann")

    for _ in range(200):
        await ann.send(sync(UPDATE, b"\x00\x00"))

    assert await ann.until_closed() == 4429


async def test_a_state_that_is_too_large_is_not_shown(study: Study) -> None:
    ann, ben = await study.open("ann"), await study.open("ben")

    await ann.send(awareness(State(1, 1, '{"name": "%s"}' % ("x" * 5000))))
    await ann.send(awareness(State(2, 1, '{"name": "ann"}')))

    await ben.until(lambda: any(state.client == 2 for state in ben.states))
    assert not any(state.client == 1 for state in ben.states)
