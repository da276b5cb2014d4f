"""Zone cuts and the walk: R5 to R9, R115 to R118, R123, R128, R146 (RFC 4035 §4.3, §5.2; RFC 6840 §4.4)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from resolver.data.name import Name
from resolver.data.rrset import Message, NoReply, Question, RRset
from resolver.data.types import CNAME, DNSKEY, DS, A
from resolver.data.views import bitmap_of, read_nsec
from resolver.engine.loop import Loop
from resolver.testing import World
from resolver.testing.signing import make_ds, make_rrsig, order_for
from resolver.validator import chain
from resolver.validator.anchors import Anchors
from resolver.validator.ask import run
from resolver.validator.context import Context
from resolver.validator.outcome import Insecure, Secure
from resolver.validator.policy import Policy
from resolver.validator.states import BrokenZone
from tests.validator.judging import (
    Counting,
    codes,
    denials,
    judge,
    name_of,
    replies,
    said,
    verdict,
)


def tree(denial: str = "nsec") -> World:
    """Secure down to example.com; below it a secure, an unsigned and a deep unsigned child."""
    world = World()
    world.zone("com", denial=denial)  # type: ignore[arg-type]
    world.zone("example.com", denial=denial).add(  # type: ignore[arg-type]
        "@ MX 10 mail", "mail A 192.0.2.1", "alias CNAME mail", "*.wild CNAME mail", "d DNAME mail", "h.ent A 192.0.2.8"
    )
    world.zone("safe.example.com", denial=denial).add("@ A 192.0.2.2", "www A 192.0.2.3")  # type: ignore[arg-type]
    world.zone("open.example.com", signed=False).add("@ A 192.0.2.4", "www A 192.0.2.5")
    world.zone("far.b.example.com", signed=False).add("www A 192.0.2.6")
    return world


def signed_by(world: World, zone: str, owner: str, rdtype: int, rdata: tuple[bytes, ...], **changes: object) -> RRset:
    """An RRset signed with a zone's genuine key, whatever its owner."""
    apex = world.zone(zone)
    name = name_of(owner)
    order = order_for(name, rdtype, 300, apex.settings.validity, apex.name, apex.keys[0])._replace(**changes)  # type: ignore[arg-type]
    bare = RRset(name, rdtype, 300, rdata)
    return bare.with_rrsigs(((300, make_rrsig(order, bare.rdata)),))


# R5: what is a cut


@pytest.mark.parametrize("denial", ["nsec", "nsec3"])
@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("www.open.example.com A", "insecure NO_DS open.example.com."),
        ("open.example.com TLSA", "insecure NO_DS open.example.com."),
        ("www.far.b.example.com A", "insecure NO_DS far.b.example.com."),
        ("www.safe.example.com A", "secure"),
        ("open.example.com DS", "absent NODATA"),
        ("b.example.com A", "absent NODATA"),
    ],
)
def test_r5_a_cut_is_what_is_proven_to_be_one(denial: str, question: str, wanted: str) -> None:
    assert said(tree(denial), *question.split()) == wanted


def test_r5_a_name_without_ns_is_no_cut_whatever_its_alias_bit_says() -> None:
    world = tree()
    world.zone("example.com").add("alias2 CNAME mail").damage("signature-missing", "alias2 CNAME")
    assert said(world, "alias2.example.com", "A").startswith("bogus")


def test_r5_ns_of_a_referral_proves_no_cut() -> None:
    world = tree()
    name = name_of("mail.example.com")
    ns = RRset(name, 2, 300, (name_of("ns.invalid").wire,))
    replies(world, "mail.example.com A", answer=(), authority=(ns,))
    replies(world, "mail.example.com DS", answer=(), authority=(ns,))
    assert said(world, "mail.example.com", "A").startswith("bogus")


# R6: insecurity needs a proof


def test_r6_missing_signatures_below_a_secure_delegation_are_bogus() -> None:
    world = tree()
    world.zone("safe.example.com").damage("signatures-stripped", "www A")
    assert said(world, "www.safe.example.com", "A") == "bogus MISSING_RRSIG"


@pytest.mark.parametrize("damage", ["denial-stripped", "denial-unsigned", "denial-of-apex", "authority-removed"])
def test_r6_a_lacking_denial_of_ds_is_no_denial(damage: str) -> None:
    world = tree()
    world.zone("example.com").damage(damage, "open DS")
    assert said(world, "www.open.example.com", "A").startswith("bogus")


def test_r6_a_stripped_ds_of_a_secure_child_is_bogus() -> None:
    for denial in ("nsec", "nsec3", "opt-out"):
        world = tree(denial)
        world.zone("example.com").damage("answer-removed", "safe DS")
        world.zone("safe.example.com").damage("dnssec-stripped")
        assert said(world, "www.safe.example.com", "A").startswith(("bogus", "indeterminate")), denial


# R7: from the parent's side


def test_r7_the_childs_own_denial_of_ds_proves_nothing() -> None:
    world = World()
    world.zone("example.com")
    world.zone("safe.example.com").add("www A 192.0.2.3")
    own = tuple(world.zone("safe.example.com").denial.all())
    replies(world, "safe.example.com DS", answer=(), authority=own)
    world.zone("safe.example.com").damage("signature-missing", "www A")
    outcome = judge(world, "www.safe.example.com", "A")
    assert outcome.status == "bogus"


def test_r7_an_apex_record_with_soa_does_not_deny_ds_although_the_parents_key_signed_it() -> None:
    """The parent's NSEC with NS and SOA would be a child's record under the parent's keys."""
    world = tree()
    zone = world.zone("example.com")
    honest = denials(world.message("open.example.com DS"))[0]
    view = read_nsec(honest.rdata[0])
    assert view is not None
    lie = signed_by(world, "example.com", "open.example.com", 47, (view.next.wire + bitmap_of({2, 6, 46, 47}),))
    replies(world, "open.example.com DS", authority=(lie,))
    assert zone.name == name_of("example.com")
    assert said(world, "www.open.example.com", "A") == "bogus REFERRAL_WITH_SOA"


# R8: nothing above a cut that was passed


def test_r8_a_grandparents_denial_does_not_make_a_child_insecure() -> None:
    """BIND #5967: com holds records below the secure cut example.com."""
    world = World()
    world.zone("com").add("open.example NS ns.invalid.")
    world.zone("example.com").add("mail A 192.0.2.1")
    lie = signed_by(world, "com", "open.example.com", 47, (name_of("z.example.com").wire + bitmap_of({2, 46, 47}),))
    name = name_of("www.open.example.com")
    replies(world, "open.example.com DS", answer=(), authority=(lie,))
    replies(world, "www.open.example.com A", answer=(RRset(name, A, 300, (bytes(4),)),), authority=(lie,))
    assert said(world, "www.open.example.com", "A").startswith("bogus")


def test_r8_a_record_of_the_grandparent_is_dropped_where_a_cut_between_is_held() -> None:
    world = tree()
    forged = signed_by(world, "com", "mail.example.com", A, (bytes(4),))
    replies(world, "mail.example.com A", answer=(forged,))
    source = Counting(world)
    loop = Loop(source, anchors=world.anchors, policy=Policy(), now=world.now)
    assert loop.lookup(Question.of("example.com", "MX")).status == "secure"
    outcome = loop.lookup(Question.of("mail.example.com", "A"))
    assert outcome.status == "bogus" and "PROOF_ABOVE_SECURE_CUT" in codes(outcome)


def test_r8_a_denial_of_the_grandparent_is_dropped_where_a_cut_between_is_held() -> None:
    world = tree()
    lie = signed_by(world, "com", "mail.example.com", 47, (name_of("z.example.com").wire + bitmap_of({46, 47}),))
    replies(world, "mail.example.com A", answer=(), authority=(lie,))
    loop = Loop(world.source(), anchors=world.anchors, policy=Policy(), now=world.now)
    assert loop.lookup(Question.of("example.com", "MX")).status == "secure"
    outcome = loop.lookup(Question.of("mail.example.com", "A"))
    assert outcome.status == "bogus" and "PROOF_ABOVE_SECURE_CUT" in codes(outcome)


def test_r8_a_ds_of_the_grandparent_is_dropped_where_a_cut_between_is_held() -> None:
    world = tree()
    child = world.zone("safe.example.com")
    forged = signed_by(world, "com", "safe.example.com", DS, tuple(child.ds))
    replies(world, "safe.example.com DS", answer=(forged,))
    loop = Loop(world.source(), anchors=world.anchors, policy=Policy(), now=world.now)
    assert loop.lookup(Question.of("mail.example.com", "A")).status == "secure"
    outcome = loop.lookup(Question.of("www.safe.example.com", "A"))
    assert outcome.status == "bogus" and "PROOF_ABOVE_SECURE_CUT" in codes(outcome)


def test_r8_the_parents_ds_and_its_denial_at_the_cut_itself_are_kept() -> None:
    world = tree()
    loop = Loop(world.source(), anchors=world.anchors, policy=Policy(), now=world.now)
    assert loop.lookup(Question.of("www.safe.example.com", "A")).status == "secure"
    assert loop.lookup(Question.of("safe.example.com", "DS")).status == "secure"
    assert loop.lookup(Question.of("www.open.example.com", "A")).status == "insecure"
    assert loop.lookup(Question.of("open.example.com", "DS")).status == "absent"


# R9: an alias where DS was asked for


def cut_below_alias(world: World, script: object) -> str:
    """The verdict on data that has no signature, below a name whose DS question is answered by `script`."""
    name = name_of("x.alias.example.com")
    replies(world, "x.alias.example.com A", answer=(RRset(name, A, 300, (bytes(4),)),), authority=())
    world.override("alias.example.com DS", script)  # type: ignore[arg-type]
    world.override("x.alias.example.com DS", NoReply(Question(name, DS), "timeout", "silent"))
    return said(world, "x.alias.example.com", "A")


def test_r9_an_alias_of_the_zone_itself_is_no_cut() -> None:
    world = tree()
    source = Counting(world)
    name = name_of("x.alias.example.com")
    replies(world, "x.alias.example.com A", answer=(RRset(name, A, 300, (bytes(4),)),), authority=())
    outcome = Loop(source, anchors=world.anchors, policy=Policy(), now=world.now).lookup(Question(name, A))
    assert outcome.status == "bogus"
    assert source.count("x.alias.example.com./DS") >= 1  # the walk went on below the alias


@pytest.mark.parametrize("kind", ["signed by the child", "unsigned", "expanded", "synthesised"])
def test_r9_any_other_alias_proves_nothing(kind: str) -> None:
    world = tree()
    target = name_of("mail.example.com").wire
    name = name_of("alias.example.com")
    if kind == "signed by the child":
        record = signed_by(world, "safe.example.com", "alias.example.com", CNAME, (target,))
    elif kind == "expanded":
        record = signed_by(world, "example.com", "alias.example.com", CNAME, (target,), labels=2)
    else:
        record = RRset(name, CNAME, 300, (target,))
    dname = world.message("x.d.example.com A").answer[:1] if kind == "synthesised" else ()
    source = Counting(
        world, lambda asked, cd, times: Message(asked, answer=(*dname, record)) if asked == Question(name, DS) else None
    )
    below = name_of("x.alias.example.com")
    replies(world, "x.alias.example.com A", answer=(RRset(below, A, 300, (bytes(4),)),), authority=())
    outcome = Loop(source, anchors=world.anchors, policy=Policy(), now=world.now).lookup(Question(below, A))
    assert outcome.status == "bogus"
    assert source.count("alias.example.com./DS") == 3  # R97
    assert source.count("x.alias.example.com./DS") == 0  # the walk ended there


# R115, R117, R118


def test_r115_a_signer_that_is_no_zone_is_dropped() -> None:
    world = tree()
    world.zone("example.com").damage("signature-missing", "h.ent A")
    honest = signed_by(world, "example.com", "h.ent.example.com", A, (bytes((192, 0, 2, 8)),))
    wrong = signed_by(
        world, "example.com", "h.ent.example.com", A, (bytes((192, 0, 2, 8)),), signer=name_of("ent.example.com")
    )
    replies(world, "h.ent.example.com A", answer=(wrong,))
    outcome = judge(world, "h.ent.example.com", "A")
    assert outcome.status == "bogus" and "SIGNER_NOT_ZONE" in codes(outcome)
    replies(world, "h.ent.example.com A", answer=(wrong.with_rrsigs((*wrong.rrsigs, *honest.rrsigs)),))
    assert said(world, "h.ent.example.com", "A") == "secure"


@pytest.mark.parametrize("damage", ["wrong-signer", "signer-parent-claimed", "signature-bad", "signature-missing"])
def test_r117_nothing_is_bogus_before_the_walk_has_ended(damage: str) -> None:
    """A zone that is signed, but has no DS, may be as broken as it likes."""
    world = World()
    world.zone("example.com")
    world.zone("sub.example.com", ds=False).add("www A 192.0.2.5").damage(damage, "www A")
    assert said(world, "www.sub.example.com", "A") == "insecure NO_DS sub.example.com."


def test_r117_an_incomplete_denial_in_an_unsigned_zone_is_insecure() -> None:
    world = World()
    world.zone("example.com")
    world.zone("sub.example.com", ds=False).add("www A 192.0.2.5").damage("denial-missing-cover", "nx A")
    outcome = judge(world, "nx.sub.example.com", "A")
    assert isinstance(outcome, Insecure) and outcome.claimed == "NXDOMAIN"


def test_r118_a_secure_zone_below_an_insecure_cut_does_not_revive_it() -> None:
    """DS below an insecure cut means nothing, but an anchor there does."""
    world = World()
    world.zone("example.com")
    world.zone("open.example.com", signed=False)
    world.zone("deep.open.example.com", ds=False).add("www A 192.0.2.5")
    assert said(world, "www.deep.open.example.com", "A") == "insecure NO_DS open.example.com."
    island = World()
    island.zone("example.com")
    island.zone("open.example.com", signed=False)
    island.zone("deep.open.example.com", island=True).add("www A 192.0.2.5")
    assert said(island, "www.deep.open.example.com", "A") == "secure"
    assert said(island, "www.open.example.com", "A") == "insecure NO_DS open.example.com."


def test_r118_the_proof_of_insecurity_is_in_the_outcome() -> None:
    outcome = judge(tree(), "www.open.example.com", "A")
    assert isinstance(outcome, Insecure)
    assert outcome.proof.step == "cut" and outcome.proof.evidence[0].rrset.owner == name_of("open.example.com")


# R116: the walk


def test_r116_no_label_is_skipped_not_even_one_with_an_underscore() -> None:
    world = World()
    world.zone("example.com").add("www A 192.0.2.1")
    world.zone("_tcp.example.com", signed=False).add("_25 TLSA 3 1 1 " + "ab" * 32)
    assert said(world, "_25._tcp.example.com", "TLSA") == "insecure NO_DS _tcp.example.com."


def test_r116_a_name_that_does_not_exist_ends_the_walk() -> None:
    """(e2): 61 labels below it cost no further question."""
    world = tree()
    name = ".".join(["x"] * 50) + ".nx.example.com"
    world.zone("example.com").damage("denial-stripped", f"{name[:-12]} A")
    source = Counting(world)
    outcome = Loop(source, anchors=world.anchors, policy=Policy(), now=world.now).lookup(Question.of(name, "A"))
    assert outcome.status == "bogus" and outcome.work.queries < 12


def test_r116_e2_a_compact_nxdomain_ends_the_walk_too() -> None:
    world = World()
    world.zone("example.com", denial="compact")
    world.zone("example.com").damage("denial-stripped", "x.y.z.nx A")
    source = Counting(world)
    outcome = Loop(source, anchors=world.anchors, policy=Policy(), now=world.now).lookup(
        Question.of("x.y.z.nx.example.com", "A")
    )
    assert outcome.status == "bogus"
    assert source.count("z.nx.example.com./DS") == 0 and source.count("nx.example.com./DS") == 1


def test_r116_the_cut_may_be_taken_from_the_message_itself() -> None:
    """(c): a forwarder that sends the parent's denial of DS along spares the question."""
    world = tree()
    proof = denials(world.message("open.example.com DS"))
    replies(world, "www.open.example.com A", authority=proof)
    source = Counting(world)
    outcome = Loop(source, anchors=world.anchors, policy=Policy(), now=world.now).lookup(
        Question.of("www.open.example.com", "A")
    )
    assert isinstance(outcome, Insecure) and outcome.cut == name_of("open.example.com")
    assert source.count("open.example.com./DS") == 0


def test_r116_d_an_opt_out_span_may_be_taken_from_the_message_itself() -> None:
    world = World()
    world.zone("com", denial="opt-out")
    world.zone("plain.com", signed=False).add("www A 192.0.2.9")
    replies(world, "www.plain.com A", authority=denials(world.message("plain.com DS")))
    source = Counting(world)
    outcome = Loop(source, anchors=world.anchors, policy=Policy(), now=world.now).lookup(
        Question.of("www.plain.com", "A")
    )
    assert isinstance(outcome, Insecure) and outcome.reason == "OPT_OUT"
    assert source.count("plain.com./DS") == 0


def test_r116_a_held_secure_cut_beats_the_message() -> None:
    """A replayed denial of DS of example.com from the time before it was signed does not count where the DS is held."""
    world = tree()
    before = World()
    before.zone("example.com", ds=False)
    old = denials(before.message("example.com DS"))
    name = name_of("mail.example.com")
    loop = Loop(world.source(), anchors=world.anchors, policy=Policy(), now=world.now)
    assert loop.lookup(Question.of("www.safe.example.com", "A")).status == "secure"
    replies(world, "mail.example.com A", answer=(RRset(name, A, 300, (bytes(4),)),), authority=old)
    assert loop.lookup(Question(name, A)).status == "bogus"


def test_r116_b_a_ds_that_nobody_can_use_makes_the_child_insecure() -> None:
    for damage, reason in (
        ("ds-unknown-algorithm", "UNSUPPORTED_ALGORITHM"),
        ("ds-unknown-digest", "UNSUPPORTED_DIGEST"),
    ):
        world = tree()
        world.zone("safe.example.com").damage(damage).damage("signature-bad")
        assert said(world, "www.safe.example.com", "A") == f"insecure {reason} safe.example.com."


def test_r116_a_a_broken_zone_on_the_way_stops_the_walk() -> None:
    world = tree()
    world.zone("example.com").damage("ds-mismatch")
    assert said(world, "www.open.example.com", "A") == "bogus DIGEST_INVALID"
    assert said(world, "www.safe.example.com", "A") == "bogus DIGEST_INVALID"


def test_r116_g_a_silent_parent_is_indeterminate() -> None:
    world = tree()
    world.zone("example.com").damage("server-silent", "open DS")
    assert said(world, "www.open.example.com", "A") == "indeterminate NO_REPLY"


def test_r123_a_zone_without_its_keys_is_broken() -> None:
    world = tree()
    world.zone("safe.example.com").damage("dnskey-missing")
    assert said(world, "www.safe.example.com", "A") == "bogus DNSKEY_MISSING"


def test_r123_silence_about_the_keys_is_indeterminate() -> None:
    world = tree()
    world.zone("safe.example.com").damage("server-silent", "@ DNSKEY")
    assert said(world, "www.safe.example.com", "A") == "indeterminate NO_REPLY"


# R128: DS is the parent's


def test_r128_ds_of_an_anchored_zone_is_judged_from_above_it() -> None:
    world = tree()
    both = world.anchors | World().anchors
    child = world.zone("safe.example.com")
    anchors = both | Anchors.from_text(child.anchor_text)
    assert said(world, "safe.example.com", "DS", anchors=anchors) == "secure"
    assert said(world, "www.safe.example.com", "A", anchors=anchors) == "secure"
    only = Anchors.from_text(child.anchor_text)
    assert said(world, "safe.example.com", "DS", anchors=only) == "indeterminate NO_ANCHOR"
    assert said(world, "www.safe.example.com", "A", anchors=only) == "secure"


def test_r1_a_zone_plan_for_a_name_outside_every_anchor_is_broken() -> None:
    world = World()
    world.zone("corp", island=True)
    island = [line for line in world.anchor_text.splitlines() if line.startswith("corp.")]
    context = Context(anchors=Anchors.from_text("\n".join(island)), policy=Policy(), now=world.now)
    state = run(chain.zone(context, name_of("example.com")), lambda ask: None)
    assert isinstance(state, BrokenZone) and state.finding.code == "NO_ANCHOR"


# R146: the state of a zone by its DS


def test_r146_a_signed_ds_leads_straight_to_its_signer() -> None:
    """com signs DS of a.b.com itself, and nobody asks about b.com."""
    world = World()
    world.zone("com").add("x.b A 192.0.2.9")
    world.zone("a.b.com").add("www A 192.0.2.5")
    source = Counting(world)
    outcome = Loop(source, anchors=world.anchors, policy=Policy(), now=world.now).lookup(
        Question.of("www.a.b.com", "A")
    )
    assert isinstance(outcome, Secure) and source.count("b.com./DS") == 0


@pytest.mark.parametrize("damage", ["signature-bad", "signature-expired", "signature-missing", "wrong-signer"])
def test_r146_a_failing_ds_is_judged_by_the_walk(damage: str) -> None:
    world = tree()
    world.zone("example.com").damage(damage, "safe DS")
    assert said(world, "www.safe.example.com", "A").startswith("bogus")


def test_r4_ds_signed_by_the_child_itself_is_none() -> None:
    world = tree()
    child = world.zone("safe.example.com")
    forged = signed_by(world, "safe.example.com", "safe.example.com", DS, tuple(child.ds))
    replies(world, "safe.example.com DS", answer=(forged,))
    outcome = judge(world, "www.safe.example.com", "A")
    assert outcome.status == "bogus" and "SIGNER_NOT_ZONE" in codes(outcome)
    assert said(world, "safe.example.com", "DS").startswith("bogus")


def test_r119_keys_signed_by_the_parent_are_none() -> None:
    world = tree()
    child = world.zone("safe.example.com")
    forged = signed_by(world, "example.com", "safe.example.com", DNSKEY, tuple(child.keyset))
    replies(world, "safe.example.com DNSKEY", answer=(forged,))
    assert said(world, "www.safe.example.com", "A").startswith("bogus")


@pytest.mark.parametrize("rdtype", ["DNSKEY", "SOA", "NS"])
def test_r119_apex_records_are_signed_by_their_owner_only(rdtype: str) -> None:
    """RFC 4035 §2.2: the parent's signature over the child's apex records counts for nothing."""
    world = tree()
    honest = world.message(f"safe.example.com {rdtype}").answer[0]
    forged = signed_by(world, "example.com", "safe.example.com", honest.rdtype, honest.rdata)
    replies(world, f"safe.example.com {rdtype}", answer=(forged,))
    outcome = judge(world, "safe.example.com", rdtype)
    assert outcome.status == "bogus"


def test_r136_ds_may_come_in_the_authority_of_a_referral() -> None:
    world = tree()
    honest = world.message("safe.example.com DS").answer
    replies(world, "safe.example.com DS", answer=(), authority=honest)
    assert said(world, "www.safe.example.com", "A") == "secure"
    assert said(world, "safe.example.com", "DS") == "secure"


def test_r10_the_ds_of_a_child_with_the_same_key_as_its_parent_is_the_parents() -> None:
    """A DS RRset of which one signer is the child and one the parent holds by the parent's."""
    world = tree()
    honest = world.message("safe.example.com DS").answer[0]
    forged = signed_by(world, "safe.example.com", "safe.example.com", DS, honest.rdata)
    replies(world, "safe.example.com DS", answer=(honest.with_rrsigs((*honest.rrsigs, *forged.rrsigs)),))
    assert said(world, "www.safe.example.com", "A") == "secure"


def test_ds_digests_are_those_of_the_kit() -> None:
    world = tree()
    child = world.zone("safe.example.com")
    assert child.ds == [make_ds(Name.from_text("safe.example.com"), child.keys[0].rdata, 2)]


def test_r98_a_negative_anchor_makes_a_subtree_insecure_until_it_ends() -> None:
    world = tree()
    world.zone("safe.example.com").damage("signature-bad")
    later = datetime.fromtimestamp(world.now + 60, UTC)
    policy = Policy(negative_anchors={"safe.example.com": later})
    assert said(world, "www.safe.example.com", "A", policy=policy) == "insecure NEGATIVE_ANCHOR safe.example.com."
    assert said(world, "safe.example.com", "DS", policy=policy) == "secure"
    assert said(world, "mail.example.com", "A", policy=policy) == "secure"
    over = Policy(negative_anchors={"safe.example.com": datetime.fromtimestamp(world.now - 1, UTC)})
    assert said(world, "www.safe.example.com", "A", policy=over).startswith("bogus")


def test_r116_the_walk_for_ds_ends_at_the_parent() -> None:
    """What is configured for the name itself has no say about its DS, which is the parent's (R128)."""
    world = tree()
    world.zone("example.com").damage("signature-bad", "safe DS")
    policy = Policy(negative_anchors={"safe.example.com": datetime.fromtimestamp(world.now + 60, UTC)})
    assert said(world, "safe.example.com", "DS", policy=policy) == "bogus SIGNATURE_INVALID"


@pytest.mark.parametrize("silent", [False, True])
@pytest.mark.parametrize(
    ("state", "wanted"),
    [
        ("insecure", "insecure NO_DS a.example.com."),
        ("broken", "bogus DIGEST_INVALID"),
        ("gone", "bogus SIGNER_NOT_ZONE"),
    ],
)
def test_r146_a_claimed_signer_is_judged_by_what_is_above_it(silent: bool, state: str, wanted: str) -> None:
    """A forged signature names a deep signer; its DS is denied or never answered, and the zones above decide."""
    world = World()
    world.zone("example.com").add("www A 192.0.2.1")
    if state != "gone":
        world.zone("a.example.com", ds=state != "insecure")
    if state == "broken":
        world.zone("a.example.com").damage("ds-mismatch")
    name = "x.d.c.b.a.example.com"
    forged = signed_by(world, "example.com", name, A, (bytes(4),), signer=name_of("d.c.b.a.example.com"))
    replies(world, f"{name} A", answer=(forged,), authority=())
    point = Question.of("d.c.b.a.example.com", "DS")
    if silent:
        world.override(point, NoReply(point, "timeout", "silent"))
    source = Counting(world)
    outcome = Loop(source, anchors=world.anchors, policy=Policy(), now=world.now).lookup(Question.of(name, "A"))
    assert verdict(outcome) == wanted
    assert source.count("c.b.a.example.com./DS") == source.count("b.a.example.com./DS") == 0
