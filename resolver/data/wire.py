"""Messages in wire format (RFC 1035 §4): read into values, leanly.

This is the first code that a stranger's octets meet, and the one that a bulk lookup meets most often. So it does one
thing: whatever the octets, `read` returns a Message or raises BadMessage, in time linear in their number, and RDATA
is canonical from here on (`canonical`). dnspython is the oracle in tests and fuzzing.

Limits: replies only: QR set, opcode QUERY, exactly one question of class IN; other classes' records are left out.
    Malformed RDATA is kept as it came, for the judge to refuse (R23). OPT must be in the additional section, once,
    at the root (RFC 6891 §6.1.1). Octets after the last counted record are ignored, as unbound does: no verdict
    rests on them, and refusing them would lose mail; dnspython refuses them unless it is told not to.
Not done: TSIG and SIG(0) are not verified; the case of owner names is not kept (`Message.wire` has it).
"""

from __future__ import annotations

import struct

from resolver.data.canonical import LAYOUTS, expand_name, expand_rdata
from resolver.data.name import ROOT, Name
from resolver.data.rrset import Edns, Message, Question, RRset
from resolver.data.types import OPT, RRSIG
from resolver.data.writer import EDE_OPTION, write_message, write_query

__all__ = ["BadMessage", "read", "write_message", "write_query"]

_HEADER = struct.Struct("!HHHHHH")  # RFC 1035 §4.1.1
_QUESTION = struct.Struct("!HH")  # RFC 1035 §4.1.2, after the name
_RECORD = struct.Struct("!HHIH")  # RFC 1035 §4.1.3, after the name: type, class, TTL, RDLENGTH
_OPTION = struct.Struct("!HH")  # RFC 6891 §6.1.2

_IN = 1  # RFC 1035 §3.2.4
_OPCODE = 0x7800  # RFC 1035 §4.1.1

_Opt = tuple[int, int, bytes]  # class, TTL, RDATA of an OPT record


class BadMessage(ValueError):
    """Octets that are no DNS reply; the message says what is wrong and at which octet."""


def read(octets: bytes, *, origin: str = "", received_at: float = 0.0, cd: bool = True) -> Message:
    """Read one reply.

    Args:
        octets: the message, without the length that precedes it on TCP.
        origin: who sent it, in words.
        received_at: POSIX seconds.
        cd: whether it was asked for with the CD bit.

    Raises:
        BadMessage: the octets are no reply to one question of class IN (RFC 1035 §4.1). Nothing else is ever raised.
    """
    if len(octets) < 12:
        raise BadMessage(f"{len(octets)} octets; a header has 12 (RFC 1035 §4.1.1)")
    _, flags, questions, answers, authorities, additionals = _HEADER.unpack_from(octets)
    if not flags & 0x8000:
        raise BadMessage("a query, not a reply: the QR bit at octet 2 is clear (RFC 1035 §4.1.1)")
    if flags & _OPCODE:
        raise BadMessage(f"opcode {(flags & _OPCODE) >> 11} at octet 2 is not QUERY (RFC 1035 §4.1.1)")
    if questions != 1:
        raise BadMessage(f"{questions} questions at octet 4 instead of one (RFC 9619 §4)")
    wire, at = expand_name(octets, 12, len(octets))
    if at < 0:
        raise _bad_name(12)
    if at + 4 > len(octets):
        raise BadMessage(f"the question ends short at octet {at}")
    rdtype, rdclass = _QUESTION.unpack_from(octets, at)
    if rdclass != _IN:
        raise BadMessage(f"class {rdclass} at octet {at + 2} is not IN (RFC 1035 §3.2.4)")
    name = Name(wire.lower())
    seen = {12: name}
    opts: list[_Opt] = []
    at += 4
    answer: tuple[RRset, ...] = ()
    authority: tuple[RRset, ...] = ()
    additional: tuple[RRset, ...] = ()
    if answers:
        answer, at = _section(octets, at, answers, seen, None)
    if authorities:
        authority, at = _section(octets, at, authorities, seen, None)
    if additionals:
        additional, at = _section(octets, at, additionals, seen, opts)
    edns = None
    ede: tuple[tuple[int, str], ...] = ()
    rcode = flags & 0xF
    if opts:
        payload, ttl, rdata = opts[0]
        rcode |= ttl >> 20 & 0xFF0  # the upper eight bits (RFC 6891 §6.1.3)
        options, ede = _options(rdata) if rdata else ((), ())
        edns = Edns(payload, ttl >> 16 & 0xFF, ttl & 0xFFFF, options)
    return Message(
        Question(name, rdtype),
        rcode=rcode,
        flags=flags,
        answer=answer,
        authority=authority,
        additional=additional,
        edns=edns,
        ede=ede,
        wire=octets,
        origin=origin,
        received_at=received_at,
        cd=cd,
    )


def _section(
    octets: bytes, at: int, count: int, seen: dict[int, Name], opts: list[_Opt] | None
) -> tuple[tuple[RRset, ...], int]:
    """The RRsets of the section of `count` records at `at`, and where it ends.

    It groups as `rrset.group` does, in the same loop: this is the hottest code of a bulk lookup.

    Args:
        octets: the message.
        at: where the section begins.
        count: the number of its records by the header.
        seen: the owner names that pointers led to, by offset; more are added.
        opts: where the OPT record goes; None: it may not be in this section.
    """
    sets: dict[tuple[bytes, int], list[tuple[int, Name, bytes]]] = {}
    signatures: dict[tuple[bytes, int], list[tuple[int, bytes]]] = {}
    end = len(octets)
    for _ in range(count):
        start = at
        if at + 11 > end:  # the shortest record: the root as owner and no RDATA
            raise BadMessage(f"a record is missing at octet {at}: the header counts more than there are")
        first = octets[at]
        if first >= 0xC0:
            target = (first & 0x3F) << 8 | octets[at + 1]
            known = seen.get(target)
            if known is None:
                wire, at = expand_name(octets, at, end)
                if at < 0:
                    raise _bad_name(start)
                owner = seen[target] = Name(wire.lower())
            else:
                owner = known
                at += 2
        elif first:
            wire, at = expand_name(octets, at, end)
            if at < 0:
                raise _bad_name(start)
            owner = Name(wire.lower())
            if start < 0x4000:
                seen[start] = owner
        else:
            owner = ROOT
            at += 1
        if at + 10 > end:
            raise BadMessage(f"a record ends short at octet {at}")
        rdtype, rdclass, ttl, size = _RECORD.unpack_from(octets, at)
        at += 10
        stop = at + size
        if stop > end:
            raise BadMessage(f"RDATA of {size} octets at octet {at} runs past the end at {end}")
        if rdtype == OPT:
            if opts is None or opts or not owner.is_root:
                raise BadMessage(f"an OPT record at octet {start} that is a second one or misplaced (RFC 6891 §6.1.1)")
            opts.append((rdclass, ttl, octets[at:stop]))
        elif rdclass == _IN:
            layout = LAYOUTS.get(rdtype)
            rdata = octets[at:stop]
            if layout is not None:
                rdata = expand_rdata(octets, at, stop, layout) or rdata
            if ttl > 0x7FFFFFFF:  # RFC 2181 §8
                ttl = 0
            if rdtype != RRSIG:
                key = (owner.wire, rdtype)
                if key in sets:
                    sets[key].append((ttl, owner, rdata))
                else:
                    sets[key] = [(ttl, owner, rdata)]
            elif size >= 2:
                key = (owner.wire, rdata[0] << 8 | rdata[1])
                if key in signatures:
                    signatures[key].append((ttl, rdata))
                else:
                    signatures[key] = [(ttl, rdata)]
        at = stop
    found = []
    for key, members in sets.items():
        rrsigs = tuple(signatures[key]) if key in signatures else ()
        ttl, owner, rdata = members[0]
        if len(members) == 1:
            found.append(RRset(owner, key[1], ttl, (rdata,), rrsigs))
        else:
            ttl = min([member[0] for member in members])  # RFC 2181 §5.2
            found.append(RRset(owner, key[1], ttl, tuple([member[2] for member in members]), rrsigs))
    return tuple(found), at


def _options(rdata: bytes) -> tuple[tuple[tuple[int, bytes], ...], tuple[tuple[int, str], ...]]:
    """The options of OPT RDATA (RFC 6891 §6.1.2), and the extended errors (RFC 8914 §2), which are not among them."""
    options: list[tuple[int, bytes]] = []
    ede: list[tuple[int, str]] = []
    at, end = 0, len(rdata)
    while at < end:
        if at + 4 > end:
            raise BadMessage(f"an EDNS option ends short at octet {at} of the OPT record's RDATA (RFC 6891 §6.1.2)")
        code, size = _OPTION.unpack_from(rdata, at)
        at += 4 + size
        if at > end:
            raise BadMessage(f"EDNS option {code} runs past the end of the OPT record's RDATA (RFC 6891 §6.1.2)")
        octets = rdata[at - size : at]
        if code != EDE_OPTION:
            options.append((code, octets))
        elif size >= 2:  # a shorter one has no INFO-CODE and says nothing
            text = octets[2:].decode("utf-8", "replace").rstrip("\0")  # it may end in NUL (RFC 8914 §2)
            ede.append((octets[0] << 8 | octets[1], text))
    return tuple(options), tuple(ede)


def _bad_name(at: int) -> BadMessage:
    return BadMessage(
        f"no name at octet {at}: it is cut short, longer than 255 octets, or points not backwards (RFC 1035 §4.1.4)"
    )
