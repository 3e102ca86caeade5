"""The systemd units leave an instance the time and the descriptors it needs."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from hub import settings
from tests.cluster.instance import ROOT

OPERATIONS = ROOT / "docs" / "operations"


def value(unit: str, name: str) -> str:
    (found,) = re.findall(rf"^{name}=(.*)$", (OPERATIONS / unit).read_text(), re.MULTILINE)
    return str(found)


def test_an_instance_is_given_time_to_drain() -> None:
    assert int(value("hub@.service", "TimeoutStopSec")) >= settings.HUB_DRAIN_S + 4


def test_an_instance_has_descriptors_for_its_connections() -> None:
    assert int(value("hub@.service", "LimitNOFILE")) >= settings.HUB_MAX_CONNECTIONS + 500


def test_restarting_the_migrations_restarts_no_instance() -> None:
    unit = (OPERATIONS / "hub@.service").read_text()

    assert not re.search(r"^(Requires|BindsTo|PartOf)=.*hub-migrate", unit, re.MULTILINE)


def test_the_example_for_nginx_names_every_variable_of_its_template() -> None:
    template = (ROOT / "nginx" / "nginx.conf.template").read_text()
    given = re.findall(r"^(HUB_\w+)=", (OPERATIONS / "nginx.env").read_text(), re.MULTILINE)

    assert set(given) == set(re.findall(r"\$\{(HUB_[A-Z_]+)\}", template))


def test_systemd_understands_the_units(tmp_path: Path) -> None:
    for name in ("hub@.service", "hub-migrate.service", "hub.target"):
        text = (OPERATIONS / name).read_text()
        # The checkout that they speak of is not on this machine.
        (tmp_path / name).write_text(text.replace("/opt/hub/.venv/bin/python", "/bin/true"))
    (tmp_path / "hub@1.service").symlink_to(tmp_path / "hub@.service")
    units = [str(tmp_path / name) for name in ("hub@1.service", "hub-migrate.service", "hub.target")]

    said = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True)

    assert (said.returncode, said.stderr) == (0, "")
