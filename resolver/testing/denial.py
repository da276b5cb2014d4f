"""The NSEC and NSEC3 chains of a zone, and which of their records prove a denial.

Written from RFC 4034 §4, RFC 4035 §3.1.3, RFC 5155 §7 and RFC 9824, apart from the validator and from
`sources.snapshot`, so that a mistake in one of them shows.
"""

from __future__ import annotations

import base64
import hashlib
from bisect import bisect_left
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from resolver.data.name import Name
from resolver.data.rrset import RRset
from resolver.data.types import DS, NS, NSEC, NSEC3, NXNAME, RRSIG

if TYPE_CHECKING:
    from resolver.testing.zone import Zone

OPT_OUT_FLAG = 1  # RFC 5155 §3.1.2.1
SHA1 = 1  # the only NSEC3 hash algorithm (RFC 5155 §11)


class Link(NamedTuple):
    """One record of a chain before it is signed: NSEC if `next` is a Name, NSEC3 if it is a hash.

    Fields: `source` is the name that the record speaks about, `owner` where it is found; hash algorithm, flags,
    iterations and salt belong to NSEC3.
    """

    source: Name
    owner: Name
    next: Name | bytes
    types: frozenset[int]
    algorithm: int = SHA1
    flags: int = 0
    iterations: int = 0
    salt: bytes = b""

    @property
    def rdtype(self) -> int:
        return NSEC if isinstance(self.next, Name) else NSEC3

    @property
    def rdata(self) -> bytes:
        """NSEC RDATA (RFC 4034 §4.1) or NSEC3 RDATA (RFC 5155 §3.2)."""
        if isinstance(self.next, Name):
            return self.next.wire + type_bitmap(self.types)
        return (
            bytes((self.algorithm, self.flags))
            + self.iterations.to_bytes(2, "big")
            + bytes((len(self.salt),))
            + self.salt
            + bytes((len(self.next),))
            + self.next
            + type_bitmap(self.types)
        )


class Piece(NamedTuple):
    """A record of a denial and its part in it: match, cover, closest-encloser, next-closer or wildcard."""

    role: str
    rrset: RRset


def type_bitmap(types: Iterable[int]) -> bytes:
    """The type bit maps of RFC 4034 §4.1.2: windows of 256 types, each without trailing zero octets."""
    windows: dict[int, int] = {}
    for rdtype in types:
        windows[rdtype // 256] = windows.get(rdtype // 256, 0) | 1 << (255 - rdtype % 256)
    found = b""
    for window in sorted(windows):
        octets = windows[window].to_bytes(32, "big").rstrip(b"\0")
        found += bytes((window, len(octets))) + octets
    return found


@lru_cache(maxsize=8192)
def nsec3_hash(name: Name, salt: bytes, iterations: int) -> bytes:
    """The hash of a name (RFC 5155 §5): once, and `iterations` times more."""
    digest = hashlib.sha1(name.wire + salt, usedforsecurity=False).digest()
    for _ in range(iterations):
        digest = hashlib.sha1(digest + salt, usedforsecurity=False).digest()
    return digest


def hash_label(digest: bytes) -> bytes:
    """The owner label of a hash: base32hex without padding, in lower case (RFC 5155 §1.3)."""
    return base64.b32hexencode(digest).rstrip(b"=").lower()


class NsecChain:
    """The NSEC records of a zone (RFC 4034 §4, RFC 4035 §2.3)."""

    def __init__(self, zone: Zone) -> None:
        self.zone = zone
        content = zone.content
        self.names = sorted(content.nodes)  # no empty non-terminals, no glue (RFC 4035 §2.3)
        self.links = [
            Link(name, name, self.names[(at + 1) % len(self.names)], frozenset(content.types_at(name) | {RRSIG, NSEC}))
            for at, name in enumerate(self.names)
        ]

    def at(self, name: Name) -> RRset | None:
        """The record whose owner is `name`."""
        at = bisect_left(self.names, name)
        return self._signed(at) if at < len(self.names) and self.names[at] == name else None

    def covering(self, name: Name) -> RRset:
        """The record whose span holds `name`, which is no owner."""
        return self._signed(bisect_left(self.names, name) - 1)  # the apex is below every name of its zone

    def all(self) -> list[RRset]:
        return [self._signed(at) for at in range(len(self.links))]

    def _signed(self, at: int) -> RRset:
        return self.zone.sign_link(self.links[at])

    def no_data(self, name: Name) -> list[Piece]:
        match = self.at(name)  # an empty non-terminal has no record: the span around it speaks (RFC 4592 §2.2)
        return [Piece("match", match)] if match else [Piece("cover", self.covering(name))]

    def no_name(self, name: Name, encloser: Name) -> list[Piece]:
        """RFC 4035 §3.1.3.2."""
        return [Piece("cover", self.covering(name)), Piece("wildcard", self.covering(encloser.wildcard()))]

    def no_closer(self, name: Name, encloser: Name) -> list[Piece]:
        """RFC 4035 §3.1.3.3: what a wildcard answer needs."""
        return [Piece("cover", self.covering(name))]

    def wildcard_no_data(self, name: Name, encloser: Name) -> list[Piece]:
        """RFC 4035 §3.1.3.4."""
        match = self.at(encloser.wildcard())
        return [
            Piece("cover", self.covering(name)),
            Piece("wildcard", match or self.covering(encloser.wildcard())),
        ]


class Nsec3Chain:
    """The NSEC3 records of a zone (RFC 5155 §7.1), with or without opt-out (§6)."""

    def __init__(self, zone: Zone) -> None:
        self.zone = zone
        self.salt, self.iterations = zone.settings.salt, zone.settings.iterations
        content, opt_out = zone.content, zone.settings.denial == "opt-out"
        left_out = {cut for cut in content.cuts if opt_out and DS not in content.nodes.get(cut, ())}
        named: set[Name] = {content.apex}
        for name in content.nodes:  # empty non-terminals of what is left out are left out too (RFC 5155 §7.1)
            if name not in left_out:
                while name not in named:
                    named.add(name)
                    name = name.parent()
        self.hashes = {self._hash(name): name for name in named}
        self.order = sorted(self.hashes)
        self.links = [
            Link(
                self.hashes[digest],
                zone.name.child(hash_label(digest)),
                self.order[(at + 1) % len(self.order)],
                self._types(self.hashes[digest]),
                flags=OPT_OUT_FLAG if opt_out else 0,
                iterations=self.iterations,
                salt=self.salt,
            )
            for at, digest in enumerate(self.order)
        ]

    def _hash(self, name: Name) -> bytes:
        return nsec3_hash(name, self.salt, self.iterations)

    def _types(self, name: Name) -> frozenset[int]:
        types = self.zone.content.types_at(name)
        return frozenset(types | {RRSIG}) if types - {NS} or name == self.zone.name else frozenset(types)

    def at(self, name: Name) -> RRset | None:
        """The record that matches the hash of `name`."""
        digest = self._hash(name)
        return self._signed(bisect_left(self.order, digest)) if digest in self.hashes else None

    def covering(self, name: Name) -> RRset:
        """The record whose span holds the hash of `name`; the last one wraps round (RFC 5155 §3.1.7)."""
        digest = self._hash(name)
        return self._signed(bisect_left(self.order, digest) - 1)

    def all(self) -> list[RRset]:
        return [self._signed(at) for at in range(len(self.links))]

    def _signed(self, at: int) -> RRset:
        return self.zone.sign_link(self.links[at])

    def encloser_proof(self, name: Name) -> list[Piece]:
        """The closest provable encloser and the span of the next closer name (RFC 5155 §7.2.1)."""
        next_closer, encloser = name, name.parent()
        while (match := self.at(encloser)) is None:
            next_closer, encloser = encloser, encloser.parent()
        return [Piece("closest-encloser", match), Piece("next-closer", self.covering(next_closer))]

    def no_data(self, name: Name) -> list[Piece]:
        """RFC 5155 §7.2.3; §7.2.4 where opt-out left the name out of the chain."""
        match = self.at(name)
        return [Piece("match", match)] if match else self.encloser_proof(name)

    def no_name(self, name: Name, encloser: Name) -> list[Piece]:
        """RFC 5155 §7.2.2."""
        proof = self.encloser_proof(name)
        provable = next(above for above in _upward(encloser) if self.at(above) is not None)
        wildcard = provable.wildcard()
        return [*proof, Piece("wildcard", self.at(wildcard) or self.covering(wildcard))]

    def no_closer(self, name: Name, encloser: Name) -> list[Piece]:
        """RFC 5155 §7.2.6: what a wildcard answer needs."""
        return [Piece("next-closer", self.covering(name.rightmost(len(encloser.labels) + 1)))]

    def wildcard_no_data(self, name: Name, encloser: Name) -> list[Piece]:
        """RFC 5155 §7.2.5."""
        wildcard = encloser.wildcard()
        return [*self.encloser_proof(name), Piece("wildcard", self.at(wildcard) or self.covering(wildcard))]


class CompactDenial:
    """Compact denial (RFC 9824 §3): a record made for the very question; nothing is said about other names."""

    def __init__(self, zone: Zone) -> None:
        self.zone = zone

    def _made(self, name: Name, types: set[int]) -> list[Piece]:
        """One NSEC at `name` whose next name is its first possible child (RFC 9824 §3.1)."""
        link = Link(name, name, Name(b"\x01\0" + name.wire), frozenset(types | {RRSIG, NSEC}))
        return [Piece("match", self.zone.sign_link(link))]

    def no_data(self, name: Name) -> list[Piece]:
        return self._made(name, self.zone.content.types_at(name))

    def no_name(self, name: Name, encloser: Name) -> list[Piece]:
        return self._made(name, {NXNAME})  # RFC 9824 §3.1: told from an empty non-terminal by NXNAME

    def no_closer(self, name: Name, encloser: Name) -> list[Piece]:
        return []  # RFC 9824 §3.3: the expansion is signed as if the name itself existed

    def wildcard_no_data(self, name: Name, encloser: Name) -> list[Piece]:
        return self._made(name, self.zone.content.types_at(encloser.wildcard()))

    def all(self) -> list[RRset]:
        return []


class NoDenial:
    """An unsigned zone: it says no, and proves nothing."""

    def no_data(self, name: Name) -> list[Piece]:
        return []

    def no_name(self, name: Name, encloser: Name) -> list[Piece]:
        return []

    def no_closer(self, name: Name, encloser: Name) -> list[Piece]:
        return []

    def wildcard_no_data(self, name: Name, encloser: Name) -> list[Piece]:
        return []

    def all(self) -> list[RRset]:
        return []


def _upward(name: Name) -> Iterable[Name]:
    while not name.is_root:
        yield name
        name = name.parent()
    yield name
