"""RFC 4035 §5.3, sentence by sentence: every refusal here verifies mathematically, so that only its rule refuses it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.data.name import ROOT, Name
from resolver.data.rrset import Question, RRset
from resolver.data.types import (
    CNAME,
    DNAME,
    DNSKEY,
    DS,
    MX,
    NS,
    NSEC,
    NSEC3,
    RRSIG,
    SOA,
    TXT,
    A,
)
from resolver.data.views import bitmap_of, read_rrsig
from resolver.data.wire import read
from resolver.engine.loop import Loop
from resolver.testing import World
from resolver.testing.keys import make_key
from resolver.testing.signing import make_rrsig, order_for
from resolver.testing.signing import signed_data as signed_by_the_kit
from resolver.validator.budget import WorkLimit
from resolver.validator.limits import Limits
from resolver.validator.outcome import Secure
from resolver.validator.policy import Policy
from resolver.validator.signatures import check, label_count, later_by, refused_rrset, signed_data
from resolver.validator.states import Expanded
from tests.validator.crafting import (
    ADDRESS,
    COM,
    DAY,
    KEY,
    NOW,
    OTHER,
    WWW,
    ZONE,
    accepted,
    cause,
    codes,
    colliding,
    context,
    judged,
    loaded,
    named,
    notes,
    outcome,
    signed,
    spoiled,
    together,
)

STAR = ZONE.wildcard()
STAR_COM = COM.wildcard()
SOA_RDATA = ROOT.wire * 2 + bytes(20)


def name(text: str) -> Name:
    return Name.from_text(text)


# --- what is accepted ------------------------------------------------------------------------------------------------


def test_a_genuine_signature_is_accepted_and_kept() -> None:
    result = accepted(signed())
    assert result.zone == ZONE
    assert result.rrset.rdata == (ADDRESS,)
    assert (result.not_before, result.not_after) == (NOW - 7 * DAY, NOW + 21 * DAY)
    assert (result.rrset.ttl, result.original_ttl) == (3600, 3600)
    assert result.key.tag == result.rrsig.tag == KEY.tag
    assert repr(result) == "<Verified www.example.com. A by example.com.>"


@pytest.mark.parametrize("algorithm", [8, 10, 13, 14, 15, 16])
def test_each_algorithm_signs(algorithm: int) -> None:
    key = make_key(algorithm, 256, b"each")
    accepted(signed(key=key), key)


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=6), st.integers(0, 2**31))
def test_what_is_signed_is_what_the_kit_signs(rdata: list[bytes], ttl: int) -> None:  # R22, written twice
    rrset = RRset(WWW, TXT, 60, tuple(rdata))
    order = order_for(WWW, TXT, ttl & 0xFFFFFFFF, (NOW, NOW), ZONE, KEY)
    rrsig = read_rrsig(make_rrsig(order, rrset.rdata))
    assert rrsig is not None
    assert signed_data(rrset, rrsig) == signed_by_the_kit(order, rrset.rdata)


# --- R13, R14: the type ----------------------------------------------------------------------------------------------


def test_a_signature_over_another_type_does_not_hold() -> None:
    other = signed(rdtype=TXT)
    assert codes(judged(RRset(WWW, A, 3600, (ADDRESS,), other.rrsigs))) == ["SIGNATURE_INVALID"]


def test_a_signature_over_another_owner_does_not_hold() -> None:
    other = signed(name("ftp.example.com."))
    assert codes(judged(RRset(WWW, A, 3600, (ADDRESS,), other.rrsigs))) == ["SIGNATURE_INVALID"]


@pytest.mark.parametrize("rdtype", [41, 249, 250, 251, 252, 253, 254, 255])
def test_nothing_signs_a_meta_type(rdtype: int) -> None:
    assert codes(judged(signed(rdtype=rdtype))) == ["UNSIGNABLE_TYPE"]


# --- R15: the signer -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("owner", ["www.example.org.", "www.badexample.com.", "com.", "example.com.evil."])
def test_a_signer_that_is_not_above_the_owner_is_refused(owner: str) -> None:
    labels = max(2, len(name(owner).labels))
    assert "SIGNER_OFF_TREE" in codes(judged(signed(name(owner), labels=labels)))


def test_a_signature_by_another_signer_is_left_alone() -> None:
    assert codes(judged(signed(signer=COM))) == []


@pytest.mark.parametrize("damage", ["wrong-signer", "signer-parent-claimed"])
def test_a_wrong_signer_is_bogus_in_a_whole_lookup(damage: str) -> None:
    world = World()
    world.zone("example.com").add("www A 192.0.2.1").damage(damage, "www A")
    assert outcome(world, "www.example.com").status == "bogus"


def test_the_parents_own_signature_is_dropped_where_the_secure_cut_is_known() -> None:  # R8
    world = World()
    world.zone("example.com").add("www A 192.0.2.1", "ftp A 192.0.2.1").damage("signer-parent", "www A")
    loop = Loop(world.source(), anchors=world.anchors, policy=Policy(), now=world.now)
    assert loop.lookup(Question.of("ftp.example.com", "A")).status == "secure"
    result = loop.lookup(Question.of("www.example.com", "A"))
    assert (result.status, cause(result)) == ("bogus", "PROOF_ABOVE_SECURE_CUT")


# --- R16, R17, R18, R69: the labels field ----------------------------------------------------------------------------


def test_more_labels_than_the_owner_has_are_refused() -> None:
    rrset = signed(labels=4)
    assert codes(judged(rrset)) == ["RRSIG_LABELS_EXCEED_RRSET_OWNER_LABELS"]


def test_the_asterisk_of_a_wildcard_is_not_counted() -> None:
    accepted(signed(STAR))
    assert codes(judged(signed(STAR, labels=3))) == ["RRSIG_LABELS_EXCEED_RRSET_OWNER_LABELS"]
    assert (label_count(STAR), label_count(WWW), label_count(ROOT)) == (2, 3, 0)
    assert label_count(name("www.*.example.com.")) == 4  # RFC 4592 §2.1.1: an asterisk inside a name is ordinary


@pytest.mark.parametrize("labels", [0, 1])
def test_fewer_labels_than_the_signer_has_are_refused(labels: int) -> None:  # CVE-2026-44690
    assert codes(judged(signed(labels=labels))) == ["RRSIG_LABELS_BELOW_SIGNER"]


def test_labels_equal_to_the_signers_are_a_wildcard_at_its_apex() -> None:
    result = judged(signed(labels=2))
    assert isinstance(result, Expanded)


def test_an_expansion_names_its_closest_encloser_and_the_next_closer_name() -> None:
    result = judged(signed(name("a.b.www.example.com."), labels=3))
    assert isinstance(result, Expanded)
    assert (result.closest_encloser, result.next_closer) == (WWW, name("b.www.example.com."))
    assert result.inner[0].owner == name("a.b.www.example.com.")


def test_a_wildcard_that_is_asked_for_literally_is_no_expansion() -> None:  # R69
    world = World()
    world.zone("example.com").add("*.wild A 192.0.2.1")
    result = outcome(world, "*.wild.example.com")
    assert isinstance(result, Secure)
    assert result.wildcard is None


def test_labels_count_from_the_signature_that_verifies() -> None:
    """A bad sibling that claims an expansion does not make the answer one."""
    rrset = together(signed(), spoiled(signed(labels=2)))
    accepted(rrset)


@pytest.mark.parametrize(
    ("rdtype", "rdata"),
    [
        (NSEC, WWW.wire + bitmap_of([A])),
        (NSEC3, b"\1\0\0\0\0\x14" + bytes(20)),
        (SOA, SOA_RDATA),
        (DNSKEY, OTHER.rdata),
        (DS, bytes((0, 1, 13, 2)) + bytes(32)),
        (DNAME, WWW.wire),
    ],
)
def test_what_never_comes_from_a_wildcard_is_refused(rdtype: int, rdata: bytes) -> None:  # RFC 4592 §4
    assert codes(judged(signed(rdtype=rdtype, rdata=(rdata,), labels=2))) == ["WILDCARD_EXPANSION_FORBIDDEN"]


def test_an_expansion_in_a_whole_lookup_needs_its_proof() -> None:
    world = World()
    world.zone("example.com").add("www A 192.0.2.1").damage("labels-too-low", "www A")
    result = outcome(world, "www.example.com")
    assert (result.status, cause(result)) == ("bogus", "MISSING_NSEC_FOR_WILDCARD")


# --- R19: the dates --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("at", "code"), [(-1, "INCEPTION_IN_FUTURE"), (0, ""), (100, ""), (101, "EXPIRATION_IN_PAST")])
def test_both_ends_of_the_validity_belong_to_it(at: int, code: str) -> None:
    rrset = signed(validity=(NOW, NOW + 100))
    if code:
        assert codes(judged(rrset, now=NOW + at)) == [code]
    else:
        there = context(now=NOW + at)
        accepted(rrset, within=there)
        assert there.notes == []  # no skew was needed


def test_a_validity_that_began_a_second_ago_began_then() -> None:
    assert accepted(signed(validity=(NOW - 1, NOW + 100))).not_before == NOW - 1
    assert accepted(signed(validity=(NOW, NOW + 100))).not_before == NOW


def test_a_signature_of_another_length_is_not_even_tried() -> None:
    genuine = signed()
    cut = genuine.with_rrsigs(tuple((ttl, rrsig[:-1]) for ttl, rrsig in genuine.rrsigs))
    there = context()
    assert codes(judged(cut, within=there)) == ["SIGNATURE_INVALID"]
    assert there.budget.verifications == 0


def test_the_date_of_the_genuine_signature_is_the_cause_whatever_stands_beside_it() -> None:
    old = signed(validity=(NOW - 100, NOW - 60))
    assert "EXPIRATION_IN_PAST" in codes(judged(old, OTHER, KEY))  # another key of the algorithm comes first
    stray = signed(validity=(NOW - 100, NOW - 60), key=OTHER)
    for both in (together(stray, old), together(old, stray)):
        assert "EXPIRATION_IN_PAST" in codes(judged(both, KEY))


def test_a_date_out_of_its_time_says_by_how_much() -> None:
    (early,) = judged(signed(validity=(NOW + 60, NOW + 100)))  # type: ignore[misc]
    assert (early.details["age"], early.details["when"]) == (60, NOW + 60)
    (late,) = judged(signed(validity=(NOW - 100, NOW - 60)))  # type: ignore[misc]
    assert (late.details["age"], late.details["when"]) == (60, NOW - 60)
    assert late.text == "the signature expired 1m 0s ago, on 2026-06-01T11:59:00Z"


def test_an_expiration_before_the_inception_is_refused_first() -> None:
    """Between its dates it would hold by either end alone."""
    rrset = signed(validity=(NOW + 10, NOW - 10))
    assert codes(judged(rrset)) == ["RRSIG_EXPIRES_BEFORE_INCEPTION"]
    accepted(signed(validity=(NOW, NOW)))  # one second long


def test_reversed_dates_are_refused_where_each_end_alone_would_do() -> None:
    """Inception before now, expiration after now, and yet reversed: only serial arithmetic can have that."""
    validity = (NOW - (2**31 - 10), NOW + (2**31 - 10))
    rrset = signed(validity=validity)
    assert codes(judged(rrset)) == ["RRSIG_EXPIRES_BEFORE_INCEPTION"]


@pytest.mark.parametrize(
    ("one", "other", "seconds"),
    [
        (5, 3, 2),
        (3, 5, -2),
        (0, 2**32 - 1, 1),
        (2**32 - 1, 0, -1),
        (2**31 - 1, 0, 2**31 - 1),
        (2**31, 0, -(2**31)),  # RFC 1982 §3.2: undefined; here never later
        (2**31 + 1, 0, -(2**31 - 1)),
    ],
)
def test_serial_numbers_compare_as_rfc_1982_says(one: int, other: int, seconds: int) -> None:
    assert later_by(one, other) == seconds


@pytest.mark.parametrize("at", [-50, -1, 0])
def test_a_validity_that_wraps_in_2106_holds_on_both_sides(at: int) -> None:
    end = 2**32
    rrset = signed(validity=(end - 100, end + 100))
    result = accepted(rrset, now=end - 1 + at)
    assert (result.not_before, result.not_after) == (end - 100, end + 100)  # POSIX seconds, not serial ones


def test_an_inception_before_the_epoch_is_before_now() -> None:
    accepted(signed(validity=(-DAY, DAY)), now=10)


# --- R20: key, algorithm, tag ----------------------------------------------------------------------------------------


def test_a_key_outside_the_dnskey_rrset_does_not_count() -> None:
    assert codes(judged(signed(key=OTHER))) == ["NO_MATCHING_DNSKEY"]


def test_a_wrong_tag_matches_no_key_though_the_signature_would_verify() -> None:
    assert codes(judged(signed(tag=KEY.tag ^ 1))) == ["NO_MATCHING_DNSKEY"]


def test_a_wrong_algorithm_matches_no_key_though_the_signature_would_verify() -> None:
    assert codes(judged(signed(algorithm=15))) == ["NO_MATCHING_DNSKEY"]


@pytest.mark.parametrize("algorithm", [1, 5, 7, 12, 200, 253])
def test_an_algorithm_that_is_not_used_is_refused_before_any_key(algorithm: int) -> None:
    assert codes(judged(signed(algorithm=algorithm))) == ["ALGORITHM_NOT_SUPPORTED"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"flags": 257 | 128}, "DNSKEY_REVOKED_RRSIG"),
        ({"flags": 1}, "DNSKEY_NOT_ZONE_KEY"),
        ({"protocol": 2}, "DNSKEY_PROTOCOL"),
    ],
)
def test_why_a_key_of_the_set_is_not_usable_is_named(change: dict[str, int], code: str) -> None:
    key = OTHER._replace(**change)
    rrset = signed(key=key)
    assert codes(named(check(context(), rrset, ZONE, loaded(KEY), (KEY.rdata, b"\0", key.rdata)), rrset)) == [code]


def test_a_good_key_beyond_the_limit_of_keys_is_named_as_that() -> None:
    rrset = signed(key=OTHER)
    assert codes(named(check(context(), rrset, ZONE, loaded(KEY), (KEY.rdata, OTHER.rdata)), rrset)) == ["WORK_LIMIT"]


# --- R21: key tag collisions -----------------------------------------------------------------------------------------


def test_keys_of_one_tag_are_tried_until_one_verifies() -> None:
    (twin,) = colliding(1)
    accepted(signed(), twin, KEY)
    accepted(signed(), KEY, twin)


def test_a_third_key_of_one_tag_is_not_tried() -> None:
    twins = colliding(2)
    found = codes(judged(signed(), *twins, KEY))
    assert found == ["SIGNATURE_INVALID", "SIGNATURE_INVALID", "WORK_LIMIT"]


# --- R22: the signed data --------------------------------------------------------------------------------------------


def test_the_original_ttl_is_what_is_signed() -> None:
    rrset = signed(ttl=3600)
    accepted(rrset.with_ttl(17))
    assert codes(judged(signed(original_ttl=1).with_ttl(1), OTHER)) == ["NO_MATCHING_DNSKEY"]
    altered = rrset.with_rrsigs(tuple((ttl, rrsig[:7] + b"\1" + rrsig[8:]) for ttl, rrsig in rrset.rrsigs))
    assert codes(judged(altered)) == ["SIGNATURE_INVALID"]


def test_the_order_of_records_and_duplicates_do_not_matter() -> None:
    many = tuple(bytes((192, 0, 2, number)) for number in (3, 1, 2))
    rrset = signed(rdata=many)
    accepted(RRset(WWW, A, 3600, many[::-1] + many, rrset.rrsigs))


def test_records_are_ordered_as_left_justified_octets() -> None:  # RFC 4034 §6.3
    rdata = (b"\1b", b"\1", b"\2", b"")
    accepted(signed(rdtype=TXT, rdata=rdata))


def through_the_wire(owner: bytes, rdtype: int, rdata: bytes, rrsig: bytes) -> RRset:
    """An RRset as it is read from a reply, its names written as given."""
    question = owner + rdtype.to_bytes(2) + b"\0\1"
    records = b"".join(
        owner + number.to_bytes(2) + b"\0\1" + (3600).to_bytes(4) + len(data).to_bytes(2) + data
        for number, data in ((rdtype, rdata), (RRSIG, rrsig))
    )
    header = b"\0\0\x80\0\0\1\0\2\0\0\0\0"
    (rrset,) = read(header + question + records).answer
    return rrset


@pytest.mark.parametrize("case", [bytes.lower, bytes.upper])
def test_owner_signer_and_old_names_in_rdata_are_signed_in_lower_case(case: object) -> None:
    assert callable(case)
    rdata = b"\0\x0a" + WWW.wire
    order = order_for(WWW, MX, 3600, (NOW, NOW), ZONE, KEY)
    rrsig = make_rrsig(order, (rdata,))
    signer = len(ZONE.wire)
    loud = rrsig[:18] + b"\7" + case(ZONE.wire[1:8]) + ZONE.wire[8:] + rrsig[18 + signer :]
    owner = b"\3" + case(b"www") + WWW.wire[4:]
    accepted(through_the_wire(owner, MX, b"\0\x0a" + owner, loud))


def test_the_next_name_of_nsec_is_signed_in_its_own_case() -> None:  # RFC 6840 §5.1
    rdata = b"\3WWW" + ZONE.wire + bitmap_of([A])
    order = order_for(ZONE, NSEC, 3600, (NOW, NOW), ZONE, KEY)
    accepted(through_the_wire(ZONE.wire, NSEC, rdata, make_rrsig(order, (rdata,))))
    low = make_rrsig(order, (rdata.lower(),))
    assert codes(judged(through_the_wire(ZONE.wire, NSEC, rdata, low))) == ["SIGNATURE_INVALID"]


def test_names_inside_an_unknown_type_are_octets() -> None:  # RFC 3597 §7
    rdata = b"\3WWW" + ZONE.wire
    order = order_for(WWW, 65280, 3600, (NOW, NOW), ZONE, KEY)
    accepted(through_the_wire(WWW.wire, 65280, rdata, make_rrsig(order, (rdata,))))


# --- R23, R130: what can be malformed --------------------------------------------------------------------------------


def test_one_malformed_signature_does_not_hurt_the_others() -> None:
    good = signed()
    accepted(good.with_rrsigs((*good.rrsigs, (3600, good.rrsigs[0][1][:10]))))
    assert codes(judged(good.with_rrsigs(((3600, good.rrsigs[0][1][:10]),)))) == ["RRSIG_MALFORMED"]


@pytest.mark.parametrize(("rdtype", "rdata"), [(MX, b"\0"), (CNAME, b"\3www"), (NSEC, b"\0\1"), (SOA, b"\0\0")])
def test_a_malformed_record_with_names_spoils_its_rrset(rdtype: int, rdata: bytes) -> None:
    assert codes(judged(signed(rdtype=rdtype, rdata=(rdata,)))) == ["RDATA_MALFORMED"]


@pytest.mark.parametrize("rdtype", [52, 64, 65, A, TXT, 65280])
@pytest.mark.parametrize("rdata", [b"", b"\x03", b"\xff" * 40])
def test_a_type_without_names_is_never_malformed(rdtype: int, rdata: bytes) -> None:
    accepted(signed(rdtype=rdtype, rdata=(rdata,)))


def test_malformed_ds_and_dnskey_records_do_not_spoil_their_rrset() -> None:
    accepted(signed(rdtype=DS, rdata=(b"\0", bytes(36))))
    accepted(signed(ZONE, DNSKEY, (b"\0", KEY.rdata)))


@pytest.mark.parametrize(
    ("rdtype", "rdata"),
    [
        (CNAME, (WWW.wire, ZONE.wire)),
        (DNAME, (WWW.wire, ZONE.wire)),
        (SOA, (SOA_RDATA, ROOT.wire * 2 + b"\1" * 20)),
        (NSEC, (WWW.wire + bitmap_of([A]), WWW.wire + bitmap_of([NS]))),
        (CNAME, ()),
    ],
)
def test_a_singleton_has_one_record(rdtype: int, rdata: tuple[bytes, ...]) -> None:  # RFC 2181 §10.1
    assert codes(judged(signed(rdtype=rdtype, rdata=rdata))) == ["SINGLETON_RRSET"]


def test_an_rrset_has_at_most_a_hundred_records() -> None:  # R91
    rdata = [number.to_bytes(2) for number in range(101)]
    assert codes(judged(signed(rdtype=TXT, rdata=tuple(rdata)))) == ["RRSET_TOO_LARGE"]
    accepted(signed(rdtype=TXT, rdata=tuple(rdata[:100])))
    assert refused_rrset(context(), RRset(WWW, A, 0, (ADDRESS,)), None) is None  # type: ignore[arg-type]


# --- R24: several signatures -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "bad",
    [
        spoiled(signed()),
        signed(validity=(NOW - 9 * DAY, NOW - DAY)),
        signed(validity=(NOW + DAY, NOW + 2 * DAY)),
        signed(tag=1),
        signed(algorithm=200),
        signed(labels=9),
        signed(labels=1),
        signed(signer=COM, key=OTHER),
        signed(key=OTHER),
    ],
)
def test_one_good_signature_is_enough(bad: RRset) -> None:
    accepted(together(signed(), bad))


def test_a_refusal_before_the_mathematics_costs_nothing() -> None:
    there = context()
    late = [signed(validity=(NOW - 9 * DAY - number, NOW - DAY)) for number in range(20)]
    accepted(together(signed(), *late), within=there)
    assert (there.budget.verifications, there.budget.failures) == (1, 0)


@pytest.mark.parametrize(
    ("validity", "code"),
    [((NOW - 9 * DAY, NOW - DAY), "EXPIRATION_IN_PAST"), ((NOW + DAY, NOW + 9 * DAY), "INCEPTION_IN_FUTURE")],
)
def test_a_date_is_the_cause_only_where_the_signature_is_genuine(validity: tuple[int, int], code: str) -> None:
    there = context()
    assert codes(judged(signed(validity=validity), within=there)) == [code]
    assert there.budget.verifications == 1
    assert codes(judged(spoiled(signed(validity=validity)))) == ["SIGNATURE_INVALID"]
    assert codes(judged(signed(validity=validity, key=OTHER, tag=KEY.tag))) == ["SIGNATURE_INVALID"]
    assert codes(judged(signed(validity=validity, key=OTHER))) == ["SIGNATURE_INVALID"]  # no key of that tag at all


def test_the_most_specific_finding_is_the_cause() -> None:
    world = World()
    zone = world.zone("example.com").add("www A 192.0.2.1").damage("signature-expired", "www A")
    result = outcome(world, "www.example.com")
    assert (result.status, cause(result)) == ("bogus", "EXPIRATION_IN_PAST")
    assert result.cause is not None
    assert result.cause.who == "zone-operator:example.com."
    zone.damage("signature-bad", "www A")
    assert cause(outcome(world, "www.example.com")) == "SIGNATURE_INVALID"


# --- limits on one RRset ---------------------------------------------------------------------------------------------


def test_two_failures_on_one_rrset_end_it() -> None:
    bad = [spoiled(signed(original_ttl=number)) for number in range(1, 6)]
    there = context()
    assert codes(judged(together(*bad), within=there)) == ["SIGNATURE_INVALID", "SIGNATURE_INVALID", "WORK_LIMIT"]
    assert there.budget.failures == 2


def test_the_checks_on_one_rrset_have_a_limit_of_their_own() -> None:
    bad = [spoiled(signed(original_ttl=number)) for number in range(1, 6)]
    for most in (1, 3):
        policy = Policy(limits=Limits(rrset_verifications=most, rrset_failures=100))
        there = context(policy=policy)
        assert codes(judged(together(*bad), within=there)) == [*most * ["SIGNATURE_INVALID"], "WORK_LIMIT"]
        assert there.budget.verifications == most


def test_other_keys_of_the_zone_are_no_keys_of_the_tag() -> None:
    bad = spoiled(signed())
    assert codes(judged(bad, KEY, OTHER, make_key(15, 257, b"a third key"))) == ["SIGNATURE_INVALID"]


def test_duplicate_signatures_collapse() -> None:
    bad = spoiled(signed())
    rrset = bad.with_rrsigs(bad.rrsigs * 30)
    assert codes(judged(rrset)) == ["SIGNATURE_INVALID"]


def test_the_order_on_the_wire_changes_nothing() -> None:
    good, bad = signed(), [spoiled(signed(original_ttl=number)) for number in range(1, 4)]
    every = [rrsig for rrset in (good, *bad) for rrsig in rrset.rrsigs]
    results = {type(judged(good.with_rrsigs(tuple(every[at:] + every[:at])))).__name__ for at in range(len(every))}
    assert len(results) == 1


def test_the_budget_of_the_lookup_is_spent_too() -> None:
    policy = Policy(limits=Limits(failed_verifications=0))
    with pytest.raises(WorkLimit):
        judged(spoiled(signed()), policy=policy)
    policy = Policy(limits=Limits(verifications=3))
    p384 = make_key(14, 256, b"dear")
    with pytest.raises(WorkLimit):
        judged(signed(key=p384), p384, policy=policy)  # P-384 costs four


def test_what_a_lookup_has_checked_costs_nothing_again() -> None:
    there = context()
    bad = spoiled(signed())
    for _ in range(3):
        assert codes(judged(bad, within=there)) == ["SIGNATURE_INVALID"]
    assert (there.budget.verifications, there.budget.failures) == (1, 1)


# --- R25, R26: the TTL -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ttl", "rrsig_ttl", "original", "left", "result"),
    [
        (10, 20, 30, 40, 10),
        (20, 10, 30, 40, 10),
        (30, 20, 10, 40, 10),
        (40, 30, 20, 10, 10),
        (0, 20, 30, 40, 0),
        (20, 30, 0, 40, 0),
        (20, 30, 40, 0, 0),
        (10, 10, 10, 10, 10),
    ],
)
def test_the_least_of_four_is_the_ttl(ttl: int, rrsig_ttl: int, original: int, left: int, result: int) -> None:
    rrset = signed(original_ttl=original, validity=(NOW - 10, NOW + left)).with_ttl(ttl)
    rrset = rrset.with_rrsigs(tuple((rrsig_ttl, rrsig) for _, rrsig in rrset.rrsigs))
    assert accepted(rrset).rrset.ttl == result


@pytest.mark.parametrize(
    ("damage", "ttl"), [("ttl-raised", 300), ("ttl-zero", 0), ("rrsig-ttl-low", 1), ("original-ttl-low", 150)]
)
def test_the_value_of_a_lookup_has_the_capped_ttl(damage: str, ttl: int) -> None:
    world = World()
    world.zone("example.com").add("www 300 A 192.0.2.1").damage(damage, "www A")
    result = outcome(world, "www.example.com")
    assert isinstance(result, Secure)
    assert result.value.ttl == ttl


# --- R27 -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rdtype", ["RRSIG", "SIG", "ANY", "AXFR", "IXFR", "MAILA", "MAILB", "OPT", "TSIG", "NXNAME"])
def test_what_nothing_signs_is_refused_without_a_question(rdtype: str) -> None:  # R84, R85, R86
    asked: list[object] = []
    world = World()
    world.override(f"www.example.com {rdtype}", lambda honest: asked.append(1) or honest)
    result = outcome(world, "www.example.com", rdtype)
    assert (result.status, cause(result)) == ("indeterminate", "UNSIGNABLE_TYPE")
    assert result.cause is not None
    assert result.cause.ede == 30
    assert not asked
    assert result.work.queries == 0


# --- R34, R101: notes on what was accepted ---------------------------------------------------------------------------


def test_a_weak_rsa_key_is_noted_and_can_be_refused() -> None:
    weak = make_key(8, 257, b"weak", 512)
    there = context()
    accepted(signed(key=weak), weak, within=there)
    assert [note.code for note in there.notes] == ["RSA_MODULUS_RANGE"]
    assert there.notes[0].details["bits"] == 512
    there = context(policy=Policy(min_rsa_bits=1024))
    assert codes(judged(signed(key=weak), weak, within=there)) == ["RSA_MODULUS_RANGE"]
    assert there.budget.failures == 1
    there = context()
    strong = make_key(8, 257, b"strong", 1024)
    accepted(signed(key=strong), strong, within=there)
    assert not there.notes


def test_a_malformed_rsa_key_is_malformed_and_not_weak() -> None:  # R34
    broken = make_key(8, 257, b"weak", 512)._replace(public=b"\3\1\0\1")
    assert codes(judged(signed(key=KEY, tag=broken.tag, algorithm=8), broken)) == ["DNSKEY_BAD_LENGTH"]


def test_a_lookup_that_rests_on_a_weak_key_says_so() -> None:
    world = World()
    world.zone("com", algorithm=8, rsa_bits=512)
    world.zone("example.com").add("www A 192.0.2.1")
    weak = outcome(world, "www.example.com")
    assert notes(weak) == ["RSA_MODULUS_RANGE"]
    assert (weak.notes[0].at, weak.notes[0].who) == ("com./DNSKEY", "zone-operator:com.")
    assert weak.notes[0].details == {"tag": world.zone("com").keys[0].tag, "algorithm": 8, "bits": 512}
    assert outcome(world, "www.example.com", policy=Policy(min_rsa_bits=1024)).status == "bogus"


@pytest.mark.parametrize("validity", [(NOW - DAY, NOW - 60), (NOW + 60, NOW + DAY)])
def test_a_skew_accepts_only_so_much_and_says_so(validity: tuple[int, int]) -> None:
    there = context(policy=Policy(clock_skew=60))
    result = accepted(signed(validity=validity), within=there)
    (note,) = there.notes
    assert (note.code, note.at, note.details["skew"]) == ("WITHIN_CLOCK_SKEW", f"{WWW}/A", 60)
    assert note.who.endswith(f":{ZONE}")
    assert result.not_before <= NOW <= result.not_after
    assert codes(judged(signed(validity=validity), policy=Policy(clock_skew=59)))[0] in (
        "EXPIRATION_IN_PAST",
        "INCEPTION_IN_FUTURE",
    )


def test_what_a_skew_lets_expire_may_not_be_cached() -> None:
    result = accepted(signed(validity=(NOW - DAY, NOW - 60)), policy=Policy(clock_skew=60))
    assert result.rrset.ttl == 0
