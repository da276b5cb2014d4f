"""Questions over TCP (RFC 7766): one connection a server, kept open, with many questions under way on it.

A connection that the server closed is opened anew, and questions that were on it are sent again, as RFC 7766 §6.2.4
wants it: once, and oftener while the server does answer others before it closes. A server that closes after some
replies is then given few questions at a time.
"""

from __future__ import annotations

import socket
from collections.abc import Callable

import trio

from resolver.data.rrset import Message, Question
from resolver.sources.upstream.address import Address
from resolver.sources.upstream.calling import CallingConnection
from resolver.sources.upstream.connection import KEEPALIVE, MAX_IN_FLIGHT, Connection
from resolver.sources.upstream.dialogue import Dialogue, Frames
from resolver.sources.upstream.server import Clock, NoAnswer, Query, Stopwatch, kind_of, look_up, reason, target_of
from resolver.sources.upstream.waiting import Lost

LEAST_WINDOW = 4  # ours: fewer, and one question that is never answered holds up all others
RESENDS = 30  # ours: how often a question is sent again because connections ended that had brought replies to others


class TcpServer:
    """A server over TCP, or over what is spoken on TCP."""

    reliable = True
    _connection_class: type[Connection] = CallingConnection

    def __init__(
        self, address: Address, clock: Clock, *, speak: Callable[[], Dialogue] = Frames, padded: bool = False
    ) -> None:
        """Prepare; nothing is connected yet.

        Args:
            address: where it is.
            clock: POSIX seconds.
            speak: makes the dialogue of a new connection.
            padded: whether queries are padded, on a transport that hides all but their length.
        """
        self.origin = str(address)
        self._speak = speak
        self._padded = padded
        self.over_tcp = None
        self._address = address
        self._clock = clock
        self._stopwatch = Stopwatch()
        self._targets: list[tuple[int, object]] = []
        self._connection: Connection | None = None
        self._window = MAX_IN_FLIGHT

    async def ask(self, question: Question, *, cd: bool, seconds: float) -> Message:
        """Its reply to a question.

        Raises:
            NoAnswer: none came that fits.
        """
        deadline = trio.current_time() + seconds
        query: Query | None = None
        sent = losses = 0
        while True:
            connection = await self._current()
            if query is None:
                # RFC 7828 §3.2.1: how long may it stand unused? Asked until the server has said something.
                options = ((KEEPALIVE, b""),) if not connection.answered else ()
                query = Query(question, cd=cd, options=options, padded=self._padded, stamped_later=True)
            try:
                read = await connection.ask(query, deadline)
            except NoAnswer as late:
                raise NoAnswer(late.why, f"no reply within {seconds:.3g} s{late.text}") from None
            except Lost as lost:
                losses += 1
                sent += lost.sent
                if connection is self._connection:
                    self._standing()
                # Where nothing ever comes it is tried once more, and once for each other address of the server's name;
                # whoever loses its connection to another's impatience keeps its own time.
                useless = not (lost.answered or lost.impatient or self._targets or sent == 1)
                if connection.closed or useless or losses > RESENDS or trio.current_time() >= deadline:
                    raise NoAnswer("timeout" if lost.impatient else "network", lost.text) from None
                continue
            if read.truncated:
                raise NoAnswer("unusable", "the reply is truncated even over TCP")
            return read

    def start(
        self, question: Question, *, cd: bool, seconds: float, done: Callable[[Message | Exception], None]
    ) -> Callable[[], None]:
        """Ask once, without a task; `done` is called with the reply, or with why there is none. It must not raise.

        Returns:
            what gives the question up.

        Raises:
            NoAnswer: there is no way from here, or only a longer one.
        """
        connection = self._standing()
        if connection is None:
            try:
                self._targets = self._targets or [target_of(self._address)]
            except OSError as failed:  # such as a name, which must be looked up
                raise NoAnswer("network", reason(failed)) from None
            connection = self._connection = self._connect(*self._targets[0])
        if not isinstance(connection, CallingConnection):
            raise NoAnswer("network", "this transport does not call back")
        options = ((KEEPALIVE, b""),) if not connection.answered else ()
        query = Query(question, cd=cd, options=options, padded=self._padded, stamped_later=True)

        def heard(reply: Message | Exception) -> None:
            if isinstance(reply, Lost) and connection.closed:  # nobody wants it sent again
                reply = NoAnswer("network", reply.text)
            done(reply)

        return connection.start(query, trio.current_time() + seconds, heard)

    def after_fork(self) -> None:
        """The connection is the parent's; the next question makes one of its own."""
        if self._connection is not None:
            self._connection.after_fork()
            self._connection = None

    def close(self) -> None:
        """End the connection."""
        self._targets = []
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    async def _current(self) -> Connection:
        """The connection, or a new one where there is none that stands.

        Raises:
            NoAnswer: there is no way from here.
        """
        connection = self._standing()
        if connection is None and not self._targets:
            try:
                try:
                    self._targets = [target_of(self._address)]
                except socket.gaierror:
                    if self._address.name is None:
                        raise
                    self._targets = await look_up(self._address)
            except OSError as failed:
                raise NoAnswer("network", reason(failed)) from None
            connection = self._standing()  # another may have been faster
        if connection is None:
            connection = self._connection = self._connect(*self._targets[0])
        return connection

    def _standing(self) -> Connection | None:
        connection = self._connection
        if connection is not None:
            connection.check()
            if connection.lost is None:
                return connection
            # A server that closes with questions unanswered takes about as many as it answered.
            self._window = max(LEAST_WINDOW, 2 * connection.answered) if connection.cut_off else connection.window
            if not connection.answered:
                self._targets = self._targets[1:]  # of a name with several addresses, the next one
            self._connection = None
        return None

    def _connect(self, family: int, target: object) -> Connection:
        """Begin to connect.

        Raises:
            NoAnswer: there is no way from here.
        """
        try:
            sock = socket.socket(family, kind_of(self._address))
        except OSError as failed:
            raise NoAnswer("network", reason(failed)) from None
        sock.setblocking(False)
        if sock.type == socket.SOCK_STREAM:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._connection_class(
            sock,
            target,
            self._converse(target),
            origin=self.origin,
            clock=self._clock,
            stopwatch=self._stopwatch,
            window=self._window,
        )

    def _converse(self, target: object) -> Dialogue:
        return self._speak()
