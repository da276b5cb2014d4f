"""`check_smtp`: every host, every address, both kinds of key; what the MX records are worth; and peers that misbehave."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest
import trio

from resolver import AsyncResolver, BadInput, Resolver
from resolver.dane.reports import SmtpReport
from resolver.engine import host
from resolver.probe import hosts, peers
from resolver.testing import World
from tests.probe.lab import (
    ISSUER,
    LEAF,
    LOOPBACK,
    RSA,
    SMTP_WITHOUT_TLS,
    STRANGER,
    asking,
    listening,
    run,
    server_context,
    smtp,
    speaking,
)
from tests.probe.peers import Peer


def check(world: World, port: int, domain: str = "example.com") -> Callable[[], Awaitable[SmtpReport]]:
    async def main() -> SmtpReport:
        async with asking(world) as asked:
            return await asked.check_smtp(domain, port)

    return main


def one_host(peer: Peer, *records: str, mx: str = "@ MX 10 mx") -> SmtpReport:
    """The report about a domain with one host, which is this peer."""

    async def main() -> SmtpReport:
        async with listening(peer) as (port,):
            world = World()
            world.zone("example.com").add(mx, f"mx A {LOOPBACK}")
            for record in records:
                world.zone("example.com").add(f"_{port}._tcp.mx TLSA {record}")
            return await check(world, port)()

    return run(main)


def test_every_host_and_every_address_is_met(tmp_path: Path) -> None:
    """Two hosts on two loopback addresses; the second's RSA certificate was forgotten."""

    async def main() -> SmtpReport:
        good = smtp(server_context(tmp_path, (LEAF, ISSUER)))
        two_keys = smtp(server_context(tmp_path, (LEAF, ISSUER), (RSA, ISSUER)))
        async with trio.open_nursery() as nursery:
            first = await trio.open_tcp_listeners(0, host=LOOPBACK)
            port = first[0].socket.getsockname()[1]
            second = await trio.open_tcp_listeners(port, host="127.0.0.2")
            nursery.start_soon(trio.serve_listeners, good, first)
            nursery.start_soon(trio.serve_listeners, two_keys, second)
            world = World()
            world.zone("example.com").add(
                "@ MX 20 b", "@ MX 10 a", f"a A {LOOPBACK}", f"b A {LOOPBACK}", "b A 127.0.0.2",
                f"_{port}._tcp.a TLSA {LEAF.tlsa(3, 1, 1)}", f"_{port}._tcp.b TLSA {LEAF.tlsa(3, 0, 2)}",
            )  # fmt: skip
            found = await check(world, port)()
            nursery.cancel_scope.cancel()
        return found

    report = run(main)
    assert [str(host.host) for host in report.hosts] == ["a.example.com.", "b.example.com."]
    assert [host.preference for host in report.hosts] == [10, 20]
    assert [(peer.address, peer.key_type, peer.result) for peer in report.hosts[1].peers] == [
        (LOOPBACK, "ecdsa", "AUTHENTICATED"),
        ("127.0.0.2", "ecdsa", "AUTHENTICATED"),
        ("127.0.0.2", "rsa", "MISMATCH"),
    ]
    assert [host.result for host in report.hosts] == ["AUTHENTICATED", "MISMATCH"]
    assert report.result == "MISMATCH"
    assert report.reason.startswith("b.example.com 127.0.0.2 (RSA): ")
    assert not report.ok


def test_ipv6_is_met_too(tmp_path: Path) -> None:
    async def main() -> SmtpReport | None:
        peer = smtp(server_context(tmp_path, (LEAF,)))
        try:
            listeners = await trio.open_tcp_listeners(0, host="::1")
        except OSError:
            return None
        async with trio.open_nursery() as nursery:
            port = listeners[0].socket.getsockname()[1]
            nursery.start_soon(trio.serve_listeners, peer, listeners)
            world = World()
            world.zone("example.com").add(f"_{port}._tcp.mx TLSA {LEAF.tlsa(3, 1, 1)}", "@ MX 1 mx", "mx AAAA ::1")
            found = await check(world, port)()
            nursery.cancel_scope.cancel()
        return found

    report = run(main)
    if report is None:
        pytest.skip("no IPv6 here")
    assert report.ok
    assert report.hosts[0].peers[0].address == "::1"


def test_a_name_without_mx_is_its_own_host(tmp_path: Path) -> None:
    async def main() -> SmtpReport:
        async with listening(smtp(server_context(tmp_path, (LEAF,)))) as (port,):
            world = World()
            world.zone("example.com").add(f"@ A {LOOPBACK}", f"_{port}._tcp TLSA {LEAF.tlsa(3, 1, 1)}")
            return await check(world, port)()

    report = run(main)
    assert report.ok
    assert report.mx.status == "absent"
    assert report.hosts[0].preference is None


def test_hosts_of_insecure_mx_records_are_never_secure_delivery(tmp_path: Path) -> None:
    async def main() -> SmtpReport:
        async with listening(smtp(server_context(tmp_path, (LEAF,)))) as (port,):
            world = World()
            world.zone("example.com").add(f"mx A {LOOPBACK}", f"_{port}._tcp.mx TLSA {LEAF.tlsa(3, 1, 1)}")
            world.zone("plain.test", signed=False).add("@ MX 1 mx.example.com.")
            return await check(world, port, "plain.test")()

    report = run(main)
    assert report.hosts[0].result == "AUTHENTICATED"
    assert (report.result, report.ok, report.secure_mx) == ("NO_DANE", False, False)
    assert "not secure" in report.reason


@pytest.mark.parametrize(
    ("lines", "domain", "result", "said"),
    [
        (["@ MX 0 ."], "example.com", "NO_DANE", "null MX"),
        ([], "nosuch.example.com", "TLS_FAILED", "does not exist"),
        (["@ MX 1 mx"], "example.com", "TLS_FAILED", "no addresses"),
    ],
)
def test_domains_without_a_host_to_meet(lines: list[str], domain: str, result: str, said: str) -> None:
    world = World()
    world.zone("example.com").add("x A 192.0.2.1", *lines)
    report = run(check(world, 25, domain))
    assert report.result == result
    assert said in report.reason
    assert not report.ok


def test_a_bogus_mx_is_an_error_and_nobody_is_met() -> None:
    world = World()
    world.zone("example.com").add("@ MX 1 mx", "mx A 192.0.2.1").damage("signature-expired", "@ MX")
    report = run(check(world, 25))
    assert (report.result, report.hosts) == ("DNS_ERROR", ())


def test_without_dane_a_server_without_tls_is_no_failure() -> None:
    report = one_host(speaking(SMTP_WITHOUT_TLS, None))
    assert report.result == "NO_DANE"
    assert report.hosts[0].peers[0].reason == "the server does not offer STARTTLS; mail goes in the clear"


def test_usages_of_pkix_are_no_use_in_mail(tmp_path: Path) -> None:
    report = one_host(smtp(server_context(tmp_path, (LEAF, ISSUER))), LEAF.tlsa(1, 1, 1))
    assert report.result == "UNUSABLE_TLS_ONLY"
    assert report.hosts[0].peers[0].tlsrpt == "tlsa-invalid"
    report = one_host(speaking(SMTP_WITHOUT_TLS, None), LEAF.tlsa(1, 1, 1))
    assert report.result == "NO_STARTTLS"


def test_nothing_is_said_to_an_unknown_peer_after_the_handshake(tmp_path: Path) -> None:
    said: list[bytes] = []
    one_host(smtp(server_context(tmp_path, (STRANGER,)), said), LEAF.tlsa(3, 1, 1))
    assert said[0].startswith(b"EHLO [127.0.0.1]\r\n")
    assert said[1] == b"STARTTLS\r\n"
    assert b"QUIT" not in b"".join(said)


def test_no_more_peers_are_met_at_once_than_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts, "PEERS_AT_ONCE", 2)
    now, most = 0, 0
    serve = smtp(server_context(tmp_path, (LEAF,)))

    async def counted(stream: trio.abc.Stream) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await serve(stream)
        now -= 1

    async def main() -> SmtpReport:
        async with listening(counted) as (port,):
            world = World()
            zone = world.zone("example.com")
            for number in range(8):
                zone.add(
                    f"@ MX {number} mx{number}",
                    f"mx{number} A {LOOPBACK}",
                    f"_{port}._tcp.mx{number} TLSA {LEAF.tlsa(3, 1, 1)}",
                )
            return await check(world, port)()

    assert run(main).ok
    assert most <= 3  # one may still be leaving


async def nothing(stream: trio.abc.Stream) -> None:
    await stream.aclose()


def test_a_refused_connection_is_a_word() -> None:
    async def main() -> SmtpReport:
        async with listening(nothing) as (port,):
            pass  # and now nobody listens
        world = World()
        world.zone("example.com").add("@ MX 1 mx", f"mx A {LOOPBACK}", f"_{port}._tcp.mx TLSA {LEAF.tlsa(3, 1, 1)}")
        return await check(world, port)()

    report = run(main)
    assert report.hosts[0].peers[0].reason == "no connection: connection refused"


def test_what_cannot_be_reached_from_here_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without IPv6 can still say that the IPv4 side is sound."""
    honest = peers.connect

    async def without_ipv6(address: str, port: int) -> trio.SocketStream:
        if ":" in address:
            raise peers.Refused("TLS_FAILED", "no way from this machine: network is unreachable")
        return await honest(address, port)

    monkeypatch.setattr(peers, "connect", without_ipv6)

    async def main() -> SmtpReport:
        async with listening(smtp(server_context(tmp_path, (LEAF,)))) as (port,):
            world = World()
            world.zone("example.com").add(
                "@ MX 1 mx", f"mx A {LOOPBACK}", "mx AAAA 2001:db8::1", f"_{port}._tcp.mx TLSA {LEAF.tlsa(3, 1, 1)}"
            )
            return await check(world, port)()

    report = run(main)
    assert report.ok
    assert "1 not tried" in report.hosts[0].reason
    assert [peer.result for peer in report.hosts[0].peers] == ["AUTHENTICATED", "TLS_FAILED"]


# The other faces


@pytest.fixture
def put_away():
    yield
    host.stop()


def test_synchronous_and_asyncio_callers_get_the_same(put_away: None) -> None:
    world = World()
    world.zone("example.com").add("@ MX 0 .", "www A 192.0.2.1").damage("signature-expired", "www A")
    with Resolver(world.answer, anchors=world.anchors, clock=world.clock) as face:
        assert face.check_smtp("example.com").result == "NO_DANE"
        assert face.check_https("www.example.com").result == "DNS_ERROR"

    async def main() -> None:
        async with AsyncResolver(world.answer, anchors=world.anchors, clock=world.clock) as asked:
            assert (await asked.check_smtp("example.com")).result == "NO_DANE"
            assert (await asked.check_https("www.example.com")).result == "DNS_ERROR"

    asyncio.run(main())


@pytest.mark.parametrize("name", ["192.0.2.1", "[192.0.2.1]", "::1", "[2001:db8::1]", "."])
def test_an_address_is_refused_before_anything_is_asked(name: str) -> None:
    world = World()
    with Resolver(world.answer, anchors=world.anchors) as face:
        for call in (face.check_https, face.check_smtp, partial(face.check_https, port=0)):
            with pytest.raises(BadInput):
                call(name)
