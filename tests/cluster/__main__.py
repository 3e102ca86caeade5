"""`make cluster`: the cluster for a person, until a signal stops it."""

import fcntl
import os
import shlex
import shutil
import signal
import sys
import time
from pathlib import Path

from tests import ROOT
from tests.cluster.cluster import Cluster
from tests.cluster.ports import Ports
from tests.cluster.postgres import remove_data
from tests.cluster.process import PartError, Process

FOLDER = ROOT / ".cluster"
# Read here or said for a person's use; the rest of HUB_* in our environment is meant for the instances.
OURS = {
    "HUB_HTTP_PORT",
    "HUB_HTTPS_PORT",
    "HUB_HTTP_URL",
    "HUB_HTTPS_URL",
    "HUB_INSTANCE_PORT",
    "HUB_REDIS_PORT",
    "HUB_POSTGRES_PORT",
    "HUB_PORT",
}


def main() -> int:
    # The lock is on this very file: it is never removed, and dies with its holder, however that dies.
    with Path(__file__).open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return _complain("a cluster of this checkout runs already")
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.default_int_handler)
        try:
            _remove()
            return _run()
        except PartError as error:
            return _complain(str(error))
        finally:
            _remove()


def _run() -> int:
    instances = os.environ.get("INSTANCES") or "3"
    if not instances.isdecimal() or int(instances) < 1:
        return _complain(f"INSTANCES is no number of instances: {instances!r}")
    other_services = {
        name: value for name, value in os.environ.items() if name.startswith("HUB_") and name not in OURS
    }
    cluster = Cluster(
        FOLDER,
        int(instances),
        ports=Ports.fixed(os.environ, int(instances)),
        extra_env=other_services,
    )
    try:
        cluster.start()
        _write_env(cluster)
        print(f"{cluster.http_url}\n{cluster.https_url}\ncluster ready", flush=True)
        _watch(cluster.parts)
    except KeyboardInterrupt:
        pass
    finally:
        # Stopping is not to be interrupted by the second Ctrl-C of an impatient person.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        cluster.stop()
    return 0


def _watch(parts: list[Process]) -> None:
    """Says which part died and leaves it dead: people kill parts to see what happens."""
    # A make that is killed outright tells us nothing; we have another parent then.
    parent = os.getppid()
    while os.getppid() == parent:
        parts = [part for part in parts if part.alive or _obituary(part)]
        time.sleep(0.2)


def _obituary(part: Process) -> bool:
    print(f"{part.name} ended ({part.exit_code})", flush=True)
    return False


def _write_env(cluster: Cluster) -> None:
    ports = cluster.ports
    values = {
        **cluster.settings,
        "INSTANCES": str(len(cluster.instances)),
        "HUB_HTTP_PORT": str(ports.http),
        "HUB_HTTPS_PORT": str(ports.https),
        "HUB_HTTP_URL": cluster.http_url,
        "HUB_HTTPS_URL": cluster.https_url,
        "HUB_INSTANCE_PORT": str(ports.instances[0] - 1),
        "HUB_REDIS_PORT": str(ports.redis),
        "HUB_POSTGRES_PORT": str(ports.postgres),
    }
    lines = [f"{name}={shlex.quote(value)}\n" for name, value in values.items()]
    (FOLDER / "env").write_text("".join(lines))


def _remove() -> None:
    remove_data(FOLDER / "postgres")
    shutil.rmtree(FOLDER, ignore_errors=True)


def _complain(reason: str) -> int:
    print(reason, file=sys.stderr, flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main())
