"""What a message says about a name, unverified: where the tail of an alias chain leads, for reports only (R63)."""

from __future__ import annotations

from typing import Literal, NamedTuple

from resolver.data.name import Name
from resolver.data.rrset import Message, Question, RRset
from resolver.data.types import CNAME, DNAME, SOA
from resolver.data.views import read_soa, read_target
from resolver.validator.hop import dname_target
from resolver.validator.proof import Proof
from resolver.validator.times import ALWAYS, Times


def speaks_of(message: Message, name: Name, rdtype: int) -> bool:
    """Whether a message, asked for another name, holds something about this one (R126)."""
    if message.question == Question(name, rdtype):
        return False
    for rrset in message.answer:
        if rrset.owner == name and rrset.rdtype in (rdtype, CNAME):
            return True
        if rrset.rdtype == DNAME and name.is_below(rrset.owner):
            return True
    return bool(message.authority) and not any(rrset.owner == name for rrset in message.answer)


class Claimed(NamedTuple):
    """An alias that nobody verified, and its TTL in seconds."""

    target: Name
    kind: Literal["CNAME", "DNAME"]
    ttl: int


def unverified_alias(message: Message, name: Name) -> Claimed | None:
    """The alias at or above a name of which the message has no records of the type asked for, CNAME included."""
    for rrset in message.answer:
        if rrset.rdtype == DNAME and name.is_below(rrset.owner):
            target = dname_target(name, rrset)
            if target is not None:
                return Claimed(target, "DNAME", rrset.ttl)
    alias = message.find(name, CNAME)
    if alias is not None:
        target = read_target(alias.rdata[0])
        if target is not None:
            return Claimed(target, "CNAME", alias.ttl)
    return None


def ends_at(message: Message, name: Name) -> bool:
    """Whether a message about an alias says that its chain ends at `name`, without records (RFC 2308 §2, RFC 6604 §3).

    One that only leaves the end out, as a server does that has nothing to do with it, says nothing.
    """
    return message.rcode == 3 or _start(message, name) is not None


def _start(message: Message, name: Name) -> RRset | None:
    for rrset in message.authority:
        if rrset.rdtype == SOA and rrset.rdata and name.is_under(rrset.owner):
            return rrset
    return None


def claimed_ttl(message: Message, name: Name) -> int:
    """How long a denial that nobody verified may be kept, in seconds; without SOA not at all (RFC 2308 §5)."""
    rrset = _start(message, name)
    soa = None if rrset is None else read_soa(rrset.rdata[0])
    return 0 if rrset is None or soa is None else min(rrset.ttl, soa.minimum)


def lasting(message: Message, ttl: int, now: float) -> Times:
    """The horizons of what is not verified: its TTL (R103)."""
    return ALWAYS[0], ALWAYS[1], (message.received_at or now) + ttl


def joined(proof: Proof, others: list[Proof]) -> Proof:
    """The proof of an insecure cut, with the steps that led to the name."""
    if not others:
        return proof
    return Proof(
        proof.step,
        proof.subject,
        zone=proof.zone,
        evidence=proof.evidence,
        anchors=proof.anchors,
        reason=proof.reason,
        message=proof.message,
        rests_on=(*proof.rests_on, *[other for other in others if other not in proof.rests_on]),
    )
