"""An id bitmap is a set of ids; packed it is small, and one of them is found without unpacking the rest."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.tracking.id_bitmap import BLOCK, MAX_ID, IdBitmap

# Around the ends of blocks, and anywhere.
ids = st.sets(
    st.one_of(
        st.integers(0, 3 * BLOCK),
        st.sampled_from([BLOCK - 1, BLOCK, 2 * BLOCK - 1, 2 * BLOCK, MAX_ID]),
        st.integers(0, MAX_ID),
    ),
    max_size=60,
)


@settings(deadline=None, database=None)
@given(ids, ids)
def test_it_is_what_a_set_is(some: set[int], others: set[int]) -> None:
    one, other = IdBitmap(some), IdBitmap(others)

    assert list(one | other) == sorted(some | others)
    assert list(one & other) == sorted(some & others)
    assert list(one - other) == sorted(some - others)
    assert len(one) == len(some)
    assert (one == other) is (some == others)
    assert all((id in one) is (id in some) for id in some | others)


@settings(deadline=None, database=None)
@given(ids, ids)
def test_ids_may_be_added_later(some: set[int], others: set[int]) -> None:
    bitmap = IdBitmap(some)

    bitmap.add(others)

    assert bitmap == IdBitmap(some | others)


@settings(deadline=None, database=None)
@given(ids, ids)
def test_packed_it_is_the_same(some: set[int], others: set[int]) -> None:
    packed = IdBitmap(some).pack()

    assert IdBitmap.unpack(packed) == IdBitmap(some)
    assert all(IdBitmap.holds(packed, id) is (id in some) for id in some | others)


def test_a_hundred_thousand_together_take_less_than_a_kilobyte() -> None:
    assert len(IdBitmap(range(1, 100_001)).pack()) < 1000


def test_ten_thousand_are_gathered_at_once() -> None:
    numbers = [id * 7 for id in range(10_000)]
    best = 1.0

    for _ in range(5):
        begun = time.perf_counter()
        IdBitmap(numbers)
        best = min(best, time.perf_counter() - begun)

    assert best < 0.02  # 3 ms alone on a machine


def test_one_is_looked_up_without_the_blocks_of_others() -> None:
    packed = bytearray(IdBitmap([1, BLOCK + 1]).pack())
    packed[-4:] = b"gone"  # the end of the second block

    assert IdBitmap.holds(bytes(packed), 1)
    with pytest.raises(ValueError, match="not a packed id bitmap"):
        IdBitmap.holds(bytes(packed), BLOCK + 1)


@pytest.mark.parametrize("packed", [b"\0", b"\0\0\0\0\0\xff", b"\0\0\0\0\0\1x"])
def test_what_was_not_packed_is_refused(packed: bytes) -> None:
    with pytest.raises(ValueError, match="not a packed id bitmap"):
        IdBitmap.unpack(packed)


@pytest.mark.parametrize("id", [-1, MAX_ID + 1])
def test_what_is_no_id_is_refused(id: int) -> None:
    with pytest.raises(ValueError, match="is not an id"):
        IdBitmap([id])
