"""Denial by NSEC: R41 to R51 (RFC 4034 §4, RFC 4035 §5.4, RFC 6840 §4, RFC 7129 §3, RFC 9824)."""

from __future__ import annotations

import pytest

from resolver.data.name import Name
from resolver.data.rrset import RRset
from resolver.data.types import NSEC, to_type
from resolver.data.views import bitmap_of
from resolver.testing import World
from resolver.validator import mint, nsec
from resolver.validator.findings import Finding
from resolver.validator.outcome import Absent
from resolver.validator.states import Expanded, Verified
from tests.validator.judging import (
    FOREVER,
    codes,
    denials,
    judge,
    mint_nsec,
    mint_record,
    name_of,
    notes,
    placed,
    replies,
    said,
)

ZONE = name_of("example.")


def prove(name: str, rdtype: str, *records: Verified, walking: bool = False) -> tuple[str, set[str]]:
    """What records prove in `example.`, in words, and the codes of what was found wrong."""
    found: list[Finding] = []
    spans = nsec.usable_spans(ZONE, list(records), found)
    asked = name_of(name), to_type(rdtype)
    if walking:
        denial = nsec.prove(ZONE, *asked, spans, found, walking=True)
    else:
        denial = nsec.prove(ZONE, *asked, spans, found)
    placed(found, "example.")
    seen = {each.code for each in found}
    if denial is None:
        return "nothing", seen
    assert len(set(map(id, denial.evidence))) == len(denial.evidence), "a record stands twice in the proof"
    words = [denial.kind, "compact" * denial.compact, "cut" * denial.delegation]
    return " ".join(filter(None, words)), seen


def spans_of(*records: Verified) -> list[nsec.Span]:
    return nsec.usable_spans(ZONE, list(records), [])


def shop(**options: object) -> World:
    world = World()
    world.zone("example.com", **options).add(  # type: ignore[arg-type]
        "@ MX 10 mail", "mail A 192.0.2.1", "a.ent A 192.0.2.2", "*.wild TXT hello", "alias CNAME mail",
        "d DNAME mail", "a.*.star A 192.0.2.3",
    )  # fmt: skip
    world.zone("unsigned.example.com", signed=False).add("www A 192.0.2.4")
    world.zone("signed.example.com").add("@ A 192.0.2.7", "www A 192.0.2.5", "_25._tcp TLSA 3 1 1 " + "ab" * 32)
    return world


# R41: what an NSEC must be to take part


def test_r41_an_nsec_of_another_zone_is_no_evidence() -> None:
    record = mint_nsec("a.example.", "c.example.", "A RRSIG NSEC", zone="com.")
    assert prove("a.example.", "TLSA", record)[0] == "nothing"


def test_r41_an_owner_outside_the_zone_is_no_evidence() -> None:
    record = mint_nsec("a.test.", "c.example.", "A")
    found: list[Finding] = []
    assert nsec.usable_spans(ZONE, [record], found) == []
    assert [each.code for each in found] == ["NSEC_OWNER_OUT_OF_SIGNER"]
    placed(found, "example.")


def test_r41_a_next_name_outside_the_zone_is_no_evidence() -> None:
    """CVE-2026-13321: the span would reach over every other zone up to the next name."""
    assert prove("b.example.", "A", mint_nsec("a.example.", "zzz.", "A"))[1] >= {"NSEC_NEXT_OUT_OF_ZONE"}
    world = shop()
    world.zone("example.com").damage("denial-next-outside")
    assert said(world, "nx.example.com", "A") == "bogus NSEC_NEXT_OUT_OF_ZONE"


def test_r41_a_malformed_nsec_is_no_evidence() -> None:
    record = mint_record(RRset(name_of("a.example."), NSEC, 300, (b"\x01",)), "example.")
    assert prove("a.example.", "TLSA", record) == ("nothing", {"RDATA_MALFORMED", "SNAME_NOT_COVERED"})
    found: list[Finding] = []
    nsec.usable_spans(ZONE, [record], found)
    assert "NSEC" in found[0].text


def test_r41_an_nsec_expanded_from_a_wildcard_is_no_evidence() -> None:
    """The signature of `*.wild NSEC` moved to a name below it would deny that name (RFC 4592 §4.7)."""
    world = shop()
    genuine = denials(world.message("*.wild.example.com A"))[0]
    moved = RRset(name_of("x.wild.example.com"), NSEC, genuine.ttl, genuine.rdata, genuine.rrsigs)
    replies(world, "x.wild.example.com A", authority=(moved,))
    assert said(world, "x.wild.example.com", "A") == "bogus WILDCARD_EXPANSION_FORBIDDEN"


def test_r41_an_unsigned_nsec_is_no_evidence() -> None:
    world = shop()
    world.zone("example.com").damage("denial-unsigned", "mail TLSA")
    assert said(world, "mail.example.com", "TLSA").startswith("bogus")


def test_r41_missing_rrsig_and_nsec_bits_do_not_fail_a_proof() -> None:
    assert prove("a.example.", "TLSA", mint_nsec("a.example.", "b.example.", "A"))[0] == "NODATA"


# R42: NODATA by a record at the name


def test_r42_a_name_without_the_type_is_no_data() -> None:
    assert prove("a.example.", "TLSA", mint_nsec("a.example.", "b.example.", "A RRSIG NSEC"))[0] == "NODATA"
    assert said(shop(), "mail.example.com", "TLSA") == "absent NODATA"


def test_r42_a_name_with_the_type_is_not_denied() -> None:
    assert prove("a.example.", "A", mint_nsec("a.example.", "b.example.", "A")) == (
        "nothing", {"STYPE_IN_BITMAP", "SNAME_NOT_COVERED"},
    )  # fmt: skip


def test_r42_a_name_with_an_alias_is_not_denied() -> None:
    """RFC 6840 §4.3: the alias would have answered."""
    assert "CNAME_IN_BITMAP" in prove("a.example.", "TLSA", mint_nsec("a.example.", "b.example.", "CNAME"))[1]
    world = shop()
    replies(world, "alias.example.com TLSA", answer=(), authority=denials(world.message("alias.example.com NSEC3")))
    assert said(world, "alias.example.com", "TLSA").startswith("bogus")


def test_r42_the_parents_record_of_a_cut_denies_only_ds() -> None:
    """The classic false absence: the parent's NSEC of a secure cut, replayed for data at the child's apex."""
    record = mint_nsec("a.example.", "b.example.", "NS DS RRSIG NSEC")
    for rdtype in ("A", "MX", "TLSA"):
        assert prove("a.example.", rdtype, record)[0] == "nothing"
    assert "ANCESTOR_DELEGATION_PROOF" in prove("a.example.", "MX", record)[1]


def test_r42_the_parents_record_of_an_unsigned_cut_shows_the_cut_to_whoever_asks_for_ds() -> None:
    record = mint_nsec("a.example.", "b.example.", "NS RRSIG NSEC")
    assert prove("a.example.", "DS", record)[0] == "NODATA cut"
    assert prove("a.example.", "DS", mint_nsec("a.example.", "b.example.", "A RRSIG NSEC"))[0] == "NODATA"
    assert prove("a.example.", "MX", mint_nsec("a.example.", "b.example.", "NS SOA RRSIG NSEC"))[0] == "NODATA"


def test_r43_the_proof_holds_every_record_that_it_needs() -> None:
    cover, wildcard = mint_nsec("a.example.", "c.example.", "A"), mint_nsec("*.example.", "a.example.", "TXT")
    for rdtype in ("A", "MX"):
        denial = nsec.prove(ZONE, name_of("b.example."), to_type(rdtype), spans_of(cover, wildcard), [])
        assert denial is not None
        assert denial.evidence == (cover, wildcard)
    apex = mint_nsec("example.", "a.example.", "SOA NS")
    denial = nsec.prove(ZONE, name_of("b.example."), to_type("A"), spans_of(cover, apex), [])
    assert denial is not None
    assert (denial.kind, denial.evidence) == ("NXDOMAIN", (cover, apex))


def test_r42_the_childs_record_does_not_deny_ds() -> None:
    record = mint_nsec("a.example.", "b.example.", "NS SOA RRSIG NSEC DNSKEY")
    assert prove("a.example.", "DS", record)[0] == "nothing"
    assert "REFERRAL_WITH_SOA" in prove("a.example.", "DS", record)[1]
    assert prove("a.example.", "TLSA", record)[0] == "NODATA"


def test_r42_ds_of_the_root_is_answered_without_a_question() -> None:
    outcome = judge(shop(), ".", "DS")
    assert isinstance(outcome, Absent) and outcome.kind == "NODATA" and outcome.work.queries == 0


# R43: NXDOMAIN


def test_r43_a_covered_name_and_a_covered_wildcard_are_nxdomain() -> None:
    apex, last = mint_nsec("example.", "m.example.", "SOA NS"), mint_nsec("m.example.", "example.", "A")
    assert prove("x.example.", "A", apex, last)[0] == "NXDOMAIN"
    assert prove("x.example.", "A", last) == ("nothing", {"WILDCARD_NOT_COVERED"})
    assert prove("x.example.", "A", apex) == ("nothing", {"SNAME_NOT_COVERED"})


def test_r43_one_record_may_cover_both() -> None:
    assert prove("b.example.", "A", mint_nsec("example.", "m.example.", "SOA NS"))[0] == "NXDOMAIN"


def test_r43_the_wildcard_is_that_of_the_closest_encloser() -> None:
    """`*.example` says nothing where `w.example` exists; `*.w.example` does (RFC 4592 §3.3.1)."""
    cover = mint_nsec("a.w.example.", "c.w.example.", "A")
    above = mint_nsec("example.", "a.example.", "SOA NS")
    assert prove("b.w.example.", "A", cover, above)[0] == "nothing"
    assert prove("b.w.example.", "A", cover, mint_nsec("w.example.", "a.w.example.", "A"))[0] == "NXDOMAIN"


def test_r43_a_wildcard_that_is_an_empty_non_terminal_makes_no_data() -> None:
    """World 7: `a.*.star` exists, so `*.star` does, and `b.star` has no data (RFC 4592 §2.2.2)."""
    record = mint_nsec("example.", "a.*.star.example.", "SOA NS")
    cover = mint_nsec("a.*.star.example.", "z.star.example.", "A")
    assert prove("b.star.example.", "A", record, cover)[0] == "NODATA"
    world = shop()
    assert said(world, "b.star.example.com", "A") == "absent NODATA"
    world.zone("example.com").damage("rcode-nxdomain", "b.star A")
    assert said(world, "b.star.example.com", "A") == "absent NODATA"


def test_r43_a_missing_record_fails_the_proof() -> None:
    for damage, code in (
        ("denial-missing-cover", "SNAME_NOT_COVERED"),
        ("denial-missing-wildcard", "WILDCARD_NOT_COVERED"),
        ("denial-stripped", "MISSING_DENIAL"),
    ):
        world = shop()
        world.zone("example.com").damage(damage, "nope.wilder A")
        outcome = judge(world, "nope.wilder.example.com", "A")
        assert code in codes(outcome) and outcome.status == "bogus", damage


# R44: empty non-terminals


def test_r44_a_name_above_the_next_name_is_an_empty_non_terminal() -> None:
    assert prove("ent.example.", "A", mint_nsec("a.example.", "x.ent.example.", "A"))[0] == "NODATA"
    world = shop()
    world.zone("example.com").damage("rcode-nxdomain", "ent A")
    assert said(world, "ent.example.com", "A") == "absent NODATA"


def test_r44_a_record_at_the_name_is_no_cover_of_it() -> None:
    """`p -> a.p` has its next name below p, and yet does not deny p's own data."""
    assert prove("p.example.", "A", mint_nsec("p.example.", "a.p.example.", "A RRSIG NSEC"))[0] == "nothing"


# R45: order and wrap


def test_r45_the_last_record_wraps_to_the_apex_only() -> None:
    wildcard = mint_nsec("example.", "m.example.", "SOA NS")
    assert prove("z.example.", "A", mint_nsec("m.example.", "example.", "A"), wildcard)[0] == "NXDOMAIN"
    backwards = mint_nsec("m.example.", "b.example.", "A")
    assert prove("z.example.", "A", backwards, wildcard) == ("nothing", {"NSEC_NEXT_OUT_OF_ZONE", "SNAME_NOT_COVERED"})


def test_r45_a_single_record_covers_all_but_itself() -> None:
    only = mint_nsec("example.", "example.", "SOA NS A")
    assert prove("x.example.", "A", only)[0] == "NXDOMAIN"
    assert prove("example.", "TLSA", only)[0] == "NODATA"
    assert prove("example.", "A", only)[0] == "nothing"


def test_r45_a_record_that_is_its_own_next_name_is_no_evidence_elsewhere() -> None:
    own = mint_nsec("a.example.", "a.example.", "A")
    assert prove("b.example.", "A", own) == ("nothing", {"NSEC_NEXT_OUT_OF_ZONE", "SNAME_NOT_COVERED"})
    assert prove("a.example.", "MX", own)[0] == "nothing"


def test_r49_what_is_no_nsec_or_of_another_zone_hides_nothing_that_comes_after_it() -> None:
    other = mint_nsec("a.example.", "c.example.", "A", zone="other.")
    assert prove("b.example.", "A", other, mint_nsec("example.", "example.", "SOA NS"))[0] == "NXDOMAIN"


def test_r5_on_the_walk_an_alias_at_a_name_or_at_its_wildcard_is_no_cut() -> None:
    alias = mint_nsec("a.example.", "c.example.", "CNAME")
    assert prove("a.example.", "DS", alias) == ("nothing", {"CNAME_IN_BITMAP", "SNAME_NOT_COVERED"})
    assert prove("a.example.", "DS", alias, walking=True) == ("NODATA", set())
    wild = mint_nsec("*.example.", "z.example.", "CNAME")
    assert prove("b.example.", "DS", wild)[1] == {"CNAME_IN_BITMAP", "WILDCARD_NOT_COVERED"}
    assert prove("b.example.", "DS", wild, walking=True) == ("NODATA", set())


def test_r45_names_are_in_canonical_order_not_in_that_of_text() -> None:
    """RFC 4034 §6.1: `z.a.example` comes before `b.example`."""
    record = mint_nsec("example.", "b.example.", "SOA NS")
    assert prove("z.a.example.", "A", record)[0] == "NXDOMAIN"
    assert prove("a.z.example.", "A", record)[0] == "nothing"


def test_r45_the_next_name_may_be_in_upper_case() -> None:
    world = shop()
    world.zone("example.com").damage("denial-next-uppercase")
    assert said(world, "nx.example.com", "A") == "absent NXDOMAIN"


# R46: NODATA at a wildcard


def test_r46_a_wildcard_without_the_type_is_no_data() -> None:
    cover = mint_nsec("*.w.example.", "example.", "TXT")
    assert prove("x.w.example.", "A", cover)[0] == "NODATA"
    held, seen = prove("x.w.example.", "TXT", cover)
    assert held == "nothing" and "STYPE_IN_BITMAP" in seen
    held, seen = prove("x.w.example.", "A", mint_nsec("*.w.example.", "example.", "CNAME"))
    assert held == "nothing" and "CNAME_IN_BITMAP" in seen
    assert said(shop(), "x.wild.example.com", "A") == "absent NODATA"


def test_r46_a_wildcard_of_another_encloser_is_no_evidence() -> None:
    cover = mint_nsec("a.w.example.", "example.", "TXT")
    other = mint_nsec("*.example.", "w.example.", "TXT")
    assert prove("x.w.example.", "A", cover, other) == ("nothing", {"WILDCARD_NOT_COVERED"})


def test_r46_a_wildcard_with_ns_never_proves_an_insecure_cut() -> None:
    """World 1, RFC 4592 §4.2: NS at a wildcard is no delegation of the names that it matches."""
    for rdtype in ("DS", "MX", "A", "TLSA"):
        for walking in (False, True):
            cover = mint_nsec("*.w.example.", "example.", "NS RRSIG NSEC")
            held, seen = prove("x.w.example.", rdtype, cover, walking=walking)
            assert held == "nothing" and "ANCESTOR_DELEGATION_PROOF" in seen, rdtype


def test_r46_the_soa_bit_at_a_wildcard_refuses_ds() -> None:
    assert "REFERRAL_WITH_SOA" in prove("x.w.example.", "DS", mint_nsec("*.w.example.", "example.", "SOA"))[1]


# R47: wildcard answers


def expansion(name: str, encloser: str) -> Expanded:
    rrset = RRset(name_of(name), 1, 300, (bytes(4),))
    above = name_of(encloser)
    closer = rrset.owner.rightmost(len(above.labels) + 1)
    return mint.expanded((rrset, None, None, ZONE, 0, FOREVER, 300), above, closer)  # type: ignore[arg-type]


def closer_denied(name: str, encloser: str, *records: Verified, zone: Name = ZONE) -> bool:
    spans = nsec.usable_spans(zone, list(records), [])
    return nsec.prove_expansion(zone, expansion(name, encloser), spans) is not None


def test_r47_a_covered_name_whose_encloser_is_the_wildcards_parent_lets_it_answer() -> None:
    assert closer_denied("x.w.example.", "w.example.", mint_nsec("*.w.example.", "example.", "A"))


def test_r47_another_closest_encloser_is_no_proof() -> None:
    """The wildcard `*.example` does not answer for `x.w.example` where `w.example` exists."""
    assert not closer_denied("x.w.example.", "example.", mint_nsec("w.example.", "example.", "A"))


def test_r47_a_next_name_below_the_name_shows_that_it_exists() -> None:
    """World 7: x.w.example is an empty non-terminal, so no wildcard answers for it."""
    assert not closer_denied("x.w.example.", "w.example.", mint_nsec("*.w.example.", "a.x.w.example.", "A"))


def test_r60_the_proof_must_be_of_the_wildcards_own_zone() -> None:
    record = mint_nsec("*.w.example.", "w.example.", "A", zone="w.example.")
    assert not closer_denied("x.w.example.", "w.example.", record)
    assert not closer_denied("x.w.example.", "w.example.", record, zone=name_of("w.example."))


def test_r47_a_wildcard_answer_without_its_proof_is_bogus() -> None:
    world = shop()
    assert said(world, "x.wild.example.com", "TXT") == "secure"
    world.zone("example.com").damage("denial-stripped", "x.wild TXT")
    assert said(world, "x.wild.example.com", "TXT") == "bogus MISSING_NSEC_FOR_WILDCARD"


# R48: nothing below a delegation or a DNAME


@pytest.mark.parametrize("types", ["NS DS RRSIG NSEC", "NS RRSIG NSEC", "DNAME A", "SOA NS DNAME"])
def test_r48_nothing_below_a_cut_or_a_dname_is_denied(types: str) -> None:
    wildcard = mint_nsec("example.", "a.example.", "SOA NS")
    assert prove("x.a.example.", "A", mint_nsec("a.example.", "b.example.", types), wildcard)[0] == "nothing"
    assert prove("a-.example.", "A", mint_nsec("a.example.", "b.example.", types), wildcard)[0] == "NXDOMAIN"


def test_r48_the_apex_of_a_child_may_deny_what_is_below_it() -> None:
    assert prove("x.example.", "A", mint_nsec("example.", "b.example.", "NS SOA"))[0] == "nothing"
    assert prove("a.example.", "A", mint_nsec("example.", "b.example.", "NS SOA"))[0] == "NXDOMAIN"


def test_r48_a_dname_owner_denies_data_at_the_owner_itself() -> None:
    assert prove("a.example.", "A", mint_nsec("a.example.", "b.example.", "DNAME RRSIG NSEC"))[0] == "NODATA"


def test_r48_the_wildcard_of_a_delegation_is_not_denied_by_it() -> None:
    cut = mint_nsec("a.example.", "b.example.", "NS")
    assert prove("x.a.example.", "A", mint_nsec("0.a.example.", "z.a.example.", "A"), cut)[0] == "nothing"


def test_r48_a_secure_child_cannot_be_denied_by_its_parent() -> None:
    for question in ("www.signed.example.com A", "_25._tcp.signed.example.com TLSA", "signed.example.com MX"):
        world = shop()
        name, rdtype = question.split()
        parent = denials(world.message("signed.example.com DS", cd=True)) or tuple(
            world.zone("example.com").denial.all()
        )
        replies(world, question, answer=(), authority=parent)
        assert said(world, name, rdtype).startswith("bogus"), question


# R49: only the records of the proof count


def test_r49_records_that_no_proof_uses_are_ignored() -> None:
    world = shop()
    more = (*denials(world.message("nx.com A")), *denials(world.message("alias.example.com NSEC3")))
    honest = world.message("nope.example.com A")
    replies(world, "nope.example.com A", authority=(*more, *honest.authority))
    assert said(world, "nope.example.com", "A") == "absent NXDOMAIN"


def test_r49_two_nsec_of_one_owner_and_signer_are_unusable() -> None:
    world = shop()
    honest = denials(world.message("mail.example.com TLSA"))[0]
    both = RRset(
        honest.owner, NSEC, 300, (*honest.rdata, name_of("z.example.com").wire + bitmap_of({1})), honest.rrsigs
    )
    replies(world, "mail.example.com TLSA", authority=(both,))
    assert "SINGLETON_RRSET" in codes(judge(world, "mail.example.com", "TLSA"))


# R50: compact denial


def test_r50_nxname_denies_the_name_compactly() -> None:
    record = mint_nsec("x.example.", "\\000.x.example.", "RRSIG NSEC NXNAME")
    assert prove("x.example.", "A", record)[0] == "NXDOMAIN compact"
    world = shop(denial="compact")
    outcome = judge(world, "nx.example.com", "A")
    assert isinstance(outcome, Absent) and outcome.compact and notes(outcome) == {"COMPACT_NXDOMAIN"}
    world.zone("example.com").damage("rcode-nxdomain")
    assert said(world, "nx.example.com", "A") == "absent NXDOMAIN compact"


def test_r50_nxname_of_one_name_denies_no_other() -> None:
    world = shop(denial="compact")
    replies(world, "mail.example.com A", answer=(), authority=denials(world.message("nx.example.com A")))
    assert said(world, "mail.example.com", "A").startswith("bogus")


def test_r50_other_types_beside_nxname_do_not_unmake_it() -> None:
    """Property "contains", not "is": Knot adds a type of its own (RFC 9824 §3.1)."""
    record = mint_nsec("x.example.", "\\000.x.example.", "AAAA RRSIG NSEC NXNAME")
    assert prove("x.example.", "A", record)[0] == "NXDOMAIN compact"


def test_r50_a_compact_record_with_only_rrsig_and_nsec_is_no_data() -> None:
    world = shop(denial="compact")
    assert said(world, "ent.example.com", "A") == "absent NODATA"
    assert said(world, "x.wild.example.com", "A") == "absent NODATA"
    assert said(world, "x.wild.example.com", "TXT") == "secure"


def test_r50_nxname_is_never_asked_for() -> None:
    outcome = judge(shop(), "mail.example.com", "NXNAME")
    assert outcome.status == "indeterminate" and outcome.work.queries == 0


# R51: how long


def test_r51_a_denial_lives_no_longer_than_the_soa_says() -> None:
    world = World()
    zone = world.zone("example.com", ttl=3600, minimum=120)
    zone.add("mail 3600 A 192.0.2.1")
    outcome = judge(world, "mail.example.com", "TLSA")
    assert isinstance(outcome, Absent) and outcome.fresh_until == world.now + 120


@pytest.mark.parametrize(("minimum", "nsec_ttl", "left"), [(120, 900, 120), (900, 100, 100), (900, 7200, 900)])
def test_r51_the_least_of_the_nsecs_ttl_and_the_soas_fields_counts(minimum: int, nsec_ttl: int, left: int) -> None:
    world = World()
    zone = world.zone("example.com", ttl=3600, minimum=minimum).add("mail A 192.0.2.1")
    honest = world.message("mail.example.com TLSA")
    zone.forget()  # what was signed is remembered, whatever its TTL
    own = denials(honest)[0]
    signed = zone.sign(own.owner, NSEC, (nsec_ttl, own.rdata))
    rest = tuple(rrset for rrset in honest.authority if rrset.rdtype != NSEC)
    replies(world, "mail.example.com TLSA", authority=(*rest, signed))
    outcome = judge(world, "mail.example.com", "TLSA")
    assert isinstance(outcome, Absent) and outcome.fresh_until - world.now == left


def test_r132_a_badly_signed_soa_only_has_no_say() -> None:
    world = World()
    zone = world.zone("example.com", ttl=3600, minimum=120).add("mail A 192.0.2.1")
    zone.damage("authority-unsigned-soa", "mail TLSA")
    assert said(world, "mail.example.com", "TLSA") == "absent NODATA"
