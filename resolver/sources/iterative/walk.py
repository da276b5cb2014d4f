"""The walk from the root hints to the answer of one question (RFC 1034 §5.3.3), as a pure plan.

At each zone the question is sent together with the question for the zone's keys, and the DS of the zone below comes
with the referral (R96): k cuts take k + 1 round trips, and what the judge asks next is there already.

The delegation walk goes by the parents' referrals alone. A question for DS belongs to the zone above its name
(RFC 4035 §3.1.4.1), every other one to the deepest zone at or above it. An alias is not followed: the judge does that.

Limits: see `limits`; every query of a walk, for whatever reason, is paid from one purse.
"""

from __future__ import annotations

from collections import Counter

from resolver.data.name import Name
from resolver.data.rrset import Message, NoReply, Question
from resolver.data.types import AAAA, DNSKEY, DS, A
from resolver.sources.iterative.asks import Await, Beside
from resolver.sources.iterative.delegation import Delegation, address_text, may_be_asked
from resolver.sources.iterative.limits import (
    MAX_ADDRESSES,
    MAX_DEPTH,
    MAX_NAMES,
    MAX_NAMES_REFERRAL,
)
from resolver.sources.iterative.memory import Landing
from resolver.sources.iterative.reading import Answered, ChildSide, Read, Referred
from resolver.sources.iterative.servers import Asker, Purse, Shared, Spent, host_of
from resolver.sources.iterative.steps import Steps

RETRY_SECONDS = 5.0  # when it makes sense to ask again (RFC 9520 §3.2)
GLUE_SECONDS = 60.0  # ours: how long glue serves other zones that name the same server
NO_ADDRESS_SECONDS = 60.0  # ours: how long a server without an address is not looked up again


class Lookup:
    """One question of the judge's.

    Attributes:
        attempts: each server that did not help, and what it did.
    """

    def __init__(self, shared: Shared, question: Question, *, cd: bool, avoid: frozenset[str], now: float) -> None:
        self._shared = shared
        self._memory = shared.memory
        self._question = question
        self._avoid = avoid
        self._cd = cd
        self._asker = Asker(shared, Purse(), cd=cd, now=now)
        self._since = self._memory.kept
        self._named: Counter[Name] = Counter()  # server names that were looked up, by zone
        self._looked: set[Name] = set()  # server names that were looked up, or are being
        self._waited: set[object] = set()
        self._fresh: set[Name] = set()  # zones whose delegation this lookup was told itself
        self._useless: dict[Name, Delegation] = {}  # remembered ones that led nowhere
        self._curtailed = 0  # how often a limit of this lookup was in the way
        self._circles = 0  # how often a server name was passed by that this lookup had begun to look up

    @property
    def attempts(self) -> list[tuple[str, str]]:
        return self._asker.attempts

    @property
    def trouble(self) -> list[tuple[str, str]]:
        """What did not help so far, and who has not replied yet."""
        asking = self._asker.asking
        return [*self.attempts, *([(asking, "no reply yet")] if asking else [])]

    @property
    def _now(self) -> float:
        return self._asker.now

    async def run(self) -> Message | NoReply:
        """The reply of a server of the zone, or that there is none."""
        question, memory = self._question, self._memory
        if not self._cd:  # R97's last attempt: nobody here validates, so it goes to whom the judge has not heard
            self._avoid |= memory.told(question, self._now)
        known = memory.reply(question, self._now, self._avoid, self._since) if self._cd else None
        if known is None and not self._avoid and (landing := memory.flights.get(question)) is not None:
            self._asker.now = await Await(landing)
            known = memory.reply(question, self._now, self._avoid, self._since)
        if known is not None:
            memory.tell(question, known.origin, self._now)
            return known
        failed = memory.failed(question, self._now) if self._cd and not self._avoid else None
        if failed is not None:
            return failed
        for origin in self._avoid:
            self._shared.roster.doubt(host_of(origin), self._now)
        landing = Landing()
        flies = question not in memory.flights and not self._avoid
        if flies:
            memory.flights[question] = landing
        try:
            found = await self._resolve(question, 0)
            if found is not None:
                if self._cd:
                    memory.keep(found, self._now)
                    memory.reply(question, self._now, frozenset(), self._since)  # it is served now
                memory.tell(question, found.origin, self._now)
                return found
            failed = self._failed("unusable" if self._asker.heard else self._asker.why)
            if self._cd and not self._avoid and self._asker.heard and not self._curtailed:
                memory.fail(failed, self._now)
            return failed
        except Spent as spent:
            self.attempts.append(("resolver", str(spent)))
            return self._failed("limit")
        finally:
            if flies:
                memory.flights.pop(question, None)
                landing.land()

    def _failed(self, why: str) -> NoReply:
        shown = self.attempts[-8:]
        text = "; ".join(f"{origin}: {what}" for origin, what in shown) or "no server is known"
        return NoReply(self._question, why, text, tuple(self.attempts), self._now + RETRY_SECONDS)

    async def _resolve(self, question: Question, depth: int) -> Message | None:
        """Walk down to the zone that answers; for a server's address, to where glue is met on the way."""
        name, rdtype = question
        below = name.parent() if rdtype == DS and not name.is_root else name
        cut = self._start(below, depth)
        steps = Steps(question, below, minimise=self._shared.minimise)
        held: Message | None = None
        while True:
            asked = steps.next(cut.zone)
            if asked is None:
                return held  # no zone lies between: the child's own word is all that there is
            if depth == 0 and not self._avoid and asked == question:
                known, deeper = await self._meet(cut, question, below)
                if known is not None:
                    return known
                if deeper is not cut:
                    cut = deeper
                    continue
            if self._is_buried(cut, asked):
                return held
            before = self._hindered(depth)
            got = await self._step(cut, asked, depth)
            if got is None:
                if asked != question and not steps.locating:
                    steps.reveal()  # RFC 9156 §2.3: some servers only understand whole names
                    continue
                if self._asker.silence and self._hindered(depth) == before:
                    self._memory.bury(cut, asked.rdtype, self.attempts[-1][1], self._now)
                again = self._again(cut)
                if again is None:
                    return held
                cut = again
            elif isinstance(got, Referred):
                if got.to.leads_like(self._useless.get(got.to.zone)):
                    return held  # the parent still says the same: nobody is asked once more
                cut = self._enter(got, cut)
                if depth and name in cut.glue:
                    return None
                steps.restart()
                held = None
            elif asked != question:
                steps.went(asked, got)
            elif isinstance(got, ChildSide):
                if held is not None or cut.zone == below:
                    return got.message
                held = got.message
                steps.locate()
            else:
                assert isinstance(got, Answered)
                return got.message

    def _start(self, below: Name, depth: int) -> Delegation:
        """Where to begin. If no server of the zone is left that was not tried, then perhaps the way there was wrong:
        the parent is asked again, another of its servers."""
        cut = self._memory.closest(below, self._now)
        if depth == 0 and self._avoid and not cut.zone.is_root and self._asker.all_tried(cut, self._avoid):
            self._avoid |= {cut.origin}
            cut = self._memory.closest(cut.zone.parent(), self._now)
        return cut

    def _is_buried(self, cut: Delegation, asked: Question) -> bool:
        """Whether nobody answered for a zone a moment ago (RFC 9520 §3.2)."""
        what = self._memory.dead(cut, asked.rdtype, self._now) if not self._avoid else None
        if what is not None:
            self.attempts.append((f"servers of {cut.zone}", f"asked in vain a moment ago: {what}"))
        return what is not None

    def _again(self, cut: Delegation) -> Delegation | None:
        """Where to try once more if a remembered delegation leads nowhere: its servers may have moved."""
        if cut.zone.is_root or cut.zone in self._fresh:
            return None
        self._fresh.add(cut.zone)
        self._useless[cut.zone] = cut
        return self._memory.closest(cut.zone.parent(), self._now)

    def _enter(self, referred: Referred, through: Delegation) -> Delegation:
        to = referred.to
        self._fresh.add(to.zone)
        self._memory.delegate(to, referred.ttl, self._now, through)
        if referred.ds is not None and self._cd:
            self._memory.keep(referred.ds, self._now)
        return to

    async def _meet(self, cut: Delegation, question: Question, below: Name) -> tuple[Message | None, Delegation]:
        """Wait for another lookup that is about to be told the zone below; once for each, and only where there is one
        to expect: below the root and the top-level domains, or where the question is about a cut itself."""
        name, rdtype = question
        if name == cut.zone:
            return None, cut
        key = _way(cut.zone, name)
        landing = self._memory.flights.get(key)
        expected = len(cut.zone.labels) < 2 or rdtype in (DS, DNSKEY)
        if landing is None or key in self._waited or not expected:
            return None, cut
        self._waited.add(key)
        self._asker.now = await Await(landing)
        known = self._memory.reply(question, self._now, self._avoid, self._since)
        deeper = self._memory.closest(below, self._now)
        return known, deeper if deeper.zone.is_below(cut.zone) else cut

    async def _step(self, cut: Delegation, asked: Question, depth: int) -> Read | None:
        """Ask a zone's servers; with the first question to a signed zone goes the one for its keys."""
        flights = self._memory.flights
        if depth == 0 and not self._avoid:
            keys = Question(cut.zone, DNSKEY)
            wanted = cut.signed and keys not in flights and not self._memory.knows_keys(cut.zone, self._now)
            if wanted and asked != keys:
                await Beside(self._keys(cut, keys))
        key = _way(cut.zone, asked.name) if asked.name != cut.zone else None
        landing = Landing()
        leads = key is not None and depth == 0 and key not in flights
        if leads:
            flights[key] = landing
        try:
            return await self._ask(cut, asked, depth)
        finally:
            if leads:
                flights.pop(key, None)
                landing.land()

    async def _keys(self, cut: Delegation, question: Question) -> None:
        """Fetch a zone's keys beside the question; whoever wants them meanwhile waits for this one."""
        landing = self._memory.flights[question] = Landing()
        asker = self._asker.beside()
        try:
            got = await asker.ask(cut, question, turns=1, tries=2)
            if isinstance(got, Answered):
                self._memory.keep(got.message, asker.now)
        except Spent:
            pass  # the question itself says so, if it matters
        finally:
            self._memory.flights.pop(question, None)
            landing.land()

    async def _ask(self, cut: Delegation, asked: Question, depth: int) -> Read | None:
        avoid = self._avoid if depth == 0 else frozenset[str]()

        async def more() -> bool:
            return await self._locate(cut, depth)

        return await self._asker.ask(cut, asked, avoid=avoid, more=more)

    async def _locate(self, cut: Delegation, depth: int) -> bool:
        """Look up the address of one more server of a zone; whether that brought any.

        At most a few a referral and a few in all: a referral that names many servers without addresses makes strangers'
        servers pay for it (NXNSAttack, CVE-2020-12662).
        """
        for name in cut.names:
            if name in cut.glue or self._memory.addresses(name, self._now) is not None:
                continue
            if name.is_under(cut.zone):
                continue  # RFC 9471 §2: without glue it cannot be found from outside
            if name in self._looked:
                self._circles += 1
                continue  # it is being looked up further up, and needs this very zone
            if depth >= MAX_DEPTH or len(self._looked) >= MAX_NAMES:
                self._curtailed += 1
                return False
            if self._named[cut.zone] >= MAX_NAMES_REFERRAL:
                return False
            if self._looked and not self._memory.has_credit(cut.parent, self._now):
                self._curtailed += 1
                self.attempts.append(
                    (f"servers of {cut.zone}", f"too many names below {cut.parent} led nowhere lately")
                )
                return False
            self._named[cut.zone] += 1
            self._looked.add(name)
            found = await self._address(name, depth + 1)
            self._memory.settle(cut.parent, found, self._now)
            if found:
                return True
        return False

    async def _address(self, name: Name, depth: int) -> bool:
        """Find where a server is: by the glue of its own zone's delegation, which is its parent's word, else by asking
        for IPv4, and for IPv6 only if there is none. An alias is no address (RFC 2181 §10.3).

        A kind of address that leads nowhere is asked for last, but it is: silent servers of one hostile zone may be all
        that speaks against it.
        """
        if self._glued(name):
            return True
        before = self._hindered(depth)
        roster = self._shared.roster
        for rdtype, _ in sorted(((A, 4), (AAAA, 6)), key=lambda kind: not roster.reaches(kind[1], self._now)):
            message = await self._resolve(Question(name, rdtype), depth)
            if self._glued(name):
                return True
            rrset = message.find(name, rdtype) if message is not None else None
            if rrset is None:
                continue
            texts = [text for rdata in rrset.rdata[:MAX_ADDRESSES] if (text := address_text(rdata)) is not None]
            hosts = tuple([text for text in texts if may_be_asked(text, self._shared.loopback)])
            if hosts:
                self._memory.locate(name, hosts, rrset.ttl, self._now)
                return True
        if self._hindered(depth) == before:
            self._memory.locate(name, (), NO_ADDRESS_SECONDS, self._now)
        return False

    def _hindered(self, depth: int) -> tuple[int, int]:
        """What this lookup, not the servers, was to blame for so far: what fails for that is not remembered, else one
        zone's delegations could make another one unreachable for every lookup (RFC 9520 §3.2 means failing servers).

        A circle is its own fault only where names that are being looked up further up were passed by.
        """
        return self._curtailed, self._circles if depth > 1 else 0

    def _glued(self, name: Name) -> bool:
        """Whether a known delegation has a server's address as glue."""
        hosts = self._memory.closest(name, self._now).glue.get(name)
        if not hosts:
            return False
        self._memory.locate(name, hosts, GLUE_SECONDS, self._now)
        return True


def _way(zone: Name, name: Name) -> tuple[Name, Name]:
    """The key of what lies between a zone and a name below it: the name one label below the zone."""
    return zone, name.rightmost(len(zone.labels) + 1)
