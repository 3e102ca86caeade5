"""What a page shows works as it stands there: what a reader is told to type, in order, and its programs.

The programs of docs/embedding.md are run by tests/services/test_embedding.py and test_embedding.py here.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page as Tab
from playwright.sync_api import sync_playwright

from tests import ROOT
from tests.browser.conftest import QUIET
from tests.cluster import Cluster
from tests.house.page import Block, Page, moved, page, pages

KEY = {"Authorization": "Bearer demo-key"}
MARK = "=== line "
RUN = [page for page in pages() if any(block.kind == "sh" for block in page.blocks)]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("cluster"), 2) as cluster:
        yield cluster


@pytest.fixture
def checkout(cluster: Cluster, tmp_path: Path) -> Path:
    """The repository with `make cluster` running in it, as far as a command can see."""
    for entry in ROOT.iterdir():
        if entry.name not in (".venv", ".cluster", ".git"):
            (tmp_path / entry.name).symlink_to(entry)
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name in ("python", "python3"):
        (programs / name).write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
        (programs / name).chmod(0o755)
    folder = tmp_path / ".cluster"
    folder.mkdir()
    settings = {**cluster.settings, "HUB_HTTP_URL": cluster.http_url, "HUB_HTTPS_URL": cluster.https_url}
    lines = [f"{name}={shlex.quote(value)}\n" for name, value in settings.items()]
    (folder / "env").write_text("".join(lines))
    # A curl that is refused fails, and says why; one that was told for how long to listen does not.
    (programs / "curl").write_text(
        f'#!/bin/sh\n{shutil.which("curl")} --silent --show-error --fail-with-body "$@" && exit\n'
        'code=$?; case "$*" in *"-m "*) [ $code = 28 ] && exit 0 ;; esac; exit $code\n'
    )
    (programs / "curl").chmod(0o755)
    return tmp_path


def script(page: Page, cluster: Cluster) -> str:
    one, two = (instance.url for instance in cluster.instances)
    addresses = {
        "http://127.0.0.1:8000": one,
        "http://127.0.0.1:8080": cluster.http_url,
        "https://127.0.0.1:8443": cluster.https_url,
        "http://127.0.0.1:8101": one,
        "http://127.0.0.1:8102": two,
        "https://hub.example.com": cluster.http_url,
    }
    script = ""
    for block, answer in pairwise([*page.blocks, Block("", "", 0)]):
        if block.kind == "sh":
            # A refusal that the page shows is one that it expects.
            refused = answer.kind == "text" and '"status": 4' in answer.text
            text = f"set +e\n{block.text}\nset -e" if refused else block.text
            script += f"echo; echo '{MARK}{block.line}'\n{text}\n"
    return moved(script, addresses)


def expected(page: Page) -> Iterator[tuple[Block, str]]:
    """The blocks of which the page shows what they print, as a pattern."""
    for block, answer in pairwise(page.blocks):
        if block.kind == "sh" and answer.kind == "text":
            yield block, ".*?".join(map(re.escape, answer.text.strip().split("…")))


@pytest.mark.parametrize("page", RUN, ids=lambda page: page.path.stem)
def test_every_block_of_the_page_runs(page: Page, cluster: Cluster, checkout: Path) -> None:
    path = f"{checkout}/.venv/bin:{cluster.env['PATH']}"
    env = {**cluster.env, "PATH": path, "HOME": str(checkout)}

    done = subprocess.run(
        ["sh", "-eu", "-c", script(page, cluster)],
        cwd=checkout,
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.returncode == 0, f"{page.name}\n{done.stdout}{done.stderr}"
    printed = dict(part.split("\n", 1) for part in done.stdout.split(MARK)[1:])
    for block, pattern in expected(page):
        assert re.search(pattern, printed[str(block.line)], re.S), f"{page.name}:{block.line}\n{done.stdout}"


def block(name: str, words: str) -> str:
    (found,) = (block.text for block in page(name).blocks if words in block.text)
    return found


@pytest.fixture
def token(cluster: Cluster) -> str:
    answer = httpx.post(f"{cluster.http_url}/api/v1/tokens", json={"user": "bob"}, headers=KEY, timeout=20)
    return str(answer.raise_for_status().json()["token"])


@pytest.fixture
def tab() -> Iterator[Tab]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium-headless-shell"), args=QUIET
        )
        yield browser.new_page(bypass_csp=True)
        browser.close()


def test_the_python_talker_receives_its_own_messages_and_the_page_does_too(
    cluster: Cluster, token: str, tab: Tab, tmp_path: Path
) -> None:
    program = tmp_path / "talk.py"
    program.write_text(block("rooms", "async def talk"))
    logged: list[str] = []
    tab.on("console", lambda message: logged.append(message.text))
    tab.goto(f"{cluster.http_url}/accounts/login/")
    tab.get_by_label("Username").fill("alice")
    tab.get_by_label("Password").fill("demo")
    tab.get_by_role("button", name="Sign in").click()
    tab.wait_for_url(f"{cluster.http_url}/")
    # In a page of the hub, whose policy lets in no script that stands in it.
    (script,) = re.findall(r"<script type=\"module\">(.*)</script>", block("rooms", "new Room("), re.S)
    tab.add_script_tag(content=script, type="module")

    url = f"{cluster.instance_url(2).replace('http', 'ws')}/rooms/lobby/"
    with subprocess.Popen(
        [sys.executable, "-u", str(program), url, token], stdout=subprocess.PIPE, text=True
    ) as talker:
        assert talker.stdout is not None
        own = next(line for line in talker.stdout if line == "bob Hello\n")
        deadline = 200
        while not {"alice Hello", "bob Hello"} <= set(logged) and deadline:
            tab.wait_for_timeout(50)
            deadline -= 1
        talker.kill()

    assert own
    assert {"alice Hello", "bob Hello"} <= set(logged), logged


@pytest.mark.parametrize(
    ("name", "words", "asked"),
    [
        ("rooms", "class Vote", "from hub.rooms.kinds import kinds; print(*kinds())"),
        (
            "dashboard",
            '@segment("trial-ends"',
            "from notifications.sending import segments; print(*segments.names())",
        ),
    ],
    ids=["a kind of room", "a segment"],
)
def test_what_a_host_project_registers_is_known(name: str, words: str, asked: str, tmp_path: Path) -> None:
    program = tmp_path / "host.py"
    program.write_text(f"import django\ndjango.setup()\n{block(name, words)}\n{asked}\n")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    env = {**inherited, "DJANGO_SETTINGS_MODULE": "hub.settings", "PYTHONPATH": str(ROOT)}

    done = subprocess.run([sys.executable, str(program)], env=env, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert {"vote", "trial-ends"}.intersection(done.stdout.split())
