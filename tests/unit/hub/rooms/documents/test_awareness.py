"""Names and cursors: the newest of each client, as long as it is there, and from no one else."""

from __future__ import annotations

from hub.rooms.documents.protocol import State
from tests.unit.hub.rooms.conftest import socket_only
from tests.unit.hub.rooms.documents.conftest import Editor, Study, awareness

pytestmark = socket_only


def shown(editor: Editor, client: int) -> list[str]:
    return [state.text for state in editor.states if state.client == client]


async def test_a_state_reaches_the_others_and_its_sender(study: Study) -> None:
    ann, ben = await study.open("ann"), await study.open("ben")

    await ann.send(awareness(State(1, 1, '{"name": "ann"}')))

    await ben.until(lambda: bool(shown(ben, 1)))
    await ann.until(lambda: bool(shown(ann, 1)))


async def test_a_newcomer_is_shown_who_is_here(study: Study) -> None:
    ann = await study.open("ann")
    await ann.send(awareness(State(1, 1, '{"name": "ann"}')))
    await ann.until(lambda: bool(shown(ann, 1)))

    ben = await study.open("ben")

    await ben.until(lambda: bool(shown(ben, 1)))


async def test_who_leaves_is_no_longer_shown(study: Study) -> None:
    ann, ben = await study.open("ann"), await study.open("ben")
    await ann.send(awareness(State(1, 1, '{"name": "ann"}')))
    await ben.until(lambda: bool(shown(ben, 1)))

    await ann.leave()

    await ben.until(lambda: shown(ben, 1)[-1:] == ["null"])


async def test_no_one_changes_what_another_person_shows(study: Study) -> None:
    ann, ben = await study.open("ann"), await study.open("ben")
    await ann.send(awareness(State(1, 1, '{"name": "ann"}')))
    await ben.until(lambda: bool(shown(ben, 1)))

    await ben.send(awareness(State(1, 9, '{"name": "a lie"}')))
    await ben.send(awareness(State(2, 1, '{"name": "ben"}')))

    await ann.until(lambda: bool(shown(ann, 2)))
    assert set(shown(ann, 1)) == {'{"name": "ann"}'}


async def test_what_comes_back_from_everyone_goes_no_further(study: Study) -> None:
    ann, ben = await study.open("ann"), await study.open("ben")
    await ann.send(awareness(State(1, 1, '{"name": "ann"}')))
    await ben.until(lambda: bool(shown(ben, 1)))

    for _ in range(50):
        await ben.send(awareness(State(1, 1, '{"name": "ann"}')))
    await ben.send(awareness(State(2, 1, '{"name": "ben"}')))

    await ann.until(lambda: bool(shown(ann, 2)))
    assert len(shown(ann, 1)) <= 2  # as a newcomer asks who is here, it is told again
