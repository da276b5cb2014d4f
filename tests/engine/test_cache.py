"""Caches: what serves and when, what may take the place of what, and that all of them are bounded."""

from __future__ import annotations

import pytest

from resolver.data.name import Name, to_name
from resolver.data.rrset import NoReply, Question
from resolver.data.types import DNSKEY
from resolver.data.views import Dnskey, read_dnskey
from resolver.engine.cache import OutcomeCache, VerificationMemo, ZoneCache
from resolver.engine.states import AtHand, check_order
from resolver.testing import World
from resolver.validator import mint
from resolver.validator.algorithms import Key
from resolver.validator.ask import Held, Keys
from resolver.validator.findings import finding
from resolver.validator.proof import CUT, NOT_A_CUT, Proof
from resolver.validator.states import BrokenWhy, BrokenZone, InsecureZone, NotACut, SecureZone

NOW = 1000.0
EXAMPLE = to_name("example.com")


def insecure(name: Name = EXAMPLE, *, fresh_until: float = 2000.0, fetched_at: float = NOW) -> InsecureZone:
    proof = Proof(CUT, Question(name, DNSKEY))
    return mint.insecure_zone(name, name, "NO_DS", proof, (900, 1500, fresh_until), fetched_at, {})


def no_cut(name: Name = EXAMPLE) -> NotACut:
    proof = Proof(NOT_A_CUT, Question(name, DNSKEY))
    return mint.not_a_cut(name, name.parent(), False, proof, (900, 1500, 2000.0), NOW, {})


def broken(why: BrokenWhy = "BOGUS", *, retry_at: float = 0.0, name: Name = EXAMPLE) -> BrokenZone:
    question = Question(name, DNSKEY)
    found = finding("NO_REPLY", question, text="nobody")
    return BrokenZone(name, why, found, Proof("failure", question, finding=found), retry_at=retry_at)


def secure(name: Name = EXAMPLE, *, fetched_at: float = NOW) -> SecureZone:
    world = World()
    outcome = world.offline().lookup(".", "DNSKEY")
    assert outcome.status == "secure"
    (verified,) = outcome.proof.evidence[:1]
    return mint.secure_zone(name, verified, None, (), outcome.proof, (900, 1500, 2000.0), fetched_at, {}, ())


@pytest.mark.parametrize(
    ("now", "serves"),
    [(899.9, False), (900, True), (1500, True), (1500.9, True), (1501, False)],
)
def test_a_state_serves_within_its_evidence_s_window(now: float, serves: bool) -> None:
    cache = ZoneCache()
    state = insecure()
    cache.keep(state, NOW)
    assert (cache.get(EXAMPLE, now) is state) is serves


def test_a_state_serves_until_its_ttl_is_over_unless_time_stands_still() -> None:
    state = insecure(fresh_until=1200.0)
    for ages, serves in ((True, False), (False, True)):
        cache = ZoneCache(ages=ages)
        cache.keep(state, NOW)
        assert cache.get(EXAMPLE, 1199.9) is state
        assert (cache.get(EXAMPLE, 1200) is state) is serves


def test_a_ttl_of_zero_is_not_cached() -> None:
    cache = ZoneCache()
    state = insecure(fresh_until=NOW)
    assert cache.keep(state, NOW) is state
    assert len(cache) == 0


@pytest.mark.parametrize(("retry_at", "seconds"), [(0.0, 1.0), (NOW + 3, 3.0), (NOW + 300, 5.0)])
def test_a_broken_zone_serves_for_one_to_five_seconds(retry_at: float, seconds: float) -> None:
    cache = ZoneCache()
    state = broken(retry_at=retry_at)
    cache.keep(state, NOW)
    assert cache.get(EXAMPLE, NOW + seconds - 0.1) is state
    assert cache.get(EXAMPLE, NOW + seconds) is None
    assert cache.get(EXAMPLE, NOW - 1) is None  # a clock that steps back finds nothing


@pytest.mark.parametrize("why", ["NO_REPLY", "UPSTREAM_UNFIT", "WORK_LIMIT"])
def test_a_zone_that_could_not_be_reached_is_tried_again_at_once(why: BrokenWhy) -> None:
    cache = ZoneCache()
    cache.keep(broken(why), NOW)
    assert len(cache) == 0


def test_a_secure_zone_stays_until_it_expires() -> None:
    cache, state = ZoneCache(), secure()
    cache.keep(state, NOW)
    for worse in (broken(), insecure(), no_cut()):
        assert cache.keep(worse, NOW) is state
        assert cache.get(EXAMPLE, NOW) is state
    newer = secure()
    assert cache.keep(newer, NOW) is newer
    assert cache.get(EXAMPLE, NOW) is newer
    assert isinstance(cache.keep(worse := insecure(fresh_until=3000.0), 1501), InsecureZone)
    assert cache.get(EXAMPLE, 1500) is newer  # `worse` does not hold at 1501 either, so nothing took its place
    assert worse.valid_until == 1500


def test_a_proof_takes_the_place_of_a_failure_but_not_the_reverse() -> None:
    cache = ZoneCache()
    cache.keep(broken(), NOW)
    state = insecure()
    assert cache.keep(state, NOW) is state
    assert cache.keep(broken(), NOW) is state
    other = no_cut()
    assert cache.keep(other, NOW) is other


def test_a_zone_s_keys_are_fetched_before_their_time_once_in_thirty_seconds() -> None:
    cache = ZoneCache()
    assert cache.may_refetch(EXAMPLE, NOW)
    assert not cache.may_refetch(EXAMPLE, NOW + 29)
    assert cache.may_refetch(to_name("example.org"), NOW + 29)
    assert cache.may_refetch(EXAMPLE, NOW + 30)
    assert cache.may_refetch(EXAMPLE, NOW)  # the clock stepped back


def test_the_zone_cache_is_bounded() -> None:
    cache = ZoneCache(3)
    for number in range(10):
        cache.keep(insecure(to_name(f"z{number}.test")), NOW)
    assert len(cache) == 3


def test_a_lookup_keeps_what_the_cache_may_not() -> None:
    states = AtHand(ZoneCache(), NOW)
    state = insecure(fresh_until=NOW)
    assert states.find(Keys(EXAMPLE)) is None
    assert states.land(state) is state
    assert states.find(Keys(EXAMPLE)) is state
    assert AtHand(ZoneCache(), NOW).find(Keys(EXAMPLE)) is None
    unreachable = broken("NO_REPLY", name=to_name("com"))
    states.land(unreachable)
    assert states.find(Keys(to_name("com"))) is unreachable


def test_stale_keys_are_fetched_once_a_lookup_and_a_worse_state_does_not_replace_them() -> None:
    zones, old = ZoneCache(), secure(fetched_at=500.0)
    zones.keep(old, NOW)
    states = AtHand(zones, NOW)
    assert states.find(Keys(EXAMPLE)) is old
    assert states.find(Keys(EXAMPLE, newer_than=400.0)) is old
    assert states.find(Keys(EXAMPLE, newer_than=500.0)) is None
    assert states.land(broken()) is old
    assert states.find(Keys(EXAMPLE, newer_than=500.0)) is old
    other = AtHand(zones, NOW + 10)
    assert other.find(Keys(EXAMPLE, newer_than=500.0)) is old  # within the 30 seconds
    later = AtHand(zones, NOW + 40)
    assert later.find(Keys(EXAMPLE, newer_than=500.0)) is None
    newer = secure(fetched_at=NOW + 40)
    assert later.land(newer) is newer
    assert zones.get(EXAMPLE, NOW + 40) is newer


def test_held_gives_what_is_at_hand_and_holds_now() -> None:
    zones = ZoneCache()
    zones.keep(insecure(), NOW)
    states = AtHand(zones, NOW)
    com = no_cut(to_name("com"))
    states.land(com)
    assert states.held(Held((to_name("com"), EXAMPLE, to_name("org")))) == (com, zones.get(EXAMPLE, NOW))
    assert AtHand(zones, 5000.0).held(Held((EXAMPLE,))) == ()


def test_a_lookup_takes_over_what_another_plan_met() -> None:
    zones = ZoneCache()
    mine, other = AtHand(zones, NOW), AtHand(zones, NOW)
    state, com = insecure(fresh_until=NOW), no_cut(to_name("com"))
    other.land(com)
    other.land(state)
    mine.land(secure(to_name("com")))
    assert mine.meet(EXAMPLE, other) is state
    assert isinstance(mine.find(Keys(to_name("com"))), SecureZone)


def test_a_zone_plan_may_ask_only_for_proper_ancestors() -> None:
    check_order(None, Keys(EXAMPLE))
    check_order(EXAMPLE, Keys(to_name("com")))
    for zone in ("example.com", "www.example.com", "org", "ample.com"):
        with pytest.raises(AssertionError, match="no proper ancestor"):
            check_order(EXAMPLE, Keys(to_name(zone)))


class CountingKey:
    """A key that says yes, and how often it was asked."""

    rdata = b"key"
    is_loaded = True

    def __init__(self) -> None:
        self.asked = 0

    def verify(self, signature: bytes, data: bytes) -> bool:
        self.asked += 1
        return signature == b"good"


def test_the_memo_remembers_successes_and_failures_and_is_bounded() -> None:
    memo, key = VerificationMemo(8), CountingKey()
    for _ in range(3):
        assert memo(key, b"good", b"data")  # type: ignore[arg-type]
        assert not memo(key, b"bad", b"data")  # type: ignore[arg-type]
    assert key.asked == 2
    assert not memo(key, b"goodd", b"ata")  # type: ignore[arg-type]  # the same octets, cut elsewhere
    for number in range(20):
        memo(key, b"good", b"%d" % number)  # type: ignore[arg-type]
    assert len(memo) == 8


def test_proven_outcomes_are_kept_only_while_they_are_fresh() -> None:
    world = World()
    world.zone("example.com").add("www 300 A 192.0.2.1")
    world.zone("example.net").add("www 300 A 192.0.2.1").damage("signature-expired", "www A")
    resolver = world.offline()
    cache = OutcomeCache(10)
    proven = resolver.lookup("www.example.com", "A")
    cache.keep(proven, world.now)
    assert cache.get(proven.question, world.now) is proven
    assert cache.get(proven.question, world.now + 299) is proven
    assert cache.get(proven.question, world.now + 300) is None
    assert cache.get(proven.question, 0.0) is None


def test_a_bogus_outcome_is_kept_for_seconds_and_never_in_place_of_a_proven_one() -> None:
    world = World()
    world.zone("example.net").add("www 300 A 192.0.2.1")
    proven = world.offline().lookup("www.example.net", "A")
    world.zone("example.net").damage("signature-expired", "www A")
    bogus = world.offline().lookup("www.example.net", "A")
    assert (proven.status, bogus.status) == ("secure", "bogus")
    cache = OutcomeCache(10)
    cache.keep(bogus, world.now)
    assert cache.get(bogus.question, world.now) is bogus  # with its whole reason (RFC 9520 §3.2)
    assert cache.get(bogus.question, world.now + 4) is bogus
    assert cache.get(bogus.question, world.now + 5) is None
    assert cache.get(bogus.question, world.now - 1) is None
    cache.keep(proven, world.now)
    assert cache.get(bogus.question, world.now) is proven
    cache.keep(bogus, world.now)
    assert cache.get(bogus.question, world.now) is proven
    silent = World().override("www.example.net A", NoReply(proven.question, "timeout", "silence"))
    cache = OutcomeCache(10)
    cache.keep(silent.offline().lookup("www.example.net", "A"), world.now)
    assert len(cache) == 0


def test_the_outcome_cache_is_bounded_and_may_be_of_size_zero() -> None:
    world = World()
    world.zone("example.com")
    resolver = world.offline()
    for size in (0, 2):
        cache = OutcomeCache(size)
        for number in range(5):
            cache.keep(resolver.lookup(f"n{number}.example.com", "A"), world.now)
        assert len(cache) == size


def test_keys_that_were_loaded_long_ago_are_unloaded_and_load_again() -> None:
    keys = [Key(read_dnskey_of(seed)) for seed in range(5)]
    memo = VerificationMemo(loaded=2)
    for key in keys:
        assert not memo(key, b"x" * 64, b"data")
    assert [key.is_loaded for key in keys] == [False, False, False, True, True]
    assert not memo(keys[0], b"y" * 64, b"data")
    assert [key.is_loaded for key in keys] == [True, False, False, False, True]


def read_dnskey_of(seed: int) -> Dnskey:
    world = World(seed)
    (rdata, *_) = world.message(". DNSKEY").answer[0].rdata
    dnskey = read_dnskey(rdata)
    assert dnskey is not None
    return dnskey
