"""`LogHandler`: the records of a job as events, in order, without harm to the job."""

from __future__ import annotations

import logging
import logging.config
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hub import BadTopic, LogHandler
from hub.jobs import appender as appending
from hub.jobs import record_queue
from hub.log import Log
from hub.policies.current import table
from hub.policies.policy import TopicPolicy
from tests import ROOT
from tests.unit.hub.jobs.conftest import Gate, until

DataOn = Callable[[str], list[dict[str, Any]]]


@pytest.fixture
def handler(live_log: Log) -> Iterator[LogHandler]:
    handler = LogHandler("job-1")
    yield handler
    handler.close()


@pytest.fixture
def logger(handler: LogHandler) -> logging.Logger:
    """A logger of a job, with the handler and no other."""
    logger = logging.Logger("shop.import", logging.DEBUG)
    logger.addHandler(handler)
    return logger


@pytest.fixture
def root(handler: LogHandler) -> Iterator[logging.Logger]:
    """The root logger with the handler, at the most talkative level."""
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.DEBUG)
    root.addHandler(handler)
    yield root
    root.removeHandler(handler)
    root.setLevel(level)


def messages(data: list[dict[str, Any]]) -> list[str]:
    return [record["message"] for record in data]


def test_a_record_is_an_event(logger: logging.Logger, data_on: DataOn) -> None:
    logger.warning("row %d is odd", 7)

    until(lambda: data_on("job-1"), "the record")
    (record,) = data_on("job-1")
    assert record.pop("at").endswith("Z")
    assert record == {"level": "warning", "message": "row 7 is odd", "logger": "shop.import"}


def test_records_are_appended_together_and_in_order(
    logger: logging.Logger, gate: Gate, data_on: DataOn
) -> None:
    for number in range(900):
        logger.info(number)
    logger.handlers[0].flush()

    assert messages(data_on("job-1")) == [str(number) for number in range(900)]
    assert max(gate.batches) <= record_queue.MAX_BATCH_RECORDS
    assert len(gate.batches) < 50


def test_closing_appends_what_is_queued(logger: logging.Logger, handler: LogHandler, data_on: DataOn) -> None:
    logger.info("the last word")
    handler.close()

    assert messages(data_on("job-1")) == ["the last word"]


def test_a_traceback_is_part_of_the_message(
    logger: logging.Logger, handler: LogHandler, data_on: DataOn
) -> None:
    try:
        raise LookupError("no such row")
    except LookupError:
        logger.exception("failed")
    handler.flush()

    (message,) = messages(data_on("job-1"))
    assert message.startswith("failed\nTraceback")
    assert message.endswith("LookupError: no such row")


@pytest.mark.parametrize(
    ("given", "published"),
    [
        ("", ""),
        (b"\xff\x00", "b'\\xff\\x00'"),
        ("caf\udce9", "caf\\udce9"),
        ("\x00\x1b[31m\u2028", "\x00\x1b[31m\u2028"),
        ({"a": 1}, "{'a': 1}"),
        (None, "None"),
    ],
)
def test_any_message_is_published(
    logger: logging.Logger, handler: LogHandler, data_on: DataOn, given: Any, published: str
) -> None:
    logger.info(given)
    handler.flush()

    assert messages(data_on("job-1")) == [published]


@pytest.mark.parametrize("character", ["x", "\x00", "😀", "é"])
def test_a_huge_message_is_cut(
    logger: logging.Logger, handler: LogHandler, data_on: DataOn, character: str
) -> None:
    logger.info(character * 1_000_000)
    handler.flush()

    (message,) = messages(data_on("job-1"))
    assert len(message) == 10_000
    assert message.endswith(f"{character}…")


def test_a_policy_of_small_events_cuts_more(
    logger: logging.Logger, handler: LogHandler, data_on: DataOn
) -> None:
    table.replace([TopicPolicy(pattern="job-*", max_event_bytes=2000)])
    try:
        logger.info("x" * 5000)
        logger.info("short")
        handler.flush()
    finally:
        table.replace([])

    assert [len(message) for message in messages(data_on("job-1"))] == [1000, 5]


def test_a_rate_of_the_topic_delays_them_and_loses_none(
    logger: logging.Logger, handler: LogHandler, data_on: DataOn
) -> None:
    table.replace([TopicPolicy(pattern="job-*", max_rate=20)])
    try:
        for number in range(30):
            logger.info(number)
        handler.close()
        told = len(data_on("job-1"))
        until(lambda: len(data_on("job-1")) == 30, "all of them")
    finally:
        table.replace([])

    assert told == 20
    assert messages(data_on("job-1")) == [str(number) for number in range(30)]


def test_a_record_that_cannot_be_formatted_harms_no_other(
    logger: logging.Logger, handler: LogHandler, data_on: DataOn, capsys: pytest.CaptureFixture[str]
) -> None:
    class Unprintable:
        def __str__(self) -> str:
            raise RuntimeError("no text")

    logger.info("%s", Unprintable())
    logger.info("%d", "no number")
    logger.info("fine")
    handler.flush()

    assert messages(data_on("job-1")) == ["fine"]
    assert "no text" in capsys.readouterr().err


def test_a_format_of_the_project_is_used(
    logger: logging.Logger, handler: LogHandler, data_on: DataOn
) -> None:
    handler.setFormatter(logging.Formatter("[%(levelname)s] %(message)s"))
    logger.error("no disk")
    handler.flush()

    assert messages(data_on("job-1")) == ["[ERROR] no disk"]


def test_a_log_that_is_away_gets_them_later_in_order(
    logger: logging.Logger, gate: Gate, data_on: DataOn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(appending, "FIRST_RETRY_S", 0.01)
    gate.away = True
    logger.info("first")
    until(lambda: gate.attempts > 1, "a second attempt")
    logger.info("second")

    gate.away = False

    until(lambda: len(data_on("job-1")) == 2, "both records")
    assert messages(data_on("job-1")) == ["first", "second"]


def test_too_many_are_dropped_and_counted_in_their_place(
    logger: logging.Logger, handler: LogHandler, gate: Gate, data_on: DataOn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record_queue, "MAX_QUEUED_RECORDS", 10)
    monkeypatch.setattr(record_queue, "BATCH_S", 60)
    gate.away = True
    logger.info("first")
    handler.flush()  # it is on its way from here on
    for number in range(25):
        logger.info(number)

    gate.away = False
    handler.flush()

    told = data_on("job-1")
    assert messages(told[:1] + told[2:]) == ["first", *map(str, range(15, 25))]
    assert (told[1]["dropped"], told[1]["level"]) == (15, "warning")
    assert told[1]["message"].startswith("15 records are missing")


def test_large_records_are_bounded_by_their_bytes(
    logger: logging.Logger, handler: LogHandler, gate: Gate, data_on: DataOn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record_queue, "MAX_QUEUED_BYTES", 50_000)
    gate.away = True
    for _ in range(20):
        logger.info("x" * 10_000)

    gate.away = False
    handler.flush()

    told = data_on("job-1")
    assert sum(record.get("dropped", 0) for record in told) + len(told) - 1 == 20
    assert len(told) < 12


def test_what_the_hub_and_redis_log_is_left_out(
    root: logging.Logger, handler: LogHandler, data_on: DataOn
) -> None:
    for name in ("hub", "hub.log.redis", "redis.connection"):
        logging.getLogger(name).error("about the log itself")
    logging.getLogger("hubcap").error("a job's own")
    handler.flush()

    assert messages(data_on("job-1")) == ["a job's own"]


def test_what_is_logged_while_it_appends_is_left_out(
    root: logging.Logger,
    handler: LogHandler,
    gate: Gate,
    live_log: Log,
    data_on: DataOn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    append = gate.append

    def talkative(*arguments: Any) -> list[int]:
        logging.getLogger("driver").info("appending")
        return append(*arguments)

    monkeypatch.setattr(live_log, "append", talkative)
    logging.getLogger("shop").info("one")
    handler.flush()
    handler.flush()

    assert messages(data_on("job-1")) == ["one"]


def test_race_a_failing_append_on_the_root_logger_and_a_flush_do_not_wait_for_each_other(
    root: logging.Logger, handler: LogHandler, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(appending, "FIRST_RETRY_S", 0.001)
    gate.away = True

    def shut_down() -> None:
        handler.acquire()  # as logging.shutdown() does
        try:
            handler.flush()
        finally:
            handler.release()

    for _ in range(50):
        logging.getLogger("shop").info("x")
        thread = threading.Thread(target=shut_down)
        thread.start()
        thread.join(10)
        assert not thread.is_alive()
    gate.away = False
    handler.flush()


def test_race_records_of_many_threads_all_arrive_each_thread_s_in_order(
    logger: logging.Logger, handler: LogHandler, data_on: DataOn
) -> None:
    def work(name: str) -> None:
        for number in range(100):
            logger.info("%s %d", name, number)

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    handler.flush()

    told = [message.split() for message in messages(data_on("job-1"))]
    assert len(told) == 400
    for name in "abcd":
        assert [int(number) for by, number in told if by == name] == list(range(100))


@pytest.mark.parametrize("topic", ["user-1", "everyone", "room-1", "hub.control", ""])
def test_a_topic_that_is_not_live_is_refused(topic: str) -> None:
    with pytest.raises(BadTopic):
        LogHandler(topic)


def test_a_configuration_as_a_dictionary_makes_one(live_log: Log, data_on: DataOn) -> None:
    logging.config.dictConfig(
        {
            "version": 1,
            "incremental": False,
            "disable_existing_loggers": False,
            "handlers": {"hub": {"class": "hub.LogHandler", "topic": "job-2", "level": "WARNING"}},
            "loggers": {"shop.nightly": {"handlers": ["hub"], "level": "DEBUG", "propagate": False}},
        }
    )
    logger = logging.getLogger("shop.nightly")
    try:
        logger.info("below the level")
        logger.warning("above it")
        logger.handlers[0].flush()
    finally:
        logger.removeHandler(logger.handlers[0])

    assert messages(data_on("job-2")) == ["above it"]


FORK = """
import logging, os, django
django.setup()
import hub
from hub.log.current import shared_log
appended = []
shared_log().append = lambda drafts, *terms: appended.extend(d.body for d in drafts) or [1] * len(drafts)
handler = hub.LogHandler("job-1")
logging.getLogger("shop").addHandler(handler)
logging.getLogger("shop").error("of the parent")
child = os.fork()
logging.getLogger("shop").error("of the child" if child == 0 else "of the parent, later")
logging.shutdown()
texts = [b"of the child" in body for body in appended]
if child == 0:
    os._exit(0 if texts == [True] else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert texts == [False, False], appended
"""


def test_a_fork_appends_its_own_records_and_none_of_its_parent() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORK],
        cwd=ROOT,
        env={"DJANGO_SETTINGS_MODULE": "hub.settings", "HUB_SECRET_KEY": "x" * 50},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr
