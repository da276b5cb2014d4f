"""A world as a recursive forwarder that validates nothing: questions in, replies out, as values or as octets.

It answers like a resolver that has the zones at hand: aliases are followed from zone to zone, DS comes from the parent.

Limits: class IN and opcode QUERY only; replies are never truncated; an alias chain ends after 24 hops.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, NamedTuple

from resolver.data.name import Name, wire_length
from resolver.data.rrset import Edns, Message, NoReply, Question, RRset
from resolver.data.types import NSEC, NSEC3, OPT
from resolver.testing.lookup import SERVFAIL, Found, look_up

if TYPE_CHECKING:
    from resolver.testing.world import World

MAX_HOPS = 24  # ours: more than any validator follows
PAYLOAD = 1232  # octets (DNS flag day 2020)
FORMERR, NOTIMP, REFUSED = 1, 4, 5  # RFC 1035 §4.1.1
QR, RD, RA, CD = 0x8000, 0x0100, 0x0080, 0x0010  # RFC 1035 §4.1.1, RFC 4035 §3.2.2
DO = 0x8000  # RFC 3225 §3
_HEADER = struct.Struct("!HHHHHH")


class Query(NamedTuple):
    """A query as it was read; `octets` is the question's name in the case that it came in."""

    ident: int
    flags: int
    question: Question
    octets: bytes
    edns: bool
    dnssec: bool


def reply(world: World, question: Question, *, cd: bool = True) -> Message | NoReply:
    """The reply to a question, with DNSSEC records, damaged as its zones are."""
    message: Message | NoReply = _honest(world, question, cd)
    zone = world.zone_for(question)
    return zone.damaged("message", question.name, question.rdtype, message) if zone else message


def _honest(world: World, question: Question, cd: bool) -> Message:
    answer: list[RRset] = []
    authority: list[RRset] = []
    found, name, seen = Found(), question.name, set[Name]()
    for _ in range(MAX_HOPS):
        zone = world.zone_for(Question(name, question.rdtype))
        found = look_up(zone, Question(name, question.rdtype)) if zone else Found(SERVFAIL)
        answer += found.answer
        authority += found.authority
        seen.add(name)
        if found.target is None or found.target in seen:
            break
        name = found.target
    return Message(
        question,
        rcode=found.rcode,
        flags=QR | RD | RA | (CD if cd else 0) | found.rcode,
        answer=_unique(answer),
        authority=_unique(authority),
        edns=Edns(PAYLOAD, 0, DO, ()),
        origin="world",
        received_at=float(world.now),
        cd=cd,
    )


def _unique(rrsets: list[RRset]) -> tuple[RRset, ...]:
    """Each RRset once: a wildcard's denial may serve two hops of one reply."""
    return tuple({(rrset.owner, rrset.rdtype, rrset.rdata, rrset.rrsigs): rrset for rrset in rrsets}.values())


def without_dnssec(message: Message) -> Message:
    """What a client without DO receives: no signatures, no denials unless asked for (RFC 4035 §3.2.1)."""

    def stripped(rrsets: tuple[RRset, ...]) -> tuple[RRset, ...]:
        kept = [
            rrset for rrset in rrsets if rrset.rdtype not in (NSEC, NSEC3) or rrset.rdtype == message.question.rdtype
        ]
        return tuple(rrset.with_rrsigs(()) for rrset in kept)

    return changed(
        message,
        answer=stripped(message.answer),
        authority=stripped(message.authority),
        additional=stripped(message.additional),
    )


def changed(
    message: Message,
    *,
    rcode: int | None = None,
    answer: tuple[RRset, ...] | None = None,
    authority: tuple[RRset, ...] | None = None,
    additional: tuple[RRset, ...] | None = None,
) -> Message:
    """A copy of a message with some parts replaced; the header's RCODE bits follow `rcode`."""
    code = message.rcode if rcode is None else rcode
    return Message(
        message.question,
        rcode=code,
        flags=message.flags & ~0xF | code & 0xF,
        answer=message.answer if answer is None else answer,
        authority=message.authority if authority is None else authority,
        additional=message.additional if additional is None else additional,
        edns=message.edns,
        ede=message.ede,
        origin=message.origin,
        received_at=message.received_at,
        cd=message.cd,
    )


def answer_octets(world: World, octets: bytes) -> bytes:
    """The reply to a query, octets to octets.

    Raises:
        TimeoutError: the world was told to stay silent on this question.
    """
    from resolver.data import wire

    query = read_query(octets)
    if isinstance(query, int):
        return _HEADER.pack(int.from_bytes(octets[:2].ljust(2, b"\0"), "big"), QR | RA | query, 0, 0, 0, 0)
    message = world.reply(query.question, cd=bool(query.flags & CD))
    if isinstance(message, NoReply):
        raise TimeoutError(message.text)
    if not query.dnssec:
        message = without_dnssec(message)
    message = changed(message)
    message.flags = message.flags & ~(RD | CD) | query.flags & (RD | CD)
    if not query.edns:
        message.edns = None
    elif message.edns is not None:
        message.edns = message.edns._replace(flags=DO if query.dnssec else 0)
    written = wire.write_message(message, ident=query.ident)
    # The question comes back in the case that it was asked in (draft-vixie-dnsext-dns0x20).
    return written[:12] + query.octets + written[12 + len(query.octets) :]


def read_query(octets: bytes) -> Query | int:
    """Read a query, or say with which RCODE it is refused."""
    if len(octets) < 12:
        return FORMERR
    ident, flags, questions, answers, authorities, additionals = _HEADER.unpack_from(octets)
    if flags & QR or questions != 1 or answers or authorities:
        return FORMERR
    if flags & 0x7800:  # the opcode
        return NOTIMP
    size = wire_length(octets, 12)
    at = 12 + size
    if size < 0 or len(octets) < at + 4:
        return FORMERR
    name, (rdtype, rdclass) = octets[12:at], struct.unpack_from("!HH", octets, at)
    if rdclass != 1:
        return REFUSED
    at += 4
    edns = dnssec = False
    for _ in range(additionals):
        size = wire_length(octets, at)
        if size < 0 or len(octets) < at + size + 10:
            return FORMERR
        kind, _payload, _extended, bits, length = struct.unpack_from("!HHHHH", octets, at + size)
        if kind == OPT:
            edns, dnssec = True, bool(bits & DO)
        at += size + 10 + length
    return Query(ident, flags, Question(Name(name.lower()), rdtype), name, edns, dnssec)
