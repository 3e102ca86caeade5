"""A self-signed certificate for loopback, made on the spot and gone with its folder."""

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Certificate:
    file: Path
    key: Path

    @classmethod
    def make(cls, folder: Path, days: int = 30) -> "Certificate":
        made = cls(folder / "certificate.pem", folder / "certificate-key.pem")
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-nodes", "-days", str(days), "-subj", "/CN=localhost"),
                *("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
                *("-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
                *("-out", str(made.file), "-keyout", str(made.key)),
            ],
            check=True,
            capture_output=True,
        )
        return made
