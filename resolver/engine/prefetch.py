"""The keys of the root and of top-level domains are fetched again shortly before they expire, so that nobody waits.

A lookup that begins below such a zone sets the zone's plan on its way once more, beside its own question. What that
finds out enters the zone cache by the same door as anything else (R92, R121): proven anew, with its own horizons, and
never in place of something better. It prolongs nothing; where it fails, nothing changes.

It lives only as long as lookups do: nothing runs when nobody looks anything up, and no task is left behind. Lookups
that need the zone meanwhile join it, like any flight.

Limits: names of at most one label, which many lookups share; once in `PAUSE` seconds for a zone, whatever came of it.
    Not where questions go out one at a time or politely: there it would delay the lookup that it is meant to spare.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cachetools import LRUCache

from resolver.data.name import ROOT, Name
from resolver.data.rrset import Question
from resolver.data.types import DNSKEY, DS
from resolver.engine.cache import ZoneCache
from resolver.engine.flight import Flight
from resolver.engine.questions import Pending
from resolver.engine.states import AtHand
from resolver.validator.ask import Plan
from resolver.validator.states import BrokenZone, ZoneState

if TYPE_CHECKING:
    from resolver.engine.driver import Engine

LAST_PART = 0.1  # of a state's time: unbound prefetches what has less than a tenth of its TTL left (unbound.conf)
PAUSE = 30.0  # seconds between two tries for one zone, as for stale keys (R121): a failure is no reason for a storm
TRIED = 1024  # zones whose last try is remembered


class Refresh(Flight):
    """A zone plan that runs before anybody waits for it."""

    __slots__ = ("_ahead", "_prefetch")

    def __init__(self, engine: Engine, zone: Name, plan: Plan[ZoneState], states: AtHand, prefetch: Prefetch) -> None:
        super().__init__(engine, zone, plan, states, shared=True)
        self._prefetch = prefetch
        self._ahead: list[Pending] = []

    def begin(self) -> None:
        """Ask both its questions at once, so that it takes no longer than the lookup beside which it runs."""
        if self.over:
            return
        questions = self._engine.questions
        for rdtype in (DNSKEY,) if self.apex.is_root else (DS, DNSKEY):
            question = Question(self.apex, rdtype)
            if question not in questions:
                self._ahead.append(questions.ask_ahead(question))
        super().begin()

    def unwanted(self) -> None:
        """Nobody waits for it any more; it goes on as long as there are lookups."""

    def _end(self) -> None:
        if isinstance(self.result, BrokenZone) and not self.followers:
            self.result = None  # what failed ahead of time is nobody's news: the state that is there still serves
        super()._end()
        ahead, self._ahead = self._ahead, []
        for pending in ahead:
            self._engine.questions.release(pending)
        self._prefetch.ended(self)


class Prefetch:
    """What one resolver object fetches before its time."""

    def __init__(self, zones: ZoneCache) -> None:
        self._zones = zones
        self._tried: LRUCache[Name, float] = LRUCache(TRIED)
        self._under_way: set[Refresh] = set()

    def due(self, name: Name, now: float) -> list[Name]:
        """The zones above a name that should be fetched again now; they count as tried from here on."""
        found = []
        for zone in (ROOT,) if name.is_root else (ROOT, top_of(name)):
            state = self._zones.get(zone, now)
            if state is None or isinstance(state, BrokenZone):
                continue
            end = min(state.fresh_until, state.valid_until + 1)  # R103
            if end - now > (end - state.fetched_at) * LAST_PART:
                continue
            last = self._tried.get(zone)
            if last is None or not last <= now < last + PAUSE:
                self._tried[zone] = now
                found.append(zone)
        return found

    def begun(self, refresh: Refresh) -> None:
        """One is on its way."""
        self._under_way.add(refresh)

    def ended(self, refresh: Refresh) -> None:
        """One is over."""
        self._under_way.discard(refresh)

    def leave(self) -> None:
        """The last lookup ended: give up what is under way and what nobody waits for."""
        for refresh in list(self._under_way):
            refresh.leave()


def top_of(name: Name) -> Name:
    """The top-level domain of a name; unlike `rightmost` it leaves no labels behind in a name that will be cached."""
    wire, at = name.wire, 0
    while (after := at + 1 + wire[at]) < len(wire) - 1:
        at = after
    return Name(wire[at:])
