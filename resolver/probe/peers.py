"""One peer: connect, lead it to TLS, shake hands, judge what it sent. Whatever it does ends in a report, in bounded time.

Of a service with DANE both kinds of key are looked at: what a server shows to one client it need not show to another,
and the neglected certificate is the one that breaks delivery.

A peer with whom a client would go on is told good-bye in its protocol, once all is known that the report says of it:
else its log has a lost connection for every check. Any other is left without a word, as it may be anybody.
"""

from __future__ import annotations

import errno
import ipaddress
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

import trio

from resolver.dane.reports import (
    DANE_REQUIRED,
    NO_DANE,
    NO_STARTTLS,
    TLS_FAILED,
    TLSRPT_TYPES,
    UNUSABLE_TLS_ONLY,
    PeerReport,
)
from resolver.data.name import Name
from resolver.probe.expectation import Expectation, Judged, key_type
from resolver.probe.starttls import Dialogue, Protocol, Refused
from resolver.probe.starttls.dialogue import Script
from resolver.probe.tls import KEY_TYPES, KeyNotOffered, Session, handshake, why

CONNECT_SECONDS = 10.0  # for a TCP connection: three tries of SYN (RFC 6298 §2.1) and some
PEER_SECONDS = (
    30.0  # for one session up to the end of its handshake; greylisting and tarpits delay a greeting by 10 to 20
)
FAREWELL_SECONDS = 2.0  # for a good-bye: some round trips and a retransmission (RFC 6298 §2.1); nothing depends on it
RECEIVE_OCTETS = 4096  # of a dialogue, at once

# This machine, and not the peer, is why there is no connection.
_NO_ROUTE = frozenset({errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})
_NO_WAY = "no way from this machine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How the peers of one service are reached.

    Attributes:
        base_domain: the TLSA base domain, which is asked for as SNI.
        port: where TCP goes.
        protocol: what leads to TLS; None: TLS begins at once.
        service: the name of the service as its users know it, for protocols that ask for it.
        https: end TLS as HTTPS servers do it; see trio.SSLStream.
    """

    base_domain: Name
    port: int
    protocol: Protocol | None = None
    service: str = ""
    https: bool = False


async def meet(address: str, way: Way, key: str = "") -> Session:
    """Connect and shake hands; the peer is not verified.

    Args:
        address: IPv4 or IPv6.
        way: how.
        key: the kind of key wanted, as for `tls.handshake`.

    Raises:
        Refused: it did not come to that; the connection is closed.
    """
    seconds = PEER_SECONDS
    stage = "connection"
    with trio.move_on_after(seconds):
        stream = await connect(*split_address(address, way.port))
        try:
            if way.protocol is not None:
                stage = "answer in the dialogue that leads to TLS"
                await lead_to_tls(stream, way.protocol, way.service)
            stage = "handshake"
            return await handshake(stream, way.base_domain, key_type=key, https=way.https)
        except BaseException:
            await trio.aclose_forcefully(stream)
            raise
    raise Refused(TLS_FAILED, f"no {stage} within {seconds:g} s")


def split_address(address: str, port: int) -> tuple[str, int]:
    """An address in words, and its own port, as in "192.0.2.1:8443" or "[2001:db8::1]:8443", else `port`.

    Raises:
        ValueError: it is none.
    """
    host, own = address, str(port)
    if address.startswith("["):
        host, bracket, rest = address[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise ValueError("an IPv6 address with a port is written as [2001:db8::1]:8443")
        own = rest[1:] or own
    elif address.count(":") == 1:
        host, _, own = address.partition(":")
    if not (own.isascii() and own.isdigit() and 0 < int(own) < 65536):
        raise ValueError("a port is a number from 1 to 65535")
    return str(ipaddress.ip_address(host)), int(own)


async def connect(address: str, port: int) -> trio.SocketStream:
    """A TCP connection.

    Raises:
        Refused: there is none.
    """
    ip = ipaddress.ip_address(address)
    family = trio.socket.AF_INET6 if ip.version == 6 else trio.socket.AF_INET
    try:
        socket = trio.socket.socket(family, trio.socket.SOCK_STREAM)
    except OSError as failed:
        raise Refused(TLS_FAILED, f"{_NO_WAY}: {why(failed)}") from None
    try:
        with trio.move_on_after(CONNECT_SECONDS):
            await socket.connect((address, port))
            return trio.SocketStream(socket)
        socket.close()
        raise Refused(TLS_FAILED, f"no connection within {CONNECT_SECONDS:g} s")
    except OSError as failed:
        socket.close()
        what = _NO_WAY if failed.errno in _NO_ROUTE else "no connection"
        raise Refused(TLS_FAILED, f"{what}: {why(failed)}") from None
    except BaseException:
        socket.close()
        raise


async def lead_to_tls(stream: trio.abc.Stream, protocol: Protocol, service: str) -> None:
    """Hold the protocol's dialogue up to the go-ahead for TLS.

    Raises:
        Refused: there is none.
    """
    await _hold(stream, protocol.script(service, _own_name(stream)))


async def _hold(stream: trio.abc.Stream, script: Script) -> None:
    """Hold a dialogue to its end.

    Raises:
        Refused: it ended otherwise.
    """
    dialogue = Dialogue(script)
    out = dialogue.begin()
    try:
        while True:
            if out:
                await stream.send_all(out)
            if dialogue.over:
                break
            out = dialogue.receive(bytes(await stream.receive_some(RECEIVE_OCTETS)))
    except (trio.BrokenResourceError, trio.ClosedResourceError) as broken:
        raise Refused(TLS_FAILED, f"the connection broke: {why(broken.__cause__ or broken)}") from None
    if dialogue.failure is not None:
        raise dialogue.failure


def _own_name(stream: trio.abc.Stream) -> str:
    """An address literal for EHLO (RFC 5321 §4.1.3): whoever checks need not have a name, and says no false one."""
    if isinstance(stream, trio.SocketStream):
        own = stream.socket.getsockname()[0]
        return f"[IPv6:{own}]" if ":" in own else f"[{own}]"
    return "[127.0.0.1]"


async def examine(
    address: str, way: Way, expectation: Expectation, clock: Callable[[], float]
) -> tuple[PeerReport, ...]:
    """Meet the peer at one address, once for each kind of key that it has, and judge what it sends.

    Args:
        address: IPv4 or IPv6.
        way: how it is reached.
        expectation: what it must present.
        clock: POSIX seconds.
    """
    try:
        first = await _met(address, way, expectation, clock, "")
    except Refused as refused:
        return (failed(address, refused, expectation),)
    if expectation.case != "a":
        return (first,)
    reports = [first]
    for key in KEY_TYPES:
        if key == first.key_type:
            continue
        try:
            reports.append(await _met(address, way, expectation, clock, key))
        except KeyNotOffered:
            pass
        except Refused as refused:
            reports[0] = replace(
                reports[0],
                reason=f"{reports[0].reason}; not found out whether it has {key.upper()} too: {refused.reason}",
            )
    return tuple(reports)


async def _met(address: str, way: Way, expectation: Expectation, clock: Callable[[], float], key: str) -> PeerReport:
    session = await meet(address, way, key)
    farewell: Script | None = None
    try:
        judged = expectation.judge(session.chain, clock())
        if way.protocol is not None and way.protocol.farewell is not None and expectation.goes_on(judged):
            farewell = way.protocol.farewell()
        return report(address, session, judged, expectation)
    finally:
        await leave(session, farewell)


def report(address: str, session: Session, judged: Judged, expectation: Expectation) -> PeerReport:
    """What is said of a peer that was met."""
    said = judged_chain(address, session.chain, judged, expectation)
    return replace(said, protocol=session.protocol, cipher=session.cipher)


def judged_chain(address: str, chain: tuple[bytes, ...], judged: Judged, expectation: Expectation) -> PeerReport:
    """What is said of a chain, wherever it is from."""
    required = expectation.require_dane and judged.result in (NO_DANE, UNUSABLE_TLS_ONLY)
    return PeerReport(
        address=address,
        key_type=key_type(chain[0]),
        result=judged.result,
        reason=judged.reason,
        match=judged.match,
        finding=finding_text(judged),
        chain=chain,
        tlsrpt=DANE_REQUIRED if required else TLSRPT_TYPES[judged.result],
    )


def finding_text(judged: Judged) -> str | None:
    """What went wrong, in one line."""
    return None if judged.accepted else judged.reason


def is_no_route(report: PeerReport) -> bool:
    """Whether this machine, and not the peer, is why the peer was not met."""
    return report.result == TLS_FAILED and report.reason.startswith(_NO_WAY)


def failed(address: str, refused: Refused, expectation: Expectation) -> PeerReport:
    """What is said of a peer that was not met. Without DANE, mail goes there all the same, in the clear (RFC 7672 §2.2)."""
    opportunistic = expectation.case == "c" and not expectation.pkix
    if opportunistic and refused.result == NO_STARTTLS:
        return PeerReport(
            address=address, result=NO_DANE, reason=f"{refused.reason}; mail goes in the clear", finding=refused.reason
        )
    return PeerReport(
        address=address,
        result=refused.result,
        reason=refused.reason,
        finding=refused.reason,
        tlsrpt=TLSRPT_TYPES[refused.result],
    )


async def leave(session: Session, farewell: Script | None = None) -> None:
    """Close the connection. What was found out about the peer stays, whatever it does now.

    Args:
        session: with the peer.
        farewell: what is said and heard before, with a little patience; None: nothing, as the peer may be anybody.
    """
    until = min(trio.current_time() + FAREWELL_SECONDS, trio.current_effective_deadline())
    with trio.CancelScope(shield=True):
        try:
            if farewell is not None:
                with trio.CancelScope(deadline=until), suppress(Refused, trio.BrokenResourceError, OSError):
                    await _hold(session.stream, farewell)
                    await session.stream.aclose()  # close_notify (RFC 8446 §6.1)
        finally:
            await trio.aclose_forcefully(session.stream)
