"""Random signed worlds before us and before libunbound: every disagreement has its RFC section."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.differential.classes import KINDS
from tests.differential.loopback import missing
from tests.differential.runner import Run
from tests.differential.worlds import make

WORLDS = 300
LEAST = 60  # on a slow or busy machine
SECONDS = 40.0


@pytest.fixture(scope="module")
def libunbound_is_there() -> None:
    """Skip where python3-unbound is missing; fail where the servers are required, as in CI."""
    if why := missing():
        if os.environ.get("DNSSEC_RESOLVER_REQUIRE_SERVERS") == "1":
            pytest.fail(why, pytrace=False)
        pytest.skip(why)


@pytest.mark.usefixtures("libunbound_is_there")
def test_libunbound_agrees_or_an_rfc_section_says_why_not(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    run = Run(seed=20260601)
    run.go(WORLDS, state=state, seconds=SECONDS, tell=lambda line: None)
    assert run.unexplained == []
    assert run.hangs == []
    assert run.next >= LEAST
    assert {"secure", "absent", "insecure", "bogus"} <= set(run.agreed)
    assert vars(Run.load(state)) == vars(run)


@pytest.mark.usefixtures("libunbound_is_there")
def test_a_resumed_run_finds_what_an_uninterrupted_one_finds(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    whole, first = Run(seed=7), Run(seed=7)
    whole.go(12, tell=lambda line: None)
    first.go(5, state=state, tell=lambda line: None)
    resumed = Run.load(state)
    resumed.go(12, state=state, tell=lambda line: None)
    assert vars(resumed) == vars(whole)


def test_the_same_seed_and_index_make_the_same_world() -> None:
    one, other = make(3, 14), make(3, 14)
    assert one.describe() == other.describe()
    assert one.questions == other.questions
    for question in one.questions:
        replies = one.world.message(question), other.world.message(question)
        assert len({(reply.rcode, *[(rrset.owner, rrset.rdata) for rrset in reply.answer]) for reply in replies}) == 1


def test_every_known_kind_of_disagreement_names_its_rfc() -> None:
    assert all("RFC " in kind.why and " §" in kind.why for kind in KINDS)
    assert len({kind.name for kind in KINDS}) == len(KINDS)
