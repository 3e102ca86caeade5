"""What a feed is given again is noted once, on whichever instance it comes back."""

from __future__ import annotations

import httpx
import psycopg

from tests.cluster import Cluster
from tests.system.conftest import Site
from tests.system.reader import until

COUNT = """
SELECT count(*), count(DISTINCT instance) FROM hub_notifications_delivery
WHERE notification_id = ANY(%s::uuid[])
"""


async def test_what_was_replayed_is_recorded_once_on_whichever_instance(cluster: Cluster, site: Site) -> None:
    missed = [(await site.notify("user:carol", f"missed {n}"))[0]["id"] for n in range(5)]
    for instance in (1, 1, 2, 3, 1):
        await resume(site, instance)
        await until(lambda: noted(cluster, missed)[0] >= 5, "the first replay")

    # What an instance notes later is written down later.
    for instance in (1, 2, 3):
        await site.reader("bob", instance=instance)
    (after,) = await site.notify("user:bob", "after all that")
    await until(lambda: noted(cluster, [after["id"]]) == (3, 3), "the notes of every instance")

    assert noted(cluster, missed) == (5, 1)


async def resume(site: Site, instance: int) -> None:
    """Come back with the oldest of positions, and leave when it is live."""
    headers = {"Authorization": f"Bearer {await site.token('carol')}", "Last-Event-ID": "1"}
    url = f"{site.cluster.instance_url(instance)}/feed/"
    said = ""
    async with httpx.AsyncClient(timeout=20) as client, client.stream("GET", url, headers=headers) as feed:
        async for some in feed.aiter_text():
            said += some
            if "event: stream-live" in said:
                return


def noted(cluster: Cluster, ids: list[str]) -> tuple[int, int]:
    """How many rows there are of these notifications, and by how many instances."""
    with psycopg.connect(cluster.postgres.url) as connection:
        row = connection.execute(COUNT, [ids]).fetchone()
    assert row is not None
    return row[0], row[1]
