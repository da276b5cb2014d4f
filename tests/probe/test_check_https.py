"""`check_https` against real TLS servers on loopback and a signed world: each verdict, and what it rests on."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio

from resolver.dane.reports import HostReport
from resolver.testing import World
from tests.probe.lab import (
    ISSUER,
    LEAF,
    LOOPBACK,
    ROOT,
    RSA,
    STRANGER,
    asking,
    listening,
    make,
    rdata,
    run,
    server_context,
)
from tests.probe.peers import serving


def world_with(port: int, *records: str, address: str = LOOPBACK) -> World:
    world = World()
    zone = world.zone("example.com").add(f"www 300 A {address}")
    for record in records:
        zone.add_rdata(f"_{port}._tcp.www", "TLSA", rdata(record), ttl=300)
    return world


def check(folder: Path, *records: str, chains: tuple = ((LEAF, ISSUER),), **more: object) -> HostReport:
    async def main() -> HostReport:
        async with listening(serving(server_context(folder, *chains))) as (port,):
            world = world_with(port, *records)
            async with asking(world) as asked:
                return await asked.check_https("www.example.com", port, roots=[ROOT.der], **more)

    return run(main)


def test_a_peer_that_matches_is_authenticated(tmp_path: Path) -> None:
    report = check(tmp_path, LEAF.tlsa(3, 1, 1))
    assert report.result == "AUTHENTICATED", report.reason
    assert report.ok
    (peer,) = report.peers
    assert (peer.address, peer.key_type, peer.protocol) == (LOOPBACK, "ecdsa", "TLSv1.3")
    assert peer.chain == (LEAF.der, ISSUER.der)
    assert str(peer.match.record) == LEAF.tlsa(3, 1, 1)
    assert report.valid_until == report.tlsa.valid_until


def test_both_kinds_of_key_are_looked_at(tmp_path: Path) -> None:
    both = ((LEAF, ISSUER), (RSA, ISSUER))
    report = check(tmp_path, LEAF.tlsa(3, 1, 1), chains=both)
    assert {peer.key_type: peer.result for peer in report.peers} == {"rsa": "MISMATCH", "ecdsa": "AUTHENTICATED"}
    assert report.result == "MISMATCH"
    assert "(RSA)" in report.reason
    assert "the worst of 2" in report.reason
    report = check(tmp_path, LEAF.tlsa(3, 1, 1), RSA.tlsa(3, 1, 1), chains=both)
    assert report.result == "AUTHENTICATED"
    assert report.reason == "all 2 certificates at 1 address match"


def test_another_key_is_a_mismatch(tmp_path: Path) -> None:
    report = check(tmp_path, STRANGER.tlsa(3, 1, 1))
    assert (report.result, report.ok, report.peers[0].tlsrpt) == ("MISMATCH", False, "validation-failure")


@pytest.mark.parametrize(
    ("records", "case"),
    [((), "no TLSA records at _"), ((LEAF.tlsa(3, 1, 1)[:-2],), "31 octets")],
)
def test_without_usable_records_it_is_pkix(records: tuple[str, ...], case: str, tmp_path: Path) -> None:
    word = "UNUSABLE_TLS_ONLY" if records else "NO_DANE"
    report = check(tmp_path, *records)
    assert report.result == word
    assert case in report.reason
    assert "PKIX authenticates the peer" in report.reason
    assert not report.ok
    report = check(tmp_path, *records, chains=((STRANGER,),))
    assert report.result == word
    assert "PKIX does not authenticate the peer: " in report.reason
    report = check(tmp_path, *records, require_dane=True)
    assert report.result == word
    assert "DANE is required" in report.reason
    assert report.peers[0].tlsrpt == "dane-required"


def test_unusable_records_at_the_end_of_an_alias_leave_the_name_alone(tmp_path: Path) -> None:
    """RFC 6698 §4.1: as without records, and then the server is who the user named."""
    end = make("end", ISSUER, names=["end.example.com"])

    async def main() -> tuple[HostReport, HostReport]:
        peers = [serving(server_context(tmp_path, (each, ISSUER))) for each in (LEAF, end)]
        async with listening(*peers) as ports:
            world = World()
            zone = world.zone("example.com").add("www CNAME end", f"end A {LOOPBACK}")
            for port in ports:
                zone.add_rdata(f"_{port}._tcp.end", "TLSA", rdata(ISSUER.tlsa(2, 1, 1))[:-1])
            async with asking(world) as asked:
                named, other = [await asked.check_https("www.example.com", port, roots=[ROOT.der]) for port in ports]
                return named, other

    named, other = run(main)
    assert named.result == other.result == "UNUSABLE_TLS_ONLY"
    assert "PKIX authenticates the peer" in named.reason
    assert "PKIX does not authenticate the peer: the certificate is for end.example.com" in other.reason


def test_an_error_in_the_dns_is_no_connection(tmp_path: Path) -> None:
    async def main() -> None:
        met: list[object] = []

        async def peer(stream: trio.abc.Stream) -> None:
            met.append(stream)

        async with listening(peer) as (port,):
            world = world_with(port, LEAF.tlsa(3, 1, 1))
            world.zone("example.com").damage("signature-expired", f"_{port}._tcp.www TLSA")
            async with asking(world) as asked:
                report = await asked.check_https("www.example.com", port, roots=[])
        assert report.result == "DNS_ERROR"
        assert "expired" in report.reason
        assert report.peers == ()
        assert met == []

    run(main)
