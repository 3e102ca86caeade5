"""PgBouncer in transaction mode before a PostgreSQL, and otherwise with its defaults."""

import shutil
import socket
from pathlib import Path

from tests.cluster.ports import HOST
from tests.cluster.postgres import NAME, Postgres
from tests.cluster.process import Process

SERVERS = 5  # connections to PostgreSQL


class PgBouncer(Process):
    def __init__(self, folder: Path, port: int, postgres: Postgres) -> None:
        self.port = port
        # It refuses to run as root.
        self.folder = folder
        self._postgres = postgres
        super().__init__(
            "pgbouncer", ["pgbouncer", str(folder / "pgbouncer.ini")], folder, user=postgres.user
        )

    @property
    def url(self) -> str:
        return f"postgres://{NAME}@{HOST}:{self.port}/{NAME}"

    def answers(self) -> bool:
        with socket.create_connection((HOST, self.port), timeout=1):
            return True

    def start(self) -> None:
        users, config = self.folder / "users.txt", self.folder / "pgbouncer.ini"
        users.write_text(f'"{NAME}" ""\n')
        config.write_text(
            f"[databases]\n{NAME} = host={HOST} port={self._postgres.port} dbname={NAME} user={NAME}\n"
            f"[pgbouncer]\nlisten_addr={HOST}\nlisten_port={self.port}\nunix_socket_dir=\n"
            f"auth_type=any\nauth_file={users}\n"
            f"pool_mode=transaction\ndefault_pool_size={SERVERS}\n"
            # As docs/scaling.md asks for.
            "query_wait_timeout=5\nserver_login_retry=1\n"
        )
        if self.user is not None:
            for path in (self.folder, users, config):
                shutil.chown(path, self.user, self.user)
        super().start()
