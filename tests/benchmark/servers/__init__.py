"""Who is measured, by name."""

from tests.benchmark.servers.base import Bench, Server, Shown
from tests.benchmark.servers.hub import Hub, HubOnUvicorn
from tests.benchmark.servers.limit import Limit
from tests.benchmark.servers.plain import Plain

SERVERS: dict[str, type[Hub] | type[Plain] | type[Limit]] = {
    "limit": Limit,
    "hub": Hub,
    "uvicorn": HubOnUvicorn,
    "plain": Plain,
}

__all__ = ["SERVERS", "Bench", "Hub", "Server", "Shown"]
