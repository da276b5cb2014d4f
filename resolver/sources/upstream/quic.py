"""DNS over QUIC (RFC 9250): one QUIC connection, a stream each question; the `aioquic` package does QUIC (RFC 9000).

aioquic keeps no socket and no clock; a `Connection` gives it both, as it does for the other dialogues. Strict and
opportunistic as for TLS; no pins, for aioquic does not show the certificate.

Limits: nobody answers an idle connection's packets, so one that was idle for `IDLE_SECONDS` is not used again. No 0-RTT,
    for it could be replayed (RFC 9250 §4.5).
"""

from __future__ import annotations

import contextlib
import importlib.util
import ssl
from collections.abc import Container
from typing import Any

import trio

from resolver.errors import BadUpstream
from resolver.sources.upstream.address import Address
from resolver.sources.upstream.connection import Connection
from resolver.sources.upstream.dialogue import LENGTH_OCTETS, Dialogue, Ended
from resolver.sources.upstream.server import Clock, Query, Stopwatch
from resolver.sources.upstream.tcp import TcpServer

INSTALL = "pip install 'dnssec-resolver[quic]'"
IDLE_SECONDS = 5.0  # ours
MAX_DATAGRAM = 65535  # octets
MAX_REPLY_OCTETS = LENGTH_OCTETS + 65535  # RFC 9250 §4.2


class Doq:
    """Questions and replies as QUIC streams."""

    def __init__(self, address: Address, target: object, stopwatch: Stopwatch) -> None:
        from aioquic.quic.configuration import QuicConfiguration
        from aioquic.quic.connection import QuicConnection

        paths = ssl.get_default_verify_paths()  # the system's roots, as for TLS
        configuration = QuicConfiguration(
            is_client=True,
            alpn_protocols=["doq"],  # RFC 9250 §4.1
            server_name=address.name,
            verify_mode=ssl.CERT_NONE if address.name is None else ssl.CERT_REQUIRED,
            cafile=paths.cafile,
            capath=paths.capath,
        )
        self._stopwatch = stopwatch
        self._target = target
        self._quic: Any = QuicConnection(configuration=configuration)
        self._quic.connect(target, now=stopwatch())
        self._bodies: dict[int, bytearray] = {}
        self._shaken = False

    @property
    def ready(self) -> bool:
        """Whether the handshake is over."""
        return self._shaken

    def put(self, query: Query, taken: Container[int]) -> int:
        """One stream. The ID must be 0 (RFC 9250 §4.2.1)."""
        octets = query.stamped(0)
        stream: int = self._quic.get_next_available_stream_id()
        self._quic.send_stream_data(stream, len(octets).to_bytes(LENGTH_OCTETS) + octets, end_stream=True)
        self._bodies[stream] = bytearray()
        return stream

    def outgoing(self) -> bytes:
        """Nothing: see `datagrams`."""
        return b""

    def datagrams(self) -> list[bytes]:
        """The packets to send now."""
        return [octets for octets, _ in self._quic.datagrams_to_send(now=self._stopwatch())]

    @property
    def timer(self) -> float | None:
        """By the stopwatch, when `tick` must be called."""
        found: float | None = self._quic.get_timer()
        return found

    def tick(self) -> list[tuple[int, bytes]]:
        """Resend what seems lost.

        Raises:
            Ended: the connection is given up.
        """
        timer = self.timer
        if timer is not None and self._stopwatch() >= timer:
            self._quic.handle_timer(now=self._stopwatch())
        return self._events()

    def receive(self, octets: bytes) -> list[tuple[int, bytes]]:
        """Take one packet in, and give the messages that are whole.

        Raises:
            Ended: the connection ends.
        """
        self._quic.receive_datagram(octets, self._target, now=self._stopwatch())
        return self._events()

    def _events(self) -> list[tuple[int, bytes]]:
        from aioquic.quic import events

        messages: list[tuple[int, bytes]] = []
        while (event := self._quic.next_event()) is not None:
            if isinstance(event, events.HandshakeCompleted):
                if event.alpn_protocol != "doq":
                    raise Ended("it does not speak doq (ALPN)", messages)
                self._shaken = True
            elif isinstance(event, events.StreamDataReceived):
                body = self._bodies.get(event.stream_id)
                if body is None:
                    continue
                body += event.data
                if len(body) > MAX_REPLY_OCTETS:
                    raise Ended("a reply of more than 65535 octets (RFC 9250 §4.2)", messages)
                if event.end_stream:
                    del self._bodies[event.stream_id]
                    if len(body) < LENGTH_OCTETS or int.from_bytes(body[:LENGTH_OCTETS]) != len(body) - LENGTH_OCTETS:
                        raise Ended("a reply whose length is not what it says (RFC 9250 §4.3.3)", messages)
                    messages.append((event.stream_id, bytes(body[LENGTH_OCTETS:])))
            elif isinstance(event, events.StreamReset):
                raise Ended(f"the server reset a stream, error {event.error_code}", messages)
            elif isinstance(event, events.ConnectionTerminated):
                text = event.reason_phrase or f"error {event.error_code}"
                raise Ended(f"QUIC: {text[:200]}", messages)
        return messages


class QuicConnection(Connection):
    """A connection of packets, which needs a timer."""

    _dialogue: Doq  # type: ignore[mutable-override]  # set once, by the base class

    def _transmit(self) -> None:
        for datagram in self._dialogue.datagrams():
            try:
                self._sock.send(datagram)
            except (BlockingIOError, InterruptedError):  # it counts as lost, and is sent again
                continue
            except OSError as failed:
                self._broken(failed)
                return
        if self._scope is not None:
            self._scope.deadline = self._wake_at()

    def _wake_at(self) -> float:
        timer = self._dialogue.timer
        if timer is None:
            return self._alarm
        return min(self._alarm, trio.current_time() + max(0.001, timer - self._stopwatch()))

    def _read(self) -> None:
        while self.lost is None:
            try:
                octets = self._sock.recv(MAX_DATAGRAM)
            except (BlockingIOError, InterruptedError):
                return
            except OSError as failed:
                self._broken(failed)
                return
            self._reads += 1
            self._handle(octets)

    def _tick(self) -> None:
        if self.lost is None:
            try:
                self._take(self._dialogue.tick())
            except Ended as ended:
                self._end(ended)

    def check(self) -> None:
        """Whether it was not idle for too long."""
        if self._is_idle() and self._stopwatch() - self.used_at >= IDLE_SECONDS:
            self._lose("it was idle")

    def _last_words(self) -> None:
        with contextlib.suppress(OSError):
            for datagram in self._dialogue.datagrams():
                self._sock.send(datagram)


class QuicServer(TcpServer):
    """A server over QUIC."""

    _connection_class: type[Connection] = QuicConnection

    def __init__(self, address: Address, clock: Clock) -> None:
        """Prepare; nothing is connected yet.

        Raises:
            BadUpstream: the package is missing, or the address has pins.
        """
        if importlib.util.find_spec("aioquic") is None:
            raise BadUpstream(f"a quic:// upstream needs the aioquic package: {INSTALL}")
        if address.pins:
            raise BadUpstream("bad upstream: a quic:// upstream takes a name after the #, but no pins")
        super().__init__(address, clock, padded=True)

    def _converse(self, target: object) -> Dialogue:
        return Doq(self._address, target, self._stopwatch)
