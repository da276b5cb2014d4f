"""Recordings: what went in comes out, in turn, and a malformed file is refused with its line."""

from __future__ import annotations

import gzip
import json
import os
from base64 import b64encode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.data.moment import to_seconds
from resolver.data.name import Name
from resolver.data.rrset import Message, NoReply, Question, RRset
from resolver.data.types import CNAME, TXT, A
from resolver.data.wire import read, write_message
from resolver.errors import BadSnapshot
from resolver.sources.recording import MAX_LINE, Recording
from resolver.validator.findings import finding
from resolver.validator.outcome import Alias, Bogus
from resolver.validator.proof import ALIAS, ANSWER, KEYS, Proof

QUESTION = Question.of("0/25.2.0.192.in-addr.arpa", "TXT")  # a slash in a label (RFC 2317)


def made(text: str = "x", *, question: Question = QUESTION, at: float = 0.0, cd: bool = True) -> Message:
    """A message as values, without octets."""
    rdata = bytes((len(text),)) + text.encode()
    rrset = RRset(question.name, TXT, 60, (rdata,))
    return Message(question, answer=(rrset,), origin="192.0.2.53", received_at=at, cd=cd)


def received(text: str = "x", *, question: Question = QUESTION, at: float = 0.0, cd: bool = True) -> Message:
    """The same with the octets that it was read from."""
    octets = write_message(made(text, question=question), ident=7)
    return read(octets, origin="192.0.2.53", received_at=at, cd=cd)


def texts(recording: Recording, count: int, *, cd: bool = True) -> list[str]:
    found = []
    for _ in range(count):
        reply = recording.answer(QUESTION, cd=cd)
        assert isinstance(reply, Message)
        found.append(reply.answer[0].rdata[0][1:].decode())
    return found


def test_replies_to_one_question_come_in_turn_and_the_last_stays() -> None:
    recording = Recording.from_messages([made("a"), made("b"), made("c")])
    assert texts(recording, 5) == ["a", "b", "c", "c", "c"]
    recording.rewind()
    assert texts(recording, 2) == ["a", "b"]


def test_a_question_without_reply_is_not_recorded() -> None:
    reply = Recording.from_messages([made()]).answer(Question.of("other", "A"))
    assert isinstance(reply, NoReply)
    assert (reply.why, reply.question) == ("not-recorded", Question.of("other", "A"))
    assert "other./A" in reply.text


def test_a_reply_with_the_other_cd_bit_serves_where_there_is_none_with_this_one() -> None:
    both = [made("with", cd=True), made("without", cd=False)]
    assert texts(Recording.from_messages(both), 2, cd=True) == ["with", "with"]
    assert texts(Recording.from_messages(both), 2, cd=False) == ["without", "without"]
    assert texts(Recording.from_messages(both[:1]), 1, cd=False) == ["with"]
    assert texts(Recording.from_messages(both[1:]), 1, cd=True) == ["without"]


@pytest.mark.parametrize("name", ["r.jsonl", "r.jsonl.gz"])
def test_what_is_saved_is_loaded(tmp_path, name: str) -> None:
    messages = [received("a", at=1.5), received("b", at=2.0, cd=False), made("c", at=3.0)]
    recording = Recording.from_messages(messages, at=1_700_000_000)
    path = tmp_path / name
    recording.save(path)
    again = Recording.load(path)
    assert (again.at, len(again)) == (1_700_000_000, 3)
    assert repr(again) == "<Recording of 3 messages>"
    for old, new in zip(messages, again.messages, strict=True):
        assert (new.question, new.rcode, new.flags, new.answer) == (old.question, old.rcode, old.flags, old.answer)
        assert (new.origin, new.received_at, new.cd) == (old.origin, old.received_at, old.cd)
        assert new.wire == (old.wire or write_message(old))
    again.save(path)
    assert Recording.load(path).to_text() == recording.to_text()
    assert os.listdir(tmp_path) == [name]


def test_the_format_is_one_header_and_one_object_a_line() -> None:
    lines = [json.loads(line) for line in Recording.from_messages([received(at=1.5)], at=0).to_text().splitlines()]
    assert lines == [
        {"format": "dnssec-recording/1", "at": "1970-01-01T00:00:00Z"},
        {
            "question": "0/25.2.0.192.in-addr.arpa./TXT",
            "wire": b64encode(received().wire).decode(),
            "origin": "192.0.2.53",
            "time": 1.5,
            "cd": True,
        },
    ]
    assert Recording.from_text('{"format": "dnssec-recording/1", "note": 1}').at is None


def test_a_failing_save_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "r.jsonl"
    Recording.from_messages([made()]).save(path)
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("resolver.sources.recording.os.replace", full)
    with pytest.raises(OSError, match="disk full"):
        Recording.from_messages([]).save(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["r.jsonl"]
    with pytest.raises(FileNotFoundError):
        Recording.from_messages([]).save(tmp_path / "none" / "r.jsonl")


def test_a_recording_of_an_outcome_has_every_message_of_its_proof_once_in_order() -> None:
    keys_message, alias_question = received("keys", at=1.0), Question.of("alias.example", "A")
    keys = Proof(KEYS, QUESTION, message=keys_message)
    alias_message = Message(
        alias_question, answer=(RRset(alias_question.name, CNAME, 60, (QUESTION.name.wire,)),), received_at=0.5
    )
    hop = Proof(ALIAS, alias_question, message=alias_message, rests_on=(keys,))
    answer = Proof(ANSWER, QUESTION, message=received("data", at=3.0), rests_on=(keys, Proof(KEYS, QUESTION)))
    copy = Proof(ANSWER, QUESTION, message=received("keys", at=9.0), rests_on=(answer, keys))
    outcome = Bogus(
        QUESTION,
        finding("MISSING_RRSIG", QUESTION),
        proof=copy,
        aliases=(Alias(alias_question.name, QUESTION.name, "CNAME", "secure", hop),),
        judged_at=1_700_000_000.0,
    )
    recording = Recording.of(outcome)
    assert recording.at == 1_700_000_000.0
    assert [message.received_at for message in recording.messages] == [0.5, 1.0, 3.0]
    assert str(recording.messages[0].question) == "alias.example./A"


HEADER = '{"format": "dnssec-recording/1"}'
GOOD = {"question": str(QUESTION), "wire": b64encode(received().wire).decode(), "origin": "o", "time": 1, "cd": True}


def line(**changes: object) -> str:
    return json.dumps({key: value for key, value in {**GOOD, **changes}.items() if value is not ...})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not JSON"),
        ("[]", "not a JSON object"),
        ("{}", "not a recording"),
        ('{"format": "dnssec-recording/2"}', "dnssec-recording/1"),
        ('{"format": "dnssec-recording/1", "at": 5}', "RFC 3339"),
        ('{"format": "dnssec-recording/1", "at": "yesterday"}', "RFC 3339"),
        ('{"format": "dnssec-recording/1", "at": "2026-01-01T00:00:00"}', "time zone"),
        ('{"format": "dnssec-recording/1", "at": "0001-01-01T00:00:00+23:00"}', "RFC 3339"),
        ("[" * 100_000, "too deeply"),
        ("x" * (MAX_LINE + 1), "limit is 200000"),
    ],
)
def test_a_bad_first_line_is_refused(text: str, words: str) -> None:
    with pytest.raises(BadSnapshot) as caught:
        Recording.from_text(text)
    assert (caught.value.path, caught.value.line) == ("<text>", 1)
    assert words in caught.value.message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nonsense", "not JSON"),
        ("3", "not a JSON object"),
        (line(question=...), "must be strings"),
        (line(wire=7), "must be strings"),
        (line(origin=None), "must be strings"),
        (line(cd=1), "true or false"),
        (line(time="1"), "number of seconds"),
        (line(time=True), "number of seconds"),
        (line(time=float("nan")), "number of seconds"),
        (line(time=10**400), "number of seconds"),
        (line(wire="*"), "not base64"),
        (line(wire="é"), "not base64"),
        (line(wire=""), "no DNS reply"),
        (line(wire="AAAA"), "no DNS reply"),
        (line(question="x"), "name/TYPE"),
        (line(question="x/NOTYPE"), "name/TYPE"),
        (line(question="a..b/A"), "name/TYPE"),
        (line(question="other/TXT"), '"wire" answers 0/25.2.0.192.in-addr.arpa./TXT'),
        (line(question=str(QUESTION.name) + "/A"), '"wire" answers'),
    ],
)
def test_a_malformed_line_is_refused_with_its_number(tmp_path, text: str, words: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_bytes(gzip.compress(f"{HEADER}\n{line()}\n\n{text}\n".encode(), mtime=0))
    with pytest.raises(BadSnapshot) as caught:
        Recording.load(path)
    assert (caught.value.path, caught.value.line) == (str(path), 4)
    assert words in caught.value.message


def test_a_time_may_have_an_offset() -> None:
    recording = Recording.from_text('{"format": "dnssec-recording/1", "at": "2026-01-01T01:00:00+01:00"}')
    assert recording.at == to_seconds(1_767_225_600)


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="1970"):
        Recording.from_messages([], at=-1)


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(list(GOOD)), json_values), st.text(max_size=20))
def test_any_line_is_a_message_or_bad_snapshot(changes: dict[str, object], tail: str) -> None:
    for text in (line(**changes), line()[: len(tail) * 9] + tail):
        try:
            Recording.from_text(f"{HEADER}\n{text}")
        except BadSnapshot as refused:
            assert refused.line is not None


@given(
    st.lists(
        st.tuples(st.sampled_from(["a.example", "b.example"]), st.booleans(), st.text("xyz", max_size=3)), max_size=6
    )
)
def test_saving_and_loading_changes_no_answer(entries: list[tuple[str, bool, str]]) -> None:
    messages = [received(text, question=Question(Name.from_text(name), TXT), cd=cd) for name, cd, text in entries]
    old, new = Recording(messages), Recording.from_text(Recording(messages).to_text())
    for name in ("a.example", "b.example"):
        for cd in (True, False, True, False):
            question = Question(Name.from_text(name), TXT)
            left, right = old.answer(question, cd=cd), new.answer(question, cd=cd)
            assert type(left) is type(right)
            if isinstance(left, Message):
                assert isinstance(right, Message)
                assert (left.answer, left.cd) == (right.answer, right.cd)
    assert isinstance(new.answer(Question(Name.from_text("a.example"), A)), NoReply)


def test_an_authentication_chain_in_place_of_a_recording_is_named(tmp_path: Path) -> None:
    path = tmp_path / "proof"
    path.write_bytes(b"\0\0\x03com\0\xff")
    with pytest.raises(BadSnapshot, match="no recording but binary data; an authentication chain is read by verify"):
        Recording.load(path)
