"""What a reader sees of a whole outcome: findings, times, aliases, work, and each step of its proof (R24, R142).

Each test compares everything that one lookup says (`telling.told`), so that no field of a proof or a finding can
change unnoticed.
"""

from __future__ import annotations

import pytest

from resolver.data.rrset import Message, NoReply, Question, RRset
from resolver.data.types import TXT, A
from resolver.engine.loop import Loop
from resolver.testing import World
from resolver.testing.forwarder import changed
from resolver.validator.anchors import Anchors
from resolver.validator.limits import Limits
from resolver.validator.outcome import Indeterminate, Insecure
from resolver.validator.policy import Policy
from tests.validator.judging import Counting, judge, name_of, replies
from tests.validator.telling import says, told

DAY = 86400


def town(denial: str = "nsec") -> World:
    """Two secure zones, an unsigned and a broken one below secure ones, and aliases between them."""
    world = World()
    world.zone("example.com", denial=denial).add(  # type: ignore[arg-type]
        "www A 192.0.2.1", "alias CNAME www", "out CNAME www.plain.net.", "bad CNAME www.broken.net.",
        "no CNAME nx.other.net.", "none CNAME nx.plain.net.", "*.wild CNAME www", "*.deep CNAME x.wild",
        "d DNAME other.net.", "a CNAME b", "b CNAME a", "far CNAME www.sub.ent.plain.org.",
    )  # fmt: skip
    world.zone("other.net").add("www A 192.0.2.2")
    world.zone("plain.net", signed=False).add("www A 192.0.2.3", "in CNAME www.example.com.", "of CNAME nx.plain.net.")
    world.zone("plain.org").add("x.ent A 192.0.2.5")
    world.zone("sub.ent.plain.org", signed=False).add("www A 192.0.2.6")
    world.zone("broken.net").add("www A 192.0.2.4").damage("signature-bad", "www A")
    return world


def silence(world: World, question: str, why: str = "timeout", retry_at: float | None = None) -> World:
    """Nothing comes to one question."""
    asked = Question.of(*question.split())
    return world.override(question, NoReply(asked, why, "192.0.2.53: no answer", retry_at=retry_at))


# --- what is proven --------------------------------------------------------------------------------------------------


def test_an_answer_shows_each_step_from_the_anchor_down() -> None:
    assert told(judge(town(), "www.example.com", "A"), keys=True) == says("""
        www.example.com./A secure
        value www.example.com./A
        dated -7.0 d to +21.0 d
        fresh for 3600 s
        spent 6 checks, 0 failed, 0 hash blocks, 6 questions
        (1) keys ./DNSKEY in . by ./DNSKEY under anchors 38368 as told about ./DNSKEY
        (2) ds com./DS in . by com./DS as told about com./DS on (1)
        (3) keys com./DNSKEY in com. by com./DNSKEY as told about com./DNSKEY on (2)
        (4) ds example.com./DS in com. by example.com./DS as told about example.com./DS on (3)
        (5) keys example.com./DNSKEY in example.com. by example.com./DNSKEY as told about example.com./DNSKEY on (4)
        (6) answer www.example.com./A in example.com. by www.example.com./A as told about www.example.com./A on (5)
    """)


def test_r63_each_alias_is_a_step_that_the_answer_rests_on() -> None:
    assert told(judge(town(), "www.d.example.com", "A")) == says("""
        www.d.example.com./A secure
        alias www.d.example.com. DNAME www.other.net. secure by (1)
        reached www.other.net.
        value www.other.net./A
        dated -7.0 d to +21.0 d
        fresh for 3600 s
        spent 11 checks, 0 failed, 0 hash blocks, 10 questions
        (1) alias d.example.com./DNAME in example.com. by d.example.com./DNAME as told about www.d.example.com./A on keys example.com.
        (2) answer www.other.net./A in other.net. by www.other.net./A as told about www.d.example.com./A on keys other.net., (1)
    """)


def test_r60_an_answer_from_a_wildcard_shows_the_record_that_denies_a_closer_one() -> None:
    """RFC 4035 §5.3.4, of both aliases on the way."""
    assert told(judge(town(), "x.deep.example.com", "A")) == says("""
        x.deep.example.com./A secure
        alias x.deep.example.com. CNAME x.wild.example.com. secure by (1)
        alias x.wild.example.com. CNAME www.example.com. secure by (2)
        reached www.example.com.
        value www.example.com./A
        dated -7.0 d to +21.0 d
        fresh for 300 s
        spent 10 checks, 0 failed, 0 hash blocks, 6 questions
        (1) alias x.deep.example.com./CNAME in example.com. by x.deep.example.com./CNAME, *.deep.example.com./NSEC as told about x.deep.example.com./A on keys example.com.
        (2) alias x.wild.example.com./CNAME in example.com. by x.wild.example.com./CNAME, *.wild.example.com./NSEC as told about x.deep.example.com./A on keys example.com.
        (3) answer www.example.com./A in example.com. by www.example.com./A as told about x.deep.example.com./A on keys example.com., (1), (2)
    """)


def test_r110_an_absence_behind_an_alias_says_where_and_by_what() -> None:
    assert told(judge(town(), "no.example.com", "A")) == says("""
        no.example.com./A absent NXDOMAIN
        alias no.example.com. CNAME nx.other.net. secure by (1)
        reached nx.other.net.
        dated -7.0 d to +21.0 d
        fresh for 300 s
        spent 11 checks, 0 failed, 0 hash blocks, 10 questions
        (1) alias no.example.com./CNAME in example.com. by no.example.com./CNAME as told about no.example.com./A on keys example.com.
        (2) denial nx.other.net./A NXDOMAIN in other.net. by other.net./NSEC as told about no.example.com./A on keys other.net., (1)
    """)


def test_r120_a_server_that_says_otherwise_than_the_proof_is_noted() -> None:
    world = town()
    world.zone("example.com").damage("rcode-nxdomain", "www AAAA")
    assert told(judge(world, "www.example.com", "AAAA")) == says("""
        www.example.com./AAAA absent NODATA
        dated -7.0 d to +21.0 d
        fresh for 300 s
        note RCODE_DIFFERS at www.example.com./AAAA for server-operator: the server said 3, the proof says NODATA
        spent 6 checks, 0 failed, 0 hash blocks, 6 questions
        (1) denial www.example.com./AAAA NODATA in example.com. by www.example.com./NSEC as told about www.example.com./AAAA on keys example.com.
    """)


def test_a_compact_denial_says_so() -> None:
    """RFC 9824 §3."""
    assert told(judge(town("compact"), "nx.example.com", "A")) == says("""
        nx.example.com./A absent NXDOMAIN compact
        dated -7.0 d to +21.0 d
        fresh for 300 s
        note COMPACT_NXDOMAIN at nx.example.com./A for zone-operator:example.com.: denied compactly, by NXNAME
        spent 6 checks, 0 failed, 0 hash blocks, 6 questions
        (1) denial nx.example.com./A NXDOMAIN in example.com. by nx.example.com./NSEC as told about nx.example.com./A on keys example.com.
    """)


def test_the_root_has_no_ds_by_configuration() -> None:
    """RFC 4035 §5.2: it has no parent that could hold one."""
    assert told(judge(town(), ".", "DS")) == says("""
        ./DS absent NODATA
        dated always to always
        fresh for inf s
        spent 0 checks, 0 failed, 0 hash blocks, 0 questions
        (1) denial ./DS NODATA under anchors 38368
    """)


def test_notes_of_every_zone_are_told_once_each() -> None:
    """RFC 9904 §3.2: three zones with nothing but SHA-1 DS, one of them on the way twice."""
    world = World()
    world.zone("one.com", digests=(1,)).add("www CNAME w", "w CNAME www.two.net.", "t CNAME nx.two.net.")
    world.zone("two.net", digests=(1,)).add("www CNAME www.three.org.")
    world.zone("three.org", digests=(1,)).add("www A 192.0.2.1")
    assert told(judge(world, "www.one.com", "A")) == says("""
        www.one.com./A secure
        alias www.one.com. CNAME w.one.com. secure by (1)
        alias w.one.com. CNAME www.two.net. secure by (2)
        alias www.two.net. CNAME www.three.org. secure by (3)
        reached www.three.org.
        value www.three.org./A
        dated -7.0 d to +21.0 d
        fresh for 3600 s
        note SHA1_DS_ONLY at one.com./DS for parent-operator: the DS has only SHA-1 digests
        note SHA1_DS_ONLY at two.net./DS for parent-operator: the DS has only SHA-1 digests
        note SHA1_DS_ONLY at three.org./DS for parent-operator: the DS has only SHA-1 digests
        spent 17 checks, 0 failed, 0 hash blocks, 14 questions
        (1) alias www.one.com./CNAME in one.com. by www.one.com./CNAME as told about www.one.com./A on keys one.com.
        (2) alias w.one.com./CNAME in one.com. by w.one.com./CNAME as told about www.one.com./A on keys one.com.
        (3) alias www.two.net./CNAME in two.net. by www.two.net./CNAME as told about www.one.com./A on keys two.net.
        (4) answer www.three.org./A in three.org. by www.three.org./A as told about www.one.com./A on keys three.org., (1), (2), (3)
    """)
    assert told(judge(world, "t.one.com", "A")) == says("""
        t.one.com./A absent NXDOMAIN
        alias t.one.com. CNAME nx.two.net. secure by (1)
        reached nx.two.net.
        dated -7.0 d to +21.0 d
        fresh for 300 s
        note SHA1_DS_ONLY at one.com./DS for parent-operator: the DS has only SHA-1 digests
        note SHA1_DS_ONLY at two.net./DS for parent-operator: the DS has only SHA-1 digests
        spent 11 checks, 0 failed, 0 hash blocks, 10 questions
        (1) alias t.one.com./CNAME in one.com. by t.one.com./CNAME as told about t.one.com./A on keys one.com.
        (2) denial nx.two.net./A NXDOMAIN in two.net. by two.net./NSEC as told about t.one.com./A on keys two.net., (1)
    """)


# --- what is insecure ------------------------------------------------------------------------------------------------


def test_r63_an_insecure_answer_shows_the_cut_and_what_was_said_below_it() -> None:
    assert told(judge(town(), "far.example.com", "A")) == says("""
        far.example.com./A insecure NO_DS sub.ent.plain.org.
        alias far.example.com. CNAME www.sub.ent.plain.org. secure by (2)
        reached www.sub.ent.plain.org.
        untrusted www.sub.ent.plain.org./A
        dated -7.0 d to +21.0 d
        fresh for 300 s
        spent 12 checks, 0 failed, 0 hash blocks, 12 questions
        (1) not-a-cut ent.plain.org./DS in plain.org. by plain.org./NSEC as told about ent.plain.org./DS on keys plain.org.
        (2) alias far.example.com./CNAME in example.com. by far.example.com./CNAME as told about far.example.com./A on keys example.com.
        (3) answer far.example.com./A unverified as told about far.example.com./A
        (4) cut sub.ent.plain.org./DS NO_DS in plain.org. by sub.ent.plain.org./NSEC as told about sub.ent.plain.org./DS on keys plain.org., (1), (2), (3)
    """)


def test_r63_an_insecure_alias_leads_to_what_is_only_reported() -> None:
    assert told(judge(town(), "in.plain.net", "A")) == says("""
        in.plain.net./A insecure NO_DS plain.net.
        alias in.plain.net. CNAME www.example.com. insecure by cut plain.net./DS NO_DS in net. by plain.net./NSEC as told about plain.net./DS
        reached www.example.com.
        untrusted www.example.com./A
        dated -7.0 d to +21.0 d
        fresh for 300 s
        spent 4 checks, 0 failed, 0 hash blocks, 5 questions
        (1) answer in.plain.net./A unverified as told about in.plain.net./A
        (2) cut plain.net./DS NO_DS in net. by plain.net./NSEC as told about plain.net./DS on keys net., (1)
    """)


def test_r63_an_insecure_absence_is_a_claim() -> None:
    """RFC 2308 §5: kept as long as the SOA says."""
    assert told(judge(town(), "none.example.com", "A")) == says("""
        none.example.com./A insecure NO_DS plain.net.
        alias none.example.com. CNAME nx.plain.net. secure by (1)
        reached nx.plain.net.
        claimed NXDOMAIN
        dated -7.0 d to +21.0 d
        fresh for 300 s
        spent 9 checks, 0 failed, 0 hash blocks, 9 questions
        (1) alias none.example.com./CNAME in example.com. by none.example.com./CNAME as told about none.example.com./A on keys example.com.
        (2) answer none.example.com./A unverified as told about none.example.com./A
        (3) cut plain.net./DS NO_DS in net. by plain.net./NSEC as told about plain.net./DS on keys net., (1), (2)
    """)


def test_r63_a_claim_behind_an_insecure_alias_costs_no_question() -> None:
    """RFC 2308 §2: the SOA of the last name's zone ends the chain, in the same message."""
    world = town()
    soa = world.message("plain.net SOA").answer
    for rcode, claimed in ((0, "NODATA"), (3, "NXDOMAIN")):
        replies(world, "of.plain.net A", authority=soa, rcode=rcode)
        outcome = judge(world, "of.plain.net", "A")
        assert isinstance(outcome, Insecure)
        assert (outcome.claimed, str(outcome.canonical), outcome.work.queries) == (claimed, "nx.plain.net.", 5)


def test_r63_an_insecure_tail_that_the_message_lacks_is_asked_for() -> None:
    world = town()
    replies(world, "in.plain.net A", answer=world.message("in.plain.net CNAME").answer, authority=())
    replies(world, "of.plain.net A", answer=world.message("of.plain.net CNAME").answer, authority=())
    assert told(judge(world, "in.plain.net", "A")) == says("""
        in.plain.net./A insecure NO_DS plain.net.
        alias in.plain.net. CNAME www.example.com. insecure by cut plain.net./DS NO_DS in net. by plain.net./NSEC as told about plain.net./DS
        reached www.example.com.
        untrusted www.example.com./A
        dated -7.0 d to +21.0 d
        fresh for 300 s
        spent 4 checks, 0 failed, 0 hash blocks, 6 questions
        (1) answer in.plain.net./A unverified as told about in.plain.net./A
        (2) answer www.example.com./A unverified as told about www.example.com./A
        (3) cut plain.net./DS NO_DS in net. by plain.net./NSEC as told about plain.net./DS on keys net., (1), (2)
    """)
    assert told(judge(world, "of.plain.net", "A")) == says("""
        of.plain.net./A insecure NO_DS plain.net.
        alias of.plain.net. CNAME nx.plain.net. insecure by cut plain.net./DS NO_DS in net. by plain.net./NSEC as told about plain.net./DS
        reached nx.plain.net.
        claimed NXDOMAIN
        dated -7.0 d to +21.0 d
        fresh for 300 s
        spent 4 checks, 0 failed, 0 hash blocks, 6 questions
        (1) answer of.plain.net./A unverified as told about of.plain.net./A
        (2) answer nx.plain.net./A unverified as told about nx.plain.net./A
        (3) cut plain.net./DS NO_DS in net. by plain.net./NSEC as told about plain.net./DS on keys net., (1), (2)
    """)


@pytest.mark.parametrize("left_out", ["authority", "SOA", "denial"])
def test_rfc6604_a_tail_that_is_not_said_to_end_is_asked_for(left_out: str) -> None:
    """RFC 6604 §3: neither an RCODE alone nor another name's SOA ends a chain at a name that the message speaks of."""
    world = town()
    alias = world.message("in.plain.net CNAME").answer
    soa = world.message("example.com SOA").answer
    other = RRset(name_of("www.example.com"), TXT, 300, (b"\x02hi",))
    answer, authority, rcode = {
        "authority": (alias, (), 3),
        "SOA": (alias, world.message("plain.net SOA").answer, 0),
        "denial": ((*alias, other), soa, 0),
    }[left_out]
    replies(world, "in.plain.net A", answer=answer, authority=authority, rcode=rcode)
    assert told(judge(world, "in.plain.net", "A")) == says("""
        in.plain.net./A insecure NO_DS plain.net.
        alias in.plain.net. CNAME www.example.com. insecure by cut plain.net./DS NO_DS in net. by plain.net./NSEC as told about plain.net./DS
        reached www.example.com.
        untrusted www.example.com./A
        dated -7.0 d to +21.0 d
        fresh for 300 s
        spent 4 checks, 0 failed, 0 hash blocks, 6 questions
        (1) answer in.plain.net./A unverified as told about in.plain.net./A
        (2) answer www.example.com./A unverified as told about www.example.com./A
        (3) cut plain.net./DS NO_DS in net. by plain.net./NSEC as told about plain.net./DS on keys net., (1), (2)
    """)


def test_r103_what_is_not_verified_lasts_from_its_receipt_or_else_from_now() -> None:
    for received, age in ((0.0, 0), (float(World().now - 10), 10)):
        world = World()
        plain = world.zone("plain.net", signed=False, ttl=60, minimum=40)
        plain.add("www A 192.0.2.3", "in 50 CNAME www", "of CNAME nx")

        def stamped(honest: Message | NoReply, received: float = received) -> Message:
            assert isinstance(honest, Message)
            message = changed(honest)
            message.received_at = received
            return message

        for question, seconds in (("www.plain.net A", 60), ("of.plain.net A", 40), ("in.plain.net A", 50)):
            world.override(question, stamped)
            outcome = judge(world, *question.split())
            assert isinstance(outcome, Insecure)
            assert outcome.fresh_until - world.now == seconds - age, question


def test_r57_a_message_that_proves_the_insecurity_itself_is_told_once() -> None:
    """RFC 5155 §9.2: an opt-out span covers the name."""
    assert told(judge(town("opt-out"), "nx.example.com", "A")) == says("""
        nx.example.com./A insecure OPT_OUT nx.example.com.
        claimed NXDOMAIN
        dated -7.0 d to +21.0 d
        fresh for 300 s
        spent 8 checks, 0 failed, 102 hash blocks, 6 questions
        (1) cut nx.example.com./DS OPT_OUT in example.com. by onib9mgub9h0rml3cdf5bgrj59dkjhvk.example.com./NSEC3, hsjkcv2i11545s5ogtuu1ja9pna677ec.example.com./NSEC3 as told about nx.example.com./A on keys example.com.
    """)


def test_r63_silence_behind_an_insecure_alias_names_the_cut() -> None:
    world = silence(town(), "www.example.com A")
    replies(world, "in.plain.net A", answer=world.message("in.plain.net CNAME").answer, authority=())
    assert told(judge(world, "in.plain.net", "A")) == says("""
        in.plain.net./A indeterminate NO_REPLY under plain.net.
        alias in.plain.net. CNAME www.example.com. insecure by (1)
        reached www.example.com.
        cause NO_REPLY at www.example.com./A for server-operator: no usable reply: behind an insecure alias
        retry in 5 s
        enclosed by (1)
        spent 4 checks, 0 failed, 0 hash blocks, 6 questions
        (1) cut plain.net./DS NO_DS in net. by plain.net./NSEC as told about plain.net./DS on keys net.
        (2) failure www.example.com./A as told about in.plain.net./A for NO_REPLY on (1)
    """)


@pytest.mark.parametrize(
    "question", ["www.example.com A", "alias.example.com A", "nx.example.com A", "www.d.example.com A"]
)
def test_r98_a_negative_anchor_exempts_whatever_is_said(question: str) -> None:
    """RFC 7646 §2."""
    world = town()
    policy = Policy(negative_anchors={"example.com": world.now + 5 * DAY})
    wanted = {
        "www.example.com A": """
            www.example.com./A insecure NEGATIVE_ANCHOR example.com.
            untrusted www.example.com./A
            dated +0.0 d to +5.0 d
            fresh for 3600 s
            spent 0 checks, 0 failed, 0 hash blocks, 1 questions
            (1) answer www.example.com./A unverified as told about www.example.com./A
            (2) negative-anchor example.com./DS NEGATIVE_ANCHOR on (1)
        """,
        "alias.example.com A": """
            alias.example.com./A insecure NEGATIVE_ANCHOR example.com.
            alias alias.example.com. CNAME www.example.com. insecure by negative-anchor example.com./DS NEGATIVE_ANCHOR
            reached www.example.com.
            untrusted www.example.com./A
            dated +0.0 d to +5.0 d
            fresh for 3600 s
            spent 0 checks, 0 failed, 0 hash blocks, 1 questions
            (1) answer alias.example.com./A unverified as told about alias.example.com./A
            (2) negative-anchor example.com./DS NEGATIVE_ANCHOR on (1)
        """,
        "nx.example.com A": """
            nx.example.com./A insecure NEGATIVE_ANCHOR example.com.
            claimed NXDOMAIN
            dated +0.0 d to +5.0 d
            fresh for 300 s
            spent 0 checks, 0 failed, 0 hash blocks, 1 questions
            (1) answer nx.example.com./A unverified as told about nx.example.com./A
            (2) negative-anchor example.com./DS NEGATIVE_ANCHOR on (1)
        """,
        "www.d.example.com A": """
            www.d.example.com./A insecure NEGATIVE_ANCHOR example.com.
            alias www.d.example.com. DNAME www.other.net. insecure by negative-anchor example.com./DS NEGATIVE_ANCHOR
            reached www.other.net.
            untrusted www.other.net./A
            dated +0.0 d to +5.0 d
            fresh for 3600 s
            spent 0 checks, 0 failed, 0 hash blocks, 1 questions
            (1) answer www.d.example.com./A unverified as told about www.d.example.com./A
            (2) negative-anchor example.com./DS NEGATIVE_ANCHOR on (1)
        """,
    }
    assert told(judge(world, *question.split(), policy=policy)) == says(wanted[question])


def test_r98_an_alias_may_lead_below_a_negative_anchor() -> None:
    world = town()
    policy = Policy(negative_anchors={"other.net": world.now + 5 * DAY})
    assert told(judge(world, "no.example.com", "A", policy=policy)) == says("""
        no.example.com./A insecure NEGATIVE_ANCHOR other.net.
        alias no.example.com. CNAME nx.other.net. secure by (1)
        reached nx.other.net.
        claimed NXDOMAIN
        dated +0.0 d to +5.0 d
        fresh for 300 s
        spent 6 checks, 0 failed, 0 hash blocks, 6 questions
        (1) alias no.example.com./CNAME in example.com. by no.example.com./CNAME as told about no.example.com./A on keys example.com.
        (2) answer no.example.com./A unverified as told about no.example.com./A
        (3) negative-anchor other.net./DS NEGATIVE_ANCHOR on (1), (2)
    """)


def test_r98_silence_below_a_negative_anchor_says_who_was_silent() -> None:
    """R122: it is indeterminate, under the point that would have made it insecure."""
    world = silence(town(), "www.example.com A", retry_at=World().now + 30)
    policy = Policy(negative_anchors={"example.com": world.now + 5 * DAY})
    assert told(judge(world, "www.example.com", "A", policy=policy)) == says("""
        www.example.com./A indeterminate NO_REPLY under example.com.
        cause NO_REPLY at www.example.com./A for server-operator: no usable reply: 192.0.2.53: no answer
        retry in 30 s
        enclosed by (1)
        spent 0 checks, 0 failed, 0 hash blocks, 1 questions
        (1) negative-anchor example.com./DS NEGATIVE_ANCHOR
        (2) failure www.example.com./A for NO_REPLY on (1)
    """)


# --- what could not be found out -------------------------------------------------------------------------------------


def test_r84_a_type_that_nobody_signs_is_named() -> None:
    """RFC 4035 §2.2."""
    assert told(judge(town(), "www.example.com", "RRSIG")) == says("""
        www.example.com./RRSIG indeterminate UNSIGNABLE_TYPE
        cause UNSIGNABLE_TYPE at www.example.com./RRSIG for caller: no signature can cover type RRSIG
        retry in 5 s
        spent 0 checks, 0 failed, 0 hash blocks, 0 questions
        (1) failure www.example.com./RRSIG for UNSIGNABLE_TYPE
    """)


@pytest.mark.parametrize("question", ["www.example.org A", "example.com DS"])
def test_r1_a_name_without_an_anchor_is_named(question: str) -> None:
    """For type DS an anchor at the name itself does not count (RFC 6840 appendix C.1)."""
    world = World()
    world.zone("example.com", island=True)
    anchors = Anchors.from_text(world.zone("example.com").anchor_text)
    wanted = {
        "www.example.org A": """
            www.example.org./A indeterminate NO_ANCHOR
            cause NO_ANCHOR at www.example.org./A for local-anchors: no trust anchor is configured at or above the name
            retry in 5 s
            spent 0 checks, 0 failed, 0 hash blocks, 0 questions
            (1) failure www.example.org./A for NO_ANCHOR
        """,
        "example.com DS": """
            example.com./DS indeterminate NO_ANCHOR
            cause NO_ANCHOR at example.com./DS for local-anchors: no trust anchor is configured at or above the name
            retry in 5 s
            spent 0 checks, 0 failed, 0 hash blocks, 0 questions
            (1) failure example.com./DS for NO_ANCHOR
        """,
    }
    assert told(judge(world, *question.split(), anchors=anchors)) == says(wanted[question])


def test_r67_a_loop_names_the_hop_that_closes_it() -> None:
    assert told(judge(town(), "a.example.com", "A")) == says("""
        a.example.com./A indeterminate ALIAS_LIMIT
        alias a.example.com. CNAME b.example.com. secure by (1)
        alias b.example.com. CNAME a.example.com. secure by (2)
        cause CNAME_LOOP at b.example.com./A for zone-operator: the aliases form a loop
        retry in 5 s
        spent 7 checks, 0 failed, 0 hash blocks, 6 questions
        (1) alias a.example.com./CNAME in example.com. by a.example.com./CNAME as told about a.example.com./A on keys example.com.
        (2) alias b.example.com./CNAME in example.com. by b.example.com./CNAME as told about a.example.com./A on keys example.com.
        (3) failure a.example.com./A as told about a.example.com./A for CNAME_LOOP on (1), (2)
    """)


def test_r67_a_loop_of_insecure_aliases_ends_too() -> None:
    world = town()
    world.zone("plain.net").add("a CNAME b", "b CNAME c", "c CNAME b")
    assert told(judge(world, "a.plain.net", "A")) == says("""
        a.plain.net./A indeterminate ALIAS_LIMIT
        alias a.plain.net. CNAME b.plain.net. insecure by cut plain.net./DS NO_DS in net. by plain.net./NSEC as told about plain.net./DS
        alias b.plain.net. CNAME c.plain.net. insecure by cut plain.net./DS NO_DS in net. by plain.net./NSEC as told about plain.net./DS
        alias c.plain.net. CNAME b.plain.net. insecure by cut plain.net./DS NO_DS in net. by plain.net./NSEC as told about plain.net./DS
        reached b.plain.net.
        cause CNAME_LOOP at c.plain.net./A for zone-operator: the aliases form a loop
        retry in 5 s
        spent 4 checks, 0 failed, 0 hash blocks, 5 questions
        (1) failure b.plain.net./A as told about a.plain.net./A for CNAME_LOOP
    """)


def test_r67_a_chain_that_is_too_long_names_the_limit() -> None:
    policy = Policy(limits=Limits(aliases=1))
    assert told(judge(town(), "x.deep.example.com", "A", policy=policy)) == says("""
        x.deep.example.com./A indeterminate ALIAS_LIMIT
        alias x.deep.example.com. CNAME x.wild.example.com. secure by (1)
        alias x.wild.example.com. CNAME www.example.com. secure by (2)
        reached www.example.com.
        cause ALIAS_LIMIT at x.wild.example.com./A for zone-operator: the chain of aliases is longer than 1
        retry in 5 s
        spent 9 checks, 0 failed, 0 hash blocks, 6 questions
        (1) alias x.deep.example.com./CNAME in example.com. by x.deep.example.com./CNAME, *.deep.example.com./NSEC as told about x.deep.example.com./A on keys example.com.
        (2) alias x.wild.example.com./CNAME in example.com. by x.wild.example.com./CNAME, *.wild.example.com./NSEC as told about x.deep.example.com./A on keys example.com.
        (3) failure www.example.com./A as told about x.deep.example.com./A for ALIAS_LIMIT on (1), (2)
    """)


def test_r64_a_dname_that_makes_too_long_a_name_is_named() -> None:
    """RFC 6672 §2.2: never an absence."""
    world = World()
    world.zone("example.com").add(f"d DNAME {'.'.join(['x' * 60] * 3)}.net.")
    assert told(judge(world, f"{'y' * 60}.{'y' * 9}.d.example.com", "A")) == says("""
        yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy.yyyyyyyyy.d.example.com./A indeterminate DNAME_TOO_LONG
        cause DNAME_TOO_LONG at yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy.yyyyyyyyy.d.example.com./A for zone-operator: the DNAME makes a name of more than 255 octets
        retry in 5 s
        spent 6 checks, 0 failed, 0 hash blocks, 6 questions
        (1) alias d.example.com./DNAME in example.com. by d.example.com./DNAME as told about yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy.yyyyyyyyy.d.example.com./A on keys example.com.
        (2) failure yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy.yyyyyyyyy.d.example.com./A as told about yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy.yyyyyyyyy.d.example.com./A for DNAME_TOO_LONG on (1)
    """)


@pytest.mark.parametrize("why", ["timeout", "deadline", "unfit"])
def test_r122_silence_in_a_secure_zone_is_told(why: str) -> None:
    world = silence(town(), "a.b.www.example.com A", why, retry_at=World().now + 17)
    wanted = {
        "timeout": """
            a.b.www.example.com./A indeterminate NO_REPLY
            cause NO_REPLY at a.b.www.example.com./A for server-operator: no usable reply: 192.0.2.53: no answer
            retry in 17 s
            spent 7 checks, 0 failed, 0 hash blocks, 8 questions
            (1) not-a-cut www.example.com./DS in example.com. by www.example.com./NSEC as told about www.example.com./DS on keys example.com.
            (2) not-a-cut b.www.example.com./DS in example.com. by www.example.com./NSEC as told about b.www.example.com./DS on keys example.com., (1)
            (3) failure a.b.www.example.com./A for NO_REPLY on keys example.com., (1), (2)
        """,
        "deadline": """
            a.b.www.example.com./A indeterminate DEADLINE
            cause DEADLINE at a.b.www.example.com./A for caller: 192.0.2.53: no answer
            retry in 17 s
            spent 7 checks, 0 failed, 0 hash blocks, 8 questions
            (1) not-a-cut www.example.com./DS in example.com. by www.example.com./NSEC as told about www.example.com./DS on keys example.com.
            (2) not-a-cut b.www.example.com./DS in example.com. by www.example.com./NSEC as told about b.www.example.com./DS on keys example.com., (1)
            (3) failure a.b.www.example.com./A for DEADLINE on keys example.com., (1), (2)
        """,
        "unfit": """
            a.b.www.example.com./A indeterminate UPSTREAM_UNFIT
            cause UPSTREAM_STRIPS_DNSSEC at a.b.www.example.com./A for upstream: this upstream is not DNSSEC-aware: 192.0.2.53: no answer
            retry in 17 s
            spent 7 checks, 0 failed, 0 hash blocks, 8 questions
            (1) not-a-cut www.example.com./DS in example.com. by www.example.com./NSEC as told about www.example.com./DS on keys example.com.
            (2) not-a-cut b.www.example.com./DS in example.com. by www.example.com./NSEC as told about b.www.example.com./DS on keys example.com., (1)
            (3) failure a.b.www.example.com./A for UPSTREAM_STRIPS_DNSSEC on keys example.com., (1), (2)
        """,
    }
    assert told(judge(world, "a.b.www.example.com", "A")) == says(wanted[why])


def test_r122_silence_below_an_insecure_cut_is_told() -> None:
    world = silence(town(), "www.sub.ent.plain.org A", retry_at=World().now + 17)
    assert told(judge(world, "www.sub.ent.plain.org", "A")) == says("""
        www.sub.ent.plain.org./A indeterminate NO_REPLY under sub.ent.plain.org.
        cause NO_REPLY at www.sub.ent.plain.org./A for server-operator: no usable reply: 192.0.2.53: no answer
        retry in 17 s
        enclosed by (2)
        spent 7 checks, 0 failed, 0 hash blocks, 8 questions
        (1) not-a-cut ent.plain.org./DS in plain.org. by plain.org./NSEC as told about ent.plain.org./DS on keys plain.org.
        (2) cut sub.ent.plain.org./DS NO_DS in plain.org. by sub.ent.plain.org./NSEC as told about sub.ent.plain.org./DS on keys plain.org., (1)
        (3) failure www.sub.ent.plain.org./A for NO_REPLY on (1), (2)
    """)


def test_r122_silence_about_a_ds_is_judged_by_the_parent() -> None:
    """RFC 4035 §5.2: the state of the child does not matter."""
    world = silence(town(), "broken.net DS")
    assert told(judge(world, "broken.net", "DS")) == says("""
        broken.net./DS indeterminate NO_REPLY
        cause NO_REPLY at broken.net./DS for server-operator: no usable reply: 192.0.2.53: no answer
        retry in 5 s
        spent 3 checks, 0 failed, 0 hash blocks, 4 questions
        (1) failure broken.net./DS for NO_REPLY on keys net.
    """)


def test_r122_silence_in_a_zone_that_is_broken_is_bogus() -> None:
    world = silence(town(), "www.ent.broken.net A")
    world.zone("broken.net").damage("ds-mismatch")
    assert told(judge(world, "www.ent.broken.net", "A")) == says("""
        www.ent.broken.net./A bogus DIGEST_INVALID
        cause DIGEST_INVALID at broken.net./DNSKEY for zone-operator:broken.net.: the DS for key 9070/13 has another digest
        retry in 5 s
        spent 4 checks, 0 failed, 0 hash blocks, 8 questions
        (1) failure broken.net./DNSKEY as told about broken.net./DNSKEY for DIGEST_INVALID refused NO_SEP at broken.net./DNSKEY on ds broken.net.
        (2) failure www.ent.broken.net./A for DIGEST_INVALID refused NO_REPLY at www.ent.broken.net./A on (1)
    """)


@pytest.mark.parametrize(
    ("why", "keys", "wanted"),
    [
        ("timeout", "timeout", "NO_REPLY, by NO_REPLY at www.example.com./A"),
        ("timeout", "deadline", "DEADLINE, by DEADLINE at ./DNSKEY"),
        ("timeout", "unsigned", "UPSTREAM_UNFIT, by UPSTREAM_STRIPS_DNSSEC at ./DNSKEY"),
        ("deadline", "timeout", "DEADLINE, by DEADLINE at www.example.com./A"),
        ("deadline", "deadline", "DEADLINE, by DEADLINE at www.example.com./A"),
        ("deadline", "unsigned", "DEADLINE, by DEADLINE at www.example.com./A"),
        ("unfit", "timeout", "UPSTREAM_UNFIT, by UPSTREAM_STRIPS_DNSSEC at www.example.com./A"),
        ("unfit", "deadline", "UPSTREAM_UNFIT, by UPSTREAM_STRIPS_DNSSEC at www.example.com./A"),
        ("unfit", "unsigned", "UPSTREAM_UNFIT, by UPSTREAM_STRIPS_DNSSEC at www.example.com./A"),
    ],
)
def test_r122_silence_where_the_keys_do_not_come_either(why: str, keys: str, wanted: str) -> None:
    """The more telling of the two findings decides, but for a deadline of the question: that is the caller's own."""
    world = silence(town(), "www.example.com A", why)
    if keys == "unsigned":
        world.zone(".").damage("dnskey-unsigned")
    else:
        silence(world, ". DNSKEY", keys)
    outcome = judge(world, "www.example.com", "A")
    assert isinstance(outcome, Indeterminate)
    assert f"{outcome.why}, by {outcome.finding.code} at {outcome.finding.at}" == wanted
    assert [step.step for step in outcome.proof.walk()] == ["failure", "failure"]


@pytest.mark.parametrize("why", ["timeout", "deadline"])
def test_r122_a_bad_reply_and_no_keys_is_indeterminate(why: str) -> None:
    """What was found wrong with the reply is kept; the question is not asked again, for nothing could hold it."""
    world = silence(town(), "example.com DNSKEY", why)
    world.zone("example.com").damage("signature-missing", "www A")
    wanted = {
        "timeout": """
            www.example.com./A indeterminate NO_REPLY
            cause NO_REPLY at example.com./DNSKEY for server-operator: no usable reply: 192.0.2.53: no answer
            retry in 5 s
            spent 4 checks, 0 failed, 0 hash blocks, 6 questions
            (1) failure example.com./DNSKEY for NO_REPLY on ds example.com.
            (2) failure www.example.com./A as told about www.example.com./A for NO_REPLY refused MISSING_RRSIG at www.example.com./A on (1)
        """,
        "deadline": """
            www.example.com./A indeterminate DEADLINE
            cause DEADLINE at example.com./DNSKEY for caller: 192.0.2.53: no answer
            retry in 5 s
            spent 4 checks, 0 failed, 0 hash blocks, 6 questions
            (1) failure example.com./DNSKEY for DEADLINE on ds example.com.
            (2) failure www.example.com./A as told about www.example.com./A for DEADLINE refused MISSING_RRSIG at www.example.com./A on (1)
        """,
    }
    assert told(judge(world, "www.example.com", "A")) == says(wanted[why])


# --- what is bogus ---------------------------------------------------------------------------------------------------


def test_r24_a_bogus_answer_shows_what_was_tried() -> None:
    assert told(judge(town(), "bad.example.com", "A")) == says("""
        bad.example.com./A bogus SIGNATURE_INVALID
        alias bad.example.com. CNAME www.broken.net. secure by (1)
        reached www.broken.net.
        cause SIGNATURE_INVALID at www.broken.net./A for zone-operator:broken.net.: no signature by key 9070/13 verifies
        retry in 5 s
        spent 12 checks, 1 failed, 0 hash blocks, 14 questions
        (1) alias bad.example.com./CNAME in example.com. by bad.example.com./CNAME as told about bad.example.com./A on keys example.com.
        (2) not-a-cut www.broken.net./DS in broken.net. by www.broken.net./NSEC as told about www.broken.net./DS on keys broken.net.
        (3) failure www.broken.net./A as told about www.broken.net./A for SIGNATURE_INVALID on (1), keys broken.net., (2)
    """)


def test_r97_every_reply_and_every_finding_is_kept() -> None:
    """Three replies to one question, each wrong in its own way."""
    world = town()
    honest = world.message("www.example.com A")
    (rrset,) = honest.answer
    forged = RRset(rrset.owner, A, rrset.ttl, (bytes((192, 0, 2, 66)),), rrset.rrsigs)
    script = (
        changed(honest, answer=(forged,)),
        changed(honest, answer=(rrset.with_rrsigs(()),)),
        changed(honest, answer=()),
    )
    source = Counting(world, lambda question, _, times: script[times - 1] if question == honest.question else None)
    loop = Loop(source, anchors=world.anchors, policy=Policy(), now=world.now)
    assert told(loop.lookup(honest.question)) == says("""
        www.example.com./A bogus SIGNATURE_INVALID
        cause SIGNATURE_INVALID at www.example.com./A for zone-operator:example.com.: no signature by key 25410/13 verifies
        retry in 5 s
        spent 7 checks, 1 failed, 0 hash blocks, 9 questions
        (1) failure www.example.com./A as told about www.example.com./A
        (2) failure www.example.com./A as told about www.example.com./A
        (3) not-a-cut www.example.com./DS in example.com. by www.example.com./NSEC as told about www.example.com./DS on keys example.com.
        (4) failure www.example.com./A as told about www.example.com./A for SIGNATURE_INVALID refused MISSING_DENIAL at www.example.com./A, MISSING_RRSIG at www.example.com./A on (1), (2), keys example.com., (3)
    """)


def test_r142_of_many_findings_eight_are_kept() -> None:
    """RFC 4035 §5.3.1: signers that are no zone, ten of them, and then eight and nine findings in all."""
    world = town()
    honest = world.message("www.example.com A")
    (rrset,) = honest.answer
    labels = rrset.rrsigs[0][1][:18]
    for count, kept, more in ((8, 7, 0), (9, 8, 0), (10, 8, 1), (12, 8, 3)):
        signers = [name_of(f"s{number}.example.org") for number in range(count)]
        signatures = tuple((300, labels + signer.wire + bytes(64)) for signer in signers)
        world.override("www.example.com A", changed(honest, answer=(rrset.with_rrsigs(signatures),)))
        outcome = judge(world, "www.example.com", "A")
        assert (len(outcome.proof.refused), outcome.proof.refused_more) == (kept, more), count


def test_r117_a_lookup_in_a_broken_zone_names_the_zones_fault() -> None:
    world = town()
    world.zone("example.com").damage("ds-mismatch")
    assert told(judge(world, "www.example.com", "A")) == says("""
        www.example.com./A bogus DIGEST_INVALID
        cause DIGEST_INVALID at example.com./DNSKEY for zone-operator:example.com.: the DS for key 25410/13 has another digest
        retry in 5 s
        spent 4 checks, 0 failed, 0 hash blocks, 10 questions
        (1) failure example.com./DNSKEY as told about example.com./DNSKEY for DIGEST_INVALID refused NO_SEP at example.com./DNSKEY on ds example.com.
        (2) failure www.example.com./A as told about www.example.com./A for DIGEST_INVALID on (1)
    """)


def test_r90_a_lookup_that_reaches_its_limit_is_told() -> None:
    assert told(judge(town(), "www.example.com", "A", policy=Policy(limits=Limits(queries=0)))) == says("""
        www.example.com./A bogus WORK_LIMIT
        cause WORK_LIMIT at www.example.com./A for zone-operator: the work limit was reached: more than 0 questions
        retry in 5 s
        spent 0 checks, 0 failed, 0 hash blocks, 1 questions
        (1) failure www.example.com./A for WORK_LIMIT
    """)
    some = Policy(limits=Limits(verifications=6))
    assert told(judge(town(), "bad.example.com", "A", policy=some)) == says("""
        bad.example.com./A bogus WORK_LIMIT
        alias bad.example.com. CNAME www.broken.net. secure by (1)
        reached www.broken.net.
        cause WORK_LIMIT at bad.example.com./A for zone-operator: the work limit was reached: more than 6 units of signature checks
        retry in 5 s
        spent 10 checks, 0 failed, 0 hash blocks, 10 questions
        (1) alias bad.example.com./CNAME in example.com. by bad.example.com./CNAME as told about bad.example.com./A on keys example.com.
        (2) failure www.broken.net./A for WORK_LIMIT on (1)
    """)


def test_r97_a_lookup_that_may_not_ask_is_never_secure() -> None:
    assert told(judge(town(), "www.example.com", "A", policy=Policy(limits=Limits(attempts=0)))) == says("""
        www.example.com./A bogus MISSING_RRSIG
        cause MISSING_RRSIG at www.example.com./A for zone-operator: there is no signature, in a zone that is signed
        retry in 5 s
        spent 0 checks, 0 failed, 0 hash blocks, 0 questions
        (1) failure www.example.com./A for MISSING_RRSIG
    """)


@pytest.mark.parametrize("late", [30, -30])
def test_r102_where_the_anchors_own_zone_is_out_of_date_the_clock_is_suspected(late: int) -> None:
    world = town()
    wanted = {
        30: """
            www.example.com./A bogus EXPIRATION_IN_PAST
            cause EXPIRATION_IN_PAST at ./DNSKEY for zone-operator:.: the signature expired 9d 0h ago, on 2026-06-22T12:00:00Z
            retry in 5 s
            note CLOCK_SUSPECT at ./DNSKEY for local-clock: your clock seems to be off by 9d 0h
            spent 1 checks, 0 failed, 0 hash blocks, 8 questions
            (1) failure ./DNSKEY under anchors 38368 as told about ./DNSKEY for EXPIRATION_IN_PAST
            (2) failure www.example.com./A as told about www.example.com./A for EXPIRATION_IN_PAST on (1)
        """,
        -30: """
            www.example.com./A bogus INCEPTION_IN_FUTURE
            cause INCEPTION_IN_FUTURE at ./DNSKEY for zone-operator:.: the signature is not valid before 2026-05-25T12:00:00Z, in 23d 0h
            retry in 5 s
            note CLOCK_SUSPECT at ./DNSKEY for local-clock: your clock seems to be off by 23d 0h
            spent 1 checks, 0 failed, 0 hash blocks, 8 questions
            (1) failure ./DNSKEY under anchors 38368 as told about ./DNSKEY for INCEPTION_IN_FUTURE
            (2) failure www.example.com./A as told about www.example.com./A for INCEPTION_IN_FUTURE on (1)
        """,
    }
    assert told(judge(world, "www.example.com", "A", now=world.now + late * DAY)) == says(wanted[late])


def test_r102_where_another_zone_is_out_of_date_the_clock_is_not_suspected() -> None:
    world = town()
    world.zone("example.com").damage("signature-expired", "www A")
    assert told(judge(world, "www.example.com", "A")) == says("""
        www.example.com./A bogus EXPIRATION_IN_PAST
        cause EXPIRATION_IN_PAST at www.example.com./A for zone-operator:example.com.: the signature expired 1d 0h ago, on 2026-05-31T12:00:00Z
        retry in 5 s
        spent 7 checks, 0 failed, 0 hash blocks, 9 questions
        (1) not-a-cut www.example.com./DS in example.com. by www.example.com./NSEC as told about www.example.com./DS on keys example.com.
        (2) failure www.example.com./A as told about www.example.com./A for EXPIRATION_IN_PAST on keys example.com., (1)
    """)
    world.zone("example.com").damage("signature-expired", "@ DNSKEY")
    assert told(judge(world, "www.example.com", "A")) == says("""
        www.example.com./A bogus EXPIRATION_IN_PAST
        cause EXPIRATION_IN_PAST at example.com./DNSKEY for zone-operator:example.com.: the signature expired 1d 0h ago, on 2026-05-31T12:00:00Z
        retry in 5 s
        spent 5 checks, 0 failed, 0 hash blocks, 10 questions
        (1) failure example.com./DNSKEY as told about example.com./DNSKEY for EXPIRATION_IN_PAST on ds example.com.
        (2) failure www.example.com./A as told about www.example.com./A for EXPIRATION_IN_PAST on (1)
    """)


def test_an_indeterminate_outcome_keeps_its_notes() -> None:
    world = World()
    world.zone("one.com", digests=(1,)).add("a CNAME b", "b CNAME a")
    outcome = judge(world, "a.one.com", "A")
    assert isinstance(outcome, Indeterminate)
    assert [f"{note.code} at {note.at}" for note in outcome.notes] == ["SHA1_DS_ONLY at one.com./DS"]
