"""An issuer whose keys a test turns."""

from __future__ import annotations

import json
import socket
import sys
import time
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from tests import ROOT
from tests.cluster.certificate import Certificate
from tests.cluster.ports import HOST
from tests.cluster.process import Process

NAME = "https://login.example.com/"
AUDIENCE = "https://hub.example.com"


class Issuer(Process):
    """Its process publishes keys; the test signs with any that it ever made."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        self.certificate = Certificate.make(folder)
        self.file = folder / "jwks.json"
        self._private: dict[str, ec.EllipticCurvePrivateKey] = {}
        self.publish("first")
        files = [str(self.certificate.file), str(self.certificate.key), str(self.file)]
        argv = [sys.executable, "-m", "tests.services.issuers.server", str(port), *files]
        super().__init__("issuer", argv, folder, cwd=ROOT)

    @property
    def entry(self) -> dict[str, Any]:
        """That of HUB_JWT_ISSUERS."""
        return {
            "issuer": NAME,
            "audience": AUDIENCE,
            "jwks_url": f"https://localhost:{self.port}/jwks.json",
            "groups": "groups",
            "topics": "topics",
            "create": True,
        }

    def publish(self, *ids: str) -> None:
        """Publish these keys and no others."""
        for id in ids:
            self._private.setdefault(id, ec.generate_private_key(ec.SECP256R1()))
        keys = [
            {**ECAlgorithm.to_jwk(self._private[id].public_key(), as_dict=True), "kid": id, "use": "sig"}
            for id in ids
        ]
        self.file.write_text(json.dumps({"keys": keys}))

    def token(self, key: str, person: str = "alice", ttl_s: float = 600, **claims: Any) -> str:
        """A token of a person, signed with a key, which need not be published."""
        private = self._private.setdefault(key, ec.generate_private_key(ec.SECP256R1()))
        now = time.time()
        right = {"iss": NAME, "aud": AUDIENCE, "sub": person, "iat": now, "exp": now + ttl_s}
        return jwt.encode({**right, **claims}, private, "ES256", {"kid": key})

    def answers(self) -> bool:
        with socket.create_connection((HOST, self.port), timeout=1):
            return True
