"""Completeness and soundness of one world, counted; what is untrue comes back as sentences.

Soundness by rules: `nsec` and `nsec3` over every set of up to three records of a zone's chain, and over all of them.
No proof uses more than three records, so that gives whatever any set of records proves.
Soundness by lookups: messages with all denials of one zone or of all, in either section, with either RCODE, beside
nothing, a forgery, or a replayed wildcard or DNAME, with the DS sets honest or taken away.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import NamedTuple

from resolver.data.name import Name
from resolver.data.rrset import Message, Question, RRset
from resolver.data.types import CNAME, DNAME, DNSKEY, DS, NSEC, NSEC3, A, type_text
from resolver.validator import mint, nsec, nsec3
from resolver.validator.context import Context
from resolver.validator.spans import Denial
from resolver.validator.states import Verified
from tests.exhaustive.checks import (
    TYPES,
    agrees,
    allowed,
    context,
    expected,
    hides_wildcard,
    is_asked,
    is_cut,
    lookup,
    optout_holds,
    shown,
)
from tests.exhaustive.server import Server
from tests.exhaustive.signer import TTL, Chain, labels_of, signed
from tests.exhaustive.truth import local
from tests.exhaustive.worlds import World, names

PROOF_RECORDS = 3  # closest encloser, next closer name, wildcard (RFC 5155 §8.4)


class Result(NamedTuple):
    """The cases that were tried, by kind, and the untruths that were found."""

    complete: int
    rules: int
    lookups: int
    wrong: list[str]


def run_world(world: World, *, lookups: bool) -> Result:
    """Everything about one world; `lookups` for the whole lookups under attack too."""
    server, base, wrong = Server(world), context(world), list[str]()
    questions = [question for name in names(world) for rdtype in TYPES if is_asked(question := Question(name, rdtype))]
    for question in questions:
        wanted = expected(server, question)
        outcome = lookup(base, server, question)
        if not agrees(outcome, wanted):
            wrong.append(f"{world}: honest {question}: {shown(outcome)}, the truth is {sorted(wanted)}")
    pools = _pools(server, questions)
    rules = sum(_rules(server, base, pool, held, wrong) for held, pool in pools)
    attacked = _lookups(server, base, questions, pools, wrong) if lookups else 0
    return Result(len(questions), rules, attacked, wrong)


def _pools(server: Server, questions: list[Question]) -> list[tuple[Chain, list[RRset]]]:
    """All denials of each signed zone; compact ones are collected from honest answers."""
    made: dict[Name, dict[RRset, None]] = {apex: {} for apex in server.chains}
    if server.world.mode == "compact":
        for question in questions:
            apex = server.holder(question).apex
            for rrset in server.answer(question).authority:
                if rrset.rdtype == NSEC:
                    made[apex][rrset] = None
    return [(held, held.denials() + list(made[apex])) for apex, held in server.chains.items()]


def _minted(rrset: RRset, zone: Name) -> Verified:
    return mint.verified(rrset, rrset.signatures[0], None, zone, 0, 0xFFFFFFFF, TTL)  # type: ignore[arg-type]


def _subsets(pool: list[Verified], compact: bool) -> Iterator[tuple[Verified, ...]]:
    for size in range(1, 2 if compact else PROOF_RECORDS + 1):  # a compact proof is one record (RFC 9824 §3)
        yield from combinations(pool, size)
    if len(pool) > (1 if compact else PROOF_RECORDS):
        yield tuple(pool)


def _rules(server: Server, base: Context, pool: list[RRset], held: Chain, wrong: list[str]) -> int:
    """The rule functions over sets of a zone's records; how many cases."""
    world, apex, cases = server.world, held.apex, 0
    asked = [name for name in names(world) if name.is_under(apex)]
    wildcards = [key for key in held.positive if key[0].is_wildcard and key[1] in (A, CNAME)]
    work = base.for_zone()
    for subset in _subsets([_minted(rrset, apex) for rrset in pool], world.mode == "compact"):
        spans = nsec.usable_spans(apex, list(subset), [])
        groups = nsec3.usable_groups(work, apex, list(subset), [])
        for name in asked:
            for rdtype in TYPES:
                for walking in (False, True) if rdtype == DS else (False,):
                    cases += 1
                    denial = (
                        nsec3.prove(work, apex, name, rdtype, groups, [], walking=walking)
                        if held.hashing
                        else nsec.prove(apex, name, rdtype, spans, [], walking=walking)
                    )
                    if denial is not None and not _true(server, held, Question(name, rdtype), denial, walking):
                        owners = " ".join(str(record.rrset.owner) for record in denial.evidence)
                        wrong.append(
                            f"{world}: rule of {apex} for {name}/{type_text(rdtype)} walking={walking}: "
                            f"{denial._replace(evidence=())} by {owners}"
                        )
        for owner, rdtype in wildcards:
            for name in asked:
                if name.is_below(owner.parent()) and name != owner:
                    cases += 1
                    _expansion(work, held, owner, rdtype, name, spans, groups, wrong, str(world))
    return cases


def _true(server: Server, held: Chain, question: Question, denial: Denial, walking: bool) -> bool:
    """Whether a denial by one zone's records is true."""
    name, rdtype = question
    if rdtype == DS and name == held.apex:  # RFC 6840 §4.4: the child never speaks for its parent
        return False
    if denial.insecure == "OPT_OUT":
        return denial.cut is not None and not denial.delegation and optout_holds(held, denial.cut, name)
    if (denial.insecure == "ITERATIONS") != (held.iterations > 0):
        return False
    fact = local(held.zone, name, rdtype)
    cut = is_cut(server, held.apex, name)
    if denial.delegation != (cut and rdtype == DS):  # R5: neither a cut that is none nor a hidden one
        return False
    if denial.kind == "NXDOMAIN":
        return fact.kind == "NXDOMAIN" or hides_wildcard(held, fact)
    return fact.kind == "NODATA" or (walking and fact.kind == "cname")


def _expansion(
    work: Context,
    held: Chain,
    owner: Name,
    rdtype: int,
    name: Name,
    spans: list[nsec.Span],
    groups: list[nsec3.Group],
    wrong: list[str],
    world: str,
) -> None:
    """A wildcard's records replayed for a name that it may not match (RFC 4592 §3.3.1)."""
    rrset = signed(held.apex, name, rdtype, held.positive[owner, rdtype].rdata[0], labels=labels_of(owner))
    inner = (rrset, rrset.signatures[0], None, held.apex, 0, 0xFFFFFFFF, TTL)
    next_closer = name.rightmost(labels_of(owner) + 1)
    expansion = mint.expanded(inner, owner.parent(), next_closer)  # type: ignore[arg-type]
    opt_out = False
    if held.hashing:
        proof = nsec3.prove_expansion(work, held.apex, expansion, groups)
        if proof is None:
            return
        opt_out = proof[2]
    elif nsec.prove_expansion(held.apex, expansion, spans) is None:
        return
    if opt_out and optout_holds(held, next_closer, name):
        return
    if local(held.zone, name, rdtype).wildcard != owner:
        wrong.append(f"{world}: rule of {held.apex}: {owner}/{type_text(rdtype)} expanded to {name}")


class Attacker:
    """Says one message for everything but keys; DS sets may stay honest."""

    def __init__(self, server: Server, message: Message, strips: bool) -> None:
        self._server, self._message, self._strips = server, message, strips

    def answer(self, question: Question) -> Message:
        message = self._message
        if question.rdtype == DNSKEY or (question.rdtype == DS and question != message.question and not self._strips):
            return self._server.answer(question)
        answer = message.answer if question == message.question else _denials(message.answer)
        return Message(question, rcode=message.rcode, answer=answer, authority=message.authority)


def _denials(rrsets: tuple[RRset, ...]) -> tuple[RRset, ...]:
    return tuple(rrset for rrset in rrsets if rrset.rdtype in (NSEC, NSEC3))


def _lookups(
    server: Server,
    base: Context,
    questions: list[Question],
    pools: list[tuple[Chain, list[RRset]]],
    wrong: list[str],
) -> int:
    """Whole lookups under attack; how many."""
    cases = 0
    bags = [tuple(pool) for _, pool in pools]
    if len(bags) > 1:
        bags.append(tuple(rrset for bag in bags for rrset in bag))
    for question in questions:
        for positive in _positives(server, question):
            for bag in bags:
                for rcode in (0, 3):
                    sections = ((*positive, *bag), ()) if rcode else (positive, bag)
                    message = Message(question, rcode=rcode, answer=sections[0], authority=sections[1])
                    for strips in (False, True):
                        cases += 1
                        outcome = lookup(base, Attacker(server, message, strips), question)
                        if not allowed(server, question, outcome):
                            wrong.append(
                                f"{server.world}: attacked {question} with {positive} rcode {rcode} "
                                f"of {[str(each.owner) for each in bag]} strips={strips}: {shown(outcome)}, "
                                f"the truth is {sorted(expected(server, question))}"
                            )
    return cases


def _positives(server: Server, question: Question) -> Iterator[tuple[RRset, ...]]:
    """What stands beside the denials: nothing, a forgery, a wildcard's records at this name, a DNAME above it."""
    name, rdtype = question
    yield ()
    yield (RRset(name, rdtype, TTL, (b"\x06\x06\x06\x06",)),)
    for held in server.chains.values():
        for (owner, kind), rrset in held.positive.items():
            if owner.is_wildcard and name.is_below(owner.parent()) and kind in (rdtype, CNAME) and name != owner:
                yield (signed(held.apex, name, kind, rrset.rdata[0], labels=labels_of(owner)),)
            elif kind == DNAME and name.is_below(owner):
                yield (rrset,)
            elif owner == name and kind in (rdtype, CNAME):
                yield (rrset,)
