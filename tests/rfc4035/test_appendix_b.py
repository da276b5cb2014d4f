"""The examples of RFC 4035 appendix B in its zone (appendix A), signed by our keys.

Each is run again with every single record of every message removed, and with every single one replaced.
"""

from __future__ import annotations

import pytest

from resolver.data.rrset import Message, NoReply, Question
from resolver.testing import World
from resolver.testing.forwarder import changed
from tests.validator.judging import said, verdict
from tests.validator.single_records import Case, check_losses, check_replacements

ZONE = """
@ MX 1 xx
ai A 192.0.2.9
ai HINFO "KLH-10" "ITS"
ai AAAA 2001:db8::f00:baa9
ns1 A 192.0.2.1
ns2 A 192.0.2.2
*.w MX 1 ai
x.w MX 1 xx
x.y.w MX 1 xx
xx A 192.0.2.10
xx HINFO "KLH-10" "TOPS-20"
xx AAAA 2001:db8::f00:baaa
"""

CASES = {
    "B.1 answer": Case("x.w.example MX", "secure", ("x.w.example. MX",)),
    # b.example. NSEC ns1.example. covers the name, the NSEC of the apex covers the wildcard.
    "B.2 name error": Case("ml.example A", "absent NXDOMAIN", ("b.example. NSEC", "example. NSEC")),
    "B.3 no data": Case("ns1.example MX", "absent NODATA", ("ns1.example. NSEC",)),
    "B.4 referral to a signed zone": Case("mc.a.example MX", "secure", ("mc.a.example. MX",)),
    "B.5 referral to an unsigned zone": Case("mc.b.example MX", "insecure NO_DS b.example.", ()),
    "B.6 wildcard expansion": Case("a.z.w.example MX", "secure", ("a.z.w.example. MX", "x.y.w.example. NSEC")),
    "B.7 wildcard no data": Case("a.z.w.example AAAA", "absent NODATA", ("*.w.example. NSEC", "x.y.w.example. NSEC")),
    "an empty non-terminal": Case("y.w.example A", "absent NODATA", ("x.w.example. NSEC",)),
    "DS of a signed zone": Case("a.example DS", "secure", ("a.example. DS",)),
    "DS of an unsigned zone": Case("b.example DS", "absent NODATA", ("b.example. NSEC",)),
}


def build() -> World:
    world = World()
    world.zone("example").add(ZONE)
    world.zone("a.example").add("mc MX 1 mc", "ns1 A 192.0.2.5")
    world.zone("b.example", signed=False).add("mc MX 1 mc", "ns1 A 192.0.2.7")
    return world


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_each_example_and_without_each_single_record(case: Case) -> None:
    check_losses(build(), case)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_each_example_with_each_single_record_replaced(case: Case) -> None:
    assert check_replacements(build(), case, "example.") > 50


def test_b_8_the_childs_own_no_data_for_its_ds_proves_nothing() -> None:
    """The example's server has no DS of `example.`, since that is the parent's; what it says must not count."""
    world = build()
    assert said(world, "example", "DS") == "secure"

    def from_the_child(honest: Message | NoReply) -> Message:
        assert isinstance(honest, Message)
        denial = world.message("example TXT")  # the SOA, and the NSEC of the apex, which lists no DS
        return changed(honest, answer=(), authority=denial.authority)

    world.override(Question.of("example", "DS"), from_the_child)
    assert said(world, "example", "DS").startswith("bogus")
    assert said(world, "x.w.example", "MX").startswith("bogus")


def test_the_names_between_are_answered_as_section_3_says() -> None:
    world = build()
    found = {
        name: verdict(world.offline().lookup(f"{name}example", rdtype))
        for name, rdtype in (
            ("", "MX"),
            ("ai.", "HINFO"),
            ("xx.", "AAAA"),
            ("w.", "MX"),
            ("*.w.", "MX"),
            ("y.w.", "MX"),
        )
    }
    assert found == {
        "": "secure",
        "ai.": "secure",
        "xx.": "secure",
        "w.": "absent NODATA",
        "*.w.": "secure",
        "y.w.": "absent NODATA",
    }
