"""The library through unbound and BIND over every transport that they speak: verdicts, many at once, who is believed."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import trio

from resolver import AsyncResolver, Resolver
from tests.conftest import need_servers
from tests.interoperability.cases import CASES, Case
from tests.interoperability.conftest import Servers
from tests.interoperability.servers import HOST, free_port, serving, unbound_configuration
from tests.interoperability.test_library import ITEMS, check, found
from tests.sources.certificates import Authority, Issued

NAME = "dns.example"
TRANSPORTS = ("udp", "tcp", "tls", "https")
pytestmark = pytest.mark.parametrize("servers", ["World"], indirect=True)  # one tree will do here


class Forwarder(NamedTuple):
    """A real server and its ports by transport."""

    ports: dict[str, int]
    issued: Issued

    def address(self, transport: str, name: str = NAME) -> str:
        """In the words of this project."""
        path = "/dns-query" if transport == "https" else ""
        hash_name = f"#{name}" if transport in ("tls", "https") else ""
        return f"{transport}://{HOST}:{self.ports[transport]}{path}{hash_name}"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("pki"))


@pytest.fixture(autouse=True)
def trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's CA as the system's only root."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    monkeypatch.setenv("SSL_CERT_DIR", "/nonexistent")


@pytest.fixture(scope="module", params=["unbound", "named"])
def forwarder(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, authority: Authority, servers: Servers
) -> Iterator[Forwarder]:
    """A recursive server that does not validate, with TLS and HTTPS beside UDP and TCP."""
    folder: Path = tmp_path_factory.mktemp(request.param)
    issued = authority.issue(NAME)
    program = need_servers(request.param)[request.param]
    ports = {"tls": free_port(), "https": free_port()}
    make = _unbound if request.param == "unbound" else _named
    options = ["-d", "-p", "-c"] if request.param == "unbound" else ["-g", "-n", "1", "-c"]

    def configure(port: int) -> str:
        ports.update(udp=port, tcp=port)
        return make(folder, ports, issued, servers)

    with serving(folder, program, options, configure):
        yield Forwarder(ports, issued)


def _unbound(folder: Path, ports: dict[str, int], issued: Issued, servers: Servers) -> str:
    origins = [origin for origin, _ in servers.tree.zones]
    plain = unbound_configuration(folder, ports["udp"], servers.nsd, origins, anchors=None, at="")
    return plain.replace(
        "server:\n",
        f"""server:
    interface: {HOST}@{ports["tls"]}
    interface: {HOST}@{ports["https"]}
    tls-port: {ports["tls"]}
    https-port: {ports["https"]}
    tls-service-pem: "{issued.certificate}"
    tls-service-key: "{issued.key}"
""",
        1,
    )


def _named(folder: Path, ports: dict[str, int], issued: Issued, servers: Servers) -> str:
    return f"""
tls server {{ cert-file "{issued.certificate}"; key-file "{issued.key}"; }};
http server {{ endpoints {{ "/dns-query"; }}; }};
options {{
    directory "{folder}";
    pid-file "{folder}/named.pid";
    session-keyfile "{folder}/session.key";
    managed-keys-directory "{folder}";
    listen-on port {ports["udp"]} {{ {HOST}; }};
    listen-on port {ports["tls"]} tls server {{ {HOST}; }};
    listen-on port {ports["https"]} tls server http server {{ {HOST}; }};
    listen-on-v6 {{ none; }};
    dnssec-validation no;
    recursion yes;
    allow-recursion {{ any; }};
    qname-minimization off;
    empty-zones-enable no;
    forward only;
    forwarders {{ {HOST} port {servers.iterator}; }};
}};
controls {{ }};
"""


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_every_verdict_is_right_with_many_lookups_at_once(
    servers: Servers, forwarder: Forwarder, transport: str
) -> None:
    if transport == "https" and importlib.util.find_spec("h2") is None:
        pytest.skip("the h2 package is not installed")

    async def many() -> list[Case]:
        upstream = forwarder.address(transport)
        async with (
            AsyncResolver(upstream, anchors=servers.anchors, clock=servers.clock) as resolver,
            resolver.lookup_many(ITEMS, limit=30) as results,
        ):
            return [found(*item, outcome) async for item, outcome in results]

    check(trio.run(many))


def test_a_pinned_and_an_opportunistic_server_need_no_authority(
    servers: Servers, forwarder: Forwarder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nonexistent")
    case = next(case for case in CASES if case.status == "secure" and case.text)
    bare = forwarder.address("tls").partition("#")[0]
    for upstream in (bare, f"{bare}#{forwarder.issued.pin}"):
        with Resolver(upstream, anchors=servers.anchors, clock=servers.clock) as resolver:
            assert resolver.lookup(case.name, case.type).status == "secure"


@pytest.mark.parametrize("transport", ["tls", "https"])
def test_a_server_of_another_name_is_not_asked(servers: Servers, forwarder: Forwarder, transport: str) -> None:
    if transport == "https" and importlib.util.find_spec("h2") is None:
        pytest.skip("the h2 package is not installed")
    upstream = forwarder.address(transport, "other.example")
    with Resolver(upstream, anchors=servers.anchors, clock=servers.clock) as resolver:
        outcome = resolver.lookup(*ITEMS[0])
        assert outcome.status == "indeterminate"
        assert outcome.cause is not None
        assert "its certificate is not accepted: Hostname mismatch" in outcome.cause.text
