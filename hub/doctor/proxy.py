"""Checks of what is in front of the instances: TLS, changed requests, and what a balancer serves itself."""

from __future__ import annotations

import ipaddress
import re
import ssl
import time
from email.utils import parsedate_to_datetime
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from django.conf import settings

from hub import __version__, errors
from hub.doctor import http2
from hub.doctor.client import CannotConnect, Client, Response
from hub.doctor.clock_skew import check_clock
from hub.doctor.report import Report
from hub.ops import echo
from hub.support import descriptors, mount

ECHO_REQUESTS = 8  # which a balancer spreads over the instances
SPOOFED_ADDRESS = "203.0.113.7"  # reserved for documentation (RFC 5737)
MIN_CERTIFICATE_DAYS = 14

Echo: TypeAlias = dict[str, Any]  # the answer of `hub.ops.echo`


def check_connection(report: Report, client: Client) -> bool:
    """Time a connection and look at its certificate; whether that is trusted. Raise `CannotConnect`."""
    began = time.perf_counter()
    with client.open_socket() as sock:
        report.hop("TCP", time.perf_counter() - began)
        if client.scheme == "http":
            return True
        began = time.perf_counter()
        try:
            context = client.tls_context("h2", "http/1.1")
            with context.wrap_socket(sock, server_hostname=client.peer[0]) as tls:
                duration_s, protocol = time.perf_counter() - began, tls.selected_alpn_protocol()
                report.hop("TLS", duration_s, f"{tls.version()} {protocol}")
                _check_certificate(report, tls)
                if protocol != "h2":
                    report.find("hub.D022", f"TLS at {client.host} offers {protocol or 'no h2'}.")
                else:
                    http2.check_streams(report, client.host, tls)
        except ssl.SSLCertVerificationError as error:
            report.find("hub.D023", f"{client.host}: {error.verify_message}")
            report.note(
                "nothing is sent to a server that is not trusted; --insecure accepts any certificate."
            )
            return False
        except OSError as error:
            raise CannotConnect(f"{client.address} does not speak TLS with us: {error}") from error
    return True


def check_echo(report: Report, client: Client) -> bool:
    """Compare our requests with what the instances received; whether all of them answered."""
    authorization = {"Authorization": f"Bearer {echo.token()}"}
    received: list[tuple[Response, Echo]] = []
    refused: Response | None = None
    for _ in range(ECHO_REQUESTS):
        response = client.request(mount.at(echo.PATH), authorization)
        if response.status == 200:
            received.append((response, response.json()))
        else:
            refused = response
    report.instances = sorted({echoed["instance"] for _, echoed in received})
    if refused is not None:
        _explain_refusal(report, client, refused)
        return False
    received.sort(key=lambda pair: pair[0].duration_s)
    report.hop("first byte of a response", received[0][0].duration_s)
    report.proxied = any(echoed["peer"] != response.local_address for response, echoed in received)
    if client.scheme == "http" and not _is_private(client.peer[0]):
        report.find("hub.D021", f"{client.host} is served over plain http.")
    for response, echoed in received:
        _check_address(report, response, echoed)
        _check_host(report, client, echoed)
        _check_clocks(report, response, echoed)
    by_instance = {echoed["instance"]: echoed for _, echoed in received}
    _check_descriptors(report, by_instance)
    _check_settings(report, by_instance)
    processes = {(echoed["instance"], echoed["process"]) for _, echoed in received}
    if not settings.HUB_REDIS_URL and len(processes) > 1:
        report.find("hub.D016", f"{', '.join(report.instances)}: each keeps a log of its own.")
    if report.proxied:
        _check_spoofing(report, client, authorization)
    return True


def check_static_and_cors(report: Report, client: Client, file: str) -> None:
    """Static files are served, and the allowed origins may read feeds."""
    response = client.request(f"/static/{file}")
    if response.status != 200 or not response.body:
        report.find("hub.D020", f"/static/{file} was answered {response.status}.")
    for origin in settings.HUB_ALLOWED_ORIGINS:
        preflight = {"Origin": origin, "Access-Control-Request-Method": "GET"}
        response = client.request(mount.at("/feed/"), preflight, method="OPTIONS")
        allowed = response.headers.get("access-control-allow-origin")
        if allowed != origin:
            report.find(
                "hub.D005", f"/feed/ does not let {origin} in: Access-Control-Allow-Origin: {allowed}."
            )


def check_private_pages(report: Report, client: Client) -> None:
    """A balancer must not pass on requests for the operators' endpoints."""
    found = [path for path in ("/metrics", "/readyz") if client.request(mount.at(path)).status in (200, 503)]
    if found:
        report.find("hub.D024", f"{' and '.join(found)} {'is' if len(found) == 1 else 'are'} public.")


def _check_certificate(report: Report, tls: ssl.SSLSocket) -> None:
    certificate = tls.getpeercert() or {}
    if ends := certificate.get("notAfter"):
        days = (ssl.cert_time_to_seconds(str(ends)) - time.time()) / 86400
        if days < MIN_CERTIFICATE_DAYS:
            report.find("hub.D023", f"the certificate expires in {days:.0f} days.")


def _explain_refusal(report: Report, client: Client, response: Response) -> None:
    url, site = f"{client.url}{mount.at(echo.PATH)}", urlsplit(response.headers.get("location", ""))
    if response.status == 404 and response.headers.get("content-type") == errors.CONTENT_TYPE:
        if client.request(mount.at(echo.PATH), {echo.TOKEN_HEADER: echo.token()}).status == 200:
            seen = f"our Authorization did not reach the instance; {echo.TOKEN_HEADER}, signed alike, did."
            return report.find("hub.D030", seen)
        others = f" ({', '.join(report.instances)}: the same)" if report.instances else ""
        report.find("hub.D027", f"an instance rejects our signature: its HUB_SECRET_KEY is another{others}.")
    elif site.netloc and (site.scheme, site.netloc) != (client.scheme, client.host):
        raise ValueError(f"{client.url} redirects to {site.scheme}://{site.netloc}: give that as --url.")
    elif response.status == 404:
        report.find("hub.D025", f"{url} was answered 404, not by a hub of this version.")
    else:
        report.find("hub.D025", f"{url} was answered {response.status}: {response.detail or 'no detail'}")


def _check_address(report: Report, response: Response, echoed: Echo) -> None:
    if echoed["address"] == response.local_address:
        return
    if not echoed["believed"]:
        report.find(
            "hub.D009",
            f"{echoed['instance']} takes us for {echoed['peer']}, which is not in HUB_TRUSTED_PROXIES; "
            f"our address is {response.local_address}.",
        )
    elif echoed["address"] == echoed["peer"]:
        report.find(
            "hub.D009",
            f"{echoed['peer']} does not forward the client's address to {echoed['instance']}; "
            f"ours is {response.local_address}.",
        )
    else:
        report.note(
            f"our address is {response.local_address}, {echoed['instance']} sees {echoed['address']}: "
            "correct if there is address translation in between."
        )


def _check_host(report: Report, client: Client, echoed: Echo) -> None:
    host = echoed["headers"].get("host", "")
    if host != client.host:
        report.find(
            "hub.D008", f"we requested {client.host}, {echoed['instance']} received {host or 'no host'}."
        )
    elif echoed["scheme"] != client.scheme and echoed["believed"]:
        report.find(
            "hub.D008", f"we requested {client.scheme}, {echoed['instance']} received {echoed['scheme']}."
        )


def _check_spoofing(report: Report, client: Client, authorization: dict[str, str]) -> None:
    other = "http" if client.scheme == "https" else "https"
    spoofed = {
        "X-Forwarded-For": SPOOFED_ADDRESS,
        "X-Forwarded-Proto": other,
        "Daphne-Root-Path": "/doctor",
    }
    response = client.request(mount.at(echo.PATH), {**authorization, **spoofed})
    echoed = response.json() if response.status == 200 else None
    if echoed is None:
        return
    forwarded = echoed["headers"].get("x-forwarded-for", "")
    if SPOOFED_ADDRESS in forwarded or echoed["address"] == SPOOFED_ADDRESS:
        report.find(
            "hub.D010", f"our X-Forwarded-For: {SPOOFED_ADDRESS} reached the instance as {forwarded!r}."
        )
    elif echoed["believed"] and echoed["scheme"] == other:
        report.find("hub.D010", f"our X-Forwarded-Proto: {other} was believed.")
    if echoed["root_path"]:
        report.find("hub.D011", f"our Daphne-Root-Path reached the instance: {echoed['root_path']!r}.")


def _check_clocks(report: Report, response: Response, echoed: Echo) -> None:
    received_at, round_trip_s = response.received_at, response.duration_s
    check_clock(
        report,
        echoed["instance"],
        echoed["at"],
        received_at=received_at,
        round_trip_s=round_trip_s,
    )
    try:
        date = parsedate_to_datetime(response.headers["date"]).timestamp()
    except (KeyError, ValueError):
        return
    # The header has whole seconds.
    check_clock(report, "the balancer", date + 0.5, received_at=received_at, round_trip_s=round_trip_s + 0.5)


def _check_descriptors(report: Report, by_instance: dict[str, Echo]) -> None:
    too_few = [
        f"{name} may open {echoed['descriptors']} files: too few for "
        f"HUB_MAX_CONNECTIONS={echoed['max_connections']} plus {descriptors.RESERVED} others."
        for name, echoed in sorted(by_instance.items())
        if echoed["descriptors"] < descriptors.needed(echoed["max_connections"])
    ]
    if too_few:
        report.find("hub.D013", " ".join(too_few))


def _check_settings(report: Report, by_instance: dict[str, Echo]) -> None:
    here = echo.setting_digests()
    differences: dict[str, list[str]] = {}
    for name, echoed in sorted(by_instance.items()):
        if echoed["version"] != __version__:
            differences.setdefault(f"version {echoed['version']}, here is {__version__}", []).append(name)
        elif others := [setting for setting in here if echoed["shared"].get(setting) != here[setting]]:
            differences.setdefault(f"another {', '.join(others)} than is set here", []).append(name)
    if differences:
        seen = (f"{' and '.join(names)}: {difference}." for difference, names in differences.items())
        report.find("hub.D026", " ".join(seen))


def _is_private(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return not re.search(r"\.[a-z]", host) or host.endswith(
            (".local", ".internal", ".localhost", ".test")
        )
