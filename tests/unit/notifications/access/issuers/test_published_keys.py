"""Published keys are fetched when they are needed, by one for all, seldom, and kept through an outage."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from collections.abc import Callable, Sequence
from http.client import HTTPException
from typing import Any

import pytest
from django.contrib.auth.models import User

from hub.errors import Problem
from hub.support.coalesce import BatchLoader
from notifications.access.admission import Admission
from notifications.access.issuers import claims, download, issuer, published_keys, verifier
from notifications.access.issuers.issued_token import IssuedToken
from notifications.access.issuers.published_keys import INTERVAL_S, RENEW_S, RETRY_S, PublishedKeys
from notifications.access.tokens import Claims
from tests.unit.notifications.access.issuers.conftest import Configure, accepted, refusal
from tests.unit.notifications.access.issuers.signers import EC, ISSUER, RSA, Signer, hs256, rs256
from tests.unit.notifications.conftest import Caller

URL = "https://login.example.com/jwks.json?x=secret"


class Published:
    """An issuer's key set, with a clock that moves only when it is told to."""

    def __init__(self, *signers: Signer) -> None:
        self.signers = signers
        self.failure: Exception | None = None
        self.fetches = 0
        self.now = 1000.0
        self.pauses: list[float] = []
        self.open = threading.Event()
        self.open.set()

    def fetch(self, url: str) -> bytes:
        assert url == URL
        self.fetches += 1
        assert self.open.wait(10)
        if self.failure is not None:
            raise self.failure
        return json.dumps({"keys": [signer.jwk for signer in self.signers]}).encode()

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch, configure: Configure, alice: User) -> Published:
    made = Published(RSA, EC)
    monkeypatch.setattr(download, "fetch", made.fetch)
    monkeypatch.setattr(published_keys, "clock", lambda: made.now)
    monkeypatch.setattr(published_keys, "pause", made.pause)
    configure(jwks_url=URL)
    return made


async def all_people(tokens: Sequence[IssuedToken]) -> dict[IssuedToken, Any]:
    return dict.fromkeys(tokens, 1)


async def read_soon(token: str) -> Claims:
    """Verify a token on an event loop, without looking its person up."""
    found, _ = await claims.read_soon(token, BatchLoader(all_people))
    return found


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_keys_are_fetched_with_the_first_token_and_not_with_the_next(published: Published) -> None:
    accepted(RSA.token())
    accepted(EC.token())
    asyncio.run(read_soon(RSA.token(n=1)))

    assert published.fetches == 1


def test_keys_are_fetched_as_an_instance_starts(published: Published) -> None:
    Admission()

    wait_until(lambda: published.fetches == 1)
    accepted(RSA.token())
    assert published.fetches == 1


def test_many_who_wait_share_a_fetch_and_the_loop_turns(published: Published) -> None:
    published.open.clear()

    async def run() -> None:
        waiting = [asyncio.ensure_future(read_soon(RSA.token(n=n))) for n in range(20)]
        await asyncio.wait(waiting, timeout=0.05)
        assert not any(one.done() for one in waiting)
        published.open.set()
        await asyncio.gather(*waiting)

    asyncio.run(run())

    assert published.fetches == 1


def test_one_who_leaves_does_not_keep_the_others_waiting(published: Published) -> None:
    published.open.clear()

    async def run() -> None:
        leaving, staying = (asyncio.ensure_future(read_soon(RSA.token(n=n))) for n in range(2))
        await asyncio.wait([leaving], timeout=0.05)
        leaving.cancel()
        await asyncio.wait([leaving])
        published.open.set()
        await staying

    asyncio.run(run())


def test_a_key_that_is_new_is_fetched(published: Published) -> None:
    accepted(RSA.token())
    new = rs256("new")
    published.signers = (RSA, new)
    published.now += 60

    accepted(new.token())
    accepted(RSA.token(n=1))

    assert published.fetches == 2


def test_tokens_of_an_unknown_key_wait_for_the_next_fetch(published: Published) -> None:
    accepted(RSA.token())
    new = rs256("new")
    published.signers = (RSA, new)
    published.now += 0.5

    accepted(new.token())

    assert published.pauses == [INTERVAL_S - 0.5]


def test_unknown_keys_cause_no_more_than_a_fetch_per_interval(published: Published) -> None:
    began = published.now

    for n in range(10):
        published.now += 0.1
        assert "its key is unknown" in refusal(RSA.token({"kid": f"k{n}"}), "api")[1]

    assert published.fetches <= (published.now - began) / INTERVAL_S + 1


def test_a_token_without_a_key_id_finds_a_new_key(published: Published) -> None:
    accepted(RSA.token())
    new = rs256(None)
    published.signers = (RSA, new)
    published.now += 60

    accepted(new.token())


def test_a_key_that_is_withdrawn_ends_what_it_signed(published: Published) -> None:
    token = RSA.token()
    accepted(token)
    published.signers = (EC,)
    published.now += RENEW_S

    accepted(token)  # while the keys are fetched in the background
    wait_until(lambda: len(issuer.configured()[ISSUER].keys.keys) == 1)

    assert "its key is unknown" in refusal(token, "api")[1]
    accepted(EC.token())


def test_a_key_set_that_did_not_change_ends_nothing(published: Published) -> None:
    token = RSA.token()
    accepted(token)
    known = verifier.cache.get(verifier.digest_of(token))
    published.now += RENEW_S
    accepted(token)
    wait_until(lambda: published.fetches == 2)

    accepted(token)

    assert verifier.cache.get(verifier.digest_of(token)) is known


@pytest.mark.parametrize(
    "failure",
    [
        OSError("refused"),
        TimeoutError("slow"),
        HTTPException("cut"),
        ValueError("status 500"),
        RecursionError(),
    ],
)
def test_known_keys_outlast_an_outage_and_unknown_ones_are_to_be_tried_again(
    published: Published, failure: Exception
) -> None:
    accepted(RSA.token())
    published.failure = failure
    published.now += RENEW_S + 1

    for n in range(3):
        accepted(RSA.token(n=n))
        published.now += RETRY_S
        for call in ("api", "feed"):
            status, detail = refusal(rs256("new").token(), call)
            assert status == 503
            assert "cannot be fetched now" in detail


def test_while_the_keys_are_away_a_token_is_refused_at_once_between_fetches(published: Published) -> None:
    published.failure = OSError("refused")

    for _ in range(10):
        assert refusal(RSA.token(), "api")[0] == 503

    assert published.fetches == 1
    assert published.pauses == []


def test_a_refusal_of_503_says_when_to_try_again(published: Published) -> None:
    published.failure = OSError("refused")

    assert int(Caller(bearer=RSA.token()).get("notifications").headers["Retry-After"]) >= INTERVAL_S


def test_keys_that_come_back_are_used(published: Published) -> None:
    published.failure = OSError("refused")
    assert refusal(RSA.token(), "api")[0] == 503
    published.failure = None
    published.now += INTERVAL_S

    accepted(RSA.token())


def test_an_outage_and_its_end_are_one_log_entry_each(
    published: Published, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    published.failure = OSError("refused")
    for _ in range(3):
        assert refusal(RSA.token(), "api")[0] == 503
        published.now += INTERVAL_S
    published.failure = None
    accepted(RSA.token())

    own = [record.message for record in caplog.records if record.name == published_keys.__name__]

    assert [message.partition(" fetched")[0] for message in own] == [
        "the keys at https://login.example.com/jwks.json cannot be",
        "the keys at https://login.example.com/jwks.json are",
    ]
    assert "secret" not in caplog.text


@pytest.mark.parametrize(
    "document",
    [
        *("", "[]", "{}", '{"keys": {}}', '{"keys": [7]}', '{"keys": []}', "\xff", "9" * 5000, "[" * 100_000),
        json.dumps({"keys": [rs256(bits=1024).jwk]}),
        json.dumps({"keys": [hs256("shared").jwk]}),
        json.dumps({"keys": [RSA.jwk] * 31}),
    ],
)
def test_what_is_no_key_set_changes_nothing(
    published: Published, monkeypatch: pytest.MonkeyPatch, document: str
) -> None:
    accepted(RSA.token())
    monkeypatch.setattr(download, "fetch", lambda url: document.encode("latin-1"))
    published.now += 60

    assert refusal(rs256("new").token(), "api")[0] == 503
    accepted(RSA.token(n=1))


def test_a_secret_that_is_published_signs_nothing(published: Published) -> None:
    published.signers = (RSA, hs256("shared"))

    assert "algorithm is 'HS256'" in refusal(hs256("shared").token(), "api")[1]


def test_threads_that_wait_for_keys_are_few(published: Published) -> None:
    published.open.clear()
    refused = []

    def read(n: int) -> None:
        try:
            claims.verified(RSA.token(n=n))
        except Problem as problem:
            refused.append(problem.status)

    threads = [threading.Thread(target=read, args=[n]) for n in range(8)]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(refused) == 8 - claims.MAX_WAITING_THREADS)
    published.open.set()
    for thread in threads:
        thread.join()

    assert refused == [503] * (8 - claims.MAX_WAITING_THREADS)


def test_keys_that_arrive_between_two_looks_are_found(
    published: Published, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = PublishedKeys.newer

    def late(keys: PublishedKeys, asked: float) -> Any:
        wait_until(lambda: bool(keys.keys))
        return newer(keys, asked)

    monkeypatch.setattr(PublishedKeys, "newer", late)

    accepted(RSA.token())
