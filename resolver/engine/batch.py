"""Many lookups at once, their outcomes as they finish, for synchronous, asyncio and trio callers.

A batch is a context manager, so that leaving it, in whatever way, ends what still runs. Items are taken in the
caller's thread and only as there is room; what an item, or the caller's own upstream, raises comes out of the
iteration as it is, in no ExceptionGroup.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import math
import queue
from collections import deque
from collections.abc import Awaitable, Callable, Generator, Iterable, Iterator
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Generic, Protocol, Self, TypeVar

from resolver.engine.host import STOP_SECONDS, submit

if TYPE_CHECKING:
    import trio

I = TypeVar("I")  # noqa: E741 - an item
O = TypeVar("O")  # noqa: E741 - an outcome
O_co = TypeVar("O_co", covariant=True)


class Journey(Protocol[O_co]):
    """A lookup on its way that needs no task (`flight.Lookup`)."""

    over: bool
    on_end: Callable[[], object] | None

    def expire(self) -> None: ...

    def leave(self) -> None: ...

    def outcome(self) -> O_co: ...


class Call(Generic[O]):
    """One lookup to be made.

    Attributes:
        run: makes it, under trio.
        ready: its outcome, where that is known already.
        begin: sets it on its way, under trio, where that needs no task.
    """

    __slots__ = ("begin", "ready", "run")

    def __init__(
        self, run: Callable[[], Awaitable[O]], ready: O | None, begin: Callable[[], Journey[O]] | None = None
    ) -> None:
        self.run = run
        self.ready = ready
        self.begin = begin


class SyncBatch(Generic[I, O]):
    """A batch for a synchronous caller: `with batch as results: for item, outcome in results: …`."""

    def __init__(self, items: Iterable[I], prepare: Callable[[I], Call[O]], limit: int) -> None:
        self._items = iter(items)
        self._prepare = prepare
        self._limit = limit
        self._running: dict[concurrent.futures.Future[O], Callable[[], None]] = {}
        self._done: queue.SimpleQueue[tuple[I, concurrent.futures.Future[O]]] = queue.SimpleQueue()
        self._results: Generator[tuple[I, O], None, None] = self._run()

    def __enter__(self) -> Iterator[tuple[I, O]]:
        return self._results

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._results.close()
        for cancel in self._running.values():
            cancel()
        concurrent.futures.wait(self._running, STOP_SECONDS)

    def _run(self) -> Generator[tuple[I, O], None, None]:
        for item in self._items:
            call = self._prepare(item)
            if call.ready is not None:
                yield item, call.ready
                continue
            while len(self._running) >= self._limit:
                yield self._take(wait=True)
            self._start(item, call)
            with contextlib.suppress(queue.Empty):  # the next item may be long in coming
                while True:
                    yield self._take(wait=False)
        while self._running:
            yield self._take(wait=True)

    def _start(self, item: I, call: Call[O]) -> None:
        future, cancel = submit(call.run, blocks=True)
        self._running[future] = cancel
        future.add_done_callback(lambda done: self._done.put((item, done)))

    def _take(self, *, wait: bool) -> tuple[I, O]:
        item, future = self._done.get(wait)
        del self._running[future]
        return item, future.result()


class Crew(Protocol[I, O]):
    """What runs the lookups of an asynchronous batch."""

    async def open(self) -> None: ...

    def start(self, item: I, call: Call[O]) -> None: ...

    async def wait(self) -> tuple[I, O | BaseException]: ...

    async def give_way(self) -> None: ...

    async def close(self) -> None: ...


class AsyncBatch(Generic[I, O]):
    """A batch for an asynchronous caller: `async with batch as results: async for item, outcome in results: …`."""

    def __init__(
        self,
        items: Iterable[I],
        prepare: Callable[[I], Call[O]],
        limit: int,
        enlist: Callable[[], tuple[Crew[I, O], Callable[[], None]]],
    ) -> None:
        """Prepare.

        Args:
            items: what to look up.
            prepare: makes a call of an item.
            limit: how many run at once.
            enlist: gives the crew of the loop that runs now, and what to call when it is no longer needed.
        """
        self._items: Iterator[I] | None = iter(items)
        self._prepare = prepare
        self._limit = limit
        self._enlist = enlist
        self._count = 0

    async def __aenter__(self) -> Self:
        self._crew, self._release = self._enlist()
        try:
            await self._crew.open()
        except BaseException:
            self._release()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._items, self._count = None, 0
        try:
            await self._crew.close()
        finally:
            self._release()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> tuple[I, O]:
        while self._items is not None and self._count < self._limit:
            try:
                item = next(self._items)
            except StopIteration:
                self._items = None
                break
            call = self._prepare(item)
            if call.ready is not None:
                await self._crew.give_way()
                return item, call.ready
            self._crew.start(item, call)
            self._count += 1
        if not self._count:
            raise StopAsyncIteration
        item, result = await self._crew.wait()
        self._count -= 1
        if isinstance(result, BaseException):
            raise result
        return item, result


class TrioCrew(Generic[I, O]):
    """Runs lookups in the caller's own trio loop; only those that need one have a task of their own."""

    def __init__(self, timeout: float, settled: Callable[[], Awaitable[object]]) -> None:
        """Prepare.

        Args:
            timeout: seconds that a lookup may take.
            settled: waits until what was given up has ended.
        """
        self._timeout = timeout
        self._settled = settled
        self._journeys: dict[Journey[O], float] = {}  # when each must be over, the earliest first
        self._done: deque[tuple[I, O | BaseException]] = deque()

    async def open(self) -> None:
        """Open the nursery that the batch is wrapped around."""
        import trio

        self._manager = trio.open_nursery()
        self._nursery: trio.Nursery = await self._manager.__aenter__()
        self._waiting = trio.lowlevel.ParkingLot()

    def start(self, item: I, call: Call[O]) -> None:
        """Start one lookup."""
        import trio

        if call.begin is None:
            self._nursery.start_soon(self._one, item, call)
            return
        journey = call.begin()
        self._journeys[journey] = trio.current_time() + self._timeout
        if journey.over:
            self._ended(item, journey)
        else:
            journey.on_end = partial(self._ended, item, journey)

    def _ended(self, item: I, journey: Journey[O]) -> None:
        del self._journeys[journey]
        try:
            self._tell(item, journey.outcome())
        except BaseException as bug:  # noqa: BLE001 - it comes out of the iteration
            self._tell(item, bug)

    async def _one(self, item: I, call: Call[O]) -> None:
        import trio

        try:
            result: O | BaseException = await call.run()
        except trio.Cancelled:
            raise
        except BaseException as bug:  # noqa: BLE001 - it comes out of the iteration
            result = bug
        self._tell(item, result)

    def _tell(self, item: I, result: O | BaseException) -> None:
        self._done.append((item, result))
        self._waiting.unpark()

    async def wait(self) -> tuple[I, O | BaseException]:
        """The next that is finished."""
        import trio

        await trio.lowlevel.checkpoint_if_cancelled()
        while not self._done:
            deadline = next(iter(self._journeys.values()), math.inf)
            with trio.CancelScope(deadline=deadline):
                await self._waiting.park()
            now = trio.current_time()
            for journey in [each for each, deadline in self._journeys.items() if deadline <= now]:
                journey.expire()
        return self._done.popleft()

    async def give_way(self) -> None:
        """Let others run, where there is nothing to wait for."""
        import trio

        await trio.lowlevel.checkpoint()

    async def close(self) -> None:
        """End what still runs. The caller's own error stays outside the nursery, which would wrap it in a group."""
        self._nursery.cancel_scope.cancel()
        for journey in list(self._journeys):
            journey.leave()
        self._journeys.clear()
        await self._settled()
        await self._manager.__aexit__(None, None, None)


class AsyncioCrew(Generic[I, O]):
    """Runs lookups in the hidden trio thread for an asyncio loop."""

    async def open(self) -> None:
        """Bind to the running loop."""
        import asyncio

        self._loop = asyncio.get_running_loop()
        self._arrived = asyncio.Event()
        self._done: deque[tuple[I, concurrent.futures.Future[O]]] = deque()
        self._running: dict[concurrent.futures.Future[O], Callable[[], None]] = {}

    def start(self, item: I, call: Call[O]) -> None:
        """Start one lookup."""
        future, cancel = submit(call.run, blocks=False)
        self._running[future] = cancel
        future.add_done_callback(lambda done: self._tell(item, done))

    def _tell(self, item: I, future: concurrent.futures.Future[O]) -> None:
        """In the host's thread."""
        self._done.append((item, future))
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(self._arrived.set)

    async def wait(self) -> tuple[I, O | BaseException]:
        """The next that is finished."""
        while not self._done:
            self._arrived.clear()
            if not self._done:
                await self._arrived.wait()
        item, future = self._done.popleft()
        del self._running[future]
        failed = future.exception()
        return (item, future.result()) if failed is None else (item, failed)

    async def give_way(self) -> None:
        """Let others run, where there is nothing to wait for."""
        import asyncio

        await asyncio.sleep(0)

    async def close(self) -> None:
        """End what still runs, and wait until it has ended."""
        import asyncio

        for cancel in self._running.values():
            cancel()
        await asyncio.gather(*map(asyncio.wrap_future, self._running), return_exceptions=True)
