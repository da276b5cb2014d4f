"""The trace as text: golden files, and what must hold for any verdict."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver import trace
from resolver.data.name import ROOT, Name
from resolver.data.rrset import Question
from resolver.trace import terminal
from resolver.trace.page import Page, clean, to_ascii
from resolver.validator import proof
from resolver.validator.findings import CATALOGUE, finding
from resolver.validator.outcome import Bogus, Indeterminate
from resolver.validator.proof import Proof
from tests.trace.cases import GOLDEN, cases, rendered

CASES = cases()
STYLES = re.compile(r"\x1b\[[0-9;]+m")
QUESTION = Question.of("www.example.com", "A")


@pytest.mark.parametrize("case", sorted(CASES))
def test_the_golden_files_show_what_is_printed(case: str):
    """After a wanted change: `python -m tests.trace.cases`, and look at the difference."""
    assert rendered(CASES[case]) == (GOLDEN / f"{case}.txt").read_text(encoding="utf-8")


def test_every_golden_file_has_its_case():
    assert {path.stem for path in GOLDEN.glob("*.txt")} == set(CASES)


@pytest.mark.parametrize("case", sorted(CASES))
@pytest.mark.parametrize("verbose", [0, 1])
class TestEveryVerdict:
    """Whatever the verdict is."""

    def test_colours_change_nothing_but_colours(self, case: str, verbose: int):
        plain = trace.text(CASES[case], width=100, verbose=verbose)
        assert STYLES.sub("", trace.text(CASES[case], width=100, verbose=verbose, color=True)) == plain

    def test_ascii_is_ascii(self, case: str, verbose: int):
        assert trace.text(CASES[case], ascii=True, verbose=verbose).isascii()

    def test_lines_keep_to_the_width(self, case: str, verbose: int):
        for width in (60, 80, 132):
            for line in trace.text(CASES[case], width=width, verbose=verbose).splitlines():
                assert len(line) <= width + 2 or " " not in line.strip(), line

    def test_the_first_line_begins_with_shape_and_verdict(self, case: str, verbose: int):
        outcome = CASES[case]
        first = trace.text(outcome, width=0, verbose=verbose).splitlines()[0]
        assert first.startswith(terminal.TITLES[outcome.status][0] + " " + str(outcome.question.name))
        if outcome.cause is not None:
            assert outcome.cause.text in first
            assert outcome.cause.rfc in first

    def test_unwrapped_each_zone_has_one_line(self, case: str, verbose: int):
        lines = trace.text(CASES[case], width=0, verbose=verbose).splitlines()
        for name in ("└─ com.", "└─ org."):
            assert sum(line.startswith(f"  {name}") for line in lines) <= 1
        assert sum(line.startswith("  . ") for line in lines) == 1


def test_minus_q_is_the_first_line():
    for outcome in CASES.values():
        assert terminal.headline(outcome, color=False, ascii_only=False) == trace.text(outcome, width=0).splitlines()[0]


def test_a_good_verdict_asks_nobody_to_mend_anything():
    assert "fix:" not in trace.text(CASES["secure"])
    assert "fix:" not in trace.text(CASES["insecure"])
    assert "fix: the operator of expired.com. must sign it again" in trace.text(CASES["bogus"])


def test_consequences_are_folded_until_they_are_wanted():
    assert "+8 consequences" in trace.text(CASES["bogus"])
    unfolded = trace.text(CASES["bogus"], verbose=1, width=0)
    assert "MISSING_RRSIG" in unfolded
    assert "and 7 more" in unfolded


def test_unverified_tlsa_records_say_so():
    assert "unverified and not released by the TLSA API" in trace.text(CASES["insecure"], width=0)


def bogus(code: str, **details: object) -> Bogus:
    return Bogus(QUESTION, finding(code, QUESTION, "example.com.", **details), judged_at=1_800_000_000)


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_every_finding_of_the_catalogue_can_be_the_cause(code: str):
    for outcome in (bogus(code), Indeterminate(QUESTION, "NO_REPLY", finding(code, QUESTION))):
        text = trace.text(outcome)
        assert "{" not in text
        assert "fix: " in text


def test_without_any_good_signature_the_clock_is_suspected():
    text = trace.text(bogus("EXPIRATION_IN_PAST", age=400 * 86400, when=1_765_000_000), width=0)
    assert "fix: check your clock: this was judged at 2027-01-15T08:00:00Z" in text


@given(st.text(max_size=60))
def test_no_text_from_outside_can_move_the_cursor(hostile: str):
    for options in ({}, {"ascii": True}, {"verbose": 2, "width": 0}):
        text = trace.text(bogus("NO_REPLY", text=hostile + "\x1b[2J\r\x9b\u202e\u2028"), **options)  # type: ignore[arg-type]
        assert all(line.isprintable() for line in text.split("\n"))


@given(st.text(max_size=40))
def test_harmless_text_is_left_alone(text: str):
    assert clean(text).isprintable()
    if text.isprintable():
        assert clean(text) == text
    assert to_ascii(clean(text)).isascii()


STEPS = st.sampled_from(
    (proof.ANCHOR, proof.KEYS, proof.DS, proof.ANSWER, proof.ALIAS, proof.DENIAL, proof.CUT, proof.NOT_A_CUT)
) | st.sampled_from((proof.NEGATIVE_ANCHOR, proof.FAILURE, "unheard-of"))
NAMES = st.sampled_from([ROOT, *(Name.from_text(text) for text in ("com", "example.com", "www.example.com", "*.org"))])


@given(st.data())
def test_any_shape_of_proof_is_shown(data: st.DataObject):
    known = [held for outcome in CASES.values() for step in outcome.proof.walk() for held in step.evidence]
    steps: list[Proof] = []
    for _ in range(data.draw(st.integers(1, 5))):
        question = Question(data.draw(NAMES), data.draw(st.sampled_from([1, 5, 43, 48, 52, 255])))
        steps.append(
            Proof(
                data.draw(STEPS),
                question,
                zone=data.draw(st.none() | NAMES),
                evidence=tuple(data.draw(st.lists(st.sampled_from(known), max_size=3))),
                reason=data.draw(st.sampled_from(["", "NO_DS", "NODATA", "strange"])),
                finding=data.draw(st.none() | st.just(finding("MISSING_RRSIG", question))),
                message=data.draw(
                    st.none() | st.just(next(s.message for s in CASES["bogus"].proof.walk() if s.message))
                ),
                rests_on=tuple(data.draw(st.lists(st.sampled_from(steps), max_size=2))) if steps else (),
            )
        )
    cause: Any = finding("SIGNATURE_INVALID", QUESTION, tag=1, algorithm=13)
    for outcome in (
        Bogus(QUESTION, cause, proof=steps[-1]),
        Indeterminate(QUESTION, "DEADLINE", cause, proof=steps[-1]),
    ):
        assert trace.text(outcome, verbose=1)
        assert trace.json(outcome)["verdict"] == outcome.status


def test_a_page_wraps_at_spaces_only():
    page = Page(color=False, ascii_only=False, width=40)
    page.line("a" * 50, "b c", indent=2)
    assert page.lines == ["  " + "a" * 50, "      b c"]
