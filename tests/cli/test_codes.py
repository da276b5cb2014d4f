"""Exit codes of verdicts."""

from __future__ import annotations

from typing import Any

import pytest

from resolver.cli.codes import exit_code, worst_first
from resolver.data.rrset import Question
from resolver.validator.findings import finding
from resolver.validator.outcome import Bogus, Indeterminate
from tests.trace.cases import cases

QUESTION = Question.of("www.example.com", "A")
CASES = cases()


def bogus(code: str) -> Bogus:
    return Bogus(QUESTION, finding(code, QUESTION))


def indeterminate(why: Any) -> Indeterminate:
    return Indeterminate(QUESTION, why, finding("NO_REPLY", QUESTION))


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (CASES["secure"], 0),
        (CASES["absent-nsec"], 0),
        (CASES["absent-nodata"], 0),
        (CASES["insecure"], 10),
        (indeterminate("NO_REPLY"), 20),
        (indeterminate("NO_ANCHOR"), 20),
        (indeterminate("DEADLINE"), 20),
        (indeterminate("UNSIGNABLE_TYPE"), 20),
        (indeterminate("UPSTREAM_UNFIT"), 21),
        (bogus("ANCHOR_STALE"), 22),
        (bogus("ANCHOR_REVOKED"), 22),
        (bogus("SIGNATURE_INVALID"), 30),
        (bogus("EXPIRATION_IN_PAST"), 31),
        (bogus("INCEPTION_IN_FUTURE"), 31),
        (bogus("WORK_LIMIT"), 32),
    ],
)
def test_each_verdict_has_its_code(outcome: Any, code: int):
    assert exit_code(outcome) == code


def test_the_worse_verdict_comes_first():
    secure, absent, unsigned, broken = CASES["secure"], CASES["absent-nodata"], CASES["insecure"], CASES["bogus"]
    assert worst_first([secure, broken]) == [broken, secure]
    assert worst_first([absent, secure]) == [secure, absent]
    assert worst_first([absent, unsigned]) == [unsigned, absent]
    assert worst_first([broken, unsigned]) == [broken, unsigned]
    first, second = CASES["secure"], CASES["wildcard"]
    assert worst_first([first, second]) == [first, second]
