"""The scenario files of the iterative kind: a walk over scripted servers; known divergences are pinned."""

from __future__ import annotations

import pytest

from tests.conformance.corpora import CORPORA
from tests.conformance.iterative import Case, cases, results_of
from tests.conformance.iterative_divergences import ITERATIVE_DIVERGENCES

pytestmark = pytest.mark.skipif(
    not cases(), reason=f"{CORPORA} is not there: third-party data are no part of this repository"
)

IN_SCOPE = [case for case in cases() if not case.excluded]


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in IN_SCOPE])
def test_the_walk_ends_as_expected_or_in_a_known_divergence(case: Case, iterative_conformance: dict[str, bool]) -> None:
    known = ITERATIVE_DIVERGENCES.get(case.id)
    iterative_conformance[case.id] = False
    result = results_of(case.path)[case.id]
    iterative_conformance[case.id] = result.is_right
    told = f"{case.id}: {case.qname}/{case.qtype} expected {case.verdict} {case.rcode}, got {result.status}: {result.reason}"
    if known is None:
        assert result.is_right, told
    else:
        assert not result.is_right, f"{case.id} passes now: take it from the divergences"
        assert result.status == known.verdict, told


def test_no_walk_takes_more_than_a_handful_of_queries() -> None:
    most = {case.id: results_of(case.path)[case.id].queries for case in IN_SCOPE}
    assert max(most.values()) <= 64, max(most, key=lambda case: most[case])
