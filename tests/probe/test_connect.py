"""`AsyncResolver.connect`: a stream only of a peer that is authenticated, and nothing said to any other."""

from __future__ import annotations

import asyncio
import pickle
from pathlib import Path

import pytest
import trio

from resolver import AsyncResolver, BadInput, NotAuthenticated
from resolver.probe import peers
from resolver.probe.connecting import CONNECTING_SECONDS
from resolver.testing import World
from tests.engine.running import jumping
from tests.engine.slow_world import SlowWorld
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


def at_once(world: World) -> AsyncResolver:
    """A resolver of this world that needs no thread, in which trio's clock would jump."""
    return AsyncResolver(SlowWorld(world, delay=0), anchors=world.anchors, clock=world.clock)


def deaf(monkeypatch: pytest.MonkeyPatch, *, seconds: float | None = None) -> tuple[NotAuthenticated | None, float]:
    """Connect to a host all of whose 32 addresses accept and then say nothing; within a caller's own limit, if any.

    What it comes to, and the time that it took, which is trio's own and jumps.
    """
    left_open = 0

    async def main() -> tuple[NotAuthenticated | None, float]:
        nonlocal left_open

        async def silent(stream: trio.abc.Stream) -> None:
            nonlocal left_open
            left_open += 1
            while await stream.receive_some():
                pass
            left_open -= 1

        async def connect(address: str, port: int) -> trio.abc.Stream:
            ours, theirs = trio.testing.memory_stream_pair()
            nursery.start_soon(silent, theirs)
            return ours

        monkeypatch.setattr(peers, "connect", connect)
        world = world_for(443, LEAF.tlsa(3, 1, 1))
        world.zone("example.com").add(*(f"www A 192.0.2.{number}" for number in range(1, 32)))
        raised: NotAuthenticated | None = None
        async with trio.open_nursery() as nursery, at_once(world) as asked:
            begun = trio.current_time()
            with trio.CancelScope() if seconds is None else trio.move_on_after(seconds) as scope:
                try:
                    await asked.connect("www.example.com", 443, roots=[])
                except NotAuthenticated as refused:
                    raised = refused
            took = trio.current_time() - begun
            assert scope.cancelled_caught is (raised is None)
            await trio.testing.wait_all_tasks_blocked()
            assert left_open == 0
            nursery.cancel_scope.cancel()
        return raised, took

    return jumping(main)


def test_many_deaf_addresses_are_given_up_together(monkeypatch: pytest.MonkeyPatch) -> None:
    error, took = deaf(monkeypatch)
    assert took == CONNECTING_SECONDS
    assert error is not None
    tried = int(CONNECTING_SECONDS / peers.PEER_SECONDS)
    reasons = [peer.reason for peer in error.report.peers]
    assert error.report.result == "TLS_FAILED"
    assert reasons[: tried - 1] == ["no handshake within 30 s"] * (tried - 1)
    assert reasons[tried:] == ["not done when connecting ended after 120 s"] * (32 - tried)


def test_a_callers_own_limit_is_the_callers(monkeypatch: pytest.MonkeyPatch) -> None:
    for seconds in (5.0, peers.PEER_SECONDS + 1):
        assert deaf(monkeypatch, seconds=seconds) == (None, seconds)


def test_the_limit_does_not_follow_a_stream_that_was_handed_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    peer = smtp(server_context(tmp_path, (LEAF,)))

    async def main() -> None:
        async def connect(address: str, port: int) -> trio.abc.Stream:
            ours, theirs = trio.testing.memory_stream_pair()
            nursery.start_soon(peer, theirs)
            return ours

        monkeypatch.setattr(peers, "connect", connect)
        async with trio.open_nursery() as nursery, at_once(world_for(25, LEAF.tlsa(3, 1, 1))) as asked:
            stream = await asked.connect("www.example.com", 25, starttls="smtp", roots=[])
            await trio.sleep(2 * CONNECTING_SECONDS)
            await stream.send_all(b"NOOP\r\n")
            assert await stream.receive_some() == b"250 so be it\r\n"
            await trio.aclose_forcefully(stream)

    jumping(main)


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
