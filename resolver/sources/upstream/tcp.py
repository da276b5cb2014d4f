"""Questions over TCP (RFC 7766): each message is preceded by its length in two octets (RFC 1035 §4.2.2).

Not done: one connection for many questions (RFC 7766 §6.2.1); here each question has its own.
"""

from __future__ import annotations

import trio

from resolver.data.rrset import Message, Question
from resolver.sources.upstream.address import Address
from resolver.sources.upstream.server import Clock, NoAnswer, Query, open_socket, reason


class TcpServer:
    """A server over TCP."""

    def __init__(self, address: Address, clock: Clock) -> None:
        self.origin = str(address)
        self.over_tcp = None
        self._address = address
        self._clock = clock

    async def ask(self, question: Question, *, cd: bool, seconds: float) -> Message:
        """Its reply to a question.

        Raises:
            NoAnswer: none came that fits.
        """
        try:
            with trio.move_on_after(seconds):
                return await self._ask(Query(question, cd=cd))
        except OSError as failed:
            raise NoAnswer("network", reason(failed)) from None
        except trio.BrokenResourceError as failed:
            cause = failed.__cause__
            raise NoAnswer("network", reason(cause) if isinstance(cause, OSError) else "the connection broke") from None
        raise NoAnswer("timeout", f"no reply within {seconds:g} s")

    def after_fork(self) -> None:
        """Nothing is kept between questions."""

    async def _ask(self, query: Query) -> Message:
        with await open_socket(self._address) as socket:
            stream = trio.SocketStream(socket)
            await stream.send_all(len(query.octets).to_bytes(2) + query.octets)
            received = await self._octets(stream, int.from_bytes(await self._octets(stream, 2)))
            read = query.read(received, origin=self.origin, received_at=self._clock())
            if isinstance(read, str):
                raise NoAnswer("unusable", read)
            if read.truncated:
                raise NoAnswer("unusable", "the reply is truncated even over TCP")
            return read

    async def _octets(self, stream: trio.SocketStream, count: int) -> bytes:
        received = bytearray()
        while len(received) < count:
            some = await stream.receive_some(count - len(received))
            if not some:
                raise NoAnswer("network", f"the server closed the connection after {len(received)} of {count} octets")
            received += some
        return bytes(received)
