"""RRsets and messages as values."""

from __future__ import annotations

import pytest

from resolver.data import wire
from resolver.data.name import Name
from resolver.data.rrset import NO_REPLY_REASONS, Message, NoReply, Question, RRset, group
from resolver.data.types import AAAA, RRSIG, TLSA, A
from resolver.errors import BadName, BadType

NAME = Name.from_text("mail.example.com")
COVERS_A = b"\0\1" + bytes(20)


def test_records_are_kept_in_canonical_order_without_duplicates():
    rrset = RRset(NAME, TLSA, 60, (b"b", b"a", b"b", b"ab"), ((60, b"z"), (30, b"y"), (60, b"z")))
    assert rrset.rdata == (b"a", b"ab", b"b")
    assert rrset.rrsigs == ((30, b"y"), (60, b"z"))


def test_grouping_attaches_signatures_to_what_they_cover_and_drops_the_rest():
    other = Name.from_text("other.example.com")
    sets = group(
        [
            (NAME, RRSIG, 5, COVERS_A),
            (NAME, TLSA, 60, b"t"),
            (NAME, A, 60, b"2222"),
            (other, RRSIG, 5, COVERS_A),  # covers nothing here
            (NAME, A, 30, b"1111"),
            (NAME, RRSIG, 5, b"\0"),  # too short to say what it covers
            (other, AAAA, 9, bytes(16)),
        ]
    )
    assert sets == (
        RRset(NAME, TLSA, 60, (b"t",)),
        RRset(NAME, A, 30, (b"1111", b"2222"), ((5, COVERS_A),)),
        RRset(other, AAAA, 9, (bytes(16),)),
    )


def test_signatures_are_viewed_once_and_malformed_ones_are_left_out():
    sound = COVERS_A[:18] + b"\0SIG"
    rrset = RRset(NAME, A, 60, (b"1111",), ((5, b"\0\1"), (9, sound)))
    (view,) = rrset.signatures
    assert (view.covered, view.signature, view.ttl) == (A, b"SIG", 9)
    assert rrset.signatures is rrset.signatures


def test_rrsets_are_compared_by_all_that_they_hold():
    rrset = RRset(NAME, A, 60, (b"1111",), ((60, COVERS_A),))
    assert rrset == RRset(NAME, A, 60, (b"1111",), ((60, COVERS_A),))
    assert hash(rrset) == hash(rrset.with_ttl(1))
    assert rrset.with_ttl(1) != rrset
    assert rrset.with_ttl(1).ttl == 1
    assert rrset.with_rrsigs(()).rrsigs == ()
    assert rrset != "A"
    assert repr(rrset) == "<RRset mail.example.com. A (1 RR, 1 RRSIG)>"


def test_an_rrset_is_shown_and_handed_to_dnspython():
    rrset = RRset(NAME, A, 60, (b"\1\2\3\4", b"\1\2\3\5"))
    assert rrset.to_text() == ["1.2.3.4", "1.2.3.5"]
    theirs = rrset.to_dnspython()
    assert theirs.to_text() == "mail.example.com. 60 IN A 1.2.3.4\nmail.example.com. 60 IN A 1.2.3.5"


def test_a_question_is_read_as_a_caller_writes_it():
    assert Question.of("Mail.example.com", "tlsa") == Question(NAME, TLSA)
    assert str(Question(NAME, TLSA)) == "mail.example.com./TLSA"
    with pytest.raises(BadName):
        Question.of("a..b", "A")
    with pytest.raises(BadType):
        Question.of("a", "NOSUCH")


def test_a_message_finds_its_answers_and_reports_its_flags():
    rrset = RRset(NAME, A, 60, (b"1111",))
    message = Message(Question(NAME, A), flags=0x8220, answer=(rrset,), origin="192.0.2.1")
    assert message.find(NAME, A) is rrset
    assert message.find(NAME, AAAA) is None
    assert message.find(Name.from_text("example.com"), A) is None
    assert message.truncated
    assert message.authentic_data
    assert not Message(Question(NAME, A)).truncated
    assert not Message(Question(NAME, A)).authentic_data
    assert repr(message) == "<Message mail.example.com./A rcode 0 from 192.0.2.1>"
    assert repr(Message(Question(NAME, A))) == "<Message mail.example.com./A rcode 0 from ?>"


def test_a_failure_to_get_a_message_is_a_value():
    failure = NoReply(Question(NAME, A), "timeout", "192.0.2.1 did not answer")
    assert failure.why in NO_REPLY_REASONS
    assert failure.attempts == ()
    assert failure.retry_at is None


def test_the_size_of_a_message_does_not_depend_on_where_it_came_from() -> None:
    question = Question.of("www.example.com", "A")
    rrset = RRset(question.name, question.rdtype, 300, (b"\xc0\x00\x02\x01", b"\xc0\x00\x02\x02"))
    made = Message(question, answer=(rrset,))
    read = wire.read(wire.write_message(made))
    assert made.size == read.size == 512 + 2 * (len(question.name.wire) + 10 + 4)


def test_a_padded_message_is_as_large_as_it_came() -> None:
    question = Question.of("www.example.com", "A")
    rrset = RRset(question.name, question.rdtype, 300, (b"\xc0\x00\x02\x01",))
    assert Message(question, answer=(rrset,), wire=bytes(60_000)).size == 60_000
