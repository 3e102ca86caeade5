"""The proxies of docs/deployment.md in front of a cluster, with the configurations that stand there."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.cluster import Cluster, Ports
from tests.cluster.ports import HOST
from tests.cluster.proxies import Caddy, HAProxy, Proxy, Squid, Varnish
from tests.house.page import moved, page

# By language: the proxy, where it listens on the page, and what stands there instead.
KINDS: dict[str, tuple[type[Proxy], str, str]] = {
    HAProxy.language: (HAProxy, "bind :80", "bind ADDRESS"),
    Varnish.language: (Varnish, "-a :80", "-a ADDRESS"),
    Caddy.language: (Caddy, ":80 {", "http://ADDRESS {"),
    Squid.language: (Squid, "http_port 80", "http_port ADDRESS"),
}
INSTANCES = ("8101", "8102")  # their ports on the page


def documented(language: str) -> str:
    """The configuration of the page."""
    (block,) = [block for block in page("deployment").blocks if block.kind == language]
    return block.text


@contextlib.contextmanager
def proxy_of(cluster: Cluster, language: str, text: str) -> Iterator[Proxy]:
    """Run a proxy with a configuration, in which addresses are replaced and nothing else."""
    kind, listens, listens_here = KINDS[language]
    port = Ports.free(0).http
    here = {listens: listens_here.replace("ADDRESS", f"{HOST}:{port}")}
    here |= dict(zip(INSTANCES, map(str, cluster.ports.instances), strict=True))
    with tempfile.TemporaryDirectory(prefix="hub-proxy-") as folder:
        Path(folder).chmod(0o755)
        proxy = kind(Path(folder), moved(text, here), port)
        try:
            proxy.start()
            proxy.wait_ready()
            yield proxy
        finally:
            proxy.stop()
