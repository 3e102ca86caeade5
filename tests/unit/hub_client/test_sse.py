"""The parser of server-sent events yields the same blocks however the bytes are cut."""

from __future__ import annotations

import pytest

from hub_client.sse import Block, Parser


def parsed(data: bytes, step: int) -> list[Block]:
    parser = Parser()
    return [block for at in range(0, len(data), step) for block in parser.feed(data[at : at + step])]


@pytest.mark.parametrize("step", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("rows", "block"),
    [
        (["data: 1"], Block("message", "1", None, None)),
        (["data:1"], Block("message", "1", None, None)),
        (["data:  1"], Block("message", " 1", None, None)),
        (["data"], Block("message", "", None, None)),
        (["data: a", "data: b"], Block("message", "a\nb", None, None)),
        (["data: é€😀"], Block("message", "é€😀", None, None)),
        (["event: progress", "id: 17", "data: {}"], Block("progress", "{}", "17", None)),
        (["id: 17"], Block("message", None, "17", None)),
        (["id: 1\0", "data: 1"], Block("message", "1", None, None)),
        (["retry: 2417", "data: 1"], Block("message", "1", None, 2417)),
        (["retry: soon", "data: 1"], Block("message", "1", None, None)),
        (["retry: ²", "data: 1"], Block("message", "1", None, None)),
        ([": a comment", "unknown: field", "data: 1"], Block("message", "1", None, None)),
    ],
)
def test_a_block_is_what_its_fields_say(rows: list[str], block: Block, end: str, step: int) -> None:
    data = "".join(row + end for row in [*rows, "", "data: next", "", "data: third", ""]).encode()

    assert parsed(data, step)[:2] == [block, Block("message", "next", None, None)]


@pytest.mark.parametrize("step", [1, 1000])
def test_a_byte_order_mark_is_skipped_once(step: int) -> None:
    assert parsed("\ufeffdata: \ufeff1\n\n".encode(), step) == [Block("message", "\ufeff1", None, None)]


def test_what_is_no_utf_8_does_not_end_it() -> None:
    assert parsed(b"data: \xff\n\n", 1) == [Block("message", "\ufffd", None, None)]


def test_a_block_that_is_cut_off_is_none() -> None:
    assert parsed(b"data: 1\n\ndata: 2\n", 1) == [Block("message", "1", None, None)]


def test_comments_alone_are_no_block() -> None:
    assert parsed(b": heartbeat\n\n: heartbeat\n\n\n", 1) == []
