"""A TLS handshake over a trio stream that keeps the certificates exactly as the peer sent them.

Nothing is verified here and nothing is written but the handshake: who calls this judges the chain, and only then hands
the stream on. Every connection has a context of its own and none is ever resumed, because a resumed session shows no
chain. What Python offers is used without trio's private names: `SSLContext.sslobject_class` is public, and from Python
3.13 on `get_unverified_chain` is.

Limits: Python's TLS has no raw public keys (RFC 7250), and cannot choose the kind of key in TLS 1.3: a choice of key
    means TLS 1.2. Of a chain, OpenSSL takes 100 kB at most.
"""

from __future__ import annotations

import os
import ssl
import weakref
from dataclasses import dataclass
from typing import Any

import trio

from resolver.dane.reports import TLS_FAILED
from resolver.data.name import Name
from resolver.probe.starttls.dialogue import Refused

HANDSHAKE_OCTETS = 262_144  # that a peer may send before the handshake is over; OpenSSL limits a chain to 102,400
CHAIN_CERTIFICATES = 1_000  # kept of one chain; whoever judges it sets narrower limits
KEY_TYPES = {"rsa": "aRSA", "ecdsa": "aECDSA"}  # -> OpenSSL's word for the ciphers of TLS 1.2
_NEVER = ":!aNULL:!eNULL:!EXPORT:!DES:!3DES:!RC4:!MD5:!PSK:!SRP"  # RFC 7671 §10.2: nothing anonymous; RFC 9325 §4.1

# What a handshake ends with where the server has no key of the kind that was asked for.
_NOT_OFFERED = frozenset(
    {
        "HANDSHAKE_FAILURE",
        "SSLV3_ALERT_HANDSHAKE_FAILURE",
        "TLSV1_ALERT_HANDSHAKE_FAILURE",
        "TLSV1_ALERT_PROTOCOL_VERSION",
        "TLSV1_ALERT_INSUFFICIENT_SECURITY",
        "UNSUPPORTED_PROTOCOL",
        "WRONG_SSL_VERSION",
    }
)


class KeyNotOffered(Refused):
    """The server has no certificate with the kind of key that was asked for, or speaks no TLS 1.2."""


class _ShowsChain:
    """What both kinds of TLS connections of Python can be asked for, in every version of Python."""

    def sent_chain(self) -> tuple[bytes, ...]:
        """The certificates in DER, leaf first, as sent; empty before the handshake."""
        public = getattr(super(), "get_unverified_chain", None)
        if public is not None:  # Python 3.13
            return tuple(public() or ())
        import _ssl

        inner: Any = getattr(self, "_sslobj")  # noqa: B009 - no stub has it
        encoding: int = getattr(_ssl, "ENCODING_DER")  # noqa: B009
        return tuple(certificate.public_bytes(encoding) for certificate in inner.get_unverified_chain() or ())


class PeerObject(_ShowsChain, ssl.SSLObject):
    """A TLS connection of trio or asyncio that can show the certificates that were sent."""


class PeerSocket(_ShowsChain, ssl.SSLSocket):
    """A TLS socket that can."""


class PeerContext(ssl.SSLContext):
    """A context for one connection, which it remembers if it is one of trio or asyncio.

    It verifies nothing: that is the duty of whoever uses it, after the handshake and before anything is written.
    """

    sslobject_class: type[PeerObject] = PeerObject  # type: ignore[mutable-override]
    sslsocket_class: type[PeerSocket] = PeerSocket  # type: ignore[mutable-override]
    _peer: weakref.ref[PeerObject] | None = None  # weak: a cycle would keep both until the next garbage collection

    @property
    def peer(self) -> PeerObject | None:
        """The connection, while somebody has it."""
        return None if self._peer is None else self._peer()

    def wrap_bio(self, *arguments: Any, **more: Any) -> PeerObject:
        """Begin the one connection."""
        made = super().wrap_bio(*arguments, **more)
        assert isinstance(made, PeerObject)
        self._peer = weakref.ref(made)
        return made


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """A finished handshake with a peer that nobody has verified yet.

    Attributes:
        stream: to be used once the peer is verified, and not before.
        chain: the certificates in DER, leaf first, exactly as sent; never empty.
        protocol, cipher: such as "TLSv1.3" and "TLS_AES_256_GCM_SHA384".
    """

    stream: trio.SSLStream[trio.abc.Stream]
    chain: tuple[bytes, ...]
    protocol: str
    cipher: str


class Metered(trio.abc.Stream):
    """A transport that lets only so many octets in until the handshake is over.

    Attributes:
        transport: the stream underneath.
        left: octets that may still come; None: any number.
    """

    def __init__(self, transport: trio.abc.Stream, left: int | None) -> None:
        self.transport = transport
        self.left = left

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        """Receive.

        Raises:
            Refused: the peer sent more than may be needed for a handshake.
        """
        octets = bytes(await self.transport.receive_some(max_bytes))
        if self.left is not None:
            self.left -= len(octets)
            if self.left < 0:
                raise Refused(TLS_FAILED, f"the peer sent more than {HANDSHAKE_OCTETS} octets without a handshake")
        return octets

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Send."""
        await self.transport.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        """Wait until there is room to send."""
        await self.transport.wait_send_all_might_not_block()

    async def aclose(self) -> None:
        """Close the transport."""
        await self.transport.aclose()


def make_context(key_type: str = "") -> PeerContext:
    """A fresh context, for one connection.

    Args:
        key_type: "rsa" or "ecdsa": only such a certificate will do; "": the server chooses.
    """
    context = PeerContext(ssl.PROTOCOL_TLS_CLIENT)
    # The rules of DANE decide, after the handshake: OpenSSL shall show the chain, not judge it.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # RFC 8996 §4, §5
    context.options |= ssl.OP_NO_TICKET | ssl.OP_NO_COMPRESSION
    if key_type:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(KEY_TYPES[key_type] + _NEVER)
    return context


def server_name(base_domain: Name) -> str:
    """What to ask the server for: the TLSA base domain (RFC 7671 §10.2), without its final dot (RFC 6066 §3).

    Raises:
        Refused: the name holds octets that no host name has.
    """
    text = str(base_domain).removesuffix(".")
    if not text or "\\" in text or not text.isascii() or " " in text:
        raise Refused(TLS_FAILED, f"{base_domain} cannot be a server name in TLS (RFC 6066 §3)")
    return text


async def handshake(
    transport: trio.abc.Stream, base_domain: Name, *, key_type: str = "", https: bool = False
) -> Session:
    """Shake hands; the peer is not verified.

    Args:
        transport: a connected stream on which TLS begins now.
        base_domain: the TLSA base domain, which goes to the server as SNI.
        key_type: "rsa", "ecdsa", or "": see `make_context`.
        https: whether the end of the session is handled as HTTPS servers do it; see trio.SSLStream.

    Raises:
        KeyNotOffered: the handshake failed, because the server has no such key as far as can be seen.
        Refused: it failed otherwise.
    """
    name = server_name(base_domain)
    context = make_context(key_type)
    metered = Metered(transport, HANDSHAKE_OCTETS)
    stream: trio.SSLStream[trio.abc.Stream] = trio.SSLStream(
        metered, context, server_hostname=name, https_compatible=https
    )
    try:
        await stream.do_handshake()
    except trio.BrokenResourceError as broken:
        raise _failure(broken, key_type) from None
    except (trio.ClosedResourceError, ssl.SSLError, OSError) as broken:
        raise Refused(TLS_FAILED, f"the handshake failed: {why(broken)}") from None
    metered.left = None
    peer = context.peer
    assert peer is not None
    chain = peer.sent_chain()
    if not chain:  # an anonymous or resumed session, both of which we do not offer
        raise Refused(TLS_FAILED, "the peer presented no certificate")
    if len(chain) > CHAIN_CERTIFICATES:
        raise Refused(TLS_FAILED, f"the peer sent {len(chain)} certificates; the limit is {CHAIN_CERTIFICATES}")
    cipher = peer.cipher()
    return Session(stream, chain, peer.version() or "", cipher[0] if cipher else "")


def _failure(broken: BaseException, key_type: str) -> Refused:
    cause = broken.__cause__ if broken.__cause__ is not None else broken.__context__
    if key_type and isinstance(cause, ssl.SSLError) and cause.reason in _NOT_OFFERED:
        return KeyNotOffered(TLS_FAILED, f"no {key_type.upper()} certificate is offered in TLS 1.2")
    return Refused(TLS_FAILED, f"the handshake failed: {why(cause if cause is not None else broken)}")


def why(failed: BaseException) -> str:
    """What went wrong with a connection, in one line."""
    if isinstance(failed, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return "the peer closed the connection"
    if isinstance(failed, ssl.SSLError):
        return (failed.reason or "").replace("_", " ").lower() or "a TLS error"
    if isinstance(failed, OSError):
        # trio's own text repeats the address
        text = os.strerror(failed.errno) if failed.errno is not None else str(failed)
        return (text or type(failed).__name__).lower()
    return str(failed) or type(failed).__name__
