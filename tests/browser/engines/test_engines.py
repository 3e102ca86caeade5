"""Chromium, Firefox and WebKitGTK: the bell, one stream, reconnection and rooms work alike."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.browser.engines.chromium import chromium
from tests.browser.engines.firefox import firefox
from tests.browser.engines.tab import Kind, Profile, Tab, until
from tests.browser.engines.webkit import webkit
from tests.browser.other_origin.host import Host, hosting
from tests.browser.tabs import LISTEN, feeds_of, members_of, open_feeds, store_script
from tests.browser.visitor import session
from tests.cluster import Cluster
from tests.cluster.stream_proxy import StreamProxy

ENGINES = {"chromium": chromium, "firefox": firefox, "webkit": webkit}
TABS = 4
PATIENCE_S = 40

Profiles = Callable[[str], Profile]
Visit = Callable[..., Tab]


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with hosting() as host:
        yield host


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, host: Host) -> Iterator[Cluster]:
    env = {"HUB_HEARTBEAT_S": "0.5", "HUB_ALLOWED_ORIGINS": host.stranger}
    with Cluster(tmp_path_factory.mktemp("cluster"), 2, extra_env=env) as cluster:
        host.hub = cluster.http_url
        yield cluster


@pytest.fixture(scope="module", params=ENGINES)
def profiles(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, cluster: Cluster
) -> Iterator[Profiles]:
    """Of an engine, by the user's name."""
    made: dict[str, Profile] = {}
    with ENGINES[request.param](tmp_path_factory.mktemp(request.param)) as make:

        def profile(name: str) -> Profile:
            if name not in made:
                made[name] = make()
                made[name].sign_in(session(cluster, name))
            return made[name]

        yield profile
        for one in made.values():
            one.close()


@pytest.fixture
def visit(profiles: Profiles, cluster: Cluster) -> Iterator[Visit]:
    """A user's tab at a path of the site. What no page catches fails the test."""
    tabs: list[Tab] = []

    def visit(name: str, path: str, kind: Kind = "window", *, origin: str = cluster.http_url) -> Tab:
        tab = profiles(name).open(kind)
        tabs.append(tab)
        tab.goto(origin + path)
        return tab

    yield visit
    still_open = [tab for tab in tabs if tab.is_open]
    errors = [error for tab in still_open for error in tab.errors]
    for tab in still_open:
        tab.close()
    assert errors == []


def store(tab: Tab, script: str) -> object:
    return tab.run(store_script() + script)


def state(tab: Tab) -> object:
    return store(tab, "return store.state")


def listen(tab: Tab) -> Tab:
    store(tab, LISTEN)
    until(lambda: state(tab) == "live", "the tab is live", lambda: state(tab))
    return tab


def receives(tab: Tab, titles: list[str]) -> None:
    """All of these, once and in order."""
    until(
        lambda: tab.run("return received") == titles,
        "all came",
        lambda: tab.run("return received"),
        PATIENCE_S,
    )


def post(cluster: Cluster, *titles: str) -> None:
    url = next(instance.url for instance in cluster.instances if instance.alive)
    with httpx.Client(base_url=url, headers={"Authorization": "Bearer demo-key"}, timeout=20) as api:
        for title in titles:
            answer = api.post("/api/v1/notifications", json={"to": ["user:alice"], "title": title})
            assert answer.status_code == 201, answer.text


def say(tab: Tab, text: str) -> None:
    tab.click("#speak textarea")
    tab.press(*text, "Enter")


def make_room(cluster: Cluster, kind: str) -> str:
    name = f"{kind}-{uuid.uuid4().hex[:8]}"
    answer = httpx.post(
        f"{cluster.http_url}/api/v1/rooms",
        json={"name": name, "kind": kind, "members": "everyone"},
        headers={"Authorization": "Bearer demo-key"},
        timeout=20,
    )
    assert answer.status_code == 201, answer.text
    return name


def test_the_bell_counts_opens_and_marks_read(visit: Visit, cluster: Cluster) -> None:
    alice = listen(visit("alice", "/preferences/"))
    store(alice, "await client.readAll()")

    post(cluster, "one", "two")

    alice.wait(".badge", "2")
    alice.click("button.bell")
    until(lambda: alice.texts("dialog .row .title")[:2] == ["two", "one"], "the panel lists them")
    alice.press("j", "u")
    alice.wait(".badge", "1")
    alice.press("Escape")
    alice.wait("dialog")
    assert alice.run("return document.activeElement.localName") == "notification-bell"


def test_tabs_live_on_one_stream_and_another_leads_when_its_leader_goes(
    visit: Visit, cluster: Cluster
) -> None:
    until(lambda: open_feeds(cluster) == 0, "earlier feeds are gone")
    leader, *others = [listen(visit("alice", "/", "tab")) for _ in range(TABS)]
    titles = [f"around the hand-over {number}" for number in range(10)]
    assert open_feeds(cluster) == 1

    post(cluster, *titles[:5])
    leader.close()
    post(cluster, *titles[5:])

    for tab in others:
        receives(tab, titles)
    until(lambda: open_feeds(cluster) == 1, "one leads", lambda: open_feeds(cluster))


def test_an_instance_that_is_killed_costs_nothing(visit: Visit, cluster: Cluster) -> None:
    until(lambda: open_feeds(cluster) == 0, "earlier feeds are gone")
    alice = listen(visit("alice", "/preferences/"))
    served = next(one for one in cluster.instances if feeds_of(one.url))
    titles = [f"missed {number}" for number in range(20)]

    served.kill()
    post(cluster, *titles)

    receives(alice, titles)
    until(
        lambda: "20 new notifications" in alice.texts(".toast .title"),
        "one toast sums them up",
        lambda: alice.texts(".toast"),
    )
    served.start()
    served.wait_ready(60)


def test_a_chat_shows_each_message_once_to_both_though_an_instance_is_killed(
    visit: Visit, cluster: Cluster
) -> None:
    path = f"/rooms/{make_room(cluster, 'chat')}/"
    alice, bob = visit("alice", path), visit("bob", path)
    for tab in (alice, bob):
        tab.wait("#state", "live")

    say(alice, "one")
    bob.wait("#turns .line", "one")
    served = next(one for one in cluster.instances if members_of(one.url))
    served.kill()
    say(bob, "two")

    for tab in (alice, bob):
        tab.wait("#turns .line", "one", "two")
        tab.wait("#pending .line")
    served.start()
    served.wait_ready(60)


ENTER = """
const socket = new WebSocket(...{arguments});
const first = await new Promise((resolve, reject) => {{
  socket.addEventListener("message", ({{ data }}) => resolve(JSON.parse(data)), {{ once: true }});
  socket.addEventListener("close", ({{ code, reason }}) => reject(new Error(`${{code}} ${{reason}}`)));
}});
socket.close();
return [first.you.name, socket.protocol];
"""


def test_a_page_of_another_site_enters_a_room_by_ticket_and_by_subprotocol(
    visit: Visit, cluster: Cluster, host: Host
) -> None:
    """As whom the ticket or the token names, not as who has signed in."""
    url = cluster.http_url.replace("http", "ws") + "/rooms/lobby/"
    tab = visit("alice", "/feed.js", origin=host.stranger)
    answer = httpx.post(
        f"{cluster.http_url}/api/v1/tokens",
        json={"user": "bob"},
        headers={"Authorization": "Bearer demo-key"},
        timeout=20,
    )
    issued = answer.raise_for_status().json()

    def enter(*arguments: object) -> object:
        return tab.run(ENTER.format(arguments=json.dumps(arguments)))

    assert enter(f"{url}?ticket={issued['ticket']}") == ["bob", ""]
    assert enter(url, ["hub.v1", f"bearer.{issued['token']}"]) == ["bob", "hub.v1"]
    assert enter(url, ["bearer", issued["token"]]) == ["bob", "bearer"]


def sockets(cluster: Cluster) -> int:
    return sum(members_of(one.url) for one in cluster.instances)


# WebKit works alike; its driver takes a quarter of a minute.
@pytest.mark.parametrize("profiles", ["chromium", "firefox"], indirect=True)
def test_the_rooms_of_all_tabs_are_on_one_socket_and_another_tab_leads_when_its_leader_goes(
    visit: Visit, cluster: Cluster
) -> None:
    until(lambda: sockets(cluster) == 0, "earlier rooms are left", lambda: sockets(cluster))
    first, second = make_room(cluster, "chat"), make_room(cluster, "chat")
    leader, *others = [visit("alice", f"/rooms/{room}/") for room in (first, first, second)]
    for tab in (leader, *others):
        tab.wait("#state", "live")
    carried = sockets(cluster)

    say(leader, "one")
    say(others[1], "other")
    for tab in (leader, others[0]):
        tab.wait("#turns .line", "one")
    leader.close()
    say(others[0], "two")

    others[0].wait("#turns .line", "one", "two")
    others[1].wait("#turns .line", "other")
    say(others[1], "more")
    others[1].wait("#turns .line", "other", "more")
    for tab in others:
        tab.wait("#pending .line")
    assert carried == 1
    until(lambda: sockets(cluster) == 1, "one leads", lambda: sockets(cluster))


def test_a_stroke_looks_alike_for_both(visit: Visit, cluster: Cluster) -> None:
    path = f"/rooms/{make_room(cluster, 'board')}/"
    alice, bob = visit("alice", path), visit("bob", path)
    shows = "return document.getElementById('canvas').toDataURL()"
    for tab in (alice, bob):
        tab.wait("#state", "live")
    empty = bob.run(shows)
    x, y, width, height = alice.run(
        "const { x, y, width, height } = document.getElementById('canvas').getBoundingClientRect();"
        "return [x, y, width, height]"
    )

    alice.drag(*((x + width * a, y + height * b) for a, b in ((0.2, 0.3), (0.6, 0.5), (0.8, 0.2))))

    until(lambda: empty != bob.run(shows) == alice.run(shows), "both see the stroke")


def test_a_link_leads_where_it_says_while_the_panel_loads(visit: Visit, cluster: Cluster) -> None:
    """It led to the inbox: the navigation cut the panel's module, and the bell took that for a failure."""
    with StreamProxy(cluster.ports.http, unanswered="/bell/panel") as proxy:
        alice = listen(visit("alice", "/preferences/", origin=proxy.url))
        alice.click("button.bell")
        until(proxy.requested.is_set, "the panel is requested")

        alice.click("nav a[href='/rooms/']")

        until(lambda: alice.url == f"{proxy.url}/rooms/", "the link leads there", lambda: alice.url)
        assert alice.errors == []


def test_toasts_that_a_navigation_cuts_are_no_error(visit: Visit, cluster: Cluster) -> None:
    with StreamProxy(cluster.ports.http, unanswered="/toasts/view") as proxy:
        alice = listen(visit("alice", "/preferences/", origin=proxy.url))
        post(cluster, "shows a toast")
        until(proxy.requested.is_set, "the toasts are requested")

        alice.click("nav a[href='/rooms/']")

        until(lambda: alice.url == f"{proxy.url}/rooms/", "the link leads there", lambda: alice.url)
        assert alice.errors == []
