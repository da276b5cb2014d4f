"""Judging a world, and what its truth allows: the driver with the believing check, and the tests on verdicts."""

from __future__ import annotations

from typing import Any, Protocol

from resolver.data.name import Name
from resolver.data.rrset import Message, Question, RRset
from resolver.data.types import CNAME, DS, NS, SOA, TXT, A
from resolver.data.views import key_tag
from resolver.validator import chain
from resolver.validator.anchors import Anchor, Anchors
from resolver.validator.ask import Ask, Fetch, Held, Keys, run
from resolver.validator.context import Context
from resolver.validator.limits import Limits
from resolver.validator.outcome import Absent, Bogus, Indeterminate, Insecure, Outcome, Secure
from resolver.validator.policy import Policy
from resolver.validator.states import ZoneState
from tests.exhaustive.server import Server
from tests.exhaustive.signer import ALGORITHM, NOW, Chain, believing, dnskey
from tests.exhaustive.truth import Fact, Hop, hop, path
from tests.exhaustive.worlds import TOP, World

TYPES = (A, TXT, DS, CNAME)
# The attacker's messages hold whole pools: what limits the work must not hide what a rule would do with them.
WIDE = Limits(nsec_records=1000, nsec3_records=1000, nsec3_hashes=10**9, verifications=10**9, queries=10**6)


class Answers(Protocol):
    """Whoever answers the judge's questions."""

    def answer(self, question: Question) -> Message: ...


def context(world: World) -> Context:
    """Anchors at every anchored zone, and a check that believes."""
    points = [
        Anchor(zone.apex, key_tag(dnskey(zone.apex)), ALGORITHM, None, dnskey(zone.apex), None, None, "test")
        for zone in world.zones.values()
        if zone.anchored
    ]
    return Context(anchors=Anchors(points), policy=Policy(), now=NOW, verify=believing, limits=WIDE)


def lookup(base: Context, source: Answers, question: Question) -> Outcome[RRset]:
    """One lookup with nothing at hand, driven by plain calls."""
    states: dict[Name, ZoneState] = {}

    def perform(ask: Ask[Any]) -> Any:
        if isinstance(ask, Fetch):
            return tuple(source.answer(each) for each in ask.questions)
        if isinstance(ask, Held):
            return tuple(states[name] for name in ask.names if name in states)
        assert isinstance(ask, Keys)
        if ask.zone not in states:
            states[ask.zone] = run(chain.zone(base.for_zone(), ask.zone), perform)
        return states[ask.zone]

    return run(chain.answer(base.for_zone(), question), perform)


def shown(outcome: Outcome[RRset]) -> str:
    """A verdict in one line, for people."""
    if isinstance(outcome, Secure):
        return f"secure {outcome.canonical} {outcome.value.rdata[0].hex()}"
    if isinstance(outcome, Absent):
        return f"absent {outcome.kind} {outcome.canonical}"
    if isinstance(outcome, Insecure):
        return f"insecure {outcome.reason} {outcome.cut}"
    assert isinstance(outcome, Bogus | Indeterminate)
    return f"{type(outcome).__name__.lower()} {outcome.cause.code}"


def first_hidden(held: Chain, name: Name) -> Name | None:
    """The highest name on the way to `name` that the chain does not know: the next closer name (RFC 5155 §1.3)."""
    return next((each for each in name.between(held.apex) if each not in held.linked), None)


def expected(server: Server, question: Question) -> set[str]:
    """The verdicts, as `shown` says them, that the honest answer may have; more than one only where R57 says so."""
    hops, loops = path(server.world, *question)
    if loops:  # R67, also where an insecure hop led into the loop
        return {"indeterminate CNAME_LOOP"}
    for step in hops:
        if step.insecure_cut is not None:
            return {_insecure(server, step.insecure_cut)}
        held = server.chains[step.zone.apex]
        denied = step.fact.kind in ("NODATA", "NXDOMAIN", "undefined")
        if held.hashing and (denied or step.fact.wildcard is not None):
            hidden = first_hidden(held, step.name)
            if hidden is not None and held.opted_out(hidden):  # RFC 5155 §9.2
                return {f"insecure OPT_OUT {hidden}"}
            if held.iterations and step.fact.kind != "undefined":  # RFC 9276 §3.2
                return {f"insecure ITERATIONS {step.name}"}
    last = hops[-1]
    if last.fact.kind == "data":
        zone_rdata = last.fact.rdata
        if question.rdtype == DS:
            zone_rdata = server.chains[last.zone.apex].positive[last.name, DS].rdata[0]
        return {f"secure {last.name} {zone_rdata.hex()}"}
    said = {"bogus"} if last.fact.kind == "undefined" else {f"absent {last.fact.kind} {last.name}"}
    if hides_wildcard(server.chains[last.zone.apex], last.fact):
        said.add(f"absent NXDOMAIN {last.name}")
    return said


def hides_wildcard(held: Chain, fact: Fact) -> bool:
    """R57: a wildcard that exists only because of unsigned delegations, which opt-out keeps out of the chain.

    It is an empty non-terminal, whose NODATA then looks like an NXDOMAIN, or itself an unsigned delegation, whose
    meaning for other names is undefined (RFC 4592 §4.2): then too the papers let NXDOMAIN stand.
    """
    hidden = fact.wildcard is not None and held.hashing and fact.wildcard not in held.linked
    return hidden and fact.kind in ("NODATA", "undefined")


def _insecure(server: Server, cut: Name) -> str:
    parent = next(zone for apex, zone in server.world.zones.items() if apex != cut and cut in zone.nodes)
    held = server.chains[parent.apex]
    hidden = first_hidden(held, cut) if held.hashing else None
    if hidden is not None:
        return f"insecure OPT_OUT {hidden}"
    return f"insecure {'UNSUPPORTED_ALGORITHM' if DS in parent.nodes[cut] else 'NO_DS'} {cut}"


def agrees(outcome: Outcome[RRset], wanted: set[str]) -> bool:
    """Whether the verdict of an honest answer is one of the expected; of a refusal any code will do."""
    said = shown(outcome)
    return said in wanted or ("bogus" in wanted and isinstance(outcome, Bogus))


def optout_holds(held: Chain, cut: Name, name: Name) -> bool:
    """Whether opt-out truly says nothing of `name` from `cut` down: covered, and nothing there that is signed."""
    covered = cut.is_below(held.apex) and name.is_under(cut) and held.opted_out(cut)
    return covered and not any(each.is_under(cut) for each in held.linked)


def allowed(server: Server, question: Question, outcome: Outcome[RRset]) -> bool:
    """Whether a verdict is no untruth, whatever the messages were: the truth, or no verdict."""
    if isinstance(outcome, Bogus | Indeterminate):
        return True
    hops, loops = path(server.world, *question)
    if isinstance(outcome, Insecure):
        return any(_insecure_holds(server, step, question.rdtype, outcome) for step in hops)
    last = hops[-1]
    if loops or last.insecure_cut is not None or outcome.canonical != last.name:
        return False
    if isinstance(outcome, Absent):
        kind = last.fact.kind
        hidden = hides_wildcard(server.chains[last.zone.apex], last.fact)
        return outcome.kind == kind or (hidden and outcome.kind == "NXDOMAIN")
    rdata = last.fact.rdata
    if question.rdtype == DS and last.fact.kind == "data":
        rdata = server.chains[last.zone.apex].positive[last.name, DS].rdata[0]
    return last.fact.kind == "data" and outcome.value.rdata == (rdata,)


def _insecure_holds(server: Server, step: Hop, rdtype: int, outcome: Insecure) -> bool:
    if outcome.reason == "OPT_OUT":
        points = [zone.apex for zone in server.world.zones.values() if zone.anchored]
        for point in points:  # R57: not for what a closer anchor holds
            below = step.name.is_below(point) if rdtype == DS else step.name.is_under(point)
            if below and point.is_under(outcome.cut):
                return False
        return any(
            optout_holds(held, outcome.cut, step.name)
            for apex, held in server.chains.items()
            if hop(server.world, apex, SOA).insecure_cut is None
        )
    if outcome.reason == "ITERATIONS":  # RFC 9276 §3.2: of a proof that holds
        negative = step.fact.kind in ("NODATA", "NXDOMAIN") or step.fact.wildcard is not None
        return step.insecure_cut is None and negative and server.world.mode == "iterations"
    return step.insecure_cut == outcome.cut


def is_asked(question: Question) -> bool:
    """The DS of the anchored apex has no parent here; everything else is asked."""
    return question != Question(TOP, DS)


def is_cut(server: Server, apex: Name, name: Name) -> bool:
    """Whether a zone delegates a name."""
    return name != apex and NS in server.world.zones[apex].nodes.get(name, {})
