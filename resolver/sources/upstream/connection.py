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
from collections.abc import Awaitable, Callable, Sequence

import trio

from resolver.data.rrset import Message
from resolver.sources.upstream.dialogue import Dialogue, Ended
from resolver.sources.upstream.server import Clock, Query, Stopwatch, reason
from resolver.sources.upstream.waiting import Lost, Waiter, either, timeout

KEEPALIVE = 11  # RFC 7828 §3.1
MAX_IN_FLIGHT = 1000  # ours: questions sent and not answered; the others wait their turn
GROW_AFTER = 10  # ours: a connection that brought as many windows is given a window of twice the size
MAX_ABANDONED = 1000  # ours: a connection with as many unanswered questions is given up
READ_OCTETS = 262_144  # ours: several hundred replies
SILENT = "nothing comes over this connection any more"
_QUICKACK = getattr(socket, "TCP_QUICKACK", None)  # Linux


class Connection:
    """A connected, or connecting, socket and the questions on it.

    Attributes:
        lost: why it ended, or None while it lives.
        closed: whether we ended it.
        cut_off: whether the server ended it with questions unanswered.
        answered: how many replies it brought.
        window: how many questions may be under way.
        used_at: by the stopwatch, when a question or a reply last passed.
        keep_for: seconds that the server lets it stand unused (RFC 7828 §3.1), or None where it did not say.
    """

    def __init__(
        self,
        sock: socket.socket,
        target: object,
        dialogue: Dialogue,
        *,
        origin: str,
        clock: Clock,
        stopwatch: Stopwatch,
        window: int,
    ) -> None:
        """Begin to connect.

        Args:
            sock: a fresh socket that does not block.
            target: the address to connect to.
            dialogue: what is spoken on it.
            origin: the server's name in messages.
            clock: POSIX seconds.
            stopwatch: seconds that go on from one trio run to the next.
            window: how many questions may be under way until more is known of the server.
        """
        self._sock = sock
        self._dialogue = dialogue
        self._origin = origin
        self._clock = clock
        self._fresh: list[Waiter] = []  # not sent yet
        self._flying: dict[int, Waiter | None] = {}  # sent; None: nobody waits for that one any more
        self._abandoned = 0
        self._out = memoryview(b"")
        self._driver: Waiter | Connection | None = None  # the waiter that drives; itself, for those it calls
        self._scope: trio.CancelScope | None = None  # of the driver's sleep
        self._alarm = float("inf")  # no waiter's time ends before
        self._reads = 0
        self.lost: str | None = None
        self.closed = False
        self.cut_off = False
        self.answered = 0
        self.window = window
        self._stopwatch = stopwatch
        self.used_at = stopwatch()
        self.keep_for: float | None = None
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
        waiter = Waiter(query, deadline)
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
        reply = waiter.reply
        if isinstance(reply, Exception):
            raise reply
        assert reply is not None
        return reply

    async def _sleep(self, waiter: Waiter) -> None:
        """Until this waiter is woken: its reply is there, or the wheel is its."""

        def abort(_: object) -> trio.lowlevel.Abort:
            waiter.task = None
            return trio.lowlevel.Abort.SUCCEEDED

        waiter.task = trio.lowlevel.current_task()
        await trio.lowlevel.wait_task_rescheduled(abort)

    async def _drive(self, waiter: Waiter) -> None:
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
            wait = either
        with trio.CancelScope(deadline=self._wake_at()) as self._scope:
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
        self._tick()
        self.used_at = self._stopwatch()
        now = trio.current_time()
        if now >= self._alarm:
            if not self._connecting and self.lost is None:
                self._read()  # what came meanwhile, while others were served, came in time
            self._expire(now)

    def _wake_at(self) -> float:
        """By trio's clock, when the driver must look up from its sleep."""
        return self._alarm

    def _tick(self) -> None:
        """What a dialogue with a timer does."""

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
        room = self.window - len(self._flying) + self._abandoned
        sent = 0
        for waiter in self._fresh[:room] if room > 0 else ():
            if not self._dialogue.ready:
                break
            waiter.sent_at = self._reads
            waiter.key = self._dialogue.put(waiter.query, self._flying)
            self._flying[waiter.key] = waiter
            sent += 1
        if sent:
            del self._fresh[:sent]
        self._transmit()

    def _transmit(self) -> None:
        """Send what the dialogue has to say, as far as the socket takes it."""
        try:
            more = self._dialogue.outgoing()
        except Ended as ended:
            self._lose(str(ended), cut_off=True)
            return
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
                self._broken(failed)
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
            self._broken(failed)
            return
        self._reads += 1
        self._handle(octets)

    def _handle(self, octets: bytes) -> None:
        """Give the dialogue what came."""
        try:
            self._take(self._dialogue.receive(octets))
        except Ended as ended:
            self._end(ended)

    def _end(self, ended: Ended) -> None:
        """The dialogue is over."""
        self._take(ended.messages)
        self._last_words()
        self._lose(str(ended), cut_off=True)

    def _broken(self, failed: OSError) -> None:
        """The socket is of no more use."""
        self._lose(reason(failed), cut_off=True)

    def _last_words(self) -> None:
        """Send what is left to say, such as a TLS alert."""
        with contextlib.suppress(OSError, Ended):
            self._sock.send(self._dialogue.outgoing())

    def _take(self, messages: Sequence[tuple[int, bytes]]) -> None:
        """Bring messages to those who wait for them."""
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
            if read.edns is not None and read.edns.options:
                self._note_keepalive(read.edns.options)
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
            self._settle(waiter, timeout(f"passed over: {waiter.strays}" if waiter.strays else ""))
        for waiter in [waiter for waiter in self._fresh if waiter.deadline <= now]:
            self._fresh.remove(waiter)
            text = "the connection is not there yet" if self._connecting else "the question waited for its turn"
            self._settle(waiter, timeout(text))
            silent = silent or self._connecting
        if silent or self._abandoned > MAX_ABANDONED:
            self._lose(SILENT, impatient=True)
        times = [waiter.deadline for waiter in self._flying.values() if waiter is not None]
        times += [waiter.deadline for waiter in self._fresh]
        self._alarm = min(times, default=float("inf"))

    def _settle(self, waiter: Waiter, reply: Message | Exception) -> None:
        waiter.reply = reply
        if waiter.task is not None:
            trio.lowlevel.reschedule(waiter.task)
            waiter.task = None

    def _forget(self, waiter: Waiter) -> None:
        """Nobody waits for this one any more; its key is not given to another until its reply came."""
        if waiter.sent_at is None:
            if waiter in self._fresh:
                self._fresh.remove(waiter)
        elif self._flying.get(waiter.key) is waiter:
            self._flying[waiter.key] = None
            self._abandoned += 1
            if self._abandoned > MAX_ABANDONED:  # else who cancels without end uses up all IDs
                self._lose(SILENT, impatient=True)

    def _hand_over(self) -> None:
        """Give the wheel to one that sleeps. Whoever does not sleep looks for itself whether somebody drives."""
        for waiter in (*self._flying.values(), *self._fresh):
            if waiter is not None and waiter.task is not None:
                self._driver = waiter
                trio.lowlevel.reschedule(waiter.task)
                waiter.task = None
                break

    def _lose(self, text: str, *, cut_off: bool = False, impatient: bool = False) -> None:
        """End the connection and tell all; `impatient`: for the sake of questions whose time is over."""
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
            sent = waiter.sent_at is not None
            self._settle(waiter, Lost(shown, sent=sent, answered=self.answered, impatient=impatient))
        self._flying.clear()
        self._fresh.clear()

    def _note_keepalive(self, options: tuple[tuple[int, bytes], ...]) -> None:
        for code, octets in options:
            if code == KEEPALIVE and len(octets) == 2:
                self.keep_for = int.from_bytes(octets) / 10  # RFC 7828 §3.1: units of 100 ms

    def _is_idle(self) -> bool:
        return self._driver is None and len(self._flying) == self._abandoned and not self._fresh

    def check(self) -> None:
        """Look whether an idle connection still stands, and read what came for nobody."""
        if self._connecting or not self._is_idle():
            return
        self._read()
        if self.keep_for is not None and self._stopwatch() - self.used_at >= self.keep_for:
            self._lose("it was idle for as long as the server allows (RFC 7828 §3.2.2)")

    def close(self) -> None:
        """End it; whoever still waits is told."""
        self.closed = True
        self._lose("the resolver was closed")

    def after_fork(self) -> None:
        """Give up this process's copy; the parent goes on with its own. Nobody waits here: tasks do not fork."""
        self.lost = "the process was forked"
        self._close()
