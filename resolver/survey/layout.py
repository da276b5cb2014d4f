"""What stands where in a zone: its own names, its delegations, empty non-terminals, and what is hidden below a cut.

RFC 4035 §2.2 and §2.3 say of each kind what must be signed, and what must have an NSEC record.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple, TypeAlias

from resolver.data.name import Name
from resolver.data.types import DNAME, DS, NS, NSEC, RRSIG
from resolver.sources.zone import Zone

Kind: TypeAlias = Literal["data", "cut", "empty", "hidden"]


class Place(NamedTuple):
    """One name of a zone.

    Fields: the name; whether it is the zone's own ("data"), a delegation ("cut"), an empty non-terminal ("empty"), or
    below a delegation or a DNAME ("hidden": glue, or occluded, RFC 5936 §3.5); and the types that stand there, RRSIG
    and NSEC among them.
    """

    name: Name
    kind: Kind
    types: frozenset[int]

    @property
    def is_signed_cut(self) -> bool:
        """Whether it is a delegation with a DS."""
        return self.kind == "cut" and DS in self.types


def places(zone: Zone) -> Iterator[Place]:
    """Every name of the zone in canonical order (RFC 4034 §6.1)."""
    hiding: Name | None = None
    for wire in sorted(zone.nodes, key=_order):
        name = Name(wire)
        types = frozenset(record.rdtype for record in zone.nodes[wire])
        if hiding is not None and name.is_below(hiding):
            yield Place(name, "hidden", types)
            continue
        hiding = None
        if NS in types and name != zone.origin:
            hiding = name
            yield Place(name, "cut", types)
            continue
        if DNAME in types:
            hiding = name
        # An NSEC alone, or signatures alone, make no name (RFC 4035 §2.3): such a node is judged as an empty one.
        yield Place(name, "data" if types - {RRSIG, NSEC} else "empty", types)


def _order(wire: bytes) -> tuple[bytes, ...]:
    return Name(wire).order
