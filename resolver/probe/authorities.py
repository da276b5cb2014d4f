"""Every authoritative server of the zones on a lookup's way, address by address: what a verdict over it alone would be.

The servers of a zone are those that its parent's referral names and those that the zone itself names (RFC 1034 §4.2.2
wants them to be the same; RFC 9471 §2 for glue). Each address is asked for the zone's SOA, and then the lookup is judged
once more with this address as the zone's only server. One that cannot be reached is a row with the reason.

Limits: the constants below, each ours; the number of addresses of one name is bounded as in every walk.

Not done: the signature checks of one address are not shared with the next.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

import trio

from resolver.data.name import Name
from resolver.data.rrset import Message, Question, RRset
from resolver.data.types import AAAA, DNSKEY, DS, NS, SOA, A
from resolver.data.views import read_rrsig, read_soa, read_target
from resolver.engine.driver import Engine
from resolver.sources.iterative.delegation import Delegation, address_text, may_be_asked
from resolver.sources.iterative.limits import MAX_ADDRESSES
from resolver.sources.iterative.one_server import Known, OneServer
from resolver.sources.iterative.servers import Purse
from resolver.sources.iterative.upstream import IterativeUpstream
from resolver.sources.recording import Recording
from resolver.validator.anchors import Anchors
from resolver.validator.outcome import Outcome
from resolver.validator.policy import Policy

MAX_ZONES = 8  # zones on the way, the deepest first: names have five levels at most, and an alias adds some
MAX_SERVERS = 20  # server names of a zone; the root and .com have 13
MAX_ROWS = 40  # addresses of a zone; the root has 26
MAX_LOOKUPS = 64  # looked up addresses of servers without glue
MAX_QUERIES = 600  # to the servers that are surveyed; 60 addresses need 180 to 240
CONCURRENCY = 16  # addresses that are asked at once
SECONDS = 30.0  # for all of it
LOOKUP_SECONDS = 10.0  # for the verdict over one address

OUT_OF_TIME = f"not asked: this survey's {SECONDS:g} s ended"
# Of several questions about a name the worst verdict counts; "no such record" beside an answer is no loss.
_SEVERITY = ("absent", "secure", "insecure", "indeterminate", "bogus")


class Row(NamedTuple):
    """One address.

    Fields: the server's name and address, None where none was found; the verdict over it, or None and why there is none;
    the serial of the SOA that it has (RFC 1035 §3.3.13); and of each signature in its reply to the question inception
    and expiration, 32-bit serial times (RFC 4034 §3.1.5).
    """

    server: Name
    address: str | None
    outcome: Outcome[RRset] | None = None
    reason: str = ""
    serial: int | None = None
    dates: tuple[tuple[int, int], ...] = ()


class Authorities(NamedTuple):
    """The servers of one zone, and how many of their addresses are beyond the limit."""

    zone: Name
    rows: tuple[Row, ...]
    left_out: int = 0


class Survey:
    """What is asked over every address, and what all of that shares."""

    def __init__(
        self,
        upstream: IterativeUpstream,
        outcomes: Sequence[Outcome[RRset]],
        *,
        anchors: Anchors,
        policy: Policy,
        clock: Callable[[], float],
    ) -> None:
        """Prepare; nothing is asked yet.

        Args:
            upstream: the one that the verdicts were found with, in the same trio run.
            outcomes: the verdicts on the questions.
            anchors, policy, clock: as of the lookup.
        """
        self._upstream = upstream
        self._questions = [outcome.question for outcome in outcomes]
        self._ends = {Question(outcome.canonical, outcome.question.rdtype) for outcome in outcomes}
        self._setting = (anchors, policy, clock)
        self._cuts = _ways(upstream, outcomes)
        self._known = Known(upstream, [message for outcome in outcomes for message in Recording.of(outcome).messages])
        self._purse = Purse()
        self._purse.left = MAX_QUERIES
        self._lookups = MAX_LOOKUPS
        self._limiter = trio.CapacityLimiter(CONCURRENCY)
        self._servers: dict[Name, list[tuple[Name, str | None]]] = {}
        self._rows: dict[tuple[Name, int], Row] = {}

    async def run(self, seconds: float = SECONDS) -> tuple[Authorities, ...]:
        """The zones from the root down, each with its servers as the parent names them.

        Args:
            seconds: how long it may take; what is not asked by then says so.
        """
        with trio.move_on_after(seconds):
            async with trio.open_nursery() as nursery:
                for cut in self._cuts:
                    nursery.start_soon(self._zone, cut, nursery)
        found = []
        for cut in self._cuts:
            servers = self._servers.get(cut.zone) or [(name, None) for name in cut.names]
            rows = [
                self._rows.get((cut.zone, number), Row(name, address, reason=OUT_OF_TIME))
                for number, (name, address) in enumerate(servers[:MAX_ROWS])
            ]
            found.append(Authorities(cut.zone, tuple(rows), max(len(servers) - MAX_ROWS, 0)))
        return tuple(found)

    async def _zone(self, cut: Delegation, nursery: trio.Nursery) -> None:
        names = dict.fromkeys(cut.names)
        own = await self._known.fetch(Question(cut.zone, NS))
        rrset = own.find(cut.zone, NS) if isinstance(own, Message) else None
        for rdata in rrset.rdata if rrset is not None else ():
            name = read_target(rdata)
            if name is not None:
                names[name] = None
        servers: list[tuple[Name, str | None]] = []
        for name in list(names)[:MAX_SERVERS]:
            addresses = await self._addresses(cut, name)
            servers += [(name, address) for address in addresses] or [(name, None)]
        self._servers[cut.zone] = servers
        for number, (name, address) in enumerate(servers[:MAX_ROWS]):
            nursery.start_soon(self._fill, cut, number, name, address)

    async def _addresses(self, cut: Delegation, name: Name) -> list[str]:
        """Glue, and by a lookup the kind of address that has none; IPv4 first."""
        glue = cut.glue.get(name, ())
        found: dict[str, None] = {}
        for rdtype, colon in ((A, False), (AAAA, True)):
            held = [host for host in glue if (":" in host) == colon]
            if not held and self._lookups > 0 and not cut.zone.is_root:  # the hints are whole
                self._lookups -= 1
                reply = await self._known.fetch(Question(name, rdtype))
                rrset = reply.find(name, rdtype) if isinstance(reply, Message) else None
                texts = [address_text(rdata) for rdata in rrset.rdata[:MAX_ADDRESSES]] if rrset is not None else []
                held = [text for text in texts if text is not None and may_be_asked(text, self._upstream.loopback)]
            found.update(dict.fromkeys(held))
        return list(found)

    async def _fill(self, cut: Delegation, number: int, name: Name, address: str | None) -> None:
        if address is None:
            self._rows[cut.zone, number] = Row(name, None, reason="no address that may be asked")
            return
        async with self._limiter:
            self._rows[cut.zone, number] = await self._row(cut, name, address)

    async def _row(self, cut: Delegation, name: Name, address: str) -> Row:
        zones = [each.zone for each in self._cuts]
        server = OneServer(cut, address, zones, self._upstream, self._known, self._purse)
        reply = await server.fetch(Question(cut.zone, SOA))
        if not isinstance(reply, Message):
            return Row(name, address, reason=server.trouble_text)
        soa = reply.find(cut.zone, SOA)
        read = read_soa(soa.rdata[0]) if soa is not None else None
        anchors, policy, clock = self._setting
        engine = Engine(
            server, anchors=anchors, policy=policy, timeout=LOOKUP_SECONDS, cache_size=0, clock=clock, polite=True
        )
        outcomes = [await engine.lookup(question) for question in self._questions]
        worst = max(outcomes, key=lambda outcome: _SEVERITY.index(outcome.status))
        dates = _dates(server.replies, self._ends)
        return Row(name, address, worst, serial=read.serial if read is not None else None, dates=dates)


async def survey(
    upstream: IterativeUpstream,
    outcomes: Sequence[Outcome[RRset]],
    *,
    anchors: Anchors,
    policy: Policy,
    clock: Callable[[], float],
) -> tuple[Authorities, ...]:
    """All servers of the zones on the way of some verdicts; see `Survey`."""
    return await Survey(upstream, outcomes, anchors=anchors, policy=policy, clock=clock).run()


def _ways(upstream: IterativeUpstream, outcomes: Sequence[Outcome[RRset]]) -> list[Delegation]:
    """The zones from the root down to each question's name, and to where its aliases lead."""
    found: dict[Name, Delegation] = {}
    for outcome in outcomes:
        name, rdtype = outcome.question
        ends = {name.parent() if rdtype == DS and not name.is_root else name, outcome.canonical}
        for end in ends if rdtype != DS else ends - {name}:
            found.update({cut.zone: cut for cut in upstream.way_to(end)})
        for step in outcome.proof.walk():
            if (
                step.zone is not None and step.zone not in found
            ):  # its servers are the parent's too: no referral was seen
                above = upstream.way_to(step.zone)[-1]
                found[step.zone] = Delegation(
                    step.zone, above.names, above.glue, signed=True, origin=above.origin, parent=above.zone
                )
    ordered = sorted(found.values(), key=lambda cut: (len(cut.zone.labels), cut.zone))
    return [ordered[0], *ordered[1:][-(MAX_ZONES - 1) :]]


def _dates(replies: Mapping[Question, Message], ends: AbstractSet[Question]) -> tuple[tuple[int, int], ...]:
    """Inception and expiration of the signatures over the answer or its denial; of a zone that only leads to it, over
    the last thing that it was asked, such as the DS of the zone below.

    Args:
        replies: what a server said, in the order in which it was asked.
        ends: the questions at the end of all aliases.
    """
    asked = [question for question in replies if question.rdtype not in (DNSKEY, SOA)] or list(replies)
    answers = [question for question in asked if question in ends] or asked[-1:]
    read = [
        read_rrsig(rdata, ttl)
        for question in answers
        for rrset in replies[question].answer or replies[question].authority
        for ttl, rdata in rrset.rrsigs
    ]
    return tuple([(each.inception, each.expiration) for each in read if each is not None])


__all__ = ["Authorities", "Row", "Survey", "survey"]
