"""Damages of signatures: before they are made (`order`) and after (`signed`).

An `order` damage still signs with the true key, so that only the named field is wrong and nothing else. Where a damage
is impossible (nothing is above the root) it changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolver.data.rrset import RRset
from resolver.testing.keys import make_key, stream
from resolver.testing.registry import damage
from resolver.testing.settings import DAY
from resolver.testing.signing import Order, label_count

if TYPE_CHECKING:
    from resolver.testing.zone import Zone

MANY = 40  # signatures: more than any validator tries on one RRset (KeyTrap, CVE-2023-50387)
FOREIGN_ALGORITHM = 8  # what `signature-other-algorithm` claims; 13 where the key is of algorithm 8


@damage("signature-expired", "order")
def expired(zone: Zone, order: Order) -> Order:
    """The signature expired a day before the world's time; it is good in every other way."""
    return order._replace(inception=zone.world.now - 8 * DAY, expiration=zone.world.now - DAY)


@damage("signature-not-yet-valid", "order")
def not_yet_valid(zone: Zone, order: Order) -> Order:
    """The signature begins a day after the world's time; it is good in every other way."""
    return order._replace(inception=zone.world.now + DAY, expiration=zone.world.now + 8 * DAY)


@damage("signature-dates-reversed", "order")
def dates_reversed(zone: Zone, order: Order) -> Order:
    """The signature expires before it begins (RFC 4034 §3.1.5)."""
    return order._replace(inception=order.expiration, expiration=order.inception)


@damage("wrong-signer", "order")
def wrong_signer(zone: Zone, order: Order) -> Order:
    """The signer's name is beside the zone, not at or above the owner (RFC 4035 §5.3.1)."""
    above = zone.name if zone.name.is_root else zone.name.parent()
    return order._replace(signer=above.child(b"wrong-signer"))


@damage("signer-parent", "order")
def signer_parent(zone: Zone, order: Order) -> Order:
    """The parent zone signed it, really and with its own key: a good signature of the wrong zone (RFC 4035 §5.3.1)."""
    parent = zone.parent
    if parent is None or not parent.keys:
        return order
    key = parent.keys[-1]
    return order._replace(signer=parent.name, key=key, algorithm=key.algorithm, tag=key.tag)


@damage("signer-parent-claimed", "order")
def signer_parent_claimed(zone: Zone, order: Order) -> Order:
    """The signer's name is the parent zone, whose key it does not fit."""
    parent = zone.parent
    return order._replace(signer=parent.name) if parent else order


@damage("signature-by-unknown-key", "order")
def by_unknown_key(zone: Zone, order: Order) -> Order:
    """A key that is not in the zone's DNSKEY RRset signed it; its tag is its own."""
    seed = stream(32, zone.world.seed, zone.name.wire, "unknown key")
    key = make_key(order.key.algorithm, order.key.flags, seed, zone.settings.rsa_bits)
    return order._replace(key=key, tag=key.tag)


@damage("signature-by-impostor", "order")
def by_impostor(zone: Zone, order: Order) -> Order:
    """A key that is not the zone's signed it, under the tag of the zone's key."""
    return by_unknown_key(zone, order)._replace(tag=order.tag)


@damage("labels-too-high", "order")
def labels_too_high(zone: Zone, order: Order) -> Order:
    """The Labels field counts one label more than the owner has (RFC 4035 §5.3.1)."""
    return order._replace(labels=label_count(order.owner) + 1)


@damage("labels-too-low", "order")
def labels_too_low(zone: Zone, order: Order) -> Order:
    """The Labels field makes it the signature of a wildcard one level up, and no proof comes with it (RFC 4035 §5.3.4)."""
    count = label_count(order.owner)
    return order._replace(labels=count - 1) if count > len(zone.name.labels) else order  # else labels-below-signer


@damage("labels-below-signer", "order")
def labels_below_signer(zone: Zone, order: Order) -> Order:
    """The Labels field counts fewer labels than the signer's name has: a wildcard above the zone (CVE-2026-44690)."""
    return order if zone.name.is_root else order._replace(labels=len(zone.name.labels) - 1)


@damage("signature-wrong-tag", "order")
def wrong_tag(zone: Zone, order: Order) -> Order:
    """The key tag is one too high (RFC 4034 §3.1.6)."""
    return order._replace(tag=(order.tag + 1) & 0xFFFF)


@damage("signature-other-algorithm", "order")
def other_algorithm(zone: Zone, order: Order) -> Order:
    """The algorithm number is not the key's (RFC 4035 §5.3.1)."""
    other = 13 if order.algorithm == FOREIGN_ALGORITHM else FOREIGN_ALGORITHM
    return order._replace(algorithm=other)


@damage("original-ttl-low", "order")
def original_ttl_low(zone: Zone, order: Order) -> Order:
    """No fault: the signed TTL is half of the record's, to which a validator must trim it (RFC 4035 §5.3.3)."""
    return order._replace(original_ttl=order.original_ttl // 2)


@damage("original-ttl-high", "order")
def original_ttl_high(zone: Zone, order: Order) -> Order:
    """No fault: the signed TTL is twice the record's, as after a stay in a cache (RFC 4035 §5.3.3)."""
    return order._replace(original_ttl=order.original_ttl * 2)


def _with_signatures(rrset: RRset, *signatures: bytes) -> RRset:
    return rrset.with_rrsigs(tuple((rrset.ttl, signature) for signature in signatures))


def _flipped(octets: bytes) -> bytes:
    """The last octet with its lowest bit turned over."""
    return octets[:-1] + bytes((octets[-1] ^ 1,))


@damage("signature-bad", "signed")
def bad(zone: Zone, rrset: RRset) -> RRset:
    """One bit of the signature is flipped."""
    return _with_signatures(rrset, *(_flipped(rrsig) for _, rrsig in rrset.rrsigs))


@damage("signature-missing", "signed")
def missing(zone: Zone, rrset: RRset) -> RRset:
    """The RRset comes without signature."""
    return rrset.with_rrsigs(())


@damage("signature-empty", "signed")
def empty(zone: Zone, rrset: RRset) -> RRset:
    """The signature has no octets; the rest of the RRSIG is there."""
    return _with_signatures(rrset, *(_head(rrsig) for _, rrsig in rrset.rrsigs))


@damage("signature-truncated", "signed")
def truncated(zone: Zone, rrset: RRset) -> RRset:
    """The signature has lost its last octet."""
    return _with_signatures(rrset, *(rrsig[:-1] for _, rrsig in rrset.rrsigs))


@damage("rrsig-malformed", "signed")
def malformed(zone: Zone, rrset: RRset) -> RRset:
    """The RRSIG ends within its fixed fields (RFC 4034 §3.1)."""
    return _with_signatures(rrset, *(rrsig[:10] for _, rrsig in rrset.rrsigs))


@damage("bad-beside-good", "signed")
def bad_beside_good(zone: Zone, rrset: RRset) -> RRset:
    """No fault: a bad signature beside the good one (RFC 4035 §5.3.3: one is enough)."""
    return rrset.with_rrsigs((*rrset.rrsigs, *((ttl, _flipped(rrsig)) for ttl, rrsig in rrset.rrsigs)))


@damage("signatures-many", "signed")
def many(zone: Zone, rrset: RRset) -> RRset:
    """Forty wrong signatures with the tag of the zone's key, and no right one (KeyTrap, CVE-2023-50387)."""
    wrong = (
        _head(rrsig) + stream(len(rrsig) - len(_head(rrsig)), rrsig, number)
        for _, rrsig in rrset.rrsigs
        for number in range(MANY)
    )
    return _with_signatures(rrset, *wrong)


@damage("data-altered", "signed")
def data_altered(zone: Zone, rrset: RRset) -> RRset:
    """One bit of the data is flipped after signing."""
    first, *others = rrset.rdata
    return RRset(rrset.owner, rrset.rdtype, rrset.ttl, (_flipped(first), *others), rrset.rrsigs)


@damage("data-added", "signed")
def data_added(zone: Zone, rrset: RRset) -> RRset:
    """A record that was not signed stands in the signed RRset."""
    return RRset(rrset.owner, rrset.rdtype, rrset.ttl, (*rrset.rdata, _flipped(rrset.rdata[0])), rrset.rrsigs)


@damage("data-removed", "signed")
def data_removed(zone: Zone, rrset: RRset) -> RRset:
    """A record of the signed RRset is missing; where there is only one, nothing happens."""
    kept = rrset.rdata[1:] or rrset.rdata
    return RRset(rrset.owner, rrset.rdtype, rrset.ttl, kept, rrset.rrsigs)


@damage("ttl-raised", "signed")
def ttl_raised(zone: Zone, rrset: RRset) -> RRset:
    """No fault: the record's TTL is a week, far above the signed one, to which a validator must trim it (R25)."""
    return rrset.with_ttl(7 * DAY)


@damage("ttl-zero", "signed")
def ttl_zero(zone: Zone, rrset: RRset) -> RRset:
    """No fault: the TTL is 0, as at the end of a stay in a cache."""
    return rrset.with_ttl(0)


@damage("rrsig-ttl-low", "signed")
def rrsig_ttl_low(zone: Zone, rrset: RRset) -> RRset:
    """No fault: the RRSIG's own TTL is 1, to which a validator must trim the RRset (RFC 4035 §5.3.3)."""
    return rrset.with_rrsigs(tuple((1, rrsig) for _, rrsig in rrset.rrsigs))


def _head(rrsig: bytes) -> bytes:
    """RRSIG RDATA without the signature."""
    at = 18
    while rrsig[at]:
        at += 1 + rrsig[at]
    return rrsig[: at + 1]
