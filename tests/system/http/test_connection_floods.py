"""Who opens connections without end at an instance's own port is closed upon; others are answered."""

from __future__ import annotations

import http.client
import socket

from hub.server.connection_rate import BURST
from tests.cluster import Cluster
from tests.cluster.ports import HOST

STRANGER, NEIGHBOUR = "127.0.0.77", "127.0.0.78"  # no proxies that are trusted


def answered(port: int, address: str) -> bool:
    """Whether one more connection from this address is read."""
    connection = http.client.HTTPConnection(HOST, port, timeout=10, source_address=(address, 0))
    try:
        connection.request("GET", "/livez")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def test_a_flood_from_one_address_is_closed_and_its_neighbour_answered(cluster: Cluster) -> None:
    port = cluster.ports.instances[0]
    for _ in range(3 * BURST):
        with socket.socket() as one:
            one.bind((STRANGER, 0))
            one.connect((HOST, port))

    while answered(port, STRANGER):
        pass  # the kernel may have told us of fewer than the instance has seen

    assert answered(port, NEIGHBOUR)
    assert answered(port, HOST)
