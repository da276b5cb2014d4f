"""Questions over UDP (RFC 1035 §4.2.1): a fresh socket for each, so that each has a port of its own (RFC 5452 §9.2).

Whatever does not fit (another sender, ID or question, no DNS reply) is passed over until the time is up: a forged
packet that comes first must not silence the real one (R95).

Not done: 0x20, cookies (RFC 7873).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from resolver.data.rrset import Message, Question
from resolver.sources.upstream.address import Address
from resolver.sources.upstream.server import Clock, NoAnswer, Query, open_socket, reason
from resolver.sources.upstream.tcp import TcpServer

if TYPE_CHECKING:
    from trio.socket import SocketType

MAX_DATAGRAM = 65535  # octets; what is larger than we asked for is read all the same


class UdpServer:
    """A server over UDP; a truncated reply is asked for again over TCP (RFC 7766 §5)."""

    def __init__(self, address: Address, clock: Clock) -> None:
        self.origin = str(address)
        self.over_tcp = TcpServer(address._replace(transport="tcp"), clock)
        self._address = address
        self._clock = clock

    async def ask(self, question: Question, *, cd: bool, seconds: float) -> Message:
        """Its reply to a question; over TCP where it is too long for a packet.

        Raises:
            NoAnswer: none came that fits.
        """
        message = await self._ask(Query(question, cd=cd), seconds)
        if not message.truncated:
            return message
        try:
            # Nothing of a truncated reply is used: what was cut off might be a signature (RFC 2181 §9).
            return await self.over_tcp.ask(question, cd=cd, seconds=seconds)
        except NoAnswer as failed:
            raise NoAnswer(failed.why, f"the reply was truncated, and over TCP: {failed.text}") from None

    def after_fork(self) -> None:
        """Nothing is kept between questions, but for the connection over TCP."""
        self.over_tcp.after_fork()

    def close(self) -> None:
        """End the connection over TCP."""
        self.over_tcp.close()

    async def _ask(self, query: Query, seconds: float) -> Message:
        strays: list[str] = []
        try:
            with trio.move_on_after(seconds):
                # Connected: the kernel chooses a random free port, drops what others send, and reports refusals.
                with await open_socket(self._address) as socket:
                    await socket.send(query.octets)
                    return await self._receive(socket, query, strays)
        except OSError as failed:
            raise NoAnswer("network", reason(failed)) from None
        ignored = f"; {len(strays)} packets were passed over, the last as {strays[-1]}" if strays else ""
        raise NoAnswer("timeout", f"no reply within {seconds:g} s{ignored}")

    async def _receive(self, socket: SocketType, query: Query, strays: list[str]) -> Message:
        while True:
            octets = await socket.recv(MAX_DATAGRAM)
            read = query.read(octets, origin=self.origin, received_at=self._clock())
            if isinstance(read, Message):
                return read
            strays.append(read)
