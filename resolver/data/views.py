"""Read-only views of RDATA, made when somebody looks. A view of malformed RDATA is None (R23).

Limits: each reader takes canonical, uncompressed RDATA, as `wire` and `zonefile` leave it.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from resolver.data.name import Name, wire_length

_RRSIG = struct.Struct("!HBBIIIH")
_SOA = struct.Struct("!IIIII")


class Rrsig(NamedTuple):
    """RRSIG RDATA (RFC 4034 §3.1); times are 32-bit serial seconds (RFC 1982), `ttl` the record's own TTL."""

    covered: int
    algorithm: int
    labels: int
    original_ttl: int
    expiration: int
    inception: int
    tag: int
    signer: Name
    signature: bytes
    head: bytes  # the RDATA before the signature, with the signer in canonical form (RFC 4034 §3.1.8.1)
    ttl: int


def read_rrsig(rdata: bytes, ttl: int = 0) -> Rrsig | None:
    """The view of RRSIG RDATA, or None where it is malformed."""
    if len(rdata) < 19:
        return None
    size = wire_length(rdata, 18)
    if size < 0:
        return None
    end = 18 + size
    covered, algorithm, labels, original_ttl, expiration, inception, tag = _RRSIG.unpack_from(rdata)
    return Rrsig(
        covered, algorithm, labels, original_ttl, expiration, inception, tag,
        Name(rdata[18:end]), rdata[end:], rdata[:end], ttl,
    )  # fmt: skip


class Dnskey(NamedTuple):
    """DNSKEY RDATA (RFC 4034 §2.1) with its key tag worked out."""

    flags: int
    protocol: int
    algorithm: int
    tag: int
    rdata: bytes

    @property
    def key(self) -> bytes:
        """The public key field."""
        return self.rdata[4:]

    @property
    def is_zone_key(self) -> bool:
        return bool(self.flags & 0x0100)  # bit 7 (RFC 4034 §2.1.1)

    @property
    def is_revoked(self) -> bool:
        return bool(self.flags & 0x0080)  # bit 8 (RFC 5011 §3)

    @property
    def is_sep(self) -> bool:
        return bool(self.flags & 0x0001)  # bit 15, a hint only (RFC 4034 §2.1.1)


def read_dnskey(rdata: bytes) -> Dnskey | None:
    """The view of DNSKEY RDATA, or None where it is malformed (an empty key is no key)."""
    if len(rdata) < 5:
        return None
    return Dnskey(rdata[0] << 8 | rdata[1], rdata[2], rdata[3], key_tag(rdata), rdata)


def key_tag(rdata: bytes) -> int:
    """The key tag of DNSKEY RDATA (RFC 4034 appendix B; §B.1 for algorithm 1)."""
    if rdata[3] == 1 and len(rdata) >= 7:
        return rdata[-3] << 8 | rdata[-2]
    total = sum(rdata[0::2]) * 256 + sum(rdata[1::2])
    return (total + (total >> 16)) & 0xFFFF


class Ds(NamedTuple):
    """DS RDATA (RFC 4034 §5.1)."""

    tag: int
    algorithm: int
    digest_type: int
    digest: bytes


def read_ds(rdata: bytes) -> Ds | None:
    """The view of DS RDATA, or None where it is malformed (no digest at all)."""
    if len(rdata) < 5:
        return None
    return Ds(rdata[0] << 8 | rdata[1], rdata[2], rdata[3], rdata[4:])


class Nsec(NamedTuple):
    """NSEC RDATA (RFC 4034 §4.1)."""

    next: Name
    bitmap: bytes


def read_nsec(rdata: bytes) -> Nsec | None:
    """The view of NSEC RDATA, or None where the next name or the bitmap is malformed."""
    size = wire_length(rdata, 0)
    if size < 0 or not bitmap_is_sound(rdata[size:]):
        return None
    return Nsec(Name(rdata[:size].lower()), rdata[size:])


class Nsec3(NamedTuple):
    """NSEC3 RDATA (RFC 5155 §3.1)."""

    algorithm: int
    flags: int
    iterations: int
    salt: bytes
    next: bytes
    bitmap: bytes

    @property
    def opt_out(self) -> bool:
        return bool(self.flags & 1)  # RFC 5155 §3.1.2.1


def read_nsec3(rdata: bytes) -> Nsec3 | None:
    """The view of NSEC3 RDATA, or None where it is malformed."""
    if len(rdata) < 6:
        return None
    salt_end = 5 + rdata[4]
    if len(rdata) < salt_end + 1:
        return None
    hash_end = salt_end + 1 + rdata[salt_end]
    if len(rdata) < hash_end or hash_end == salt_end + 1 or not bitmap_is_sound(rdata[hash_end:]):
        return None
    return Nsec3(
        rdata[0],
        rdata[1],
        rdata[2] << 8 | rdata[3],
        rdata[5:salt_end],
        rdata[salt_end + 1 : hash_end],
        rdata[hash_end:],
    )


class Soa(NamedTuple):
    """SOA RDATA (RFC 1035 §3.3.13)."""

    mname: Name
    rname: Name
    serial: int
    refresh: int
    retry: int
    expire: int
    minimum: int


def read_soa(rdata: bytes) -> Soa | None:
    """The view of SOA RDATA, or None where it is malformed."""
    first = wire_length(rdata, 0)
    second = wire_length(rdata, first) if first > 0 else -1
    if second < 0 or len(rdata) != first + second + 20:
        return None
    return Soa(Name(rdata[:first]), Name(rdata[first : first + second]), *_SOA.unpack_from(rdata, first + second))


def read_target(rdata: bytes) -> Name | None:
    """The one name that is the RDATA of CNAME, DNAME, NS or PTR, or None where it is malformed."""
    return Name(rdata) if wire_length(rdata, 0) == len(rdata) else None


def read_mx(rdata: bytes) -> tuple[int, Name] | None:
    """Preference and exchange of MX RDATA (RFC 1035 §3.3.9), or None where it is malformed."""
    if len(rdata) < 3 or wire_length(rdata, 2) != len(rdata) - 2:
        return None
    return rdata[0] << 8 | rdata[1], Name(rdata[2:])


def bitmap_is_sound(bitmap: bytes) -> bool:
    """Whether the windows ascend and each has 1 to 32 octets (RFC 4034 §4.1.2)."""
    at, last = 0, -1
    while at < len(bitmap):
        if at + 2 > len(bitmap):
            return False
        window, size = bitmap[at], bitmap[at + 1]
        at += 2 + size
        if window <= last or not 0 < size <= 32 or at > len(bitmap):
            return False
        last = window
    return True


def bitmap_has(bitmap: bytes, rdtype: int) -> bool:
    """Whether a type bitmap lists the type (RFC 4034 §4.1.2)."""
    window, low = rdtype >> 8, rdtype & 0xFF
    at = 0
    while at + 2 <= len(bitmap):
        size = bitmap[at + 1]
        if bitmap[at] == window:
            octets = bitmap[at + 2 : at + 2 + size]
            return low >> 3 < len(octets) and bool(octets[low >> 3] & (0x80 >> (low & 7)))
        at += 2 + size
    return False


def bitmap_types(bitmap: bytes) -> list[int]:
    """The types that a bitmap lists, ascending (RFC 4034 §4.1.2)."""
    found = []
    at = 0
    while at + 2 <= len(bitmap):
        window, size = bitmap[at], bitmap[at + 1]
        for octet, bits in enumerate(bitmap[at + 2 : at + 2 + size]):
            found += [window << 8 | octet << 3 | bit for bit in range(8) if bits & (0x80 >> bit)]
        at += 2 + size
    return found


def bitmap_of(types: set[int] | list[int]) -> bytes:
    """The bitmap that lists these types (RFC 4034 §4.1.2)."""
    windows: dict[int, bytearray] = {}
    for rdtype in sorted(types):
        octets = windows.setdefault(rdtype >> 8, bytearray())
        low = rdtype & 0xFF
        octets.extend(bytes((low >> 3) + 1 - len(octets)))
        octets[low >> 3] |= 0x80 >> (low & 7)
    return b"".join(bytes((window, len(octets))) + octets for window, octets in sorted(windows.items()))
