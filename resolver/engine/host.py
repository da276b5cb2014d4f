"""The hidden trio thread: where lookups of asyncio and synchronous callers run, one for the whole process.

It starts with the first call and ends when nothing has run for a while, is put away before a fork, so that the child
has one thread only, and is stopped at exit. A hop costs about 100 µs.

Limits: a process forked while calls run starts its own thread for its own calls; Python 3.12 and later warn of such a
    fork. Processes patched by gevent are not supported. Under uWSGI, threads must be enabled.
"""

from __future__ import annotations

import atexit
import concurrent.futures
import contextlib
import os
import threading
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar

import trio

T = TypeVar("T")
Future = concurrent.futures.Future

LINGER = 5.0  # seconds between two looks at whether anything still runs
START_SECONDS = 10.0  # how long to wait for the thread to start before something must be wrong
STOP_SECONDS = 2.0  # how long to wait for the thread to end at exit and before a fork

_lock = threading.Lock()  # over `_host`, and over `calls` and `ended` of every host
_host: _Host | None = None


class _Host:
    """One thread and its trio run."""

    def __init__(self, linger: float) -> None:
        self.calls = 0
        self.ended = False
        self._linger = linger
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        # A daemon, because a thread that is none would be waited for before atexit may stop it.
        self.thread = threading.Thread(target=self._run, name="dnssec-resolver", daemon=True)

    def start(self) -> None:
        self.thread.start()
        if not self._ready.wait(START_SECONDS):
            self.ended = True
            raise RuntimeError(
                f"the resolver's thread did not start within {START_SECONDS:g} s; under uWSGI set enable-threads"
            )
        if self._failure is not None:
            raise RuntimeError("the resolver's thread did not start") from self._failure

    def _run(self) -> None:
        try:
            trio.run(self._main)
        except BaseException as failed:  # noqa: BLE001 - told to whoever starts the thread
            self._failure = failed
        self.ended = True
        self._ready.set()

    async def _main(self) -> None:
        self._token = trio.lowlevel.current_trio_token()
        self._stop = trio.Event()
        async with trio.open_nursery() as self._nursery:
            self._ready.set()
            while not self.ended:
                with trio.move_on_after(self._linger):
                    await self._stop.wait()
                with _lock:  # the same lock under which a call is counted: none can come in between
                    self.ended = self._stop.is_set() or not self.calls
            self._nursery.cancel_scope.cancel()

    def soon(self, call: Callable[[], None]) -> None:
        """Run a plain function in the host's thread.

        Raises:
            trio.RunFinishedError: it has ended.
        """
        self._token.run_sync_soon(call)

    def spawn(self, fn: Callable[[], Awaitable[T]], future: Future[T], scope: trio.CancelScope) -> None:
        """Start a call; in the host's thread. A run that has ended still takes what was sent to it before."""
        try:
            self._nursery.start_soon(self._serve, fn, future, scope)
        except RuntimeError:
            if future.set_running_or_notify_cancel():
                future.set_exception(_stopped())

    async def _serve(self, fn: Callable[[], Awaitable[T]], future: Future[T], scope: trio.CancelScope) -> None:
        # From here on only we may settle the future: asyncio would cancel it at any moment, and setting the result of
        # a cancelled one raises, which would end this nursery and with it every other call.
        begun = future.set_running_or_notify_cancel()
        settle: Callable[[], None] = partial(future.set_exception, concurrent.futures.CancelledError())
        try:
            if begun:
                with scope:
                    settle = partial(future.set_result, await fn())
        except BaseException as bug:  # noqa: BLE001 - to its caller, never into the nursery
            settle = partial(future.set_exception, _stopped() if self._stop.is_set() else bug)
        with _lock:  # before the caller hears: it may be about to fork, and this call is no reason to stay
            self.calls -= 1
        if begun:
            settle()

    def stop(self) -> None:
        """Cancel whatever runs and wait for the end; from another thread."""
        with contextlib.suppress(trio.RunFinishedError):
            self.soon(self._stop.set)
        self.thread.join(STOP_SECONDS)


def _stopped() -> RuntimeError:
    return RuntimeError("the resolver was stopped during a lookup")


def submit(fn: Callable[[], Awaitable[T]], *, blocks: bool) -> tuple[Future[T], Callable[[], None]]:
    """Start an async function in the host's thread.

    Args:
        fn: what to run, under trio.
        blocks: whether the caller will wait for it without giving way.

    Returns:
        The future of its result, and a function that cancels it.

    Raises:
        RuntimeError: the thread cannot start, or the caller would wait for itself.
    """
    future: Future[T] = Future()
    scope = trio.CancelScope()
    with _lock:
        host = _running_host()
        if blocks and threading.current_thread() is host.thread:
            raise RuntimeError(
                "a blocking call from inside the resolver's own thread would wait for itself: "
                "an upstream's exchange() must not use a synchronous resolver"
            )
        host.calls += 1
        try:
            host.soon(partial(host.spawn, fn, future, scope))
        except BaseException:
            host.calls -= 1
            raise

    def cancel() -> None:
        future.cancel()  # if it has not begun
        with contextlib.suppress(trio.RunFinishedError):
            host.soon(scope.cancel)

    return future, cancel


def _running_host() -> _Host:
    """The process's host, started if there is none; under the lock."""
    global _host
    if _host is None or _host.ended:
        host = _Host(LINGER)
        host.start()
        _host = host
    return _host


def call_sync(fn: Callable[[], Awaitable[T]]) -> T:
    """Run an async function in the host's thread and wait for its result; Ctrl-C cancels it.

    Raises:
        RuntimeError: the thread cannot start, or the caller would wait for itself.
        whatever the function raises.
    """
    future, cancel = submit(fn, blocks=True)
    try:
        return future.result()
    except BaseException:
        cancel()
        raise
    finally:
        del future  # it holds the exception, whose traceback holds this frame


async def call_asyncio(fn: Callable[[], Awaitable[T]]) -> T:
    """Run an async function in the host's thread and await its result in an asyncio loop.

    Raises:
        RuntimeError: the thread cannot start.
        whatever the function raises.
    """
    import asyncio  # its caller has it already; nobody else should pay for it

    future, cancel = submit(fn, blocks=False)
    try:
        return await asyncio.wrap_future(future)
    except asyncio.CancelledError:
        cancel()
        raise
    finally:
        del future


def stop(*, only_if_idle: bool = False) -> None:
    """End the host's thread; whatever runs in it ends with RuntimeError. The next call starts it again.

    Args:
        only_if_idle: leave it alone while calls run.
    """
    global _host
    with _lock:
        host = _host
        if host is None or host.thread is threading.current_thread() or (only_if_idle and host.calls):
            return
        _host = None
    host.stop()


def _before_fork() -> None:
    """A child of a process with one thread is free of surprises."""
    stop(only_if_idle=True)


def _after_fork_in_child() -> None:
    """The host's thread is in the parent; so may be whoever held the lock."""
    global _host, _lock
    _host, _lock = None, threading.Lock()


def running() -> int:
    """How many calls run in the host's thread; -1 where there is no thread."""
    with _lock:
        return -1 if _host is None or _host.ended else _host.calls


def runs_elsewhere() -> bool:
    """Whether there is a host's thread, and it is not this one: what belongs to its run is to be touched there."""
    with _lock:
        return _host is not None and not _host.ended and _host.thread is not threading.current_thread()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork, after_in_child=_after_fork_in_child)
atexit.register(stop)
