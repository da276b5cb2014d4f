"""Upstream servers: from what a caller gives for them to something that answers questions; trio only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeAlias

from resolver.errors import BadUpstream
from resolver.sources.iterative import Iterative
from resolver.sources.upstream.address import Address, parse
from resolver.sources.upstream.function import Exchanger, own_server
from resolver.sources.upstream.ladder import Ladder
from resolver.sources.upstream.pool import TRIES, TRY_SECONDS, Pool, Race
from resolver.sources.upstream.server import Clock, Server
from resolver.sources.upstream.system import RESOLV_CONF, system_servers
from resolver.sources.upstream.tcp import TcpServer
from resolver.sources.upstream.udp import UdpServer

if TYPE_CHECKING:
    from resolver.sources.iterative.one_server import OneServer
    from resolver.sources.iterative.upstream import IterativeUpstream

OneUpstream: TypeAlias = str | Callable[[bytes], bytes] | Exchanger
UpstreamLike: TypeAlias = OneUpstream | Iterative | Sequence[OneUpstream | Iterative] | None
Upstream: TypeAlias = "Pool | IterativeUpstream | Ladder | OneServer"

__all__ = ["Pool", "Race", "Upstream", "UpstreamLike", "open_upstream"]


def open_upstream(upstream: UpstreamLike, *, clock: Clock, resolv_conf: str = RESOLV_CONF) -> Upstream:
    """Make what answers questions; nothing is asked yet.

    Args:
        upstream: an address in words, a function, an object with `exchange`, an Iterative, a list of these with at
            most one Iterative at its end, or None for the system's servers.
        clock: POSIX seconds.
        resolv_conf: where the system's servers are named.

    Raises:
        BadUpstream: it cannot be understood, or the system names no server.
    """
    if isinstance(upstream, Iterative):
        return upstream.open(clock=clock)
    if upstream is None:
        system = system_servers(resolv_conf)
        return Pool(
            [_server(address, clock) for address in system.servers],
            clock=clock,
            seconds=system.timeout or TRY_SECONDS,
            tries=system.attempts or TRIES,
            rotate=system.rotate,
        )
    if isinstance(upstream, list | tuple):
        if not upstream:
            raise BadUpstream("bad upstream: an empty list names no server")
        *others, last = upstream
        if any(isinstance(each, Iterative) for each in others):
            raise BadUpstream(
                "bad upstream: Iterative() comes last in a list, for where the servers before it do not do"
            )
        if isinstance(last, Iterative):
            own = last.open(clock=clock)
            return Ladder(Pool([_one(each, clock) for each in others], clock=clock), own) if others else own
        return Pool([_one(each, clock) for each in upstream], clock=clock)
    return Pool([_one(upstream, clock)], clock=clock)


def _one(upstream: object, clock: Clock) -> Server:
    return _server(parse(upstream), clock) if isinstance(upstream, str) else own_server(upstream, clock)


def _server(address: Address, clock: Clock) -> Server:
    """The server at an address. What a transport needs is loaded only where it is used."""
    if address.transport == "udp":
        return UdpServer(address, clock)
    if address.transport == "tcp":
        return TcpServer(address, clock)
    if address.transport == "quic":
        from resolver.sources.upstream.quic import QuicServer

        return QuicServer(address, clock)
    from resolver.sources.upstream.encrypted import encrypted_server

    return encrypted_server(address, clock)
