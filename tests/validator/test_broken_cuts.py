"""R8: a cut whose DS is verified is not passed from above, though its zone is broken (RFC 6840 §4.1, RFC 4035 §5.2).

The denials that are replayed are genuine: they are from the time before the zone was delegated.
"""

from __future__ import annotations

import pytest

from resolver.data.rrset import NoReply, Question, RRset
from resolver.data.types import DNAME
from resolver.testing import World
from resolver.testing.forwarder import changed
from resolver.validator.limits import Limits
from resolver.validator.outcome import Outcome
from resolver.validator.policy import Policy
from tests.validator.judging import codes, judge, verdict

BELOW = Question.of("www.d.example.com", "A")
KEYS = Question.of("example.com", "DNSKEY")


def broken(how: str, denial: str) -> World:
    world = World()
    world.zone("com", denial=denial)  # type: ignore[arg-type]
    zone = world.zone("example.com").add("d DNAME other.net.")
    if how == "silent":
        world.override(KEYS, NoReply(KEYS, "timeout", "gone"))
    elif how == "no key of the DS":
        zone.damage("key-other")
    elif how == "too much work":
        zone.damage("signature-bad", "@ DNSKEY")
    return world


def replayed(world: World, policy: Policy, denial: str, *, alias: bool) -> Outcome[RRset]:
    """One reply: with the DNAME of the zone, by which its state is found out, and with what com. denied once."""
    before = World()
    before.zone("com", denial=denial)  # type: ignore[arg-type]
    honest = world.message(BELOW)
    answer = tuple(rrset for rrset in honest.answer if rrset.rdtype == DNAME) if alias else ()
    assert len(answer) == alias
    world.override(BELOW, changed(honest, answer=answer, authority=before.message(BELOW).authority))
    return judge(world, "www.d.example.com", "A", policy=policy)


@pytest.mark.parametrize("denial", ["nsec", "nsec3", "opt-out"])
@pytest.mark.parametrize("how", ["silent", "no key of the DS", "too much work"])
def test_r8_the_parent_has_no_say_below_a_zone_that_is_broken(how: str, denial: str) -> None:
    policy = Policy(limits=Limits(failed_verifications=0)) if how == "too much work" else Policy()
    outcome = replayed(broken(how, denial), policy, denial, alias=True)
    wanted = {
        "silent": "indeterminate NO_REPLY",
        "no key of the DS": "bogus NO_SEP",
        "too much work": "bogus WORK_LIMIT",
    }
    assert verdict(outcome) == wanted[how]
    assert ("PROOF_ABOVE_SECURE_CUT" in codes(outcome)) == (how != "too much work")


@pytest.mark.parametrize(
    ("denial", "wanted"),
    [("nsec", "absent NXDOMAIN"), ("nsec3", "absent NXDOMAIN"), ("opt-out", "insecure OPT_OUT example.com.")],
)
def test_the_same_denials_hold_where_no_cut_is_known(denial: str, wanted: str) -> None:
    """Nothing in them is false: it is the cut at hand that refuses them, so the test above tests it."""
    assert verdict(replayed(broken("silent", denial), Policy(), denial, alias=False)) == wanted
