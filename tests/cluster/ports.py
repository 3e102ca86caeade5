"""Where the parts listen: anywhere free for tests, at well-known numbers for a person."""

import random
import socket
from collections.abc import Mapping
from dataclasses import dataclass

from tests.cluster.process import PartError

HOST = "127.0.0.1"
# Below the range that the kernel gives to outgoing connections: a part that is killed and started
# again among ten thousand of those must find its port free.
RANGE = range(20_000, 32_000)


@dataclass(frozen=True)
class Ports:
    http: int
    https: int
    redis: int
    postgres: int
    instances: tuple[int, ...]

    @classmethod
    def free(cls, instances: int) -> "Ports":
        http, https, redis, postgres, *others = _free(4 + instances)
        return cls(http, https, redis, postgres, tuple(others))

    @classmethod
    def fixed(cls, environ: Mapping[str, str], instances: int) -> "Ports":
        redis, postgres = _free(2)
        first = _number(environ, "HUB_INSTANCE_PORT", 8100) + 1
        return cls(
            http=_number(environ, "HUB_HTTP_PORT", 8080),
            https=_number(environ, "HUB_HTTPS_PORT", 8443),
            redis=_number(environ, "HUB_REDIS_PORT", redis),
            postgres=_number(environ, "HUB_POSTGRES_PORT", postgres),
            instances=tuple(range(first, first + instances)),
        )

    def check(self) -> None:
        """Says so now where a port is taken: a stranger's answer there would pass for the part's."""
        for port in (self.http, self.https, self.redis, self.postgres, *self.instances):
            if not _is_free(port):
                raise PartError(f"port {port} is taken by another program")


def _number(environ: Mapping[str, str], name: str, default: int) -> int:
    value = environ.get(name) or str(default)
    if not value.isdecimal() or not 0 < int(value) < 65_536:
        raise PartError(f"{name} is no port: {value!r}")
    return int(value)


def _free(count: int) -> list[int]:
    found = [port for port in random.sample(RANGE, count * 20) if _is_free(port)]
    if len(found) < count:
        raise PartError("no free ports on this machine")
    return found[:count]


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # A closed connection that the kernel still remembers does not hinder a server either.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
