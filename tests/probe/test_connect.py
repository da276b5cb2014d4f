"""`AsyncResolver.connect`: a stream only of a peer that is authenticated, and nothing said to any other."""

from __future__ import annotations

import asyncio
import pickle
from pathlib import Path

import pytest
import trio

from resolver import BadInput, NotAuthenticated
from resolver.testing import World
from tests.probe.lab import (
    ISSUER,
    LEAF,
    LOOPBACK,
    ROOT,
    STRANGER,
    asking,
    listening,
    rdata,
    run,
    server_context,
    smtp,
)  # fmt: skip
from tests.probe.peers import Peer, serving


def world_for(port: int, *records: str) -> World:
    world = World()
    zone = world.zone("example.com").add(f"www A {LOOPBACK}")
    for record in records:
        zone.add_rdata(f"_{port}._tcp.www", "TLSA", rdata(record))
    return world


def connecting(peer: Peer, *records: str, send: bytes = b"hello", **more: object) -> None:
    async def main() -> None:
        async with listening(peer) as (port,), asking(world_for(port, *records)) as asked:
            stream = await asked.connect("www.example.com", port, **more)
            assert isinstance(stream, trio.SSLStream)
            await stream.send_all(send)
            await trio.testing.wait_all_tasks_blocked()
            await trio.aclose_forcefully(stream)

    run(main)


def refused(peer: Peer, *records: str, **more: object) -> NotAuthenticated:
    with pytest.raises(NotAuthenticated) as raised:
        connecting(peer, *records, **more)
    return raised.value


def test_a_matching_peer_gives_a_stream(tmp_path: Path) -> None:
    said: list[bytes] = []
    connecting(serving(server_context(tmp_path, (LEAF,)), said), LEAF.tlsa(3, 1, 1))
    assert said == [b"hello"]


def test_after_starttls_too(tmp_path: Path) -> None:
    said: list[bytes] = []
    connecting(smtp(server_context(tmp_path, (LEAF, ISSUER)), said), ISSUER.tlsa(2, 1, 1), starttls="smtp")
    assert said[-1] == b"hello"


def test_another_peer_is_refused_and_told_nothing(tmp_path: Path) -> None:
    said: list[bytes] = []
    error = refused(serving(server_context(tmp_path, (STRANGER,)), said), LEAF.tlsa(3, 1, 1))
    assert said == []
    assert error.report.result == "MISMATCH"
    assert error.report.peers[0].chain == (STRANGER.der,)
    assert "www.example.com port" in str(error)
    assert pickle.loads(pickle.dumps(error)).report is None


def test_without_dane_pkix_decides(tmp_path: Path) -> None:
    peer = serving(server_context(tmp_path, (LEAF, ISSUER)))
    connecting(peer, roots=[ROOT.der])
    assert refused(peer, roots=[STRANGER.der]).report.result == "NO_DANE"
    assert refused(peer, roots=[]).report.result == "NO_DANE"
    assert refused(peer).report.result == "NO_DANE"  # the system's roots
    assert refused(serving(server_context(tmp_path, (STRANGER,))), roots=[ROOT.der]).report.result == "NO_DANE"


def test_in_mail_as_elsewhere_a_stream_is_of_an_authenticated_peer(tmp_path: Path) -> None:
    peer = smtp(server_context(tmp_path, (STRANGER,)))
    assert refused(peer, starttls="smtp").report.result == "NO_DANE"


def test_unusable_records_leave_it_to_pkix(tmp_path: Path) -> None:
    peer = serving(server_context(tmp_path, (LEAF, ISSUER)))
    connecting(peer, LEAF.tlsa(3, 1, 1)[:-2], roots=[ROOT.der])
    assert refused(peer, LEAF.tlsa(3, 1, 1)[:-2], roots=[]).report.result == "UNUSABLE_TLS_ONLY"


def test_an_error_in_the_dns_is_no_connection() -> None:
    async def main() -> None:
        met: list[object] = []

        async def peer(stream: trio.abc.Stream) -> None:
            met.append(stream)

        async with listening(peer) as (port,):
            world = world_for(port, LEAF.tlsa(3, 1, 1))
            world.zone("example.com").damage("signature-expired", f"_{port}._tcp.www TLSA")
            async with asking(world) as asked:
                with pytest.raises(NotAuthenticated) as raised:
                    await asked.connect("www.example.com", port, roots=[LEAF.der])
        assert raised.value.report.result == "DNS_ERROR"
        assert met == []

    run(main)


def test_the_next_address_is_tried_where_the_first_is_dead(tmp_path: Path) -> None:
    async def main() -> None:
        async with listening(serving(server_context(tmp_path, (LEAF,)))) as (port,):
            world = world_for(port, LEAF.tlsa(3, 1, 1))
            world.zone("example.com").add("www A 127.0.0.9", "www A 127.0.0.8")
            async with asking(world) as asked:
                await trio.aclose_forcefully(await asked.connect("www.example.com", port))

    run(main)


def test_cancelling_leaves_nothing(tmp_path: Path) -> None:
    closed = trio.Event()

    async def silent(stream: trio.abc.Stream) -> None:
        while await stream.receive_some():
            pass
        closed.set()

    async def main() -> None:
        async with listening(silent) as (port,), asking(world_for(port, LEAF.tlsa(3, 1, 1))) as asked:
            with trio.move_on_after(0.2) as scope:
                await asked.connect("www.example.com", port)
            assert scope.cancelled_caught
            with trio.fail_after(5):
                await closed.wait()

    run(main)


def test_under_asyncio_it_says_what_to_do_instead() -> None:
    async def main() -> None:
        async with asking(World()) as asked:
            with pytest.raises(RuntimeError, match=r"docs/dane\.md"):
                await asked.connect("www.example.com", 443)

    asyncio.run(main())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"host": "192.0.2.1", "port": 443}, "is an address"),
        ({"host": "www.example.com", "port": 0}, "bad port 0"),
        ({"host": "www.example.com", "port": 443, "protocol": "udp"}, "only connections over tcp"),
        ({"host": "www.example.com", "port": 443, "starttls": "gopher"}, "'gopher' is not known"),
        ({"host": "www.example.com", "port": 443, "roots": b"x"}, "several bytes objects"),
        ({"host": "www.example.com", "port": 443, "roots": [b"-----BEGIN CERTIFICATE-----"]}, "PEM_cert_to_DER_cert"),
    ],
)
def test_bad_arguments_are_one_clear_error(arguments: dict, said: str) -> None:
    async def main() -> None:
        async with asking(World()) as asked:
            with pytest.raises(BadInput, match=said):
                await asked.connect(**arguments)

    run(main)
