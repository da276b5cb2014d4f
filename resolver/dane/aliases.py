"""Which names a service's TLSA records may be at: the candidates for the TLSA base domain (RFC 7671 §7, RFC 7672 §2.2.2).

Where a host is an alias, its address lookups say so, and how far that is proven. An alias that is secure in all its hops
makes two candidates, the name that it ends at and then the original one; names between never count. Web and mail differ
in one point only: a host whose very first step is insecure is still asked for by web clients, and not by mail.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple

from resolver.dane.ask import Look
from resolver.dane.tlsa import TlsaSet, below_a_cut, tlsa_name, tlsa_outcome
from resolver.data.name import Name
from resolver.data.rrset import Question, RRset
from resolver.data.types import TLSA
from resolver.errors import BadName
from resolver.validator.outcome import Absent, Bogus, Indeterminate, Outcome, Secure


class Course(Enum):
    """What one address lookup says about the way from a host to its addresses."""

    SECURE = "every hop, and what it ends in, is proven"
    PARTIAL = "the first hop is proven; a later one, or the end, is insecure"  # RFC 7672 §2.2.2
    INSECURE = "insecure from the first step on"
    UNKNOWN = "an error"


def course(outcome: Outcome[RRset]) -> Course:
    """How far the way to the addresses is proven."""
    if isinstance(outcome, Secure | Absent):
        return Course.SECURE  # behind an insecure hop nothing is secure (R63)
    if is_error(outcome):
        return Course.UNKNOWN
    if outcome.aliases and outcome.aliases[0].security == "secure":
        return Course.PARTIAL
    return Course.INSECURE


def is_error(outcome: Outcome[object]) -> bool:
    """Whether nothing may be concluded about TLSA records: bogus or not found out (RFC 7672 §2.1.2).

    No error is that no anchor is above the name, and that there is no reply below a proven insecure cut (R122).
    """
    if isinstance(outcome, Indeterminate):
        return outcome.why != "NO_ANCHOR" and below_a_cut(outcome) is None
    return isinstance(outcome, Bogus)


def candidates(host: Name, addresses: Sequence[Outcome[RRset]], *, insecure_too: bool) -> tuple[Name, ...]:
    """The candidates for the TLSA base domain, in the order in which they count.

    Args:
        host: the original name.
        addresses: the verdicts about its A and AAAA records; those that are errors say nothing.
        insecure_too: whether a host that is insecure from the first step on has a candidate. For mail it has none
            (RFC 7672 §2.2.2); elsewhere its own name is looked up, and found insecure (RFC 7671 §7).
    """
    known = [(course(outcome), outcome.canonical) for outcome in addresses]
    known = [(way, end) for way, end in known if way is not Course.UNKNOWN]
    ways = {way for way, _ in known}
    ends = {end for _, end in known}
    if Course.SECURE in ways:
        # RFC 7671 §7: one end, or the expansion is void.
        return (*ends, host) if len(ends) == 1 and host not in ends else (host,)
    if Course.PARTIAL in ways or insecure_too:
        return (host,)
    return ()


class Choice(NamedTuple):
    """The base domain that counts, the verdict about its TLSA records, and the verdicts of candidates before it."""

    base_domain: Name
    outcome: Outcome[RRset]
    before: tuple[Outcome[RRset], ...]


async def choose(names: Sequence[Name], port: int, protocol: str, known: dict[Question, Outcome[RRset]]) -> Choice:
    """The first candidate with proven TLSA records; an error at one ends the search (RFC 7671 §7, RFC 7672 §2.1.2).

    Where none has any, it is the last one, unless an earlier one is insecure: that is weaker, and so more to be told.

    Args:
        names: the candidates, at least one.
        port, protocol: the service.
        known: verdicts that are there already.
    """
    before: list[Outcome[RRset]] = []
    weakest: Choice | None = None
    for name in names:
        try:
            question = Question(tlsa_name(name, port, protocol), TLSA)
        except BadName:
            continue  # an expanded name without room for `_port._protocol` has no TLSA records (RFC 1035 §2.3.4)
        outcome = known.get(question)
        if outcome is None:
            (outcome,) = await Look(question)
        choice = Choice(name, outcome, tuple(before))
        if isinstance(outcome, Secure) or is_error(outcome):
            return choice
        if weakest is None or isinstance(weakest.outcome, Absent):
            weakest = choice
        before.append(outcome)
    assert weakest is not None, "the original name has a TLSA name"
    rest = tuple(each for each in before if each is not weakest.outcome)
    return Choice(weakest.base_domain, weakest.outcome, rest)


def chosen(choice: Choice, addresses: Sequence[Outcome[RRset]]) -> Outcome[TlsaSet]:
    """The verdict about the TLSA records of the choice; it rests on what led to the choice, too."""
    return tlsa_outcome(choice.outcome, choice.base_domain, resting_on=(*addresses, *choice.before))
