"""RRSIGs and DS records, written straight from RFC 4034 and sharing no code with the validator.

A test kit that signed with the validator's own functions would agree with its mistakes.
"""

from __future__ import annotations

import hashlib
import struct
from typing import NamedTuple

from resolver.data.name import Name
from resolver.testing.keys import Key, key_tag, stream

_HEAD = struct.Struct("!HBBIIIH")  # RFC 4034 §3.1
_DIGESTS = {1: "sha1", 2: "sha256", 4: "sha384"}  # RFC 4034 §5.1.3, RFC 4509, RFC 6605 §2
_FAKE_DIGEST_OCTETS = 32


class Order(NamedTuple):
    """What one RRSIG shall say (RFC 4034 §3.1) and the key that signs it; damages change it before it is signed.

    Fields: `owner` is the name that is signed; `labels` may make it a wildcard's (RFC 4034 §3.1.3). Times are POSIX
    seconds.
    """

    owner: Name
    covered: int
    algorithm: int
    labels: int
    original_ttl: int
    expiration: int
    inception: int
    tag: int
    signer: Name
    key: Key


def order_for(owner: Name, rdtype: int, ttl: int, validity: tuple[int, int], signer: Name, key: Key) -> Order:
    """The order for an honest signature."""
    inception, expiration = validity
    tag = key.tag
    return Order(owner, rdtype, key.algorithm, label_count(owner), ttl, expiration, inception, tag, signer, key)


def label_count(owner: Name) -> int:
    """The Labels field of an owner: the root and a leading asterisk do not count (RFC 4034 §3.1.3)."""
    return len(owner.labels) - owner.is_wildcard


def signed_data(order: Order, rdata: tuple[bytes, ...]) -> bytes:
    """The octets that are signed (RFC 4034 §3.1.8.1, §6.2, §6.3); `rdata` must be canonical already."""
    owner = order.owner
    if order.labels < label_count(owner):
        owner = owner.rightmost(order.labels).wildcard()
    front = (
        owner.wire + order.covered.to_bytes(2, "big") + b"\0\1" + (order.original_ttl & 0xFFFFFFFF).to_bytes(4, "big")
    )
    records = [front + len(one).to_bytes(2, "big") + one for one in sorted(set(rdata))]
    return _head(order) + b"".join(records)


def make_rrsig(order: Order, rdata: tuple[bytes, ...]) -> bytes:
    """RRSIG RDATA over the RRset (RFC 4034 §3.1)."""
    return _head(order) + order.key.sign(signed_data(order, rdata))


def make_ds(owner: Name, dnskey: bytes, digest_type: int) -> bytes:
    """DS RDATA of a DNSKEY (RFC 4034 §5.1.4); a digest type that does not exist gets pseudo-random octets."""
    data = owner.wire + dnskey
    name = _DIGESTS.get(digest_type)
    digest = (
        stream(_FAKE_DIGEST_OCTETS, "fake digest", digest_type, data)
        if name is None
        else hashlib.new(name, data, usedforsecurity=False).digest()
    )
    return key_tag(dnskey).to_bytes(2, "big") + bytes((dnskey[3], digest_type)) + digest


def _head(order: Order) -> bytes:
    return (
        _HEAD.pack(
            order.covered,
            order.algorithm,
            order.labels & 0xFF,
            order.original_ttl & 0xFFFFFFFF,
            order.expiration & 0xFFFFFFFF,  # 32-bit serial seconds (RFC 4034 §3.1.5)
            order.inception & 0xFFFFFFFF,
            order.tag & 0xFFFF,
        )
        + order.signer.wire
    )
