"""What is written reaches everyone who has the document open, and whoever opens it later."""

from __future__ import annotations

from hub.rooms.documents.protocol import STEP_2, UPDATE
from tests.unit.hub.rooms.documents.conftest import Study, sync


async def test_an_update_reaches_the_others_and_comes_back_as_the_acknowledgement(study: Study) -> None:
    ann, ben = await study.open("ann"), await study.open("ben")
    known = len(ann.updates)

    await ann.type("Hello")

    await ben.until(lambda: ben.text == "Hello")
    await ann.until(lambda: len(ann.updates) == known + 1)


async def test_a_newcomer_is_sent_all_that_was_written(study: Study) -> None:
    ann = await study.open("ann")
    for word in ("one ", "two ", "three "):
        await ann.type(word)
    await ann.until(lambda: len(ann.updates) == 4)

    assert (await study.open("ben")).text == "one two three "


async def test_what_was_written_offline_is_asked_for(study: Study) -> None:
    ann = await study.open("ann")
    ben = await study.open("ben")
    await ann.leave()
    ann.body += "written offline"

    again = await study.open("ann")
    await again.send(sync(STEP_2, ann.doc.get_update()))

    await ben.until(lambda: ben.text == "written offline")


async def test_a_client_that_comes_back_with_nothing_new_appends_nothing(study: Study) -> None:
    ann = await study.open("ann")
    await ann.type("deleted, in part")
    del ann.body[0:3]
    await ann.send(sync(UPDATE, ann.doc.get_update()))
    await ann.until(lambda: len(ann.updates) == 3)

    await ann.send(sync(STEP_2, ann.doc.get_update()))
    await ann.type("!")

    await ann.until(lambda: len(ann.updates) >= 4)
    page = await study.log.read({"room-document-1": 0})
    assert len(page.events) == 3


async def test_two_documents_have_nothing_to_do_with_each_other(study: Study) -> None:
    ann = await study.open("ann")
    await ann.type("mine")
    await ann.until(lambda: len(ann.updates) == 2)

    assert (await study.open("ann", "document-2")).text == ""
