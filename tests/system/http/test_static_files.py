"""The scripts and style sheets of a page, with all that they name, behind nginx and from an instance."""

from __future__ import annotations

import re

import httpx
import pytest

from tests.cluster import Cluster

REFERENCE = re.compile(
    r"""(?:\bfrom |\bimport\(|new URL\()"(\.[^"]+)"|\burl\("([^"]+)"\)|(?:src|href)="(/static/[^"#]+)"""
)


def graph(base: str, page: str) -> dict[str, str]:
    """What a page loads, by path: the `Cache-Control` of each file."""
    found: dict[str, str] = {}
    with httpx.Client(base_url=base, timeout=20) as client:
        pending = [(page, client.get(page).text)]
        while pending:
            address, text = pending.pop()
            for names in REFERENCE.findall(text):
                path = str(httpx.URL(address).join("".join(names)))
                if path in found:
                    continue
                answer = client.get(path)
                assert answer.status_code == 200, path
                found[path] = answer.headers["Cache-Control"]
                pending.append((path, answer.text))
    return found


@pytest.fixture(params=["nginx", "instance"])
def base(request: pytest.FixtureRequest, cluster: Cluster) -> str:
    return cluster.http_url if request.param == "nginx" else cluster.instances[0].url


def test_a_page_loads_nothing_that_has_to_be_asked_for_again(base: str) -> None:
    files = graph(base, "/accounts/login/")

    assert len(files) > 1
    assert set(files.values()) == {"public, max-age=31536000, immutable"}


@pytest.mark.parametrize("module", ["bell", "toasts", "room", "typing"])
def test_a_public_module_loads_all_else_by_hashes(base: str, module: str) -> None:
    files = graph(base, f"/static/notifications/{module}.js")

    assert set(files.values()) <= {"public, max-age=31536000, immutable"}
    assert module == "typing" or len(files) > 3
