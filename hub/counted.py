"""What stands beside the doors and is counted for Prometheus, too."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from hub.caps import Caps
from hub.deliveries import Deliveries
from hub.timings import Timings


def counted(caps: Caps, deliveries: Deliveries, timings: Timings) -> Iterator[Metric]:
    yield GaugeMetricFamily("hub_max_connections", "Connections this instance may hold.", caps.instance)
    refused = CounterMetricFamily("hub_refused_connections", "Refused over a cap.", labels=["cap"])
    for cap, times in caps.refused.items():
        refused.add_metric([cap], times)
    yield refused
    yield CounterMetricFamily(
        "hub_deliveries_not_written", "Notes of who was given what that were lost.", deliveries.lost
    )
    took = HistogramMetricFamily(
        "hub_request_seconds", "Time to answer pages and the API.", labels=["kind", "status"]
    )
    for labels, buckets, total in timings:
        took.add_metric(list(labels), buckets, total)
    yield took
