"""RFC 5011 as a pure function (R145): each row of the state table of §4.2, the hold-downs, and what must move nothing."""

from __future__ import annotations

import pytest

from resolver.data.name import ROOT, Name
from resolver.errors import BadAnchor
from resolver.testing.keys import Key as Signer
from resolver.testing.keys import make_key
from resolver.validator.anchors import Anchors
from resolver.validator.rolling import MAX_TRACKED, Store, observe, retry_at, start
from resolver.validator.states import Verified
from tests.validator.crafting import DAY, NOW, accepted, ds_of, keyset, signed

OLD = make_key(13, 257, b"the anchor")
NEW = make_key(13, 257, b"its successor")
ZSK = make_key(13, 256, b"no anchor ever")
REVOKED = OLD._replace(flags=OLD.flags | 0x80)
ANCHORS = Anchors.from_text(". DS " + f"{OLD.tag} 13 2 " + ds_of(OLD, owner=ROOT)[4:].hex())


def seen(*keys: Signer, by: Signer = OLD, also: tuple[Signer, ...] = (), at: float = NOW, ttl: int = 3600) -> Verified:
    """A DNSKEY RRset of the root that `by` signs, and `also` as well; in date for a month around `at`."""
    validity = (int(at) - 15 * DAY, int(at) + 15 * DAY)
    sets = keyset(*keys, signers=(by, *also), zone=ROOT, validity=validity, ttl=ttl)
    return accepted(sets, by, zone=ROOT, now=int(at))


def states(store: Store) -> dict[bytes, str]:
    return {key.rdata: key.state for key in store.keys}


def after(*steps: tuple[float, tuple[Signer, ...]], store: Store | None = None, by: Signer = OLD) -> Store:
    """The store after observations, each of (days from now, keys)."""
    store = start(ANCHORS, ROOT) if store is None else store
    for days, keys in steps:
        at = NOW + days * DAY
        store = observe(store, seen(*keys, by=by, at=at), at)
    return store


def tags(store: Store) -> set[int]:
    anchors = store.trusted()
    return set() if anchors is None else {anchor.tag for anchor in anchors}


def test_a_configured_anchor_is_trusted_from_its_first_sight_on() -> None:
    store = after((0, (OLD, ZSK)))
    assert states(store) == {OLD.rdata: "VALID"}
    assert tags(store) == {OLD.tag}


def test_a_new_key_is_trusted_when_it_is_seen_after_thirty_days_in_every_set_between() -> None:
    store = after((0, (OLD,)), (1, (OLD, NEW)), (15, (OLD, NEW)), (30.9, (OLD, NEW)))
    assert states(store)[NEW.rdata] == "ADDPEND"
    assert tags(store) == {OLD.tag}
    store = after((31, (OLD, NEW)), store=store)
    assert states(store)[NEW.rdata] == "VALID"
    assert tags(store) == {OLD.tag, NEW.tag}


def test_that_the_hold_down_is_over_is_not_enough_without_a_set_that_holds_the_key() -> None:
    store = after((0, (OLD, NEW)))
    assert tags(store) == {OLD.tag}
    assert states(after((40, (OLD,)), store=store)) == {OLD.rdata: "VALID"}


def test_a_pending_key_that_is_missing_once_begins_anew() -> None:
    store = after((0, (OLD, NEW)), (10, (OLD,)), (20, (OLD, NEW)), (31, (OLD, NEW)))
    assert states(store)[NEW.rdata] == "ADDPEND"
    assert states(after((50, (OLD, NEW)), store=store))[NEW.rdata] == "VALID"


def test_the_hold_down_is_the_original_ttl_where_that_is_longer() -> None:
    at = float(NOW)
    store = observe(start(ANCHORS, ROOT), seen(OLD, NEW, at=at, ttl=40 * DAY), at)
    store = after((39, (OLD, NEW)), store=store)
    assert states(store)[NEW.rdata] == "ADDPEND"
    assert states(after((40, (OLD, NEW)), store=store))[NEW.rdata] == "VALID"


def rolled() -> Store:
    return after((0, (OLD, NEW)), (30, (OLD, NEW)))


def test_a_missing_key_is_trusted_all_the_same_and_may_come_back() -> None:
    store = after((40, (NEW,)), store=rolled(), by=NEW)
    assert states(store)[OLD.rdata] == "MISSING"
    assert tags(store) == {OLD.tag, NEW.tag}
    assert states(after((41, (OLD, NEW)), store=store))[OLD.rdata] == "VALID"


def test_a_key_that_signs_its_own_revocation_is_revoked_then_removed_and_never_trusted_again() -> None:
    at = NOW + 40 * DAY
    store = observe(rolled(), seen(REVOKED, NEW, by=NEW, also=(REVOKED,), at=at), at)
    assert states(store)[OLD.rdata] == "REVOKED"
    assert tags(store) == {NEW.tag}
    store = after((71, (NEW,)), store=store, by=NEW)
    assert states(store)[OLD.rdata] == "REMOVED"
    store = after((80, (OLD, NEW)), (130, (OLD, NEW)), store=store, by=NEW)
    assert states(store)[OLD.rdata] == "REMOVED"
    assert tags(store) == {NEW.tag}


def test_the_revoke_bit_counts_only_under_the_keys_own_signature() -> None:
    at = NOW + 40 * DAY
    store = observe(rolled(), seen(REVOKED, NEW, by=NEW, at=at), at)
    assert states(store)[OLD.rdata] == "MISSING"
    assert tags(store) == {OLD.tag, NEW.tag}


def test_a_key_that_comes_revoked_and_not_revoked_is_revoked() -> None:
    at = NOW + 40 * DAY
    store = observe(rolled(), seen(REVOKED, OLD, NEW, by=NEW, also=(REVOKED,), at=at), at)
    assert states(store)[OLD.rdata] == "REVOKED"


def test_a_pending_key_that_is_revoked_is_forgotten() -> None:
    revoked = NEW._replace(flags=NEW.flags | 0x80)
    at = NOW + 10 * DAY
    store = observe(after((0, (OLD, NEW))), seen(OLD, revoked, also=(revoked,), at=at), at)
    assert states(store) == {OLD.rdata: "VALID"}


def test_a_set_that_no_trusted_key_signs_moves_nothing() -> None:
    store = after((0, (OLD,)))
    assert after((1, (OLD, NEW)), store=store, by=NEW) is store
    revoked = after((0, (OLD,)))
    assert after((1, (REVOKED,)), store=revoked, by=REVOKED) is revoked


def test_a_clock_that_went_back_moves_nothing() -> None:
    store = after((0, (OLD, NEW)))
    assert after((-1, (OLD,)), store=store) is store


def test_a_set_out_of_its_dates_moves_nothing() -> None:
    store = after((0, (OLD,)))
    later = NOW + 40 * DAY
    assert observe(store, seen(OLD, NEW, at=NOW), later) is store


def test_a_set_of_another_zone_or_type_moves_nothing() -> None:
    store = after((0, (OLD,)))
    other = Name.from_text("com.")
    foreign = accepted(keyset(OLD, NEW, signers=(OLD,), zone=other), OLD, zone=other)
    assert observe(store, foreign, NOW) is store
    text = accepted(signed(ROOT, 16, (b"\x01a",), key=OLD, signer=ROOT), OLD, zone=ROOT)
    assert observe(store, text, NOW) is store


def test_only_sep_zone_keys_of_protocol_3_are_followed() -> None:
    strange = NEW._replace(protocol=4)
    host = NEW._replace(flags=1)
    assert states(after((0, (OLD, ZSK, strange, host)))) == {OLD.rdata: "VALID"}


def test_when_all_keys_are_revoked_the_trust_point_is_gone() -> None:
    store = after((0, (OLD,)))
    at = NOW + DAY
    signer = seen(REVOKED, OLD, by=OLD, also=(REVOKED,), at=at)
    assert observe(store, signer, at).trusted() is None


def test_the_next_probe_lies_within_ttl_and_signature() -> None:
    assert after((0, (OLD,))).probe_at == NOW + 3600
    at = float(NOW)
    long = observe(start(ANCHORS, ROOT), seen(OLD, at=at, ttl=20 * DAY), at)
    assert long.probe_at == NOW + 7.5 * DAY  # half of the fifteen days that the signature is still good for
    assert retry_at(seen(OLD, ttl=20 * DAY), NOW) == NOW + DAY
    assert retry_at(seen(OLD, ttl=60), NOW) == NOW + 3600


def test_a_zone_that_adds_keys_for_ever_is_not_followed_without_end() -> None:
    many = tuple(make_key(13, 257, b"one of many" + bytes((number,))) for number in range(MAX_TRACKED + 5))
    assert len(after((0, (OLD, *many))).keys) == MAX_TRACKED


def test_an_anchor_given_as_a_key_counts_as_one_given_as_a_digest_does() -> None:
    import base64

    text = f". DNSKEY {OLD.flags} 3 13 {base64.b64encode(OLD.public).decode()}"
    store = observe(start(Anchors.from_text(text), ROOT), seen(OLD, NEW), NOW)
    assert states(store) == {OLD.rdata: "VALID", NEW.rdata: "ADDPEND"}
    anchors = store.trusted()
    assert anchors is not None
    assert len(anchors.all) == 1  # the key is not there twice


def test_a_zone_without_an_anchor_cannot_be_followed() -> None:
    with pytest.raises(BadAnchor, match="no anchor of com"):
        start(ANCHORS, Name.from_text("com."))
