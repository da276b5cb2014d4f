"""A world on disk: signed zone files, anchors, and a configuration for a real NSD.

Limits: damages of replies (stages proof and message) are not in a zone file; those of keys, DS, signatures and chains
are. NSD answers from one zone at a time: it follows no alias into another zone.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from resolver.data.name import Name
from resolver.data.rrset import RRset
from resolver.data.types import AAAA, RRSIG, SOA, A, type_text
from resolver.errors import BadInput
from resolver.testing.records import rdata_text

if TYPE_CHECKING:
    from resolver.testing.world import World
    from resolver.testing.zone import Zone


def zone_text(zone: Zone) -> str:
    """The signed zone as a master file (RFC 1035 §5): the SOA first, absolute names, one record a line.

    Raises:
        BadInput: the zone uses compact denial: its NSEC records are made for each question (RFC 9824 §3).
    """
    if zone.settings.signed and zone.settings.denial == "compact":
        raise BadInput(f"{zone.name} uses compact denial, which no zone file can hold: ask the world itself")
    lines = [f"$ORIGIN {zone.name}"]
    for rrset in _rrsets(zone):
        lines += _lines(rrset)
    return "\n".join(lines) + "\n"


def _rrsets(zone: Zone) -> Iterator[RRset]:
    content = zone.content
    order = sorted((owner, rdtype != SOA, rdtype) for owner, types in content.nodes.items() for rdtype in types)
    for owner, _, rdtype in order:
        rrset = zone.rrset(owner, rdtype)
        if rrset is not None:
            yield rrset
    yield from zone.denial.all()
    for owner, types in sorted(content.hidden.items()):
        for rdtype, (ttl, rdata) in sorted(types.items()):
            yield RRset(owner, rdtype, ttl, rdata)
    yield from _glue(zone)


def _glue(zone: Zone) -> Iterator[RRset]:
    """Addresses of name servers that lie in the children (RFC 1034 §4.2.1), unless the zone holds them already."""
    for child in zone.world.children_of(zone.name):
        server = Name.from_text(child.settings.nameserver, child.name)
        if server.is_under(child.name) and server not in zone.content.hidden:
            for rdtype, (ttl, rdata) in child.content.nodes.get(server, {}).items():
                if rdtype in (A, AAAA):
                    yield RRset(server, rdtype, ttl, rdata)


def _lines(rrset: RRset) -> Iterator[str]:
    for rdata in rrset.rdata:
        yield f"{rrset.owner} {rrset.ttl} IN {type_text(rrset.rdtype)} {rdata_text(rrset.rdtype, rdata)}"
    for ttl, rdata in rrset.rrsigs:
        yield f"{rrset.owner} {ttl} IN RRSIG {rdata_text(RRSIG, rdata)}"


def file_name(zone: Zone) -> str:
    """`root.zone`, `com.zone`, `example.com.zone`: only characters that every file system takes."""
    if zone.name.is_root:
        return "root.zone"
    text = str(zone.name)[:-1]
    return "".join(char if char.isalnum() or char in "-._" else f"%{ord(char):02x}" for char in text) + ".zone"


def write(world: World, folder: Path) -> list[tuple[str, Path]]:
    """See `World.write`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "anchors.ds").write_text(world.anchor_text, encoding="ascii")
    written = []
    for zone in world.zones:
        path = folder / file_name(zone)
        path.write_text(zone_text(zone), encoding="ascii")
        written.append((str(zone.name), path))
    return written


def nsd_conf(world: World, folder: Path, port: int, address: str) -> str:
    """See `World.nsd_conf`."""
    place = folder.resolve()
    lines = [
        "server:",
        f"    ip-address: {address}@{port}",
        f'    zonesdir: "{place}"',
        f'    pidfile: "{place / "nsd.pid"}"',
        f'    logfile: "{place / "nsd.log"}"',
        f'    zonelistfile: "{place / "zone.list"}"',
        f'    xfrdfile: "{place / "xfrd.state"}"',
        f'    xfrdir: "{place}"',
        '    username: ""',
        '    database: ""',
        "    server-count: 1",
        "    rrl-ratelimit: 0",  # the test kit asks more often than any resolver would
        "remote-control:",
        "    control-enable: no",
    ]
    for zone in world.zones:
        lines += ["zone:", f'    name: "{zone.name}"', f'    zonefile: "{file_name(zone)}"']
    return "\n".join(lines) + "\n"
