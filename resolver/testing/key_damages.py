"""Damages of keys (`key`, everywhere; `keyset`, as published) and of the parent's DS (`delegation`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolver.data.rrset import RRset
from resolver.data.types import DNSKEY
from resolver.testing.keys import REVOKE_FLAG, ZONE_FLAG, Key, key_tag, stream
from resolver.testing.registry import damage
from resolver.testing.signing import make_ds

if TYPE_CHECKING:
    from resolver.testing.zone import Zone

UNKNOWN_ALGORITHM = 200  # unassigned (IANA dns-sec-alg-numbers)
UNKNOWN_DIGEST = 200  # unassigned (IANA ds-rr-types)
COLLISIONS = 30  # keys with one tag (KeyTrap, CVE-2023-50387)


@damage("key-revoked", "key")
def revoked(zone: Zone, key: Key) -> Key:
    """Every key of the zone carries the REVOKE bit; DS and signatures fit the revoked form (RFC 5011 §2.1)."""
    return key._replace(flags=key.flags | REVOKE_FLAG)


@damage("key-not-zone", "key")
def not_zone(zone: Zone, key: Key) -> Key:
    """The keys lack the Zone Key bit; DS and signatures fit them (RFC 4034 §2.1.1)."""
    return key._replace(flags=key.flags & ~ZONE_FLAG)


@damage("key-wrong-protocol", "key")
def wrong_protocol(zone: Zone, key: Key) -> Key:
    """The keys' protocol field is 2 and not 3; DS and signatures fit them (RFC 4034 §2.1.2)."""
    return key._replace(protocol=2)


@damage("key-malformed", "key")
def malformed(zone: Zone, key: Key) -> Key:
    """The public keys have lost their second half; DS and key tags fit what is left."""
    return key._replace(public=key.public[: max(1, len(key.public) // 2)])


@damage("key-other", "keyset")
def other(zone: Zone, keyset: list[bytes]) -> list[bytes]:
    """The DNSKEY RRset holds other keys than those that sign and that DS names."""
    return [rdata[:4] + stream(len(rdata) - 4, "another key", rdata) for rdata in keyset]


@damage("dnskey-missing", "keyset")
def missing(zone: Zone, keyset: list[bytes]) -> list[bytes]:
    """The zone has no DNSKEY RRset, although its parent has DS and its records are signed."""
    return []


@damage("keys-collide", "keyset")
def collide(zone: Zone, keyset: list[bytes]) -> list[bytes]:
    """Thirty useless keys share tag and algorithm with the first key (KeyTrap, CVE-2023-50387)."""
    tag = key_tag(keyset[0])
    return [*keyset, *(_with_tag(keyset[0], tag, number) for number in range(COLLISIONS))]


def _with_tag(rdata: bytes, tag: int, number: int) -> bytes:
    """Pseudo-random key octets whose last two are chosen so that the tag comes out (RFC 4034 appendix B)."""
    body = rdata[:4] + stream(len(rdata) - 6 & ~1, "colliding key", rdata, number)
    missing = tag - key_tag(body + b"\0\0")
    candidates = (body + (missing + carry & 0xFFFF).to_bytes(2, "big") for carry in (0, -1, 1))
    return next(candidate for candidate in candidates if key_tag(candidate) == tag)


@damage("dnskey-unsigned", "signed")
def unsigned(zone: Zone, rrset: RRset) -> RRset:
    """The DNSKEY RRset has no signature; all else is signed."""
    return rrset.with_rrsigs(()) if rrset.rdtype == DNSKEY else rrset


@damage("ds-mismatch", "delegation")
def mismatch(zone: Zone, published: list[bytes]) -> list[bytes]:
    """One bit of every digest in the parent's DS RRset is flipped."""
    return [_flipped(rdata) for rdata in published]


@damage("ds-wrong-tag", "delegation")
def wrong_tag(zone: Zone, published: list[bytes]) -> list[bytes]:
    """The key tags in the parent's DS RRset are one too high."""
    return [(int.from_bytes(rdata[:2], "big") + 1 & 0xFFFF).to_bytes(2, "big") + rdata[2:] for rdata in published]


@damage("ds-wrong-algorithm", "delegation")
def wrong_algorithm(zone: Zone, published: list[bytes]) -> list[bytes]:
    """The DS RRset names another supported algorithm than the key has; the digest is right."""
    return [rdata[:2] + bytes((13 if rdata[2] != 13 else 8,)) + rdata[3:] for rdata in published]


@damage("ds-unknown-algorithm", "delegation")
def unknown_algorithm(zone: Zone, published: list[bytes]) -> list[bytes]:
    """Every DS names algorithm 200, which does not exist: the zone counts as unsigned (RFC 4035 §5.2)."""
    return [rdata[:2] + bytes((UNKNOWN_ALGORITHM,)) + rdata[3:] for rdata in published]


@damage("ds-unknown-digest", "delegation")
def unknown_digest(zone: Zone, published: list[bytes]) -> list[bytes]:
    """Every DS has digest type 200, which does not exist: the zone counts as unsigned (RFC 6840 §5.2)."""
    return [rdata[:3] + bytes((UNKNOWN_DIGEST,)) + rdata[4:] for rdata in published]


@damage("ds-truncated", "delegation")
def truncated(zone: Zone, published: list[bytes]) -> list[bytes]:
    """The digests have lost their second half (RFC 4034 §5.1.4)."""
    return [rdata[: 4 + (len(rdata) - 4) // 2] for rdata in published]


@damage("ds-malformed", "delegation")
def malformed_ds(zone: Zone, published: list[bytes]) -> list[bytes]:
    """Every DS ends before its digest (RFC 4034 §5.1)."""
    return [rdata[:4] for rdata in published]


@damage("ds-missing", "delegation")
def missing_ds(zone: Zone, published: list[bytes]) -> list[bytes]:
    """The parent has no DS, and proves it: the zone counts as unsigned, however well it is signed."""
    return []


@damage("ds-mismatch-beside-good", "delegation")
def mismatch_beside_good(zone: Zone, published: list[bytes]) -> list[bytes]:
    """No fault: a DS that fits no key stands beside the good ones (RFC 6840 §5.11)."""
    return [*published, *(_flipped(rdata) for rdata in published)]


@damage("ds-unusable-beside-good", "delegation")
def unusable_beside_good(zone: Zone, published: list[bytes]) -> list[bytes]:
    """No fault: DS of an unknown algorithm and of an unknown digest stand beside the good ones (RFC 4035 §5.2)."""
    return [*published, *unknown_algorithm(zone, published), *unknown_digest(zone, published)]


@damage("ds-unusable-beside-mismatch", "delegation")
def unusable_beside_mismatch(zone: Zone, published: list[bytes]) -> list[bytes]:
    """A DS that fits no key beside one of an unknown digest type: the usable one decides (RFC 6840 §5.2)."""
    return [*mismatch(zone, published), *unknown_digest(zone, published)]


@damage("ds-sha1-good-sha256-bad", "delegation")
def downgrade(zone: Zone, published: list[bytes]) -> list[bytes]:
    """A right SHA-1 digest beside a wrong SHA-256 one: SHA-1 must not be used then (RFC 4509 §3)."""
    keys = [key for key in zone.keys if key.is_sep] or zone.keys[:1]
    found: list[bytes] = []
    for key in keys:
        found += [make_ds(zone.name, key.rdata, 1), _flipped(make_ds(zone.name, key.rdata, 2))]
    return found


def _flipped(rdata: bytes) -> bytes:
    return rdata[:-1] + bytes((rdata[-1] ^ 1,))
