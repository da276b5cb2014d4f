"""RFC 6672, DNAME: the sections that a validator owes, each in a small world."""

from __future__ import annotations

import pytest

from resolver.data.name import Name
from resolver.testing import World
from tests.validator.judging import judge, said, verdict


def build(**options: object) -> World:
    world = World()
    world.zone("example.com", **options).add("old DNAME new", "www.new A 192.0.2.1", "a.b.new TXT deep")  # type: ignore[arg-type]
    return world


@pytest.mark.parametrize("denial", ["nsec", "nsec3", "compact"])
def test_2_2_a_name_below_is_redirected(denial: str) -> None:
    outcome = judge(build(denial=denial), "www.old.example.com", "A")
    assert verdict(outcome) == "secure"
    assert [(str(alias.owner), str(alias.target), alias.kind) for alias in outcome.aliases] == [
        ("www.old.example.com.", "www.new.example.com.", "DNAME")
    ]
    assert outcome.canonical == Name.from_text("www.new.example.com.")


def test_2_2_more_than_one_label_is_kept() -> None:
    assert said(build(), "a.b.old.example.com", "TXT") == "secure"


def test_2_2_an_overlong_result_is_never_an_absence() -> None:
    world = World()
    long = ".".join(["l" * 60] * 3)
    world.zone("example.com").add(f"old DNAME {long}")
    name = ".".join(["m" * 60, "n" * 20, "old.example.com"])
    assert said(world, name, "A") == "indeterminate DNAME_TOO_LONG"


def test_2_3_the_owner_itself_is_not_redirected() -> None:
    world = build()
    assert said(world, "old.example.com", "A") == "absent NODATA"
    assert said(world, "old.example.com", "DNAME") == "secure"


def test_2_4_what_lies_below_a_dname_is_hidden() -> None:
    """A genuine record below the owner of a DNAME must not be taken in its place (R135)."""
    world = World()
    world.zone("example.com").add("old DNAME new", "x.new A 192.0.2.7")
    assert str(judge(world, "x.old.example.com", "A").canonical) == "x.new.example.com."


def test_3_1_the_synthesised_cname_is_recomputed() -> None:
    world = build()
    world.zone("example.com").damage("dname-synthesis-altered")
    assert said(world, "www.old.example.com", "A").startswith("bogus")


def test_3_1_a_missing_synthesis_does_not_matter() -> None:
    world = build()
    world.zone("example.com").damage("dname-synthesis-missing")
    assert said(world, "www.old.example.com", "A") == "secure"


def test_3_2_a_dname_may_lead_to_another_zone() -> None:
    world = build()
    world.zone("example.net").add("www A 192.0.2.2")
    world.zone("example.org").add("old DNAME example.net.")
    outcome = judge(world, "www.old.example.org", "A")
    assert verdict(outcome) == "secure"
    assert {str(step.zone) for step in outcome.proof.walk() if step.zone} >= {"example.org.", "example.net."}


def test_3_2_behind_a_dname_into_an_unsigned_zone_nothing_is_secure() -> None:
    world = build()
    world.zone("example.net", signed=False).add("www A 192.0.2.2")
    world.zone("example.org").add("old DNAME example.net.")
    outcome = judge(world, "www.old.example.org", "A")
    assert verdict(outcome) == "insecure NO_DS example.net."
    assert outcome.aliases[0].security == "secure"


def test_5_2_a_dname_needs_its_own_signature() -> None:
    world = build()
    world.zone("example.com").damage("signature-bad", "old DNAME")
    assert said(world, "www.old.example.com", "A").startswith("bogus")


def test_5_3_2_a_dname_at_an_apex_redirects_the_zone_and_leaves_the_apex() -> None:
    world = World()
    world.zone("example.com").add("@ DNAME example.net.", "@ TXT here")
    world.zone("example.net").add("www A 192.0.2.2")
    assert said(world, "www.example.com", "A") == "secure"
    assert said(world, "example.com", "TXT") == "secure"


@pytest.mark.parametrize("denial", ["nsec", "nsec3"])
def test_5_3_4_1_a_record_at_a_dname_denies_nothing_below_it(denial: str) -> None:
    """The NSEC or NSEC3 of a DNAME's owner covers names below it, yet what is below is redirected, not absent."""
    world = build(denial=denial)
    honest = world.message("www.old.example.com A")
    stripped = tuple(rrset for rrset in honest.answer if rrset.rdtype not in (39, 5))
    denial_of_owner = world.message("old.example.com A")
    from resolver.testing.forwarder import changed

    world.override(
        "www.old.example.com A", changed(honest, answer=stripped, authority=denial_of_owner.authority, rcode=3)
    )
    assert said(world, "www.old.example.com", "A").startswith("bogus")


def test_a_loop_of_dnames_ends() -> None:
    world = World()
    world.zone("example.com").add("a DNAME b", "b DNAME a")
    assert said(world, "x.a.example.com", "A") == "indeterminate ALIAS_LIMIT"


def test_a_dname_below_itself_ends() -> None:
    world = World()
    world.zone("example.com").add("a DNAME a.a")
    assert said(world, "x.a.example.com", "A").startswith("indeterminate")
