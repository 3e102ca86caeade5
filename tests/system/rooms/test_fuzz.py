"""Whatever a client sends into a room: a documented close code, flat memory, and an instance that lives."""

from __future__ import annotations

import asyncio
import json
import os
import random
import struct
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.asyncio.client import connect

from tests.cluster import Cluster
from tests.system.conftest import Site
from tests.unit.hub.rooms.wireframe import frame

TRIES = int(os.environ.get("FUZZ_TRIES", "3000"))  # 100000 by hand
AT_ONCE = 40
DOCUMENTED = {1000, 1002, 1007, 1009, 4400, 4429}
# So that most of it is parsed: one person sends it all.
ROOMY = {
    "HUB_ROOM_BYTES_PER_S": "100000000",
    "HUB_ROOM_LINES_PER_S": "10000",
    "HUB_MAX_CONNECTIONS_PER_USER": "100",
}
GROWTH_KB = 8 * 1024

SHAKE = (
    "GET /rooms/board/ HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
    "Authorization: Bearer {}\r\n\r\n"
)
WORDS = ["say", "signal", "ping", "type", "id", "body", "name", "cursor", "points", "x", "y", "clear", ""]


def value(chance: random.Random, depth: int = 0) -> object:
    pick = chance.randrange(9 if depth < 4 else 6)
    if pick == 0:
        return chance.choice(WORDS)
    if pick == 1:
        return chance.choice([0, -1, 1.5, 1e308, 2**60, True, None])
    if pick == 2:
        return "x" * chance.randrange(200)
    if pick == 3:
        return chance.choice(["\ud800", "\x00", "\u202e", "😀"])
    if pick in (4, 5):
        return chance.random()
    if pick == 6:
        return [value(chance, depth + 1) for _ in range(chance.randrange(5))]
    return {chance.choice(WORDS): value(chance, depth + 1) for _ in range(chance.randrange(5))}


def hostile(chance: random.Random) -> bytes:
    """Bytes that break some rule: of WebSocket, of JSON, or of what is said in a room."""
    match chance.randrange(14):
        case 0:
            return chance.randbytes(chance.randrange(1, 200))
        case 1:
            return frame(chance.randbytes(chance.randrange(100)))
        case 2:
            return frame(b"[" * chance.randrange(1, 30_000))
        case 3:
            return frame(b"{}", opcode=chance.choice([3, 4, 7, 11, 15]))
        case 4:
            return frame(b'{"type":"ping"}', masked=False)
        case 5:
            return frame(b"x" * 70_000)
        case 6:
            return struct.pack("!BBQ", 0x81, 0xFF, 10 * 1024 * 1024) + b"\0" * 4 + b"x" * 100_000
        case 7:
            return frame(b'{"type":', fin=False) + frame(b"1", opcode=0)
        case 8:
            return frame(b"\0" * chance.randrange(1, 50), opcode=8) + frame(b"{}")
        case 9:
            parts = chance.randrange(1, 100)
            return frame(b'"', fin=False) + frame(b"x", opcode=0, fin=False) * parts + frame(b'"', opcode=0)
        case 10:
            return frame(b"[", fin=False) + frame(b"", opcode=0, fin=False) * chance.randrange(1, 2000)
        case 11:
            return frame(b"", opcode=chance.choice([9, 10])) * chance.randrange(1, 2000)
        case 12:
            within = frame(b"ping", opcode=9) + frame(
                b"x" * chance.choice([0, 1, 125, 126, 60_000]), opcode=10
            )
            return frame(b'{"type":', fin=False) + within + frame(b'"ping"}', opcode=0)
        case _:
            text = json.dumps(value(chance)).encode()
            return frame(text[: chance.randrange(len(text) + 1)])


async def outcome(port: int, token: str, chance: random.Random) -> int:
    """The close code that one try ends with; 0 if the connection ended without one."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(SHAKE.format(token).encode())
        await reader.readuntil(b'{"type":"live"}')
        # After it a close of our own, so that what was harmless ends, too.
        writer.write(hostile(chance) + frame(struct.pack("!H", 1000), opcode=8))
        writer.write_eof()  # random bytes may be a frame whose rest never comes
        data = await reader.read(-1)
    except (ConnectionError, asyncio.IncompleteReadError):
        return 0
    finally:
        writer.close()
    for at in range(len(data) - 1):
        if data[at] == 0x88 and data[at + 1] == len(data) - at - 2:
            return int(struct.unpack("!H", data[at + 2 : at + 4])[0]) if data[at + 1] else 1000
    return 0


def resident_kb(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("cluster"), 1, extra_env=ROOMY) as cluster:
        yield cluster


@pytest.mark.timeout(1200)
async def test_only_documented_codes_flat_memory_and_a_living_instance(cluster: Cluster, site: Site) -> None:
    instance = cluster.instances[0]
    token = await site.token("alice")
    codes: Counter[int] = Counter()
    chance = random.Random(5)

    async def many(times: int) -> None:
        for _ in range(times // AT_ONCE):
            codes.update(
                await asyncio.gather(
                    *(outcome(instance.port, token, random.Random(chance.random())) for _ in range(AT_ONCE))
                )
            )

    await many(TRIES // 3)
    before = resident_kb(instance.pid)
    await many(TRIES - TRIES // 3)

    print(dict(codes), f"{before} kB, then {resident_kb(instance.pid)} kB")
    assert set(codes) <= DOCUMENTED | {0}
    assert codes[0] <= sum(codes.values()) // 8, "only who sent half a frame was not told why"
    assert resident_kb(instance.pid) - before < GROWTH_KB
    url = instance.url.replace("http", "ws") + "/rooms/board/"
    async with connect(url, additional_headers={"Authorization": f"Bearer {token}"}) as socket:
        assert json.loads(await socket.recv())["type"] == "welcome"
