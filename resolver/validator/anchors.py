"""Trust anchors: where a chain of trust may begin, as DS or DNSKEY data for a zone (RFC 4035 §4.4, §5).

A set of anchors is configuration, never evidence: nothing that a server says adds to it or takes from it.

Limits: an anchor file may have 1 MiB (`anchor_text.MAX_FILE_OCTETS`).
Not done: keeping a store of followed keys (`rolling` is the pure step); a new root key comes with a new release or a
new anchor file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from resolver.data.name import ROOT, Name
from resolver.data.views import Ds
from resolver.errors import BadAnchor

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator


class Anchor(NamedTuple):
    """One trust anchor; exactly one of `ds` and `dnskey` is set.

    Attributes:
        zone: the zone whose DNSKEY RRset it anchors.
        tag: the key tag (RFC 4034 appendix B).
        algorithm: the key's algorithm number (RFC 4034 §A.1).
        ds: the digest form (RFC 4034 §5.1).
        dnskey: the key form, as DNSKEY RDATA (RFC 4034 §2.1).
        valid_from: POSIX seconds before which it must not be used (RFC 9718 §2.2); None: no such date.
        valid_until: POSIX seconds after which it must not be used (RFC 9718 §2.2); None: no such date.
        source: where it was read, for people ("KSK-2017 (IANA)", "root.key:3").
    """

    zone: Name
    tag: int
    algorithm: int
    ds: Ds | None
    dnskey: bytes | None
    valid_from: int | None
    valid_until: int | None
    source: str

    def covers(self, now: float) -> bool:
        """Whether `now`, in POSIX seconds, lies within its dates, both ends included (RFC 9718 §2.2)."""
        return (self.valid_from is None or self.valid_from <= now) and (
            self.valid_until is None or now <= self.valid_until
        )


class Anchors:
    """An immutable set of trust anchors for one or more zones; never empty.

    Make one with `Anchors.iana()`, `Anchors.load(path)` or `Anchors.from_text(text)`, and join two with `a | b`.
    """

    __slots__ = ("_all", "_at")
    __module__ = "resolver"

    _all: tuple[Anchor, ...]
    _at: dict[bytes, tuple[Anchor, ...]]  # by the zone's wire octets

    def __init__(self, anchors: Iterable[Anchor]) -> None:
        """Collect anchors; of two that differ in nothing but their source the first stays.

        Raises:
            BadAnchor: there is none.
        """
        distinct: dict[Anchor, Anchor] = {}
        for anchor in anchors:
            distinct.setdefault(anchor._replace(source=""), anchor)
        if not distinct:
            raise BadAnchor("no trust anchor at all; give at least one DS or DNSKEY record, or use Anchors.iana()")
        at: dict[bytes, tuple[Anchor, ...]] = {}
        for anchor in distinct.values():
            at[anchor.zone.wire] = (*at.get(anchor.zone.wire, ()), anchor)
        self._all = tuple(distinct.values())
        self._at = at

    @classmethod
    def iana(cls) -> Anchors:
        """The root's anchors as IANA publishes them, with their dates, from the package `trust_anchors`."""
        from trust_anchors import ROOT_ANCHORS

        return cls(
            Anchor(
                ROOT,
                known.tag,
                known.algorithm,
                Ds(known.tag, known.algorithm, known.digest_type, bytes.fromhex(known.digest)),
                None,
                known.valid_from,
                known.valid_until,
                f"{known.name} (IANA)",
            )
            for known in ROOT_ANCHORS
        )

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Anchors:
        """Read a file: IANA's XML (RFC 9718), or DS and DNSKEY records in zone-file syntax (RFC 1035 §5.1).

        Raises:
            BadAnchor: the file cannot be read, holds a bad line (its number is named), or holds no anchor.
        """
        from resolver.validator import anchor_text

        return cls(anchor_text.read_file(path))

    @classmethod
    def from_text(cls, text: str) -> Anchors:
        """Read the same from a text, for example ``example. DS 12345 13 2 1F98…``.

        TTL and class are optional, an owner is absolute with or without its final dot, the algorithm is a number or
        a mnemonic, RDATA may stand in several words or in parentheses, and a comment begins with a semicolon.

        Raises:
            BadAnchor: a bad line (its number is named), or no anchor at all.
        """
        from resolver.validator import anchor_text

        return cls(anchor_text.read_text(text, "<text>"))

    @property
    def all(self) -> tuple[Anchor, ...]:
        """Every anchor, in the order in which it was given."""
        return self._all

    @property
    def points(self) -> tuple[Name, ...]:
        """The zones that have an anchor, in canonical order (RFC 4034 §6.1)."""
        return tuple(sorted(Name(wire) for wire in self._at))

    def at(self, zone: Name) -> tuple[Anchor, ...]:
        """The anchors of exactly this zone; any one that matches is enough (RFC 4035 §5, R1)."""
        return self._at.get(zone.wire, ())

    def closest(self, name: Name, *, proper: bool = False) -> Name | None:
        """The deepest zone with an anchor at or above `name`: what is below it is judged from it alone (R1).

        Args:
            name: the name that is looked up.
            proper: look strictly above `name`, as for its DS RRset, which belongs to the parent (RFC 4035 §5.2, R128).

        Returns:
            The anchored zone (RFC 6840 §C.1: the closest enclosing one), or None if there is none.
        """
        wire, at = name.wire, self._at
        if proper:
            if name.is_root:
                return None
            wire = wire[1 + wire[0] :]
        if len(at) == 1 and ROOT.wire in at:  # the usual case, and everything is below it
            return ROOT
        while wire not in at:
            if len(wire) == 1:
                return None
            wire = wire[1 + wire[0] :]
        return Name(wire)

    def __iter__(self) -> Iterator[Anchor]:
        return iter(self._all)

    def __or__(self, other: Anchors) -> Anchors:
        if not isinstance(other, Anchors):
            return NotImplemented
        return Anchors((*self._all, *other._all))

    def __repr__(self) -> str:
        zones = (f"{zone} {' '.join(str(anchor.tag) for anchor in self.at(zone))}" for zone in self.points)
        return f"<Anchors {', '.join(zones)}>"
