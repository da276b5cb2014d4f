"""Plans on their way: each is a suspended coroutine and what it waits for, and is stepped by whatever brings that.

A lookup runs an answer plan for one caller. A flight runs a zone plan for all lookups that want the zone's state, so
nothing that depends on one of them enters it; who waits for it is written down, and when all have left it is closed.
Nothing here is a task and nothing waits: a caller waits for its lookup's end, in whatever way it likes.

A deadline is a reply: from then on a lookup's plan hears that nothing came, and ends by itself, in Indeterminate and
with the proof so far. A flight that waited for itself, around any number of others, would wait for ever: `check_order`
keeps that out (R124).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from resolver.data.name import Name
from resolver.data.rrset import RRset
from resolver.engine.cache import BROKEN_SECONDS, in_window
from resolver.engine.questions import Pending
from resolver.engine.states import AtHand, check_order
from resolver.validator.ask import Ask, Fetch, Held, Keys, Plan
from resolver.validator.outcome import Outcome
from resolver.validator.states import BrokenZone, ZoneState

if TYPE_CHECKING:
    from resolver.engine.driver import Engine
    from resolver.engine.hints import LookupHints

T = TypeVar("T")


class Run(Generic[T]):
    """One plan on its way.

    Attributes:
        states: the zone states at hand.
        zone: whose plan it is; None: an answer plan.
        result: what the plan returned.
        crashed: what was raised instead: by the plan, or by the caller's own upstream.
        over: whether it ended, or was left.
        takes: whether it uses a reply up (`Questions`).
    """

    __slots__ = ("_ask", "_engine", "_flight", "_pending", "_plan", "crashed", "over", "result", "states", "zone")

    takes = False

    def __init__(self, engine: Engine, plan: Plan[T], states: AtHand, zone: Name | None = None) -> None:
        self._engine = engine
        self._plan = plan
        self.states = states
        self.zone = zone
        self._ask: Ask[Any] | None = None  # what it waits for
        self._pending: list[Pending] = []  # the questions, if that is a Fetch
        self._flight: Flight | None = None  # the flight, if it is a Keys
        self.result: T | None = None
        self.crashed: BaseException | None = None
        self.over = False

    def begin(self) -> None:
        """Start the plan."""
        self._step(None)

    def _step(self, reply: Any) -> None:
        """Go on until the plan must wait or ends. Never raises."""
        self._ask = None
        try:
            while True:
                ask = self._plan.send(reply)
                reply = self._answer(ask)
                if reply is None:
                    self._ask = ask
                    return
        except StopIteration as stop:
            self.result = stop.value
        except BaseException as bug:  # noqa: BLE001 - KeyboardInterrupt too: a plan that raised cannot go on
            self.crashed = bug
        self._end()

    def _answer(self, ask: Ask[Any]) -> Any:
        """What a request is answered with, or None where it must wait."""
        if isinstance(ask, Keys):
            check_order(self.zone, ask)
            found = self.states.find(ask)
            if found is None:
                flight = self._engine.flight_to(ask.zone, self.states.now)
                flight.refetches |= self.states.turn == ask.zone
                self._follow(flight)
            return found
        if isinstance(ask, Fetch):
            return self._fetch(ask)
        if isinstance(ask, Held):
            return self.states.held(ask)
        raise TypeError(f"a plan awaits {ask!r}, which no driver knows")

    def _follow(self, flight: Flight) -> None:
        flight.followers.append(self)
        self._flight = flight

    def _fetch(self, ask: Fetch) -> Any:
        questions = self._engine.questions
        self._pending = [questions.ask(question, ask, self) for question in ask.questions]
        self._asked(ask)
        return self._replies()

    def _asked(self, ask: Fetch) -> None:
        """Its questions are on their way."""

    def _replies(self) -> Any:
        """The replies, where all are there; what the upstream raised ends the waiting for the others."""
        replies = [pending.reply for pending in self._pending]
        if None not in replies:
            self._pending = []
            return tuple(replies)
        for pending in self._pending:
            if pending.raised is not None:
                self._engine.agenda.add(partial(self.trouble, pending.raised))
                break
        return None

    def heard(self) -> None:
        """A reply that was waited for is there."""
        if self._pending and not self.over:
            replies = self._replies()
            if replies is not None:
                self._step(replies)

    def landed(self, flight: Flight) -> None:
        """The flight that was waited for ended."""
        if self.over or self._flight is not flight:
            return
        self._flight = None
        if flight.crashed is not None:
            self.crashed = flight.crashed
            self._end()
        elif flight.shared and not _fits(flight.result, self.states.now):
            self._follow(self._engine.flight_apart(flight.apex, self.states.now))  # whoever launched it has another now
        else:
            self._step(self.states.meet(flight.apex, flight.states))

    def again(self) -> None:
        """Ask once more what was asked, because another one was told what the upstream raised."""
        ask = self._ask
        if not self.over and ask is not None:
            self._detach()
            reply = self._answer(ask)
            if reply is not None:
                self._step(reply)

    def trouble(self, bug: BaseException) -> None:
        """Take what the upstream raised."""
        if not self.over:
            self.crashed = bug
            self._end()

    def leave(self) -> None:
        """End it, which nobody waits for any more."""
        if not self.over:
            self._end()

    def hurry(self) -> None:
        """Somebody gave up waiting, and others wait still."""
        for pending in self._pending:
            self._engine.questions.hurry(pending)
        if self._flight is not None:
            self._flight.hurry()

    def _detach(self) -> None:
        """Wait no longer."""
        pending, self._pending = self._pending, []
        for each in pending:
            self._engine.questions.lose(each, self)
        flight, self._flight = self._flight, None
        if flight is not None:
            flight.lose(self)

    def _end(self) -> None:
        self.over = True
        self._plan.close()
        self._detach()


class Flight(Run[ZoneState]):
    """A zone plan on its way.

    Attributes:
        apex: the zone.
        shared: whether other lookups may join it.
        followers: who waits for it.
        refetches: whether it took the zone's turn to be fetched before its time (R121).
    """

    __slots__ = ("apex", "followers", "refetches", "shared")

    takes = True

    def __init__(self, engine: Engine, zone: Name, plan: Plan[ZoneState], states: AtHand, *, shared: bool) -> None:
        super().__init__(engine, plan, states, zone)
        self.apex = zone
        self.shared = shared
        self.followers: list[Run[Any]] = []
        self.refetches = False

    def lose(self, follower: Run[Any]) -> None:
        """One follower left."""
        if follower in self.followers:
            self.followers.remove(follower)
            if self.followers:
                self.hurry()
            else:
                self.unwanted()

    def unwanted(self) -> None:
        """Nobody waits for it any more."""
        self.leave()

    def trouble(self, bug: BaseException) -> None:
        """One follower is told; for the others it goes on."""
        if self.over:
            return
        if self.followers:
            first = self.followers.pop(0)
            first._flight = None
            first.trouble(bug)
        if self.followers:
            self.again()
        else:
            self.leave()

    def _end(self) -> None:
        if self.result is not None:
            self.result = self.states.land(self.result)
        elif self.refetches:
            self.states.return_turn(self.apex)
        super()._end()
        self._engine.flight_ended(self)
        followers, self.followers = self.followers, []
        for follower in followers:
            self._engine.agenda.add(partial(follower.landed, self))


class Lookup(Run[Outcome[RRset]]):
    """An answer plan on its way, for one caller.

    Attributes:
        late: whether its time is over.
        started_at: POSIX seconds.
        on_end: called when it ends by itself.
    """

    __slots__ = ("_hints", "late", "on_end", "started_at")

    def __init__(
        self, engine: Engine, plan: Plan[Outcome[RRset]], states: AtHand, hints: LookupHints | None, now: float
    ) -> None:
        super().__init__(engine, plan, states)
        self.started_at = now
        self._hints = hints
        self.late = False
        self.on_end: Callable[[], object] | None = None

    def expire(self) -> None:
        """Its time is over: the plan hears so, and ends at once."""
        if self.over:
            return
        ask = self._ask
        self.late = True
        self._detach()
        assert ask is not None
        self._step(self._answer(ask))
        self._engine.agenda.work()

    def outcome(self) -> Outcome[RRset]:
        """The result.

        Raises:
            what the plan or the upstream raised.
        """
        if self.crashed is not None:
            try:
                raise self.crashed
            finally:
                del self  # the traceback holds this frame
        assert self.result is not None
        return self.result

    def _answer(self, ask: Ask[Any]) -> Any:
        return self._engine.too_late(ask, self.states) if self.late else super()._answer(ask)

    def _asked(self, ask: Fetch) -> None:
        if self._hints is not None:
            self._hints.before(self._pending[0].question)
            if self._pending[0].reply is not None:
                self._hints.after(self._pending[0])

    def heard(self) -> None:
        """A reply that was waited for is there; what it shows to be missing is asked ahead."""
        if self._hints is not None and len(self._pending) == 1 and not self.over:
            self._hints.after(self._pending[0])
        super().heard()

    def _end(self) -> None:
        super()._end()
        if self._hints is not None:
            self._hints.end()
        self._engine.lookup_ended(self)
        on_end, self.on_end = self.on_end, None  # it may hold this lookup: no cycle that only the collector finds
        if on_end is not None and (self.result is not None or self.crashed is not None):
            on_end()


def _fits(state: ZoneState | None, now: float) -> bool:
    """Whether a state that was found out as of one moment serves a lookup of another."""
    if state is None:
        return False
    if isinstance(state, BrokenZone):  # as in the cache: for as long as nobody tries it again
        return abs(now - state.fetched_at) < BROKEN_SECONDS[1]
    return in_window(state, now)
