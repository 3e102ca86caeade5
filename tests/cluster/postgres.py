"""PostgreSQL with a fresh data folder that goes when it does; fast, and safe only against kill."""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.cluster.ports import HOST
from tests.cluster.process import PROGRAMS, PartError, Process

NAME = "hub"
OPTIONS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "100",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}


class Made:
    """A data folder in which all is made that every cluster of a test run begins with; `None` is none.

    Making it takes longer than most tests. Workers of one run share the folder, so its lock is a file's.
    """

    folder: Path | None = None

    @classmethod
    @contextlib.contextmanager
    def locked(cls) -> Iterator[Path | None]:
        """Where it is, or shall be put by whoever comes first."""
        if cls.folder is None:
            yield None
            return
        with (cls.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield cls.folder / "data"


class Postgres(Process):
    # The default, SIGTERM, waits until the last client has left.
    stop_signal = signal.SIGINT
    # A killed postmaster leaves its shared memory behind; this one it cleans up after.
    orphan_signal = signal.SIGQUIT

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        self.data: Path | None = None
        self._programs = _programs()
        # A name that a person, or the next harness, finds the data folder by.
        self._link = folder / "postgres"
        self._frozen: list[int] = []  # process ids
        super().__init__(
            "postgres",
            [str(self._programs / "postgres")],
            folder,
            # initdb and the server refuse to run as root.
            user="postgres" if os.geteuid() == 0 else None,
        )

    @property
    def url(self) -> str:
        return f"postgres://{NAME}@{HOST}:{self.port}/{NAME}"

    def answers(self) -> bool:
        ask = [str(self._programs / "pg_isready"), "-q", "-t", "1", "-h", HOST, "-p", str(self.port)]
        return subprocess.run(ask).returncode == 0

    def start(self) -> None:
        if self.data is None:
            self.data = self._make_data()
        super().start()

    def freeze(self) -> None:
        """Have it hang, and the servers of its connections; it first, so that it starts no more."""
        self.signal(signal.SIGSTOP)
        while Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
            time.sleep(0.01)
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        self._frozen = [int(one) for one in children]
        for one in self._frozen:
            os.kill(one, signal.SIGSTOP)

    def bring_back(self) -> None:
        """Ready again after `freeze`, `stop` or `kill`."""
        for one in self._frozen:
            os.kill(one, signal.SIGCONT)
        if self._frozen:
            self.signal(signal.SIGCONT)
        else:
            self.start()
        self._frozen = []
        self.wait_ready()

    def begin_with(self, made: Path) -> None:
        """A copy of a data folder instead of a new one; before the start."""
        self.data = self._make_folder()
        self._copy(made, self.data)
        self._serve(self.data)

    def keep(self, made: Path) -> None:
        """Copies the data folder of the stopped server, for others to begin with."""
        assert self.data is not None
        made.mkdir()
        self._copy(self.data, made)

    def remove(self) -> None:
        """Takes the data folder away, once the server has stopped."""
        if self.data is not None:
            remove_data(self._link)
            self.data = None

    def _make_data(self) -> Path:
        data = self._make_folder()
        self._run(
            data, "initdb", "-D", str(data), "-U", NAME, "-A", "trust", "-E", "UTF8", "--locale=C", "-N"
        )
        self._run(data, "postgres", "--single", "-D", str(data), "postgres", say=f"CREATE DATABASE {NAME}\n")
        self._serve(data)
        return data

    def _make_folder(self) -> Path:
        # Not in our folder: the server's user may have no way into a checkout.
        data = Path(tempfile.mkdtemp(prefix="hub-postgres-"))
        self._link.symlink_to(data)
        if self.user is not None:
            shutil.chown(data, self.user, self.user)
        return data

    def _serve(self, data: Path) -> None:
        options = [f"-c{key}={value}" for key, value in OPTIONS.items()]
        self.argv = [self.argv[0], "-D", str(data), "-p", str(self.port), *options]
        self.cwd = data

    def _copy(self, data: Path, to: Path) -> None:
        subprocess.run(["cp", "-a", f"{data}/.", str(to)], check=True)

    def _run(self, data: Path, program: str, *arguments: str, say: str = "") -> None:
        helper = subprocess.Popen(
            [str(self._programs / program), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd=data,
            user=self.user,
            group=self.user,
            extra_groups=None if self.user is None else [],
            start_new_session=True,
        )
        with helper:
            try:
                error = helper.communicate(say)[1]
            except BaseException:
                # Cut short it would leave a server and its shared memory behind; it takes a second at most.
                helper.communicate()
                raise
        if helper.returncode != 0:
            raise PartError(f"{program} failed: {error.strip()}")


def remove_data(link: Path) -> None:
    if not link.is_symlink():
        return
    data = link.readlink()
    # The processes of a killed server notice its death only after a moment, and write until then.
    for _ in range(50):
        shutil.rmtree(data, ignore_errors=True)
        if not data.exists():
            break
        time.sleep(0.1)
    link.unlink()


def _programs() -> Path:
    # Debian's own folders first: what the PATH has may be a wrapper with other ideas of a data folder.
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: float(folder.parent.name))
    on_path = shutil.which("initdb", path=PROGRAMS)
    if on_path is not None:
        folders.insert(0, Path(on_path).resolve().parent)
    for folder in reversed(folders):
        if all((folder / name).exists() for name in ("initdb", "postgres", "pg_isready")):
            return folder
    raise PartError("postgres: no PostgreSQL server on this machine")
