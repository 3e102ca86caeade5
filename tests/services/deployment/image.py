"""`python -m tests.services.deployment.image`: the Dockerfile's steps in a clean Debian, without an engine.

For root on a Debian with debootstrap, and by hand: it takes minutes. Debian's own Python 3.11 stands for
the base image of that Python, and a bare Debian for nginx's, so what is proved is our part: every COPY
finds its files, every RUN succeeds, and what comes out serves as its user from a root nobody can write to.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx

from tests.cluster import Ports
from tests.cluster.ports import HOST
from tests.cluster.postgres import Postgres
from tests.cluster.process import Process
from tests.cluster.redis import Redis
from tests.house.dockerfile import copy_context, stages


class Root:
    """A folder that is the root of what runs in it; mounts live and die with each command."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self.folder = folder
        self.env = dict(env)
        self.workdir = "/"
        self.user = "0:0"

    def argv(self, argv: list[str], binds: list[str], *, writable: bool) -> list[str]:
        root = shlex.quote(str(self.folder))
        lines = ["set -e", f"mount --bind {root} {root}"]
        for path in ("/dev", "/proc", "/etc/resolv.conf", *binds):
            inside = shlex.quote(f"{self.folder}{path}")
            lines += [f"mount --rbind {shlex.quote(path)} {inside}"]
        if not writable:
            lines += [f"mount -o remount,bind,ro {root}", f"mount -t tmpfs -o mode=1777 tmpfs {root}/tmp"]
        env = [f"{name}={value}" for name, value in self.env.items()]
        inside = f'cd {shlex.quote(self.workdir)} && exec "$@"'
        command = ["env", "-i", *env, "sh", "-c", inside, "sh", *argv]
        chroot = ["chroot", f"--userspec={self.user}", str(self.folder), *command]
        return ["unshare", "--mount", "sh", "-c", "\n".join([*lines, f"exec {shlex.join(chroot)}"])]

    def run(self, argv: list[str], binds: list[str] | None = None, *, writable: bool = True) -> str:
        output = subprocess.run(
            self.argv(argv, binds or [], writable=writable), check=True, stdout=subprocess.PIPE, text=True
        )
        return output.stdout


class Instance(Process):
    def __init__(self, root: Root, folder: Path, port: int) -> None:
        self.port = port
        self.root = root
        stage = stages()["hub"]
        self.health = json.loads(stage.last("HEALTHCHECK").partition("CMD ")[2])
        argv = json.loads(stage.last("ENTRYPOINT")) + json.loads(stage.last("CMD"))
        super().__init__("hub", root.argv(argv, [], writable=False), folder, env=dict(os.environ))

    def answers(self) -> bool:
        argv = self.root.argv(self.health, [], writable=False)
        return subprocess.run(argv, stderr=subprocess.DEVNULL).returncode == 0


class Build:
    """The stages one after the other, each in a root of its own."""

    def __init__(self, scratch: Path, base: Path) -> None:
        self.roots: dict[str, Root] = {}
        self._scratch = scratch
        self._base = base
        self._context = scratch / "context"
        self._context.mkdir()
        copy_context(self._context)
        self._pip, self._binds = _pip()

    def run(self) -> Root:
        """The root of the last stage, which is what a build without a target gives."""
        root = Root(self._base, {})
        for stage in stages().values():
            print(f"\nFROM {stage.base} AS {stage.name}", flush=True)
            parent = self.roots.get(stage.base)
            folder = self._scratch / stage.name
            subprocess.run(
                ["cp", "-a", str(parent.folder if parent else self._base), str(folder)], check=True
            )
            root = Root(folder, parent.env if parent else {"PATH": "/usr/local/bin:/usr/bin:/bin"})
            root.workdir = parent.workdir if parent else "/"
            self.roots[stage.name] = root
            for instruction, rest in stage.steps:
                print(f"  {instruction} {rest}", flush=True)
                self._step(root, instruction, rest)
        return root

    def _step(self, root: Root, instruction: str, rest: str) -> None:
        if instruction == "ENV":
            for pair in shlex.split(rest):
                name, _, value = pair.partition("=")
                root.env[name] = value.replace("$PATH", root.env["PATH"])
        elif instruction == "WORKDIR":
            root.workdir = rest
            Path(f"{root.folder}{rest}").mkdir(parents=True, exist_ok=True)
        elif instruction == "USER":
            root.user = rest
        elif instruction == "COPY":
            self._copy(root, rest.split())
        elif instruction == "RUN":
            self._run(root, rest)
        elif instruction not in {"EXPOSE", "STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT", "CMD"}:
            raise SystemExit(f"the Dockerfile has an instruction this does not know: {instruction}")

    def _copy(self, root: Root, words: list[str]) -> None:
        origin = self._context
        if words[0].startswith("--from="):
            origin = self.roots[words.pop(0).removeprefix("--from=")].folder
        source, target = origin / words[0].lstrip("/"), words[1]
        to = Path(f"{root.folder}{Path(root.workdir, target)}")
        if source.is_dir():
            shutil.copytree(source, to, symlinks=True, dirs_exist_ok=True)
        else:
            if target.endswith("/"):
                to = to / source.name
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, to)

    def _run(self, root: Root, command: str) -> None:
        for path in self._binds:
            inside = Path(f"{root.folder}{path}")
            inside.parent.mkdir(parents=True, exist_ok=True)
            if Path(path).is_dir():
                inside.mkdir(exist_ok=True)
            else:
                inside.touch()
        plain, root.env = root.env, {**root.env, **self._pip}
        root.run(["sh", "-c", command], self._binds)
        root.env = plain


def _pip() -> tuple[dict[str, str], list[str]]:
    """How this machine's pip reaches its packages, and the files and folders it needs for that."""
    argv = [sys.executable, "-m", "pip", "config", "list"]
    output = subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True).stdout
    settings = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    for line in output.splitlines():
        name, _, value = line.partition("=")
        settings[f"PIP_{name.split('.')[-1].upper().replace('-', '_')}"] = value.strip("'")
    words = {word.removeprefix("file://") for value in settings.values() for word in value.split()}
    # An index in a folder names files beside itself.
    paths = {Path(word).parent if word.endswith("/simple") else Path(word) for word in words}
    return settings, sorted(str(path) for path in paths if path.is_absolute() and path.exists())


def serve(root: Root, scratch: Path) -> None:
    """One instance on real parts: ready, a notification read on a feed, a key made, gone when told."""
    ports = Ports.free(1)
    redis, postgres = Redis(scratch, ports.redis), Postgres(scratch, ports.postgres)
    root.env |= {
        "HUB_PORT": str(ports.instances[0]),
        "HUB_REDIS_URL": redis.url,
        "HUB_DATABASE_URL": postgres.url,
        "HUB_SECRET_KEY": os.urandom(32).hex(),
    }
    instance = Instance(root, scratch, ports.instances[0])
    try:
        for part in (redis, postgres):
            part.start()
            part.wait_ready()
        manage = json.loads(stages()["hub"].last("ENTRYPOINT"))
        root.run([*manage, "migrate", "--verbosity", "0"], writable=False)
        key = ["apikey", "create", "--name", "image", "--scope", "send", "--scope", "tokens"]
        made = root.run([*manage, *key], writable=False)
        make = "from django.contrib.auth.models import User; User.objects.create_user('alice')"
        root.run([*manage, "shell", "-c", make], writable=False)
        instance.start()
        instance.wait_ready(60)
        print(f"\nhealthy, as {_owner(instance.pid)}, by its HEALTHCHECK", flush=True)
        _ring(f"http://{HOST}:{instance.port}", made.splitlines()[-1])
        instance.signal(signal.SIGTERM)
        instance.join(20)
        print(f"told to stop, it ended with {instance.exit_code}")
    finally:
        for started in (instance, redis, postgres):
            started.stop()
        postgres.remove()


def _owner(pid: int) -> str:
    status = Path(f"/proc/{pid}/status").read_text()
    return next(line for line in status.splitlines() if line.startswith("Uid:"))


def _ring(url: str, key: str) -> None:
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=10) as api:
        made = api.post("/api/v1/tokens", json={"user": "alice", "topics": [], "ttl": 60}).raise_for_status()
        headers = {"Authorization": f"Bearer {made.json()['token']}"}
        with api.stream("GET", "/feed/", headers=headers) as feed:
            lines = feed.iter_lines()
            assert any("stream-live" in line for line in lines)
            notification = {"to": ["user:alice"], "title": "from the image"}
            api.post("/api/v1/notifications", json=notification).raise_for_status()
            assert any("from the image" in line for line in lines)
    print("a notification was read on a feed")


def _base(folder: Path) -> None:
    subprocess.run(
        ["debootstrap", "--variant=minbase", "--include=ca-certificates", "bookworm", str(folder)],
        check=True,
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--base", type=Path, help="a folder to keep the clean Debian in between two runs")
    base: Path | None = options.parse_args().base
    with tempfile.TemporaryDirectory(prefix="hub-image-") as name:
        scratch = Path(name)
        # Its user is another, who has to get through.
        scratch.chmod(0o711)
        base = base or scratch / "base"
        if not base.exists():
            _base(base)
        clean = Root(base, {"PATH": os.defpath, "DEBIAN_FRONTEND": "noninteractive"})
        clean.run(["apt-get", "-qq", "install", "-y", "--no-install-recommends", "python3.11-venv"])
        (base / "usr/local/bin/python").unlink(missing_ok=True)
        (base / "usr/local/bin/python").symlink_to("/usr/bin/python3.11")
        serve(Build(scratch, base).run(), scratch)


if __name__ == "__main__":
    main()
