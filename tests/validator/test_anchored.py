"""Where a chain of trust begins: R1 to R3, R128, R129, dated and revoked anchors, islands, and negative anchors."""

from __future__ import annotations

import pytest

from resolver.data.name import ROOT, Name
from resolver.data.rrset import Message, NoReply, Question
from resolver.data.types import DNSKEY
from resolver.data.views import Ds, read_ds
from resolver.testing import World
from resolver.testing.keys import make_key
from resolver.validator.anchors import Anchor, Anchors
from resolver.validator.context import Context
from resolver.validator.keyset import usable_anchors
from resolver.validator.outcome import Absent, Indeterminate, Insecure, Secure
from resolver.validator.policy import Policy
from tests.validator.crafting import DAY, NOW, cause, context, ds_of, keyset, notes, outcome

COM = Name.from_text("com.")
FAR = NOW + 300 * DAY


def build(**options: object) -> World:
    world = World()
    world.zone("example.com", **options).add("www A 192.0.2.1")  # type: ignore[arg-type]
    return world


def root_anchor(world: World, start: int | None = None, end: int | None = None) -> Anchor:
    (anchor,) = Anchors.from_text(world.zone(".").anchor_text).all
    return anchor._replace(valid_from=start, valid_until=end)


def anchor(zone: str, algorithm: int = 13, digest_type: int = 2) -> Anchor:
    return Anchor(Name.from_text(zone), 7, algorithm, Ds(7, algorithm, digest_type, bytes(32)), None, None, None, "")


# --- R1: which anchor counts -----------------------------------------------------------------------------------------


def test_a_name_without_an_anchor_is_indeterminate_without_a_question() -> None:
    world = build(island=True)
    result = outcome(world, "www.example.org", anchors=Anchors.from_text(world.zone("example.com").anchor_text))
    assert isinstance(result, Indeterminate)
    assert (result.why, cause(result), result.work.queries) == ("NO_ANCHOR", "NO_ANCHOR", 0)


def test_an_island_is_judged_from_its_own_anchor() -> None:
    world = build(island=True)
    island = Anchors.from_text(world.zone("example.com").anchor_text)
    assert outcome(world, "www.example.com").status == "secure"
    assert outcome(world, "www.example.com", anchors=island).status == "secure"
    root_only = Anchors([root_anchor(world)])
    assert outcome(world, "www.example.com", anchors=root_only).status == "insecure"


def test_a_genuine_denial_of_the_root_says_nothing_about_a_private_island() -> None:
    world = World()
    world.zone("corp", island=True, delegate=False).add("www A 192.0.2.1", "_25._tcp.mx TLSA 3 1 1 " + "ab" * 32)
    assert outcome(world, "_25._tcp.mx.corp", "TLSA").status == "secure"
    other = World()
    lie = other.message("_25._tcp.mx.corp TLSA")
    assert lie.rcode == 3
    world.override("_25._tcp.mx.corp TLSA", lie)
    result = outcome(world, "_25._tcp.mx.corp", "TLSA")
    assert result.status == "bogus"


def test_an_alias_out_of_an_island_has_no_anchor() -> None:
    world = World()
    world.zone("example.com", island=True).add("www CNAME www.example.org.")
    world.zone("example.org").add("www A 192.0.2.1")
    island = Anchors.from_text(world.zone("example.com").anchor_text)
    result = outcome(world, "www.example.com", anchors=island)
    assert isinstance(result, Indeterminate)
    assert result.why == "NO_ANCHOR"
    assert [str(alias.target) for alias in result.aliases] == ["www.example.org."]


def test_the_closest_anchor_decides_and_a_higher_one_does_not_save_it() -> None:  # R128
    world = build()
    stale = Anchors([root_anchor(world), anchor("example.com")])
    result = outcome(world, "www.example.com", anchors=stale)
    assert (result.status, cause(result)) == ("bogus", "ANCHOR_STALE")


def test_below_an_anchor_the_parents_ds_does_not_matter() -> None:  # R128, RFC 6840 appendix C.1
    world = build(island=True)
    both = world.anchors
    world.zone("com").add_rdata("example", "DS", bytes((0, 1, 13, 2)) + bytes(32))
    assert outcome(world, "www.example.com", anchors=both).status == "secure"


def test_the_ds_at_an_anchor_belongs_to_the_parent() -> None:  # R128
    world = build()
    anchors = world.anchors | Anchors.from_text(world.zone("example.com").anchor_text)
    result = outcome(world, "example.com", "DS", anchors=anchors)
    assert isinstance(result, Secure)
    assert result.proof.zone == COM
    only = Anchors.from_text(world.zone("example.com").anchor_text)
    assert cause(outcome(world, "example.com", "DS", anchors=only)) == "NO_ANCHOR"


def test_the_root_has_no_ds_and_nobody_needs_to_be_asked() -> None:
    result = outcome(build(), ".", "DS")
    assert isinstance(result, Absent)
    assert (result.kind, result.work.queries) == ("NODATA", 0)
    only = Anchors.from_text(build().zone("example.com").anchor_text)
    assert cause(outcome(build(), ".", "DS", anchors=only)) == "NO_ANCHOR"


def test_any_one_of_several_anchors_is_enough() -> None:
    world = build()
    several = Anchors([anchor("."), anchor(".", algorithm=200), anchor(".", digest_type=200), root_anchor(world)])
    result = outcome(world, "www.example.com", anchors=several)
    assert isinstance(result, Secure)
    keys = next(step for step in result.proof.walk() if step.anchors)
    assert keys.anchors == (root_anchor(world),)


def test_a_dnskey_is_an_anchor_as_well() -> None:
    world = build()
    key = world.zone(".").keys[0].rdata
    root = root_anchor(world)._replace(ds=None, dnskey=key)
    assert outcome(world, "www.example.com", anchors=Anchors([root])).status == "secure"
    wrong = root._replace(dnskey=key[:-1] + b"\0")
    assert cause(outcome(world, "www.example.com", anchors=Anchors([wrong]))) == "ANCHOR_STALE"


# --- R2, R3: signed by an anchored key, or loudly stale --------------------------------------------------------------


def test_a_root_key_that_is_there_and_does_not_sign_is_no_trust() -> None:
    world = build()
    genuine = world.message(". DNSKEY").answer[0]
    forger = make_key(13, 257, b"forger")
    forged = keyset(forger, signers=(forger,), zone=ROOT)
    both = keyset(world.zone(".").keys[0], forger, signers=(forger,), zone=ROOT)
    assert genuine.rdata[0] in both.rdata
    for rrset in (forged, both):
        world.override(". DNSKEY", Message(Question(ROOT, DNSKEY), answer=(rrset,)))
        result = outcome(world, "www.example.com")
        assert (result.status, cause(result)) == ("bogus", "ANCHOR_STALE")


def test_an_anchor_that_matches_no_key_is_stale() -> None:
    world = build()
    result = outcome(world, "www.example.com", anchors=Anchors([anchor(".")]))
    assert (result.status, cause(result)) == ("bogus", "ANCHOR_STALE")
    assert result.cause is not None
    assert result.cause.who == "local-anchors"
    assert result.cause.at == "./DNSKEY"


def test_a_root_that_rolled_at_once_is_stale_and_with_both_anchors_it_is_not() -> None:
    world = build()
    before = world.anchors
    world.zone(".").roll("ksk")
    assert cause(outcome(world, "www.example.com", anchors=before)) == "ANCHOR_STALE"
    assert outcome(world, "www.example.com", anchors=before | world.anchors).status == "secure"


@pytest.mark.parametrize(
    ("damage", "code"),
    [("signature-expired", "EXPIRATION_IN_PAST"), ("signature-not-yet-valid", "INCEPTION_IN_FUTURE")],
)
def test_a_genuine_set_out_of_its_dates_is_no_stale_anchor(damage: str, code: str) -> None:
    world = build()
    world.zone(".").damage(damage, "@ DNSKEY")
    result = outcome(world, "www.example.com")
    assert (result.status, cause(result)) == ("bogus", code)
    assert result.cause is not None
    assert result.cause.at == "./DNSKEY"
    assert notes(result) == ["CLOCK_SUSPECT"]  # R102: beside the cause, never the cause


def test_a_badly_signed_root_set_is_stale_or_forged() -> None:
    world = build()
    world.zone(".").damage("signature-bad", "@ DNSKEY")
    assert cause(outcome(world, "www.example.com")) == "ANCHOR_STALE"


def test_one_forged_reply_does_not_raise_the_alarm() -> None:  # R3, R97
    world = build()
    forger = make_key(13, 257, b"forger")
    forged = Message(Question(ROOT, DNSKEY), answer=(keyset(forger, signers=(forger,), zone=ROOT),))
    replies = iter([forged])
    world.override(". DNSKEY", lambda honest: next(replies, honest))
    assert outcome(world, "www.example.com").status == "secure"


def test_a_revoked_anchor_is_named_and_its_successor_serves() -> None:  # RFC 5011 §2.1
    world = build()
    old = world.anchors
    world.zone(".").roll("ksk", revoke=True)
    result = outcome(world, "www.example.com", anchors=old)
    assert (result.status, cause(result)) == ("bogus", "ANCHOR_REVOKED")
    assert result.cause is not None
    assert result.cause.details["tag"] == old.all[0].tag
    assert outcome(world, "www.example.com", anchors=old | world.anchors).status == "secure"


def test_a_key_with_the_revoke_bit_counts_as_revoked_only_where_it_signs_itself() -> None:
    world = build()
    key = world.zone(".").keys[0]
    forger = make_key(13, 257, b"forger")
    revoked = key._replace(flags=key.flags | 0x80)
    rrset = keyset(revoked, forger, signers=(forger,), zone=ROOT)
    world.override(". DNSKEY", Message(Question(ROOT, DNSKEY), answer=(rrset,)))
    assert cause(outcome(world, "www.example.com")) == "ANCHOR_STALE"


def test_a_stranger_that_is_revoked_is_no_revoked_anchor() -> None:
    world = build()
    stranger = make_key(13, 257 | 0x80, b"stranger")
    rrset = keyset(stranger, signers=(stranger,), zone=ROOT)
    world.override(". DNSKEY", Message(Question(ROOT, DNSKEY), answer=(rrset,)))
    assert cause(outcome(world, "www.example.com")) == "ANCHOR_STALE"


def test_an_anchored_key_that_is_revoked_in_the_file_does_not_serve() -> None:
    """Only a hand-made anchor can name the revoked form; the key serves for nothing all the same."""
    world = build()
    key = world.zone(".").keys[0]
    revoked = key._replace(flags=key.flags | 0x80)
    world.override(
        ". DNSKEY", Message(Question(ROOT, DNSKEY), answer=(keyset(revoked, signers=(revoked,), zone=ROOT),))
    )
    view = read_ds(ds_of(revoked, owner=ROOT))
    assert view is not None
    known = Anchor(ROOT, view.tag, view.algorithm, view, None, None, None, "")
    assert outcome(world, "www.example.com", anchors=Anchors([known])).status == "bogus"


def test_a_reply_without_keys_is_bogus() -> None:
    world = build()
    world.override(". DNSKEY", Message(Question(ROOT, DNSKEY)))
    assert cause(outcome(world, "www.example.com")) == "ANCHORED_DNSKEY_MISSING"


def test_a_silent_root_is_no_reply_and_stripped_signatures_an_unfit_upstream() -> None:  # R127
    world = build()
    world.zone(".").damage("signatures-stripped", ". DNSKEY")
    result = outcome(world, "www.example.com")
    assert isinstance(result, Indeterminate)
    assert result.why == "UPSTREAM_UNFIT"
    world.override(". DNSKEY", NoReply(Question(ROOT, DNSKEY), "timeout", "gone"))
    result = outcome(world, "www.example.com")
    assert isinstance(result, Indeterminate)
    assert result.why == "NO_REPLY"


# --- dates (R1, R103) ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end", "status"),
    [
        (NOW, NOW, "secure"),
        (NOW + 1, None, "bogus"),
        (None, NOW - 1, "bogus"),
        (None, None, "secure"),
        (NOW - 5, NOW + 5, "secure"),
    ],
)
def test_an_anchor_counts_between_its_dates_both_included(start: int | None, end: int | None, status: str) -> None:
    world = build()
    result = outcome(world, "www.example.com", anchors=Anchors([root_anchor(world, start, end)]))
    assert result.status == status
    if status == "bogus":
        assert cause(result) == "ANCHOR_STALE"


def test_the_dates_of_the_anchor_bound_the_evidence() -> None:
    world = build()
    result = outcome(world, "www.example.com", anchors=Anchors([root_anchor(world, NOW - 3, NOW + 9)]))
    assert isinstance(result, Secure)
    assert (result.valid_from, result.valid_until) == (NOW - 3, NOW + 9)


def test_of_several_anchors_of_one_key_the_longest_lived_bounds_it() -> None:
    world = build()
    short, long = root_anchor(world, NOW - 3, NOW + 9), root_anchor(world, NOW - 4, NOW + 99)
    assert outcome(world, "www.example.com", anchors=Anchors([short])).valid_until == NOW + 9  # type: ignore[union-attr]
    result = outcome(world, "www.example.com", anchors=Anchors([short, long]))
    assert isinstance(result, Secure)
    assert (result.valid_from, result.valid_until) == (NOW - 4, NOW + 99)


def test_an_anchor_out_of_its_dates_does_not_count_beside_another() -> None:
    world = build()
    anchors = Anchors([root_anchor(world, None, NOW - 1), anchor(".")])
    assert cause(outcome(world, "www.example.com", anchors=anchors)) == "ANCHOR_STALE"


# --- R129: anchors that cannot be used -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("algorithm", "digest_type", "reason"),
    [
        (200, 2, "UNSUPPORTED_ALGORITHM"),
        (13, 200, "UNSUPPORTED_DIGEST"),
        (5, 2, "SHA1_POLICY"),
        (7, 2, "SHA1_POLICY"),
        (200, 200, "UNSUPPORTED_ALGORITHM"),
    ],
)
def test_a_point_whose_anchors_are_all_unsupported_is_insecure(algorithm: int, digest_type: int, reason: str) -> None:
    world = build()
    strange = anchor("example.com", algorithm, digest_type)
    result = outcome(world, "www.example.com", anchors=Anchors([root_anchor(world), strange]))
    assert isinstance(result, Insecure)
    assert (result.reason, str(result.cut)) == (reason, "example.com.")
    assert result.proof.anchors == (strange,)


def test_the_root_is_never_insecure_by_an_unsupported_anchor() -> None:
    world = build()
    result = outcome(world, "www.example.com", anchors=Anchors([anchor(".", algorithm=200)]))
    assert (result.status, cause(result)) == ("bogus", "ANCHOR_STALE")


def test_an_unsupported_anchor_does_not_count_beside_a_supported_one() -> None:
    known, strange, old = anchor("com"), anchor("com", algorithm=200), anchor("com", algorithm=5)
    there = context(anchors=Anchors([strange, known, old]))
    assert usable_anchors(there, COM) == [known]
    assert usable_anchors(context(anchors=Anchors([strange, old])), COM) == "UNSUPPORTED_ALGORITHM"
    allowed = context(anchors=Anchors([old]), policy=Policy(allow_rsa_sha1=True))
    assert usable_anchors(allowed, COM) == [old]
    assert usable_anchors(there, ROOT) is None


# --- negative anchors (R98, RFC 7646) --------------------------------------------------------------------------------


def test_a_negative_anchor_exempts_what_is_below_it_and_says_so() -> None:
    world = build()
    world.zone("example.com").damage("signature-bad")
    assert outcome(world, "www.example.com").status == "bogus"
    result = outcome(world, "www.example.com", policy=Policy(negative_anchors={"example.com": float(FAR)}))
    assert isinstance(result, Insecure)
    assert (result.reason, str(result.cut), result.policy) == ("NEGATIVE_ANCHOR", "example.com.", True)
    assert result.cause.ede == 33
    assert result.untrusted is not None
    assert not result.untrusted.rrsigs


def test_a_negative_anchor_ends_at_its_moment() -> None:
    world = build()
    world.zone("example.com").damage("signature-bad")
    for until, status in ((NOW, "insecure"), (NOW - 1, "bogus")):
        assert (
            outcome(world, "www.example.com", policy=Policy(negative_anchors={"example.com": until})).status == status
        )
    result = outcome(world, "www.example.com", policy=Policy(negative_anchors={"example.com": NOW + 7}))
    assert isinstance(result, Insecure)
    assert (result.valid_until, result.fresh_until) == (NOW + 7, NOW + 7)


def test_a_negative_anchor_exempts_nothing_beside_it_and_not_its_own_ds() -> None:
    world = build()
    world.zone("other.com").add("www A 192.0.2.1")
    policy = Policy(negative_anchors={"example.com": FAR})
    assert outcome(world, "www.other.com", policy=policy).status == "secure"
    assert outcome(world, "example.com", "DS", policy=policy).status == "secure"
    assert outcome(world, "badexample.com", policy=policy).status == "absent"


def test_an_anchor_below_a_negative_one_still_applies() -> None:
    world = build(island=True)
    assert outcome(world, "www.example.com", policy=Policy(negative_anchors={"com": FAR})).status == "secure"
    assert outcome(world, "www.example.com", policy=Policy(negative_anchors={"example.com": FAR})).status == "insecure"


def test_the_closest_of_several_negative_anchors_is_named() -> None:
    world = build()
    policy = Policy(negative_anchors={"com": FAR, "example.com": FAR, ".": FAR})
    result = outcome(world, "www.example.com", policy=policy)
    assert isinstance(result, Insecure)
    assert str(result.cut) == "example.com."


def point(there: Context, name: str, *, proper: bool = False) -> tuple[str, bool]:
    found, negative = there.point(Name.from_text(name), proper=proper)
    return str(found), negative


def test_the_closest_point_is_found_with_and_without_the_name_itself() -> None:
    anchors = Anchors([anchor("."), anchor("example.com")])
    there = context(anchors=anchors, policy=Policy(negative_anchors={"a.example.com": FAR, "com": FAR, "org": 0}))
    assert point(there, "example.com") == ("example.com.", False)
    assert point(there, "example.com", proper=True) == ("com.", True)
    assert point(there, "x.a.example.com") == ("a.example.com.", True)
    assert point(there, "a.example.com", proper=True) == ("example.com.", False)
    assert point(there, "www.org") == (".", False)
    assert point(there, ".", proper=True) == ("None", False)


def test_of_an_anchor_and_a_negative_one_at_a_name_the_negative_wins() -> None:
    there = context(anchors=Anchors([anchor("com")]), policy=Policy(negative_anchors={"com": FAR}))
    assert point(there, "www.com") == ("com.", True)
