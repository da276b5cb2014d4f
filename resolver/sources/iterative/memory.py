"""What a walk learns for the next one: delegations, server addresses, and replies that the judge will ask for. Pure.

Nothing here is true because it is remembered: every reply is judged. Each entry serves from when it came until its
end, so a clock that steps back finds nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from cachetools import LRUCache

from resolver.data.name import Name
from resolver.data.rrset import Message, NoReply, Question
from resolver.data.types import DNSKEY
from resolver.sources.iterative.delegation import Delegation
from resolver.sources.iterative.limits import (
    ADDRESSES,
    CREDIT_SECONDS,
    DEAD_SECONDS,
    DELEGATIONS,
    LEAST_TTL,
    MEMO_SECONDS,
    MOST_CREDIT,
    MOST_TTL,
    NAME_CREDIT,
    REPLIES,
)

CREDIT_LEVELS = 3  # ours: levels of zones below a domain that are charged one by one; deeper ones are charged to these

K = TypeVar("K")
V = TypeVar("V")


class _Timed(Generic[K, V]):
    """A bounded map whose entries end."""

    def __init__(self, size: int) -> None:
        self._entries: LRUCache[K, tuple[V, float, float]] = LRUCache(size)

    def get(self, key: K, now: float) -> V | None:
        entry = self._entries.get(key)
        return entry[0] if entry is not None and entry[1] <= now < entry[2] else None

    def put(self, key: K, value: V, now: float, seconds: float) -> None:
        self._entries[key] = (value, now, now + seconds)

    def __len__(self) -> int:
        return len(self._entries)


class Landing:
    """Something that is being found out: who waits for it is told when that ends, whatever came of it."""

    __slots__ = ("over", "watchers")

    def __init__(self) -> None:
        self.over = False
        self.watchers: list[Callable[[], None]] = []

    def land(self) -> None:
        """Tell all."""
        self.over = True
        for watcher in self.watchers:
            watcher()


class _Kept:
    """A reply, which of all that were kept it is, and whether the judge had it already."""

    __slots__ = ("message", "number", "served")

    def __init__(self, message: Message, number: int) -> None:
        self.message = message
        self.number = number
        self.served = False


class Memory:
    """One upstream's memory.

    Attributes:
        root: the root's delegation, from the hints; it never ends.
        flights: what is being found out now: a question, or the zone below a zone towards a name.
        kept: how many replies were kept so far.
    """

    def __init__(self, root: Delegation) -> None:
        self.root = root
        self.flights: dict[object, Landing] = {}
        self._delegations: _Timed[Name, Delegation] = _Timed(DELEGATIONS)
        self._replies: _Timed[Question, _Kept] = _Timed(REPLIES)
        self.kept = 0
        self._addresses: _Timed[Name, tuple[str, ...]] = _Timed(ADDRESSES)
        self._keys_known: _Timed[Name, bool] = _Timed(DELEGATIONS)
        self._dead: _Timed[tuple[Name, int], tuple[Delegation, str]] = _Timed(DELEGATIONS)
        self._spent: _Timed[Name, int] = _Timed(DELEGATIONS)
        self._failed: _Timed[Question, NoReply] = _Timed(REPLIES)
        self._told: _Timed[Question, frozenset[str]] = _Timed(REPLIES)

    # Delegations

    def closest(self, name: Name, now: float) -> Delegation:
        """The deepest known delegation at or above a name."""
        while not name.is_root:
            found = self._delegations.get(name, now)
            if found is not None:
                return found
            name = name.parent()
        return self.root

    def delegate(self, to: Delegation, ttl: float, now: float, through: Delegation) -> None:
        """Remember a referral, for no longer than the way to whoever gave it holds: else a zone that its parent has let
        go of would live on in zones below it, each of which it delegates for as long as it likes (CVE-2022-30698,
        CVE-2022-30699)."""
        to.until = max(min(now + min(ttl, MOST_TTL), through.until), now + LEAST_TTL)
        self._delegations.put(to.zone, to, now, to.until - now)

    # Zones that nobody answers for

    def bury(self, cut: Delegation, rdtype: int, text: str, now: float) -> None:
        """None of a zone's servers said anything to a question of a type; for a few seconds nobody asks them again
        (RFC 9520 §3.2). Only for that type: some firewalls drop what they do not know, and let the rest pass."""
        self._dead.put((cut.zone, rdtype), (cut, text), now, DEAD_SECONDS)

    def dead(self, cut: Delegation, rdtype: int, now: float) -> str | None:
        """What was tried in vain lately by the same way, or None."""
        found = self._dead.get((cut.zone, rdtype), now)
        return found[1] if found is not None and found[0].leads_like(cut) else None

    def fail(self, failed: NoReply, now: float) -> None:
        """Servers answered a question, but none to any use, such as with SERVFAIL or REFUSED: nobody asks them again for
        a few seconds (RFC 9520 §3.2)."""
        self._failed.put(failed.question, failed, now, DEAD_SECONDS)

    def failed(self, question: Question, now: float) -> NoReply | None:
        """What became of a question that failed lately, or None."""
        return self._failed.get(question, now)

    # Replies that the judge will want

    def keep(self, message: Message, now: float) -> None:
        """Keep a reply for the judge's next questions."""
        question = message.question
        self.kept += 1
        self._replies.put(question, _Kept(message, self.kept), now, MEMO_SECONDS)
        if question.rdtype == DNSKEY:
            ttls = [rrset.ttl for rrset in message.answer if rrset.rdtype == DNSKEY]
            self._keys_known.put(question.name, True, now, min(max(ttls[0] if ttls else 0, LEAST_TTL), MOST_TTL))

    def reply(self, question: Question, now: float, avoid: frozenset[str], since: int) -> Message | None:
        """A reply that came lately, from none of these origins.

        Each serves once, and whoever began before it came: the judge that asks again wants to know anew (R121).

        Args:
            question: what is asked.
            now: POSIX seconds.
            avoid: origins whose replies did not hold.
            since: how many replies had been kept when the lookup began.
        """
        found = self._replies.get(question, now)
        if found is None or found.message.origin in avoid or (found.served and found.number <= since):
            return None
        found.served = True
        return found.message

    def knows_keys(self, zone: Name, now: float) -> bool:
        """Whether a zone's keys came within their TTL: then the judge has them, and nobody needs to hurry."""
        return self._keys_known.get(zone, now) is not None

    def tell(self, question: Question, origin: str, now: float) -> None:
        """Note whose reply the judge was given."""
        told = self._told.get(question, now) or frozenset()
        self._told.put(question, told | {origin}, now, MEMO_SECONDS)

    def told(self, question: Question, now: float) -> frozenset[str]:
        """Whose replies to a question the judge was given lately."""
        return self._told.get(question, now) or frozenset()

    # Addresses of servers

    def addresses(self, name: Name, now: float) -> tuple[str, ...] | None:
        """The addresses of a server that were looked up; none: there are none; None: not known."""
        return self._addresses.get(name, now)

    def locate(self, name: Name, addresses: tuple[str, ...], ttl: float, now: float) -> None:
        """Remember where a server is, or that this cannot be found out."""
        self._addresses.put(name, addresses, now, min(max(ttl, LEAST_TTL), MOST_TTL))

    def has_credit(self, parent: Name, now: float) -> bool:
        """Whether more than one of the server names that a zone's referrals name may be looked up.

        Whoever names servers that lead nowhere soon may name one a lookup, in all the zones below the same domain: else
        each question of a lookup would pay the limit of a referral anew (NXNSAttack, CVE-2020-12662). To earn credit,
        an attacker must answer as many questions itself. One is always looked up, which an alias costs too: the domain
        may be a registry (`co.uk`), of which a few hostile zones must not take all others along.
        """
        return all((self._spent.get(domain, now) or 0) < NAME_CREDIT for domain in _domains(parent))

    def settle(self, parent: Name, found: bool, now: float) -> None:
        """A server name of a zone's referral was looked up, and led somewhere or not."""
        for domain in _domains(parent):
            spent = (self._spent.get(domain, now) or 0) + (-1 if found else 1)
            spent = min(max(spent, NAME_CREDIT - MOST_CREDIT), NAME_CREDIT)
            self._spent.put(domain, spent, now, CREDIT_SECONDS)


def _domains(zone: Name) -> list[Name]:
    """A zone and the ones above it, without the root and the top-level domains, which are nobody's own."""
    count = len(zone.labels)
    return [zone.rightmost(labels) for labels in range(2, min(count, 2 + CREDIT_LEVELS) + 1)]
