"""A connection that calls back: for whoever has many questions under way, and no task for each.

Questions whose replies are brought by a call have no task that could drive. While there are any, and nobody else
drives, a task of trio's own does; it ends with the last of them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import trio

from resolver.data.rrset import Message
from resolver.sources.upstream.connection import Connection
from resolver.sources.upstream.server import NoAnswer, Query
from resolver.sources.upstream.waiting import Waiter


class CallingConnection(Connection):
    """A connection whose replies are awaited (`ask`) or brought (`start`)."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        self._called: dict[Waiter, Callable[[Message | Exception], None]] = {}
        super().__init__(*arguments, **more)

    def start(self, query: Query, deadline: float, call: Callable[[Message | Exception], None]) -> Callable[[], None]:
        """Send a question whose reply is brought by a call.

        Args:
            query: the question.
            deadline: by trio's clock.
            call: what is called with the reply, or with Lost or NoAnswer; it must not raise.

        Returns:
            what gives the question up.

        Raises:
            NoAnswer: the connection is lost already.
        """
        if self.lost is not None:
            raise NoAnswer("network", self.lost)
        waiter = Waiter(query, deadline)
        self._called[waiter] = call
        self._fresh.append(waiter)
        if deadline < self._alarm:
            self._alarm = deadline
        if self._driver is None:
            self._begin_to_pump()
        elif self._scope is not None:
            self._scope.cancel()  # whoever drives sends it, with what else is asked in this turn
        return partial(self._give_up, waiter)

    def _give_up(self, waiter: Waiter) -> None:
        if self._called.pop(waiter, None) is not None:
            self._forget(waiter)
            if not self._called and self._scope is not None:
                self._scope.cancel()  # nothing is left to drive for

    def _begin_to_pump(self) -> None:
        self._driver = self
        trio.lowlevel.spawn_system_task(self._pump)

    async def _pump(self) -> None:
        """Drive for those who are called."""
        cancelled = False
        try:
            while self._called and self.lost is None:
                await trio.lowlevel.checkpoint()  # whoever else asks in this turn shares the write
                self._flush()
                if self.lost is None:  # in that turn, or by that write, it may have been lost, and its socket closed
                    await self._move()
        except trio.Cancelled:  # the run ends
            cancelled = True
            raise
        finally:
            self._driver = None
            if not cancelled:
                self._hand_over()

    def _hand_over(self) -> None:
        super()._hand_over()
        if self._driver is None and self._called:
            self._begin_to_pump()

    def _settle(self, waiter: Waiter, reply: Message | Exception) -> None:
        super()._settle(waiter, reply)
        call = self._called.pop(waiter, None)
        if call is not None:
            call(reply)
