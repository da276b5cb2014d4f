"""What is true in a world: RFC 1034 §4.3.2, RFC 4592, RFC 6672, and which zones are secure (RFC 4035 §4.3).

Written apart from the judge, from the answerer and from `resolver.testing`; it never looks at NSEC or NSEC3.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from resolver.data.name import Name
from resolver.data.types import CNAME, DNAME, DS, NS
from tests.exhaustive.worlds import GENUINE_DS, TOP, Node, World, Zone

Kind = Literal["data", "cname", "dname", "NODATA", "NXDOMAIN", "undefined", "referral"]


class Fact(NamedTuple):
    """What one zone says of a name and type; `owner` is that of the records used, `wildcard` what they came from."""

    kind: Kind
    owner: Name
    rdata: bytes = b""
    wildcard: Name | None = None


class Hop(NamedTuple):
    """One step of a lookup: the name, its zone, the fact, and the cut from which on nothing is secure (or None)."""

    name: Name
    zone: Zone
    fact: Fact
    insecure_cut: Name | None


def _exists(zone: Zone, name: Name) -> bool:
    return any(owner.is_under(name) for owner in zone.nodes)  # RFC 4592 §2.2.2


def _said(node: Node, rdtype: int, owner: Name, wildcard: Name | None) -> Fact:
    if rdtype in node:
        return Fact("data", owner, node[rdtype], wildcard)
    if CNAME in node:
        return Fact("cname", owner, node[CNAME], wildcard)
    return Fact("NODATA", owner, b"", wildcard)


def local(zone: Zone, name: Name, rdtype: int) -> Fact:
    """Step 3 of RFC 1034 §4.3.2 in one zone, going down label by label."""
    above = zone.apex
    for here in name.between(zone.apex):
        if DNAME in zone.nodes.get(above, {}):  # RFC 6672 §3.2
            return Fact("dname", above, zone.nodes[above][DNAME])
        if not _exists(zone, here):
            wildcard = above.child(b"*")
            if not _exists(zone, wildcard):
                return Fact("NXDOMAIN", name)
            node = zone.nodes.get(wildcard, {})
            if NS in node:  # RFC 4592 §4.2: nobody says what it means
                return Fact("undefined", name, b"", wildcard)
            return _said(node, rdtype, name, wildcard)
        if NS in zone.nodes.get(here, {}):
            if here == name and rdtype == DS:  # RFC 4035 §3.1.4.1: the parent's
                return _said(zone.nodes[here], DS, name, None)
            return Fact("referral", here)
        above = here
    return _said(zone.nodes.get(name, {}), rdtype, name, None)


def hop(world: World, name: Name, rdtype: int) -> Hop:
    """The zone that holds a name, from the top down, and what it says."""
    zone, cut = world.zones[TOP], None
    while True:
        fact = local(zone, name, rdtype)
        if fact.kind != "referral":
            return Hop(name, zone, fact, cut)
        child = world.zones[fact.owner]
        if child.anchored:  # RFC 4035 §4.3: secure by an anchor of its own
            cut = None
        elif cut is None and zone.nodes[fact.owner].get(DS) != GENUINE_DS:
            cut = fact.owner
        zone = child


def path(world: World, name: Name, rdtype: int) -> tuple[list[Hop], bool]:
    """Every hop of a lookup to the first that is not secure, or to the end; and whether it loops."""
    hops: list[Hop] = []
    seen: set[Name] = set()
    while name not in seen:
        seen.add(name)
        step = hop(world, name, rdtype)
        hops.append(step)
        fact = step.fact
        if step.insecure_cut is not None or fact.kind not in ("cname", "dname"):
            return hops, False
        target = Name(fact.rdata)
        if fact.kind == "dname":  # RFC 6672 §2.2
            kept = name.labels[: len(name.labels) - len(fact.owner.labels)]
            target = Name.from_labels(kept + target.labels)
        name = target
        if not name.is_under(TOP):
            return hops, True
    return hops, True
