"""Which servers are quick, silent, or tell what does not hold; and so in which order they are asked. Pure.

The quickest first (RFC 9520 §2.2 forbids hammering the others), servers never heard of in between, at random, so that
nobody can predict which one is asked (RFC 5452 §9.2). What is not asked slowly gains, so that it is tried again.
"""

from __future__ import annotations

import random
from collections.abc import Iterable

from cachetools import LRUCache

from resolver.data.name import Name
from resolver.sources.iterative.limits import (
    DEAD_SECONDS,
    DEAD_SILENCES,
    FAMILY_SECONDS,
    FIRST_SECONDS,
    LAME_SECONDS,
    LEAST_SECONDS,
    MOST_SECONDS,
    REST_SECONDS,
    SERVERS,
    SUSPECT_SECONDS,
)

UNKNOWN_SECONDS = 0.1  # ours: a server never heard of counts as one of up to so much, so that all are tried early
LOST = 3  # ours: so many silent servers in a row with one kind of address, and a reply from the other: a black hole
DECAY = 0.98  # BIND's aging of the servers that were passed over


class Record:
    """What is known of one address. Times are seconds, moments POSIX seconds.

    Attributes:
        smooth: the smoothed round-trip time (RFC 6298 §2), None before the first reply.
        spread: its mean deviation.
        silent: when it last said nothing, with how often in a row, and to questions of which types.
        suspect: when its reply last did not hold.
    """

    __slots__ = ("silences", "silent", "smooth", "spread", "suspect", "types")

    def __init__(self) -> None:
        self.smooth: float | None = None
        self.spread = 0.0
        self.silent: float | None = None
        self.silences = 0
        self.types: set[int] = set()
        self.suspect: float | None = None


class Roster:
    """All servers that were met, by address."""

    def __init__(self, rng: random.Random | None = None) -> None:
        self._rng = rng or random.SystemRandom()
        self._records: LRUCache[str, Record] = LRUCache(SERVERS)
        self._lame: LRUCache[tuple[Name, str], float] = LRUCache(SERVERS)
        self._no_way: dict[int, float] = {}  # by IP version: when there was no way last
        self._lost = {4: 0, 6: 0}  # silent servers since the last reply
        self._reached: set[int] = set()

    def record(self, host: str) -> Record:
        """What is known of a server; kept from now on."""
        found = self._records.get(host)
        if found is None:
            found = self._records[host] = Record()
        return found

    def order(self, hosts: Iterable[str], now: float, zone: Name | None = None) -> list[str]:
        """The addresses, the one to ask first in front; for a zone, those that do not serve it last."""
        ranked = []
        for host in dict.fromkeys(hosts):
            record = self._records.get(host)
            rests = _within(self._no_way.get(_version(host)), now, FAMILY_SECONDS)
            pace = self._rng.uniform(0.0, UNKNOWN_SECONDS)
            if zone is not None:
                rests = rests or _within(self._lame.get((zone, host)), now, LAME_SECONDS)
            if record is not None:
                rests = rests or (record.silences > 0 and _within(record.silent, now, REST_SECONDS))
                rests = rests or _within(record.suspect, now, SUSPECT_SECONDS)
                if record.smooth is not None:
                    pace = record.smooth
            ranked.append((rests, pace, host))
        ranked.sort()
        for _, _, host in ranked[1:]:
            passed = self._records.get(host)
            if passed is not None and passed.smooth is not None:
                passed.smooth *= DECAY
        return [host for _, _, host in ranked]

    def patience(self, host: str, turn: int = 0) -> float:
        """Seconds to wait for a server, longer in later turns (RFC 6298 §2, §5.5)."""
        record = self._records.get(host)
        if record is None or record.smooth is None:
            base = FIRST_SECONDS
        else:
            base = max(record.smooth + 4 * record.spread, 2 * record.smooth, LEAST_SECONDS)
        return min(base * (1 << turn), MOST_SECONDS)

    def heard(self, host: str, elapsed: float) -> None:
        """It replied, whatever it said, after so many seconds."""
        record = self.record(host)
        if record.smooth is None:
            record.smooth, record.spread = elapsed, elapsed / 2  # RFC 6298 §2.2
        else:
            record.spread += (abs(elapsed - record.smooth) - record.spread) / 4  # RFC 6298 §2.3
            record.smooth += (elapsed - record.smooth) / 8
        record.silences = 0
        record.types.clear()
        version = _version(host)
        self._lost[version] = 0
        self._reached.add(version)
        self._no_way.pop(version, None)

    def unheard(self, host: str, rdtype: int, now: float, *, no_way: bool) -> None:
        """It said nothing, or could not be reached; `no_way`: the system has no address or route of that kind."""
        version = _version(host)
        self._lost[version] += 1
        if no_way or (self._lost[version] >= LOST and 10 - version in self._reached):
            self._no_way[version] = now
        if no_way:
            return
        record = self.record(host)
        record.silences += 1
        record.types.add(rdtype)
        record.silent = now

    def doubt(self, host: str, now: float) -> None:
        """What it said did not hold (R97)."""
        self.record(host).suspect = now

    def is_dead(self, host: str, rdtype: int, now: float) -> bool:
        """Whether it was silent so often that nobody should be sent there now (RFC 9520 §3.2); where it was so to one
        type only, then with that type: some firewalls drop what they do not know. One that ever replied never is: it
        may be silent only about zones that are not its own, which anybody may delegate to it."""
        record = self._records.get(host)
        if record is None or record.smooth is not None or record.silences < DEAD_SILENCES:
            return False
        if not _within(record.silent, now, DEAD_SECONDS):
            return False
        return rdtype in record.types or len(record.types) > 1

    def lame(self, host: str, zone: Name, now: float) -> None:
        """It does not serve a zone that it should."""
        self._lame[zone, host] = now

    def reaches(self, version: int, now: float) -> bool:
        """Whether addresses of that IP version are worth asking for first."""
        return not _within(self._no_way.get(version), now, FAMILY_SECONDS)


def _within(since: float | None, now: float, seconds: float) -> bool:
    return since is not None and since <= now < since + seconds


def _version(host: str) -> int:
    return 6 if ":" in host else 4
