"""The reader against dnspython: what both accept is equal; where only one accepts, a written reason says why.

`REASONS` is the whole list of deliberate differences. A disagreement without an entry fails, and so does an entry for
which there is no example below.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import NamedTuple

import dns.edns
import dns.exception
import dns.message
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.wire
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolver.data.canonical import LAYOUTS
from resolver.data.rrset import Message, RRset
from resolver.data.wire import BadMessage, read, write_message

IN, OPT, TSIG, RRSIG = 1, 41, 250, 46
# The types of RFC 4034 §6.2 that dnspython does not know: it leaves names in them compressed.
UNKNOWN_TO_DNSPYTHON = {
    rdtype
    for rdtype in LAYOUTS
    if dns.rdata.get_rdata_class(dns.rdataclass.IN, dns.rdatatype.RdataType.make(rdtype)) is dns.rdata.GenericRdata
}


class Reason(NamedTuple):
    """Why one reader accepts what the other refuses. Fields: who accepts, why, and whether the reason holds."""

    accepts: str
    why: str
    holds: Callable[[bytes], bool]


def header(octets: bytes) -> tuple[int, ...]:
    return struct.unpack_from("!HHHHHH", octets)


def refused_part(octets: bytes) -> str:
    """What dnspython's own reader of names and RDATA trips over first: "name", "TSIG", "OPT", "RDATA" or nothing."""
    parser = dns.wire.Parser(octets)
    *_, questions, answers, authorities, additionals = parser.get_struct("!HHHHHH")
    try:
        for _ in range(questions):
            parser.get_name(decompress=True)
            parser.get_struct("!HH")
        for _ in range(answers + authorities + additionals):
            parser.get_name(decompress=True)
            rdtype, rdclass, _, size = parser.get_struct("!HHIH")
            at = parser.current
            if rdtype == TSIG:
                return "TSIG"
            try:
                with parser.restrict_to(size):
                    dns.rdata.from_wire_parser(
                        dns.rdataclass.RdataClass.make(rdclass), dns.rdatatype.RdataType.make(rdtype), parser
                    )
            except (dns.exception.DNSException, ValueError):
                return "OPT" if rdtype == OPT else "RDATA"
            parser.seek(at + size)
    except dns.exception.DNSException:
        return "name"
    return ""


REASONS = {
    "query": Reason("dnspython", "we read replies only", lambda octets: not header(octets)[1] & 0x8000),
    "opcode": Reason("dnspython", "we read opcode QUERY only", lambda octets: bool(header(octets)[1] & 0x7800)),
    "questions": Reason("dnspython", "we want one question (RFC 9619 §4)", lambda octets: header(octets)[2] != 1),
    "class": Reason(
        "dnspython",
        "we ask class IN only",
        lambda o: any(each.rdclass != IN for each in dns.message.from_wire(o, question_only=True).question),
    ),
    "rdata": Reason(
        "ours",
        "malformed RDATA is for the judge (R23), or is in no record we keep",
        lambda o: refused_part(o) == "RDATA",
    ),
    "option": Reason(
        "ours", "an EDNS option's content is for who uses it", lambda octets: refused_part(octets) == "OPT"
    ),
    "TSIG": Reason(
        "ours", "TSIG is class ANY, so not kept; we have no keys", lambda octets: refused_part(octets) == "TSIG"
    ),
    "chain": Reason(
        "ours", "we follow 127 pointers a name, dnspython 16", lambda octets: refused_part(octets) == "name"
    ),
}


def theirs_of(octets: bytes) -> dns.message.Message | None:
    """dnspython's reading, records one by one, for its RRsets of CNAME and the like keep the last record only."""
    try:
        return dns.message.from_wire(octets, ignore_trailing=True, one_rr_per_rrset=True)
    except (dns.exception.DNSException, ValueError):
        return None


def ours_of(octets: bytes) -> Message | None:
    try:
        return read(octets)
    except BadMessage:
        return None


Sets = dict[tuple[bytes, int, int], tuple[int, frozenset[bytes]]]


def rewritten(rdtype: int, rdata: bytes) -> bytes:
    """Opaque RDATA as dnspython writes what it read of it: older ones drop the zeros at the end of an address in APL."""
    if rdtype in LAYOUTS:
        return rdata
    return dns.rdata.from_wire("IN", dns.rdatatype.RdataType.make(rdtype), rdata, 0, len(rdata)).to_wire()


def our_section(section: tuple[RRset, ...], left_out: set[int]) -> Sets:
    found: Sets = {}
    for rrset in section:
        if rrset.rdtype not in left_out:
            records = frozenset(rewritten(rrset.rdtype, rdata) for rdata in rrset.rdata)
            found[rrset.owner.wire, rrset.rdtype, 0] = rrset.ttl, records
            if rrset.rrsigs:
                rdata = frozenset(rdata for _, rdata in rrset.rrsigs)
                found[rrset.owner.wire, RRSIG, rrset.rdtype] = min(ttl for ttl, _ in rrset.rrsigs), rdata
    return found


def their_section(section: list[dns.rrset.RRset], left_out: set[int]) -> Sets:
    """Grouped as ours is: class IN, duplicates gone, signatures that cover nothing gone."""
    found: Sets = {}
    for rrset in section:
        if rrset.rdclass == IN and rrset.rdtype not in left_out and rrset.covers not in left_out:
            key = rrset.name.to_digestable(), int(rrset.rdtype), int(rrset.covers if rrset.rdtype == RRSIG else 0)
            (rdata,) = rrset
            octets = rdata.to_digestable() if rrset.rdtype in LAYOUTS else rdata.to_wire()
            ttl, others = found.get(key, (rrset.ttl, frozenset()))
            found[key] = min(ttl, rrset.ttl), others | {octets}
    covered = {(owner, rdtype) for owner, rdtype, _ in found if rdtype != RRSIG}
    return {key: kept for key, kept in found.items() if key[1] != RRSIG or (key[0], key[2]) in covered}


def agree(octets: bytes) -> str:
    """Assert that both readers say the same; the reason where only one accepts, else "" ."""
    ours, theirs = ours_of(octets), theirs_of(octets)
    if ours is None and theirs is None:
        return "neither"
    if ours is None or theirs is None:
        who = "ours" if theirs is None else "dnspython"
        names = [name for name, reason in REASONS.items() if reason.accepts == who and reason.holds(octets)]
        assert names, f"only {who} accepts, for no known reason: {octets.hex()}"
        return names[0]
    question = theirs.question[0]
    assert ours.question == (type(ours.question.name).from_wire(question.name.to_wire()), question.rdtype)
    assert (ours.rcode, ours.flags) == (theirs.rcode(), theirs.flags)
    for mine, its in zip((ours.answer, ours.authority, ours.additional), theirs.sections[1:], strict=True):
        assert our_section(mine, UNKNOWN_TO_DNSPYTHON) == their_section(its, UNKNOWN_TO_DNSPYTHON)
    if theirs.edns < 0:
        assert ours.edns is None
    else:
        assert ours.edns is not None
        assert ours.edns[:3] == (theirs.payload, theirs.edns, theirs.ednsflags & 0xFFFF)
        errors = [each for each in theirs.options if isinstance(each, dns.edns.EDEOption)]
        others = [each for each in theirs.options if each not in errors]
        assert [code for code, _ in ours.edns.options] == [each.otype for each in others]
        assert list(ours.ede) == [(each.code, (each.text or "").rstrip("\0")) for each in errors]
    return ""


# --- messages ------------------------------------------------------------------------------------

NAMES = ("a.example.", "A.Example.", "_25._tcp.Mail.example.", "example.", "EXAMPLE.", ".", "*.example.", "b.org.")
names = st.sampled_from(NAMES)
hexes = st.binary(min_size=1, max_size=20).map(bytes.hex)
numbers = st.integers(0, 65535)

TEXTS: dict[str, st.SearchStrategy[str]] = {
    "A": st.just("192.0.2.1"),
    "AAAA": st.just("2001:db8::1"),
    "NS": names,
    "CNAME": names,
    "PTR": names,
    "DNAME": names,
    "SOA": st.builds("{} {} {} 2 3 4 5".format, names, names, numbers),
    "MX": st.builds("{} {}".format, numbers, names),
    "AFSDB": st.builds("{} {}".format, numbers, names),
    "RT": st.builds("{} {}".format, numbers, names),
    "KX": st.builds("{} {}".format, numbers, names),
    "RP": st.builds("{} {}".format, names, names),
    "PX": st.builds("{} {} {}".format, numbers, names, names),
    "SRV": st.builds("{} 1 {} {}".format, numbers, numbers, names),
    "NAPTR": st.builds('{} 1 "U" "E2U" "" {}'.format, numbers, names),
    "TXT": st.just('"Some Text" "b"'),
    "TLSA": st.builds("3 1 0 {}".format, hexes),
    "CAA": st.just('0 issue "ca.example"'),
    "SVCB": st.builds("1 {} alpn=h2".format, names),
    "DS": st.builds("{} 13 9 {}".format, numbers, hexes),
    "DNSKEY": st.builds("{} 3 13 AAAA".format, numbers),
    "RRSIG": st.builds(
        "{} 13 2 {} 20250101000000 20240101000000 7 {} q83v".format,
        st.sampled_from(["TLSA", "A", "MX", "SOA", "NSEC", "MG"]),
        numbers,
        names,
    ),
    "SIG": st.builds("A 13 2 {} 20250101000000 20240101000000 7 {} q83v".format, numbers, names),
    "NSEC": st.builds("{} A NSEC TYPE{}".format, names, st.integers(256, 65535)),
    "NSEC3": st.just("1 1 0 - 2t7b4g4vsa5smi47k61mv5bv1a22bojr A RRSIG"),
    "TYPE65280": st.builds(lambda octets: f"\\# {len(octets)} {octets.hex()}", st.binary(max_size=9)),
}


@st.composite
def rrsets(draw) -> list[dns.rrset.RRset]:
    """One RRset, and mostly a signature that covers it."""
    rdtype, owner, ttl = draw(st.sampled_from(sorted(TEXTS))), draw(names), draw(st.integers(0, 2**31 - 1))
    most = 1 if rdtype in ("RRSIG", "SIG") else 3  # dnspython keeps those apart by what they cover
    found = [dns.rrset.from_text(owner, ttl, "IN", rdtype, *draw(st.lists(TEXTS[rdtype], min_size=1, max_size=most)))]
    if draw(st.integers(0, 3)):
        signature = f"{rdtype} 13 2 {ttl} 20250101000000 20240101000000 7 {draw(names)} q83v"
        found.append(dns.rrset.from_text(owner, draw(st.integers(0, 9)), "IN", "RRSIG", signature))
    return found


options = st.one_of(
    st.builds(dns.edns.GenericOption, st.sampled_from([3, 10, 12, 65001]), st.binary(min_size=8, max_size=8)),
    st.builds(dns.edns.EDEOption, st.integers(0, 40), st.one_of(st.none(), st.text(max_size=9))),
)


@st.composite
def replies(draw) -> dns.message.Message:
    rdtype = draw(st.sampled_from(["TLSA", "A", "MX"]))
    message = dns.message.make_query(draw(names), rdtype, use_edns=False, id=7)
    message.flags |= 0x8000 | draw(st.sampled_from([0, 0x0220, 0x0410]))
    for section in (message.answer, message.authority, message.additional):
        for some in draw(st.lists(rrsets(), max_size=2)):
            section += some
    if draw(st.booleans()):
        message.use_edns(0, draw(st.sampled_from([0, 0x8000])), 1232, options=draw(st.lists(options, max_size=3)))
        message.set_rcode(draw(st.sampled_from([0, 3, 23])))
    return message


edits = st.tuples(st.integers(0, 65535), st.one_of(st.integers(0, 255), st.sampled_from([0, 12, 0xC0, 0xFF])))


@given(replies())
@settings(max_examples=200)
def test_honest_messages_are_read_alike_and_survive_writing(message):
    octets = message.to_wire()
    assert agree(octets) == ""
    ours = read(octets)
    again = read(write_message(ours, ident=7))
    for field in ("question", "rcode", "flags", "answer", "authority", "additional", "edns", "ede"):
        assert getattr(again, field) == getattr(ours, field)


@given(replies(), st.lists(edits, min_size=1, max_size=4), st.one_of(st.none(), st.integers(0, 400)))
@settings(max_examples=700)
def test_damaged_messages_are_read_alike_or_differ_for_a_known_reason(message, changes, cut):
    damaged = bytearray(message.to_wire())
    for at, octet in changes:
        damaged[at % len(damaged)] = octet
    agree(bytes(damaged[:cut]))


@given(st.binary(max_size=80), st.integers(0, 3))
@settings(max_examples=500)
def test_any_octets_are_read_alike_or_differ_for_a_known_reason(tail, count):
    agree(struct.pack("!HHHHHH", 7, 0x8000, 1, count, 0, 0) + b"\x01a\0\0\x34\0\1" + tail)
    agree(tail)


def record(rdtype: int, rdata: bytes, rdclass: int = 1, owner: bytes = b"\0") -> bytes:
    return owner + struct.pack("!HHIH", rdtype, rdclass, 0, len(rdata)) + rdata


def reply(additional: bytes = b"", *, flags: int = 0x8000, questions: int = 1, rdclass: int = 1) -> bytes:
    count = 1 if additional else 0
    question = b"\x01a\0" + struct.pack("!HH", 52, rdclass)
    return struct.pack("!HHHHHH", 7, flags, questions, 0, 0, count) + question * questions + additional


CHAIN = b"\0" + b"".join((0xC000 + at).to_bytes(2, "big") for at in (30, 31, *range(33, 73, 2)))
EXAMPLES = {
    "query": [reply(flags=0x0100)],
    "opcode": [reply(flags=0xA000)],
    "questions": [reply(questions=0), reply(questions=2)],
    "class": [reply(rdclass=3)],
    "rdata": [
        reply(record(1, b"123")),
        reply(record(52, b"")),
        reply(record(5, b"\xc0\xff")),
        reply(record(1, b"", 3)),
    ],
    "option": [reply(record(OPT, b"\0\x0f\0\1\0")), reply(record(OPT, b"\0\x0f\0\4\0\1\xff\xff"))],
    "TSIG": [reply(record(TSIG, b"", 255)), reply(record(TSIG, b"\0" * 17, 255))],
    "chain": [
        struct.pack("!HHHHHH", 7, 0x8000, 1, 2, 0, 0)
        + b"\x01a\0\0\x34\0\1"
        + record(65280, CHAIN)
        + record(1, b"1234", owner=(0xC000 + 30 + 39).to_bytes(2, "big"))
    ],
}


def test_every_reason_has_an_example():
    assert EXAMPLES.keys() == REASONS.keys()


@pytest.mark.parametrize("name", sorted(REASONS))
def test_each_reason_is_a_difference_that_exists(name):
    for octets in EXAMPLES[name]:
        assert agree(octets) == name, f"the two now agree: {name} is out of date"


def test_octets_after_the_message_are_ignored_here_and_refused_there():
    octets = reply() + b"junk"
    assert ours_of(octets) is not None
    with pytest.raises(dns.message.TrailingJunk):
        dns.message.from_wire(octets)
