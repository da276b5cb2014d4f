"""RFC 9276, guidance for NSEC3 parameters: what a validator does with many iterations."""

from __future__ import annotations

import pytest

from resolver.testing import World
from resolver.validator.limits import Limits
from resolver.validator.policy import Policy
from tests.validator.judging import judge, said


def build(iterations: int, denial: str = "nsec3", salt: bytes = b"") -> World:
    world = World()
    world.zone("example.com", denial=denial, iterations=iterations, salt=salt).add("www A 192.0.2.1", "*.w TXT any")
    return world


@pytest.mark.parametrize(
    ("iterations", "says"), [(0, "absent NXDOMAIN"), (1, "absent NXDOMAIN"), (50, "absent NXDOMAIN")]
)
def test_3_1_few_iterations_are_accepted(iterations: int, says: str) -> None:
    assert said(build(iterations), "no.example.com", "A") == says


def test_3_1_a_salt_is_accepted_though_it_serves_nothing() -> None:
    assert said(build(0, salt=b"\xaa\xbb"), "no.example.com", "A") == "absent NXDOMAIN"


@pytest.mark.parametrize("iterations", [51, 150, 500])
def test_3_2_above_the_limit_a_proof_that_holds_makes_the_name_insecure(iterations: int) -> None:
    assert said(build(iterations), "no.example.com", "A") == "insecure ITERATIONS no.example.com."
    assert said(build(iterations), "www.example.com", "MX") == "insecure ITERATIONS www.example.com."


def test_3_2_above_the_limit_the_proof_must_hold_all_the_same() -> None:
    world = build(150)
    world.zone("example.com").damage("denial-missing-next-closer")
    assert said(world, "no.example.com", "A").startswith("bogus")


@pytest.mark.parametrize("iterations", [501, 65535])
def test_3_2_far_above_it_a_proof_is_refused(iterations: int) -> None:
    assert said(build(iterations), "no.example.com", "A") == "bogus NSEC3_ITERATIONS"


@pytest.mark.parametrize("iterations", [51, 65535])
def test_3_2_positive_answers_of_such_a_zone_are_secure(iterations: int) -> None:
    assert said(build(iterations), "www.example.com", "A") == "secure"


def test_3_2_a_wildcard_whose_proof_has_too_many_iterations_is_insecure() -> None:
    assert said(build(100), "x.w.example.com", "TXT").startswith("insecure ITERATIONS")
    assert said(build(501), "x.w.example.com", "TXT").startswith("bogus")


def test_3_2_the_limits_are_policy() -> None:
    permissive = Policy(limits=Limits(nsec3_iterations=150))
    assert said(build(150), "no.example.com", "A", policy=permissive) == "absent NXDOMAIN"
    assert said(build(150), "no.example.com", "A", policy=Policy.permissive()) == "absent NXDOMAIN"


def test_3_2_a_verdict_of_insecure_is_cached_no_longer_than_its_proof() -> None:
    outcome = judge(build(100), "no.example.com", "A")
    assert outcome.status == "insecure"
    assert outcome.fresh_until <= outcome.judged_at + 300  # type: ignore[union-attr]


def test_ds_of_an_unsigned_child_under_many_iterations_is_insecure_too() -> None:
    world = build(100)
    world.zone("plain.example.com", signed=False).add("www A 192.0.2.3")
    assert said(world, "www.plain.example.com", "A").startswith("insecure")
