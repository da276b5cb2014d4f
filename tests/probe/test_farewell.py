"""Leaving: a good-bye to a peer with whom a client would go on, none to any other; and it changes no report."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from resolver.dane.reports import HostReport, SmtpReport
from resolver.data.name import to_name
from resolver.probe import hosts, peers
from resolver.probe.hosts import check_services
from resolver.probe.peers import FAREWELL_SECONDS
from resolver.probe.starttls import PROTOCOLS, Dialogue
from resolver.probe.starttls.dialogue import DIALOGUE_OCTETS
from resolver.probe.starttls.ldap import START_TLS
from resolver.probe.web import service
from resolver.testing import World
from tests.probe.lab import (
    LEAF,
    LOOPBACK,
    RSA,
    SMTP_SCRIPT,
    STRANGER,
    asking,
    listening,
    run,
    server_context,
    smtp,
    speaking,
)
from tests.probe.peers import Peer
from tests.probe.test_hostile import met
from tests.probe.test_starttls import GOOD

# protocol -> what is said inside TLS, and what an honest server answers.
FAREWELLS: dict[str, tuple[bytes, bytes]] = {
    "smtp": (b"QUIT\r\n", b"221-2.0.0 Bye\r\n221 Bye\r\n"),
    "submission": (b"QUIT\r\n", b"221 2.0.0 Bye\r\n"),
    "lmtp": (b"QUIT\r\n", b"221 2.0.0 Bye\r\n"),
    "imap": (b"a3 LOGOUT\r\n", b"* BYE {4}\r\na3\r\n Logging out\r\na3 OK done\r\n"),
    "pop3": (b"QUIT\r\n", b"+OK Bye\r\n"),
    "sieve": (b"LOGOUT\r\n", b'"IMPLEMENTATION" "x"\r\n"SASL" "PLAIN"\r\nOK "TLS"\r\nOK "Bye"\r\n'),
    "ldap": (bytes.fromhex("30050201024200"), b""),
}
WITHOUT = {"xmpp-client", "xmpp-server", "postgresql"}


def farewell(protocol: str) -> Dialogue:
    script = PROTOCOLS[protocol].farewell
    assert script is not None
    return Dialogue(script())


def test_every_protocol_has_one_or_is_known_to_have_none() -> None:
    assert {name for name, protocol in PROTOCOLS.items() if protocol.farewell is None} == WITHOUT
    assert set(FAREWELLS) == set(PROTOCOLS) - WITHOUT


@pytest.mark.parametrize("protocol", FAREWELLS)
def test_it_ends_with_the_last_octet_of_the_reply(protocol: str) -> None:
    asked, reply = FAREWELLS[protocol]
    dialogue = farewell(protocol)
    assert dialogue.begin() == asked
    for number in range(len(reply)):
        assert not dialogue.over, number
        assert dialogue.receive(reply[number : number + 1]) == b""
    assert dialogue.done


@pytest.mark.parametrize("protocol", FAREWELLS)
@settings(max_examples=60)
@given(pieces=st.lists(st.binary(max_size=60) | st.sampled_from([reply for _, reply in FAREWELLS.values()])))
def test_no_octets_raise(protocol: str, pieces: list[bytes]) -> None:
    dialogue = farewell(protocol)
    dialogue.begin()
    for piece in pieces:
        dialogue.receive(piece)


@pytest.mark.parametrize("protocol", FAREWELLS)
@pytest.mark.parametrize("repeated", [b"x" * 1000, b"221-x\r\n", b"* OK x\r\n", b'"x"\r\n', b"{9999}\r\n"])
def test_endless_talk_is_ended(protocol: str, repeated: bytes) -> None:
    dialogue = farewell(protocol)
    dialogue.begin()
    sent = 0
    while not dialogue.over:
        dialogue.receive(repeated)
        sent += len(repeated)
    assert sent <= DIALOGUE_OCTETS + len(repeated)


# On loopback


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_real_server_hears_it_inside_tls(protocol: str, tmp_path: Path) -> None:
    said: list[bytes] = []
    script = [(b"\r\n" if b"[192.0.2.7]" in asked else asked, reply) for asked, reply in GOOD[protocol]]
    if protocol == "ldap":
        script = [(START_TLS, script[0][1])]
    goodbye, reply = FAREWELLS.get(protocol, (b"", b""))
    peer = speaking(script, server_context(tmp_path, (LEAF,)), said, reply)

    async def main() -> HostReport:
        async with listening(peer) as (port,):
            world = World()
            world.zone("example.com").add(f"mx A {LOOPBACK}", f"_{port}._tcp.mx TLSA {LEAF.tlsa(3, 1, 1)}")
            async with asking(world) as asked:
                engine, name = asked._engine, to_name("mx.example.com")
                what = await service(engine, name, port, roots=(), protocol=PROTOCOLS[protocol])
                (report,) = await check_services([what], engine.clock)
            with trio.move_on_after(5):
                while goodbye and goodbye not in said:  # LDAP has no reply that is waited for
                    await trio.lowlevel.checkpoint()
        return report

    assert run(main).result == "AUTHENTICATED"
    if goodbye:
        assert said.count(goodbye) == 1  # alone, and once: the second session, for RSA, did not come to TLS
    else:
        assert b"".join(said).endswith(script[-1][0])  # what leads to TLS, and nothing in it


def told(certificate: object, *records: str, folder: Path, protocol: str = "smtp") -> tuple[str, int]:
    """The word about a mail server, and how often it was told good-bye."""
    said: list[bytes] = []

    async def main() -> HostReport | SmtpReport:
        async with listening(smtp(server_context(folder, (certificate,)), said)) as (port,):  # type: ignore[arg-type]
            world = World()
            zone = world.zone("example.com").add("@ MX 1 mx", f"mx A {LOOPBACK}")
            for record in records:
                zone.add(f"_{port}._tcp.mx TLSA {record}")
            async with asking(world) as asked:
                if protocol == "smtp":
                    return await asked.check_smtp("example.com", port)
                engine, name = asked._engine, to_name("mx.example.com")
                what = await service(engine, name, port, roots=(), protocol=PROTOCOLS[protocol])
                return (await check_services([what], engine.clock))[0]

    result = run(main).result
    return result, said.count(b"QUIT\r\n")


def test_only_a_peer_with_whom_a_client_would_go_on_is_told(tmp_path: Path) -> None:
    good = LEAF.tlsa(3, 1, 1)
    assert told(LEAF, good, folder=tmp_path) == ("AUTHENTICATED", 1)
    assert told(STRANGER, good, folder=tmp_path) == ("MISMATCH", 0)
    # In mail nothing authenticates there, and mail goes on (RFC 7672 §2.2).
    assert told(LEAF, folder=tmp_path) == ("NO_DANE", 1)
    assert told(LEAF, LEAF.tlsa(1, 1, 1), folder=tmp_path) == ("UNUSABLE_TLS_ONLY", 1)
    # Elsewhere PKIX decides, and there are no roots.
    assert told(LEAF, folder=tmp_path, protocol="submission") == ("NO_DANE", 0)
    assert told(LEAF, good, folder=tmp_path, protocol="submission") == ("AUTHENTICATED", 1)


def test_tls_is_closed_too(tmp_path: Path) -> None:
    """RFC 8446 §6.1: trio raises where the close_notify is missing."""
    heard: list[bytes] = []

    async def polite(secured: trio.SSLStream[trio.abc.Stream]) -> None:
        heard.append(bytes(await secured.receive_some()))
        await secured.send_all(b"221 Bye\r\n")
        heard.append(bytes(await secured.receive_some()))

    async def main() -> SmtpReport:
        async with listening(in_tls(polite, tmp_path)) as (port,):
            world = World()
            world.zone("example.com").add("@ MX 1 mx", f"mx A {LOOPBACK}")
            async with asking(world) as asked:
                report = await asked.check_smtp("example.com", port)
            with trio.move_on_after(5):
                while len(heard) < 2:
                    await trio.lowlevel.checkpoint()
        return report

    assert run(main).result == "NO_DANE"
    assert heard == [b"QUIT\r\n", b""]


# Peers that misbehave when they are left


Secured = Callable[["trio.SSLStream[trio.abc.Stream]"], Awaitable[None]]


def in_tls(talk: Secured, folder: Path) -> Peer:
    """A mail server with two keys that does as it likes after the handshake."""
    context = server_context(folder, (LEAF,), (RSA,))

    async def peer(stream: trio.abc.Stream) -> None:
        for waited, line in SMTP_SCRIPT:
            if waited:
                await stream.receive_some()
            await stream.send_all(line)
        secured: trio.SSLStream[trio.abc.Stream] = trio.SSLStream(stream, context, server_side=True)
        try:
            await talk(secured)
            while await secured.receive_some():
                pass
        except trio.BrokenResourceError:
            pass

    return peer


async def _polite(secured: trio.SSLStream[trio.abc.Stream]) -> None:
    await secured.receive_some()
    await secured.send_all(b"221 Bye\r\n")


async def _silence(secured: trio.SSLStream[trio.abc.Stream]) -> None:
    await secured.do_handshake()


async def _drip(secured: trio.SSLStream[trio.abc.Stream]) -> None:
    await secured.do_handshake()
    while True:
        await secured.send_all(b"221-x\r\n")
        await trio.sleep(FAREWELL_SECONDS / 10)


async def _flood(secured: trio.SSLStream[trio.abc.Stream]) -> None:
    await secured.do_handshake()
    while True:
        await secured.send_all(b"221-" + b"x" * 60_000)


async def _garbage(secured: trio.SSLStream[trio.abc.Stream]) -> None:
    await secured.receive_some()
    await secured.send_all(b"HTTP/1.1 400 Bad Request\r\n")


async def _plain(secured: trio.SSLStream[trio.abc.Stream]) -> None:
    await secured.receive_some()
    await secured.transport_stream.send_all(b"221 in the clear\r\n")


async def _gone(secured: trio.SSLStream[trio.abc.Stream]) -> None:
    await secured.do_handshake()
    await trio.aclose_forcefully(secured.transport_stream)
    raise trio.BrokenResourceError


@pytest.mark.parametrize("talk", [_silence, _drip, _flood, _garbage, _plain, _gone])
def test_nothing_that_a_peer_does_then_changes_the_report(
    talk: Secured, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = met(in_tls(_polite, tmp_path), monkeypatch, seconds=0)
    hostile = met(in_tls(talk, tmp_path), monkeypatch, seconds=FAREWELL_SECONDS + 0.001)
    assert [(peer.key_type, peer.result, peer.reason) for peer in hostile.peers] == [
        (peer.key_type, peer.result, peer.reason) for peer in honest.peers
    ]
    assert [peer.result for peer in honest.peers] == ["AUTHENTICATED", "MISMATCH"]


def test_what_is_known_stays_where_a_check_ends_during_a_farewell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosts, "CHECK_SECONDS", FAREWELL_SECONDS / 2)
    monkeypatch.setattr(peers, "KEY_TYPES", {})  # no second session
    report = met(in_tls(_silence, tmp_path), monkeypatch, seconds=FAREWELL_SECONDS / 2)
    assert report.result == "AUTHENTICATED"
