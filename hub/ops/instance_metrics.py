"""What this instance exports to Prometheus about its log, endpoints, rooms and limits."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from prometheus_client import Info

from hub import __version__
from hub.delivery import sockets
from hub.delivery.fanout import Fanout
from hub.delivery.limits import ConnectionLimits
from hub.delivery.revocation import Revocation
from hub.feeds.endpoint import Feeds
from hub.log import Log
from hub.ops.loop_lag import LoopLag
from hub.ops.metrics import Metrics
from hub.rooms.documents.endpoint import Documents
from hub.rooms.endpoint import Rooms
from hub.rooms.registry import RoomRegistry
from hub.server import body_limits, connection_rate
from hub.server.django_handler import DjangoHandler
from hub.support.faults import malformed


def export_log(metrics: Metrics, log: Log, fanout: Fanout) -> None:
    metrics.gauge("hub_topics", "Topics this instance is subscribed to.", lambda: len(fanout.topics))
    metrics.gauge("hub_hearing", "1 while events of the log are received.", lambda: fanout.live)
    metrics.gauge("hub_log_silence_seconds", "Time since anything was received from the log.", log.silence)
    metrics.gauge(
        "hub_hearing_lag_seconds",
        "From an event's position to its receipt, for the last event.",
        lambda: fanout.lag_s,
    )
    metrics.counter("hub_events_heard", "Events received from the log.", lambda: fanout.received_events)
    metrics.counter("hub_deliveries", "Events given to subscribers.", lambda: fanout.topics.deliveries.made)
    metrics.counter(
        "hub_coalesced_deliveries",
        "Events not given to subscribers, but replaced by a later value or joined to a later text.",
        lambda: fanout.topics.deliveries.spared,
    )
    metrics.counter("hub_heals", "Times the log was read to close or rule out a gap.", lambda: fanout.heals)
    metrics.counter("hub_holes", "Gaps found in the received events.", lambda: fanout.gaps)


def export_connections(
    metrics: Metrics, feeds: Feeds, rooms: Rooms, limits: ConnectionLimits, revocation: Revocation
) -> None:
    def waiting() -> Iterator[int]:
        return (connection.waiting for connection in chain(feeds.connections, rooms.connections))

    metrics.gauge("hub_feeds", "Open feeds.", lambda: len(feeds.connections))
    metrics.gauge("hub_members", "Open connections in rooms.", lambda: len(rooms.connections))
    metrics.gauge("hub_draining", "1 while this instance is draining.", lambda: feeds.draining)
    metrics.gauge("hub_mailbox_bytes", "Bytes buffered for all readers.", lambda: sum(waiting()))
    metrics.gauge(
        "hub_mailbox_bytes_max", "Bytes buffered for the slowest reader.", lambda: max(waiting(), default=0)
    )
    metrics.counters("hub_closes", "Feeds closed, by reason.", "reason", lambda: feeds.closes)
    metrics.counters(
        "hub_room_closes", "Connections in rooms closed, by reason.", "reason", lambda: rooms.closes
    )
    metrics.registry.register(feeds.replays)
    metrics.counters(
        "hub_writes",
        "Writes to sockets, directly or by the poller once they are writable.",
        "how",
        lambda: {"direct": sockets.direct, "deferred": sockets.deferred},
    )
    metrics.gauge("hub_max_connections", "Connections this instance may hold.", lambda: limits.instance)
    metrics.counters(
        "hub_refused_connections", "Connections refused over a limit.", "cap", lambda: limits.refused
    )
    metrics.counter(
        "hub_revocation_failures",
        "Checks of a person's rights that failed; each is tried again.",
        lambda: revocation.failures,
    )


def export_rooms(metrics: Metrics, registry: RoomRegistry, documents: Documents) -> None:
    signals = registry.signals
    metrics.gauge("hub_rooms", "Open rooms.", lambda: len(registry.rooms))
    metrics.counter("hub_signals_published", "Signals given to the channel layer.", lambda: signals.published)
    metrics.counter("hub_signals_heard", "Signals received from the channel layer.", lambda: signals.received)
    metrics.counter(
        "hub_signals_dropped", "Signals lost, or replaced by a newer one.", lambda: signals.dropped
    )
    metrics.gauge("hub_documents", "Open documents.", lambda: documents.documents)
    metrics.gauge("hub_editors", "Open connections to documents.", lambda: len(documents.connections))
    metrics.counters(
        "hub_document_closes",
        "Connections to documents closed, by reason.",
        "reason",
        lambda: documents.closes,
    )


def export_server(metrics: Metrics, pages: DjangoHandler, loop_lag: LoopLag, instance: str) -> None:
    labels = {"instance": instance, "version": __version__}
    Info("hub_instance", "This instance and its version.", registry=metrics.registry).info(labels)
    metrics.gauge(
        "hub_loop_lag_seconds", "Lag of the event loop; the worst of 10 s.", lambda: loop_lag.worst_s
    )
    for collector in (pages.durations, body_limits.REFUSED, connection_rate.REFUSED):
        metrics.registry.register(collector)
    metrics.counters("hub_malformed", "Malformed items skipped, by kind.", "what", lambda: malformed.counts)
