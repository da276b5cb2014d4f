"""The trio driver: runs plans over upstream servers, shares what they find out, and keeps a lookup within its time.

The answer plan runs in its caller's task. Zone plans are flights: many lookups may want one, any of them may drive it,
so nothing that depends on one caller enters it. A deadline is a reply: from then on a plan hears that nothing came,
and ends by itself, in Indeterminate and with the proof so far.

An answer plan's questions go out together with hints (`hints`), unless the resolver is told to be polite.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeVar
from weakref import WeakSet

import trio

from resolver.data.name import Name
from resolver.data.rrset import NoReply, Question, Reply, RRset
from resolver.data.types import DNSKEY
from resolver.engine.cache import BROKEN_SECONDS, OutcomeCache, VerificationMemo, ZoneCache, in_window
from resolver.engine.flight import Perform, SingleFlight
from resolver.engine.hints import BUSY, Hints, LookupHints, beside
from resolver.engine.states import AtHand, check_order
from resolver.sources.upstream import Upstream
from resolver.validator import chain
from resolver.validator.anchors import Anchors
from resolver.validator.ask import Ask, Fetch, Held, Keys, Plan
from resolver.validator.context import Context
from resolver.validator.findings import finding
from resolver.validator.outcome import Outcome
from resolver.validator.policy import Policy
from resolver.validator.proof import FAILURE, Proof
from resolver.validator.states import BrokenZone, ZoneState

T = TypeVar("T")


class _Flown(NamedTuple):
    """What a flight found out: the zone's state, and all that it had at hand."""

    state: ZoneState
    states: AtHand


class Engine:
    """One resolver object's lookups and all that they share.

    Everything but `cached` belongs into one trio run at a time.
    """

    def __init__(
        self,
        upstream: Upstream,
        *,
        anchors: Anchors,
        policy: Policy,
        timeout: float,
        cache_size: int,
        clock: Callable[[], float],
        polite: bool = False,
    ) -> None:
        """Prepare; nothing is asked yet.

        Args:
            upstream: the servers.
            anchors: what is trusted.
            policy: what is accepted.
            timeout: seconds a lookup may take.
            cache_size: how many outcomes are remembered.
            clock: POSIX seconds.
            polite: ask nothing ahead: fewer questions at once, more round trips.
        """
        self._polite = polite or upstream.one_at_a_time
        self._upstream = upstream
        self._anchors = anchors
        self._policy = policy
        self._timeout = timeout
        self._clock = clock
        self._outcomes = OutcomeCache(cache_size)
        self._running = 0
        self._begin()
        _engines.add(self)

    @property
    def timeout(self) -> float:
        """Seconds that a lookup may take."""
        return self._timeout

    @property
    def clock(self) -> Callable[[], float]:
        """POSIX seconds."""
        return self._clock

    def _begin(self) -> None:
        self._zones = ZoneCache()
        self._memo = VerificationMemo()
        self._flights: SingleFlight[_Flown] = SingleFlight()
        self._hints = Hints()

    def cached(self, question: Question) -> Outcome[RRset] | None:
        """A finished outcome that is still fresh; from any thread."""
        return self._outcomes.get(question, self._clock())

    async def lookup(self, question: Question, *, deadline: float | None = None) -> Outcome[RRset]:
        """Judge one question; in the caller's task.

        Args:
            question: the name and type.
            deadline: trio's time at which it must be over; None: the engine's time-out from now on.

        Raises:
            ValueError: the clock shows a time before 1970 or after 2106-02-07.
            whatever a caller's own upstream raises that is no OSError.
        """
        now = self._clock()
        context = Context(anchors=self._anchors, policy=self._policy, now=now, verify=self._memo)
        states = AtHand(self._zones, context.now)
        if deadline is None:
            deadline = trio.current_time() + self._timeout
        late = False

        async def perform(ask: Ask[Any]) -> Any:
            nonlocal late
            if not late:
                with trio.CancelScope(deadline=deadline):
                    return await self._perform(ask, context, states, None)
                late = True
            return self._too_late(ask, states)  # and nothing more is sent

        plan = chain.answer(context, question)
        self._running += 1
        try:
            if self._polite or self._running > BUSY:
                outcome: Outcome[RRset] = await fly_alone(plan, perform)
            else:
                hints = LookupHints(self._hints, context, partial(self._is_known, states), self._upstream.fetch)
                outcome = await fly_hinted(plan, perform, hints)
        finally:
            self._running -= 1
        if not late:
            self._outcomes.keep(outcome, now)
        return outcome

    async def _perform(self, ask: Ask[Any], context: Context, states: AtHand, zone: Name | None) -> Any:
        """Answer one request of the plan for `zone`, or of an answer plan."""
        if isinstance(ask, Fetch):
            return await self._fetch(ask, zone)
        if isinstance(ask, Keys):
            check_order(zone, ask)
            return await self._state(ask, context, states)
        if isinstance(ask, Held):
            return states.held(ask)
        raise TypeError(f"a plan awaits {ask!r}, which no driver knows")

    def _is_known(self, states: AtHand, zone: Name) -> bool:
        """Whether nobody needs to ask ahead for a zone."""
        return zone in self._flights or states.has(zone)

    async def _fetch(self, ask: Fetch, zone: Name | None) -> tuple[Reply, ...]:
        calls = [partial(self._one, ask, question, zone is None) for question in ask.questions]
        return tuple(await together(calls))

    async def _one(self, ask: Fetch, question: Question, keep: bool) -> Reply:
        """The reply to one question: one that was asked ahead, if this is the first try."""
        if question in self._hints and ask.cd and not ask.avoid:
            hinted = await self._hints.take(question, keep=keep)
            if hinted is not None:
                return hinted
        return await self._upstream.fetch(question, cd=ask.cd, avoid=ask.avoid)

    async def _state(self, ask: Keys, context: Context, states: AtHand) -> ZoneState:
        found = states.find(ask)
        if found is not None:
            return found
        launch = partial(self._launch, context, ask.zone)
        flown = await self._flights.join(ask.zone, launch)
        if not _fits(flown.state, context.now):  # whoever launched it has another now: find out for this one
            flown = await fly_alone(*launch())
        return states.meet(ask.zone, flown.states)

    def _launch(self, context: Context, zone: Name) -> tuple[Plan[_Flown], Perform]:
        """A zone plan and what performs its requests; of the launching lookup only `now` enters it."""
        inner = context.for_zone()
        states = AtHand(self._zones, inner.now)

        async def plan() -> _Flown:
            return _Flown(states.land(await chain.zone(inner, zone)), states)

        async def perform(ask: Ask[Any]) -> Any:
            return await self._perform(ask, inner, states, zone)

        return plan(), perform

    def _too_late(self, ask: Ask[Any], states: AtHand) -> tuple[NoReply, ...] | tuple[ZoneState, ...] | ZoneState:
        """What a plan hears once its lookup's time is over. Never kept, and never heard by another lookup."""
        if isinstance(ask, Held):
            return states.held(ask)
        trouble = self._upstream.trouble()
        servers = "".join(f"; {origin}: {what}" for origin, what in trouble)
        text = f"the time for this lookup, {self._timeout:g} s, ended{servers}"
        if isinstance(ask, Keys):
            held = states.find(ask)
            if held is not None:
                return held
            question = Question(ask.zone, DNSKEY)
            found = finding("DEADLINE", question, text=text)
            return BrokenZone(ask.zone, "NO_REPLY", found, Proof(FAILURE, question, finding=found))
        assert isinstance(ask, Fetch)
        return tuple(NoReply(question, "deadline", text, trouble) for question in ask.questions)

    def after_fork(self) -> None:
        """Leave to the parent process what it was in the middle of."""
        self._outcomes.after_fork()
        if self._running:
            self._running = 0
            self._begin()
            self._upstream.after_fork()


def _fits(state: ZoneState, now: float) -> bool:
    """Whether a state that was found out as of one moment serves a lookup of another."""
    if isinstance(state, BrokenZone):  # as in the cache: for as long as nobody tries it again
        return abs(now - state.fetched_at) < BROKEN_SECONDS[1]
    return in_window(state, now)


async def fly_alone(plan: Plan[T], perform: Perform) -> T:
    """Run a plan to its end in this task."""
    reply: Any = None
    try:
        while True:
            try:
                ask = plan.send(reply)
            except StopIteration as stop:
                result: T = stop.value
                return result
            reply = await perform(ask)
    finally:
        plan.close()


async def fly_hinted(plan: Plan[T], perform: Perform, hints: LookupHints) -> T:
    """The same, while what the plan will probably need is asked ahead; for that a nursery, once there is need of one."""

    async def step(ask: Ask[Any]) -> Any:
        if hints.pending:
            hints.send()
        reply = await perform(ask)
        if isinstance(ask, Fetch):
            hints.after(ask.questions[0], reply[0])
        return reply

    async def inside(ask: Ask[Any], nursery: trio.Nursery) -> T:
        hints.nursery = nursery
        reply = await step(ask)
        return await flow(reply)

    async def flow(reply: Any) -> T:
        while True:
            try:
                ask = plan.send(reply)
            except StopIteration as stop:
                result: T = stop.value
                return result
            if isinstance(ask, Fetch):
                hints.before(ask.questions[0])
            if hints.pending and hints.nursery is None:
                return await beside(partial(inside, ask))
            reply = await step(ask)

    try:
        return await flow(None)
    finally:
        hints.end()
        plan.close()


async def together(calls: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
    """What all the calls return, made at the same time; what one raises comes out as it is, in no group."""
    if len(calls) == 1:
        return [await calls[0]()]
    results: dict[int, T] = {}
    raised: list[BaseException] = []

    async def one(number: int, call: Callable[[], Awaitable[T]]) -> None:
        try:
            results[number] = await call()
        except trio.Cancelled:
            raise
        except BaseException as bug:  # noqa: BLE001 - it is raised below
            raised.append(bug)
            nursery.cancel_scope.cancel()

    async with trio.open_nursery() as nursery:
        for number, call in enumerate(calls):
            nursery.start_soon(one, number, call)
    if raised:
        raise raised[0]
    return [results[number] for number in range(len(calls))]


_engines: WeakSet[Engine] = WeakSet()


def _after_fork() -> None:
    for engine in _engines:
        engine.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
