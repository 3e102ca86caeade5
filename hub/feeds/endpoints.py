"""The endpoints of feeds: where they open, where they are acknowledged, and where their topics change."""

from __future__ import annotations

import asyncio

from django.conf import settings

from hub.delivery.endpoint import EndpointOptions
from hub.delivery.fanout import Fanout
from hub.delivery.limits import ConnectionLimits
from hub.feeds import ack_endpoint, endpoint
from hub.feeds.ack_endpoint import AckEndpoint
from hub.feeds.acknowledgements import Acknowledgements
from hub.feeds.endpoint import Feeds
from hub.feeds.feed_ids import FeedIds
from hub.feeds.topic_calls import TopicCalls
from hub.feeds.topic_changes import TopicChanges
from hub.feeds.topics_endpoint import TopicsEndpoint
from hub.log import Log
from hub.log.replay import Replay
from hub.ports import Application
from hub.support.asgi import ASGIApplication


class FeedEndpoints:
    """ASGI applications by path (``paths``), of which ``feeds`` holds the connections."""

    def __init__(
        self,
        log: Log,
        fanout: Fanout,
        limits: ConnectionLimits,
        options: EndpointOptions,
        *,
        replay: Replay,
        application: Application,
    ) -> None:
        ids = FeedIds(options.max_age_s)
        self.acknowledgements = Acknowledgements(log, fanout, options, ids)
        self.feeds = Feeds(
            fanout,
            limits,
            options,
            replay=replay,
            application=application,
            acknowledgements=self.acknowledgements,
            ids=ids,
        )
        changes = TopicChanges(self.feeds.connections, fanout, limits, application, replay.values)
        calls = TopicCalls(log, fanout.control, changes, ids.process)
        self.paths: dict[str, ASGIApplication] = {
            **dict.fromkeys((endpoint.PATH, endpoint.PATH.rstrip("/")), self.feeds),
            ack_endpoint.PATH: AckEndpoint(self.acknowledgements, application, options),
            settings.HUB_FEED_TOPICS_PATH: TopicsEndpoint(ids, calls, application, options),
        }

    async def run(self) -> None:
        """Heartbeats, and the ends of feeds, until cancelled."""
        await asyncio.gather(self.feeds.run(), self.acknowledgements.run())
