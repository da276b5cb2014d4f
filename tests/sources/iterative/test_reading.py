"""What one reply means, and that no reply whatsoever makes reading it fail."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolver.data.name import Name
from resolver.data.rrset import Message, Question, RRset
from resolver.data.types import AAAA, CNAME, DNAME, DS, NS, NSEC, RRSIG, SOA, TXT, A
from resolver.sources.iterative.reading import Answered, ChildSide, Referred, Useless, read_reply

AA, QR = 0x0400, 0x8000
ZONE = Name.from_text("test.")
WWW = Question.of("www.example.test", "A")
CUT = Name.from_text("example.test.")


def rrset(owner: str, rdtype: int, rdata: bytes | str = b"\xc0\x00\x02\x01") -> RRset:
    octets = Name.from_text(rdata).wire if isinstance(rdata, str) else rdata
    return RRset(Name.from_text(owner), rdtype, 300, (octets,))


def soa(owner: str) -> RRset:
    return rrset(owner, SOA, Name.from_text("a.").wire + Name.from_text("b.").wire + bytes(20))


def reply(
    question: Question = WWW,
    *,
    rcode: int = 0,
    flags: int = AA,
    answer: tuple[RRset, ...] = (),
    authority: tuple[RRset, ...] = (),
    additional: tuple[RRset, ...] = (),
) -> Message:
    return Message(
        question,
        rcode=rcode,
        flags=QR | flags,
        answer=answer,
        authority=authority,
        additional=additional,
        origin="udp x",
    )


NS_OF_CUT = rrset("example.test.", NS, "ns.example.test.")
ADDRESS = rrset("www.example.test.", A)


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        (reply(answer=(ADDRESS,)), Answered),
        (reply(answer=(rrset("www.example.test.", CNAME, "x.test."),)), Answered),
        (reply(answer=(rrset("example.test.", DNAME, "x.test."),)), Answered),
        (reply(rcode=3, authority=(soa("test."),)), Answered),
        (reply(authority=(soa("test."),)), Answered),
        (reply(rcode=6, answer=(rrset("example.test.", DNAME, "x.test."),)), Answered),
        (reply(flags=0, authority=(NS_OF_CUT,)), Referred),
        (reply(authority=(NS_OF_CUT,)), Referred),  # some servers set AA there
        (reply(flags=0, authority=(rrset("www.example.test.", NS, "ns.x.test."),)), Referred),
        (reply(flags=0), Useless),
        (reply(), Useless),
        (reply(rcode=3), Useless),
        (reply(rcode=2), Useless),
        (reply(rcode=5), Useless),
        (reply(rcode=2, authority=(NS_OF_CUT,)), Useless),
        (reply(flags=0, answer=(ADDRESS,)), Useless),
        (reply(flags=0, rcode=3, authority=(soa("test."),)), Useless),
        (reply(flags=0, authority=(rrset("test.", NS, "ns.test."),)), Useless),
        (reply(flags=0, authority=(rrset(".", NS, "ns.root."),)), Useless),
        (reply(flags=0, authority=(rrset("other.test.", NS, "ns.other.test."),)), Useless),
        (reply(flags=0, authority=(rrset("other.", NS, "ns.other."),)), Useless),
        (reply(answer=(rrset("other.test.", A),)), Useless),
        (reply(answer=(rrset("www.example.test.", TXT),)), Useless),
        (reply(answer=(rrset("www.example.test.", DNAME, "x.test."),)), Useless),  # RFC 6672 §2.3: not at the name
    ],
)  # fmt: skip
def test_a_reply_has_one_meaning(message: Message, kind: type) -> None:
    assert type(read_reply(ZONE, WWW, message)) is kind


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        (reply(Question(CUT, DS), answer=(rrset("example.test.", DS, bytes(24)),)), Answered),
        (reply(Question(CUT, DS), authority=(soa("test."),)), Answered),
        (reply(Question(CUT, DS), authority=(soa("example.test."),)), ChildSide),
        (reply(Question(CUT, DS), flags=0, authority=(NS_OF_CUT,)), Useless),
        (reply(Question(CUT, DS), flags=0, authority=(NS_OF_CUT, rrset("example.test.", DS, bytes(24)))), Answered),
        (reply(Question(CUT, DS), flags=0, authority=(NS_OF_CUT, rrset("other.test.", DS, bytes(24)))), Useless),
    ],
)
def test_a_reply_to_a_question_for_ds_is_the_parents(message: Message, kind: type) -> None:
    assert type(read_reply(ZONE, Question(CUT, DS), message)) is kind


def test_a_referral_takes_the_ds_along_and_nothing_else() -> None:
    ds = rrset("example.test.", DS, bytes(24))
    read = read_reply(
        ZONE,
        WWW,
        reply(flags=0, authority=(NS_OF_CUT, ds, rrset("other.test.", DS, bytes(24)), rrset("a.test.", NSEC, b"\0"))),
    )
    assert isinstance(read, Referred)
    assert read.ds is not None
    assert (read.ds.question, read.ds.answer, read.ds.authority) == (Question(CUT, DS), (ds,), ())
    assert read.ds.origin == "udp x"
    assert read.to.signed


def test_a_referral_without_ds_takes_the_denials_along() -> None:
    denial = rrset("example.test.", NSEC, b"\0")
    read = read_reply(ZONE, WWW, reply(flags=0, authority=(NS_OF_CUT, denial)))
    assert isinstance(read, Referred)
    assert read.ds is not None
    assert (read.ds.answer, read.ds.authority) == ((), (denial,))
    assert not read.to.signed


def test_a_referral_that_says_nothing_of_ds_says_nothing_of_ds() -> None:
    read = read_reply(ZONE, WWW, reply(flags=0, authority=(NS_OF_CUT,)))
    assert isinstance(read, Referred)
    assert read.ds is None


def test_a_reply_without_aa_is_kept_for_want_of_a_better_one() -> None:
    message = reply(flags=0, answer=(ADDRESS, rrset("www.other.", A)))
    read = read_reply(ZONE, WWW, message)
    assert isinstance(read, Useless)
    assert read.fallback is not None
    assert read.fallback.answer == (ADDRESS,)


NAMES = [
    "www.example.test.",
    "example.test.",
    "test.",
    ".",
    "ns.example.test.",
    "other.test.",
    "www.other.",
    "a.www.example.test.",
]
RRSETS = st.builds(
    RRset,
    st.sampled_from(NAMES).map(Name.from_text),
    st.sampled_from([A, AAAA, NS, CNAME, DNAME, SOA, DS, NSEC, RRSIG, TXT, 0, 65535]),
    st.integers(0, 2**32 - 1),
    st.lists(
        st.one_of(st.binary(max_size=20), st.sampled_from(NAMES).map(lambda text: Name.from_text(text).wire)),
        max_size=3,
    ).map(tuple),
)
SECTIONS = st.lists(RRSETS, max_size=3).map(tuple)


@settings(max_examples=100)
@given(
    zone=st.sampled_from(NAMES[1:4]).map(Name.from_text),
    question=st.builds(Question, st.just(WWW.name), st.sampled_from([A, DS, NS, CNAME, DNAME])),
    rcode=st.integers(0, 24),
    flags=st.integers(0, 0xFFFF),
    answer=SECTIONS,
    authority=SECTIONS,
    additional=SECTIONS,
)
def test_any_reply_is_read_and_nothing_from_elsewhere_leaves(
    zone: Name, question: Question, rcode: int, flags: int,
    answer: tuple[RRset, ...], authority: tuple[RRset, ...], additional: tuple[RRset, ...],
) -> None:  # fmt: skip
    read = read_reply(
        zone,
        question,
        Message(question, rcode=rcode, flags=flags, answer=answer, authority=authority, additional=additional),
    )
    message: Message | None = None
    if isinstance(read, Answered | ChildSide):
        message = read.message
    elif isinstance(read, Useless):
        message = read.fallback
    elif isinstance(read, Referred):
        message = read.ds
        assert read.to.zone.is_below(zone)
        assert question.name.is_under(read.to.zone)
        assert all(name.is_under(zone) for name in read.to.glue)
    if message is not None:
        assert all(each.owner.is_under(zone) for each in (*message.answer, *message.authority))
