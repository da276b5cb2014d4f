"""What those who wait on a connection are, and what they may be told."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Awaitable, Callable

import trio

from resolver.data.rrset import Message
from resolver.sources.upstream.server import NoAnswer, Query


class Lost(Exception):
    """The connection ended before the reply came; it never leaves the upstream.

    Attributes:
        text: why. sent: whether the question had been sent. answered: how many replies the connection had brought.
        impatient: whether it ended because another question's time was over, and this one's was not.
    """

    def __init__(self, text: str, *, sent: bool, answered: int, impatient: bool = False) -> None:
        super().__init__(text)
        self.text = text
        self.sent = sent
        self.answered = answered
        self.impatient = impatient


class Waiter:
    """One question that somebody waits for."""

    __slots__ = ("deadline", "key", "query", "reply", "sent_at", "strays", "task")

    def __init__(self, query: Query, deadline: float) -> None:
        self.query = query
        self.deadline = deadline
        self.reply: Message | Exception | None = None
        self.key = 0  # of its reply, once it is sent
        self.sent_at: int | None = None  # how many reads there had been when it was sent
        self.strays = ""
        self.task: trio.lowlevel.Task | None = None  # where it sleeps until it is woken


def timeout(detail: str) -> NoAnswer:
    """What one is told whose time is over; the server says how long that was."""
    return NoAnswer("timeout", f"; {detail}" if detail else "")


async def either(sock: socket.socket) -> None:
    """Until a socket can be read or written."""
    async with trio.open_nursery() as nursery:

        async def one(wait: Callable[[socket.socket], Awaitable[None]]) -> None:
            with contextlib.suppress(trio.ClosedResourceError):
                await wait(sock)
            nursery.cancel_scope.cancel()

        nursery.start_soon(one, trio.lowlevel.wait_readable)
        nursery.start_soon(one, trio.lowlevel.wait_writable)
