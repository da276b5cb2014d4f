"""What a reply of an authoritative server means: an answer, a referral downwards, or nothing that helps. Pure.

A server is believed only about what lies in the zone that it was asked as a server of (bailiwick): everything else is
left out before anybody sees it, for what lies in an unsigned zone has no signature to protect it (RFC 5452 §6).
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from resolver.data.name import Name
from resolver.data.rrset import Message, Question, RRset
from resolver.data.types import AAAA, ANY, CNAME, DNAME, DS, NS, NSEC, NSEC3, SOA, A
from resolver.data.views import read_target
from resolver.sources.iterative.delegation import Delegation, address_text, may_be_asked
from resolver.sources.iterative.limits import MAX_ADDRESSES, MAX_SERVERS
from resolver.sources.usable import NOERROR, NXDOMAIN, rcode_text

_AA, _RA = 0x0400, 0x0080  # RFC 1035 §4.1.1
REFUSED, YXDOMAIN = 5, 6  # RFC 1035 §4.1.1, RFC 6672 §2.2


class Answered(NamedTuple):
    """The zone's word on the question: records, an alias, or that there is nothing."""

    message: Message


class Referred(NamedTuple):
    """The question belongs to a zone below: the way there, seconds that it holds, and what the parent said of its DS.

    `ds` is the reply to the question for the zone's DS, None where the referral says nothing of it.
    """

    to: Delegation
    ttl: int
    ds: Message | None


class ChildSide(NamedTuple):
    """A denial of DS from the zone itself: its server is not one of the parent's (RFC 4035 §3.1.4.1)."""

    message: Message


class Useless(NamedTuple):
    """Nothing that helps: why, in words; a reply that may be taken where there is no better one; and whether the server
    does not serve the zone at all (RFC 1912 §2.8)."""

    text: str
    fallback: Message | None = None
    lame: bool = False


Read: TypeAlias = Answered | Referred | ChildSide | Useless


def read_reply(zone: Name, question: Question, message: Message, *, loopback: bool = False) -> Read:
    """What a reply means that a server of `zone` gave to `question`.

    Args:
        zone: whose server was asked.
        question: what was asked; at or below the zone.
        message: the reply, to exactly this question.
        loopback: whether servers on this machine may be named.
    """
    if message.rcode not in (NOERROR, NXDOMAIN) and not (message.rcode == YXDOMAIN and message.answer):
        return Useless(rcode_text(message), lame=message.rcode == REFUSED)
    answer = tuple([rrset for rrset in message.answer if rrset.owner.is_under(zone)])
    authority = tuple([rrset for rrset in message.authority if rrset.owner.is_under(zone)])
    name, rdtype = question
    answers = any(_answers(rrset, name, rdtype) for rrset in answer)
    authoritative = bool(message.flags & _AA)
    if not answers:
        referral = _referral(zone, question, authority)
        if referral is not None:
            return _referred(zone, referral, question, message, authority, loopback)
    clean = _only(message, answer, authority)
    if not authoritative:
        if any(rrset.rdtype == NS and zone.is_under(rrset.owner) for rrset in message.authority) and not answers:
            return Useless("a referral upwards: it does not serve the zone", lame=True)
        recursive = "; it is a recursive server" if message.flags & _RA else ""
        return Useless(
            f"no authoritative answer (AA is clear){recursive}", clean if answers or authority else None, lame=True
        )
    if message.answer and not answers:
        return Useless("records that were not asked for")
    if not answers and not any(rrset.rdtype in (SOA, NSEC, NSEC3) for rrset in authority):
        # RFC 2308 §2.2.1 lets a server say so little; one that has lost its zone says the same.
        return Useless("a denial without SOA or proof", clean)
    if rdtype == DS and not answers and any(r.rdtype == SOA and r.owner.is_under(name) for r in authority):
        return ChildSide(clean)
    return Answered(clean)


def _answers(rrset: RRset, name: Name, rdtype: int) -> bool:
    """Whether an RRset speaks of the question: the records, an alias at the name, or a DNAME above it."""
    if rrset.owner == name:
        return rrset.rdtype in (rdtype, CNAME) or rdtype == ANY
    return rrset.rdtype == DNAME and name.is_below(rrset.owner)


def _referral(zone: Name, question: Question, authority: tuple[RRset, ...]) -> RRset | None:
    """The NS RRset of a referral: downwards, towards the name, and with no SOA beside it (RFC 2308 §2.2).

    AA is not looked at: some servers set it here too.
    """
    if any(rrset.rdtype == SOA for rrset in authority):
        return None
    for rrset in authority:
        if rrset.rdtype == NS and rrset.owner.is_below(zone) and question.name.is_under(rrset.owner):
            return rrset
    return None


def _referred(
    zone: Name, ns: RRset, question: Question, message: Message, authority: tuple[RRset, ...], loopback: bool
) -> Referred | Answered | Useless:
    cut = ns.owner
    ds = _ds_of(cut, message, authority)
    if question.rdtype == DS and cut == question.name:
        # A parent's server that knows DS answers itself; one that does not may still send it along (R96).
        return Answered(ds) if ds is not None else Useless("a referral to the zone whose DS was asked for")
    names = [name for rdata in ns.rdata if (name := read_target(rdata)) is not None][:MAX_SERVERS]
    glue: dict[Name, tuple[str, ...]] = {}
    for rrset in message.additional:
        # In bailiwick of who says it, and of a server that it names: only so much is glue (RFC 9471 §2).
        if rrset.rdtype not in (A, AAAA) or rrset.owner not in names or not rrset.owner.is_under(zone):
            continue
        texts = [text for rdata in rrset.rdata[:MAX_ADDRESSES] if (text := address_text(rdata)) is not None]
        asked = tuple([text for text in texts if may_be_asked(text, loopback)])
        if asked:
            glue[rrset.owner] = (glue.get(rrset.owner, ()) + asked)[: 2 * MAX_ADDRESSES]
    if not names:
        return Useless("a referral without a server")
    signed = ds is not None and bool(ds.answer)
    to = Delegation(cut, tuple(names), glue, signed=signed, origin=message.origin, parent=zone)
    return Referred(to, ns.ttl, ds)


def _ds_of(cut: Name, message: Message, authority: tuple[RRset, ...]) -> Message | None:
    """The reply to `cut DS` that a referral holds (RFC 4035 §3.1.4): the DS, or the proof that there is none.

    Nothing else of the referral is in it, and no DS of another zone (R11).
    """
    question = Question(cut, DS)
    for rrset in (*authority, *message.answer):
        if rrset.rdtype == DS and rrset.owner == cut:
            return _as_reply(question, message, (rrset,), ())
    proof = tuple([rrset for rrset in authority if rrset.rdtype in (NSEC, NSEC3)])
    return _as_reply(question, message, (), proof) if proof else None


def _as_reply(question: Question, message: Message, answer: tuple[RRset, ...], authority: tuple[RRset, ...]) -> Message:
    """A part of a message as the reply to another question."""
    return Message(
        question,
        flags=message.flags & ~0xF | _AA,
        answer=answer,
        authority=authority,
        edns=message.edns,
        origin=message.origin,
        received_at=message.received_at,
        cd=message.cd,
    )


def _only(message: Message, answer: tuple[RRset, ...], authority: tuple[RRset, ...]) -> Message:
    """The message without what its sender has no say in; the same one where there is nothing of the kind.

    ADDITIONAL is left out: no verdict looks there, and its addresses are nobody's word on a question.
    """
    if len(answer) == len(message.answer) and len(authority) == len(message.authority):
        return message
    return Message(
        message.question,
        rcode=message.rcode,
        flags=message.flags,
        answer=answer,
        authority=authority,
        edns=message.edns,
        ede=message.ede,
        origin=message.origin,
        received_at=message.received_at,
        cd=message.cd,
    )
