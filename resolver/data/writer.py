"""Queries and messages into wire format (RFC 1035 §4); `wire` exports both.

Limits: owner names are compressed against earlier owner names and the question; names in RDATA are not, and keep the
    canonical form in which they were read (RFC 3597 §4 allows compression in few types and needs it in none).
    Malformed RDATA is written as it came; a pointer in it leads elsewhere in the new message, so that alone need not
    be read back equal. Evidence that must not change is `Message.wire`.
Not done: truncation to a payload size (TC); who sends decides that.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

from resolver.data.name import Name
from resolver.data.rrset import Edns, Message, Question, RRset
from resolver.data.types import OPT, RRSIG
from resolver.errors import BadInput

EDE_OPTION = 15  # RFC 8914 §2
DO = 0x8000  # RFC 3225 §3

MAX_MESSAGE_OCTETS = 65535  # the length before a message on TCP has 16 bits (RFC 1035 §4.2.2)

_HEADER = struct.Struct("!HHHHHH")
_RECORD = struct.Struct("!HHIH")
_PAIR = struct.Struct("!HH")

_IN = 1
_RD, _CD = 0x0100, 0x0010  # RFC 1035 §4.1.1, RFC 4035 §3.2.2
_MAX_POINTER = 0x3FFF  # a pointer has 14 bits (RFC 1035 §4.1.4)


def write_query(
    question: Question,
    ident: int,
    *,
    cd: bool = True,
    dnssec: bool = True,
    payload: int = 1232,
    recurse: bool = True,
    edns: bool = True,
    options: Iterable[tuple[int, bytes]] = (),
    name_octets: bytes | None = None,
) -> bytes:
    """One query of class IN with an OPT record; AD is clear.

    Args:
        question: what is asked.
        ident: the 16-bit message ID.
        cd: the CD bit: the sender wants what the server could not validate, too (RFC 4035 §3.2.2).
        dnssec: the DO bit: the sender wants signatures (RFC 3225 §3).
        payload: the UDP payload size that the sender takes, in octets (RFC 6891 §6.2.3).
        recurse: the RD bit (RFC 1035 §4.1.1).
        edns: whether there is an OPT record; without it there is no DNSSEC, and nothing that depends on it (RFC 6891 §7).
        options: EDNS options as (code, octets).
        name_octets: the question's name as octets in a case of the caller's choice (0x20); None: lower case.

    Raises:
        BadInput: `name_octets` are another name than the question's, or an argument does not fit its field.
    """
    name = question.name.wire
    if name_octets is not None:
        if name_octets.lower() != name:
            raise BadInput(f"name_octets is not {question.name} in another case")
        name = name_octets
    flags = (_RD if recurse else 0) | (_CD if cd else 0)
    try:
        head = _HEADER.pack(ident, flags, 1, 0, 0, 1 if edns else 0) + name + _PAIR.pack(question.rdtype, _IN)
        if not edns:
            return head
        return head + _opt(Edns(payload, 0, DO if dnssec else 0, tuple(options)), 0, ())
    except struct.error as refused:
        raise BadInput(f"a query for {question} cannot be written: {refused}") from None


def write_message(message: Message, *, ident: int = 0) -> bytes:
    """A message as octets; `wire.read` gives an equal one back.

    Signatures follow the RRset that they cover. The flags are the message's, with the low RCODE bits put in. There is
    an OPT record where `message.edns` is set, or where an RCODE above 15 or an extended error needs one.

    Args:
        message: the values.
        ident: the 16-bit message ID.

    Raises:
        BadInput: the message does not fit into 65,535 octets, or a value not into its field.
    """
    name = message.question.name
    offsets: dict[bytes, int] = {}
    body = bytearray(12)
    try:
        _write_name(body, name, offsets)
        body += _PAIR.pack(message.question.rdtype, _IN)
        counts = [
            sum(_write_rrset(body, rrset, offsets) for rrset in section)
            for section in (message.answer, message.authority, message.additional)
        ]
        edns = message.edns
        if edns is None and (message.ede or message.rcode > 0xF):
            edns = Edns(1232, 0, 0, ())
        if edns is not None:
            body += _opt(edns, message.rcode >> 4, message.ede)
            counts[2] += 1
        _HEADER.pack_into(body, 0, ident, message.flags & 0xFFF0 | message.rcode & 0xF, 1, *counts)
    except struct.error as refused:
        raise BadInput(f"{message!r} cannot be written: {refused}") from None
    if len(body) > MAX_MESSAGE_OCTETS:
        raise BadInput(f"{message!r} cannot be written: {len(body)} octets; the limit is 65535 (RFC 1035 §4.2.2)")
    return bytes(body)


def _write_rrset(body: bytearray, rrset: RRset, offsets: dict[bytes, int]) -> int:
    """Append the RRset and its signatures; how many records that were."""
    for rdata in rrset.rdata:
        _write_name(body, rrset.owner, offsets)
        body += _RECORD.pack(rrset.rdtype, _IN, rrset.ttl, len(rdata))
        body += rdata
    for ttl, rdata in rrset.rrsigs:
        _write_name(body, rrset.owner, offsets)
        body += _RECORD.pack(RRSIG, _IN, ttl, len(rdata))
        body += rdata
    return len(rrset.rdata) + len(rrset.rrsigs)


def _write_name(body: bytearray, name: Name, offsets: dict[bytes, int]) -> None:
    """Append the name, its tail as a pointer where an earlier name had the same one (RFC 1035 §4.1.4)."""
    wire, at = name.wire, 0
    while length := wire[at]:
        rest = wire[at:]
        pointer = offsets.get(rest)
        if pointer is not None:
            body += struct.pack("!H", 0xC000 | pointer)
            return
        if len(body) <= _MAX_POINTER:
            offsets[rest] = len(body)
        body += wire[at : at + 1 + length]
        at += 1 + length
    body.append(0)


def _opt(edns: Edns, upper_rcode: int, ede: tuple[tuple[int, str], ...]) -> bytes:
    """An OPT record (RFC 6891 §6.1.2), extended errors as options (RFC 8914 §2) after the others."""
    rdata = b"".join(_PAIR.pack(code, len(octets)) + octets for code, octets in edns.options)
    for code, text in ede:
        octets = text.encode("utf-8", "replace")
        rdata += _PAIR.pack(EDE_OPTION, 2 + len(octets)) + struct.pack("!H", code) + octets
    return b"\0" + struct.pack("!HHBBHH", OPT, edns.payload, upper_rcode, edns.version, edns.flags, len(rdata)) + rdata
