"""RFC 9824, compact denial of existence: section by section."""

from __future__ import annotations

from resolver.testing import World
from resolver.testing.forwarder import changed
from tests.validator.judging import judge, said


def build() -> World:
    world = World()
    world.zone("example.com", denial="compact").add("www A 192.0.2.1", "a.ent TXT below", "*.w TXT any", "al CNAME www")
    world.zone("plain.example.com", signed=False).add("www A 192.0.2.3")
    world.zone("sub.example.com").add("www A 192.0.2.4")
    return world


def test_3_1_a_name_that_does_not_exist_is_known_by_nxname() -> None:
    outcome = judge(build(), "no.example.com", "A")
    assert (outcome.status, outcome.kind, outcome.compact) == ("absent", "NXDOMAIN", True)  # type: ignore[union-attr]


def test_3_1_the_rcode_may_be_noerror() -> None:
    world = build()
    honest = world.message("no.example.com A")
    for rcode in (0, 3):
        world.override("no.example.com A", changed(honest, rcode=rcode))
        assert said(world, "no.example.com", "A") == "absent NXDOMAIN compact"


def test_3_2_no_data_is_an_ordinary_record_at_the_name() -> None:
    assert said(build(), "www.example.com", "MX") == "absent NODATA"


def test_3_3_an_empty_non_terminal_has_no_nxname() -> None:
    assert said(build(), "ent.example.com", "A") == "absent NODATA"


def test_3_4_a_wildcard_is_answered_as_if_the_name_were_there() -> None:
    assert said(build(), "x.w.example.com", "TXT") == "secure"


def test_3_5_nxname_itself_is_not_asked() -> None:
    outcome = judge(build(), "www.example.com", "NXNAME")
    assert (outcome.status, outcome.work.queries) == ("indeterminate", 0)


def test_an_alias_leads_on() -> None:
    assert said(build(), "al.example.com", "A") == "secure"
    assert said(build(), "al.example.com", "MX") == "absent NODATA"


def test_delegations_are_denied_and_found_as_ever() -> None:
    assert said(build(), "www.plain.example.com", "A") == "insecure NO_DS plain.example.com."
    assert said(build(), "www.sub.example.com", "A") == "secure"


def test_a_compact_record_of_another_name_denies_nothing() -> None:
    """Each covers a single name: genuine, but of a neighbour."""
    world = build()
    other = world.message("nope.example.com A")
    honest = world.message("no.example.com A")
    world.override("no.example.com A", changed(honest, authority=other.authority))
    assert said(world, "no.example.com", "A").startswith("bogus")


def test_a_compact_record_does_not_deny_an_existing_name() -> None:
    world = build()
    other = world.message("nope.example.com A")
    world.override("www.example.com A", changed(other, rcode=3))
    assert said(world, "www.example.com", "A").startswith("bogus")
