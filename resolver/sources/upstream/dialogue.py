"""What two ends say to each other on a connection, without any socket: queries in, octets out, and back.

A `Connection` carries the octets; a dialogue knows how messages are put into them. So TCP, TLS, HTTPS and QUIC share
one piece of code that waits, wakes, times out and cleans up.
"""

from __future__ import annotations

import os
from collections.abc import Container
from typing import Protocol

from resolver.sources.upstream.server import Query

LENGTH_OCTETS = 2  # RFC 1035 §4.2.2: the length in front of each message


class Ended(Exception):
    """The dialogue is over: the other end ended it or cannot be understood. Never leaves the upstream."""


class Dialogue(Protocol):
    """One connection's protocol. `key` tells the questions under way apart."""

    @property
    def ready(self) -> bool:
        """Whether questions may be put (after a handshake, where there is one)."""
        ...

    def put(self, query: Query, taken: Container[int]) -> int:
        """Prepare a question for sending, and give the key of its reply, which is none of `taken`."""
        ...

    def outgoing(self) -> bytes:
        """What is to be sent now; once."""
        ...

    def receive(self, octets: bytes) -> list[tuple[int, bytes]]:
        """The whole messages that came, with their keys; b"" says that the other end closed.

        Raises:
            Ended: no more can come, and why.
        """
        ...


class Frames:
    """Messages over TCP, each behind its length; replies come in any order, told apart by their ID (RFC 7766 §7)."""

    ready = True

    def __init__(self) -> None:
        self._out: list[bytes] = []
        self._rest = b""
        self._random = b""

    def put(self, query: Query, taken: Container[int]) -> int:
        """Give the query an ID that no other has that is under way (RFC 7766 §6.2.1)."""
        while True:
            if not self._random:
                self._random = os.urandom(512)  # a system call for 256 of them
            ident = int.from_bytes(self._random[:2])
            self._random = self._random[2:]
            if ident not in taken:
                break
        octets = query.stamped(ident)
        self._out.append(len(octets).to_bytes(LENGTH_OCTETS))
        self._out.append(octets)
        return ident

    def outgoing(self) -> bytes:
        """All frames that wait: they leave together."""
        octets = b"".join(self._out)
        self._out.clear()
        return octets

    def receive(self, octets: bytes) -> list[tuple[int, bytes]]:
        """The whole frames.

        Raises:
            Ended: the other end closed, or sends frames that hold no message.
        """
        if not octets:
            raise Ended(self._closed())
        if self._rest:
            octets = self._rest + octets
        messages = []
        at, end = 0, len(octets)
        while at + LENGTH_OCTETS <= end:
            start = at + LENGTH_OCTETS
            stop = start + (octets[at] << 8 | octets[at + 1])
            if stop > end:
                break
            if stop < start + 2:
                raise Ended(f"the server sent a frame of {stop - start} octets, which is no DNS message")
            messages.append((octets[start] << 8 | octets[start + 1], octets[start:stop]))
            at = stop
        self._rest = octets[at:]
        return messages

    def _closed(self) -> str:
        got = len(self._rest)
        need = LENGTH_OCTETS if got < LENGTH_OCTETS else LENGTH_OCTETS + int.from_bytes(self._rest[:LENGTH_OCTETS])
        return (
            f"the server closed the connection after {got} of {need} octets"
            if got
            else "the server closed the connection"
        )
