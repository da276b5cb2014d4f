"""What a resolver object remembers: zone states, checked signatures and finished outcomes, each within named bounds.

No clock is read here: every call is told the time. All three belong to one resolver object, because its anchors,
policy, source and clock decided what is in them (R103).
"""

from __future__ import annotations

import threading
from collections import deque
from hashlib import sha256
from typing import TYPE_CHECKING, TypeAlias

from cachetools import LRUCache

from resolver.data.name import Name
from resolver.data.rrset import Question, RRset
from resolver.validator.outcome import Absent, Bogus, Indeterminate, Insecure, Outcome, Secure
from resolver.validator.states import BrokenZone, InsecureZone, NotACut, SecureZone, ZoneState

if TYPE_CHECKING:
    from resolver.validator.algorithms import Key

ZONES = 4096  # zone states a resolver object keeps: a loaded P-256 key costs 2 kB, so at most about 10 MB
VERIFICATIONS = 16384  # remembered signature checks: 32 octets and a bit each, so about 3 MB
LOADED_KEYS = 256  # keys that stay in the library's own form, about 2 kB each; outcomes keep the others as octets
RECENT = 64  # ours: the latest outcomes whose proofs stay as they were read, about 6 kB each; of the others, 2.5 kB
REFETCHES = 1024  # zones whose last refetch is remembered
BROKEN_SECONDS = (1.0, 5.0)  # how long a broken zone is not tried again, at least and at most (RFC 9520 §3.2, R125)
REFETCH_SECONDS = 30.0  # a zone's keys are fetched again before their time at most once in so many seconds (R121)

Proven: TypeAlias = SecureZone | InsecureZone | NotACut


def in_window(proven: Proven | Secure[RRset] | Absent | Insecure, now: float) -> bool:
    """Whether the evidence holds now (R103)."""
    return proven.valid_from <= now < proven.valid_until + 1


class ZoneCache:
    """Zone states by name.

    A proven state serves iff `valid_from <= now < min(valid_until + 1, fresh_until)` (R103). A broken zone serves for
    a few seconds, and never where only the way to its servers, or a limit, was at fault (R125). A state that still
    serves is replaced only by one that is at least as good, so a zone once secure stays so until that expires (R92).
    """

    def __init__(self, size: int = ZONES, *, ages: bool = True) -> None:
        """Make an empty cache.

        Args:
            size: how many states it keeps.
            ages: whether TTLs count; False where time stands still, as it does over a snapshot or a recording.
        """
        self._states: LRUCache[Name, tuple[ZoneState, float]] = LRUCache(size)
        self._refetched: LRUCache[Name, float] = LRUCache(REFETCHES)
        self._ages = ages

    def get(self, zone: Name, now: float) -> ZoneState | None:
        """The state that serves now, or None."""
        held = self._states.get(zone)
        if held is None:
            return None
        state, kept_at = held
        return state if self._serves(state, kept_at, now) else None

    def keep(self, state: ZoneState, now: float) -> ZoneState:
        """Keep a state, unless a better one still serves; returns the one to use."""
        held = self.get(state.zone, now)
        if held is not None and not as_good(state, held):
            return held
        if self._serves(state, now, now):
            self._states[state.zone] = (state, now)
        return state

    def may_refetch(self, zone: Name, now: float) -> bool:
        """Whether the zone's keys may be fetched before their time; True at most once in 30 seconds (R121)."""
        last = self._refetched.get(zone)
        if last is not None and last <= now < last + REFETCH_SECONDS:
            return False
        self._refetched[zone] = now
        return True

    def return_turn(self, zone: Name) -> None:
        """Nothing came of a refetch, because nobody waited for its end: the next who needs one need not wait (R121)."""
        self._refetched.pop(zone, None)

    def __len__(self) -> int:
        return len(self._states)

    def _serves(self, state: ZoneState, kept_at: float, now: float) -> bool:
        if isinstance(state, BrokenZone):
            least, most = BROKEN_SECONDS
            return state.why == "BOGUS" and kept_at <= now < kept_at + min(max(state.retry_at - kept_at, least), most)
        return in_window(state, now) and (now < state.fresh_until or not self._ages)


def as_good(state: ZoneState, other: ZoneState) -> bool:
    """Whether a state may take the place of another one: secure before other proofs, those before broken (R121)."""
    return _rank(state) >= _rank(other)


def _rank(state: ZoneState) -> int:
    return 2 if isinstance(state, SecureZone) else 0 if isinstance(state, BrokenZone) else 1


class VerificationMemo:
    """Remembers which signatures hold: the mathematics only, never dates, names or trust (R103).

    Cached outcomes hold on to the keys of their proofs; so that these do not stay loaded with them, the keys that were
    loaded first are unloaded when there are too many.
    """

    def __init__(self, size: int = VERIFICATIONS, loaded: int = LOADED_KEYS) -> None:
        self._known: LRUCache[bytes, bool] = LRUCache(size)
        self._most_loaded = loaded
        self._loaded: deque[Key] = deque()

    def __call__(self, key: Key, signature: bytes, data: bytes) -> bool:
        """Whether the signature over the data is this key's.

        Raises:
            BadKey: the key is malformed.
        """
        rdata = key.rdata
        # The lengths keep the three parts apart: no other key and signature have the same octets.
        digest = sha256(b"%d %d " % (len(rdata), len(signature)) + rdata + signature + data).digest()
        known = self._known.get(digest)
        if known is None:
            if not key.is_loaded:
                self._loaded.append(key)
                if len(self._loaded) > self._most_loaded:
                    self._loaded.popleft().unload()
            known = self._known[digest] = key.verify(signature, data)
        return known

    def __len__(self) -> int:
        return len(self._known)


class OutcomeCache:
    """Finished outcomes by question; safe to use from several threads.

    Only what is proven is kept, and only while its window holds: Bogus and Indeterminate are found out anew (R92).
    They are packed once they are no longer among the latest: whoever just asked may want to see the proof.
    """

    def __init__(self, size: int) -> None:
        self._outcomes: LRUCache[Question, Secure[RRset] | Absent | Insecure | Bogus] = LRUCache(size)
        self._lock = threading.Lock()
        self._recent: deque[Outcome[RRset]] = deque()

    def get(self, question: Question, now: float) -> Outcome[RRset] | None:
        """The outcome that serves now, or None."""
        with self._lock:
            outcome = self._outcomes.get(question)
        return outcome if outcome is not None and _serves(outcome, now) else None

    def keep(self, outcome: Outcome[RRset], now: float) -> None:
        """Keep an outcome, where it is one that may be kept; nothing bogus takes the place of what is proven (R92)."""
        aged: Outcome[RRset] | None = None
        if isinstance(outcome, Indeterminate) or not self._outcomes.maxsize or not _serves(outcome, now):
            return
        with self._lock:
            held = self._outcomes.get(outcome.question)
            if not isinstance(outcome, Bogus) or held is None or not _serves(held, now):
                self._outcomes[outcome.question] = outcome
                self._recent.append(outcome)
                aged = self._recent.popleft() if len(self._recent) > RECENT else None
        if aged is not None:
            aged.pack()

    def after_fork(self) -> None:
        """Begin anew where another thread, which this process has not, was in the middle of a change."""
        if self._lock.locked():
            self._lock = threading.Lock()
            self._outcomes = LRUCache(self._outcomes.maxsize)

    def __len__(self) -> int:
        return len(self._outcomes)


def _serves(outcome: Secure[RRset] | Absent | Insecure | Bogus, now: float) -> bool:
    """Whether an outcome serves now: a bogus one for a few seconds, with its whole reason (RFC 9520 §3.2, R125)."""
    if isinstance(outcome, Bogus):
        return outcome.judged_at <= now < min(outcome.retry_at, outcome.judged_at + BROKEN_SECONDS[1])
    return in_window(outcome, now) and now < outcome.fresh_until
