"""Roll-over plans: every moment of a plan is tried against the matcher, for every cache that may still hold an old set."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from resolver.dane import match, material
from resolver.dane.rollover import Plan, plan, renewal
from resolver.dane.tlsa import Tlsa
from resolver.data.name import Name
from resolver.errors import BadInput
from tests.dane.pki import AT, issue, record, usual
from tests.dane.test_making import pem, request

LEAF, MIDDLE, ROOT = usual()
NEXT = issue("next", MIDDLE, dns=["mx.example.com"])
ELSEWHERE = issue("Other Authority", ca=True)
MOVED = issue("moved", ELSEWHERE, dns=["mx.example.com"])
OWNER = Name.from_text("_25._tcp.mx.example.com.")
TTL = 3600


def make_plan(published: list[Tlsa], now: bytes, later: bytes, **options: Any) -> Plan:
    change = renewal(published, material.read(later), material.read(now), usages={2, 3})
    return plan(OWNER, published, change.new, change.obsolete, ttl=TTL, at=AT, **options)


def after(records: list[Tlsa], nsupdate: str) -> list[Tlsa]:
    """What a zone holds after a script for nsupdate."""
    held = [str(record) for record in records]
    for line in nsupdate.splitlines():
        words = line.split()
        if words[:2] == ["update", "add"]:
            held.append(" ".join(words[6:]))
        elif words[:2] == ["update", "delete"]:
            held.remove(" ".join(words[5:]))
        else:
            assert words == ["send"]
    return [Tlsa(*map(int, text.split()[:3]), bytes.fromhex(text.split()[3])) for text in held]  # type: ignore[call-arg]


def history(published: list[Tlsa], made: Plan) -> list[tuple[float, list[Tlsa]]]:
    """The sets that the zone holds, and since when."""
    sets = [(float("-inf"), published)]
    for step in made.steps:
        if step.nsupdate:
            sets.append((step.earliest, after(sets[-1][1], step.nsupdate)))
    return sets


SETS = {
    "3 1 1": [record(3, 1, 1, LEAF)],
    "3 1 1 and 2 0 1": [record(3, 1, 1, LEAF), record(2, 0, 1, MIDDLE)],
    "3 1 1 and 3 1 2": [record(3, 1, 1, LEAF), record(3, 1, 2, LEAF)],
    "3 0 1 and 3 1 1": [record(3, 0, 1, LEAF), record(3, 1, 1, LEAF)],
    "2 0 1": [record(2, 0, 1, MIDDLE)],
    "an unusable one beside": [record(3, 1, 1, LEAF), Tlsa(3, 1, 1, b"short")],
    "the next one already": [record(3, 1, 1, LEAF), record(3, 1, 1, NEXT)],
}


@pytest.mark.parametrize("held", SETS)
@pytest.mark.parametrize("later", [(NEXT, MIDDLE), (MOVED, ELSEWHERE), (LEAF, MIDDLE)])
def test_at_every_moment_every_combination_that_a_cache_may_hold_matches(held: str, later: tuple[Any, Any]) -> None:
    published = SETS[held]
    made = make_plan(published, pem(LEAF, MIDDLE), pem(*later))
    switch = next(step.earliest for step in made.steps if step.action == "switch")
    sets = history(published, made)
    for at in sorted({moment + edge for moment in [switch, *(when for when, _ in sets[1:])] for edge in (-1, 0, 1)}):
        chain = [one.der for one in ((LEAF, MIDDLE) if at < switch else later)]
        # A cache may hold a set until one TTL after the zone changed; every server of the zone took one more to have it.
        for (_, one), (ended, _) in pairwise([*sets, (float("inf"), [])]):
            begun = next(when for when, each in sets if each is one)
            if not begun <= at < ended + 2 * TTL:
                continue
            for kind in {(each.usage, each.selector, each.matching_type) for each in one if each.unusable is None}:
                used = [each for each in one if (each.usage, each.selector, each.matching_type) == kind]
                found = match(used, chain, at=AT, names=["mx.example.com"])
                assert found.matched, (at - AT, kind, found)


def test_the_steps_of_a_change_of_keys() -> None:
    made = make_plan([record(3, 1, 1, LEAF)], pem(LEAF, MIDDLE), pem(NEXT, MIDDLE), signature_ends=[AT + 5, AT + 9])
    assert [(step.action, step.earliest - AT) for step in made.steps] == [
        ("publish", 0),
        ("wait", 0),
        ("switch", 2 * TTL),  # RFC 7671 §8.1
        ("remove", 2 * TTL),
    ]
    assert made.steps[0].nsupdate == f"update add {OWNER} 3600 IN TLSA {record(3, 1, 1, NEXT)}\nsend\n"
    assert made.steps[3].nsupdate == f"update delete {OWNER} IN TLSA {record(3, 1, 1, LEAF)}\nsend\n"
    assert made.replayable_until == AT + 9
    assert "can replay the old set" in made.remarks[0]


def test_the_same_key_in_a_new_certificate_changes_nothing() -> None:
    renewed = issue("mx.example.com", MIDDLE, dns=["mx.example.com"], serial=99)
    made = make_plan([record(3, 1, 1, LEAF)], pem(LEAF, MIDDLE), pem(renewed, MIDDLE))
    assert [step.action for step in made.steps] == ["switch"]
    assert "published already" in made.remarks[0]


def test_the_record_of_another_key_is_left_alone() -> None:
    other = record(3, 1, 1, MOVED)
    change = renewal([record(3, 1, 1, LEAF), other], material.read(pem(NEXT)), material.read(pem(LEAF)))
    assert change.obsolete == (record(3, 1, 1, LEAF),)
    assert "left alone, since it may be that of another key" in change.remarks[0]
    assert renewal([record(3, 1, 1, LEAF)], material.read(pem(NEXT))).obsolete == ()


def test_a_request_gives_the_records_of_its_key_and_says_what_has_to_wait() -> None:
    published = [record(3, 1, 1, LEAF), record(3, 0, 1, LEAF), record(2, 0, 1, MIDDLE)]
    change = renewal(published, material.read(request(NEXT.key)), material.read(pem(LEAF, MIDDLE)))
    assert change.new == (record(3, 1, 1, NEXT),)
    assert change.remarks == (
        "3 0 1 can be made only when there is the next certificate",
        "whether 2 0 1 still holds depends on who issues the next certificate",
    )


def test_where_nothing_was_published_the_negative_answer_has_to_leave_the_caches() -> None:
    change = renewal([], material.read(pem(LEAF)))
    assert change.new == (record(3, 1, 1, LEAF),)
    made = plan(OWNER, [], change.new, change.obsolete, ttl=300, at=AT, negative_ttl=7200)
    assert [(step.action, step.earliest - AT) for step in made.steps][-1] == ("switch", 14400)  # RFC 2308 §5
    made = plan(OWNER, [], change.new, change.obsolete, ttl=300, at=AT)
    assert made.steps[-1].earliest == AT + 600
    assert "negative TTL is unknown" in made.remarks[0]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"new": []}, "at least one record for the next certificate"),
        ({"ttl": -1}, "ttl=… must be seconds"),
        ({"negative_ttl": 1 << 31}, "negative_ttl=… must be seconds"),
        ({"new": [Tlsa(3, 1, 1, b"short")]}, "is unusable; make it again"),
        ({"obsolete": [record(3, 1, 1, MOVED)]}, "is to be removed, and is not published"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(changes: dict[str, Any], text: str) -> None:
    given = {"published": SETS["3 1 1"], "new": [record(3, 1, 1, NEXT)], "obsolete": [], "ttl": 60, "at": AT, **changes}
    with pytest.raises(BadInput, match=text):
        plan(OWNER, given.pop("published"), given.pop("new"), given.pop("obsolete"), **given)
