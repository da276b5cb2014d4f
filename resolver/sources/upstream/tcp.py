"""Questions over TCP (RFC 7766): one connection a server, kept open, with many questions under way on it.

A connection that the server closed is opened anew, and questions that were on it are sent again, as RFC 7766 §6.2.4
wants it: once, or oftener while the server does answer others before it closes. A server that closes after some
replies is then given as many questions at a time.
"""

from __future__ import annotations

import socket

import trio

from resolver.data.rrset import Message, Question
from resolver.sources.upstream.address import Address
from resolver.sources.upstream.connection import MAX_IN_FLIGHT, Connection, Lost
from resolver.sources.upstream.dialogue import Dialogue, Frames
from resolver.sources.upstream.server import Clock, NoAnswer, Query, reason, target_of

RESENDS = 10  # ours: how often a question is sent again because connections ended that had brought replies to others


class TcpServer:
    """A server over TCP."""

    def __init__(self, address: Address, clock: Clock) -> None:
        self.origin = str(address)
        self.over_tcp = None
        self._address = address
        self._clock = clock
        self._connection: Connection | None = None
        self._window = MAX_IN_FLIGHT

    async def ask(self, question: Question, *, cd: bool, seconds: float) -> Message:
        """Its reply to a question.

        Raises:
            NoAnswer: none came that fits.
        """
        deadline = trio.current_time() + seconds
        query = Query(question, cd=cd)
        sent = 0
        while True:
            connection = self._current()
            try:
                read = await connection.ask(query, deadline)
            except NoAnswer as late:
                raise NoAnswer(late.why, f"no reply within {seconds:g} s{late.text}") from None
            except Lost as lost:
                sent += lost.sent
                # A connection that never brought anything would not do so the next time.
                if not lost.answered or sent > RESENDS or trio.current_time() >= deadline:
                    raise NoAnswer("network", lost.text) from None
                continue
            if read.truncated:
                raise NoAnswer("unusable", "the reply is truncated even over TCP")
            return read

    def after_fork(self) -> None:
        """The connection is the parent's; the next question makes one of its own."""
        if self._connection is not None:
            self._connection.after_fork()
            self._connection = None

    def close(self) -> None:
        """End the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _current(self) -> Connection:
        """The connection, or a new one where there is none that stands."""
        connection = self._connection
        if connection is not None:
            connection.check()
            if connection.lost is None:
                return connection
            if connection.cut_off:  # it ended with questions unanswered
                self._window = max(1, connection.answered)
            else:
                self._window = connection.window
        self._connection = connection = self._connect()
        return connection

    def _connect(self) -> Connection:
        """Begin to connect.

        Raises:
            NoAnswer: there is no way from here.
        """
        try:
            family, target = target_of(self._address)
            sock = socket.socket(family, socket.SOCK_STREAM)
        except OSError as failed:
            raise NoAnswer("network", reason(failed)) from None
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return Connection(sock, target, self._dialogue(), origin=self.origin, clock=self._clock, window=self._window)

    def _dialogue(self) -> Dialogue:
        return Frames()
