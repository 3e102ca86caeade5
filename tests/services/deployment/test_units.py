"""The systemd units leave an instance the time and the descriptors it needs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from hub import settings
from tests import ROOT

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

    output = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True)

    assert (output.returncode, output.stderr) == (0, "")


def settings_of(unit: str) -> set[str]:
    """What keeps a service small: the lines from NoNewPrivileges on."""
    lines = (OPERATIONS / unit).read_text().partition("NoNewPrivileges=yes")[2].partition("[Install]")[0]
    return {line for line in lines.splitlines() if "=" in line and not line.startswith("#")}


def test_the_migrations_may_do_no_more_than_an_instance() -> None:
    kept = settings_of("hub@.service")

    assert settings_of("hub-migrate.service") == kept
    assert {"MemoryDenyWriteExecute=yes", "PrivateUsers=yes"} <= kept


@pytest.mark.parametrize("unit", ["hub@.service", "hub-migrate.service"])
def test_systemd_finds_little_that_a_service_could_do_without(unit: str, tmp_path: Path) -> None:
    text = (OPERATIONS / unit).read_text().replace("/opt/hub/.venv/bin/python", "/bin/true")
    file = tmp_path / unit.replace("@", "")
    file.write_text(text)

    output = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--threshold=20", str(file)],
        capture_output=True,
        text=True,
    )

    assert output.returncode == 0, output.stdout + output.stderr


def test_an_instance_runs_where_no_code_can_be_made() -> None:
    # What MemoryDenyWriteExecute asks of the kernel: whatever makes code at run time dies of it.
    script = (
        "import ctypes; assert ctypes.CDLL(None).prctl(65, 1, 0, 0, 0) == 0;"
        "import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'hub.settings';"
        "import hub.asgi, jwt, psycopg; jwt.encode({}, 'k' * 32, algorithm='HS256')"
    )

    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
