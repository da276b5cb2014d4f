"""TLS around another dialogue (RFC 7858, RFC 8310): octets in, octets out, no socket; Python's own `ssl` does the work.

Strict: the certificate must be valid for a name, by the system's roots, or have a pinned public key (RFC 7858 §4.2).
Opportunistic, where neither was given: any certificate serves (RFC 8310 §5); it hides the traffic from those who only
listen. What is true the validator finds out in either case.

Limits: no early data (RFC 8446 §2.3): it could be replayed.
"""

from __future__ import annotations

import ssl
from collections.abc import Container, Sequence

from resolver.sources.upstream.dialogue import Dialogue, Ended
from resolver.sources.upstream.pins import digest_of
from resolver.sources.upstream.server import Query

RECORD_OCTETS = 65536  # ours: how much is taken out of TLS at a time


def client_context(*, strict: bool, protocols: Sequence[str]) -> ssl.SSLContext:
    """TLS 1.2 or later (RFC 8310 §8.2 and RFC 9325); with the system's roots where a name must be proven.

    Args:
        strict: whether the certificate must be valid for a name.
        protocols: what is spoken inside, for ALPN (RFC 7301).
    """
    context = ssl.create_default_context() if strict else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if not strict:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(list(protocols))
    return context


class Tls:
    """One TLS session around a dialogue."""

    def __init__(
        self,
        inner: Dialogue,
        context: ssl.SSLContext,
        *,
        name: str | None,
        pins: tuple[bytes, ...] = (),
        protocol: str | None = None,
        sessions: list[ssl.SSLSession] | None = None,
    ) -> None:
        """Begin the handshake.

        Args:
            inner: what is spoken inside.
            context: from `client_context`.
            name: the name to ask for, and to prove where the context is strict.
            pins: SHA-256 digests of public keys, one of which the server must have; empty: any.
            protocol: what the server must have chosen by ALPN; None: it may choose none.
            sessions: where the latest session is kept for the next connection to resume, which saves it certificates.
        """
        self._inner = inner
        self._in, self._cipher = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._sessions = sessions
        session = sessions[0] if sessions else None
        self._tls = context.wrap_bio(self._in, self._cipher, server_hostname=name, session=session)
        self._pins = pins
        self._protocol = protocol
        self._shaken = False
        self._shake()

    @property
    def ready(self) -> bool:
        """Whether the handshake is over and the inner dialogue takes questions."""
        return self._shaken and self._inner.ready

    def put(self, query: Query, taken: Container[int]) -> int:
        """Prepare a question for sending."""
        return self._inner.put(query, taken)

    def outgoing(self) -> bytes:
        """What is to be sent now, encrypted."""
        if self._shaken:
            plain = self._inner.outgoing()
            if plain:
                try:
                    self._tls.write(plain)
                except ssl.SSLError as failed:
                    raise Ended(_reason(failed)) from None
        return self._cipher.read()

    def receive(self, octets: bytes) -> list[tuple[int, bytes]]:
        """The whole messages that came.

        Raises:
            Ended: the handshake fails, or the other end closed, or it speaks no TLS.
        """
        if octets:
            self._in.write(octets)
        else:
            self._in.write_eof()
        messages: list[tuple[int, bytes]] = []
        try:
            if not self._shaken and not self._shake():
                return messages
            while True:
                messages += self._inner.receive(self._tls.read(RECORD_OCTETS))  # b"" is the other end's farewell
                self._keep_session()
        except ssl.SSLWantReadError:
            return messages
        except Ended as ended:
            raise Ended(str(ended), (*messages, *ended.messages)) from None
        except ssl.SSLEOFError:
            raise Ended("the server closed the connection", messages) from None
        except ssl.SSLError as failed:
            raise Ended(_reason(failed), messages) from None

    def _keep_session(self) -> None:
        if self._sessions is not None and self._tls.session is not None:
            self._sessions[:] = [self._tls.session]
            self._sessions = None  # one is enough

    def _shake(self) -> bool:
        """A step of the handshake; whether it is over."""
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        except ssl.SSLEOFError:
            raise Ended("the server closed the connection during the TLS handshake") from None
        if self._pins and digest_of(self._tls.getpeercert(binary_form=True) or b"") not in self._pins:
            raise Ended("its public key is none of those that are pinned (RFC 7858 §4.2)")
        if self._protocol is not None and self._tls.selected_alpn_protocol() != self._protocol:
            raise Ended(f"it does not speak {self._protocol} (ALPN)")
        self._shaken = True
        return True


def _reason(failed: ssl.SSLError) -> str:
    if isinstance(failed, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted: {failed.verify_message.rstrip('.')}"
    return f"TLS: {(failed.reason or str(failed)).lower().replace('_', ' ')}"
