"""One hop after another: R1, R60, R63 to R71, R120, R126, R132 to R137 (RFC 1034 §3.6.2, RFC 6672, RFC 4592)."""

from __future__ import annotations

import pytest

from resolver.data.rrset import Message, NoReply, Question, RRset
from resolver.data.types import CNAME, DNAME, NSEC, NSEC3, A
from resolver.engine.loop import Loop
from resolver.testing import World
from resolver.testing.forwarder import changed
from resolver.testing.keys import make_key
from resolver.testing.signing import make_rrsig, order_for
from resolver.validator.limits import Limits
from resolver.validator.outcome import Absent, Indeterminate, Insecure, Secure
from resolver.validator.policy import Policy
from tests.validator.judging import Counting, codes, denials, judge, name_of, notes, replies, said, verdict

ADDRESS = bytes((192, 0, 2, 66))


def town(denial: str = "nsec") -> World:
    """Two secure zones, an unsigned one and a bogus one, with aliases between them."""
    world = World()
    world.zone("example.com", denial=denial).add(  # type: ignore[arg-type]
        "www A 192.0.2.1", "alias CNAME www", "out CNAME www.plain.net.", "bad CNAME www.broken.net.",
        "gone CNAME nx.example.com.", "empty CNAME www", "*.wild CNAME www", "*.deep CNAME x.wild", "d DNAME other.net.",
        "*.self TXT hello", "z A 192.0.2.9", "no CNAME nx.other.net.", "none CNAME nowhere.plain.net.",
    )  # fmt: skip
    world.zone("other.net", denial=denial).add("www A 192.0.2.2", "back CNAME www.example.com.")  # type: ignore[arg-type]
    world.zone("plain.net", signed=False).add("www A 192.0.2.3", "in CNAME www.example.com.", "on CNAME www")
    world.zone("broken.net").add("www A 192.0.2.4").damage("signature-bad", "www A")
    return world


def asked(world: World, words: str) -> Counting:
    source = Counting(world)
    Loop(source, anchors=world.anchors, policy=Policy(), now=world.now).lookup(Question.of(*words.split()))
    return source


# R63: the first hop that is not secure decides


@pytest.mark.parametrize("denial", ["nsec", "nsec3"])
@pytest.mark.parametrize(
    ("question", "wanted", "canonical"),
    [
        ("alias.example.com A", "secure", "www.example.com."),
        ("alias.example.com AAAA", "absent NODATA", "www.example.com."),
        ("gone.example.com A", "absent NXDOMAIN", "nx.example.com."),
        ("no.example.com A", "absent NXDOMAIN", "nx.other.net."),
        ("out.example.com A", "insecure NO_DS plain.net.", "www.plain.net."),
        ("in.plain.net A", "insecure NO_DS plain.net.", "www.example.com."),
        ("on.plain.net A", "insecure NO_DS plain.net.", "www.plain.net."),
        ("bad.example.com A", "bogus SIGNATURE_INVALID", "www.broken.net."),
        ("back.other.net A", "secure", "www.example.com."),
        ("www.d.example.com A", "secure", "www.other.net."),
        ("nx.d.example.com A", "absent NXDOMAIN", "nx.other.net."),
        ("x.wild.example.com A", "secure", "www.example.com."),
        ("x.deep.example.com A", "secure", "www.example.com."),
        ("alias.example.com CNAME", "secure", "alias.example.com."),
    ],
)
def test_r63_each_hop_is_judged_in_order(denial: str, question: str, wanted: str, canonical: str) -> None:
    outcome = judge(town(denial), *question.split())
    assert (verdict(outcome), str(outcome.canonical)) == (wanted, canonical)


def test_r63_the_tail_behind_an_insecure_hop_is_only_reported() -> None:
    outcome = judge(town(), "in.plain.net", "A")
    assert isinstance(outcome, Insecure) and outcome.untrusted is not None
    assert outcome.untrusted.rrsigs == () and outcome.untrusted.owner == name_of("www.example.com")
    assert [alias.security for alias in outcome.aliases] == ["insecure"]
    gone = judge(town(), "none.example.com", "A")
    assert isinstance(gone, Insecure) and gone.claimed == "NXDOMAIN" and gone.untrusted is None
    assert [alias.security for alias in gone.aliases] == ["secure"]


def test_r63_a_bogus_hop_is_bogus_whatever_follows() -> None:
    world = town()
    world.zone("example.com").damage("signature-bad", "out CNAME")
    assert said(world, "out.example.com", "A") == "bogus SIGNATURE_INVALID"
    world = town()
    world.zone("example.com").damage("signature-missing", "alias CNAME")
    assert said(world, "alias.example.com", "A").startswith("bogus")


def test_r63_silence_behind_a_secure_alias_is_indeterminate() -> None:
    world = town()
    replies(world, "no.example.com A", answer=world.message("no.example.com CNAME").answer, authority=())
    world.override("nx.other.net A", NoReply(Question.of("nx.other.net", "A"), "timeout", "gone"))
    assert said(world, "no.example.com", "A") == "indeterminate NO_REPLY"


def test_r122_silence_behind_an_insecure_alias_names_its_cut() -> None:
    world = town()
    only = world.message("in.plain.net CNAME").answer
    replies(world, "in.plain.net A", answer=only, authority=())
    world.override("www.example.com A", NoReply(Question.of("www.example.com", "A"), "timeout", "gone"))
    assert said(world, "in.plain.net", "A") == "indeterminate NO_REPLY under plain.net."


def test_r63_an_insecure_tail_that_the_message_lacks_is_asked_for() -> None:
    world = town()
    only = world.message("in.plain.net CNAME").answer
    replies(world, "in.plain.net A", answer=only, authority=())
    outcome = judge(world, "in.plain.net", "A")
    assert isinstance(outcome, Insecure) and outcome.untrusted is not None


def test_r63_an_insecure_tail_may_go_over_a_dname() -> None:
    world = town()
    world.zone("plain.net").add("d DNAME other.net.")
    outcome = judge(world, "www.d.plain.net", "A")
    assert isinstance(outcome, Insecure) and [alias.kind for alias in outcome.aliases] == ["DNAME"]


# R64, R65, R135: DNAME


def test_r64_the_alias_of_a_dname_is_worked_out_and_not_believed() -> None:
    world = town()
    world.zone("example.com").damage("dname-synthesis-missing", "www.d A")
    assert said(world, "www.d.example.com", "A") == "secure"
    world = town()
    world.zone("example.com").damage("dname-synthesis-altered", "www.d A")
    assert said(world, "www.d.example.com", "A") == "bogus DNAME_TARGET_MISMATCH"


def test_r64_an_unsigned_dname_makes_no_alias() -> None:
    world = town()
    world.zone("example.com").damage("signature-missing", "d DNAME")
    assert said(world, "www.d.example.com", "A").startswith("bogus")


def test_r64_a_dname_at_the_name_itself_is_no_alias_of_it() -> None:
    world = town()
    assert said(world, "d.example.com", "A") == "absent NODATA"
    assert said(world, "d.example.com", "DNAME") == "secure"
    dname = world.message("d.example.com DNAME").answer
    replies(world, "d.example.com A", answer=dname)
    assert said(world, "d.example.com", "A") == "absent NODATA"


def test_r64_too_long_a_target_is_indeterminate_and_never_absent() -> None:
    world = World()
    far = ".".join(["x" * 60] * 3)
    world.zone("example.com").add(f"d DNAME {far}.net.")
    name = ".".join(["y" * 60, "y" * 20]) + ".d.example.com"
    assert said(world, name, "A") == "indeterminate DNAME_TOO_LONG"


def test_r64_a_cname_beside_a_dname_that_is_too_long_spoils_the_message() -> None:
    world = World()
    far = ".".join(["x" * 60] * 3)
    world.zone("example.com").add(f"d DNAME {far}.net.", "www A 192.0.2.1")
    name = name_of(".".join(["y" * 60, "y" * 20]) + ".d.example.com")
    alias = RRset(name, CNAME, 300, (name_of("www.example.com").wire,))
    honest = world.message(Question(name, A))
    world.override(Question(name, A), changed(honest, answer=(*honest.answer, alias)))
    assert said(world, str(name), "A") == "bogus DNAME_TARGET_MISMATCH"


def test_r64_a_malformed_dname_is_refused() -> None:
    world = World()
    zone = world.zone("example.com")
    zone.add_rdata("d", "DNAME", b"\x07broken")
    bad = zone.rrset(name_of("d.example.com"), DNAME)
    assert bad is not None
    world.override("www.d.example.com A", Message(Question.of("www.d.example.com", "A"), answer=(bad,)))
    world.override("www.d.example.com DS", Message(Question.of("www.d.example.com", "DS"), answer=(bad,)))
    assert said(world, "www.d.example.com", "A") == "bogus RDATA_MALFORMED"


def test_r135_what_a_dname_hides_it_hides_whatever_the_forwarder_says() -> None:
    """Genuine data below a DNAME, from the time before it was there."""
    before = World()
    before.zone("example.com").add("www.d A 192.0.2.7")
    world = town()
    dname = world.message("d.example.com DNAME").answer
    honest = world.message("www.d.example.com A")
    replies(
        world, "www.d.example.com A", answer=(*before.message("www.d.example.com A").answer, *dname, *honest.answer[2:])
    )
    outcome = judge(world, "www.d.example.com", "A")
    assert isinstance(outcome, Secure) and outcome.canonical == name_of("www.other.net")
    replies(world, "www.d.example.com CNAME", answer=dname)
    world.override("www.other.net CNAME", lambda honest: honest)
    outcome = judge(world, "www.d.example.com", "CNAME")
    assert outcome.canonical == name_of("www.other.net")


def test_r135_the_higher_of_two_dnames_hides_the_lower_one() -> None:
    world = town()
    lower = World()
    lower.zone("example.com").add("e.d DNAME plain.net.")
    low = lower.message("e.d.example.com DNAME").answer
    world.zone("other.net").add("www.e A 192.0.2.5")
    honest = world.message("www.e.d.example.com A")
    replies(world, "www.e.d.example.com A", answer=(*low, *honest.answer))
    outcome = judge(world, "www.e.d.example.com", "A")
    assert [str(alias.target) for alias in outcome.aliases] == ["www.e.other.net."]


def forged_dname(owner: str, target: str, signer: str, world: World) -> RRset:
    key = make_key(13, 257, b"an attacker's key")
    name, rdata = name_of(owner), name_of(target).wire
    order = order_for(name, DNAME, 300, (world.now - 10, world.now + 1000), name_of(signer), key)
    return RRset(name, DNAME, 300, (rdata,), ((300, make_rrsig(order, (rdata,))),))


def test_r1_a_dname_above_an_island_does_not_make_it_insecure() -> None:
    """The alias lies in an unsigned zone above the anchor, whose state decides nothing below it."""
    world = World()
    world.zone("insecure.example", signed=False)
    world.zone("corp.insecure.example", island=True).add("x A 192.0.2.1")
    assert said(world, "x.corp.insecure.example", "A") == "secure"
    forged = forged_dname("insecure.example", "evil.example", "insecure.example", world)
    replies(world, "x.corp.insecure.example A", answer=(forged,))
    assert said(world, "x.corp.insecure.example", "A").startswith("bogus")


def test_r1_a_genuine_dname_above_an_island_does_not_redirect_it() -> None:
    public = World()
    public.zone("example").add("@ DNAME other.test.")
    dname = public.message("x.corp.example DNAME").answer[:1]
    world = World()
    world.zone("example")
    world.zone("other.test").add("x.corp A 192.0.2.66")
    world.zone("corp.example", island=True).add("x A 192.0.2.1")
    replies(world, "x.corp.example A", answer=dname)
    outcome = judge(world, "x.corp.example", "A")
    assert dname[0].rdtype == DNAME and outcome.status == "bogus" and "SIGNER_NOT_ZONE" in codes(outcome)


# R66, R67


def test_r66_the_records_asked_for_win_over_an_alias_beside_them() -> None:
    world = town()
    world.zone("example.com").add("both A 192.0.2.7", "both CNAME www")
    honest = world.message("both.example.com A").answer
    alias = world.message("both.example.com CNAME").answer
    replies(world, "both.example.com A", answer=(*alias, *honest))
    outcome = judge(world, "both.example.com", "A")
    assert isinstance(outcome, Secure) and outcome.canonical == name_of("both.example.com")
    assert notes(outcome) == {"CNAME_WITH_OTHER_DATA"}


def test_r66_a_bogus_rrset_is_not_saved_by_the_alias_beside_it() -> None:
    world = town()
    forged = RRset(name_of("alias.example.com"), A, 300, (ADDRESS,))
    honest = world.message("alias.example.com A").answer
    replies(world, "alias.example.com A", answer=(forged, *honest))
    assert said(world, "alias.example.com", "A").startswith("bogus")


def test_r67_a_loop_is_indeterminate() -> None:
    world = World()
    world.zone("example.com").add("a CNAME b", "b CNAME c", "c CNAME a")
    outcome = judge(world, "a.example.com", "A")
    assert isinstance(outcome, Indeterminate) and (outcome.why, outcome.cause.code) == ("ALIAS_LIMIT", "CNAME_LOOP")


@pytest.mark.parametrize(("hops", "wanted"), [(12, "secure"), (13, "indeterminate ALIAS_LIMIT")])
def test_r67_a_chain_may_have_twelve_hops(hops: int, wanted: str) -> None:
    for signed in (True, False):
        world = World()
        zone = world.zone("example.com", signed=signed)
        for number in range(hops):
            zone.add(f"h{number} CNAME h{number + 1}")
        zone.add(f"h{hops} A 192.0.2.1")
        said_now = said(world, "h0.example.com", "A")
        assert said_now == wanted or (not signed and hops == 12 and said_now.startswith("insecure"))


def test_r67_the_limit_is_the_policys() -> None:
    assert (
        said(town(), "alias.example.com", "A", policy=Policy(limits=Limits(aliases=0))) == "indeterminate ALIAS_LIMIT"
    )


# R68 to R71


def test_r68_records_beside_the_path_reach_nobody() -> None:
    world = town()
    extra = RRset(name_of("www.example.org"), A, 300, (ADDRESS,))
    honest = world.message("alias.example.com A").answer
    replies(world, "alias.example.com A", answer=(extra, *honest))
    outcome = judge(world, "alias.example.com", "A")
    assert isinstance(outcome, Secure) and outcome.value.owner == name_of("www.example.com")


def test_r69_a_wildcard_that_is_asked_for_literally_is_no_expansion() -> None:
    outcome = judge(town(), "*.self.example.com", "TXT")
    assert isinstance(outcome, Secure) and outcome.wildcard is None
    outcome = judge(town(), "x.self.example.com", "TXT")
    assert isinstance(outcome, Secure) and outcome.wildcard == name_of("*.self.example.com")


def test_r69_an_asterisk_inside_a_name_is_ordinary() -> None:
    world = World()
    world.zone("example.com").add("a.*.b A 192.0.2.1")
    assert said(world, "a.*.b.example.com", "A") == "secure"


@pytest.mark.parametrize("denial", ["nsec", "nsec3"])
def test_r70_a_wildcard_answer_needs_its_proof(denial: str) -> None:
    world = town(denial)
    replies(world, "x.self.example.com TXT", authority=())
    assert said(world, "x.self.example.com", "TXT") == "bogus MISSING_NSEC_FOR_WILDCARD"


@pytest.mark.parametrize("denial", ["nsec", "nsec3"])
def test_r70_a_wildcard_answer_does_not_replace_existing_data(denial: str) -> None:
    """The expansion of `*.self` moved to a name that exists below it, with every denial of the zone."""
    world = town(denial)
    world.zone("example.com").add("own.self TXT mine")
    genuine = world.message("x.self.example.com TXT").answer[0]
    moved = RRset(name_of("own.self.example.com"), genuine.rdtype, genuine.ttl, genuine.rdata, genuine.rrsigs)
    every = tuple(world.zone("example.com").denial.all())
    for start in range(0, len(every), 4):
        replies(world, "own.self.example.com TXT", answer=(moved,), authority=every[start : start + 8])
        assert said(world, "own.self.example.com", "TXT").startswith("bogus")


def test_r71_delegations_and_glue_are_never_secure() -> None:
    world = town()
    world.zone("example.com").add("cut NS ns.cut", "ns.cut A 192.0.2.9")
    ns = RRset(name_of("cut.example.com"), 2, 300, (name_of("ns.cut.example.com").wire,))
    replies(world, "cut.example.com NS", answer=(ns,))
    outcome = judge(world, "cut.example.com", "NS")
    assert isinstance(outcome, Insecure)


def test_r60_the_proof_of_a_wildcard_answer_is_of_its_own_zone() -> None:
    """BIND #5971: the NSEC of the parent zone, which covers the name too, does not do."""
    world = World()
    world.zone("com", denial="nsec")
    world.zone("example.com").add("*.self TXT hello")
    parent = tuple(world.zone("com").denial.all())
    replies(world, "x.self.example.com TXT", authority=parent)
    assert said(world, "x.self.example.com", "TXT").startswith("bogus")


# R120: what is no evidence


@pytest.mark.parametrize("damage", ["rcode-nxdomain", "rcode-noerror", "order-reversed"])
@pytest.mark.parametrize("denial", ["nsec", "nsec3"])
def test_r120_rcode_and_order_decide_nothing(damage: str, denial: str) -> None:
    for question in (
        "www.example.com A",
        "www.example.com AAAA",
        "nx.example.com A",
        "alias.example.com A",
        "no.example.com A",
    ):
        world = town(denial)
        wanted = said(world, *question.split())
        world.zone("example.com").damage(damage)
        assert said(world, *question.split()) == wanted, question


def test_r120_a_differing_rcode_is_noted() -> None:
    world = town()
    world.zone("example.com").damage("rcode-nxdomain", "www AAAA")
    assert "RCODE_DIFFERS" in notes(judge(world, "www.example.com", "AAAA"))
    assert "RCODE_DIFFERS" not in notes(judge(town(), "www.example.com", "AAAA"))
    assert "RCODE_DIFFERS" not in notes(judge(town(), "nx.example.com", "AAAA"))


def test_r120_a_denial_in_the_answer_section_counts() -> None:
    world = town()
    honest = world.message("nx.example.com A")
    replies(world, "nx.example.com A", answer=honest.authority, authority=())
    assert said(world, "nx.example.com", "A") == "absent NXDOMAIN"


def test_r120_ad_and_other_flags_decide_nothing() -> None:
    world = town()

    def flagged(honest: Message | NoReply) -> Message:
        assert isinstance(honest, Message)
        message = changed(honest, answer=tuple(rrset.with_rrsigs(()) for rrset in honest.answer))
        message.flags |= 0x0420
        return message

    world.override("www.example.com A", flagged)
    assert said(world, "www.example.com", "A").startswith("bogus")


# R126: hops of one message


def test_r126_a_hop_without_its_records_is_asked_by_itself() -> None:
    world = town()
    for question in ("no.example.com A", "x.wild.example.com A", "alias.example.com AAAA", "back.other.net A"):
        name, rdtype = question.split()
        message = world.message(question)
        first = tuple(rrset for rrset in message.answer if rrset.owner == name_of(name))
        own = tuple(rrset for rrset in message.authority if rrset.rdtype in (NSEC, NSEC3) and "wild" in question)
        wanted = said(town(), name, rdtype)
        replies(world, question, answer=first, authority=own)
        assert said(world, name, rdtype) == wanted, question


def test_r126_a_tail_that_fails_in_a_message_is_asked_by_itself() -> None:
    world = town()
    message = world.message("alias.example.com A")
    forged = RRset(name_of("www.example.com"), A, 300, (ADDRESS,))
    replies(world, "alias.example.com A", answer=(message.answer[0], forged))
    outcome = judge(world, "alias.example.com", "A")
    assert isinstance(outcome, Secure) and outcome.value.rdata != (ADDRESS,)


def test_r126_a_chain_in_one_message_costs_one_question() -> None:
    world = town()
    assert asked(world, "alias.example.com A").count("www.example.com./A") == 0


# R132, R133, R134, R137


@pytest.mark.parametrize("denial", ["nsec", "nsec3"])
def test_r132_a_bad_soa_spoils_nothing(denial: str) -> None:
    for damage, target in (
        ("authority-unsigned-soa", "nx A"),
        ("signature-bad", "@ SOA"),
        ("signature-expired", "@ SOA"),
    ):
        world = town(denial)
        world.zone("example.com").damage(damage, target)
        assert said(world, "nx.example.com", "A") == "absent NXDOMAIN"


def test_r132_other_records_of_the_message_are_not_judged() -> None:
    world = town()
    junk = (
        RRset(name_of("www.example.com"), 2, 300, (name_of("evil").wire,)),
        RRset(name_of("example.com"), 6, 300, (b"\x01",)),
        world.message("www.broken.net A").answer[0],
    )
    honest = world.message("nx.example.com A")
    replies(world, "nx.example.com A", authority=(*junk, *denials(honest)))
    assert said(world, "nx.example.com", "A") == "absent NXDOMAIN"


def test_r133_the_records_of_two_zones_are_never_mixed() -> None:
    """Half of the proof from the parent, half from the child."""
    world = World()
    world.zone("com", denial="nsec")
    world.zone("example.com").add("m A 192.0.2.1")
    honest = denials(world.message("zz.example.com A"))
    assert len(honest) == 2
    parents = tuple(world.zone("com").denial.all())
    for half in honest:
        replies(world, "zz.example.com A", authority=(half, *parents))
        assert said(world, "zz.example.com", "A").startswith("bogus")


def test_r133_the_deepest_zone_judges() -> None:
    """A negative answer that also holds the parent's records: those of the child decide."""
    world = town()
    honest = world.message("nx.example.com A")
    replies(world, "nx.example.com A", authority=(*world.zone("com").denial.all(), *honest.authority))
    assert said(world, "nx.example.com", "A") == "absent NXDOMAIN"


def test_r133_a_signer_that_is_no_zone_is_dropped() -> None:
    world = town()
    honest = world.message("a.b.example.com A")

    def claimed(rrset: RRset) -> RRset:
        key = make_key(13, 257, b"an attacker's key")
        order = order_for(rrset.owner, NSEC, 300, (world.now - 10, world.now + 99), name_of("b.example.com"), key)
        return RRset(name_of("b.example.com"), NSEC, 300, rrset.rdata, ((300, make_rrsig(order, rrset.rdata)),))

    forged = claimed(denials(honest)[0])
    replies(world, "a.b.example.com A", authority=(forged, *honest.authority))
    assert said(world, "a.b.example.com", "A") == "absent NXDOMAIN"


def test_r133_denials_signed_by_a_broken_child_do_not_stop_the_parents() -> None:
    world = World()
    world.zone("example.com")
    world.zone("sub.example.com").add("www A 192.0.2.1").damage("ds-mismatch")
    assert said(world, "nx.sub.example.com", "A") == "bogus DIGEST_INVALID"


def test_r1_a_denial_signed_above_the_closest_anchor_is_dropped() -> None:
    """The classic: the root's genuine NXDOMAIN for a private island."""
    world = World()
    world.zone("corp", island=True, delegate=False).add("www A 192.0.2.1")
    public = World()
    root = public.message("www.corp A")
    world.override("www.corp A", root)
    outcome = judge(world, "www.corp", "A")
    assert outcome.status == "bogus"
    world.override("www.corp DS", public.message("www.corp DS"))
    assert judge(world, "www.corp", "A").status == "bogus"


@pytest.mark.parametrize("denial", ["nsec", "nsec3"])
def test_r134_each_synthesised_hop_needs_its_own_proof(denial: str) -> None:
    world = town(denial)
    message = world.message("x.deep.example.com A")
    proofs = denials(message)
    assert said(world, "x.deep.example.com", "A") == "secure"
    for left in range(len(proofs)):
        replies(world, "x.deep.example.com A", authority=proofs[:left] + proofs[left + 1 :])
        replies(world, "x.wild.example.com A", authority=())
        assert said(world, "x.deep.example.com", "A") in ("secure", "bogus MISSING_NSEC_FOR_WILDCARD")
    replies(world, "x.deep.example.com A", authority=())
    assert said(world, "x.deep.example.com", "A") == "bogus MISSING_NSEC_FOR_WILDCARD"


def test_r137_the_same_owner_of_parent_and_child_are_two_facts() -> None:
    """The parent's NSEC at the cut beside the child's at its apex, in one RRset with both signatures and in two."""
    world = town()
    world.zone("sub.example.com").add("@ A 192.0.2.1")
    parent = denials(world.message("sub.example.com DS")) or tuple(
        rrset for rrset in world.zone("example.com").denial.all() if rrset.owner == name_of("sub.example.com")
    )
    own = denials(world.message("sub.example.com TLSA"))
    replies(world, "sub.example.com TLSA", authority=(*parent, *own))
    assert said(world, "sub.example.com", "TLSA") == "absent NODATA"
    replies(world, "sub.example.com A", answer=(), authority=parent)
    assert said(world, "sub.example.com", "A").startswith("bogus")


def test_r84_any_is_refused_without_a_question() -> None:
    for rdtype in ("ANY", "RRSIG", "SIG", "AXFR", "NXNAME"):
        outcome = judge(town(), "www.example.com", rdtype)
        assert (verdict(outcome), outcome.work.queries) == ("indeterminate UNSIGNABLE_TYPE", 0), rdtype


def test_r86_nsec_and_nsec3_records_may_be_asked_for() -> None:
    world = town()
    assert said(world, "www.example.com", "NSEC3") == "absent NODATA"
    own = [rrset for rrset in world.zone("example.com").denial.all() if rrset.owner == name_of("www.example.com")]
    replies(world, "www.example.com NSEC", answer=tuple(own))
    assert said(world, "www.example.com", "NSEC") == "secure"


def test_r86_an_nsec3_of_a_deeper_owner_has_no_signer() -> None:
    world = town("nsec3")
    genuine = world.zone("example.com").denial.all()[0]
    assert said(replies(world, f"{genuine.owner} NSEC3", answer=(genuine,)), str(genuine.owner), "NSEC3") == "secure"
    moved = RRset(name_of(f"a.{genuine.owner}"), NSEC3, 300, genuine.rdata, genuine.rrsigs)
    replies(world, f"{moved.owner} NSEC3", answer=(moved,))
    outcome = judge(world, str(moved.owner), "NSEC3")
    assert outcome.status == "bogus" and "SIGNER_NOT_ZONE" in codes(outcome)


def test_r119_at_most_two_signers_are_tried() -> None:
    world = World()
    for zone in ("com", "a.com", "b.a.com", "c.b.a.com"):
        world.zone(zone)
    world.zone("c.b.a.com").add("www A 192.0.2.1")
    genuine = world.message("www.c.b.a.com A").answer[0]

    def also(signer: str) -> tuple[int, bytes]:
        key = make_key(13, 257, b"an attacker's key")
        order = order_for(genuine.owner, A, 300, (world.now - 10, world.now + 99), name_of(signer), key)
        return 300, make_rrsig(order, genuine.rdata)

    more = tuple(also(signer) for signer in (".", "com", "a.com", "b.a.com"))
    replies(world, "www.c.b.a.com A", answer=(genuine.with_rrsigs((*genuine.rrsigs, *more)),))
    assert said(world, "www.c.b.a.com", "A") == "secure"
    replies(world, "www.c.b.a.com A", answer=(genuine.with_rrsigs(more),))
    source = Counting(world)
    Loop(source, anchors=world.anchors, policy=Policy(), now=world.now).lookup(Question.of("www.c.b.a.com", "A"))
    assert said(world, "www.c.b.a.com", "A").startswith("bogus")


def test_r110_absent_names_its_hop() -> None:
    outcome = judge(town(), "no.example.com", "A")
    assert isinstance(outcome, Absent) and [str(alias.target) for alias in outcome.aliases] == ["nx.other.net."]


# What no record holds, and what is no zone


def test_a_record_with_nothing_but_malformed_signatures_says_so() -> None:
    world = town()
    world.zone("example.com").damage("rrsig-malformed", "www A")
    assert said(world, "www.example.com", "A") == "bogus RRSIG_MALFORMED"


@pytest.mark.parametrize(
    ("question", "wanted"),
    [("www A", "secure"), ("alias A", "secure"), ("x.d A", "secure"), ("nx A", "absent NXDOMAIN")],
)
def test_r115_data_signed_by_an_insecure_zone_are_insecure(question: str, wanted: str) -> None:
    """A signed zone without DS: the signatures are there, and say nothing."""
    for ds in (True, False):
        world = World()
        world.zone("example.com", ds=ds).add("www A 192.0.2.1", "alias CNAME www", "d DNAME example.org.")
        world.zone("example.org").add("x A 192.0.2.2")
        name, rdtype = question.split()
        expected = wanted if ds else "insecure NO_DS example.com."
        assert said(world, f"{name}.example.com", rdtype) == expected


def test_r119_a_third_signer_is_not_tried() -> None:
    """Two broken zones above a name, and a genuine signature of their parent."""
    world = World()
    world.zone("com").damage("signature-bad", "a DS")
    world.zone("a.com")
    world.zone("b.a.com").add("www A 192.0.2.1")
    name, zone = name_of("www.b.a.com"), world.zone("com")
    own = world.message("www.b.a.com A").answer[0]
    signatures = list(own.rrsigs)
    for signer, key in (("com", zone.keys[0]), ("a.com", world.zone("a.com").keys[0])):
        order = order_for(name, A, 300, zone.settings.validity, name_of(signer), key)
        signatures.append((300, make_rrsig(order, own.rdata)))
    replies(world, "www.b.a.com A", answer=(own.with_rrsigs((signatures[1],)),))
    assert said(world, "www.b.a.com", "A") == "secure"
    replies(world, "www.b.a.com A", answer=(own.with_rrsigs(tuple(signatures)),))
    assert said(world, "www.b.a.com", "A").startswith("bogus")
    denial = tuple(rrset for zone_name in ("com", "a.com", "b.a.com") for rrset in world.zone(zone_name).denial.all())
    replies(world, "www.b.a.com A", answer=(), authority=denial)
    assert said(world, "www.b.a.com", "A").startswith("bogus")


def test_r119_a_ds_may_have_two_signers_and_no_third() -> None:
    world = World()
    world.zone("com").damage("signature-bad", "a DS")
    world.zone("a.com")
    world.zone("b.a.com")
    world.zone("c.b.a.com").add("www A 192.0.2.1")
    name, own = name_of("c.b.a.com"), world.message("c.b.a.com DS").answer[0]
    signatures = []
    for signer in ("com", "a.com", "b.a.com"):
        zone = world.zone(signer)
        order = order_for(name, own.rdtype, 300, zone.settings.validity, zone.name, zone.keys[0])
        signatures.append((300, make_rrsig(order, own.rdata)))
    replies(world, "c.b.a.com DS", answer=(own.with_rrsigs((signatures[0],)),))
    assert said(world, "www.c.b.a.com", "A") == "secure"
    replies(world, "c.b.a.com DS", answer=(own.with_rrsigs(tuple(signatures)),))
    assert said(world, "www.c.b.a.com", "A").startswith("bogus")


def test_a_ds_signed_by_a_name_that_is_no_zone_is_no_ds() -> None:
    world = World()
    world.zone("com").add("x.ent A 192.0.2.9")
    world.zone("c.ent.com").add("www A 192.0.2.1")
    own = world.message("c.ent.com DS").answer[0]
    key = make_key(13, 257, b"an attacker's key")
    order = order_for(own.owner, own.rdtype, 300, (world.now - 9, world.now + 9), name_of("ent.com"), key)
    wrong = (300, make_rrsig(order, own.rdata))
    replies(world, "c.ent.com DS", answer=(own.with_rrsigs((wrong,)),))
    outcome = judge(world, "www.c.ent.com", "A")
    assert outcome.status == "bogus" and "SIGNER_NOT_ZONE" in codes(outcome)
    replies(world, "c.ent.com DS", answer=(own.with_rrsigs((wrong, *own.rrsigs)),))
    assert said(world, "www.c.ent.com", "A") == "secure"


def test_a_ds_signed_in_an_insecure_zone_makes_nothing_secure() -> None:
    world = World()
    world.zone("a.com", ds=False)
    world.zone("b.a.com").add("www A 192.0.2.1")
    assert said(world, "www.b.a.com", "A") == "insecure NO_DS a.com."
    assert said(world, "b.a.com", "DS") == "insecure NO_DS a.com."


@pytest.mark.parametrize("state", ["insecure", "broken", "gone", "silent"])
def test_silence_about_a_ds_is_judged_by_what_is_above_it(state: str) -> None:
    world = World()
    world.zone("a.com", ds=state != "insecure")
    world.zone("c.b.a.com").add("www A 192.0.2.1")
    if state == "broken":
        world.zone("a.com").damage("ds-mismatch")
    if state == "gone":
        nothing = world.message("nx.a.com DS")
        world.override("b.a.com DS", lambda honest: changed(nothing))
        everything = World()
        everything.zone("a.com")
        world.override("b.a.com DS", everything.message("b.a.com DS"))
    point = Question.of("c.b.a.com", "DS")
    world.override(point, NoReply(point, "timeout", "silent"))
    world.override(
        "www.c.b.a.com A",
        Message(Question.of("www.c.b.a.com", "A"), answer=(RRset(name_of("www.c.b.a.com"), A, 9, (ADDRESS,)),)),
    )
    wanted = {
        "insecure": "insecure NO_DS a.com.", "broken": "bogus DIGEST_INVALID", "silent": "indeterminate NO_REPLY",
    }  # fmt: skip
    outcome = said(world, "www.c.b.a.com", "A")
    assert outcome == wanted[state] if state in wanted else outcome.startswith("bogus")


def test_r63_an_insecure_tail_with_an_alias_that_cannot_be_read_ends_there() -> None:
    for rdtype, owner in ((CNAME, "www.d.plain.net"), (DNAME, "d.plain.net")):
        world = town()
        bad = RRset(name_of(owner), rdtype, 300, (b"\x07broken",))
        replies(world, "www.d.plain.net A", answer=(bad,))
        outcome = judge(world, "www.d.plain.net", "A")
        assert isinstance(outcome, Insecure) and outcome.untrusted is None and outcome.aliases == ()


def test_r126_a_hop_below_a_dname_is_judged_by_the_message_at_hand() -> None:
    world = town()
    world.zone("example.com").add("to CNAME www.d")
    assert asked(world, "to.example.com A").count("www.d.example.com./A") == 0
    outcome = judge(world, "to.example.com", "A")
    assert isinstance(outcome, Secure) and [alias.kind for alias in outcome.aliases] == ["CNAME", "DNAME"]
    dname_first = world.message("to.example.com A")
    replies(world, "to.example.com A", answer=tuple(rrset for rrset in dname_first.answer if rrset.rrsigs))
    assert said(world, "to.example.com", "A") == "secure"


def test_nsec3_of_the_root_has_no_signer() -> None:
    world = town()
    genuine = world.message(". SOA").answer[0]
    moved = RRset(genuine.owner, NSEC3, 300, (b"\1\0\0\0\0\x14" + bytes(20),), genuine.rrsigs)
    replies(world, ". NSEC3", answer=(moved,))
    assert said(world, ".", "NSEC3").startswith("bogus")


def test_a_denial_whose_keys_were_refetched_in_vain_stays_bogus() -> None:
    world = town()
    loop = Loop(world.source(), anchors=world.anchors, policy=Policy(), now=world.now)
    assert loop.lookup(Question.of("www.example.com", "A")).status == "secure"
    world.zone("example.com").damage("signature-by-unknown-key", "www NSEC")
    world.override("example.com DNSKEY", NoReply(Question.of("example.com", "DNSKEY"), "timeout", "gone"))
    loop.now += 60
    assert loop.lookup(Question.of("www.example.com", "TLSA")).status == "bogus"
    assert loop.lookup(Question.of("www.example.com", "A")).status == "secure"
