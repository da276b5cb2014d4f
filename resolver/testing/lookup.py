"""What a zone's server finds for a question (RFC 1034 §4.3.2, RFC 4035 §3.1, RFC 6672 §3.2).

Limits: a question of type RRSIG finds nothing. At a name with CNAME and other data, which no server should hold, a
type that is there is answered, and the CNAME for the others.
"""

from __future__ import annotations

from typing import NamedTuple

from resolver.data.name import MAX_NAME_OCTETS, Name
from resolver.data.rrset import Question, RRset
from resolver.data.types import ANY, CNAME, DNAME, DS, SOA
from resolver.errors import BadName
from resolver.testing.denial import Piece
from resolver.testing.zone import Zone

NOERROR, SERVFAIL, NXDOMAIN, YXDOMAIN = 0, 2, 3, 6  # RFC 1035 §4.1.1, RFC 2136 §2.2


class Found(NamedTuple):
    """What one zone contributes to a reply; `target` is the alias to go on with."""

    rcode: int = NOERROR
    answer: tuple[RRset, ...] = ()
    authority: tuple[RRset, ...] = ()
    target: Name | None = None


def look_up(zone: Zone, question: Question) -> Found:
    """Answer a question from one zone."""
    name, rdtype = question
    content = zone.content
    barriers = content.cuts | content.dnames
    if barriers and (barrier := content.barrier_above(name, barriers)) is not None:
        return _dname(zone, question, barrier) if barrier in content.dnames else Found(SERVFAIL)
    if name in content.cuts and rdtype != DS:
        return Found(SERVFAIL)  # delegated to a zone that is not in the world: lame
    if name in content.nodes:
        return _at_node(zone, question, name)
    if name in content.exists:
        return _negative(zone, question, NOERROR, zone.denial.no_data(name))
    encloser = content.closest_encloser(name)
    wildcard = encloser.wildcard()
    if wildcard in content.nodes:
        return _at_node(zone, question, wildcard, encloser)
    if wildcard in content.exists:  # a wildcard that is an empty non-terminal (RFC 4592 §2.2.2)
        return _negative(zone, question, NOERROR, zone.denial.wildcard_no_data(name, encloser))
    rcode = NOERROR if zone.settings.signed and zone.settings.denial == "compact" else NXDOMAIN  # RFC 9824 §3.1
    return _negative(zone, question, rcode, zone.denial.no_name(name, encloser))


def _at_node(zone: Zone, question: Question, node: Name, encloser: Name | None = None) -> Found:
    """What is found at `node`, which is the name itself or, with `encloser`, the wildcard that stands in for it."""
    name, rdtype = question
    at = name if encloser is not None else None
    present = zone.content.nodes[node]
    wanted = list(present) if rdtype == ANY else [rdtype] if rdtype in present else [CNAME] if CNAME in present else []
    answer = tuple(rrset for each in wanted if (rrset := zone.rrset(node, each, at)) is not None)
    if not answer:
        if encloser is None:
            return _negative(zone, question, NOERROR, zone.denial.no_data(name))
        return _negative(zone, question, NOERROR, zone.denial.wildcard_no_data(name, encloser))
    proof = [] if encloser is None else _proof(zone, question, zone.denial.no_closer(name, encloser))
    target = _target(answer[0]) if wanted == [CNAME] and rdtype != CNAME else None
    return Found(NOERROR, answer, _rrsets(proof), target)


def _target(cname: RRset) -> Name | None:
    """Where a CNAME leads; None if a damage has left no name there."""
    try:
        return Name.from_wire(cname.rdata[0])
    except BadName:
        return None


def _dname(zone: Zone, question: Question, owner: Name) -> Found:
    """RFC 6672 §3.1: the DNAME, and the CNAME made from it; too long a name is YXDOMAIN (§2.2)."""
    dname = zone.rrset(owner, DNAME)
    if dname is None:
        return Found(SERVFAIL)
    end = len(question.name.wire) - len(owner.wire)
    target = question.name.wire[:end] + dname.rdata[0]
    if len(target) > MAX_NAME_OCTETS:
        return Found(YXDOMAIN, (dname,))
    made = RRset(question.name, CNAME, dname.ttl, (target,))
    return Found(NOERROR, (dname, made), (), None if question.rdtype == CNAME else Name(target))


def _negative(zone: Zone, question: Question, rcode: int, pieces: list[Piece]) -> Found:
    soa = zone.rrset(zone.name, SOA)
    authority: list[RRset] = []
    if soa is not None:
        ttl = zone.negative_ttl  # RFC 2308 §5
        authority.append(RRset(soa.owner, SOA, ttl, soa.rdata, tuple((ttl, rrsig) for _, rrsig in soa.rrsigs)))
    return Found(rcode, (), (*authority, *_rrsets(_proof(zone, question, pieces))))


def _proof(zone: Zone, question: Question, pieces: list[Piece]) -> list[Piece]:
    return zone.damaged("proof", question.name, question.rdtype, pieces)


def _rrsets(pieces: list[Piece]) -> tuple[RRset, ...]:
    """The records of a proof, each once: one record may play two parts."""
    found: dict[tuple[Name, int], RRset] = {}
    for piece in pieces:
        found.setdefault((piece.rrset.owner, piece.rrset.rdtype), piece.rrset)
    return tuple(found.values())
