"""Questions over UDP (RFC 1035 §4.2.1): a fresh socket for each, so that each has a port of its own (RFC 5452 §9.2).

Beside port and ID a forger must guess the case of the name's letters (0x20) and, where the server has cookies, ours
(RFC 7873). Whatever does not fit (another sender, ID or question, no DNS reply) is passed over until the time is up: a
forged packet that comes first must not silence the real one (R95).

Where a server cannot do a thing, it is asked again without it: names in lower case, where it does not keep the case;
no cookie, where it calls that a format error; over TCP, where it is truncated or its cookies fail.

Not done: EDNS is never left out. A server without it cannot send signatures (RFC 3225 §3): it is named as unfit.
"""

from __future__ import annotations

import socket

import trio

from resolver.data.rrset import Message, Question
from resolver.sources.upstream.address import Address
from resolver.sources.upstream.cookie import BADCOOKIE, Cookies
from resolver.sources.upstream.server import Clock, NoAnswer, Query, reason, target_of
from resolver.sources.upstream.tcp import TcpServer
from resolver.sources.usable import FORMERR

MAX_DATAGRAM = 65535  # octets; what is larger than we asked for is read all the same
_HEADER_OCTETS = 12  # RFC 1035 §4.1.1
NO_EDNS = "FORMERR: it does not understand EDNS (RFC 6891 §7), so this upstream is not DNSSEC-aware"


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
        if strays.format_error:
            raise NoAnswer("unfit", NO_EDNS)
        ignored = f"; {strays.count} packets were passed over, the last as {strays.last}" if strays.count else ""
        raise NoAnswer("timeout", f"no reply within {seconds:.3g} s{ignored}")

    def after_fork(self) -> None:
        """Another process is another client to the server."""
        self._cookies.forget()
        self.over_tcp.after_fork()

    def close(self) -> None:
        """End the connection over TCP."""
        self.over_tcp.close()

    async def _converse(self, question: Question, cd: bool, strays: _Strays) -> Message | str:
        """The reply, or why it must be asked for over TCP."""
        cookies = self._cookies
        again = False  # whether the server refused our cookie once
        while True:
            mixed, sent_cookie = self._mixed, not cookies.off
            query = Query(question, cd=cd, options=cookies.options(), mixed=mixed)
            read = await self._exchange(query, strays)
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
        if self._target is None:
            self._target = target_of(self._address)
        family, target = self._target
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.setblocking(False)
            # Connected: the kernel chooses a random free port, drops what others send, and reports refusals.
            sock.connect(target)  # type: ignore[arg-type]
            sock.send(query.octets)
            while True:
                await trio.lowlevel.wait_readable(sock)
                try:
                    octets = sock.recv(MAX_DATAGRAM)
                except BlockingIOError:  # a packet with a bad checksum
                    continue
                read = query.read(octets, origin=self.origin, received_at=self._clock())
                if isinstance(read, str):
                    strays.add(octets, query, read)
                elif self._cookies.is_forged(read):
                    strays.add(octets, query, "a reply with another cookie than ours")
                else:
                    return read
