"""Genuine records without mathematics: RRSIG RDATA, NSEC and NSEC3 chains (RFC 4034 §3, §4; RFC 5155 §7.1).

`believing` is the signature check that goes with them: whoever presents only genuine records may be believed.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache, lru_cache

from resolver.data.name import Name
from resolver.data.rrset import RRset
from resolver.data.types import DNSKEY, DS, NS, NSEC, NSEC3, NXNAME, RRSIG
from resolver.data.views import bitmap_of, key_tag
from resolver.validator.algorithms import Key
from tests.exhaustive.worlds import GENUINE_DS, UNUSABLE_DS, Node, World, Zone

NOW = 1_800_000_000
TTL = 300
ALGORITHM = 13
_BASE32 = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789abcdefghijklmnopqrstuv")


def believing(key: Key, signature: bytes, data: bytes) -> bool:
    """Every signature holds: all records in these worlds are genuine."""
    return True


@cache
def dnskey(apex: Name) -> bytes:
    """DNSKEY RDATA: a zone key with SEP, its octets made of the zone's name (RFC 4034 §2.1)."""
    return b"\x01\x01\x03\x0d" + hashlib.sha512(apex.wire).digest()


def ds(apex: Name) -> bytes:
    """The DS of that key (RFC 4034 §5.1)."""
    digest = hashlib.sha256(apex.wire + dnskey(apex)).digest()
    return key_tag(dnskey(apex)).to_bytes(2) + bytes((ALGORITHM, 2)) + digest


def rrsig(apex: Name, rdtype: int, labels: int) -> bytes:
    """RRSIG RDATA by a zone (RFC 4034 §3.1)."""
    head = rdtype.to_bytes(2) + bytes((ALGORITHM, labels)) + TTL.to_bytes(4)
    dates = (NOW + 86400).to_bytes(4) + (NOW - 86400).to_bytes(4)
    return head + dates + key_tag(dnskey(apex)).to_bytes(2) + apex.wire + bytes(64)


def labels_of(name: Name) -> int:
    """RFC 4034 §3.1.3: neither the root nor a leading asterisk counts."""
    return len(name.labels) - (name.labels[:1] == (b"*",))


def signed(apex: Name, owner: Name, rdtype: int, rdata: bytes, *, labels: int | None = None) -> RRset:
    """One RRset with its signature; `labels` for one that a wildcard made (RFC 4035 §3.1.3.3)."""
    count = labels_of(owner) if labels is None else labels
    return RRset(owner, rdtype, TTL, (rdata,), ((TTL, rrsig(apex, rdtype, count)),))


@lru_cache(maxsize=100_000)
def hashed(name: Name, iterations: int) -> bytes:
    """RFC 5155 §5, with an empty salt."""
    digest = hashlib.sha1(name.wire, usedforsecurity=False).digest()
    for _ in range(iterations):
        digest = hashlib.sha1(digest, usedforsecurity=False).digest()
    return digest


class Chain:
    """The signed records of one zone, and its denials in the mode of its world."""

    def __init__(self, world: World, zone: Zone) -> None:
        self.zone, self.apex = zone, zone.apex
        self.mode = world.mode
        self.iterations = 100 if self.mode == "iterations" else 0
        self.hashing = self.mode in ("nsec3", "optout", "optout-some", "iterations")
        self.positive: dict[tuple[Name, int], RRset] = {
            (owner, rdtype): self._sign(owner, rdtype, rdata)
            for owner, node in zone.nodes.items()
            for rdtype, rdata in node.items()
            if rdtype == DS or not self._is_cut(owner)
        }
        self.positive[self.apex, DNSKEY] = self._sign(self.apex, DNSKEY, dnskey(self.apex))
        self.names = {above for owner in zone.nodes for above in (self.apex, *owner.between(self.apex))}
        hidden = {owner for owner in zone.nodes if self._is_cut(owner) and DS not in zone.nodes[owner]}
        held = set(zone.nodes) - hidden if self.mode.startswith("optout") else set(zone.nodes)
        self.linked = {above for owner in held for above in (self.apex, *owner.between(self.apex))}  # RFC 5155 §7.1
        self._ring: list[tuple[bytes, bytes, bool, RRset]] = []
        self._links: list[tuple[Name, Name, RRset]] = []
        if self.hashing:
            self._make_nsec3()
        elif self.mode == "nsec":
            self._make_nsec()

    def _is_cut(self, owner: Name) -> bool:
        return owner != self.apex and NS in self.zone.nodes.get(owner, {})

    def _sign(self, owner: Name, rdtype: int, rdata: bytes) -> RRset:
        if rdtype == DS and rdata == GENUINE_DS:
            rdata = ds(owner)
        elif rdtype == DS and rdata == UNUSABLE_DS:
            rdata = b"\x00\x07\xc8\x02" + bytes(32)  # algorithm 200
        return signed(self.apex, owner, rdtype, rdata)

    def _bits(self, owner: Name, node: Node) -> set[int]:
        bits = set(node) | ({DNSKEY} if owner == self.apex else set())
        if bits and (not self._is_cut(owner) or DS in bits):
            bits.add(RRSIG)
        return bits

    def _make_nsec(self) -> None:
        owners = sorted(self.zone.nodes)
        for owner, following in zip(owners, [*owners[1:], self.apex], strict=True):
            bits = self._bits(owner, self.zone.nodes[owner]) | {NSEC, RRSIG}
            rrset = signed(self.apex, owner, NSEC, following.wire + bitmap_of(bits))
            self._links.append((owner, following, rrset))

    def _make_nsec3(self) -> None:
        ring = sorted((hashed(name, self.iterations), name) for name in self.linked)
        missing = {hashed(name, self.iterations) for name in self.names - self.linked}
        for index, (digest, name) in enumerate(ring):
            following = ring[(index + 1) % len(ring)][0]
            flag = self.mode == "optout"
            if self.mode == "optout-some":  # where it must be set; with nothing hidden, on the first span
                flag = any(_between(digest, following, each) for each in missing) if missing else index == 0
            rdata = bytes((1, flag)) + self.iterations.to_bytes(2) + b"\0\x14" + following
            rdata += bitmap_of(self._bits(name, self.zone.nodes.get(name, {})))
            label = base64.b32encode(digest).translate(_BASE32)
            self._ring.append((digest, following, flag, signed(self.apex, self.apex.child(label), NSEC3, rdata)))

    def match(self, name: Name) -> RRset | None:
        """The denial record that a name owns."""
        if self.hashing:
            digest = hashed(name, self.iterations)
            return next((rrset for own, _, _, rrset in self._ring if own == digest), None)
        return next((rrset for owner, _, rrset in self._links if owner == name), None)

    def cover(self, name: Name) -> RRset | None:
        """The denial record whose span a name falls into."""
        if self.hashing:
            digest = hashed(name, self.iterations)
            return next((each[3] for each in self._ring if _between(each[0], each[1], digest)), None)
        return next(
            (
                rrset
                for owner, following, rrset in self._links
                if owner < name and (name < following or following == self.apex)
            ),
            None,
        )

    def opted_out(self, name: Name) -> bool:
        """Whether a span with the opt-out flag covers a name (RFC 5155 §6)."""
        digest = hashed(name, self.iterations)
        return any(flag and _between(own, following, digest) for own, following, flag, _ in self._ring)

    def compact(self, name: Name, types: set[int] | None) -> RRset:
        """RFC 9824 §3: an NSEC made for the question; types None for a name that does not exist."""
        bits = {NXNAME} if types is None else types
        return signed(self.apex, name, NSEC, name.child(b"\0").wire + bitmap_of(bits | {NSEC, RRSIG}))

    def denials(self) -> list[RRset]:
        """The whole chain (nothing in compact mode: there it is made for each question)."""
        return [each[3] for each in self._ring] + [each[2] for each in self._links]


def _between(own: bytes, following: bytes, digest: bytes) -> bool:
    if own < following:
        return own < digest < following
    return digest != own and (digest > own or digest < following)
