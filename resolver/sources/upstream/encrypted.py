"""The servers over TLS: DNS over TLS (RFC 7858) and DNS over HTTPS (RFC 8484)."""

from __future__ import annotations

import ssl

from resolver.sources.upstream.address import Address
from resolver.sources.upstream.dialogue import Dialogue, Frames
from resolver.sources.upstream.server import Clock
from resolver.sources.upstream.tcp import TcpServer
from resolver.sources.upstream.tls import Tls, client_context


def encrypted_server(address: Address, clock: Clock) -> TcpServer:
    """A server over TLS or HTTPS; nothing is connected yet.

    Raises:
        BadUpstream: a package is missing.
    """
    if address.transport == "https":
        from resolver.sources.upstream.https import Http2, check_installed

        check_installed()
        protocol, must = "h2", "h2"

        def inner() -> Dialogue:
            return Http2(address)
    else:
        protocol, must = "dot", None  # RFC 7858 §3.1 asks for no ALPN; many servers choose none
        inner = Frames
    context = client_context(strict=address.name is not None, protocols=(protocol,))
    # A resumed session shows no certificate, whose key could be compared with the pins.
    sessions: list[ssl.SSLSession] | None = None if address.pins else []

    def speak() -> Dialogue:
        return Tls(inner(), context, name=address.name, pins=address.pins, protocol=must, sessions=sessions)

    return TcpServer(address, clock, speak=speak, padded=True)
