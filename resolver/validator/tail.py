"""What a message says about a name, unverified: where the tail of an alias chain leads, for reports only (R63)."""

from __future__ import annotations

from typing import Literal

from resolver.data.name import Name
from resolver.data.rrset import Message, Question
from resolver.data.types import CNAME, DNAME
from resolver.data.views import read_target
from resolver.validator.hop import dname_target
from resolver.validator.proof import Proof


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


def unverified_alias(message: Message, name: Name, rdtype: int) -> tuple[Name, Literal["CNAME", "DNAME"]] | None:
    for rrset in message.answer:
        if rrset.rdtype == DNAME and name.is_below(rrset.owner):
            target = dname_target(name, rrset)
            if target is not None:
                return target, "DNAME"
    alias = message.find(name, CNAME) if rdtype != CNAME else None
    if alias is not None:
        target = read_target(alias.rdata[0])
        if target is not None:
            return target, "CNAME"
    return None


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
        rests_on=(*proof.rests_on, *others),
    )
