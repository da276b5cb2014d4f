"""Single flight: whoever wants what is being found out already waits for it, and takes the wheel where it must.

A flight is a suspended plan and the request that it waits for. One of its waiters drives; when that one is cancelled,
the next re-sends only this request and goes on. So there is no background task, no nursery and no owner: each caller
keeps its own cancel scopes and tracebacks, and nothing is left over.

A flight that waited for itself, around any number of others, would wait for ever: `check_order` keeps that out (R124).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from typing import Any, Generic, TypeAlias, TypeVar

import trio

from resolver.validator.ask import Ask, Plan

T = TypeVar("T")

Perform: TypeAlias = Callable[[Ask[Any]], Awaitable[Any]]


class Flight(Generic[T]):
    """One plan on its way.

    Attributes:
        crew: how many callers wait for it.
        driven: whether one of them drives.
        landed: the result, in a list of one, once it is there.
        crashed: what the plan raised instead.
    """

    __slots__ = ("_perform", "_plan", "_request", "_waiting", "crashed", "crew", "driven", "landed")

    def __init__(self, plan: Plan[T], perform: Perform) -> None:
        self._plan = plan
        self._perform = perform
        self._request: Ask[Any] | None = None
        self._waiting = trio.lowlevel.ParkingLot()
        self.crew = 0
        self.driven = False
        self.landed: list[T] = []
        self.crashed: BaseException | None = None
        self._step(None)

    @property
    def over(self) -> bool:
        """Whether the plan ended."""
        return bool(self.landed) or self.crashed is not None

    async def ride(self) -> None:
        """Wait for the plan's end, or drive it if nobody does."""
        if self.driven:
            await self._waiting.park()
        else:
            await self._drive()

    def close(self) -> None:
        """End the plan, which nobody wants any more."""
        self._plan.close()

    async def _drive(self) -> None:
        self.driven = True
        try:
            while not self.over:
                assert self._request is not None
                # The only place where a driver can be cancelled, or meet an error of its own upstream.
                self._step(await self._perform(self._request))
        finally:
            self.driven = False
            if self.over:
                self._waiting.unpark_all()
            else:
                self._waiting.unpark()

    def _step(self, reply: Any) -> None:
        try:
            self._request = self._plan.send(reply)
        except StopIteration as stop:
            self.landed.append(stop.value)
        except BaseException as bug:  # noqa: BLE001 - KeyboardInterrupt too: a plan that raised cannot go on
            self.crashed = bug


class SingleFlight(Generic[T]):
    """Flights by key; of each key at most one is on its way."""

    def __init__(self) -> None:
        self._flights: dict[Hashable, Flight[T]] = {}

    async def join(self, key: Hashable, make: Callable[[], tuple[Plan[T], Perform]]) -> T:
        """What the flight of this key finds out; it is made where there is none.

        Args:
            key: what is to be found out.
            make: makes the plan, and what performs its requests. That may not depend on one caller: any may drive.

        Raises:
            whatever the plan raises, to every caller; and what `perform` raises, to the caller that drives.
        """
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = Flight(*make())
        flight.crew += 1
        try:
            while not flight.over:
                await flight.ride()
        finally:
            flight.crew -= 1
            if (flight.over or not flight.crew) and self._flights.get(key) is flight:
                del self._flights[key]
            if not flight.crew:
                flight.close()
        if flight.crashed is not None:
            raise flight.crashed
        return flight.landed[0]

    def forget(self) -> None:
        """Forget all flights: after a fork their drivers are in the other process."""
        self._flights = {}

    def __contains__(self, key: Hashable) -> bool:
        return key in self._flights

    def __len__(self) -> int:
        return len(self._flights)
