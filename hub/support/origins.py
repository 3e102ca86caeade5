"""The Host and the Origin of a request, checked alike at every endpoint."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, MutableMapping, Sequence
from functools import lru_cache
from typing import Any

from django.http.request import split_domain_port, validate_host

from hub.errors import Problem
from hub.ports import Application


class ForeignOrigin(Problem):
    """A request from a page of an origin that is not allowed."""

    def __init__(self, detail: str, origin: str) -> None:
        super().__init__(403, detail)
        self.origin = origin


_ORIGIN = re.compile(r"(https?)://((?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?)")


def report_refused(application: Application, problem: Problem, scope: MutableMapping[str, Any]) -> None:
    """Report to the application that a request was refused for its origin, if it was."""
    if isinstance(problem, ForeignOrigin):
        address = scope["client"][0] if scope.get("client") else ""
        application.origin_refused(problem.origin, scope["path"], address)


def check_host(host: str, hosts: Sequence[str]) -> None:
    """Raise a `Problem` of 400 for a name that is not served here."""
    if not _is_served(host, tuple(hosts)):
        raise Problem(400, "This host name is not served here: add it to HUB_ALLOWED_HOSTS.")


@lru_cache(maxsize=256)
def _is_served(host: str, hosts: tuple[str, ...]) -> bool:
    return validate_host(split_domain_port(host)[0], hosts)


def check_operators_host(host: str, hosts: Sequence[str]) -> None:
    """The same for operators' endpoints (`/readyz`, `/metrics`), whose probes name an instance by its address
    or by a name without a dot.

    A page whose own name was bound to the loopback address (DNS rebinding) always sends that name, with dots.
    """
    name = split_domain_port(host)[0]
    if host and not _is_address(name) and ("." in name.rstrip(".") or not name):
        check_host(host, hosts)


def site(origin: str) -> tuple[str, str] | None:
    """Scheme and host of an origin, with the port; None for `null` and what no browser sends."""
    found = _ORIGIN.fullmatch(origin)
    return (found[1], found[2]) if found else None


def is_allowed(origin: str, scheme: str, host: str, origins: Collection[str]) -> bool:
    """Whether requests from pages of an origin are allowed: one of ``origins``, or the host itself.

    With an empty ``scheme`` the host's may be either.
    """
    if origin in origins:
        return True
    parts = site(origin)
    return parts is not None and parts[1] == host and scheme in ("", parts[0])


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
