"""What a zone holds once everything is in it: which names exist, which are cuts, which are hidden below one.

RFC 1034 §4.2.1 (glue is not authoritative), RFC 4592 §2.2 (empty non-terminals exist), RFC 6672 §2.4 (nothing lives
below a DNAME).
"""

from __future__ import annotations

from typing import TypeAlias

from resolver.data.name import Name
from resolver.data.types import DNAME, DS, NS

Data: TypeAlias = tuple[int, tuple[bytes, ...]]
"""TTL in seconds and the canonical RDATA of one RRset."""
Records: TypeAlias = dict[Name, dict[int, Data]]


class Content:
    """The names of a zone as its server sees them.

    Attributes:
        nodes: what may be answered: owner -> type -> data; a cut shows NS and DS only.
        hidden: what lies at or below a cut or below a DNAME and is not answered (glue, occluded data).
        cuts: the owners of NS other than the apex.
        dnames: the owners of DNAME.
        exists: the owners and the empty non-terminals above them.
    """

    def __init__(self, apex: Name, records: Records) -> None:
        self.apex = apex
        self.cuts = frozenset(owner for owner, types in records.items() if NS in types and owner != apex)
        self.dnames = frozenset(owner for owner, types in records.items() if DNAME in types)
        self.nodes: Records = {}
        self.hidden: Records = {}
        barriers = self.cuts | self.dnames
        for owner, types in records.items():
            if barriers and self.barrier_above(owner, barriers) is not None:
                self.hidden[owner] = types
            elif owner in self.cuts:
                self.nodes[owner] = {rdtype: data for rdtype, data in types.items() if rdtype in (NS, DS)}
                if glue := {rdtype: data for rdtype, data in types.items() if rdtype not in (NS, DS)}:
                    self.hidden[owner] = glue
            else:
                self.nodes[owner] = types
        self.exists: set[Name] = {apex}
        for owner in self.nodes:
            while owner not in self.exists:
                self.exists.add(owner)
                owner = owner.parent()

    def barrier_above(self, name: Name, barriers: frozenset[Name]) -> Name | None:
        """The highest of `barriers` that is strictly above `name` and within the zone."""
        for above in (self.apex, *name.between(self.apex)[:-1]) if name != self.apex else ():
            if above in barriers:
                return above
        return None

    def closest_encloser(self, name: Name) -> Name:
        """The deepest existing name at or above `name` (RFC 4592 §3.3.1)."""
        while name not in self.exists:
            name = name.parent()
        return name

    def types_at(self, name: Name) -> set[int]:
        """The types that a negative answer must admit to; empty at an empty non-terminal."""
        return set(self.nodes.get(name, ()))
