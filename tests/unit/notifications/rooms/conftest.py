from tests.unit.hub.rooms.conftest import make_hall, transport
from tests.unit.notifications.inbox.conftest import alice, client

__all__ = ["alice", "client", "make_hall", "transport"]
