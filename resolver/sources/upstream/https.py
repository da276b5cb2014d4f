"""DNS over HTTPS (RFC 8484): one HTTP/2 connection, a POST each question; the `h2` package does HTTP/2 (RFC 9113).

Limits: the server must speak HTTP/2, which RFC 8484 §5.2 calls the least to use. No cookies, no caching, no redirects.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Container
from typing import Any

from resolver.data.writer import MAX_MESSAGE_OCTETS
from resolver.errors import BadUpstream
from resolver.sources.upstream.address import Address
from resolver.sources.upstream.dialogue import Ended
from resolver.sources.upstream.server import Query

MEDIA_TYPE = "application/dns-message"  # RFC 8484 §6
INSTALL = "pip install 'dnssec-resolver[https]'"


def check_installed() -> None:
    """Refuse an https address where its library is missing.

    Raises:
        BadUpstream: it is; the message says how to install it.
    """
    if importlib.util.find_spec("h2") is None:
        raise BadUpstream(f"an https:// upstream needs the h2 package: {INSTALL}")


class Http2:
    """Questions and replies as HTTP/2 streams; inside TLS."""

    def __init__(self, address: Address) -> None:
        import h2.config
        import h2.connection

        self._h2: Any = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, header_encoding=None))
        self._h2.initiate_connection()
        name = address.name or address.host
        authority = f"[{name}]" if ":" in name else name
        self._headers = [
            (":method", "POST"),
            (":scheme", "https"),
            (":authority", authority if address.port == 443 else f"{authority}:{address.port}"),
            (":path", address.path),
            ("accept", MEDIA_TYPE),
            ("content-type", MEDIA_TYPE),
        ]
        self._bodies: dict[int, bytearray] = {}

    @property
    def ready(self) -> bool:
        """Whether the server takes one more stream (RFC 9113 §5.1.2)."""
        return bool(self._h2.open_outbound_streams < self._h2.remote_settings.max_concurrent_streams)

    def put(self, query: Query, taken: Container[int]) -> int:
        """One POST. The ID is 0, so that equal questions are equal octets (RFC 8484 §4.1)."""
        octets = query.stamped(0)
        stream: int = self._h2.get_next_available_stream_id()
        self._h2.send_headers(stream, [*self._headers, ("content-length", str(len(octets)))])
        self._h2.send_data(stream, octets, end_stream=True)
        self._bodies[stream] = bytearray()
        return stream

    def outgoing(self) -> bytes:
        """What h2 has to send."""
        return bytes(self._h2.data_to_send())

    def receive(self, octets: bytes) -> list[tuple[int, bytes]]:
        """The bodies of the replies that are whole.

        Raises:
            Ended: the connection ends, or what comes is no HTTP/2.
        """
        import h2.events
        import h2.exceptions

        if not octets:
            raise Ended("the server closed the connection")
        try:
            events = self._h2.receive_data(octets)
        except h2.exceptions.ProtocolError as failed:
            raise Ended(f"HTTP/2: {str(failed) or type(failed).__name__}") from None
        messages: list[tuple[int, bytes]] = []
        for event in events:
            if isinstance(event, h2.events.ResponseReceived):
                headers: Any = event.headers or ()
                status = bytes(dict(headers).get(b":status", b"")).decode("ascii", "replace")
                if status != "200":
                    raise Ended(f"HTTP status {status[:3]} instead of 200 (RFC 8484 §4.2.1)", messages)
            elif isinstance(event, h2.events.DataReceived):
                self._h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                body = self._bodies.get(event.stream_id)
                if body is not None:
                    body += event.data
                    if len(body) > MAX_MESSAGE_OCTETS:
                        raise Ended(f"a reply of more than {MAX_MESSAGE_OCTETS} octets (RFC 8484 §6)", messages)
            elif isinstance(event, h2.events.StreamEnded):
                body = self._bodies.pop(event.stream_id, None)
                if body is not None:
                    messages.append((event.stream_id, bytes(body)))
            elif isinstance(event, h2.events.StreamReset):
                raise Ended(f"the server reset a stream, HTTP/2 error {event.error_code}", messages)
            elif isinstance(event, h2.events.ConnectionTerminated):
                raise Ended("the server is going away (HTTP/2 GOAWAY)", messages)
        return messages
