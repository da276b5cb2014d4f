"""RFC 4592, wildcards: the example zone of §2.2.1, and what §4 says of single types."""

from __future__ import annotations

import pytest

from resolver.testing import World
from tests.validator.judging import judge, said


def build(denial: str) -> World:
    world = World()
    world.zone("example", denial=denial).add(
        "*.example. TXT a-wildcard",
        "*.example. MX 10 host1.example.",
        "sub.*.example. TXT not-a-wildcard",
        "host1.example. A 192.0.2.1",
        "_ssh._tcp.host1.example. SRV 0 0 22 host1.example.",
        "_ssh._tcp.host2.example. SRV 0 0 22 host1.example.",
    )
    world.zone("subdel.example", signed=False).add("host A 192.0.2.9")
    return world


ANSWERS = {
    # The responses that come from a wildcard.
    "host3.example MX": "secure",
    "host3.example A": "absent NODATA",
    "foo.bar.example TXT": "secure",
    # Those that do not: the name exists, or something closer does.
    "host1.example MX": "absent NODATA",
    "sub.*.example MX": "absent NODATA",
    "_telnet._tcp.host1.example SRV": "absent NXDOMAIN",
    "host.subdel.example A": "insecure NO_DS subdel.example.",
    "ghost.*.example MX": "absent NXDOMAIN",
    # The wildcard asked for by its own name (§2.1.1).
    "*.example TXT": "secure",
    "*.example A": "absent NODATA",
    # Empty non-terminals (§2.2.2).
    "_tcp.host1.example SRV": "absent NODATA",
    "host2.example MX": "absent NODATA",
}


@pytest.mark.parametrize("denial", ["nsec", "nsec3", "compact"])
@pytest.mark.parametrize("question", ANSWERS)
def test_2_2_1_the_example_zone(question: str, denial: str) -> None:
    name, rdtype = question.split()
    assert said(build(denial), name, rdtype).removesuffix(" compact") == ANSWERS[question]


def test_the_wildcard_that_answered_is_reported() -> None:
    outcome = judge(build("nsec"), "foo.bar.example", "TXT")
    assert str(outcome.wildcard) == "*.example."  # type: ignore[union-attr]
    assert judge(build("nsec"), "*.example", "TXT").wildcard is None  # type: ignore[union-attr]


@pytest.mark.parametrize("denial", ["nsec", "nsec3"])
def test_4_5_ds_is_not_synthesised_for_an_insecure_cut(denial: str) -> None:
    """A wildcard says nothing about a delegation: the DS of a name that it matches is absent, and no cut is there."""
    assert said(build(denial), "host3.example", "DS") == "absent NODATA"
