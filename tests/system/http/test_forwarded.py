"""Whatever a trusted proxy says of a client, it is served, and counted as who it is."""

from __future__ import annotations

import pytest

from hub.ops import echo
from tests.cluster import Cluster
from tests.system.http.conftest import Raw


@pytest.fixture
def word(cluster: Cluster) -> str:
    """What opens the mirror of the cluster."""
    output = cluster.manage("shell", "-v0", "-c", "from hub.ops import echo; print(echo.token())")
    return output.strip()


@pytest.mark.parametrize(
    ("lines", "address", "scheme"),
    [
        (["X-Forwarded-For: 203.0.113.9:55", "X-Forwarded-Proto: https"], "203.0.113.9", "https"),
        (["X-Forwarded-For: 6.6.6.6", "X-Forwarded-For: [2001:db8::1]:55"], "2001:db8::1", "http"),
        (["X-Forwarded-For: unknown", "X-Forwarded-Proto: \xff"], "127.0.0.1", "http"),
        (["X-Forwarded-For: ,", "X-Forwarded-Proto: https,http"], "127.0.0.1", "http"),
        (["X-Forwarded-For: \xff\xfe", "X-Forwarded-Proto: http, https"], "127.0.0.1", "https"),
    ],
)
def test_the_last_that_a_trusted_proxy_says_counts(
    raw: Raw, word: str, lines: list[str], address: str, scheme: str
) -> None:
    raw.head(f"GET {echo.PATH} HTTP/1.1", f"Authorization: Bearer {word}", *lines)

    output = raw.receive().json

    assert (output["address"], output["scheme"]) == (address, scheme)


@pytest.mark.parametrize("value", ["unknown", "[::1", "1.2.3.4:99999", "\xff", ",", "a" * 8000])
@pytest.mark.parametrize("path", ["/feed/", "/rooms/lobby/", "/metrics", "/livez", "/accounts/login/"])
def test_junk_of_a_proxy_is_no_fault_of_ours(raw: Raw, path: str, value: str) -> None:
    raw.head(f"GET {path} HTTP/1.1", f"X-Forwarded-For: {value}", f"X-Forwarded-Proto: {value}")

    assert raw.receive().status < 500
