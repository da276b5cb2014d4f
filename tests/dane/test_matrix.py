"""A sample of the generated chains and graphs beside the system's OpenSSL; the whole is run by hand (see the modules)."""

from __future__ import annotations

import itertools

import pytest

from tests.dane import graphs, matrix
from tests.dane.differences import AGREE, DEPTH, UNEXPLAINED, compare
from tests.dane.oracle import Engine, engine

EVERY = 67  # a prime: no row or column of the matrix is left out


@pytest.fixture(scope="module")
def openssl() -> Engine:
    found = engine()
    if found is None:
        pytest.skip("there is no libssl.so.3 here")
    return found


def test_a_sample_of_the_matrix_has_no_difference_without_a_reason(openssl: Engine) -> None:
    found = [compare(case, openssl) for case in itertools.islice(matrix.cases(), 0, None, EVERY)]
    assert len(found) > 300
    assert [one for one in found if one.reason in (UNEXPLAINED, DEPTH)] == []
    assert {one.ours.matched for one in found if one.reason == AGREE} == {True, False}


def test_random_graphs_have_no_difference_without_a_reason(openssl: Engine) -> None:
    found = [compare(case, openssl) for case in graphs.graphs(150)]
    assert [one for one in found if one.reason in (UNEXPLAINED, DEPTH)] == []
    assert {one.ours.matched for one in found if one.reason == AGREE} == {True, False}


def test_the_matrix_is_large_enough_and_the_same_each_time() -> None:
    first = list(itertools.islice(matrix.identifier_cases(), 30))
    assert first == list(itertools.islice(matrix.identifier_cases(), 30))
    assert graphs.graph(7) == graphs.graph(7)
    per_chain = sum(
        1 for _ in itertools.takewhile(lambda case: case.kind.startswith("identifiers 0000"), matrix.identifier_cases())
    )
    assert per_chain * 64 >= 3800
