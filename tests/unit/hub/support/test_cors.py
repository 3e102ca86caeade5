"""One rule makes the CORS headers of every endpoint."""

from __future__ import annotations

from hub.support.cors import CLIENT_HEADERS, CorsRule

ORIGIN = "https://app.example"


def test_a_preflight_learns_what_may_be_sent_and_for_how_long() -> None:
    headers = CorsRule("GET, PUT", "authorization", exposed="Retry-After").response_headers(
        ORIGIN, preflight=True
    )

    assert headers == {
        "Access-Control-Allow-Origin": ORIGIN,
        "Access-Control-Allow-Methods": "GET, PUT",
        "Access-Control-Allow-Headers": f"authorization, {CLIENT_HEADERS}",
        "Access-Control-Max-Age": "600",
    }


def test_a_response_learns_what_the_page_may_read() -> None:
    headers = CorsRule("GET", "", exposed="Retry-After").response_headers(ORIGIN, preflight=False)

    assert headers == {"Access-Control-Allow-Origin": ORIGIN, "Access-Control-Expose-Headers": "Retry-After"}


def test_cookies_count_only_where_the_rule_says_so() -> None:
    name = "Access-Control-Allow-Credentials"

    for preflight in (True, False):
        assert name not in CorsRule("GET", "").response_headers(ORIGIN, preflight=preflight)
        with_cookies = CorsRule("GET", "", credentials=True).response_headers(ORIGIN, preflight=preflight)
        assert with_cookies[name] == "true"
