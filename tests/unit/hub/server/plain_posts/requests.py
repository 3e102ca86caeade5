"""Requests to publish: plain ones, and those that Twisted serves."""

from __future__ import annotations

from hub.server import plain_posts
from tests.unit.hub.server.plain_posts.conftest import EVENT, UNKNOWN, request

ANSWERED = {
    "an event": request(),
    "a list": request({"events": [EVENT, EVENT]}),
    "a key that is looked up": request(key=UNKNOWN),
    "a wrong key": request(key="wrong"),
    "a host that is not served": request().replace(b"testserver", b"evil.example"),
    "no host": request().replace(b"Host: testserver\r\n", b""),
    "no JSON": request(b"{"),
    "no event": request({"events": []}),
    "wrong fields": request({"topic": 5, "kind": "x"}),
    "a forbidden topic": request({**EVENT, "topic": "forbidden-1"}),
    "large data": request({**EVENT, "data": "x" * 40_000}),
    "other letters": request({**EVENT, "data": "\u2028é\U0001f600"}),
    "a share that is used up": request({**EVENT, "type": "fail-full"}),
    "a key used before": request({**EVENT, "type": "fail-key"}, "Idempotency-Key: one"),
    "a log that is away": request({**EVENT, "type": "fail-away"}),
    "a fault of ours": request({**EVENT, "type": "fail-badly"}),
    "a wrong Idempotency-Key": request(EVENT, "Idempotency-Key: " + "x" * 256),
    "a page of an allowed origin": request(EVENT, "Origin: https://app.example.com"),
    "its refusal": request(b"[]", "Origin: https://app.example.com"),
    "a page of another origin": request(EVENT, "Origin: https://evil.example"),
    "what a proxy reports": request(EVENT, "X-Forwarded-For: 1.2.3.4", "X-Forwarded-Proto: https"),
    "names in lower case": request()
    .replace(b"Host:", b"hOST:")
    .replace(b"Content-Length", b"content-length"),
    "no space, and more than one": request(EVENT, "A:b", "C: \t d \t"),
    "a length with zeros": request().replace(b"Length: ", b"Length: 00"),
    "kept alive": request(EVENT, "Connection: Keep-Alive"),
}


UNUSUAL = {
    "a field given twice": request(EVENT, "A: 1", "A: 2"),
    "another encoding": request(EVENT, "Transfer-Encoding: identity"),
    "a name that Daphne drops": request(EVENT, "Under_score: 1"),
    "a value that is not ASCII": request(EVENT, "A: é"),
    "a folded field": request(EVENT, "A: b\r\n c"),
    "the end of the connection": request(EVENT, "Connection: close"),
    "a query": request(target="/api/v1/events?a=b"),
    "an escaped path": request(target="/api/v1/event%73"),
    "a whole address": request(target="http://testserver/api/v1/events"),
    "another path": request(target="/api/v1/notifications"),
    "a long head": request(EVENT, "A: " + "b" * plain_posts.MAX_HEAD_BYTES),
    "a large body": request({**EVENT, "data": "x" * 64_000}),
    "an older version": request().replace(b"HTTP/1.1", b"HTTP/1.0"),
    "no version": request().replace(b" HTTP/1.1", b""),
    "an empty line before": b"\r\n" + request(),
    "bare line feeds": request(b"{}").replace(b"\r\n", b"\n"),
    "no colon": request(EVENT, "nonsense"),
    "a space before the colon": request(EVENT, "A : b"),
    "two lengths": request(EVENT, "Content-Length: 3"),
    "a length that is none": request().replace(b"Length: ", b"Length: +"),
    "a length beyond all bounds": request().replace(b"Length: ", b"Length: 9999999999"),
    "a body without a length": b"POST /api/v1/events HTTP/1.1\r\nHost: testserver\r\n\r\n",
}
