"""The doctor finds nothing wrong with the proxies of docs/deployment.md, and names what plain ones lack."""

from __future__ import annotations

import pytest

from tests.system.doctor.conftest import Ward, found
from tests.system.proxies import KINDS, documented, proxy_of

HAPROXY = """
defaults
    mode http
    timeout connect 5s
    timeout client 50s
    timeout server 50s
listen web
    bind :80
    option forwardfor
    server hub-1 127.0.0.1:8101
    server hub-2 127.0.0.1:8102
"""
VARNISH = """# varnishd -a :80 -f default.vcl
vcl 4.1;
backend default { .host = "127.0.0.1"; .port = "8101"; }
"""
CADDY = """
:80 {
	reverse_proxy /feed/* 127.0.0.1:8101 127.0.0.1:8102 {
		buffer_responses
	}
	reverse_proxy 127.0.0.1:8101 127.0.0.1:8102
}
"""
SQUID = """
http_port 80 accel vhost
cache_peer 127.0.0.1 parent 8101 0 originserver
http_access allow all
"""
TRUSTING_SQUID = SQUID.replace("originserver", "originserver login=PASSTHRU")
PUBLIC = {"hub.D011", "hub.D024"}  # Daphne-Root-Path is passed on, and operators' pages are there


@pytest.mark.parametrize("language", KINDS)
def test_nothing_is_wrong_with_what_the_page_has(ward: Ward, language: str) -> None:
    with proxy_of(ward.cluster, language, documented(language)) as proxy:
        status, report = ward.examine("--url", proxy.url)

    assert (status, report["findings"]) == (0, [])
    assert report["instances"] == ["hub-1", "hub-2"]


@pytest.mark.parametrize(
    ("language", "text", "ids"),
    [
        ("haproxy", HAPROXY, {"hub.D001", "hub.D010", *PUBLIC}),
        ("vcl", VARNISH, {"hub.D004", "hub.D010", *PUBLIC}),
        ("caddyfile", CADDY, {"hub.D001", *PUBLIC}),
        ("squid", SQUID, {"hub.D030"}),
        ("squid", TRUSTING_SQUID, {"hub.D004", "hub.D010", *PUBLIC}),
    ],
    ids=["haproxy", "varnish", "caddy", "squid", "squid that passes Authorization on"],
)
def test_what_is_wrong_with_a_plain_configuration_is_named(
    ward: Ward, language: str, text: str, ids: set[str]
) -> None:
    with proxy_of(ward.cluster, language, text) as proxy:
        status, report = ward.examine("--quick", "--url", proxy.url)

    assert (status, found(report)) == (1, ids)
