"""The hub as it is deployed: real Redis, PostgreSQL, nginx and instances, on loopback."""

from tests.cluster.cluster import Cluster
from tests.cluster.ports import Ports
from tests.cluster.process import PartError, Process

__all__ = ["Cluster", "PartError", "Ports", "Process"]
