"""The reader and the writers, case by case."""

from __future__ import annotations

import struct

import dns.flags
import dns.message
import dns.rdatatype
import pytest

from resolver.data.canonical import well_formed
from resolver.data.name import ROOT, Name
from resolver.data.rrset import Edns, Message, Question, RRset
from resolver.data.types import CNAME, KX, MX, NS, NSEC, RRSIG, SOA, TLSA, A
from resolver.data.wire import BadMessage, read, write_message, write_query
from resolver.data.writer import MAX_MESSAGE_OCTETS
from resolver.errors import BadInput

OWNER = Name.from_text("_25._tcp.mail.example.com")
ZONE = Name.from_text("example.com")
QNAME = b"\x03_25\x04_tcp\x04mail\x07example\x03com\0"
EXAMPLE = 12 + QNAME.index(b"\x07example")
TO_QNAME = b"\xc0\x0c"
TO_EXAMPLE = b"\xc0" + bytes((EXAMPLE,))


def head(
    answers: int = 0, authorities: int = 0, additionals: int = 0, *, flags: int = 0x8190, questions: int = 1
) -> bytes:
    return struct.pack("!HHHHHH", 7, flags, questions, answers, authorities, additionals)


def question(name: bytes = QNAME, rdtype: int = TLSA, rdclass: int = 1) -> bytes:
    return name + struct.pack("!HH", rdtype, rdclass)


def record(rdtype: int, rdata: bytes, owner: bytes = TO_QNAME, *, rdclass: int = 1, ttl: int = 300) -> bytes:
    return owner + struct.pack("!HHIH", rdtype, rdclass, ttl, len(rdata)) + rdata


def opt(rdata: bytes = b"", *, ttl: int = 0x8000, owner: bytes = b"\0") -> bytes:
    return record(41, rdata, owner, rdclass=1232, ttl=ttl)


def option(code: int, octets: bytes) -> bytes:
    return struct.pack("!HH", code, len(octets)) + octets


def signature(signer: bytes, covered: int = TLSA) -> bytes:
    return struct.pack("!HBBIIIH", covered, 13, 5, 300, 2, 1, 4711) + signer + b"SIG"


def answer(*records: bytes) -> Message:
    return read(head(len(records)) + question() + b"".join(records))


def only_rdata(rdtype: int, rdata: bytes) -> bytes:
    (rrset,) = answer(record(rdtype, rdata)).answer
    return rrset.rdata[0]


# --- what is read --------------------------------------------------------------------------------


def test_a_signed_reply_is_read_whole():
    octets = (
        head(2, 1, 2)
        + question(QNAME.upper())
        + record(TLSA, b"\3\1\1X")
        + record(RRSIG, signature(b"\x07Example\x03COM\0"), ttl=299)
        + record(NS, b"\x02NS" + TO_EXAMPLE, TO_EXAMPLE)
        + record(A, b"\1\2\3\4", b"\x02ns" + TO_EXAMPLE)
        + opt(option(10, b"cookie") + option(15, b"\0\x09no keys\0"), ttl=0x01018001)
    )
    message = read(octets, origin="192.0.2.1", received_at=5.0, cd=False)
    assert message.question == Question(OWNER, TLSA)
    assert message.answer == (RRset(OWNER, TLSA, 300, (b"\3\1\1X",), ((299, signature(ZONE.wire)),)),)
    assert message.authority == (RRset(ZONE, NS, 300, (b"\x02ns" + ZONE.wire,)),)
    assert message.additional == (RRset(Name.from_text("ns.example.com"), A, 300, (b"\1\2\3\4",)),)
    assert message.edns == Edns(1232, 1, 0x8001, ((10, b"cookie"),))
    assert message.ede == ((9, "no keys"),)
    assert (message.rcode, message.flags) == (16, 0x8190)
    assert (message.wire, message.origin, message.received_at, message.cd) == (octets, "192.0.2.1", 5.0, False)


def test_records_of_one_rrset_are_grouped_with_the_lowest_ttl():
    message = answer(
        record(TLSA, b"b", ttl=60),
        record(RRSIG, signature(ZONE.wire), ttl=9),
        record(TLSA, b"a", QNAME.upper(), ttl=30),
        record(RRSIG, signature(ZONE.wire), ttl=9),
        record(TLSA, b"a"),
        record(RRSIG, signature(ROOT.wire), ttl=7),
    )
    signatures = ((7, signature(ROOT.wire)), (9, signature(ZONE.wire)))
    assert message.answer == (RRset(OWNER, TLSA, 30, (b"a", b"b"), signatures),)


def test_signatures_that_cover_nothing_are_left_out():
    assert answer(record(RRSIG, signature(ZONE.wire)), record(RRSIG, b"\0")).answer == ()
    elsewhere = read(head(1, 1) + question() + record(TLSA, b"a") + record(RRSIG, signature(ZONE.wire)))
    assert elsewhere.answer == (RRset(OWNER, TLSA, 300, (b"a",)),)


def test_a_ttl_with_the_top_bit_set_is_zero():
    assert answer(record(TLSA, b"a", ttl=0x80000000)).answer[0].ttl == 0
    assert answer(record(TLSA, b"a", ttl=0x7FFFFFFF)).answer[0].ttl == 0x7FFFFFFF


def test_records_of_other_classes_are_left_out():
    assert answer(record(TLSA, b"a", rdclass=3), record(250, b"", rdclass=255)).answer == ()


def test_octets_after_the_message_are_ignored():
    octets = head(1) + question() + record(TLSA, b"a")
    assert read(octets + b"junk").answer == read(octets).answer


def test_the_empty_name_may_be_asked():
    assert read(head() + question(b"\0", NS)).question == Question(ROOT, NS)


def test_an_extended_error_may_be_broken_and_says_what_it_can():
    rdata = option(15, b"") + option(15, b"\1") + option(15, b"\0\6") + option(15, b"\0\7\xff\xc3\xa4\0\0")
    message = read(head(0, 0, 1) + question() + opt(rdata))
    assert message.ede == ((6, ""), (7, "\ufffdä"))
    assert message.edns is not None
    assert message.edns.options == ()


def test_an_opt_owner_may_be_a_pointer_to_a_root():
    root = 12 + len(QNAME) - 1
    assert read(head(0, 0, 1) + question() + opt(owner=bytes((0xC0, root)))).edns is not None


# --- RDATA ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rdtype", "sent", "kept"),
    [
        (CNAME, b"\x01A" + TO_EXAMPLE, b"\x01a" + ZONE.wire),
        (SOA, TO_EXAMPLE + TO_QNAME + b"A" * 20, ZONE.wire + OWNER.wire + b"A" * 20),
        (MX, b"\0\5" + TO_EXAMPLE, b"\0\5" + ZONE.wire),
        (14, TO_EXAMPLE * 2, ZONE.wire * 2),
        (30, TO_EXAMPLE + b"BITS", ZONE.wire + b"BITS"),
        (24, b"S" * 18 + TO_EXAMPLE + b"SIG", b"S" * 18 + ZONE.wire + b"SIG"),
        (35, b"NNNN\1U\1S\1R" + TO_EXAMPLE, b"NNNN\1U\1S\1R" + ZONE.wire),
        (NSEC, b"\x01A" + TO_EXAMPLE + b"\0\1\x40", b"\x01A" + ZONE.wire + b"\0\1\x40"),
        (KX, b"\0\1\x01A\0", b"\0\1\x01a\0"),
        (39, b"\x01A\0", b"\x01a\0"),
        (38, b"\x40\x01A\0", b"\x40\x01A\0"),
        (65, b"\0\1\x01A\0", b"\0\1\x01A\0"),
        (65280, TO_EXAMPLE, TO_EXAMPLE),
    ],
)
def test_names_in_rdata_are_written_out_in_canonical_form(rdtype, sent, kept):
    assert only_rdata(rdtype, sent) == kept
    assert well_formed(rdtype, kept)


def test_the_signer_of_a_signature_may_come_compressed():
    message = answer(record(TLSA, b"a"), record(RRSIG, signature(TO_EXAMPLE)))
    assert message.answer[0].rrsigs == ((300, signature(ZONE.wire)),)


@pytest.mark.parametrize(
    ("rdtype", "rdata"),
    [
        (CNAME, b""),
        (CNAME, b"\xff\xff"),
        (CNAME, b"\x01A\xc0\xff"),
        (CNAME, TO_EXAMPLE + b"X"),
        (SOA, TO_EXAMPLE * 2),
        (MX, b"\0"),
        (35, b"NNNN\5U"),
        (KX, b"\0\1" + TO_EXAMPLE),
        (39, TO_EXAMPLE),
        (NSEC, b"\x3fA"),
        (TLSA, b""),
        (A, b"\1"),
    ],
)
def test_malformed_rdata_is_kept_as_it_came(rdtype, rdata):
    assert only_rdata(rdtype, rdata) == rdata
    assert well_formed(rdtype, rdata) == (rdtype in (TLSA, A))


def test_a_malformed_signature_stays_with_what_it_claims_to_cover():
    message = answer(record(TLSA, b"a"), record(RRSIG, b"\0\x34"))
    assert message.answer[0].rrsigs == ((300, b"\0\x34"),)


# --- what is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (b"", "0 octets"),
        (head()[:11], "11 octets"),
        (head(flags=0x0100) + question(), "QR bit"),
        (head(flags=0xA800) + question(), "opcode 5"),
        (head(questions=0), "0 questions"),
        (head(questions=2) + question() * 2, "2 questions"),
        (head(), "no name at octet 12"),
        (head() + b"\xc0\x0c" + b"\0\1\0\1", "no name at octet 12"),
        (head() + QNAME + b"\0\1\0", f"ends short at octet {12 + len(QNAME)}"),
        (head() + question(rdclass=3), "class 3"),
        (head(1) + question(), "record is missing at octet 43"),
        (head(2) + question() + record(TLSA, b"a"), "record is missing at octet 56"),
        (head(0, 1) + question(), "record is missing"),
        (head(0, 0, 1) + question(), "record is missing"),
        (head(1) + question() + record(TLSA, b"a", b"\xc0\xff"), "no name at octet 43"),
        (head(1) + question() + record(TLSA, b"a", b"\x40"), "no name at octet 43"),
        (head(1) + question() + record(TLSA, b"", b"\x03abc\0")[:14], "record ends short at octet 48"),
        (head(1) + question() + record(TLSA, b"abc")[:-1], "RDATA of 3 octets at octet 55"),
        (head(1) + question() + opt(), "OPT record at octet 43"),
        (head(0, 1) + question() + opt(), "OPT record at octet 43"),
        (head(0, 0, 2) + question() + opt() * 2, "OPT record at octet 54"),
        (head(0, 0, 1) + question() + opt(owner=TO_QNAME), "OPT record at octet 43"),
        (head(0, 0, 1) + question() + opt(b"\0\1\0"), "option ends short at octet 0"),
        (head(0, 0, 1) + question() + opt(option(10, b"cookie")[:-1]), "option 10 runs past"),
    ],
)
def test_octets_that_are_no_reply_are_refused_with_what_and_where(octets, words):
    with pytest.raises(BadMessage, match=words) as refused:
        read(octets)
    assert isinstance(refused.value, ValueError)


def test_every_beginning_of_a_reply_is_refused():
    octets = head(1, 0, 1) + question() + record(TLSA, b"a") + opt(option(10, b"cookie"))
    assert read(octets).edns is not None
    for size in range(len(octets)):
        with pytest.raises(BadMessage):
            read(octets[:size])


class Counted(bytes):
    """Octets that count how often somebody looks at them."""

    looks = 0

    def __getitem__(self, key):
        Counted.looks += 1
        return super().__getitem__(key)


RDATA_AT = 12 + len(QNAME) + 4 + 11  # of a first record with the root as owner
RUN_OF_LABELS = b"\x01a" * 7000
CHAIN_OF_POINTERS = b"\0\0" + b"".join((0xC000 + RDATA_AT + 2 * step).to_bytes(2, "big") for step in range(7000))


@pytest.mark.parametrize("filling", [RUN_OF_LABELS, CHAIN_OF_POINTERS], ids=["labels", "pointers"])
def test_reading_takes_linear_time_whatever_the_octets(filling):
    pointers = [(0xC000 + RDATA_AT + 2 * (6900 - number)).to_bytes(2, "big") for number in range(1000)]
    records = [record(TLSA, filling, b"\0"), *(record(NS, pointer) for pointer in pointers)]
    octets = Counted(head(len(records)) + question() + b"".join(records))
    Counted.looks = 0
    read(octets)
    looks = Counted.looks
    assert looks < 1000 * len(records)  # six a pointer; without a bound more than 10,000 a record


# --- what is written -----------------------------------------------------------------------------


def test_a_query_asks_for_signatures_and_for_what_does_not_validate():
    query = dns.message.from_wire(write_query(Question(OWNER, TLSA), 4711))
    assert query.id == 4711
    assert query.flags == dns.flags.RD | dns.flags.CD
    assert query.edns == 0
    assert query.ednsflags == dns.flags.DO
    assert query.payload == 1232
    assert query.question[0].to_text() == "_25._tcp.mail.example.com. IN TLSA"
    assert query.options == ()


def test_a_query_is_written_as_asked():
    octets = write_query(
        Question(OWNER, TLSA), 1, cd=False, dnssec=False, payload=4096, recurse=False, options=[(10, b"12345678")],
        name_octets=QNAME.upper(),
    )  # fmt: skip
    assert QNAME.upper() in octets
    query = dns.message.from_wire(octets)
    assert (query.flags, query.ednsflags, query.payload) == (0, 0, 4096)
    assert [(int(each.otype), each.to_wire()) for each in query.options] == [(10, b"12345678")]


@pytest.mark.parametrize(
    "arguments", [{"name_octets": b"\x03com\0"}, {"payload": 65536}, {"options": [(65536, b"")]}, {"ident": -1}]
)
def test_a_query_that_cannot_be_written_is_refused(arguments):
    with pytest.raises(BadInput):
        write_query(Question(OWNER, TLSA), **{"ident": 1, **arguments})


def facts(message: Message) -> tuple[object, ...]:
    fields = ("question", "rcode", "flags", "answer", "authority", "additional", "edns", "ede")
    return tuple(getattr(message, field) for field in fields)


def test_a_written_message_is_read_back_equal():
    message = Message(
        Question(OWNER, TLSA),
        rcode=23,
        flags=0x8187,
        answer=(RRset(OWNER, TLSA, 60, (b"a", b"b"), ((50, signature(ZONE.wire)), (60, signature(ROOT.wire)))),),
        authority=(RRset(ZONE, NS, 9, (OWNER.wire,)), RRset(ROOT, SOA, 9, (ROOT.wire * 2 + bytes(20),))),
        additional=(RRset(Name.from_text("mail.example.com"), A, 9, (b"1234",), ((1, b"\0\1"),)),),
        edns=Edns(4096, 0, 0x8000, ((3, b"id"), (10, b"cookie"))),
        ede=((6, "bad ä"), (9, "")),
    )
    octets = write_message(message, ident=4711)
    assert octets[:2] == (4711).to_bytes(2, "big")
    assert facts(read(octets)) == facts(message)
    assert octets.count(b"\x07example") == 1 + 1 + 1  # the question, a signer and RDATA; owners are pointers


def test_an_opt_record_is_added_where_something_needs_it():
    plain = Message(Question(OWNER, TLSA))
    assert read(write_message(plain)).edns is None
    assert read(write_message(Message(Question(OWNER, TLSA), flags=0x8000, rcode=16))).rcode == 16
    assert read(write_message(Message(Question(OWNER, TLSA), ede=((6, "x"),)))).ede == ((6, "x"),)


def test_names_beyond_the_reach_of_pointers_are_written_out():
    owners = [Name.from_text(f"{number}.{OWNER}") for number in range(2)]
    large = RRset(OWNER, TLSA, 1, tuple(bytes((number,)) * 9000 for number in range(3)))
    answers = (large, RRset(owners[0], A, 1, (b"1234",)), RRset(owners[1], A, 1, (b"1234",)))
    message = Message(Question(Name.from_text("org"), TLSA), answer=answers)
    assert facts(read(write_message(message))) == facts(message)


@pytest.mark.parametrize("sizes", [(65536,), (40000, 30000)])
def test_what_does_not_fit_a_message_is_refused(sizes):
    rrset = RRset(OWNER, TLSA, 1, tuple(bytes(size) for size in sizes))
    with pytest.raises(BadInput, match="cannot be written"):
        write_message(Message(Question(OWNER, TLSA), answer=(rrset,)))
    assert sum(sizes) > MAX_MESSAGE_OCTETS
