"""Documents become rows, and leave memory when no one has them open."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pycrdt

from hub.rooms.documents.dialect import draft
from tests.unit.hub.rooms.conftest import DEADLINE_S, socket_only
from tests.unit.hub.rooms.documents.conftest import Study

TOPIC = "room-document-1"


pytestmark = socket_only


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not condition():
            await asyncio.sleep(0.005)


def text_of(study: Study) -> str:
    doc: pycrdt.Doc[pycrdt.Text] = pycrdt.Doc()
    doc["body"] = text = pycrdt.Text()
    if TOPIC in study.stored:
        doc.apply_update(study.stored[TOPIC][0])
    return str(text)


def written(text: str) -> bytes:
    doc: pycrdt.Doc[pycrdt.Text] = pycrdt.Doc()
    doc["body"] = pycrdt.Text(text)
    return doc.get_update()


async def test_what_was_written_becomes_a_row_and_the_document_leaves_memory(study: Study) -> None:
    ann = await study.open("ann")
    await ann.type("kept")
    await ann.until(lambda: len(ann.updates) == 2)

    await ann.leave()

    await until(lambda: not study.open_documents.documents)
    assert text_of(study) == "kept"


async def test_a_document_is_opened_from_its_row_alone(study: Study) -> None:
    ann = await study.open("ann")
    await ann.type("kept")
    await ann.until(lambda: len(ann.updates) == 2)
    await ann.leave()
    await until(lambda: not study.open_documents.documents)

    study.log.forget([TOPIC])

    assert (await study.open("ben")).text == "kept"


async def test_what_a_killed_instance_left_in_the_log_is_saved_by_another(study: Study) -> None:
    study.log.append([draft(TOPIC, written("left behind"))])

    await study.saver.scan()

    assert text_of(study) == "left behind"


async def test_what_only_memory_has_is_appended_again_when_the_log_lost_it(study: Study) -> None:
    ann = await study.open("ann")
    await ann.type("in memory")
    await ann.until(lambda: len(ann.updates) == 2)
    study.log.forget([TOPIC])
    study.stored.clear()

    study.open_documents.dialect.reset([TOPIC], 1, "trimmed")

    async def appended() -> bool:
        return bool((await study.log.read({TOPIC: 0})).events)

    async with asyncio.timeout(DEADLINE_S):
        while not await appended():
            await asyncio.sleep(0.005)


async def test_race_of_who_enters_while_the_last_one_leaves(study: Study) -> None:
    ann = await study.open("ann")
    await ann.type("kept")
    await ann.until(lambda: len(ann.updates) == 2)

    for _ in range(20):
        leaving = asyncio.create_task(ann.leave())
        ann = await study.open("ann")
        await leaving
        assert ann.text == "kept"


async def test_an_update_of_another_program_that_none_can_read_is_skipped(study: Study) -> None:
    study.log.append([draft(TOPIC, b"no update"), draft(TOPIC, written("after it"))])

    assert (await study.open("ann")).text == "after it"
