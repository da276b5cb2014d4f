"""The digest of a whole zone (RFC 8976): scheme SIMPLE with SHA-384 or SHA-512.

Limits: whether ZONEMD itself is signed is checked with all other records.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from resolver.data.name import Name
from resolver.data.types import RRSIG, SOA, ZONEMD, to_type
from resolver.data.views import read_soa
from resolver.errors import BadType
from resolver.sources.zone import rdata_of
from resolver.trace.auditing.problems import Problem, problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from resolver.data.zonefile import Record
    from resolver.sources.zone import Zone

SIMPLE = 1  # RFC 8976 §5.2
HASHES = {1: hashlib.sha384, 2: hashlib.sha512}  # RFC 8976 §5.3


def digest_problems(zone: Zone) -> Iterator[Problem]:
    """What is wrong with the ZONEMD records; nothing where there are none, or one that holds (RFC 8976 §4)."""
    rrset, soa = zone.rrset(zone.origin, ZONEMD), zone.rrset(zone.origin, SOA)
    view = read_soa(soa.rdata[0]) if soa is not None else None
    if rrset is None or view is None:
        return
    pairs = [(rdata[4], rdata[5]) for rdata in rrset.rdata if len(rdata) >= 6]
    held, found = False, []
    for rdata in rrset.rdata:
        if len(rdata) < 6:
            continue
        serial, scheme, algorithm = int.from_bytes(rdata[:4], "big"), rdata[4], rdata[5]
        if serial != view.serial:
            found.append(problem("ZONEMD_SERIAL", zone.origin, ZONEMD, found=serial, wanted=view.serial))
        elif scheme != SIMPLE or algorithm not in HASHES:
            found.append(problem("ZONEMD_UNKNOWN", zone.origin, ZONEMD, scheme=scheme, algorithm=algorithm))
        elif pairs.count((scheme, algorithm)) > 1:
            found.append(problem("ZONEMD_DUPLICATE", zone.origin, ZONEMD))
        elif simple(zone, algorithm) == rdata[6:]:
            held = True
        else:
            found.append(problem("ZONEMD_WRONG", zone.origin, ZONEMD))
    if not held:  # RFC 8976 §4 step 4: one that holds is enough
        yield from dict.fromkeys(found)


def simple(zone: Zone, algorithm: int) -> bytes:
    """The digest of scheme SIMPLE (RFC 8976 §3.3): every record of the file in canonical order, each once."""
    made = HASHES[algorithm]()
    owners = {**dict.fromkeys(zone.nodes), **dict.fromkeys(zone.hashed)}
    for name in sorted(Name(wire) for wire in owners):
        records = [*zone.nodes.get(name.wire, ()), *zone.hashed.get(name.wire, ())]
        lines = {_line(record) for record in records if not _is_left_out(zone, name, record)}
        for _, rdata, ttl, rdtype in sorted(lines):
            head = rdtype.to_bytes(2, "big") + b"\0\1" + ttl.to_bytes(4, "big") + len(rdata).to_bytes(2, "big")
            made.update(name.wire + head + rdata)
    return made.digest()


def _line(record: Record) -> tuple[int, bytes, int, int]:
    return record.rdtype, rdata_of(record), record.ttl, record.rdtype


def _is_left_out(zone: Zone, name: Name, record: Record) -> bool:
    """The apex ZONEMD and its signature (RFC 8976 §3.3.1)."""
    if name != zone.origin:
        return False
    if record.rdtype == ZONEMD:
        return True
    if record.rdtype != RRSIG:
        return False
    word = record.text.split(None, 1)[0]
    try:
        return to_type(int(word) if word.isdigit() else word) == ZONEMD
    except BadType:
        return False
