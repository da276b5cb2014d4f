"""Peers that misbehave: each ends in a word, in bounded time, and nothing of it stays. Time is trio's own, and jumps."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock, memory_stream_pair

from resolver.dane.mail import mail
from resolver.dane.reports import HostReport
from resolver.data.name import to_name
from resolver.engine.plans import run_offline
from resolver.probe import hosts, peers
from resolver.probe.hosts import CHECK_SECONDS, PEERS_AT_ONCE, check_services
from resolver.probe.peers import PEER_SECONDS
from resolver.probe.smtp import SMTP, service_of
from resolver.testing import World
from tests.probe.lab import LEAF, SMTP_SCRIPT, smtp, speaking
from tests.probe.peers import Peer, server_context


def met(
    peer: Peer, monkeypatch: pytest.MonkeyPatch, *, addresses: int = 1, seconds: float = PEER_SECONDS
) -> HostReport:
    """The report about a mail host whose every address is such a peer; it must be there within so many seconds."""
    world = World()
    zone = world.zone("example.com").add("@ MX 1 mx", f"_25._tcp.mx TLSA {LEAF.tlsa(3, 1, 1)}")
    for number in range(addresses):
        zone.add(f"mx A 192.0.2.{number + 1}")
    judge = world.offline()
    plan = run_offline(lambda question: judge.lookup(question.name, question.rdtype), mail(to_name("example.com"), 25))
    served = 0

    async def main() -> HostReport:
        async with trio.open_nursery() as nursery:

            async def serve(stream: trio.abc.Stream) -> None:
                nonlocal served
                served += 1
                await peer(stream)
                served -= 1

            async def connect(address: str, port: int) -> trio.abc.Stream:
                ours, theirs = memory_stream_pair()
                nursery.start_soon(serve, theirs)
                return ours

            monkeypatch.setattr(peers, "connect", connect)
            begun = trio.current_time()
            (report,) = await check_services([service_of(plan.hosts[0], SMTP)], world.clock)
            assert trio.current_time() - begun <= seconds
            await trio.sleep(2)  # of its own time: then every peer must have seen that the connection is closed
            left = served
            nursery.cancel_scope.cancel()
        assert left == 0, "a connection was left open"
        return report

    return trio.run(main, clock=MockClock(autojump_threshold=0))


def until_closed(talk: Callable[[trio.abc.Stream], object]) -> Peer:
    async def peer(stream: trio.abc.Stream) -> None:
        try:
            await talk(stream)
            while await stream.receive_some():
                pass
        except trio.BrokenResourceError:
            pass

    return peer


async def _silence(stream: trio.abc.Stream) -> None:
    pass


async def _drip(stream: trio.abc.Stream) -> None:
    for octet in b"220 " + b"x" * 10_000:
        await stream.send_all(bytes((octet,)))
        await trio.sleep(1)


async def _drip_lines(stream: trio.abc.Stream) -> None:
    while True:
        await stream.send_all(b"220-x\r\n")
        await trio.sleep(1)


async def _flood(stream: trio.abc.Stream) -> None:
    while True:
        await stream.send_all(b"220-" + b"x" * 60_000 + b"\r\n")


async def _flood_lines(stream: trio.abc.Stream) -> None:
    while True:
        await stream.send_all(b"220-x\r\n" * 1000)


async def _garbage(stream: trio.abc.Stream) -> None:
    await stream.send_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")


async def _tls_at_once(stream: trio.abc.Stream) -> None:
    await stream.send_all(bytes.fromhex("160303007a02000076"))


async def _half_a_handshake(stream: trio.abc.Stream) -> None:
    await speaking(SMTP_SCRIPT, None)(stream)


async def _plain_after_the_go_ahead(stream: trio.abc.Stream) -> None:
    for waited, line in SMTP_SCRIPT:
        if waited:
            await stream.receive_some()
        await stream.send_all(line)
    await stream.receive_some()
    await stream.send_all(b"250 still plain\r\n")


def _injecting(stream: trio.abc.Stream) -> object:
    *before, (waited, go) = SMTP_SCRIPT
    return speaking([*before, (waited, go + b"250 injected\r\n")], None)(stream)


async def _closing(stream: trio.abc.Stream) -> None:
    await stream.aclose()


@pytest.mark.parametrize(
    ("talk", "said"),
    [
        (_silence, "no answer in the dialogue that leads to TLS within 30 s"),
        (_drip, "no answer in the dialogue that leads to TLS within 30 s"),
        (_drip_lines, "no answer in the dialogue that leads to TLS within 30 s"),
        (_half_a_handshake, "no handshake within 30 s"),
        (_flood, "a line of more than 4096 octets"),
        (_flood_lines, "lines without a go-ahead"),
        (_garbage, "this is no SMTP reply"),
        (_tls_at_once, "no answer in the dialogue"),
        (_plain_after_the_go_ahead, "the handshake failed"),
        (_injecting, "an injection (RFC 3207 §6)"),
    ],
)
def test_a_peer_that_misbehaves_is_a_word(talk: Callable, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    report = met(until_closed(talk), monkeypatch)
    (peer,) = report.peers
    assert (report.result, peer.result, peer.tlsrpt) == ("TLS_FAILED", "TLS_FAILED", "validation-failure")
    assert said in peer.reason


def test_a_peer_that_closes_at_once_is_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    report = met(_closing, monkeypatch)
    assert report.peers[0].reason == "the peer closed the connection during the dialogue"


def test_a_check_of_many_silent_peers_ends_when_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    count = 6 * PEERS_AT_ONCE
    monkeypatch.setattr(hosts, "PEERS_AT_ONCE", PEERS_AT_ONCE)
    report = met(until_closed(_silence), monkeypatch, addresses=min(count, 99), seconds=CHECK_SECONDS)
    assert len(report.peers) == 99
    reasons = [peer.reason for peer in report.peers]
    assert any(reason.startswith("no answer") for reason in reasons)
    assert f"not done when the check ended after {CHECK_SECONDS:g} s" in reasons


def test_a_check_meets_so_many_peers_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts, "PEERS", 3)
    report = met(_closing, monkeypatch, addresses=5)
    reasons = [peer.reason for peer in report.peers]
    assert reasons[3:] == ["not met: a check meets 3 addresses at most"] * 2
    assert all("closed" in reason for reason in reasons[:3])


def test_an_honest_peer_is_met_the_same_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = server_context(tmp_path, (LEAF,))
    assert isinstance(context, ssl.SSLContext)
    assert met(smtp(context), monkeypatch).result == "AUTHENTICATED"
