"""What a document contains: updates of Yjs, folded into one. Blocks for a while: called in `THREADS`.

A snapshot is an update too, with everything up to a point. A document of `pycrdt` is gone with the call that
made it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

import pycrdt

from hub.rooms.documents import updates
from hub.rooms.documents.protocol import NOTHING_NEW
from hub.rooms.documents.varints import uint
from hub.rooms.protocol import Malformed
from hub.support.faults import malformed

P = ParamSpec("P")
T = TypeVar("T")

NO_ONE = uint(0)  # the state vector of an empty document
THREADS = ThreadPoolExecutor(2, "documents")


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run one of the functions below in `THREADS`."""
    return await asyncio.wrap_future(THREADS.submit(function, *args, **kwargs))


def fold(snapshot: bytes, tail: Sequence[bytes]) -> bytes:
    """A snapshot with these updates. One that cannot be applied is left out, and noted as malformed."""
    try:
        return _folded(snapshot, tail)
    except Malformed:
        pass
    for update in tail:
        try:
            snapshot = _folded(snapshot, [update])
        except Malformed as error:
            malformed.record("update of a document", str(len(update)), error)
    return snapshot


def vector(snapshot: bytes) -> bytes:
    """The state vector: how much it has of each client."""
    return _guarded(pycrdt.get_state, snapshot)


def missing(snapshot: bytes, known: bytes) -> bytes:
    """What a snapshot has that a state vector does not. Raises `Malformed`."""
    return snapshot if known == NO_ONE else _guarded(pycrdt.get_update, snapshot, known)


def addition(snapshot: bytes, tail: Sequence[bytes], update: bytes) -> bytes:
    """What an update adds to a document; `NOTHING_NEW` if it has all of it. Raises `Malformed`."""
    summary = checked(update)
    changes: list[bytes] = []

    def apply() -> None:
        doc: pycrdt.Doc[Any] = pycrdt.Doc()
        for known in (snapshot, *tail):
            doc.apply_update(known)
        subscription = doc.observe(lambda event: changes.append(event.update))
        doc.apply_update(update)
        doc.unobserve(subscription)

    _guarded(apply)
    if changes:
        return update
    # What builds on what is yet to come waits, and changes nothing so far.
    known = updates.clocks(vector(fold(snapshot, tail)))
    waits = any(end > known.get(client, 0) for client, end in summary.ends.items())
    return update if waits else NOTHING_NEW


def checked(update: bytes) -> updates.Summary:
    """Raise `Malformed` for an update that no document can apply."""
    summary = updates.check(update)
    _guarded(pycrdt.get_state, update)
    return summary


def _folded(snapshot: bytes, tail: Sequence[bytes]) -> bytes:
    def apply() -> bytes:
        doc: pycrdt.Doc[Any] = pycrdt.Doc()
        for update in (snapshot, *tail):
            doc.apply_update(update)
        return doc.get_update()

    return _guarded(apply)


def _guarded(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call into `pycrdt`; whatever it fails with is `Malformed`, also a panic, which is no `Exception`."""
    try:
        return function(*args, **kwargs)
    except Exception as error:
        raise Malformed(f"This is no update of Yjs: {error}") from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise Malformed("This is no update of Yjs.") from None
