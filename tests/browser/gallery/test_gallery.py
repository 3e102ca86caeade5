"""Each page of the gallery ends as an uncut run does, though it was cut off and its instance was killed."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from notifications.demo.scenes import build_log
from notifications.demo.scenes.catalogue import scene_of
from notifications.demo.scenes.sample_notifications import TITLES
from tests.browser.gallery.stage import finished, until, watch
from tests.browser.visitor import signed_in
from tests.cluster import Cluster

Shown = dict[str, Any]

ROWS = """(read) => Object.fromEntries(
  [...document.querySelectorAll("[data-key]")].map((row) => [row.dataset.key, read(row)]),
)"""
# By page: a function of JavaScript that reads what is shown.
READ = {
    "metrics": f"() => ({ROWS})((value) => value.textContent)",
    "ticker": f"""() => ({ROWS})((row) =>
      [...row.querySelectorAll(".number")].map((cell) => cell.textContent))""",
    "scores": f"""() => ({ROWS})((card) => ({{
      score: [...card.querySelectorAll("b")].map((goals) => Number(goals.textContent)),
      clock: card.querySelector(".clock").textContent,
      goals: card.querySelector(".goals").textContent,
    }}))""",
    "jobs": """() => Object.fromEntries([...document.querySelectorAll("hub-progress")].map((job) => [
      job.getAttribute("topic"),
      job.shadowRoot.querySelector("[role=progressbar]").getAttribute("aria-valuetext"),
    ]))""",
    "orders": f"""() => ({ROWS})((row) =>
      [row.querySelector("h3").textContent, row.querySelectorAll(".reached").length])""",
    "build": "() => null",  # it is scrolled through
}
# Scrolls through the log, a thousand rows at once.
SCROLL = """async () => {
  const root = document.querySelector("hub-log").shadowRoot;
  const view = root.querySelector("[role=log]");
  const rows = new Map();
  view.style.height = view.style.maxHeight = "22000px";
  for (let top = 0; top < 250_000; top += 20_000) {
    view.scrollTop = top;
    await new Promise((resolve) => setTimeout(resolve, 50));
    await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    for (const row of root.querySelectorAll(".row")) {
      rows.set(Number(row.querySelector(".gutter").textContent), row.querySelector(".text").textContent);
    }
  }
  return [...rows].sort(([one], [other]) => one - other).map(([, text]) => text);
}"""


def last_values(topic: str, run: int) -> Shown:
    """By key, the data that an uncut run of a topic ends with."""
    scene = scene_of(topic)
    assert scene is not None
    return {one.key: one.data for step in scene.steps(run)[1:-1] for one in step}


def metrics(run: int) -> Shown:
    values = last_values("demo-metrics", run)
    return {key: f"{data['value']:,.2f}".rstrip("0").rstrip(".") for key, data in values.items()}


def ticker(run: int) -> Shown:
    def change(percent: float) -> str:
        return f"{percent:+.2f} %".replace("-", "−") if percent else "0.00 %"

    values = last_values("demo-prices", run)
    return {key: [f"{data['price']:,.2f}", change(data["change"])] for key, data in values.items()}


def scores(run: int) -> Shown:
    def goals(data: Shown) -> str:
        return " · ".join(f"{goal['minute']}′ {goal['team']}" for goal in data["goals"]) or "No goal yet"

    return {
        key: {"score": data["score"], "clock": "Full time", "goals": goals(data)}
        for key, data in last_values("demo-scores", run).items()
    }


def jobs(run: int) -> Shown:
    totals = {"demo-job-import": "3,000", "demo-job-video": "720", "demo-job-report": "96"}
    return {topic: f"{total} of {total} · 100%" for topic, total in totals.items()}


def orders(run: int) -> Shown:
    values = last_values("demo-orders-1", run)
    return {key: [f"{data['item']}No. {key}", 5] for key, data in values.items()}


UNCUT: dict[str, Callable[[int], Shown]] = {
    "metrics": metrics,
    "ticker": ticker,
    "scores": scores,
    "jobs": jobs,
    "orders": orders,
}


def titles(page: Page) -> list[str]:
    return page.locator("#notifications li > span").all_inner_texts()


def unread(page: Page) -> int:
    name = page.locator("notification-bell button.bell").get_attribute("aria-label") or ""
    return int((re.search(r"\d+", name) or ["0"])[0])


def kill_each(cluster: Cluster) -> None:
    """One after the other, so that the stream of every page is on one that is killed."""
    for instance in cluster.instances:
        if instance.alive:
            instance.kill()
        instance.start()
        instance.wait_ready()


def break_again(page: Page, cluster: Cluster) -> None:
    """Have another run, and break it alone."""
    run = page.locator("#scene").get_attribute("data-run")
    if page.locator("#begin").count():
        page.locator("#begin").click()
    page.locator(f"#scene[data-state=running]:not([data-run='{run}'])").wait_for()
    page.locator("#cut").click()
    expect(page.locator("#healing")).to_contain_text("The network is back.", timeout=20_000)
    held = page.locator("#state").inner_text().removeprefix("live on ")
    for instance in cluster.instances:
        if instance.name == held:
            instance.kill()
            instance.start()
            instance.wait_ready()


@pytest.mark.timeout(300)
def test_each_page_ends_as_an_uncut_run_does(cluster: Cluster, browser: Browser) -> None:
    with ExitStack() as stack:
        pages: dict[str, Page] = {}
        for name in ("feed", *UNCUT, "build"):
            page = pages[name] = stack.enter_context(signed_in(browser, cluster, "alice"))
            page.goto(f"{cluster.http_url}/demo/{name}/")
            page.locator("#state[data-state=live]").wait_for()
        for name, read in READ.items():
            watch(pages[name], read)
        before = unread(pages["feed"])
        pages["feed"].locator("#begin").click()

        for page in pages.values():
            page.locator("#cut").click()
        for page in pages.values():
            expect(page.locator("#healing")).to_contain_text("Live again on hub-", timeout=20_000)
        held = pages["ticker"].locator("#state").inner_text().removeprefix("live on ")
        pages["ticker"].locator("#kill").click()
        victim = next(instance for instance in cluster.instances if instance.name == held)
        until(lambda: not victim.alive, "the instance is killed")
        assert victim.exit_code == -9
        expect(pages["ticker"].locator("#healing")).to_contain_text(f"{held} was killed. Live again on hub-")
        kill_each(cluster)

        for name, uncut in UNCUT.items():
            found = finished(pages[name], partial(break_again, pages[name], cluster))
            assert found["shown"] == uncut(found["run"]), name
        run = finished(pages["build"], partial(break_again, pages["build"], cluster))["run"]
        assert pages["build"].evaluate(SCROLL) == list(build_log.texts(run))
        until(lambda: len(titles(pages["feed"])) == len(TITLES), "all notifications came")
        assert titles(pages["feed"]) == [title for title, _ in reversed(TITLES)]
        until(lambda: unread(pages["feed"]) == before + len(TITLES), "the bell counts them")

        pages["build"].get_by_role("button", name="Run it again").click()
        pages["build"].locator(f"#scene[data-run='{run + 1}'][data-state=running]").wait_for()
        # Another log, and not the one before with more behind it.
        length = pages["build"].locator("hub-log .head .number")
        expect(length).to_have_text(re.compile(r"^(\d,)?\d{1,3} lines"))
