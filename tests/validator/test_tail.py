"""What an unverified message says about a name (R63, R103, R126): each rule of `tail` by itself."""

from __future__ import annotations

from resolver.data.rrset import Message, Question, RRset
from resolver.data.types import DNAME, SOA, A
from resolver.validator.anchors import Anchors
from resolver.validator.proof import Proof
from resolver.validator.tail import claimed_ttl, ends_at, joined, lasting, speaks_of, unverified_alias
from tests.validator.judging import name_of

ASKED = Question.of("alias.example.com", "A")
WWW = name_of("www.d.example.com")


def records(owner: str, rdtype: int, rdata: bytes = bytes(4)) -> RRset:
    return RRset(name_of(owner), rdtype, 300, (rdata,))


def says(*answer: RRset, authority: tuple[RRset, ...] = (), rcode: int = 0) -> Message:
    return Message(ASKED, answer=answer, authority=authority, rcode=rcode)


def test_r126_a_message_speaks_of_what_it_was_not_asked_for() -> None:
    dname = records("d.example.com", DNAME, name_of("other.net").wire)
    assert speaks_of(says(dname), WWW, A)
    assert speaks_of(says(records("www.d.example.com", A)), WWW, A)
    assert not speaks_of(says(records("d.example.com", A)), WWW, A)
    assert not speaks_of(says(dname), name_of("d.example.com"), A)  # RFC 6672 §2.3: not its owner's alias
    assert not speaks_of(says(records("alias.example.com", A)), *ASKED)


def test_a_dname_is_no_alias_of_its_owner_and_nothing_else_is_one_of_what_is_below() -> None:
    """RFC 6672 §2.3."""
    target = name_of("other.net").wire
    assert unverified_alias(says(records("d.example.com", DNAME, target)), name_of("d.example.com")) is None
    assert unverified_alias(says(records("d.example.com", A, target)), WWW) is None
    found = unverified_alias(says(records("d.example.com", DNAME, target)), WWW)
    assert found is not None and (str(found.target), found.kind, found.ttl) == ("www.other.net.", "DNAME", 300)


def test_rfc2308_a_chain_ends_by_nxdomain_or_by_the_soa_of_its_last_zone() -> None:
    soa = records("example.com", SOA, b"\0\0" + bytes(16) + (60).to_bytes(4, "big"))
    assert ends_at(says(rcode=3), WWW) and ends_at(says(authority=(soa,)), WWW)
    assert not ends_at(says(), WWW) and not ends_at(says(rcode=4), WWW)
    assert not ends_at(says(authority=(soa,)), name_of("www.other.net"))
    assert claimed_ttl(says(authority=(soa,)), WWW) == 60
    assert claimed_ttl(says(), WWW) == 0
    assert claimed_ttl(says(authority=(records("example.com", SOA, b"\1"),)), WWW) == 0  # it cannot be read


def test_r103_what_nobody_signed_has_a_ttl_and_no_dates() -> None:
    assert lasting(says(), 60, 1000.0) == (0, 0xFFFFFFFF, 1060.0)


def test_the_proof_of_a_cut_keeps_all_that_it_says_when_steps_are_added() -> None:
    anchors = Anchors.from_text(". DS 1 13 2 " + "00" * 32).all
    below, more = Proof("keys", ASKED), Proof("answer", ASKED)
    cut = Proof(
        "cut", ASKED, zone=WWW, anchors=anchors, reason="UNSUPPORTED_ALGORITHM", message=says(), rests_on=(below,)
    )
    assert joined(cut, []) is cut
    both = joined(cut, [below, more])
    for field in ("step", "subject", "zone", "evidence", "anchors", "reason", "message"):
        assert getattr(both, field) is getattr(cut, field), field
    assert both.rests_on == (below, more)
