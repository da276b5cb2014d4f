"""What in a zone file belongs to the zone: authoritative names, zone cuts, and what they hide (RFC 4035 §2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolver.data.name import Name
from resolver.data.types import CNAME, DNAME, DS, NS, NSEC, RRSIG

if TYPE_CHECKING:
    from collections.abc import Iterator

    from resolver.sources.zone import Zone

AT_CUT = frozenset({NS, DS, NSEC, RRSIG, CNAME})  # what the parent may say at a cut; of these NS is not signed


class Layout:
    """The names of a zone, sorted out.

    Attributes:
        zone: the zone.
        names: the authoritative names that have records, cuts among them, in canonical order.
        empty: the empty non-terminals above them.
        cuts: the names where other zones begin.
    """

    def __init__(self, zone: Zone) -> None:
        self.zone = zone
        every = sorted(Name(wire) for wire in zone.nodes)
        self.cuts: set[Name] = set()
        barriers: list[Name] = []  # a cut or a DNAME hides what lies below it; names come in canonical order
        self.names: list[Name] = []
        self.hidden: list[Name] = []
        for name in every:
            while barriers and not name.is_below(barriers[-1]):
                barriers.pop()
            if barriers:
                self.hidden.append(name)
                continue
            types = self.types(name)
            if NS in types and name != zone.origin:
                self.cuts.add(name)
                barriers.append(name)
            elif DNAME in types:
                barriers.append(name)
            if types:
                self.names.append(name)
        there = set(self.names)
        self.empty = {
            above
            for name in self.names
            for above in (name.between(zone.origin) if name != zone.origin else [])
            if above not in there
        }

    def types(self, name: Name) -> set[int]:
        """The types of records at a name, RRSIG among them."""
        return {record.rdtype for record in self.zone.nodes.get(name.wire, ())}

    def denied_types(self, name: Name) -> set[int]:
        """The types that a bitmap at the name lists, of those that are there (RFC 4035 §2.3): of a cut only the parent's."""
        types = self.types(name)
        if name in self.cuts:
            types &= AT_CUT
        return types

    def signed(self) -> Iterator[tuple[Name, int]]:
        """Every RRset that must be signed: all of the zone but the NS of its cuts (RFC 4035 §2.2)."""
        for name in self.names:
            cut = name in self.cuts
            for rdtype in sorted(self.types(name) - {RRSIG}):
                if not cut or rdtype in (DS, NSEC):
                    yield name, rdtype
