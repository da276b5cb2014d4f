"""DNSKEY RRsets under DS records and anchors: RFC 4035 §5.2, RFC 4509 §3, RFC 5011 §2.1, RFC 6840 §5."""

from __future__ import annotations

import itertools

import pytest

from resolver.data.name import Name
from resolver.data.rrset import RRset
from resolver.data.types import DNSKEY, DS
from resolver.data.views import Ds, read_ds
from resolver.errors import BadAnchor
from resolver.testing import World
from resolver.testing.keys import Key as Signer
from resolver.testing.keys import make_key
from resolver.validator import keyset as keysets
from resolver.validator.anchors import Anchors
from resolver.validator.findings import Finding
from resolver.validator.keyset import KeySet, by_anchors, by_ds, supported, usable_ds
from resolver.validator.limits import Limits
from resolver.validator.outcome import Insecure, Secure
from resolver.validator.policy import Policy
from resolver.validator.signatures import check
from tests.validator.crafting import (
    DAY,
    KEY,
    NOW,
    OTHER,
    ZONE,
    accepted,
    cause,
    codes,
    colliding,
    context,
    ds_of,
    keyset,
    notes,
    outcome,
    reply,
    signed,
    spoiled,
)

ZSK = make_key(13, 256, b"zone signing key")


def ds(rdata: bytes) -> Ds:
    view = read_ds(rdata)
    assert view is not None
    return view


def under(rrset: RRset, *records: bytes, policy: Policy | None = None) -> KeySet | list[Finding]:
    return by_ds(context(policy=policy), ZONE, reply(rrset), [ds(rdata) for rdata in records])


def kept(result: KeySet | list[Finding]) -> KeySet:
    assert isinstance(result, KeySet), result
    return result


def usable(*records: bytes, policy: Policy | None = None) -> object:
    return usable_ds(context(policy=policy), RRset(ZONE, DS, 3600, records))


def chosen(*records: bytes, policy: Policy | None = None) -> list[bytes]:
    found = usable(*records, policy=policy)
    assert isinstance(found, list), found
    return [bytes((one.tag >> 8, one.tag & 255, one.algorithm, one.digest_type)) + one.digest for one in found]


# --- R28, R29: a DS matches a key that signs the set -----------------------------------------------------------------


@pytest.mark.parametrize("digest", [1, 2, 4])
def test_a_set_signed_by_a_key_that_a_ds_matches_is_good(digest: int) -> None:
    found = kept(under(keyset(KEY, ZSK), ds_of(KEY, digest)))
    assert [key.tag for key in found.usable] == [KEY.tag, ZSK.tag]
    assert found.dnskey.key.tag == KEY.tag


def test_a_key_that_no_ds_matches_cannot_hold_the_set() -> None:
    assert codes(under(keyset(KEY, OTHER, signers=(OTHER,)), ds_of(KEY))) == ["DS_KEY_NOT_SIGNING"]


def test_a_set_without_the_key_of_the_ds_is_refused() -> None:
    found = under(keyset(OTHER, signers=(OTHER,)), ds_of(KEY))
    assert codes(found) == ["NO_SEP"]
    assert isinstance(found, list)
    assert str(KEY.tag) in found[0].text


@pytest.mark.parametrize(
    "change", [lambda digest: digest[:-1], lambda digest: digest + b"\0", lambda digest: digest[:4]]
)
def test_the_whole_digest_must_agree(change: object) -> None:
    assert callable(change)
    record = ds_of(KEY)
    assert "DIGEST_INVALID" in codes(under(keyset(KEY), record[:4] + change(record[4:])))


def test_the_digest_is_over_the_owner_too() -> None:
    record = ds_of(KEY, owner=Name.from_text("example.org."))
    assert codes(under(keyset(KEY), record)) == ["DIGEST_INVALID", "NO_SEP"]


def test_tag_and_algorithm_of_the_ds_must_agree_although_the_digest_does() -> None:
    record = ds_of(KEY)
    assert codes(under(keyset(KEY), bytes((record[0] ^ 1,)) + record[1:])) == ["NO_SEP"]
    assert codes(under(keyset(KEY), record[:2] + b"\x0e" + record[3:])) == ["NO_SEP"]
    assert codes(under(keyset(KEY), record[:2] + b"\xfd" + record[3:])) == ["NO_SEP"]  # R37


def test_a_set_without_signature_or_without_records_is_refused() -> None:
    assert codes(under(keyset(KEY, signers=()), ds_of(KEY))) == ["MISSING_RRSIG"]
    assert codes(by_ds(context(), ZONE, reply(), [ds(ds_of(KEY))])) == ["DNSKEY_MISSING"]


def test_a_set_with_a_bad_or_late_signature_says_so() -> None:
    assert codes(under(spoiled(keyset(KEY)), ds_of(KEY))) == ["SIGNATURE_INVALID"]
    assert codes(under(keyset(KEY, validity=(NOW - 2 * DAY, NOW - DAY)), ds_of(KEY))) == ["EXPIRATION_IN_PAST"]


def test_the_owner_signs_its_own_keys() -> None:  # R4
    parent = Name.from_text("com.")
    rrset = signed(ZONE, DNSKEY, (KEY.rdata,), signer=parent)
    assert not isinstance(under(rrset, ds_of(KEY)), KeySet)


def test_a_wildcards_keys_are_nobodys() -> None:  # R20
    assert codes(under(keyset(KEY, labels=1), ds_of(KEY))) == ["RRSIG_LABELS_BELOW_SIGNER"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"flags": 257 | 128}, "DNSKEY_REVOKED_DS"),
        ({"flags": 1}, "DNSKEY_NOT_ZONE_KEY"),
        ({"protocol": 2}, "DNSKEY_PROTOCOL"),
    ],
)
def test_the_matched_key_is_a_zone_key_of_protocol_3_and_not_revoked(change: dict[str, int], code: str) -> None:
    key = KEY._replace(**change)
    rrset = keyset(key, signers=(key,))
    assert codes(under(rrset, ds_of(key))) == [code]


@pytest.mark.parametrize("change", [{"flags": 256 | 128}, {"flags": 0}, {"protocol": 4}, {"algorithm": 253}])
def test_other_keys_that_cannot_serve_are_left_out_of_the_usable_ones(change: dict[str, int]) -> None:
    bad = ZSK._replace(**change)
    assert [key.tag for key in kept(under(keyset(KEY, bad), ds_of(KEY))).usable] == [KEY.tag]


def test_unknown_flag_bits_do_not_disqualify_and_sep_is_a_hint() -> None:  # R33
    odd = KEY._replace(flags=0x0100 | 0xFE00)
    kept(under(keyset(odd, signers=(odd,)), ds_of(odd)))
    plain = KEY._replace(flags=256)
    kept(under(keyset(plain, signers=(plain,)), ds_of(plain)))


def test_a_malformed_key_beside_a_good_one_is_left_out() -> None:  # R23
    rdata = (KEY.rdata, b"\1")
    rrset = signed(ZONE, DNSKEY, rdata)
    assert [key.tag for key in kept(under(rrset, ds_of(KEY))).usable] == [KEY.tag]
    assert codes(under(signed(ZONE, DNSKEY, (b"\1",)), ds_of(KEY))) == ["RDATA_MALFORMED", "NO_SEP"]


def test_any_one_path_is_enough() -> None:  # R32, RFC 6840 §5.11
    rsa = make_key(8, 257, b"second", 1024)
    kept(under(keyset(KEY, rsa), ds_of(KEY), ds_of(rsa)))
    kept(under(keyset(KEY, rsa, signers=(rsa,)), ds_of(KEY), ds_of(rsa)))
    kept(under(keyset(KEY), ds_of(KEY), ds_of(OTHER)))


def test_a_bad_key_spends_a_failure_and_ends_its_path_only() -> None:  # R36, CVE-2025-8677
    broken = OTHER._replace(public=bytes(64))
    rrset = keyset(KEY, broken, signers=(KEY,))
    fake = signed(ZONE, DNSKEY, rrset.rdata, tag=broken.tag)
    both = rrset.with_rrsigs((*rrset.rrsigs, *fake.rrsigs))
    kept(under(both, ds_of(broken), ds_of(KEY)))
    assert codes(under(rrset.with_rrsigs(fake.rrsigs), ds_of(broken))) == ["DNSKEY_UNUSABLE"]


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        ("key-revoked", "DNSKEY_REVOKED_DS"),
        ("key-not-zone", "DNSKEY_NOT_ZONE_KEY"),
        ("key-wrong-protocol", "DNSKEY_PROTOCOL"),
        ("key-malformed", "DNSKEY_BAD_LENGTH"),
        ("key-other", "NO_SEP"),
        ("dnskey-missing", "DNSKEY_MISSING"),
        ("dnskey-unsigned", "MISSING_RRSIG"),
        ("ds-mismatch", "DIGEST_INVALID"),
        ("ds-wrong-tag", "NO_SEP"),
        ("ds-wrong-algorithm", "NO_SEP"),
        ("ds-truncated", "DIGEST_INVALID"),
        ("ds-malformed", "RDATA_MALFORMED"),
        ("ds-sha1-good-sha256-bad", "DIGEST_INVALID"),
        ("ds-unusable-beside-mismatch", "DIGEST_INVALID"),
    ],
)
def test_a_damaged_zone_is_bogus_for_its_own_reason(damage: str, code: str) -> None:
    world = World()
    world.zone("example.com").add("www A 192.0.2.1").damage(damage)
    result = outcome(world, "www.example.com")
    assert (result.status, cause(result)) == ("bogus", code)


@pytest.mark.parametrize("damage", ["ds-mismatch-beside-good", "ds-unusable-beside-good"])
def test_a_zone_with_one_good_ds_is_secure(damage: str) -> None:
    world = World()
    world.zone("example.com").add("www A 192.0.2.1").damage(damage)
    assert outcome(world, "www.example.com").status == "secure"


def test_a_set_without_signatures_is_no_stale_anchor() -> None:  # R127: an upstream that strips says nothing of keys
    known = Anchors.from_text("example.com. DS " + " ".join(map(str, ds(ds_of(KEY))[:3])) + " " + ds_of(KEY)[4:].hex())
    there = context(anchors=known)
    assert codes(by_anchors(there, ZONE, reply(keyset(KEY, signers=())), list(known.all))) == ["MISSING_RRSIG"]
    kept(by_anchors(there, ZONE, reply(keyset(KEY)), list(known.all)))


# --- R30: SHA-1 beside something stronger ----------------------------------------------------------------------------


@pytest.mark.parametrize("strong", [2, 4])
def test_a_stronger_digest_switches_sha_1_off_in_the_whole_rrset(strong: int) -> None:
    assert chosen(ds_of(KEY, 1), ds_of(OTHER, strong)) == [ds_of(OTHER, strong)]  # whatever the algorithm or the tag
    rsa = make_key(8, 257, b"second", 1024)
    assert chosen(ds_of(rsa, 1), ds_of(KEY, strong)) == [ds_of(KEY, strong)]


def test_no_fall_back_to_sha_1_when_the_stronger_one_fails() -> None:
    there = context()
    found = usable_ds(there, RRset(ZONE, DS, 3600, (ds_of(KEY, 1), ds_of(OTHER, 2))))
    assert isinstance(found, list)
    assert codes(by_ds(there, ZONE, reply(keyset(KEY)), found)) == ["NO_SEP"]
    assert [note.code for note in there.notes] == ["DS_DIGEST_ALGORITHM_IGNORED"]


@pytest.mark.parametrize("octets", [0, 20, 31, 33, 48])
def test_a_stronger_digest_of_the_wrong_length_does_not_switch_sha_1_off(octets: int) -> None:
    strange = ds_of(KEY, 2)[:4] + bytes(octets or 1)
    assert ds_of(KEY, 1) in chosen(ds_of(KEY, 1), strange)


def test_a_stronger_digest_of_an_unsupported_algorithm_does_not_switch_sha_1_off() -> None:
    strange = ds_of(KEY, 2)
    strange = strange[:2] + b"\xc8" + strange[3:]
    assert chosen(ds_of(KEY, 1), strange) == [ds_of(KEY, 1)]


def test_sha_1_alone_is_accepted_and_noted_and_refused_by_the_strict_policy() -> None:
    world = World()
    world.zone("example.com", digests=(1,)).add("www A 192.0.2.1")
    result = outcome(world, "www.example.com")
    assert (result.status, notes(result)) == ("secure", ["SHA1_DS_ONLY"])
    refused = outcome(world, "www.example.com", policy=Policy.strict())
    assert isinstance(refused, Insecure)
    assert (refused.reason, refused.policy, cause(refused)) == ("UNSUPPORTED_DIGEST", False, "UNSUPPORTED_DIGEST")


def test_digests_side_by_side_are_noted() -> None:
    world = World()
    world.zone("example.com", digests=(1, 2)).add("www A 192.0.2.1")
    result = outcome(world, "www.example.com")
    assert (result.status, notes(result)) == ("secure", ["DS_DIGEST_ALGORITHM_IGNORED"])


# --- R31, R37, R38, R39: what makes a zone insecure ------------------------------------------------------------------


def with_algorithm(record: bytes, algorithm: int) -> bytes:
    return record[:2] + bytes((algorithm,)) + record[3:]


def with_digest(record: bytes, digest: int) -> bytes:
    return record[:3] + bytes((digest,)) + record[4:]


@pytest.mark.parametrize("algorithm", [0, 1, 3, 6, 12, 17, 200, 252, 253, 254, 255])
def test_an_algorithm_that_nobody_uses_makes_insecure(algorithm: int) -> None:
    assert usable(with_algorithm(ds_of(KEY), algorithm)) == "UNSUPPORTED_ALGORITHM"


@pytest.mark.parametrize("digest", [0, 3, 5, 6, 200, 255])
def test_a_digest_that_nobody_uses_makes_insecure(digest: int) -> None:
    assert usable(with_digest(ds_of(KEY), digest)) == "UNSUPPORTED_DIGEST"


def test_unsupported_in_both_ways_is_a_question_of_the_algorithm() -> None:
    assert usable(with_digest(with_algorithm(ds_of(KEY), 200), 200)) == "UNSUPPORTED_ALGORITHM"
    assert usable(with_algorithm(ds_of(KEY), 200), with_digest(ds_of(KEY), 200)) == "UNSUPPORTED_DIGEST"


@pytest.mark.parametrize("algorithm", [5, 7])
def test_rsa_with_sha_1_is_insecure_by_policy_and_can_be_allowed(algorithm: int) -> None:  # RFC 9905 §2
    world = World()
    world.zone("example.com", algorithm=algorithm, rsa_bits=1024).add("www A 192.0.2.1")
    result = outcome(world, "www.example.com")
    assert isinstance(result, Insecure)
    assert (result.reason, result.policy, str(result.cut)) == ("SHA1_POLICY", True, "example.com.")
    assert outcome(world, "www.example.com", policy=Policy.permissive()).status == "secure"


def test_rsa_with_sha_1_beside_an_unknown_algorithm_is_an_unsupported_algorithm() -> None:
    records = (with_algorithm(ds_of(KEY), 5), with_algorithm(ds_of(KEY), 200))
    assert usable(*records) == "UNSUPPORTED_ALGORITHM"


def test_one_usable_ds_that_fails_is_bogus_whatever_stands_beside_it() -> None:
    records = (with_algorithm(ds_of(KEY), 200), with_digest(ds_of(KEY), 200), ds_of(OTHER))
    assert chosen(*records) == [ds_of(OTHER)]


def test_a_malformed_ds_is_never_insecure() -> None:
    found = usable(b"\0\1\x0d", b"\0")
    assert isinstance(found, Finding)
    assert found.code == "RDATA_MALFORMED"
    assert chosen(b"\0\1\x0d", ds_of(KEY)) == [ds_of(KEY)]
    assert usable(b"\0\1\x0d", with_algorithm(ds_of(KEY), 200)) == "UNSUPPORTED_ALGORITHM"


@pytest.mark.parametrize(
    ("damage", "reason", "ede"),
    [("ds-unknown-algorithm", "UNSUPPORTED_ALGORITHM", 1), ("ds-unknown-digest", "UNSUPPORTED_DIGEST", 2)],
)
def test_an_unusable_ds_of_a_zone_makes_it_insecure_with_its_proof(damage: str, reason: str, ede: int) -> None:
    world = World()
    world.zone("example.com").add("www A 192.0.2.1").damage(damage)
    result = outcome(world, "www.example.com")
    assert isinstance(result, Insecure)
    assert (result.reason, str(result.cut), result.policy) == (reason, "example.com.", False)
    assert result.cause.ede == ede
    assert [proof.rrset.rdtype for proof in result.proof.evidence] == [DS]


@pytest.mark.parametrize(
    "public",
    [bytes(64), b"\1", b"\3\1\0\1" + b"\xff" * 600, b"\xff" * 63, b"\0\xff\xff" + bytes(64)],
    ids=["zeros", "one-octet", "huge", "short", "exponent-cut-off"],
)
@pytest.mark.parametrize("algorithm", [8, 13, 15])
def test_the_contents_of_a_key_never_make_a_zone_insecure(algorithm: int, public: bytes) -> None:  # R38
    world = World()
    zone = world.zone("example.com").add("www A 192.0.2.1")
    broken = Signer(algorithm, 257, 3, public, lambda data: bytes(64))
    zone.damage("dnskey-missing")
    rrset = signed(zone.name, DNSKEY, (broken.rdata,), key=broken, signer=zone.name, algorithm=algorithm)
    parent = world.zone("com").add_rdata("example", "DS", ds_of(broken))
    parent_ds = world.message("example.com. DS")
    assert parent_ds.find(zone.name, DS) is not None
    world.override("example.com. DNSKEY", reply(rrset))
    zone.damage("ds-mismatch")
    assert outcome(world, "www.example.com").status == "bogus"
    assert parent.name == Name.from_text("com.")


def test_an_algorithm_without_a_known_answer_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:  # R38
    assert supported(context(), 13)
    assert not supported(context(), 5)
    monkeypatch.setattr(keysets, "is_available", lambda algorithm: algorithm != 13)
    assert not supported(context(), 13)
    assert usable(ds_of(KEY)) == "UNSUPPORTED_ALGORITHM"


# --- R40, R90: many records ------------------------------------------------------------------------------------------


def many_ds(count: int) -> list[bytes]:
    return [ds_of(make_key(13, 257, bytes((number, 7)))) for number in range(count)]


def test_of_many_ds_the_first_eight_in_canonical_order_are_tried() -> None:
    others = many_ds(20)
    last, first = b"\xff\xff" + ds_of(KEY)[2:], ds_of(KEY)
    assert first not in others
    early = sorted([*others, first])
    found = under(keyset(KEY), *[record for record in early if record == first][:1], *others[:7])
    kept(found)
    nine = under(keyset(KEY), *others[:8], first)
    assert codes(nine) == ["WORK_LIMIT", "NO_SEP"]
    assert last not in early


def test_the_verdict_over_many_ds_does_not_depend_on_the_wire() -> None:
    records = [*many_ds(9), ds_of(KEY)]
    results = set()
    for turn in range(len(records)):
        rrset = RRset(ZONE, DS, 3600, tuple(records[turn:] + records[:turn]))
        found = usable_ds(context(), rrset)
        assert isinstance(found, list)
        results.add(type(by_ds(context(), ZONE, reply(keyset(KEY)), found)).__name__)
    assert len(results) == 1


def test_of_many_keys_sixteen_are_kept_the_matched_ones_first() -> None:
    zsks = [make_key(13, 256, bytes((number, 9))) for number in range(25)]
    found = kept(under(keyset(KEY, *zsks), ds_of(KEY)))
    assert len(found.usable) == 16
    assert found.usable[0].tag == KEY.tag
    rest = [key.dnskey.rdata for key in found.usable[1:]]
    assert rest == sorted(zsk.rdata for zsk in zsks)[:15]


def test_keys_that_collide_end_in_the_work_limit_whatever_their_order() -> None:  # KeyTrap, CVE-2023-50387
    twins = colliding(3)
    for turn in itertools.permutations((KEY, *twins[:2])):
        rrset = keyset(*turn)
        there = context(policy=Policy(limits=Limits(keys_per_tag=2)))
        found = by_ds(there, ZONE, reply(rrset), [ds(ds_of(key)) for key in (*twins[:2], KEY)])
        trusted = sorted(key.rdata for key in turn)
        if KEY.rdata in trusted[:2]:
            kept(found)
        else:
            assert "WORK_LIMIT" in codes(found)


def test_the_key_that_the_ds_matches_is_tried_before_its_twins() -> None:  # R21
    twins = colliding(3)
    found = kept(under(keyset(KEY, *twins), ds_of(KEY)))
    assert found.usable[0].dnskey.rdata == KEY.rdata
    rrset = signed()
    result = check(context(), rrset, ZONE, found.usable, found.dnskey.rrset.rdata)
    assert not isinstance(result, list)


@pytest.mark.parametrize("damage", ["keys-collide", "signatures-many"])
def test_a_key_trap_ends_within_its_limits(damage: str) -> None:
    world = World()
    world.zone("example.com").add("www A 192.0.2.1").damage(damage)
    result = outcome(world, "www.example.com")
    assert result.work.verifications <= 20
    assert result.work.failures <= 8
    if damage == "signatures-many":
        assert (result.status, cause(result)) == ("bogus", "WORK_LIMIT")


def test_the_verdict_of_a_key_trap_does_not_depend_on_the_wire() -> None:
    world = World()
    zone = world.zone("example.com").add("www A 192.0.2.1").damage("keys-collide")
    plain = outcome(world, "www.example.com")
    zone.damage("order-reversed")
    other = outcome(world, "www.example.com")
    assert (plain.status, plain.work) == (other.status, other.work)


def test_the_zones_data_are_held_by_its_zone_signing_key() -> None:
    world = World()
    world.zone("example.com", keys="split").add("www A 192.0.2.1")
    result = outcome(world, "www.example.com")
    assert isinstance(result, Secure)
    assert result.proof.evidence[0].key.dnskey.flags == 256


def test_an_anchor_file_never_holds_a_key_that_cannot_serve() -> None:
    with pytest.raises(BadAnchor):
        Anchors.from_text("example.com. DNSKEY 385 3 13 AAAA")


def test_accepting_needs_no_ds_where_the_key_is_given() -> None:
    assert accepted(keyset(KEY)).zone == ZONE
