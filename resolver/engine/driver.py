"""The network driver: runs plans over upstream servers, shares what they find out, and keeps a lookup within its time.

A lookup costs no trio task: plans are stepped by the replies that arrive (`flight`, `questions`), and a caller only
waits for the end of its own. An answer plan's questions go out together with hints (`hints`), unless the resolver is
told to be polite or is busy.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, TypeVar
from weakref import WeakSet

import trio

from resolver.data.name import Name
from resolver.data.rrset import NoReply, Question, RRset
from resolver.data.types import DNSKEY
from resolver.engine.cache import OutcomeCache, VerificationMemo, ZoneCache
from resolver.engine.flight import Flight, Lookup
from resolver.engine.hints import BUSY, LookupHints
from resolver.engine.prefetch import Prefetch, Refresh
from resolver.engine.questions import Agenda, Questions
from resolver.engine.states import AtHand
from resolver.sources.upstream import Upstream
from resolver.validator import chain
from resolver.validator.algorithms import is_available
from resolver.validator.anchors import Anchors
from resolver.validator.ask import Ask, Fetch, Held, Keys
from resolver.validator.context import Context
from resolver.validator.findings import finding
from resolver.validator.outcome import Outcome
from resolver.validator.policy import ECDSAP256, RSASHA256, Policy
from resolver.validator.proof import FAILURE, Proof
from resolver.validator.states import BrokenZone, ZoneState

T = TypeVar("T")

STEPS_TO_SEND = 4  # turns of trio's loop after which a question has left: a task begins, a socket connects and sends
COMMON_ALGORITHMS = (ECDSAP256, RSASHA256)  # what the root, the top-level domains and nearly all zones use
_loaded = False


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
        self._flights: dict[Name, Flight] = {}
        self._lookups: set[Lookup] = set()
        self._prefetch = Prefetch(self._zones)
        self.agenda = Agenda()
        self.questions = Questions(self._upstream, self.agenda)

    def cached(self, question: Question) -> Outcome[RRset] | None:
        """A finished outcome that is still fresh; from any thread."""
        return self._outcomes.get(question, self._clock())

    async def lookup(self, question: Question, *, deadline: float | None = None, crowd: int = 0) -> Outcome[RRset]:
        """Judge one question.

        Args:
            question: the name and type.
            deadline: trio's time at which it must be over; None: the engine's time-out from now on.
            crowd: how many lookups its batch makes at the same time.

        Raises:
            ValueError: the clock shows a time before 1970 or after 2106-02-07.
            whatever a caller's own upstream raises that is no OSError.
        """
        if deadline is None:
            deadline = trio.current_time() + self._timeout
        lookup = self.begin(question, crowd=crowd)
        try:
            if not lookup.over:
                with trio.CancelScope(deadline=deadline):
                    await _load_meanwhile()
                    await _end_of(lookup)
                lookup.expire()
            return lookup.outcome()
        finally:
            others = frozenset(self.questions.ending)
            lookup.leave()
            if not self._lookups:
                self._prefetch.leave()
            await self.questions.ended(others)
            del lookup  # it holds what was raised, whose traceback holds this frame

    def close(self) -> None:
        """End its connections; in the trio run that uses them, or while no lookup is under way. Twice does no harm."""
        self.questions.closed = True
        self._upstream.close()

    async def settled(self) -> None:
        """Wait until what was given up has ended."""
        if not self._lookups:
            self._prefetch.leave()
        await self.questions.ended()

    def begin(self, question: Question, *, crowd: int = 0) -> Lookup:
        """Set a lookup on its way; whoever does must `leave` it at last.

        Raises:
            ValueError: the clock shows a time before 1970 or after 2106-02-07.
        """
        now = self._clock()
        context = Context(anchors=self._anchors, policy=self._policy, now=now, verify=self._memo)
        states = AtHand(self._zones, context.now)
        hints = None
        if not (self._polite or crowd > BUSY or len(self._lookups) >= BUSY):
            hints = LookupHints(self.questions, context, partial(self._is_known, states))
        lookup = Lookup(self, chain.answer(context, question), states, hints, now)
        self._lookups.add(lookup)
        self.agenda.add(lookup.begin)
        if not self._polite:
            for zone in self._prefetch.due(question.name, now):
                self._refresh(zone, now)
        self.agenda.work()
        return lookup

    def lookup_ended(self, lookup: Lookup) -> None:
        """A lookup is over; keep what it found out."""
        self._lookups.discard(lookup)
        if lookup.result is not None and not lookup.late:
            self._outcomes.keep(lookup.result, lookup.started_at)

    def flight_to(self, zone: Name, now: float) -> Flight:
        """The flight that finds the state of a zone out; a new one where there is none."""
        flight = self._flights.get(zone)
        if flight is None:
            flight = self._flights[zone] = self._launch(zone, now, shared=True)
        return flight

    def flight_apart(self, zone: Name, now: float) -> Flight:
        """A flight that nobody else may join."""
        return self._launch(zone, now, shared=False)

    def _launch(self, zone: Name, now: float, *, shared: bool) -> Flight:
        """A zone plan on its way; of the launching lookup only `now` enters it."""
        context = Context(anchors=self._anchors, policy=self._policy, now=now, verify=self._memo)
        flight = Flight(self, zone, chain.zone(context, zone), AtHand(self._zones, context.now), shared=shared)
        self.agenda.add(flight.begin)
        return flight

    def _refresh(self, zone: Name, now: float) -> None:
        """Fetch a zone's keys before their time, unless somebody does."""
        if zone not in self._flights:
            context = Context(anchors=self._anchors, policy=self._policy, now=now, verify=self._memo)
            states = AtHand(self._zones, context.now)
            refresh = Refresh(self, zone, chain.zone(context, zone), states, self._prefetch)
            self._flights[zone] = refresh
            self._prefetch.begun(refresh)
            self.agenda.add(refresh.begin)

    def flight_ended(self, flight: Flight) -> None:
        """A flight is over."""
        if self._flights.get(flight.apex) is flight:
            del self._flights[flight.apex]

    def _is_known(self, states: AtHand, zone: Name) -> bool:
        """Whether nobody needs to ask ahead for a zone."""
        return zone in self._flights or states.has(zone)

    def too_late(self, ask: Ask[Any], states: AtHand) -> tuple[NoReply, ...] | tuple[ZoneState, ...] | ZoneState:
        """What a plan hears once its lookup's time is over. Never kept, and never heard by another lookup."""
        if isinstance(ask, Held):
            return states.held(ask)
        trouble = self._upstream.trouble()
        servers = "".join(f"; {origin}: {what}" for origin, what in trouble)
        text = f"the time for this lookup, {self._timeout:g} s, ended{servers}"
        if isinstance(ask, Keys):
            held = states.known(ask.zone)  # old keys too: there is no time to fetch newer ones
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
        if self._lookups:
            self._begin()
            self._upstream.after_fork()


async def _load_meanwhile() -> None:
    """While the first questions of the process are on their way, load what checks signatures: 20 to 30 ms of work."""
    global _loaded
    if not _loaded:
        _loaded = True
        for _ in range(STEPS_TO_SEND):
            await trio.lowlevel.checkpoint()
        for algorithm in COMMON_ALGORITHMS:
            is_available(algorithm)


async def _end_of(lookup: Lookup) -> None:
    """Wait until a lookup ends."""
    if lookup.over:
        return
    task = trio.lowlevel.current_task()
    lookup.on_end = partial(trio.lowlevel.reschedule, task)

    def abort(_: object) -> trio.lowlevel.Abort:
        lookup.on_end = None
        return trio.lowlevel.Abort.SUCCEEDED

    await trio.lowlevel.wait_task_rescheduled(abort)


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
