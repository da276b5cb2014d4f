"""The small worlds: every choice of one or two nodes below one anchored apex, in every way of denial.

A world is plain data: zones with their nodes, which of them are signed, anchored, delegated with which DS. Nothing
here answers, signs or judges.

Limits: the labels {a, b, *} down to depth 2; the kinds in KINDS; every signed zone of a world denies in the same way.
Not done: nodes that a delegation or a DNAME above them hides (`is_occluded`); what a zone holds below a cut is glue.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import combinations, product

from resolver.data.name import Name
from resolver.data.types import CNAME, DNAME, DS, NS, SOA, TXT, A

TOP = Name.from_text("t.")
LABELS = (b"a", b"b", b"*")
PLACES = tuple(TOP.child(one) for one in LABELS) + tuple(TOP.child(one).child(two) for one in LABELS for two in LABELS)
MODES = ("nsec", "nsec3", "optout", "optout-some", "compact", "iterations")
CHILDREN = ("empty", "data", "wildcard", "insecure")
DATA = ("data", "two", "cname", "dname")
UNSIGNED_CUTS = ("insecure", "island", "anchored")  # delegations without DS
CUTS = (*UNSIGNED_CUTS, "unusable", *(f"secure-{child}" for child in CHILDREN))
KINDS = (*DATA, *CUTS)

GENUINE_DS, UNUSABLE_DS = b"genuine", b"unusable"  # placeholders; the signer puts the RDATA there

Node = dict[int, bytes]  # type to its one RDATA
Place = tuple[Name, str]


@dataclass
class Zone:
    """One zone: its apex, whether it is signed, and its nodes; a node with NS other than the apex is a cut."""

    apex: Name
    signed: bool
    anchored: bool = False
    nodes: dict[Name, Node] = field(default_factory=dict)


@dataclass
class World:
    """Zones by apex, the way of denial, and the places that made it."""

    mode: str
    places: tuple[Place, ...]
    zones: dict[Name, Zone]

    def __str__(self) -> str:
        return f"{self.mode}: " + ", ".join(f"{name} {kind}" for name, kind in self.places)


def address(owner: Name) -> bytes:
    """An A RDATA that tells whose it is."""
    return b"\x0a" + zlib.crc32(owner.wire).to_bytes(4)[1:]


def _zone(apex: Name, *, signed: bool, anchored: bool = False) -> Zone:
    soa = b"\0\0" + b"".join(number.to_bytes(4) for number in (1, 2, 3, 4, 300))
    return Zone(apex, signed, anchored, {apex: {SOA: soa, NS: b"\x02ns\0"}})


def _target(owner: Name) -> Name:
    """Where an alias leads: always back into the world, never to a longer name."""
    one, two = PLACES[0], PLACES[1]
    return one if owner.is_under(two) else two


def _add(zones: dict[Name, Zone], parent: Zone, owner: Name, kind: str) -> None:
    """Put one node into a zone, with the child zone that it needs."""
    if kind in ("data", "two"):
        parent.nodes[owner] = {A: address(owner)} | ({TXT: b"\x01t"} if kind == "two" else {})
        return
    if kind in ("cname", "dname"):
        parent.nodes[owner] = {CNAME if kind == "cname" else DNAME: _target(owner).wire}
        return
    parent.nodes[owner] = {NS: b"\x02ns\0"}
    if kind == "unusable" or kind.startswith("secure"):
        parent.nodes[owner][DS] = UNUSABLE_DS if kind == "unusable" else GENUINE_DS
    child = zones[owner] = _zone(owner, signed=kind != "insecure", anchored=kind == "anchored")
    content = kind.removeprefix("secure-") if kind.startswith("secure") else "data"
    if content == "data":
        child.nodes[owner][A] = address(owner)
        _add(zones, child, owner.child(b"a"), "data")
    elif content == "wildcard":
        _add(zones, child, owner.wildcard(), "data")
    elif content == "insecure":
        child.nodes[owner.child(b"a")] = {NS: b"\x02ns\0"}
        zones[owner.child(b"a")] = _zone(owner.child(b"a"), signed=False)


def build(mode: str, places: tuple[Place, ...]) -> World:
    """The world with these nodes."""
    zones = {TOP: _zone(TOP, signed=True, anchored=True)}
    for owner, kind in places:
        _add(zones, zones[TOP], owner, kind)
    return World(mode, places, zones)


def is_occluded(places: tuple[Place, ...]) -> bool:
    """Whether one of the nodes lies below a cut or a DNAME."""
    return any(
        one.is_below(two) for one, _ in places for two, kind in places if kind in CUTS or kind == "dname"
    )  # RFC 1034 §4.2.1, RFC 6672 §2.4


def choices(nodes: int) -> Iterator[tuple[str, tuple[Place, ...]]]:
    """What `build` takes, for every world of exactly so many nodes, always in the same order."""
    for owners in combinations(PLACES, nodes):
        for kinds in product(KINDS, repeat=nodes):
            places = tuple(zip(owners, kinds, strict=True))
            if not is_occluded(places):
                for mode in MODES:
                    yield mode, places


def names(world: World) -> list[Name]:
    """The names to ask for: all that exist, and a little beyond."""
    found = {TOP}
    for one in (*LABELS, b"c"):
        found.add(TOP.child(one))
    for zone in world.zones.values():
        for owner in zone.nodes:
            for above in (owner, *owner.between(TOP)):
                found.update((above, *(above.child(label) for label in (b"a", b"c", b"*"))))
            if owner != TOP:
                found.add(owner.child(b"c").child(b"a"))
    return sorted(found)
