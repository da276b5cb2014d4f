"""Every world of one node: the honest answer is judged right, and no set of genuine records proves an untruth.

Whole lookups under attack cost a second a world, so that CI tries a fixed sample of the worlds; all of them are
`python -m tests.exhaustive`, and the worlds of two nodes `python -m tests.exhaustive --nodes 2 --every 200`.
"""

from __future__ import annotations

import pytest

from tests.exhaustive.attacks import Result, run_world
from tests.exhaustive.worlds import CHILDREN, KINDS, MODES, PLACES, build, choices

ATTACKED_EVERY = 97  # a prime, so that the sample meets every mode, kind and place in turn


@pytest.mark.parametrize("mode", MODES)
def test_no_verdict_is_untrue_in_any_world_of_one_node(mode: str) -> None:
    total = Result(0, 0, 0, [])
    for number, (each, places) in enumerate(choices(1)):
        if each == mode:
            result = run_world(build(mode, places), lookups=number % ATTACKED_EVERY == 0)
            total = Result(
                total.complete + result.complete,
                total.rules + result.rules,
                total.lookups + result.lookups,
                total.wrong + result.wrong,
            )
    assert not total.wrong, "\n".join(total.wrong[:20])
    assert total.complete > 5_000
    assert total.rules > 5_000
    assert total.lookups > 300


def test_the_worlds_of_one_node_are_all_there() -> None:
    assert len(list(choices(1))) == len(PLACES) * len(KINDS) * len(MODES)
    assert {kind for _, ((_, kind),) in choices(1)} >= {f"secure-{child}" for child in CHILDREN}
