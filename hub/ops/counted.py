"""What stands beside the doors and is counted for Prometheus, too."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from hub.delivery.journal import Deliveries
from hub.delivery.limits import ConnectionLimits
from hub.delivery.revocation import Revocation
from hub.ops.timings import Timings
from hub.support.faults import malformed


def counted(
    caps: ConnectionLimits,
    deliveries: Deliveries,
    revocation: Revocation,
    timings: Timings,
    unpublishable: Callable[[], int],
) -> Iterator[Metric]:
    yield GaugeMetricFamily("hub_max_connections", "Connections this instance may hold.", caps.instance)
    refused = CounterMetricFamily("hub_refused_connections", "Refused over a cap.", labels=["cap"])
    for cap, times in caps.refused.items():
        refused.add_metric([cap], times)
    yield refused
    yield CounterMetricFamily(
        "hub_deliveries_not_written", "Notes of who was given what that were lost.", deliveries.lost
    )
    yield CounterMetricFamily(
        "hub_revocation_failures", "Times that nobody could say if a person may stay.", revocation.failures
    )
    yield CounterMetricFamily(
        "hub_unpublishable", "Notifications that no event can carry, given up.", unpublishable()
    )
    skipped = CounterMetricFamily("hub_malformed", "What came and was skipped.", labels=["what"])
    for what, times in malformed.times.items():
        skipped.add_metric([what], times)
    yield skipped
    took = HistogramMetricFamily(
        "hub_request_seconds", "Time to answer pages and the API.", labels=["kind", "status"]
    )
    for labels, buckets, total in timings:
        took.add_metric(list(labels), buckets, total)
    yield took
