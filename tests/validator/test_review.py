"""What a second reading of the judge found: each test failed once (R63, R103, R119, R126, R129)."""

from __future__ import annotations

import pytest

from resolver import Resolver
from resolver.data.rrset import Message
from resolver.testing import World
from resolver.testing.forwarder import changed
from resolver.validator.anchors import Anchors
from resolver.validator.outcome import Insecure
from tests.validator.judging import judge, name_of, verdict


def plain() -> World:
    """A secure zone with an alias into an unsigned one, whose records live for 5 seconds."""
    world = World()
    world.zone("example.com").add("*.wild 7 CNAME www.plain.net.", "none 7 CNAME nx.plain.net.")
    world.zone("plain.net", signed=False, minimum=9).add("www 5 A 192.0.2.1", "on 3 CNAME www", "txt TXT hello")
    return world


@pytest.mark.parametrize(
    ("name", "seconds"),
    [
        ("www.plain.net", 5),
        ("on.plain.net", 3),
        ("x.wild.example.com", 5),
        ("nx.plain.net", 9),
        ("txt.plain.net", 9),
        ("none.example.com", 7),
    ],
)
def test_r103_an_insecure_outcome_is_kept_no_longer_than_what_it_reports(name: str, seconds: int) -> None:
    world = plain()
    outcome = judge(world, name, "A")
    assert isinstance(outcome, Insecure)
    assert outcome.fresh_until - world.now == seconds


def test_r103_a_claimed_absence_without_soa_is_not_kept() -> None:
    world = plain().override("txt.plain.net A", lambda honest: changed(honest, authority=()))
    outcome = judge(world, "txt.plain.net", "A")
    assert isinstance(outcome, Insecure) and outcome.claimed == "NODATA" and outcome.fresh_until == world.now


def test_r126_a_message_that_leaves_out_the_insecure_tail_claims_nothing_about_it() -> None:
    def cut_short(honest: Message) -> Message:
        return changed(honest, answer=honest.answer[:1])  # the wildcard's NSEC stays in the authority section

    outcome = judge(plain().override("x.wild.example.com A", cut_short), "x.wild.example.com", "A")
    assert isinstance(outcome, Insecure) and outcome.claimed is None and outcome.untrusted is not None


@pytest.mark.parametrize("rdtype", ["CDS", "CDNSKEY"])
@pytest.mark.parametrize(
    ("owner", "wanted"), [("_dsboot.child.org._signal.ns1", "secure"), ("ns1", "bogus SIGNER_NOT_ZONE")]
)
def test_r119_a_childs_signal_below_its_servers_name_is_no_apex(rdtype: str, owner: str, wanted: str) -> None:
    world = World()
    rdata = bytes.fromhex("12340d02" + 32 * "aa") if rdtype == "CDS" else bytes.fromhex("0101030d" + 64 * "aa")
    world.zone("example.net").add_rdata(owner, rdtype, rdata)
    assert verdict(judge(world, f"{owner}.example.net", rdtype)) == wanted  # RFC 9615 §4.1


@pytest.mark.parametrize(
    ("after", "wanted"),
    [(0, "insecure UNSUPPORTED_ALGORITHM corp."), (60, "bogus ANCHOR_STALE"), (200, "secure"), (100_000, "secure")],
)
def test_r129_a_point_is_insecure_only_as_long_as_the_same_anchors_are_in_date(after: int, wanted: str) -> None:
    world = World()
    world.zone("corp", island=True).add("www A 192.0.2.1")
    root, good = world.anchors.at(name_of(".")), world.anchors.at(name_of("corp"))[0]
    assert good.ds is not None
    odd = good._replace(algorithm=200, ds=good.ds._replace(algorithm=200), valid_until=world.now + 50)
    anchors = Anchors([*root, odd, good._replace(valid_from=world.now + 100)])
    now = float(world.now)
    resolver = Resolver(world.answer, anchors=anchors, clock=lambda: now)
    first = resolver.lookup("www.corp", "A")
    assert isinstance(first, Insecure) and first.valid_until == world.now + 50
    now += after
    assert verdict(resolver.lookup("www.corp", "A")) == wanted
