"""The worlds that pin the walk (validation.md, end of section K), one test each, in its order and its words.

World 18 (single flight) needs the network driver: tests/engine/test_driver.py.
"""

from __future__ import annotations

import itertools

import pytest

from resolver.dane.tlsa import TlsaSet
from resolver.data.rrset import Message, NoReply, Question, RRset
from resolver.data.types import CNAME, A
from resolver.engine.loop import Loop
from resolver.errors import BadAnchor, NotTrusted
from resolver.testing import World
from resolver.testing.forwarder import changed, without_dnssec
from resolver.testing.keys import make_key
from resolver.testing.signing import make_rrsig, order_for
from resolver.validator.anchors import Anchors
from resolver.validator.outcome import Absent, Indeterminate, Insecure, Secure
from resolver.validator.policy import Policy
from tests.validator.judging import Counting, codes, denials, judge, name_of, replies, said, verdict

TLSA = "TLSA 3 1 1 " + "ab" * 32


def forged(world: World, owner: str, signer: str, seed: bytes = b"an attacker's key") -> RRset:
    """An address with a signature that names `signer`, by a key of nobody's."""
    key, name = make_key(13, 257, seed), name_of(owner)
    order = order_for(name, A, 300, (world.now - 10, world.now + 1000), name_of(signer), key)
    return RRset(name, A, 300, (bytes(4),), ((300, make_rrsig(order, (bytes(4),))),))


@pytest.mark.parametrize("denial", ["nsec", "nsec3", "opt-out"])
def test_01_parent_nsec_and_nsec3_of_a_secure_cut_replayed_at_the_child_apex(denial: str) -> None:
    world = World()
    world.zone("example.com", denial=denial).add("*.w NS ns.invalid.")  # type: ignore[arg-type]
    world.zone("child.example.com").add("@ A 192.0.2.1", "@ MX 1 x", "@ " + TLSA)
    parent = tuple(world.zone("example.com").denial.all())
    for rdtype in ("MX", "A", "TLSA", "AAAA"):
        for records in (parent, parent[:4], parent[4:]):
            replies(world, f"child.example.com {rdtype}", answer=(), authority=records)
            assert said(world, "child.example.com", rdtype).startswith("bogus"), rdtype
    for rdtype in ("MX", "A", "TLSA"):
        outcome = said(world, "x.w.example.com", rdtype)
        assert outcome.startswith(("bogus", "insecure OPT_OUT") if denial == "opt-out" else "bogus"), rdtype


def test_02_unsigned_child_with_every_kind_of_useless_signature() -> None:
    world = World()
    world.zone("example.com", denial="nsec")
    world.zone("open.example.com", signed=False).add("www A 192.0.2.1")
    name = "www.open.example.com"
    bare = RRset(name_of(name), A, 300, (bytes(4),))
    parents = tuple(world.zone("example.com").denial.all())
    for answer, authority in (
        ((bare,), ()),
        ((forged(world, name, "elsewhere.test"),), ()),
        ((forged(world, name, "com"),), ()),
        ((forged(world, name, "open.example.com"),), ()),
        ((forged(world, name, name),), ()),
        ((), parents[:1]),
        ((), parents),
    ):
        replies(world, f"{name} A", answer=answer, authority=authority)
        assert said(world, name, "A") == "insecure NO_DS open.example.com."


def test_03_tcp_delegated_unsigned_under_a_secure_zone() -> None:
    world = World()
    world.zone("example")
    world.zone("_tcp.example", signed=False).add("_25 " + TLSA)
    assert said(world, "_25._tcp.example", "TLSA") == "insecure NO_DS _tcp.example."


def test_04_secure_child_of_a_parent_with_100_iterations() -> None:
    world = World()
    world.zone("example.com", denial="nsec3", iterations=100).add(*(f"h{number} A 192.0.2.1" for number in range(9)))
    world.zone("safe.example.com").add("www A 192.0.2.1")
    world.zone("open.example.com", signed=False).add("www A 192.0.2.2")
    assert said(world, "www.open.example.com", "A") == "insecure NO_DS open.example.com."
    assert said(world, "nx.example.com", "A") == "insecure ITERATIONS nx.example.com."
    for three in itertools.combinations(world.zone("example.com").denial.all(), 3):
        attacked = World()
        attacked.zone("example.com", denial="nsec3", iterations=100).add(
            *(f"h{number} A 192.0.2.1" for number in range(9))
        )
        attacked.zone("safe.example.com").add("www A 192.0.2.1").damage("dnssec-stripped", "www A")
        attacked.zone("open.example.com", signed=False)
        replies(attacked, "safe.example.com DS", answer=(), authority=three)
        assert said(attacked, "www.safe.example.com", "A").startswith("bogus")
        break
    every = world.zone("example.com").denial.all()
    world.zone("safe.example.com").damage("signature-missing", "www A")
    for start in range(len(every)):
        three = tuple(every[(start + step) % len(every)] for step in range(3))
        replies(world, "safe.example.com DS", answer=(), authority=three)
        assert said(world, "www.safe.example.com", "A").startswith("bogus")
    world.zone("example.com").damage("signature-missing", "h1 A")
    assert said(world, "h1.example.com", "A") == "bogus MISSING_RRSIG"


@pytest.mark.parametrize("kind", ["of Z", "signed by C", "wildcard of Z", "DNAME and CNAME"])
def test_05_ds_of_c_answered_by_an_alias(kind: str) -> None:
    world = World()
    world.zone("example.com").add("c CNAME www", "www A 192.0.2.1", "*.w CNAME www", "d DNAME www")
    label = {"of Z": "c", "signed by C": "c", "wildcard of Z": "x.w", "DNAME and CNAME": "x.d"}[kind]
    name = name_of(f"deep.{label}.example.com")
    point = Question.of(f"{label}.example.com", "DS")
    if kind == "signed by C":
        target = name_of("www.example.com").wire
        key = make_key(13, 257, b"the child's key")
        order = order_for(point.name, CNAME, 300, (world.now - 9, world.now + 9), point.name, key)
        alias = RRset(point.name, CNAME, 300, (target,), ((300, make_rrsig(order, (target,))),))
        world.override(point, Message(point, answer=(alias,)))
    world.override(Question(name, A), Message(Question(name, A), answer=(RRset(name, A, 300, (bytes(4),)),)))
    source = Counting(world)
    outcome = Loop(source, anchors=world.anchors, policy=Policy(), now=world.now).lookup(Question(name, A))
    assert outcome.status == "bogus"
    if kind != "wildcard of Z":  # its own NSEC may prove besides that x.w is no cut
        assert (source.count(f"{name}/DS") > 0) == (kind == "of Z")


@pytest.mark.parametrize("denial", ["nsec", "nsec3", "compact"])
def test_06_a_forwarder_that_turns_nodata_of_an_ent_into_nxdomain_and_the_reverse(denial: str) -> None:
    for damage in ("rcode-nxdomain", "rcode-noerror"):
        world = World()
        world.zone("example.com", denial=denial).add("a.ent A 192.0.2.1").damage(damage)  # type: ignore[arg-type]
        assert said(world, "ent.example.com", "A") == "absent NODATA"
        assert said(world, "nx.example.com", "A").startswith("absent NXDOMAIN")


@pytest.mark.parametrize("denial", ["nsec", "nsec3"])
def test_07_a_wildcard_that_is_an_empty_non_terminal(denial: str) -> None:
    world = World()
    world.zone("example.com", denial=denial).add("a.*.w A 192.0.2.1", "*.t TXT x", "b.x.t A 192.0.2.1")  # type: ignore[arg-type]
    world.zone("example.com").damage("rcode-nxdomain", "x.w A")
    assert said(world, "x.w.example.com", "A") == "absent NODATA"
    genuine = world.message("y.t.example.com TXT").answer[0]
    moved = RRset(name_of("x.t.example.com"), genuine.rdtype, genuine.ttl, genuine.rdata, genuine.rrsigs)
    replies(world, "x.t.example.com TXT", answer=(moved,), authority=tuple(world.zone("example.com").denial.all()))
    assert said(world, "x.t.example.com", "TXT").startswith("bogus")


def test_08_two_anchors_an_island_and_an_empty_anchor_file() -> None:
    world = World()
    world.zone("example.com").add("www A 192.0.2.1", "leave CNAME www.other.net.")
    world.zone("other.net").add("www A 192.0.2.2")
    parent = Anchors.from_text(world.zone("com").anchor_text)
    child = Anchors.from_text(world.zone("example.com").anchor_text)
    both = parent | child
    assert said(world, "www.example.com", "A", anchors=both) == "secure"
    denied = World()
    denied.zone("example.com", ds=False).add("www A 192.0.2.1")
    assert said(denied, "www.example.com", "A") == "insecure NO_DS example.com."
    assert said(denied, "www.example.com", "A", anchors=both) == "secure"
    stale = parent | Anchors.from_text("example.com. DS 1 13 2 " + "00" * 32)
    assert said(world, "www.example.com", "A", anchors=stale) == "bogus ANCHOR_STALE"
    assert said(world, "leave.example.com", "A", anchors=child) == "indeterminate NO_ANCHOR"
    assert said(world, "www.other.net", "A", anchors=child) == "indeterminate NO_ANCHOR"
    with pytest.raises(BadAnchor):
        Anchors.from_text("; nothing\n")


def test_09_two_resolvers_over_one_source() -> None:
    world = World()
    world.zone("sha1.com", algorithm=5).add("www A 192.0.2.1")
    world.zone("example.com").add("www A 192.0.2.2")
    source = world.source()
    other = World(1).anchors
    year = 365 * 86400
    loops = {
        "ours": Loop(source, anchors=world.anchors, policy=Policy(), now=world.now),
        "another's": Loop(source, anchors=other, policy=Policy(), now=world.now),
        "sha-1": Loop(source, anchors=world.anchors, policy=Policy(allow_rsa_sha1=True), now=world.now),
        "2020": Loop(source, anchors=world.anchors, policy=Policy(), now=world.now - 6 * year),
    }
    wanted = {
        "ours": ("secure", "insecure SHA1_POLICY sha1.com."), "another's": ("bogus ANCHOR_STALE",) * 2,
        "sha-1": ("secure", "secure"), "2020": ("bogus INCEPTION_IN_FUTURE",) * 2,
    }  # fmt: skip
    for _ in range(3):
        for key, loop in loops.items():
            said_now = tuple(
                verdict(loop.lookup(Question.of(name, "A"))) for name in ("www.example.com", "www.sha1.com")
            )
            assert said_now == wanted[key], key
    back = loops["ours"]
    back.now -= year
    assert back.lookup(Question.of("www.example.com", "A")).status == "bogus"
    back.now += year
    assert back.lookup(Question.of("www.example.com", "A")).status == "secure"


def test_10_keys_replaced_without_pre_publication() -> None:
    world = World()
    world.zone("example.com", keys="split").add("www A 192.0.2.1", "mail A 192.0.2.2")
    source = Counting(world)
    loop = Loop(source, anchors=world.anchors, policy=Policy(), now=world.now)
    assert loop.lookup(Question.of("www.example.com", "A")).status == "secure"
    for role in ("zsk", "ksk", "zsk"):
        world.zone("example.com").roll(role)
        loop.now += 31
        assert loop.lookup(Question.of("mail.example.com", "A")).status == "secure", role
    fetched = source.count("example.com./DNSKEY")
    old = World()
    old.zone("example.com", keys="split").add("mail A 192.0.2.2")
    honest = world.message("mail.example.com A")
    for turn in range(6):  # alternating old and new: fetched again once in 30 seconds
        world.override("mail.example.com A", old.message("mail.example.com A") if turn % 2 else honest)
        loop.now += 4
        assert loop.lookup(Question.of("mail.example.com", "A")).status == ("bogus" if turn % 2 else "secure")
    assert source.count("example.com./DNSKEY") <= fetched + 1


def test_11_root_set_with_a_revoked_key() -> None:
    world = World()
    old = world.anchors
    world.zone(".").roll("ksk", revoke=True)
    new = world.anchors
    world.zone("example.com").add("www A 192.0.2.1")
    assert said(world, "www.example.com", "A", anchors=old) == "bogus ANCHOR_REVOKED"
    assert said(world, "www.example.com", "A", anchors=new) == "secure"
    assert said(world, "www.example.com", "A", anchors=old | new) == "secure"


def test_12_opt_out_parent() -> None:
    world = World()
    world.zone("tld", denial="opt-out").add("*.w TXT x", "w A 192.0.2.1")
    world.zone("c.tld", signed=False).add("a.b A 192.0.2.2")
    assert said(world, "a.b.c.tld", "A") == "insecure OPT_OUT c.tld."
    assert said(world, "a.b.c.tld", "DS") == "insecure OPT_OUT c.tld."
    assert said(world, "x.w.tld", "TXT") == "insecure OPT_OUT x.w.tld."
    assert said(world, "nx.tld", "A") == "insecure OPT_OUT nx.tld."
    assert said(world, "w.tld", "TXT") == "absent NODATA"


def test_13_six_hops_over_six_nsec3_zones_with_a_wildcard_and_nxdomain_at_the_end() -> None:
    world = World()
    for number in range(6):
        world.zone(f"z{number}.net", denial="nsec3")
        target = f"a.z{number + 1}.net." if number < 5 else "nx.z5.net."
        world.zone(f"z{number}.net").add(f"{'*' if number == 3 else 'a'} CNAME {target}")
    outcome = judge(world, "a.z0.net", "TLSA")
    assert isinstance(outcome, Absent) and outcome.kind == "NXDOMAIN" and len(outcome.aliases) == 6
    assert outcome.work.verifications <= 96 and outcome.work.nsec3_blocks <= 64 * 51


def test_14_one_good_and_thirty_malformed_keys_of_one_tag() -> None:
    world = World()
    world.zone("example.com").add("www A 192.0.2.1").damage("keys-collide")
    honest = world.message("example.com DNSKEY").answer[0]
    seen = set()
    for turn in range(0, len(honest.rdata), 5):
        order = (*honest.rdata[turn:], *honest.rdata[:turn])
        replies(world, "example.com DNSKEY", answer=(RRset(honest.owner, 48, honest.ttl, order, honest.rrsigs),))
        seen.add(said(world, "www.example.com", "A"))
    assert len(seen) == 1 and seen <= {"secure", "bogus WORK_LIMIT"}
    for damage in ("ds-mismatch-beside-good", "ds-unusable-beside-good"):
        world = World()
        world.zone("example.com").add("www A 192.0.2.1").damage(damage)
        assert said(world, "www.example.com", "A") == "secure"


def test_15_odd_tlsa_records() -> None:
    world = World()
    zone = world.zone("example.com")
    for number, octets in enumerate((2, 1, 31, 60_000)):
        zone.add_rdata(f"t{number}", "TLSA", b"\x03" + bytes(octets - 1))
        zone.add_rdata("all", "TLSA", b"\x03" + bytes(octets - 1))
        assert said(world, f"t{number}.example.com", "TLSA") == "secure"
    outcome = judge(world, "all.example.com", "TLSA")
    assert isinstance(outcome, Secure) and len(outcome.value.rdata) == 4


def test_16_aliases_between_secure_unsigned_and_bogus_zones() -> None:
    world = World()
    world.zone("example.com").add(
        "secure CNAME www.open.net.", "bogus CNAME www.broken.net.", "www A 192.0.2.1", "www AAAA 2001:db8::1",
        "four A 192.0.2.1", "six CNAME four",
    )  # fmt: skip
    world.zone("open.net", signed=False).add("www A 192.0.2.2", "back CNAME www.example.com.")
    world.zone("broken.net").add("www A 192.0.2.3").damage("signature-bad", "www A")
    assert said(world, "secure.example.com", "A") == "insecure NO_DS open.net."
    assert said(world, "back.open.net", "A") == "insecure NO_DS open.net."
    assert said(world, "bogus.example.com", "A") == "bogus SIGNATURE_INVALID"
    world.override("secure.example.com AAAA", world.message("six.example.com AAAA"))
    assert said(world, "secure.example.com", "AAAA").startswith(("bogus", "insecure"))


@pytest.mark.parametrize("damage", ["server-not-implemented", "server-failure", "server-silent"])
def test_17_a_tlsa_server_that_does_not_answer(damage: str) -> None:
    world = World()
    world.zone("open.net", signed=False).add("mx A 192.0.2.1").damage(damage, "_25._tcp.mx TLSA")
    world.zone("example.com").add("mx A 192.0.2.1").damage(damage, "_25._tcp.mx TLSA")
    resolver = world.offline()
    outcome = resolver.lookup("_25._tcp.mx.open.net", "TLSA")
    assert isinstance(outcome, Indeterminate) and outcome.enclosing is not None
    assert isinstance(resolver.tlsa("mx.open.net", 25), Insecure)
    assert resolver.trusted_tlsa("mx.open.net", 25) is None  # mail flows
    outcome = resolver.lookup("_25._tcp.mx.example.com", "TLSA")
    assert isinstance(outcome, Indeterminate) and outcome.enclosing is None
    with pytest.raises(NotTrusted):  # mail waits
        resolver.trusted_tlsa("mx.example.com", 25)


def test_19_a_forwarder_with_one_bad_cached_rrset() -> None:
    world = World()
    world.zone("example.com").add("www A 192.0.2.1")
    question = Question.of("www.example.com", "A")
    bad = changed(world.message(question), answer=(RRset(question.name, A, 300, (bytes(4),)),))
    source = Counting(world, lambda asked, cd, times: bad if asked == question and cd else None)
    assert Loop(source, anchors=world.anchors, policy=Policy(), now=world.now).lookup(question).status == "secure"

    def stripped(asked: Question, cd: bool, times: int) -> Message | NoReply:
        honest = world.reply(asked, cd=cd)
        return without_dnssec(honest) if isinstance(honest, Message) else honest

    both = Loop(Counting(world, stripped), anchors=world.anchors, policy=Policy(), now=world.now)
    outcome = both.lookup(question)
    assert isinstance(outcome, Indeterminate) and outcome.why == "UPSTREAM_UNFIT"


@pytest.mark.parametrize("ttls", list(itertools.permutations((60, 600, 6000))))
def test_20_rrsig_ttl_rr_ttl_and_original_ttl_in_any_order(ttls: tuple[int, int, int]) -> None:
    own, signature, original = ttls
    world = World()
    zone = world.zone("example.com")
    name = name_of("www.example.com")
    order = order_for(name, A, original, zone.settings.validity, zone.name, zone.keys[0])
    rrset = RRset(name, A, own, (bytes(4),), ((signature, make_rrsig(order, (bytes(4),))),))
    world.override("www.example.com A", Message(Question(name, A), answer=(rrset,), received_at=world.now))
    outcome = judge(world, "www.example.com", "A")
    assert isinstance(outcome, Secure) and outcome.value.ttl == 60 and outcome.fresh_until == world.now + 60


def test_20_a_ttl_of_zero_on_tlsa_dnskey_and_ds() -> None:
    world = World()
    world.zone("example.com").add("_25._tcp " + TLSA).damage("ttl-zero")
    world.zone("com").damage("ttl-zero")
    outcome = world.offline().tlsa("example.com", 25)
    assert isinstance(outcome, Secure) and isinstance(outcome.value, TlsaSet)
    assert outcome.fresh_until == world.now
    insecure = World()
    insecure.zone("open.net", signed=False).add("www A 192.0.2.1")
    insecure.zone("net").damage("ttl-zero")
    verdict_now = judge(insecure, "www.open.net", "A")
    assert isinstance(verdict_now, Insecure) and verdict_now.fresh_until == insecure.now


def test_judging_helpers_tell_the_codes_of_a_failure() -> None:
    world = World()
    world.zone("example.com").damage("denial-stripped", "nx A")
    outcome = judge(world, "nx.example.com", "A")
    assert codes(outcome) >= {"MISSING_DENIAL"} and denials(world.message("nx.example.com A")) == ()
