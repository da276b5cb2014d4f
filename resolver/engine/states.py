"""The zone states that one plan has at hand, those it met itself and those in the zone cache, and which it may ask for."""

from __future__ import annotations

from resolver.data.name import Name
from resolver.engine.cache import ZoneCache, as_good, in_window
from resolver.validator.ask import Held, Keys
from resolver.validator.states import BrokenZone, ZoneState


class AtHand:
    """One lookup's own zone states over the shared zone cache.

    A state that may not be cached (TTL 0) serves to the end of the lookup that fetched it (R103).

    Attributes:
        now: POSIX seconds.
        met: what this lookup met, by zone.
        turn: the zone whose keys it fetches before their time, which takes that zone's turn (R121).
    """

    __slots__ = ("_fetched", "_zones", "met", "now", "turn")

    def __init__(self, zones: ZoneCache, now: float) -> None:
        self._zones = zones
        self.now = now
        self._fetched: set[Name] = set()
        self.met: dict[Name, ZoneState] = {}
        self.turn: Name | None = None

    def find(self, ask: Keys) -> ZoneState | None:
        """The state that answers a request, or None where the zone's plan must run."""
        state = self.known(ask.zone)
        if state is None:
            return None
        stale = ask.newer_than is not None and state.fetched_at <= ask.newer_than
        # Keys are fetched before their time only once a lookup, and once in 30 seconds over all lookups (R121).
        if stale and ask.zone not in self._fetched and self._zones.may_refetch(ask.zone, self.now):
            self.turn = ask.zone
            return None
        self.met[ask.zone] = state
        return state

    def land(self, state: ZoneState) -> ZoneState:
        """Take what a zone plan found out; returns the state to use, which is an older one if that is better (R121)."""
        kept = self._zones.keep(state, self.now)
        before = self.met.get(state.zone)
        if before is not None and in_time(before, self.now) and not as_good(kept, before):
            kept = before
        self._fetched.add(state.zone)
        self.met[state.zone] = kept
        return kept

    def return_turn(self, zone: Name) -> None:
        """A refetch of the zone was given up."""
        self._zones.return_turn(zone)

    def meet(self, zone: Name, others: AtHand) -> ZoneState:
        """Take over what another plan, which was run for this zone, had at hand; returns the zone's state to use."""
        for name, state in others.met.items():
            before = self.met.get(name)
            if before is None or not in_time(before, self.now) or as_good(state, before):
                self.met[name] = state
        self._fetched.add(zone)
        return self.met[zone]

    def held(self, ask: Held) -> tuple[ZoneState, ...]:
        """Those of the states asked for that are here and whose evidence holds now (R8); nothing is fetched."""
        found = (self.known(name) for name in ask.names)
        return tuple(state for state in found if state is not None and in_time(state, self.now))

    def has(self, zone: Name) -> bool:
        """Whether a state is here that serves now."""
        return self.known(zone) is not None

    def known(self, zone: Name) -> ZoneState | None:
        """The state that is here and serves, however old its keys are."""
        state = self.met.get(zone)
        return state if state is not None else self._zones.get(zone, self.now)


def in_time(state: ZoneState, now: float) -> bool:
    """Whether a state's evidence holds now; a broken zone has none that could expire."""
    return isinstance(state, BrokenZone) or in_window(state, now)


def check_order(zone: Name | None, ask: Keys) -> None:
    """A zone plan may wait only for proper ancestors of its zone, which keeps the waiting free of cycles (R124)."""
    if zone is not None and not zone.is_below(ask.zone):
        raise AssertionError(f"the plan for {zone} asks for the keys of {ask.zone}, which is no proper ancestor (R124)")
