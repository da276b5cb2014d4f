"""The digest of a whole zone (RFC 8976): worked out again, and compared with what its ZONEMD records say (R143).

Limits: the scheme SIMPLE with SHA-384 and SHA-512, which is all there is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from resolver.data.name import Name
from resolver.data.presentation import rdata_from_text
from resolver.data.rrset import Question
from resolver.data.types import RRSIG, SOA, ZONEMD
from resolver.data.views import read_soa
from resolver.data.zonefile import Record
from resolver.sources.zone import Zone
from resolver.survey.findings import Fault, fault

SIMPLE = 1  # RFC 8976 §2.2.2
HASHES = {1: hashlib.sha384, 2: hashlib.sha512}  # RFC 8976 §2.2.3
LEAST_OCTETS = 12  # RFC 8976 §2.2.4

_CLASS_IN = b"\x00\x01"


def check_digest(zone: Zone) -> Iterator[Fault]:
    """What is wrong with the zone's ZONEMD records (RFC 8976 §4); nothing where it has none."""
    origin = zone.origin
    for wire, records in zone.nodes.items():
        if wire != origin.wire and any(record.rdtype == ZONEMD for record in records):
            yield fault("ZONEMD_NOT_AT_APEX", Question(Name(wire), ZONEMD), origin)
    rrset = zone.rrset(origin, ZONEMD)
    soa = zone.rrset(origin, SOA)
    view = read_soa(soa.rdata[0]) if soa is not None else None
    if rrset is None or view is None:
        return
    question = Question(origin, ZONEMD)
    kinds = [tuple(rdata[4:6]) for rdata in rrset.rdata]
    for rdata in rrset.rdata:
        if len(rdata) < 6 + LEAST_OCTETS:
            yield fault("ZONEMD_MISMATCH", question, origin)
            continue
        serial, scheme, algorithm, digest = int.from_bytes(rdata[:4]), rdata[4], rdata[5], rdata[6:]
        if kinds.count((scheme, algorithm)) > 1:  # RFC 8976 §2
            yield fault("ZONEMD_DUPLICATE", question, origin)
        elif serial != view.serial:  # RFC 8976 §4
            yield fault("ZONEMD_SERIAL", question, origin, found=serial, wanted=view.serial)
        elif scheme != SIMPLE or algorithm not in HASHES:
            yield fault("ZONEMD_UNKNOWN", question, origin, scheme=scheme, hash=algorithm)
        elif digest_of_zone(zone, algorithm) == digest:
            yield fault("ZONEMD_VERIFIED", question, origin)
        else:
            yield fault("ZONEMD_MISMATCH", question, origin)


def digest_of_zone(zone: Zone, algorithm: int) -> bytes:
    """The digest of all records of the zone, glue and occluded ones too (RFC 8976 §3.3, §3.4)."""
    state = HASHES[algorithm]()
    owners = {**zone.nodes}
    for wire, records in zone.hashed.items():
        owners[wire] = [*owners.get(wire, ()), *records]
    for wire in sorted(owners, key=lambda each: Name(each).order):
        lines = set()
        for record in owners[wire]:
            rdata = rdata_from_text(record.rdtype, record.text, record.origin)
            if wire == zone.origin.wire and _is_left_out(record, rdata):
                continue
            lines.add((record.rdtype, rdata, record.ttl))
        for rdtype, rdata, ttl in sorted(lines):  # RFC 8976 §3.3.1: by type, then canonical RDATA
            state.update(wire + rdtype.to_bytes(2) + _CLASS_IN + ttl.to_bytes(4) + len(rdata).to_bytes(2) + rdata)
    return state.digest()


def _is_left_out(record: Record, rdata: bytes) -> bool:
    """RFC 8976 §3.3.1.4: the apex ZONEMD RRset and its signatures are not part of what they are about."""
    return record.rdtype == ZONEMD or (record.rdtype == RRSIG and int.from_bytes(rdata[:2]) == ZONEMD)
