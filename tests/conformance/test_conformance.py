"""Every in-scope question of the third-party corpora, judged through the public API; known divergences are pinned."""

from __future__ import annotations

import pytest

from tests.conformance.corpora import CORPORA, Case, Script, scripts
from tests.conformance.divergences import DIVERGENCES
from tests.conformance.exam import Result, in_scope, judged_online, results_of, sit

PRESENT = bool(scripts())
MISSING = f"{CORPORA} is not there: third-party data are no part of this repository"
EVERY = 9  # each ninth script also goes through the public Resolver, which costs a thread hop for each question

pytestmark = pytest.mark.skipif(not PRESENT, reason=MISSING)


def _told(result: Result) -> str:
    case = result.case
    asked = "\n  ".join(result.asked)
    return (
        f"{case.id}: {case.qname}/{case.qtype} expected {case.expected}, got {result.status}: {result.reason}\n"
        f"  {asked}\n  python -m tests.conformance '{case.id}'"
    )


@pytest.mark.parametrize(
    ("script", "case"), [pytest.param(script.id, case.id, id=case.id) for script, case in in_scope()]
)
def test_the_verdict_is_the_expected_one_or_a_known_divergence(
    script: str, case: str, conformance: dict[str, bool]
) -> None:
    known = DIVERGENCES.get(case)
    conformance[case] = False  # an exception is no right answer
    result = results_of(script)[case]
    conformance[case] = result.is_right
    if known is None:
        assert result.is_right, _told(result)
    else:
        assert not result.is_right, f"{case} passes now: take it from divergences.py"
        assert result.status == known.verdict, _told(result)


def test_every_known_divergence_is_a_case() -> None:
    assert set(DIVERGENCES) - {case.id for _, case in in_scope()} == set()


def test_the_corpora_are_read_whole() -> None:
    assert len(in_scope()) == len({case.id for _, case in in_scope()})
    assert len(in_scope()) >= 653


@pytest.mark.parametrize(
    ("script", "cases"),
    [
        pytest.param(script, frozenset(case.id for case in script.cases if not case.excluded), id=script.id)
        for script in scripts()[::EVERY]
        if any(not case.excluded for case in script.cases)
    ],
)
def test_the_resolver_with_a_function_as_upstream_says_the_same(script: Script, cases: frozenset[str]) -> None:
    online = sit(script, judged_online)
    assert {case: online[case].status for case in cases} == {case: results_of(script.id)[case].status for case in cases}


@pytest.mark.parametrize("script", [pytest.param(script, id=script.id) for script in scripts() if script.is_dsa])
def test_zones_signed_with_dsa_alone_are_insecure(script: Script) -> None:
    # RFC 8624 §3.1 and RFC 9904 §3.2: DSA must not be used to validate. No answer at all is Indeterminate (R122).
    def is_judged(case: Case) -> bool:
        return case.expected in ("secure", "insecure", "bogus") and case.qtype not in ("ANY", "RRSIG")

    results = sit(script, wanted=is_judged)
    assert {result.status for result in results.values()} <= {"insecure", "indeterminate"}
