"""Who is measured, by name."""

from collections.abc import Mapping

from tests.benchmark.servers.base import Bench, Server, Shown
from tests.benchmark.servers.hub import Hub, HubOnUvicorn
from tests.benchmark.servers.limit import Limit
from tests.benchmark.servers.plain import Plain
from tests.benchmark.servers.rooms import HubRoom, PlainRoom

Servers = Mapping[str, type[Hub] | type[Plain] | type[Limit] | type[PlainRoom]]

SERVERS: Servers = {
    "limit": Limit,
    "hub": Hub,
    "uvicorn": HubOnUvicorn,
    "plain": Plain,
}
# The same with a room instead of feeds; the limit cannot tell the difference.
ROOMS: Servers = {"limit": Limit, "hub": HubRoom, "plain": PlainRoom}

__all__ = ["ROOMS", "SERVERS", "Bench", "Hub", "Server", "Servers", "Shown"]
