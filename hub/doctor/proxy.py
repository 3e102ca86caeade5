"""What stands between: TLS, what a balancer does to a request, and what it serves itself."""

from __future__ import annotations

import ipaddress
import re
import ssl
import time
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from hub import __version__, errors
from hub.doctor.client import Answer, CannotConnect, Door
from hub.doctor.clock_skew import skewed
from hub.doctor.report import Report
from hub.ops import echo

ASKED = 8  # times, which a balancer spreads over the instances
SPOOFED = "203.0.113.7"  # an address for documents (RFC 5737)
EXPIRES_DAYS = 14
SPARE = 500  # descriptors for everything but connections; as in hub.asgi


def connected(report: Report, door: Door) -> bool:
    """Connect once, by itself timed; whether we may go on. Raise `CannotConnect`."""
    began = time.perf_counter()
    with door.raw() as sock:
        report.hop("TCP", time.perf_counter() - began)
        if door.scheme == "http":
            return True
        began = time.perf_counter()
        try:
            with door.context("h2", "http/1.1").wrap_socket(sock, server_hostname=door.at[0]) as tls:
                report.hop(
                    "TLS", time.perf_counter() - began, f"{tls.version()} {tls.selected_alpn_protocol()}"
                )
                _certificate(report, tls)
                if tls.selected_alpn_protocol() != "h2":
                    report.find(
                        "hub.D022", f"TLS at {door.host} offers {tls.selected_alpn_protocol() or 'no h2'}."
                    )
        except ssl.SSLCertVerificationError as error:
            report.find("hub.D023", f"{door.host}: {error.verify_message}")
            report.note("who is not trusted is told nothing; --insecure goes on without checking.")
            return False
        except OSError as error:
            raise CannotConnect(f"{door.place} does not speak TLS with us: {error}") from error
    return True


def mirrored(report: Report, door: Door) -> bool:
    """Look at ourselves with the instances' eyes; whether that could be done."""
    word = {"Authorization": f"Bearer {echo.token()}"}
    seen: list[tuple[Answer, dict[str, Any]]] = []
    refused: Answer | None = None
    for _ in range(ASKED):
        answer = door.get(echo.PATH, word)
        if answer.status == 200:
            seen.append((answer, answer.json()))
        else:
            refused = answer
    report.instances = sorted({said["instance"] for _, said in seen})
    if refused is not None:
        _no_mirror(report, door, refused)
        return False
    seen.sort(key=lambda pair: pair[0].took_s)
    report.hop("first byte of an answer", seen[0][0].took_s)
    report.between = any(said["peer"] != answer.local for answer, said in seen)
    if door.scheme == "http" and not _private(door.at[0]):
        report.find("hub.D021", f"{door.host} is served over plain http.")
    for answer, said in seen:
        _addressed(report, answer, said)
        _named(report, door, said)
        _clock(report, answer, said)
    each = {said["instance"]: said for _, said in seen}
    _roomy(report, each)
    _alike(report, each)
    if not settings.HUB_REDIS_URL and len({(pair[1]["instance"], pair[1]["process"]) for pair in seen}) > 1:
        report.find("hub.D016", f"{', '.join(report.instances)}: each keeps a log of its own.")
    if report.between:
        _spoofed(report, door, word)
    return True


def served(report: Report, door: Door, file: str) -> None:
    """Static files, the operator's pages, and other sites' way in."""
    answer = door.get(f"/static/{file}")
    if answer.status != 200 or not answer.body:
        report.find("hub.D020", f"/static/{file} was answered {answer.status}.")
    for origin in settings.HUB_ALLOWED_ORIGINS:
        asked = {"Origin": origin, "Access-Control-Request-Method": "GET"}
        allowed = door.get("/feed/", asked, method="OPTIONS").headers.get("access-control-allow-origin")
        if allowed != origin:
            report.find(
                "hub.D005", f"/feed/ does not let {origin} in: Access-Control-Allow-Origin: {allowed}."
            )


def public(report: Report, door: Door) -> None:
    """What a balancer is to keep to itself."""
    found = [path for path in ("/metrics", "/readyz") if door.get(path).status in (200, 503)]
    if found:
        report.find(
            "hub.D024", f"{' and '.join(found)} {'is' if len(found) == 1 else 'are'} answered to anybody."
        )


def _certificate(report: Report, tls: ssl.SSLSocket) -> None:
    said = tls.getpeercert() or {}
    if ends := said.get("notAfter"):
        days = (ssl.cert_time_to_seconds(str(ends)) - time.time()) / 86400
        if days < EXPIRES_DAYS:
            report.find("hub.D023", f"the certificate ends in {days:.0f} days.")


def _no_mirror(report: Report, door: Door, answer: Answer) -> None:
    asked, site = f"{door.url}{echo.PATH}", urlsplit(answer.headers.get("location", ""))
    if answer.status == 404 and answer.headers.get("content-type") == errors.CONTENT_TYPE:
        knows = f" ({', '.join(report.instances)}: the same)" if report.instances else ""
        report.find(
            "hub.D027", f"an instance does not know our signature: its HUB_SECRET_KEY is another{knows}."
        )
    elif site.netloc and (site.scheme, site.netloc) != (door.scheme, door.host):
        raise ValueError(f"{door.url} leads to {site.scheme}://{site.netloc}: give that as --url.")
    elif answer.status == 404:
        report.find("hub.D025", f"{asked} was answered 404, not by a hub of this version.")
    else:
        report.find("hub.D025", f"{asked} was answered {answer.status}, {answer.detail or 'without a word'}")


def _addressed(report: Report, answer: Answer, said: dict[str, Any]) -> None:
    if said["address"] == answer.local:
        return
    if not said["believed"]:
        report.find(
            "hub.D009",
            f"{said['instance']} takes us for {said['peer']}, which is not in HUB_TRUSTED_PROXIES; "
            f"we come from {answer.local}.",
        )
    elif said["address"] == said["peer"]:
        report.find(
            "hub.D009",
            f"{said['instance']} was not told whom {said['peer']} asks for; we are {answer.local}.",
        )
    else:
        report.note(
            f"we come from {answer.local}, {said['instance']} sees {said['address']}: "
            "right if an address is translated between."
        )


def _named(report: Report, door: Door, said: dict[str, Any]) -> None:
    host = said["headers"].get("host", "")
    if host != door.host:
        report.find("hub.D008", f"we asked {door.host}, {said['instance']} was asked as {host or 'nobody'}.")
    elif said["scheme"] != door.scheme and said["believed"]:
        report.find(
            "hub.D008", f"we came over {door.scheme}, {said['instance']} takes it for {said['scheme']}."
        )


def _spoofed(report: Report, door: Door, word: dict[str, str]) -> None:
    other = "http" if door.scheme == "https" else "https"
    lie = {"X-Forwarded-For": SPOOFED, "X-Forwarded-Proto": other, "Daphne-Root-Path": "/doctor"}
    answer = door.get(echo.PATH, {**word, **lie})
    said = answer.json() if answer.status == 200 else None
    if said is None:
        return
    if SPOOFED in said["headers"].get("x-forwarded-for", "") or said["address"] == SPOOFED:
        came = said["headers"].get("x-forwarded-for", "")
        report.find("hub.D010", f"our X-Forwarded-For: {SPOOFED} came to the instance as {came!r}.")
    elif said["believed"] and said["scheme"] == other:
        report.find("hub.D010", f"our X-Forwarded-Proto: {other} was believed.")
    if said["root_path"]:
        report.find("hub.D011", f"our Daphne-Root-Path came to the instance: {said['root_path']!r}.")


def _clock(report: Report, answer: Answer, said: dict[str, Any]) -> None:
    skewed(report, said["instance"], said["at"], answer.at, answer.took_s)
    try:
        date = parsedate_to_datetime(answer.headers["date"]).timestamp()
    except (KeyError, ValueError):
        return
    # Told in whole seconds.
    skewed(report, "the balancer", date + 0.5, answer.at, answer.took_s + 0.5)


def _roomy(report: Report, each: dict[str, dict[str, Any]]) -> None:
    tight = [
        f"{name} may open {said['descriptors']} files: too few for "
        f"HUB_MAX_CONNECTIONS={said['max_connections']} and {SPARE} besides."
        for name, said in sorted(each.items())
        if said["descriptors"] < said["max_connections"] + SPARE
    ]
    if tight:
        report.find("hub.D013", " ".join(tight))


def _alike(report: Report, each: dict[str, dict[str, Any]]) -> None:
    here = echo.setting_digests()
    unlike: dict[str, list[str]] = {}
    for name, said in sorted(each.items()):
        if said["version"] != __version__:
            unlike.setdefault(f"version {said['version']}, here is {__version__}", []).append(name)
        elif others := [setting for setting in here if said["shared"].get(setting) != here[setting]]:
            unlike.setdefault(f"another {', '.join(others)} than is set here", []).append(name)
    if unlike:
        seen = (f"{' and '.join(names)}: {what}." for what, names in unlike.items())
        report.find("hub.D026", " ".join(seen))


def _private(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return not re.search(r"\.[a-z]", host) or host.endswith(
            (".local", ".internal", ".localhost", ".test")
        )
