"""What the endpoint of runs refuses, it refuses so that pages and programs can read it."""

from __future__ import annotations

import pytest

from tests.cluster import Cluster
from tests.system.conftest import KEY, Site
from tests.system.runs.chat_site import ChatSite

UNKNOWN = "/api/v1/runs/00000000-0000-0000-0000-000000000000"


@pytest.mark.parametrize("call", ["stream", "stop?wait=0"])
async def test_a_page_of_another_origin_reads_the_refusal(
    cluster: Cluster, site: Site, chat_site: ChatSite, call: str
) -> None:
    answer = await site.api.get(f"{UNKNOWN}/{call}", headers={"Origin": chat_site.origin})

    assert answer.status_code == 404
    assert answer.headers["Access-Control-Allow-Origin"] == chat_site.origin


async def test_a_page_of_another_origin_reads_why_no_run_was_begun_in_one_go(
    cluster: Cluster, site: Site, chat_site: ChatSite
) -> None:
    headers = {"Origin": chat_site.origin}

    for query, owner in (("?format=xml", "alice"), ("", "nobody-of-that-name")):
        url = f"/api/v1/runs/stream{query}"
        answer = await site.api.post(url, json={"owner": owner}, headers=headers)
        assert answer.status_code in (400, 422)
        assert answer.headers["Access-Control-Allow-Origin"] == chat_site.origin


@pytest.mark.parametrize("call", ["stream", "stop?wait=0"])
async def test_a_host_that_is_not_served_here_is_refused(cluster: Cluster, site: Site, call: str) -> None:
    url = f"{cluster.instances[0].url}{UNKNOWN}/{call}"

    answer = await site.api.get(url, headers={**KEY, "Host": "evil.example"})

    assert answer.status_code == 400
