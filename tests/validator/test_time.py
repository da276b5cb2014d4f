"""Time: `now` is given, evidence and cache have horizons of their own, and a wrong clock is named (R100 to R103)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from resolver.data.name import Name
from resolver.data.rrset import Message, Question, RRset
from resolver.engine.loop import Loop
from resolver.testing import World
from resolver.validator.outcome import Absent, Insecure, Outcome, Secure
from resolver.validator.policy import Policy
from resolver.validator.states import InsecureZone
from resolver.validator.times import ALWAYS, meet, of_record, of_state, whole
from tests.validator.crafting import DAY, NOW, accepted, cause, notes, outcome, reply, signed

LONG = (NOW - 100 * DAY, NOW + 100 * DAY)


def build() -> World:
    """Each zone's signatures end a day later than those of the zone below it."""
    world = World(now=NOW)
    world.zone(".", validity=(NOW - 4 * DAY, NOW + 13 * DAY))
    world.zone("com", validity=(NOW - 3 * DAY, NOW + 12 * DAY))
    world.zone("example.com", validity=(NOW - 2 * DAY, NOW + 11 * DAY)).add("www 300 A 192.0.2.1", "*.w 60 A 192.0.2.2")
    world.zone("plain.com", signed=False).add("www A 192.0.2.3")
    return world


def dated(result: Outcome[RRset]) -> tuple[int, int]:
    assert isinstance(result, Secure | Absent | Insecure)
    return result.valid_from, result.valid_until


# --- the evidence's horizon ------------------------------------------------------------------------------------------


def test_the_latest_inception_and_the_earliest_expiration_of_the_path_bound_it() -> None:
    world = build()
    assert dated(outcome(world, "www.example.com")) == (NOW - 2 * DAY, NOW + 11 * DAY)
    assert dated(outcome(world, "nx.example.com")) == (NOW - 2 * DAY, NOW + 11 * DAY)
    assert dated(outcome(world, "a.w.example.com")) == (NOW - 2 * DAY, NOW + 11 * DAY)
    assert dated(outcome(world, "www.plain.com")) == (NOW - 3 * DAY, NOW + 12 * DAY)


@pytest.mark.parametrize("zone", [".", "com", "example.com"])
def test_any_signature_of_the_path_bounds_it(zone: str) -> None:
    world = World(now=NOW)
    for name in (".", "com", "example.com"):
        world.zone(name, validity=(NOW - 5, NOW + 7) if name == zone else LONG)
    world.zone("example.com").add("www A 192.0.2.1")
    for name, rdtype in (("www.example.com", "A"), ("nx.example.com", "A"), ("example.com", "DNSKEY")):
        assert dated(outcome(world, name, rdtype)) == (NOW - 5, NOW + 7)


def test_the_record_of_a_denial_bounds_it_too() -> None:
    world = World(now=NOW)
    world.zone("example.com", validity=LONG).add("www A 192.0.2.1", "*.w A 192.0.2.2")
    world.zone("example.com").damage("signature-expired", "*.w NSEC")
    assert outcome(world, "a.w.example.com").status == "bogus"


@pytest.mark.parametrize("name", ["www.example.com", "nx.example.com", "a.w.example.com", "www.plain.com"])
def test_a_verdict_holds_at_both_its_ends_and_not_a_second_beyond(name: str) -> None:
    world = build()
    there = outcome(world, name)
    start, end = dated(there)
    assert outcome(world, name, at=start).status == there.status
    assert outcome(world, name, at=end).status == there.status
    assert cause(outcome(world, name, at=end + 1)) == "EXPIRATION_IN_PAST"
    assert cause(outcome(world, name, at=start - 1)) == "INCEPTION_IN_FUTURE"


def test_now_is_read_once_and_in_whole_seconds() -> None:
    world = build()
    loop = Loop(world.source(), anchors=world.anchors, policy=Policy(), now=NOW + 0.75)
    assert loop.lookup(Question.of("www.example.com", "A")).judged_at == NOW


def test_a_moment_may_be_a_datetime_and_must_have_a_zone() -> None:
    world = build()
    at = datetime.fromtimestamp(NOW, UTC)
    assert world.offline(at=at).lookup("www.example.com", "A").status == "secure"
    with pytest.raises(ValueError, match="time zone"):
        world.offline(at=at.replace(tzinfo=None)).lookup("www.example.com", "A")


# --- the cache's horizon ---------------------------------------------------------------------------------------------


def test_the_cache_ends_with_the_capped_ttl_and_the_evidence_does_not() -> None:
    result = outcome(build(), "www.example.com")
    assert isinstance(result, Secure)
    assert (result.fresh_until, result.valid_until) == (NOW + 300, NOW + 11 * DAY)


def test_a_denial_is_kept_no_longer_than_the_soa_says() -> None:  # RFC 9077 §3
    world = World(now=NOW)
    world.zone("example.com", minimum=77).add("www A 192.0.2.1")
    result = outcome(world, "nx.example.com")
    assert isinstance(result, Absent)
    assert result.fresh_until == NOW + 77


def test_an_expansion_is_kept_no_longer_than_its_proof() -> None:
    world = World(now=NOW)
    world.zone("example.com", minimum=9).add("*.w 60 A 192.0.2.2")
    result = outcome(world, "a.w.example.com")
    assert isinstance(result, Secure)
    assert result.fresh_until == NOW + 9


def test_time_that_passed_since_the_message_came_counts() -> None:
    record = accepted(signed(ttl=100))
    old = Message(Question.of("www.example.com", "A"), received_at=NOW - 40.0)
    assert of_record(record, old, NOW) == (record.not_before, record.not_after, NOW + 60.0)
    undated = Message(Question.of("www.example.com", "A"))
    assert of_record(record, undated, NOW)[2] == NOW + 100
    assert of_record(record, reply(), NOW)[2] == NOW + 100


def test_two_horizons_meet_in_what_they_share() -> None:
    assert meet((1, 9, 5.0), (2, 8, 7.0)) == meet((2, 8, 7.0), (1, 9, 5.0)) == (2, 8, 5.0)
    assert meet(ALWAYS, (2, 8, 7.0)) == (2, 8, 7.0)


def test_what_rests_on_a_zone_takes_its_evidence_and_not_its_ttl() -> None:
    world = build()
    loop = Loop(world.source(), anchors=world.anchors, policy=Policy(), now=NOW)
    loop.lookup(Question.of("www.plain.com", "A"))
    state = loop._zones.get(Name.from_text("plain.com."), NOW)
    assert isinstance(state, InsecureZone)
    assert whole(state) == (state.valid_from, state.valid_until, state.fresh_until)
    assert of_state(state) == (state.valid_from, state.valid_until, float("inf"))


# --- a wrong clock (R101, R102) --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("at", "text"), [(NOW + 30 * DAY, "17d 0h"), (NOW - 30 * DAY, "26d 0h")])
def test_where_the_root_itself_is_out_of_date_the_clock_is_suspected(at: int, text: str) -> None:
    result = outcome(build(), "www.example.com", at=at)
    assert cause(result) in ("EXPIRATION_IN_PAST", "INCEPTION_IN_FUTURE")
    assert notes(result) == ["CLOCK_SUSPECT"]
    assert result.notes[0].text == f"your clock seems to be off by {text}"


def test_where_only_a_zone_below_is_out_of_date_the_clock_is_not() -> None:
    result = outcome(build(), "www.example.com", at=NOW + 11 * DAY + 1)
    assert cause(result) == "EXPIRATION_IN_PAST"
    assert notes(result) == []


def test_a_skew_is_off_by_default_and_is_noted_where_it_was_needed() -> None:
    world = build()
    end = NOW + 11 * DAY
    assert outcome(world, "www.example.com", at=end + 60).status == "bogus"
    allowed = outcome(world, "www.example.com", at=end + 60, policy=Policy(clock_skew=60))
    assert (allowed.status, set(notes(allowed))) == ("secure", {"WITHIN_CLOCK_SKEW"})
    assert isinstance(allowed, Secure)
    assert allowed.value.ttl == 0
    assert outcome(world, "www.example.com", at=end + 61, policy=Policy(clock_skew=60)).status == "bogus"
    unneeded = outcome(world, "www.example.com", policy=Policy(clock_skew=60))
    assert (unneeded.status, notes(unneeded)) == ("secure", [])
