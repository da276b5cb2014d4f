"""Many sockets and one task: each question over UDP has a socket of its own, and none needs a task of its own.

Where the operating system can watch sockets behind a single one (epoll, kqueue), a task of trio's own waits for that
one, as long as any is watched. What happens is told by calls.
"""

from __future__ import annotations

import heapq
import selectors
import socket
from collections.abc import Callable
from itertools import count

import trio

from resolver.sources.upstream.server import NoAnswer

Selector: type[selectors.BaseSelector] = selectors.DefaultSelector


def _nothing() -> None:
    pass


class Watched:
    """One socket that is watched, until it is ended; it is closed then."""

    __slots__ = ("_desk", "deadline", "late", "over", "readable", "sock")

    def __init__(
        self,
        desk: Desk,
        sock: socket.socket,
        deadline: float,
        readable: Callable[[], None],
        late: Callable[[], None],
    ) -> None:
        self._desk = desk
        self.sock = sock
        self.deadline = deadline
        self.readable = readable
        self.late = late
        self.over = False

    def end(self) -> None:
        """Watch it no longer, and close it; nothing is called any more. Doing it twice is fine."""
        if not self.over:
            self.over = True
            self._desk.forget(self)
            self.sock.close()
            self.readable = self.late = _nothing  # its deadline is kept for a while, what it was for is not

    def expire(self) -> None:
        """Its time is over; but what came meanwhile, while others were served, came in time."""
        if not self.over:
            self.readable()
        if not self.over:
            late = self.late
            self.end()
            late()


class Desk:
    """What watches."""

    def __init__(self) -> None:
        self._selector: selectors.BaseSelector | None = None  # while the task runs
        self._watched: set[Watched] = set()
        self._due: list[tuple[float, int, Watched]] = []  # a heap; those that have ended are passed over
        self._numbers = count()
        self._scope: trio.CancelScope | None = None  # of the task's sleep

    def watch(
        self, sock: socket.socket, deadline: float, readable: Callable[[], None], late: Callable[[], None]
    ) -> Watched:
        """Watch a socket, which is closed when that ends.

        Args:
            sock: one that does not block.
            deadline: by trio's clock.
            readable: called when there is something to read, or an error; it must not raise.
            late: called when the time is over, after the end; it must not raise.

        Raises:
            NoAnswer: it cannot be done in this operating system.
        """
        if self._selector is None:
            selector = Selector()
            if not hasattr(selector, "fileno"):  # select() itself, in Windows
                selector.close()
                raise NoAnswer("network", "this operating system cannot watch sockets behind one")
            self._selector = selector
            trio.lowlevel.spawn_system_task(self._run, selector)
        watched = Watched(self, sock, deadline, readable, late)
        self._selector.register(sock, selectors.EVENT_READ, watched)
        self._watched.add(watched)
        heapq.heappush(self._due, (deadline, next(self._numbers), watched))
        if self._scope is not None and deadline < self._scope.deadline:
            self._scope.deadline = deadline
        return watched

    def forget(self, watched: Watched) -> None:
        """One has ended."""
        self._watched.discard(watched)
        if self._selector is not None:
            self._selector.unregister(watched.sock)
        if not self._watched and self._scope is not None:
            self._scope.cancel()

    def close(self) -> None:
        """The time of all is over; in the trio run that watches."""
        for watched in tuple(self._watched):
            watched.expire()

    def after_fork(self) -> None:
        """Give up this process's copies; the parent goes on with its own."""
        if self._selector is not None:
            self._selector.close()  # and nothing is unregistered: that would be the parent's loss
        self._clear()

    def _clear(self) -> None:
        self._selector = self._scope = None
        watched, self._watched, self._due = self._watched, set(), []
        for each in watched:
            each.end()

    async def _run(self, selector: selectors.BaseSelector) -> None:
        try:
            while self._watched:
                with trio.CancelScope(deadline=self._wake_at()) as self._scope:
                    await trio.lowlevel.wait_readable(selector.fileno())  # type: ignore[attr-defined]
                self._scope = None
                for key, _ in selector.select(0):
                    if not key.data.over:  # what was called before may have ended it
                        key.data.readable()
                self._expire(trio.current_time())
        finally:
            selector.close()
            self._clear()  # of which something is left only where the whole run ends

    def _wake_at(self) -> float:
        due = self._due
        while due and due[0][2].over:
            heapq.heappop(due)
        return due[0][0] if due else float("inf")

    def _expire(self, now: float) -> None:
        due = self._due
        while due and (due[0][2].over or due[0][0] <= now):
            watched = heapq.heappop(due)[2]
            watched.expire()
