"""The walk from the root over a network in memory: how many round trips, which servers, and what the judge says."""

from __future__ import annotations

import pytest

from tests.sources.iterative.network import RTT
from tests.sources.iterative.trees import look_up, serving, tree


@pytest.mark.parametrize("denial", ["nsec", "nsec3", "opt-out"])
def test_two_cuts_take_three_round_trips_and_six_queries(denial: str) -> None:
    world = tree(denial=denial)
    network = serving(world)
    (outcome,), seconds = look_up(world, network, "_443._tcp.www.example.test TLSA")
    assert outcome.status == "secure"
    assert seconds == pytest.approx(3 * RTT)
    assert network.count() == 6
