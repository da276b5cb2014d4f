"""Questions over UDP (RFC 1035 §4.2.1): a fresh socket for each, so that each has a port of its own (RFC 5452 §9.2).

Beside port and ID a forger must guess the case of the name's letters (0x20) and, where the server has cookies, ours
(RFC 7873). Whatever does not fit (another sender, ID or question, no DNS reply) is passed over until the time is up: a
forged packet that comes first must not silence the real one (R95).

Where a server cannot do a thing, it is asked again without it: names in lower case, where it does not keep the case;
no cookie, where it calls that a format error; over TCP, where it is truncated or its cookies fail.

What is said and heard (`_conversation`) is the same for a question that a task waits for and for one whose reply is
brought by a call.

Not done: EDNS is never left out. A server without it cannot send signatures (RFC 3225 §3): it is named as unfit.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Generator
from typing import TypeAlias

import trio

from resolver.data.rrset import Message, Question
from resolver.sources.upstream.address import Address
from resolver.sources.upstream.cookie import BADCOOKIE, Cookies
from resolver.sources.upstream.datagrams import Desk, Watched
from resolver.sources.upstream.server import Clock, NoAnswer, Query, reason, target_of
from resolver.sources.upstream.tcp import TcpServer
from resolver.sources.usable import FORMERR

MAX_DATAGRAM = 65535  # octets; what is larger than we asked for is read all the same
_HEADER_OCTETS = 12  # RFC 1035 §4.1.1
NO_EDNS = "FORMERR: it does not understand EDNS (RFC 6891 §7), so this upstream is not DNSSEC-aware"


Conversation: TypeAlias = Generator[Query, Message, Message | str]  # a reply, or why it must be asked for over TCP


class _Strays:
    """What was passed over while waiting for one reply."""

    def __init__(self) -> None:
        self.count = 0
        self.last = ""
        self.format_error = False  # a bare header: too little to be taken for a reply while another may come

    def add(self, octets: bytes, query: Query, why: str) -> None:
        self.count += 1
        self.last = why
        if len(octets) == _HEADER_OCTETS and octets[2] & 0x80 and octets[3] & 0xF == FORMERR:
            self.format_error = self.format_error or octets[:2] == query.octets[:2]

    def instead_of_a_reply(self, seconds: float) -> NoAnswer:
        """What to say when the time is over."""
        if self.format_error:
            return NoAnswer("unfit", NO_EDNS)
        ignored = f"; {self.count} packets were passed over, the last as {self.last}" if self.count else ""
        return NoAnswer("timeout", f"no reply within {seconds:.3g} s{ignored}")


class UdpServer:
    """A server over UDP; a truncated reply is asked for again over TCP (RFC 7766 §5)."""

    reliable = False

    def __init__(self, address: Address, clock: Clock) -> None:
        self.origin = str(address)
        self.over_tcp = TcpServer(address._replace(transport="tcp"), clock)
        self._address = address
        self._target: tuple[int, object] | None = None
        self._clock = clock
        self._mixed = True  # until the server turns out not to keep the case
        self._cookies = Cookies()
        self._desk = Desk()

    async def ask(self, question: Question, *, cd: bool, seconds: float) -> Message:
        """Its reply to a question; over TCP where it is too long for a packet.

        Raises:
            NoAnswer: none came that fits.
        """
        deadline = trio.current_time() + seconds
        strays = _Strays()
        try:
            with trio.CancelScope(deadline=deadline):
                read = await self._converse(question, cd, strays)
                if isinstance(read, Message):
                    return read
                return await self._by_tcp(question, cd, deadline, read)
        except OSError as failed:
            raise NoAnswer("network", reason(failed)) from None
        raise strays.instead_of_a_reply(seconds)

    def start(
        self, question: Question, *, cd: bool, seconds: float, done: Callable[[Message | Exception], None]
    ) -> Callable[[], None]:
        """The same without a task; `done` is called with the reply, or with why there is none. It must not raise.

        Returns:
            what gives the question up.

        Raises:
            NoAnswer: there is no way from here, or only a longer one.
        """
        try:
            return _Flight(self, self._desk, self._conversation(question, cd), seconds, done).give_up
        except OSError as failed:
            raise NoAnswer("network", reason(failed)) from None

    def after_fork(self) -> None:
        """Another process is another client to the server."""
        self._cookies.forget()
        self._desk.after_fork()
        self.over_tcp.after_fork()

    def close(self) -> None:
        """End the connection over TCP, and the time of what is brought by calls."""
        self._desk.close()
        self.over_tcp.close()

    async def _converse(self, question: Question, cd: bool, strays: _Strays) -> Message | str:
        """The reply, or why it must be asked for over TCP."""
        conversation = self._conversation(question, cd)
        query = next(conversation)
        while True:
            read = await self._exchange(query, strays)
            try:
                query = conversation.send(read)
            except StopIteration as over:
                return over.value  # type: ignore[no-any-return]

    def _conversation(self, question: Question, cd: bool) -> Conversation:
        """What to send, one after the other; it is sent the reply to each, if one comes."""
        cookies = self._cookies
        again = False  # whether the server refused our cookie once
        while True:
            mixed, sent_cookie = self._mixed, not cookies.off
            query = Query(question, cd=cd, options=cookies.options(), mixed=mixed)
            read = yield query
            if mixed and not query.same_case(read):
                # A forger who got everything else right has won nothing yet: the next query has another port and ID.
                self._mixed = False
                continue
            if not cookies.take(read):
                cookies.forget()
                return "its cookie is missing (RFC 7873 §5.3)"
            if read.rcode == BADCOOKIE:
                if again or cookies.off:
                    return "it refuses its own cookie, BADCOOKIE (RFC 7873 §5.3)"
                again = True
                continue
            if read.rcode == FORMERR and read.edns is None and not read.answer:
                if not sent_cookie:
                    raise NoAnswer("unfit", NO_EDNS)
                cookies.off = True
                continue
            # Nothing of a truncated reply is used: what was cut off might be a signature (RFC 2181 §9).
            return "the reply was truncated" if read.truncated else read

    async def _by_tcp(self, question: Question, cd: bool, deadline: float, why: str) -> Message:
        try:
            return await self.over_tcp.ask(question, cd=cd, seconds=deadline - trio.current_time())
        except NoAnswer as failed:
            raise NoAnswer(failed.why, f"{why}, and over TCP: {failed.text}") from None

    async def _exchange(self, query: Query, strays: _Strays) -> Message:
        """Send one packet and wait, for ever, for a reply that fits."""
        with self.sent(query) as sock:
            while True:
                await trio.lowlevel.wait_readable(sock)
                read = self.received(sock, query, strays)
                if read is not None:
                    return read

    def sent(self, query: Query) -> socket.socket:
        """The socket from which a query was sent.

        Raises:
            OSError: it cannot be.
        """
        if self._target is None:
            self._target = target_of(self._address)
        family, target = self._target
        sock = socket.socket(family, socket.SOCK_DGRAM)
        try:
            sock.setblocking(False)
            # Connected: the kernel chooses a random free port, drops what others send, and reports refusals.
            sock.connect(target)  # type: ignore[arg-type]
            sock.send(query.octets)
        except BaseException:
            sock.close()
            raise
        return sock

    def received(self, sock: socket.socket, query: Query, strays: _Strays) -> Message | None:
        """The next packet, if it is a reply that fits.

        Raises:
            OSError: the server refuses packets.
        """
        try:
            octets = sock.recv(MAX_DATAGRAM)
        except BlockingIOError:  # a packet with a bad checksum
            return None
        read = query.read(octets, origin=self.origin, received_at=self._clock())
        if isinstance(read, str):
            strays.add(octets, query, read)
            return None
        if self._cookies.is_forged(read):
            strays.add(octets, query, "a reply with another cookie than ours")
            return None
        return read


class _Flight:
    """One question whose reply is brought by a call."""

    def __init__(
        self,
        server: UdpServer,
        desk: Desk,
        conversation: Conversation,
        seconds: float,
        done: Callable[[Message | Exception], None],
    ) -> None:
        """Send it.

        Raises:
            OSError: it cannot be.
            NoAnswer: the operating system cannot do it this way.
        """
        self._server = server
        self._desk = desk
        self._conversation = conversation
        self._seconds = seconds
        self._deadline = trio.current_time() + seconds
        self._done = done
        self._strays = _Strays()
        self._over_tcp: Callable[[], None] | None = None
        self._send(next(conversation))

    def give_up(self) -> None:
        """Nobody waits for it any more."""
        self._watched.end()
        if self._over_tcp is not None:
            self._over_tcp()

    def _send(self, query: Query) -> None:
        self._query = query
        sock = self._server.sent(query)
        try:
            self._watched: Watched = self._desk.watch(sock, self._deadline, self._readable, self._late)
        except BaseException:
            sock.close()
            raise

    def _readable(self) -> None:
        watched = self._watched
        try:
            read = self._server.received(watched.sock, self._query, self._strays)
            if read is None:
                return
            watched.end()
            self._send(self._conversation.send(read))
        except StopIteration as over:
            self._answered(over.value)
        except NoAnswer as failed:
            self._done(failed)
        except OSError as failed:
            watched.end()
            self._done(NoAnswer("network", reason(failed)))

    def _answered(self, reply: Message | str) -> None:
        if isinstance(reply, Message):
            self._done(reply)
            return
        left = self._deadline - trio.current_time()
        query = self._query
        try:
            self._over_tcp = self._server.over_tcp.start(query.question, cd=query.cd, seconds=left, done=self._done)
        except NoAnswer as failed:
            self._done(NoAnswer(failed.why, f"{reply}, and over TCP: {failed.text}"))

    def _late(self) -> None:
        self._done(self._strays.instead_of_a_reply(self._seconds))
