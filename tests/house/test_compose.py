"""docker-compose.yml agrees with what it starts: settings, template, Dockerfile, drain and limits."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from hub import env
from tests import ROOT
from tests.house.dockerfile import stages

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
TEMPLATE = (ROOT / "nginx" / "nginx.conf.template").read_text()
# The image's own, or not for a hub that others reach.
NOT_SET = {"HUB_HOST", "HUB_PORT", "HUB_INSTANCE", "HUB_DEMO", "HUB_STATIC"}


def seconds(duration: str) -> float:
    return float(duration.removesuffix("s"))


def nofile(service: str) -> int:
    return int(SERVICES[service]["ulimits"]["nofile"])


def test_every_setting_reaches_the_instances_and_no_other() -> None:
    import hub.settings  # noqa: F401  # reads, and so names, them all

    of_the_cluster = re.findall(
        r'^    "(HUB_\w+)",$', (ROOT / "hub" / "settings.py").read_text(), re.MULTILINE
    )

    assert set(SERVICES["hub"]["environment"]) == env.known - NOT_SET - set(of_the_cluster)


def test_nginx_is_given_every_variable_of_its_template_and_no_other() -> None:
    given = {name for name in SERVICES["nginx"]["environment"] if name.startswith("HUB_")}

    assert given == set(re.findall(r"\$\{(HUB_[A-Z_]+)\}", TEMPLATE))


def test_an_instance_is_given_time_to_drain() -> None:
    # Two last things are written down after the drain, two seconds each at the most.
    drain = float(SERVICES["hub"]["environment"]["HUB_DRAIN_S"])

    assert seconds(SERVICES["hub"]["stop_grace_period"]) >= drain + 4


def test_nginx_keeps_its_old_workers_for_as_long_as_a_feed_may_live() -> None:
    age = float(SERVICES["hub"]["environment"]["HUB_MAX_AGE_S"])

    assert seconds(SERVICES["nginx"]["environment"]["HUB_SHUTDOWN_TIMEOUT"]) > age


def test_an_instance_can_be_scaled_without_an_edit() -> None:
    assert SERVICES["hub"].keys().isdisjoint({"ports", "container_name", "hostname"})
    assert " resolve " in SERVICES["nginx"]["environment"]["HUB_UPSTREAM_SERVERS"]
    assert " resolve " in SERVICES["nginx"]["environment"]["HUB_FEED_SERVERS"]


def test_only_nginx_can_be_reached_from_outside() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["nginx"]
    assert COMPOSE["networks"]["front"]["internal"]
    assert COMPOSE["networks"]["back"]["internal"]
    for name in ("postgres", "redis"):
        assert SERVICES[name]["networks"] == ["back"]


def test_the_network_of_nginx_is_believed() -> None:
    (config,) = COMPOSE["networks"]["front"]["ipam"]["config"]

    assert SERVICES["hub"]["environment"]["HUB_TRUSTED_PROXIES"] == config["subnet"]


def test_ready_is_asked_and_waited_for() -> None:
    assert "GET /readyz " in stages()["hub"].last("HEALTHCHECK")
    assert "healthcheck" not in SERVICES["hub"]
    for name in ("postgres", "redis", "nginx"):
        assert SERVICES[name]["healthcheck"]["test"]
    assert SERVICES["nginx"]["depends_on"]["hub"] == {"condition": "service_healthy"}
    assert SERVICES["hub"]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_may_do_as_little_as_can_be(name: str) -> None:
    service = SERVICES[name]
    target = service.get("build", {}).get("target")
    user = stages()[target].last("USER") if target else service["user"]

    assert user not in ("0", "root", "0:0")
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_there_are_descriptors_for_what_is_promised() -> None:
    (worker,) = re.findall(r"^worker_rlimit_nofile (\d+);", TEMPLATE, re.MULTILINE)

    assert nofile("nginx") >= int(worker)
    assert nofile("hub") >= 15_000 + 500  # HUB_MAX_CONNECTIONS, and what is kept for everything else


@pytest.mark.parametrize("name", ["hub", "nginx", "redis", "postgres"])
def test_what_serves_may_take_so_much_memory_and_no_more(name: str) -> None:
    service = SERVICES[name]

    assert service["mem_limit"]
    assert service["pids_limit"] > 0
    assert all("size=" in folder for folder in service["tmpfs"])


def test_images_of_others_are_pinned_to_a_series() -> None:
    images = [service["image"] for service in SERVICES.values() if "build" not in service]
    images += [stage.base for stage in stages().values() if stage.base not in stages()]

    pinned = re.compile(r".+:\d+(\.\d+)*(-[a-z-]+)?(@sha256:[0-9a-f]{64})?")
    assert [image for image in images if not pinned.fullmatch(image)] == []


@pytest.mark.parametrize(
    "secret", ["HUB_SECRET_KEY", "POSTGRES_PASSWORD", "POSTGRES_OWNER_PASSWORD", "REDIS_PASSWORD"]
)
def test_a_missing_secret_is_refused_with_a_sentence(secret: str) -> None:
    uses = re.findall(r"(?<!\$)\$\{" + secret + r"([^}]*)\}", (ROOT / "docker-compose.yml").read_text())

    assert uses
    assert all(use.startswith(":?put ") for use in uses)


def test_the_engine_is_sent_what_is_copied_and_nothing_secret() -> None:
    lines = (ROOT / ".dockerignore").read_text().split()
    copied = {rest.split()[0] for stage in stages().values() for name, rest in stage.steps if name == "COPY"}

    assert {line[1:] for line in lines if line.startswith("!")} == {
        path for path in copied if not path.startswith("--from=")
    }
    assert "*" in lines
