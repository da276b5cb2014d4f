"""RFC 6840, clarifications for DNSSEC: section by section, each in a small world."""

from __future__ import annotations

import pytest

from resolver.testing import World
from resolver.validator.policy import Policy
from tests.validator.judging import judge, said

MAIL = "_25._tcp.mx.example.com"


def build(**options: object) -> World:
    world = World()
    world.zone("example.com", **options).add("www A 192.0.2.1", "a.b TXT below", "*.wild TXT any")  # type: ignore[arg-type]
    return world


def test_2_1_nsec3_is_understood() -> None:
    assert said(build(denial="nsec3"), "no.example.com", "A") == "absent NXDOMAIN"


@pytest.mark.parametrize("algorithm", [8, 10])
def test_2_2_sha_2_is_understood(algorithm: int) -> None:
    assert said(build(algorithm=algorithm), "www.example.com", "A") == "secure"


def test_4_1_the_parents_genuine_record_of_the_cut_does_not_deny_the_childs_types() -> None:
    world = build()
    world.zone("example.com").damage("denial-from-parent")
    assert said(world, "example.com", "MX").startswith("bogus")


def test_4_2_any_is_not_validated_and_not_asked() -> None:
    outcome = judge(build(), "www.example.com", "ANY")
    assert (outcome.status, outcome.work.queries) == ("indeterminate", 0)


@pytest.mark.parametrize("denial", ["nsec", "nsec3"])
def test_4_3_a_bit_of_cname_refutes_a_denial(denial: str) -> None:
    world = build(denial=denial)
    world.zone("example.com").damage("denial-claims-type")
    assert said(world, "www.example.com", "MX").startswith("bogus")


def test_4_4_an_insecure_delegation_needs_ns_without_soa_and_ds() -> None:
    world = build()
    world.zone("plain.example.com", signed=False).add("www A 192.0.2.3")
    assert said(world, "www.plain.example.com", "A") == "insecure NO_DS plain.example.com."
    world.zone("example.com").damage("denial-omits-types")
    assert said(world, "www.plain.example.com", "A").startswith("bogus")


def test_5_1_the_next_name_keeps_its_case() -> None:
    world = build()
    world.zone("example.com").damage("denial-next-uppercase")
    assert said(world, "no.example.com", "A") == "absent NXDOMAIN"


def test_5_2_unknown_ds_digests_are_passed_over() -> None:
    world = build()
    world.zone("example.com").damage("ds-unusable-beside-good")
    assert said(world, "www.example.com", "A") == "secure"
    world = build()
    world.zone("example.com").damage("ds-unusable-beside-mismatch")
    assert said(world, "www.example.com", "A").startswith("bogus")
    world = build()
    world.zone("example.com").damage("ds-unknown-digest")
    assert said(world, "www.example.com", "A") == "insecure UNSUPPORTED_DIGEST example.com."


def test_5_4_one_good_signature_is_enough() -> None:
    world = build()
    world.zone("example.com").damage("bad-beside-good")
    assert said(world, "www.example.com", "A") == "secure"


@pytest.mark.parametrize("algorithms", [(8, 13), (13, 15)])
def test_5_11_any_one_algorithm_of_the_zone_is_enough(algorithms: tuple[int, ...]) -> None:
    """A validator must accept any one valid path, and must not insist that every algorithm works."""
    world = build(algorithm=algorithms)
    outcome = judge(world, "www.example.com", "A")
    assert outcome.status == "secure"
    assert outcome.proof.evidence[0].rrset.rrsigs


def test_5_11_one_algorithm_alone_is_enough_where_policy_knows_no_other() -> None:
    world = World(algorithm=(8, 13))
    world.zone("example.com").add("www A 192.0.2.1")
    world.zone("example.org", algorithm=13).add("www A 192.0.2.1")
    assert said(world, "www.example.com", "A", policy=Policy(algorithms={8: False})) == "secure"
    without = Policy(algorithms={13: False})
    assert said(world, "www.example.com", "A", policy=without) == "secure"
    assert said(world, "www.example.org", "A", policy=without) == "insecure UNSUPPORTED_ALGORITHM example.org."


def test_5_12_the_rcode_of_a_reply_is_no_evidence() -> None:
    world = build()
    world.zone("example.com").damage("rcode-nxdomain")
    assert said(world, "www.example.com", "A") == "secure"


def test_appendix_b_a_broken_validating_forwarder_is_asked_with_cd() -> None:
    outcome = judge(build(), "www.example.com", "A")
    message = outcome.proof.message
    assert message is not None
    assert message.cd


def test_appendix_c_1_the_closest_anchor_counts() -> None:
    from resolver.validator.anchors import Anchors

    world = World()
    world.zone("example.com", island=True).add("www A 192.0.2.1")
    wrong = Anchors.from_text("example.com. DS 1 13 2 " + "00" * 32)
    root = Anchors.from_text(world.zone(".").anchor_text)
    assert said(world, "www.example.com", "A", anchors=root | wrong).startswith("bogus")
