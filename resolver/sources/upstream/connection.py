"""One connection to a server, shared by all that ask it: many questions in one write, many replies in one read.

There is no background task. One of those who wait drives: it sends, reads for all, wakes whoever's reply came, and
hands the wheel over when its own has come or when it is cancelled. So a connection needs no nursery and no owner;
nothing runs while nobody waits; and one caller's cancellation touches no other's question.

Limits: nobody watches an idle connection. Whether the server closed it meanwhile is seen at the next question.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import weakref
from collections.abc import Awaitable, Callable

import trio

from resolver.data.rrset import Message
from resolver.sources.upstream.dialogue import Dialogue, Ended
from resolver.sources.upstream.server import Clock, NoAnswer, Query, reason

MAX_IN_FLIGHT = 1000  # ours: questions sent and not answered; the others wait their turn
GROW_AFTER = 10  # ours: a connection that brought as many windows is given a window of twice the size
MAX_ABANDONED = 1000  # ours: a connection with as many unanswered questions is given up
READ_OCTETS = 262_144  # ours: several hundred replies
_QUICKACK = getattr(socket, "TCP_QUICKACK", None)  # Linux


class Lost(Exception):
    """The connection ended before the reply came; it never leaves the upstream.

    Attributes:
        text: why. sent: whether the question had been sent. answered: how many replies the connection had brought.
    """

    def __init__(self, text: str, *, sent: bool, answered: int) -> None:
        super().__init__(text)
        self.text = text
        self.sent = sent
        self.answered = answered


class _Waiter:
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


class Connection:
    """A connected, or connecting, socket and the questions on it.

    Attributes:
        lost: why it ended, or None while it lives.
        cut_off: whether the server ended it with questions unanswered.
        answered: how many replies it brought.
        window: how many questions may be under way.
        used_at: by trio's clock, when a question or a reply last passed.
    """

    def __init__(
        self, sock: socket.socket, target: object, dialogue: Dialogue, *, origin: str, clock: Clock, window: int
    ) -> None:
        """Begin to connect.

        Args:
            sock: a fresh socket that does not block.
            target: the address to connect to.
            dialogue: what is spoken on it.
            origin: the server's name in messages.
            clock: POSIX seconds.
            window: how many questions may be under way until more is known of the server.
        """
        self._sock = sock
        self._dialogue = dialogue
        self._origin = origin
        self._clock = clock
        self._fresh: list[_Waiter] = []  # not sent yet
        self._flying: dict[int, _Waiter | None] = {}  # sent; None: nobody waits for that one any more
        self._abandoned = 0
        self._out = memoryview(b"")
        self._driver: _Waiter | None = None
        self._scope: trio.CancelScope | None = None  # of the driver's sleep
        self._alarm = float("inf")  # no waiter's time ends before
        self._reads = 0
        self.lost: str | None = None
        self.cut_off = False
        self.answered = 0
        self.window = window
        self.used_at = trio.current_time()
        # However its last user forgets it, the socket is closed, without a ResourceWarning.
        self._close = weakref.finalize(self, sock.close)
        try:
            failed = sock.connect_ex(target)  # type: ignore[arg-type]
        except OSError as refused:  # such as an interface that is not there
            failed = refused.errno or errno.EIO
        self._connecting = failed == errno.EINPROGRESS
        if failed and not self._connecting:
            self._lose(reason(OSError(failed, os.strerror(failed))))

    async def ask(self, query: Query, deadline: float) -> Message:
        """The reply to a question.

        Args:
            query: the question.
            deadline: by trio's clock.

        Raises:
            Lost: the connection ended before.
            NoAnswer: none came in time.
        """
        waiter = _Waiter(query, deadline)
        try:
            if self.lost is not None:
                raise Lost(self.lost, sent=False, answered=self.answered)
            self._fresh.append(waiter)
            if deadline < self._alarm:
                self._alarm = deadline
                if self._scope is not None:
                    self._scope.deadline = deadline
            if self._driver is not None and len(self._fresh) == 1:
                try:
                    await trio.lowlevel.checkpoint()  # whoever else asks in this turn shares the write
                except BaseException:
                    self._forget(waiter)
                    raise
                finally:
                    self._flush()
            while waiter.reply is None:
                if self._driver is None or self._driver is waiter:
                    await self._drive(waiter)
                else:
                    await self._sleep(waiter)
        finally:
            if waiter.reply is None:
                self._forget(waiter)
            if self._driver is waiter:  # it was given the wheel, and leaves
                self._driver = None
                self._hand_over()
        if isinstance(waiter.reply, Exception):
            raise waiter.reply
        return waiter.reply

    async def _sleep(self, waiter: _Waiter) -> None:
        """Until this waiter is woken: its reply is there, or the wheel is its."""

        def abort(_: object) -> trio.lowlevel.Abort:
            waiter.task = None
            return trio.lowlevel.Abort.SUCCEEDED

        waiter.task = trio.lowlevel.current_task()
        await trio.lowlevel.wait_task_rescheduled(abort)

    async def _drive(self, waiter: _Waiter) -> None:
        """Send and read for all until this waiter's own reply is there."""
        self._driver = waiter
        try:
            if self._fresh:
                await trio.lowlevel.checkpoint()  # whoever else asks in this turn shares the write
            while waiter.reply is None:
                self._flush()
                if waiter.reply is None:
                    await self._move()
        finally:
            self._driver = None
            self._hand_over()

    async def _move(self) -> None:
        """Wait until there is something to read, to write or to give up, and do it."""
        wait: Callable[[socket.socket], Awaitable[None]] = trio.lowlevel.wait_readable
        if self._connecting:
            wait = trio.lowlevel.wait_writable
        elif self._out:
            wait = _either
        with trio.CancelScope(deadline=self._alarm) as self._scope:
            try:
                await wait(self._sock)
            except trio.ClosedResourceError:  # whoever closed it told all
                return
            finally:
                self._scope = None
            if self._connecting:
                self._connected()
            else:
                self._read()
        now = trio.current_time()
        self.used_at = now
        if now >= self._alarm:
            self._expire(now)

    def _connected(self) -> None:
        failed = self._sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if failed:
            self._lose(reason(OSError(failed, os.strerror(failed))))
            return
        self._connecting = False

    def _flush(self) -> None:
        """Send what waits, as far as the socket takes it."""
        if self.lost is not None or self._connecting:
            return
        if self._fresh and self._dialogue.ready:
            room = self.window - len(self._flying) + self._abandoned
            go, self._fresh = self._fresh[:room], self._fresh[room:]
            for waiter in go:
                waiter.sent_at = self._reads
                waiter.key = self._dialogue.put(waiter.query, self._flying)
                self._flying[waiter.key] = waiter
        more = self._dialogue.outgoing()
        if more:
            self._out = memoryview(bytes(self._out) + more if self._out else more)
        if self._out:
            try:
                self._out = self._out[self._sock.send(self._out) :]
            except (BlockingIOError, InterruptedError):
                pass
            except OSError as failed:
                # A server that has closed may have said so, and may have replied before; that is read first.
                self._read()
                self._lose(reason(failed), cut_off=True)
                return
            if self._out and self._scope is not None:
                self._scope.cancel()  # the driver must wait for room, too

    def _read(self) -> None:
        """Read what is there, and wake those whose replies came."""
        try:
            octets = self._sock.recv(READ_OCTETS)
            if _QUICKACK is not None and octets:
                # Without it the kernel holds acknowledgements back, up to 40 ms, and the server its next segment.
                self._sock.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as failed:
            self._lose(reason(failed), cut_off=True)
            return
        self._reads += 1
        try:
            messages = self._dialogue.receive(octets)
        except Ended as ended:
            self._lose(str(ended), cut_off=True)
            return
        now = self._clock()
        for key, message in messages:
            waiter = self._flying.get(key)
            if waiter is None:
                if key in self._flying:  # an answer that nobody waits for any more
                    del self._flying[key]
                    self._abandoned -= 1
                continue
            read = waiter.query.read(message, origin=self._origin, received_at=now)
            if isinstance(read, str):  # R144: no reply; go on waiting
                waiter.strays = read
                continue
            del self._flying[key]
            self.answered += 1
            if self.answered >= GROW_AFTER * self.window and self.window < MAX_IN_FLIGHT:
                self.window *= 2
            self._settle(waiter, read)

    def _expire(self, now: float) -> None:
        """End the waiting of those whose time is over."""
        late = [key for key, waiter in self._flying.items() if waiter is not None and waiter.deadline <= now]
        silent = False
        for key in late:
            waiter = self._flying[key]
            assert waiter is not None
            self._flying[key] = None
            self._abandoned += 1
            silent = silent or waiter.sent_at == self._reads
            self._settle(waiter, _timeout(f"passed over: {waiter.strays}" if waiter.strays else ""))
        for waiter in [waiter for waiter in self._fresh if waiter.deadline <= now]:
            self._fresh.remove(waiter)
            text = "the connection is not there yet" if self._connecting else "the question waited for its turn"
            self._settle(waiter, _timeout(text))
            silent = silent or self._connecting
        if silent or self._abandoned > MAX_ABANDONED:
            self._lose("nothing comes over this connection any more")
        times = [waiter.deadline for waiter in self._flying.values() if waiter is not None]
        times += [waiter.deadline for waiter in self._fresh]
        self._alarm = min(times, default=float("inf"))

    def _settle(self, waiter: _Waiter, reply: Message | Exception) -> None:
        waiter.reply = reply
        if waiter.task is not None:
            trio.lowlevel.reschedule(waiter.task)
            waiter.task = None

    def _forget(self, waiter: _Waiter) -> None:
        """Nobody waits for this one any more; its key is not given to another until its reply came."""
        if waiter.sent_at is None:
            if waiter in self._fresh:
                self._fresh.remove(waiter)
        elif self._flying.get(waiter.key) is waiter:
            self._flying[waiter.key] = None
            self._abandoned += 1

    def _hand_over(self) -> None:
        """Give the wheel to one that sleeps. Whoever does not sleep looks for itself whether somebody drives."""
        for waiter in (*self._flying.values(), *self._fresh):
            if waiter is not None and waiter.task is not None:
                self._driver = waiter
                trio.lowlevel.reschedule(waiter.task)
                waiter.task = None
                break

    def _lose(self, text: str, *, cut_off: bool = False) -> None:
        """End the connection and tell all."""
        if self.lost is not None:
            return
        self.lost = text
        self.cut_off = cut_off and len(self._flying) > self._abandoned
        if self._scope is not None:
            trio.lowlevel.notify_closing(self._sock)
        self._close()
        waiting = [waiter for waiter in (*self._flying.values(), *self._fresh) if waiter is not None]
        for waiter in waiting:
            shown = f"{text}; passed over: {waiter.strays}" if waiter.strays else text
            self._settle(waiter, Lost(shown, sent=waiter.sent_at is not None, answered=self.answered))
        self._flying.clear()
        self._fresh.clear()

    def check(self) -> None:
        """Look whether an idle connection still stands, and read what came for nobody."""
        if not self._connecting and self._driver is None and len(self._flying) == self._abandoned:
            self._read()

    def close(self) -> None:
        """End it; whoever still waits is told."""
        self._lose("the resolver was closed")

    def after_fork(self) -> None:
        """Give up this process's copy; the parent goes on with its own. Nobody waits here: tasks do not fork."""
        self.lost = "the process was forked"
        self._close()


def _timeout(detail: str) -> NoAnswer:
    return NoAnswer("timeout", f"; {detail}" if detail else "")


async def _either(sock: socket.socket) -> None:
    """Until a socket can be read or written."""
    async with trio.open_nursery() as nursery:

        async def one(wait: Callable[[socket.socket], Awaitable[None]]) -> None:
            with contextlib.suppress(trio.ClosedResourceError):
                await wait(sock)
            nursery.cancel_scope.cancel()

        nursery.start_soon(one, trio.lowlevel.wait_readable)
        nursery.start_soon(one, trio.lowlevel.wait_writable)
