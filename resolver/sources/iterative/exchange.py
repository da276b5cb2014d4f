"""One query to one authoritative server, over UDP and then TCP where the reply is truncated; trio.

Queries have RD clear, for nothing is asked of others (RFC 1034 §4.3.1), and DO set. A fresh socket for each, so each has
a port of its own, and whatever does not fit the query is passed over until the time is up (RFC 5452 §9.1, R95).
"""

from __future__ import annotations

import errno
import secrets

import trio

from resolver.data import wire
from resolver.data.rrset import Message
from resolver.sources.iterative.asks import Heard, Send, Unheard
from resolver.sources.iterative.limits import TCP_SECONDS
from resolver.sources.upstream.address import Address
from resolver.sources.upstream.server import Clock, open_socket, reason

MAX_DATAGRAM = 65535  # octets
MAX_STRAYS = 100  # ours: packets that do not fit, a query; more is an attack in progress (RFC 5452 §9)
_HEADER, _TC = 12, 0x02  # octets of a header, and the TC bit in the third of them (RFC 1035 §4.1.1)
_NO_WAY = frozenset({errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT})


class Exchange:
    """Sends queries to one port."""

    def __init__(self, port: int, clock: Clock) -> None:
        self._port = port
        self._clock = clock

    async def __call__(self, send: Send) -> Heard | Unheard:
        """What became of one query."""
        began = trio.current_time()
        read: Message | Unheard | None = None
        try:
            if not send.tcp:
                with trio.move_on_after(send.seconds):
                    read = await self._udp(send)
                if isinstance(read, Message) and not read.truncated:
                    return self._heard(read, began)
                if isinstance(read, Unheard):
                    return read
                if read is None:
                    return self._unheard("timeout", f"no reply within {send.seconds:g} s")
            # Nothing of a truncated reply is used: what was cut off might be a signature (RFC 2181 §9).
            spent = trio.current_time() - began
            read = None
            with trio.move_on_after(TCP_SECONDS):
                read = await self._tcp(send)
        except OSError as failed:
            return self._unheard("network", reason(failed), no_way=failed.errno in _NO_WAY)
        except trio.BrokenResourceError:
            return self._unheard("network", "the connection broke")
        if isinstance(read, Unheard):
            return read
        if read is None:
            return self._unheard("timeout", f"truncated over UDP, and no reply over TCP within {TCP_SECONDS:g} s")
        return self._heard(read, began if send.tcp else trio.current_time() - spent)

    def _heard(self, message: Message, began: float) -> Heard:
        return Heard(message, trio.current_time() - began, self._clock())

    def _unheard(self, why: str, text: str, *, no_way: bool = False) -> Unheard:
        return Unheard(why, text, self._clock(), no_way)

    async def _udp(self, send: Send) -> Message | Unheard:
        address = Address("udp", send.host, self._port)
        ident = secrets.randbits(16)
        with await open_socket(address) as socket:
            await socket.send(_query(send, ident))
            read: Message | str = ""
            for _ in range(MAX_STRAYS):
                read = self._read(send, ident, await socket.recv(MAX_DATAGRAM), address)
                if isinstance(read, Message):
                    return read
        return self._unheard("unusable", f"{MAX_STRAYS} packets that fit no query of ours, the last as {read}")

    async def _tcp(self, send: Send) -> Message | Unheard:
        address = Address("tcp", send.host, self._port)
        ident = secrets.randbits(16)
        query = _query(send, ident)
        with await open_socket(address) as socket:
            stream = trio.SocketStream(socket)
            await stream.send_all(len(query).to_bytes(2) + query)  # RFC 1035 §4.2.2
            head = await _octets(stream, 2)
            octets = await _octets(stream, int.from_bytes(head)) if head is not None else None
        if octets is None:
            return self._unheard("network", "the server closed the connection before its reply was whole")
        read = self._read(send, ident, octets, address)
        if isinstance(read, str):
            return self._unheard("unusable", read)
        return read if not read.truncated else self._unheard("unusable", "the reply is truncated even over TCP")

    def _read(self, send: Send, ident: int, octets: bytes, address: Address) -> Message | str:
        """The reply in the octets, or why they are none to this query."""
        if octets[:2] != ident.to_bytes(2):
            return "another ID"
        if len(octets) >= _HEADER and octets[2] & _TC:
            # It may be cut off anywhere (RFC 1035 §4.2.1), in the middle of a record too: only its question is read.
            octets = octets[:6] + bytes(6) + octets[_HEADER:]
        try:
            message = wire.read(octets, origin=str(address), received_at=self._clock(), cd=send.cd)
        except wire.BadMessage as refused:
            return f"no DNS reply: {refused}"
        return message if message.question == send.question else f"a reply to another question, {message.question}"


def _query(send: Send, ident: int) -> bytes:
    return wire.write_query(send.question, ident, cd=False, recurse=False, edns=send.edns)


async def _octets(stream: trio.SocketStream, count: int) -> bytes | None:
    """So many octets, or None where the connection ends before."""
    received = bytearray()
    while len(received) < count:
        some = await stream.receive_some(count - len(received))
        if not some:
            return None
        received += some
    return bytes(received)
