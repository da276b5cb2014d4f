"""Which names' TLSA records count for a service known by host and port: RFC 7671 §7 (R6, R7, R17-R20)."""

from __future__ import annotations

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from resolver import Absent, Anchors, Bogus, Indeterminate, Insecure, OfflineResolver, Recording, Resolver, Secure
from resolver.dane import web
from resolver.data.name import to_name
from resolver.data.rrset import Question
from resolver.data.types import A
from resolver.engine import plans
from resolver.testing import World
from resolver.testing.forwarder import read_query
from tests.dane.planning import OTHER, Counting, base, both, by_loop, engine_of, said, web_tlsa
from tests.dane.planning import TLSA as RECORD
from tests.engine.running import jumping
from tests.engine.slow_world import SlowWorld

ERRORS = ["server-failure", "server-silent", "server-not-implemented", "server-refused", "signature-bad"]


@pytest.fixture
def world() -> World:
    """`www.example.com` is a secure alias of `host.example.net`, by way of `middle.example.org`."""
    world = World()
    world.zone("example.com").add("www CNAME middle.example.org.", "plain A 192.0.2.1")
    world.zone("example.org").add("middle CNAME host.example.net.")
    world.zone("example.net").add("host A 192.0.2.2")
    world.zone("open.net", signed=False).add("host A 192.0.2.3")
    return world


def leaf_questions(world: World, host: str) -> dict[str, int]:
    """What a lookup asks about the service itself, zones' keys aside."""
    source = Counting(world)
    OfflineResolver(source, at=world.now, anchors=world.anchors).tlsa(host, 443)
    return {text: times for text, times in source.asked.items() if not text.endswith(("/DS", "/DNSKEY"))}


class TestAHostThatIsNoAlias:
    def test_its_own_records_count_and_two_questions_are_asked(self, world: World):
        world.zone("example.com").add(f"_443._tcp.plain TLSA {RECORD}")
        assert base(web_tlsa(world, "plain.example.com")) == "plain.example.com."
        asked = {"plain.example.com./A": 1, "_443._tcp.plain.example.com./TLSA": 1}
        assert leaf_questions(world, "plain.example.com") == asked

    @pytest.mark.parametrize("denial", ["nsec", "nsec3", "compact"])
    @pytest.mark.parametrize("there", ["", "v6 AAAA 2001:db8::1"])
    def test_one_without_a_records_or_without_any_is_none_either(self, denial: str, there: str):
        world = World()
        zone = world.zone("example.com", denial=denial).add(f"_443._tcp.v6 TLSA {RECORD}")
        if there:
            zone.add(there)
        assert base(web_tlsa(world, "v6.example.com")) == "v6.example.com."
        assert len(leaf_questions(world, "v6.example.com")) == 2

    def test_a_host_that_does_not_exist_has_no_records(self, world: World):
        outcome = web_tlsa(world, "nowhere.example.com")
        assert isinstance(outcome, Absent)
        assert str(outcome.question) == "_443._tcp.nowhere.example.com./TLSA"

    def test_an_unsigned_host_is_insecure_and_keeps_no_records(self, world: World):
        world.zone("open.net").add(f"_443._tcp.host TLSA {RECORD}")
        outcome = web_tlsa(world, "host.open.net")
        assert isinstance(outcome, Insecure) and outcome.untrusted is None

    def test_outside_every_anchor_nothing_is_known(self, world: World):
        anchors = Anchors.from_text("test. DS 1 13 2 " + "00" * 32)
        outcome = OfflineResolver(world.source(), at=world.now, anchors=anchors).tlsa("plain.example.com", 443)
        assert isinstance(outcome, Indeterminate) and outcome.why == "NO_ANCHOR"

    def test_the_verdict_is_kept_no_longer_than_the_proof_that_it_is_no_alias(self, world: World):
        world.zone("example.com").add("short 60 A 192.0.2.1", f"_443._tcp.short 3600 TLSA {RECORD}")
        outcome = web_tlsa(world, "short.example.com")
        assert isinstance(outcome, Secure) and outcome.fresh_until == world.now + 60
        assert outcome.value.ttl == 3600


class TestASecureAlias:
    def test_the_records_at_its_end_count_first(self, world: World):
        world.zone("example.net").add(f"_443._tcp.host TLSA {RECORD}")
        world.zone("example.com").add(f"_443._tcp.www TLSA {OTHER}")
        outcome = web_tlsa(world, "www.example.com")
        assert base(outcome) == "host.example.net."
        assert [str(record) for record in outcome.require().records] == [RECORD]

    @pytest.mark.parametrize("denial", ["nsec", "nsec3"])
    def test_the_hosts_own_records_count_where_the_end_has_none(self, world: World, denial: str):
        world.zone("example.com").add(f"_443._tcp.www TLSA {RECORD}")
        assert base(web_tlsa(world, "www.example.com")) == "www.example.com."

    def test_a_name_between_never_counts_and_is_not_asked(self, world: World):
        world.zone("example.org").add(f"_443._tcp.middle TLSA {RECORD}")
        outcome = web_tlsa(world, "www.example.com")
        assert isinstance(outcome, Absent)
        assert str(outcome.question) == "_443._tcp.www.example.com./TLSA"  # the last candidate's
        assert "_443._tcp.middle.example.org./TLSA" not in leaf_questions(world, "www.example.com")

    def test_the_end_without_addresses_still_counts(self, world: World):
        world.zone("example.net").remove("host").add(f"_443._tcp.host TLSA {RECORD}")
        assert base(web_tlsa(world, "www.example.com")) == "host.example.net."

    def test_a_dname_above_the_host_is_followed_too(self, world: World):
        world.zone("example.com").add("old DNAME example.net.")
        world.zone("example.net").add(f"_443._tcp.host TLSA {RECORD}")
        outcome = web_tlsa(world, "host.old.example.com")
        # `_443._tcp.host.old` lies below the DNAME as well, but the base domain is what the host itself leads to.
        assert base(outcome) == "host.example.net."

    def test_a_wildcard_alias_is_followed_too(self, world: World):
        world.zone("example.com").add("*.any CNAME host.example.net.")
        world.zone("example.net").add(f"_443._tcp.host TLSA {RECORD}")
        assert base(web_tlsa(world, "x.any.example.com")) == "host.example.net."

    @pytest.mark.parametrize("damage", ERRORS)
    def test_an_error_at_its_end_ends_the_search(self, world: World, damage: str):
        world.zone("example.net").add(f"_443._tcp.host TLSA {RECORD}").damage(damage, "_443._tcp.host TLSA")
        world.zone("example.com").add(f"_443._tcp.www TLSA {OTHER}")
        outcome = web_tlsa(world, "www.example.com")
        assert isinstance(outcome, Bogus | Indeterminate)
        assert str(outcome.question) == "_443._tcp.host.example.net./TLSA"

    @pytest.mark.parametrize("damage", ERRORS)
    def test_an_error_at_the_host_counts_only_where_the_host_counts(self, world: World, damage: str):
        world.zone("example.com").add(f"_443._tcp.www TLSA {OTHER}").damage(damage, "_443._tcp.www TLSA")
        assert isinstance(web_tlsa(world, "www.example.com"), Bogus | Indeterminate)
        world.zone("example.net").add(f"_443._tcp.host TLSA {RECORD}")
        assert base(web_tlsa(world, "www.example.com")) == "host.example.net."

    def test_two_ends_make_the_expansion_void(self, world: World):
        world.zone("example.net").add(
            f"_443._tcp.host TLSA {RECORD}", f"_443._tcp.other TLSA {RECORD}", "other AAAA ::1"
        )
        world.zone("example.com").add(f"_443._tcp.www TLSA {OTHER}")
        later = World()  # the same keys; the alias has changed meanwhile
        later.zone("example.com").add("www CNAME other.example.net.")
        world.override("www.example.com AAAA", later.message("www.example.com AAAA"))
        assert base(web_tlsa(world, "www.example.com")) == "www.example.com."

    def test_an_end_that_leaves_no_room_for_a_tlsa_name_has_none(self, world: World):
        long = ".".join(["a" * 61] * 3 + ["b" * 52]) + ".example.net."
        world.zone("example.net").add(f"{long} A 192.0.2.1")
        world.zone("example.com").add(f"far CNAME {long}", f"_443._tcp.far TLSA {RECORD}")
        assert base(web_tlsa(world, "far.example.com")) == "far.example.com."

    def test_a_loop_is_an_error(self, world: World):
        world.zone("example.com").add("round CNAME robin", "robin CNAME round", f"_443._tcp.round TLSA {RECORD}")
        outcome = web_tlsa(world, "round.example.com")
        assert isinstance(outcome, Indeterminate) and outcome.why == "ALIAS_LIMIT"

    def test_it_holds_no_longer_than_the_alias(self, world: World):
        world.zone("example.com").remove("www").add("www 60 CNAME host.example.net.")
        world.zone("example.net").add(f"_443._tcp.host 3600 TLSA {RECORD}")
        outcome = web_tlsa(world, "www.example.com")
        assert isinstance(outcome, Secure) and outcome.fresh_until == world.now + 60

    def test_where_the_end_is_insecure_that_is_told_and_no_absence(self, world: World):
        # `_tcp.host` is delegated to nobody who signs; the host itself denies.
        world.zone("_tcp.host.example.net", signed=False).add(f"_443 TLSA {RECORD}")
        outcome = web_tlsa(world, "www.example.com")
        assert isinstance(outcome, Insecure) and outcome.cut == to_name("_tcp.host.example.net")


class TestAnAliasThatIsNotSecure:
    def test_behind_a_secure_hop_into_an_unsigned_zone_the_host_itself_counts(self, world: World):
        world.zone("example.com").add("mixed CNAME host.open.net.", f"_443._tcp.mixed TLSA {RECORD}")
        world.zone("open.net").add(f"_443._tcp.host TLSA {OTHER}")
        assert base(web_tlsa(world, "mixed.example.com")) == "mixed.example.com."
        assert "_443._tcp.host.open.net./TLSA" not in leaf_questions(world, "mixed.example.com")

    def test_an_insecure_hop_back_into_a_signed_zone_makes_nothing_secure(self, world: World):
        world.zone("open.net").add("back CNAME host.example.net.")
        world.zone("example.com").add("there CNAME back.open.net.")
        world.zone("example.net").add(f"_443._tcp.host TLSA {RECORD}")
        assert isinstance(web_tlsa(world, "back.open.net"), Insecure)
        assert isinstance(web_tlsa(world, "there.example.com"), Absent)

    def test_an_unsigned_host_may_have_records_in_an_island(self):
        """RFC 7671 §7 has its own name looked up; mail would not (RFC 7672 §2.2.2)."""
        world = World()
        world.zone("open.net", signed=False).add("host A 192.0.2.1")
        world.zone("_tcp.host.open.net", island=True).add(f"_443 TLSA {RECORD}")
        assert base(web_tlsa(world, "host.open.net")) == "host.open.net."

    def test_no_reply_about_an_unsigned_host_keeps_nobody_away(self, world: World):
        world.zone("open.net").damage("server-silent", "host")
        assert isinstance(web_tlsa(world, "host.open.net"), Insecure)

    def test_leaving_an_island_is_no_error(self):
        world = World()
        world.zone("corp.test", island=True).add("www CNAME host.example.net.", f"_443._tcp.www TLSA {RECORD}")
        world.zone("example.net").add("host A 192.0.2.1", f"_443._tcp.host TLSA {OTHER}")
        anchors = Anchors.from_text(world.zone("corp.test").anchor_text)
        face = OfflineResolver(world.source(), at=world.now, anchors=anchors)
        assert base(face.tlsa("www.corp.test", 443)) == "www.corp.test."


class TestAddressesThatAreErrors:
    """Whether the host is an alias is not known, so nothing is: its end might have records that say otherwise."""

    @pytest.mark.parametrize("damage", [*ERRORS, "denial-stripped"])
    def test_both_families_is_an_error_whatever_the_host_itself_has(self, world: World, damage: str):
        zone = world.zone("example.com").add("plain AAAA 2001:db8::1")
        if damage == "denial-stripped":
            zone.remove("plain")
        zone.damage(damage, "plain A").damage(damage, "plain AAAA")
        for line in ("", f"_443._tcp.plain TLSA {RECORD}"):
            if line:
                zone.add(line)
            outcome = web_tlsa(world, "plain.example.com")
            assert isinstance(outcome, Bogus | Indeterminate)
            assert str(outcome.question) == "_443._tcp.plain.example.com./TLSA"
            assert "plain.example.com./A" in outcome.finding.at

    @pytest.mark.parametrize("damage", ERRORS)
    @pytest.mark.parametrize("family", ["A", "AAAA"])
    def test_one_family_is_enough(self, world: World, damage: str, family: str):
        zone = world.zone("example.com").add("plain AAAA 2001:db8::1", f"_443._tcp.plain TLSA {RECORD}")
        zone.damage(damage, f"plain {family}")
        assert base(web_tlsa(world, "plain.example.com")) == "plain.example.com."

    def test_one_family_tells_of_the_alias_too(self, world: World):
        world.zone("example.com").damage("server-failure", "www A")
        world.zone("example.net").add(f"_443._tcp.host TLSA {RECORD}")
        assert base(web_tlsa(world, "www.example.com")) == "host.example.net."

    def test_a_bogus_address_is_told_before_a_missing_one(self, world: World):
        zone = world.zone("example.com").add("plain AAAA 2001:db8::1")
        zone.damage("server-silent", "plain A").damage("signature-expired", "plain AAAA")
        outcome = web_tlsa(world, "plain.example.com")
        assert isinstance(outcome, Bogus) and outcome.finding.code == "EXPIRATION_IN_PAST"


class TestAnAliasAtTheTlsaNameItself:
    """R18: it is followed like any other, and changes no base domain."""

    def test_the_base_domain_stays(self, world: World):
        world.zone("example.com").add("_443._tcp.plain CNAME _dane.example.net.")
        world.zone("example.net").add(f"_dane TLSA {RECORD}")
        outcome = web_tlsa(world, "plain.example.com")
        assert base(outcome) == "plain.example.com."
        assert outcome.require().owner == to_name("_dane.example.net")

    def test_an_insecure_hop_makes_it_insecure(self, world: World):
        world.zone("example.com").add("_443._tcp.plain CNAME _dane.open.net.")
        world.zone("open.net").add(f"_dane TLSA {RECORD}")
        assert isinstance(web_tlsa(world, "plain.example.com"), Insecure)


def test_the_records_at_a_host_can_be_asked_for_without_following_it(world: World):
    world.zone("example.com").add(f"_443._tcp.www TLSA {RECORD}")
    world.zone("example.net").add(f"_443._tcp.host TLSA {OTHER}")
    outcome = both(world, lambda: web.tlsa_at(to_name("www.example.com"), 443), said)
    assert base(outcome) == "www.example.com."


class TestFaces:
    def test_all_faces_follow_aliases_and_a_recording_replays(self, world: World):
        world.zone("example.net").add(f"_443._tcp.host TLSA {RECORD}")
        world.zone("example.com").add(f"_443._tcp.plain TLSA {RECORD}")
        world.zone("example.com").add("second CNAME no.example.net.", f"_443._tcp.second TLSA {RECORD}")
        hosts = [
            "www.example.com",
            "second.example.com",
            "plain.example.com",
            "middle.example.org",
            "host.open.net",
            "no.example.com",
        ]
        offline = world.offline()
        with Resolver(world.answer, anchors=world.anchors, clock=world.clock) as live:
            for host in hosts * 2:  # the second time from the cache
                outcome = live.tlsa(host, 443)
                assert said(outcome) == said(offline.tlsa(host, 443))
                recording = Recording.from_text(Recording.of(outcome).to_text())
                replayed = OfflineResolver(recording, at=world.now, anchors=world.anchors)
                assert said(replayed.tlsa(host, 443)) == said(outcome)
                assert said(replayed.tlsa(host, 443)) == said(outcome)
            with live.tlsa_many([(host, 443) for host in hosts]) as results:
                assert {item[0]: said(outcome) for item, outcome in results} == {
                    host: said(offline.tlsa(host, 443)) for host in hosts
                }

    def test_a_recording_without_addresses_is_judged_as_it_was_made(self, world: World):
        world.zone("example.com").add(f"_443._tcp.www TLSA {RECORD}")
        recording = Recording.of(world.offline().lookup("_443._tcp.www.example.com", "TLSA"))
        outcome = OfflineResolver(recording, at=world.now, anchors=world.anchors).tlsa("www.example.com", 443)
        assert base(outcome) == "www.example.com."

    def test_what_is_cached_is_answered_without_a_question(self, world: World):
        world.zone("example.net").add(f"_443._tcp.host TLSA {RECORD}")
        asked: list[Question] = []

        def counting(query: bytes) -> bytes:
            read = read_query(query)
            assert not isinstance(read, int)
            asked.append(read.question)
            return world.answer(query)

        with Resolver(counting, anchors=world.anchors, clock=world.clock) as live:
            first = live.tlsa("www.example.com", 443)
            before = len(asked)
            assert said(live.tlsa("www.example.com", 443)) == said(first)
            assert len(asked) == before
            # One address question more only: another port of the same host needs no further address lookup.
            live.tlsa("www.example.com", 8443)
            assert {str(question) for question in asked[before:]} == {
                "_8443._tcp.www.example.com./TLSA",
                "_8443._tcp.host.example.net./TLSA",
            }


class TestTime:
    def test_questions_of_one_step_are_asked_at_the_same_time(self, world: World):
        world.zone("example.net").add(f"_443._tcp.host TLSA {RECORD}")
        slow = SlowWorld(world, delay=0.0)
        engine = slow.engine()

        async def main() -> float:
            for question in ("www.example.com DNSKEY", "middle.example.org DNSKEY", "host.example.net DNSKEY"):
                await engine.lookup(Question.of(*question.split()))  # the zones' keys are known by then
            slow.delay = 1.0
            began = trio.current_time()
            outcome = await plans.run(engine, web.tlsa(to_name("www.example.com"), 443))
            assert base(outcome) == "host.example.net."
            return trio.current_time() - began

        assert jumping(main) == pytest.approx(2.0)

    def test_the_whole_of_it_ends_within_the_time_out(self, world: World):
        slow = SlowWorld(world, delay=0.0)
        slow.delays = {f"www.example.com./{rdtype}": [60.0] * 9 for rdtype in ("A", "AAAA")}
        engine = slow.engine(timeout=5.0)

        async def main() -> tuple[float, object]:
            began = trio.current_time()
            plan = web.tlsa(to_name("www.example.com"), 443)
            outcome = await plans.run(engine, plan, deadline=began + engine.timeout)
            return trio.current_time() - began, outcome

        took, outcome = jumping(main)
        assert took == pytest.approx(5.0)
        assert isinstance(outcome, Indeterminate) and outcome.why == "DEADLINE"


class TestDrivers:
    def test_nothing_is_looked_up_twice_in_one_plan(self, world: World):
        world.zone("example.com").damage("ttl-zero")  # nothing of it may be cached
        question = Question(to_name("plain.example.com"), A)

        async def plan() -> bool:
            from resolver.dane.ask import Look

            one, two = await Look(question, question)
            (three,) = await Look(question)
            return one is two and two is three

        assert by_loop(world, plan())
        assert trio.run(plans.run, engine_of(world), plan())

    @pytest.mark.parametrize("driver", ["loop", "trio", "cache"])
    def test_another_request_is_a_bug_that_is_told(self, world: World, driver: str):
        from resolver.validator.ask import Held

        closed: list[bool] = []

        async def plan() -> object:
            try:
                return await Held(())
            finally:
                closed.append(True)

        with pytest.raises(TypeError, match="no driver knows"):
            if driver == "loop":
                by_loop(world, plan())
            elif driver == "cache":
                plans.at_hand(engine_of(world), plan())
            else:
                trio.run(plans.run, engine_of(world), plan())
        assert closed == [True]


# A chain of hosts, each in a zone that is signed or not, and where TLSA records are; judged by the words of RFC 7671 §7.
CHAINS = st.lists(st.sampled_from(["signed", "unsigned"]), min_size=1, max_size=4)


@settings(max_examples=60, deadline=None)
@given(CHAINS, st.sets(st.integers(0, 3)), st.sampled_from(["", "A", "AAAA"]))
def test_any_chain_of_aliases_is_judged_by_the_letter(chain: list[str], with_records: set[int], broken: str):
    world = World(algorithm=15)
    names = [f"h{number}.z{number}.test" for number in range(len(chain))]
    for number, (name, kind) in enumerate(zip(names, chain, strict=True)):
        zone = world.zone(f"z{number}.test", signed=kind == "signed")
        zone.add(f"{name}. CNAME {names[number + 1]}." if number + 1 < len(chain) else f"{name}. A 192.0.2.1")
        if number in with_records:
            zone.add(f"_443._tcp.{name}. TLSA {RECORD}")
    if broken:
        world.zone("z0.test").damage("server-failure", f"{names[0]}. {broken}")
    expected = ""
    if all(kind == "signed" for kind in chain) and len(chain) - 1 in with_records:
        expected = f"{names[-1]}."
    elif chain[0] == "signed" and 0 in with_records:
        expected = f"{names[0]}."
    outcome = by_loop(world, web.tlsa(to_name(names[0]), 443))
    assert (str(outcome.value.base_domain) if isinstance(outcome, Secure) else "") == expected
    if not expected:
        assert isinstance(outcome, Absent | Insecure)
        if all(kind == "signed" for kind in chain):
            assert isinstance(outcome, Absent)
