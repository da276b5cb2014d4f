"""A caller's own upstream: a function octets -> octets, or an object with a trio coroutine `exchange(query)`.

A function runs in a worker thread, one call at a time: it may block, and need not be thread-safe. OSError, and so
TimeoutError, means that no reply came; any other exception is the caller's own and reaches it unchanged.

Limits: no time of ours ends a call; a lookup whose time is over leaves it behind, and the next call waits for it.
"""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, cast, runtime_checkable

import trio

from resolver.data.rrset import Message, Question
from resolver.errors import BadUpstream
from resolver.sources.upstream.server import Clock, NoAnswer, Query, Trouble, reason


@runtime_checkable
class Exchanger(Protocol):
    """An upstream that trio awaits."""

    def exchange(self, query: bytes, /) -> Awaitable[bytes]:
        """The reply to a query, both without a length in front."""
        ...


class _Own(ABC):
    """What both kinds have in common."""

    reliable = True

    def __init__(self, origin: str, clock: Clock) -> None:
        self.origin = origin
        self.over_tcp = None
        self._clock = clock

    @abstractmethod
    async def _exchange(self, octets: bytes) -> object: ...

    def close(self) -> None:  # noqa: B027 - nothing to do is what both do
        """Nothing is kept open here; what a caller gave is the caller's."""

    async def ask(self, question: Question, *, cd: bool, seconds: float) -> Message:
        """Its reply to a question; `seconds` is not enforced here.

        Raises:
            NoAnswer: none came that fits.
            TypeError: what it returned is no octets.
        """
        query = Query(question, cd=cd)
        try:
            octets = await self._exchange(query.octets)
        except OSError as failed:
            why: Trouble = "timeout" if isinstance(failed, TimeoutError) else "network"
            raise NoAnswer(why, reason(failed)) from None
        if not isinstance(octets, bytes | bytearray | memoryview):
            raise TypeError(f"{self.origin} must return the reply as bytes, not {type(octets).__name__}")
        read = query.read(bytes(octets), origin=self.origin, received_at=self._clock())
        if isinstance(read, str):
            raise NoAnswer("unusable", read)
        if read.truncated:
            raise NoAnswer("unusable", "the reply is truncated (TC); the function must return the whole one")
        return read


class FunctionServer(_Own):
    """A function f(query: bytes) -> bytes."""

    one_at_a_time = True

    def __init__(self, function: Callable[[bytes], bytes], clock: Clock) -> None:
        super().__init__(f"function {_name(function)}", clock)
        self._function = function
        self._one = trio.CapacityLimiter(1)

    def after_fork(self) -> None:
        """A call that the parent process has under way does not hold up this one."""
        self._one = trio.CapacityLimiter(1)

    async def _exchange(self, octets: bytes) -> object:
        return await trio.to_thread.run_sync(self._function, octets, abandon_on_cancel=True, limiter=self._one)


class ExchangeServer(_Own):
    """An object with a trio coroutine `exchange(query: bytes) -> bytes`; several calls may run at once."""

    def __init__(self, exchanger: Exchanger, clock: Clock) -> None:
        super().__init__(f"object {type(exchanger).__qualname__}", clock)
        self._exchanger = exchanger

    def after_fork(self) -> None:
        """Nothing is kept between questions."""

    async def _exchange(self, octets: bytes) -> object:
        return await self._exchanger.exchange(octets)


def own_server(upstream: Any, clock: Clock) -> FunctionServer | ExchangeServer:
    """The server that a function or an object is.

    Raises:
        BadUpstream: it is neither, or a coroutine function where a plain one is needed.
    """
    if isinstance(upstream, Exchanger) and not isinstance(upstream, type):
        return ExchangeServer(upstream, clock)
    if callable(upstream) and not isinstance(upstream, type):
        if inspect.iscoroutinefunction(upstream):
            raise BadUpstream(
                f"bad upstream {_name(upstream)}: give a plain function, or an object with exchange(query)"
            )
        return FunctionServer(cast("Callable[[bytes], bytes]", upstream), clock)
    raise BadUpstream(
        f"bad upstream {type(upstream).__name__}: an address, a list of them, a function f(query: bytes) -> bytes, "
        "or an object with a trio coroutine exchange(query) is needed"
    )


def _name(function: Callable[..., object]) -> str:
    return str(getattr(function, "__qualname__", None) or type(function).__qualname__)
