"""Who is measured, by name."""

from collections.abc import Mapping

from tests.benchmark.servers.base import Bench, Server, Shown
from tests.benchmark.servers.hub import Hub, HubOnUvicorn, PostedHub
from tests.benchmark.servers.limit import Limit
from tests.benchmark.servers.plain import Plain
from tests.benchmark.servers.rooms import HubBinaryRoom, HubRoom, PlainRoom

Servers = Mapping[str, type[Hub] | type[Plain] | type[Limit] | type[PlainRoom]]

SERVERS: Servers = {
    "limit": Limit,
    "hub": Hub,
    "uvicorn": HubOnUvicorn,
    "plain": Plain,
}
# The same with a room instead of feeds; the limit cannot tell the difference.
ROOMS: Servers = {"limit": Limit, "hub": HubRoom, "plain": PlainRoom}
# The same with every event posted over HTTP.
POSTED: Servers = {"hub": PostedHub}

__all__ = ["POSTED", "ROOMS", "SERVERS", "Bench", "Hub", "HubBinaryRoom", "Server", "Servers", "Shown"]
