"""The denial of a whole zone: each name has its NSEC or NSEC3, each leads to the next, and each lists what is there."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from resolver.data.name import Name
from resolver.data.types import DS, NS, NSEC, NSEC3, NSEC3PARAM, RRSIG, type_text
from resolver.data.views import Nsec3, bitmap_types, read_nsec, read_nsec3
from resolver.trace.auditing.problems import Problem, problem
from resolver.trace.denial import hash_text, nsec3_hash

if TYPE_CHECKING:
    from collections.abc import Iterator

    from resolver.trace.auditing.layout import Layout

MOST_ITERATIONS = 500  # above it nobody accepts a proof (RFC 9276 §3.2), and hashing all names would take too long


def denial_problems(layout: Layout) -> Iterator[Problem]:
    """What is wrong with the chain of NSEC or of NSEC3."""
    zone = layout.zone
    plain = any(NSEC in layout.types(name) for name in layout.names)
    hashed = bool(zone.hashed)
    if plain and hashed:
        yield problem("MIXED_NSEC_NSEC3", zone.origin, NSEC)
    if not plain and not hashed:
        yield problem("NO_DENIAL", zone.origin, NSEC)
    if hashed:
        yield from _nsec3(layout)
    elif plain:
        yield from _nsec(layout)


def _nsec(layout: Layout) -> Iterator[Problem]:
    zone = layout.zone
    owners = [name for name in layout.names if layout.types(name) - {RRSIG, NSEC}]
    for name, following in zip(owners, [*owners[1:], zone.origin], strict=True):
        rrset = zone.rrset(name, NSEC)
        if rrset is None:
            yield problem("NSEC_MISSING", name, NSEC)
            continue
        view = read_nsec(rrset.rdata[0])
        if view is None:
            continue  # its signature cannot hold: the judge says so
        if view.next != following:
            yield problem("NSEC_NEXT_WRONG", name, NSEC, found=view.next, wanted=following)
        yield from _bitmap(name, NSEC, bitmap_types(view.bitmap), layout.denied_types(name) | {NSEC, RRSIG})
    known = set(owners)
    for name in (*layout.names, *layout.hidden):
        if name not in known and NSEC in layout.types(name):
            yield problem("NSEC_WITHOUT_NAME", name, NSEC)


def _bitmap(name: Name, rdtype: int, listed: list[int], there: set[int]) -> Iterator[Problem]:
    for code, types in (("BITMAP_LACKS_TYPE", there - set(listed)), ("BITMAP_HAS_TYPE", set(listed) - there)):
        if types:
            words = " and ".join(type_text(each) for each in sorted(types))
            yield problem(code, name, rdtype, types=words, verb="are" if len(types) > 1 else "is")


def _nsec3(layout: Layout) -> Iterator[Problem]:
    zone = layout.zone
    chain, view = _chain(layout)
    if view is None:
        return
    parameters = zone.rrset(zone.origin, NSEC3PARAM)
    if parameters is None:
        yield problem("NO_NSEC3PARAM", zone.origin, NSEC3PARAM)
    elif not any(_parameters(rdata) == (view.algorithm, view.iterations, view.salt) for rdata in parameters.rdata):
        yield problem("NSEC3_PARAMETERS_DIFFER", zone.origin, NSEC3PARAM)
    if view.iterations:
        yield problem("NONZERO_NSEC3_ITERATION_COUNT", zone.origin, NSEC3, iterations=view.iterations)
    if view.salt:
        yield problem("NONEMPTY_NSEC3_SALT", zone.origin, NSEC3)
    if view.algorithm != 1 or view.iterations > MOST_ITERATIONS:
        return
    order = sorted(chain)
    for digest, following in zip(order, [*order[1:], order[0]], strict=True):
        owner, record = chain[digest]
        if (record.algorithm, record.iterations, record.salt) != (view.algorithm, view.iterations, view.salt):
            yield problem("NSEC3_PARAMETERS_DIFFER", owner, NSEC3)
        if record.next != following:
            yield problem("NSEC3_NEXT_WRONG", owner, NSEC3, found=hash_text(record.next), wanted=hash_text(following))
    yield from _names(layout, chain, view)


def _names(layout: Layout, chain: dict[bytes, tuple[Name, Nsec3]], view: Nsec3) -> Iterator[Problem]:
    """Each name has its record, and each record its name."""
    opt_out = any(record.opt_out for _, record in chain.values())
    exempt = {name for name in layout.cuts if DS not in layout.types(name)} if opt_out else set()
    needed = {name for name in layout.names if name not in exempt}
    needed |= {above for name in needed for above in _above(name, layout)}
    seen: set[bytes] = set()
    for name in sorted({*needed, *exempt, *layout.empty}):
        digest = nsec3_hash(name, view)
        found = chain.get(digest)
        if found is None:
            if name in needed:
                yield problem("NSEC3_MISSING", name, NSEC3, hash=hash_text(digest))
            continue
        seen.add(digest)
        yield from _bitmap(name, NSEC3, bitmap_types(found[1].bitmap), _types(layout, name))
    for digest in sorted(set(chain) - seen):
        yield problem("NSEC3_WITHOUT_NAME", chain[digest][0], NSEC3)


def _above(name: Name, layout: Layout) -> list[Name]:
    origin = layout.zone.origin
    return [above for above in name.between(origin) if above in layout.empty] if name != origin else []


def _types(layout: Layout, name: Name) -> set[int]:
    """What the bitmap of a hashed name lists: NS alone at an unsigned delegation, nothing at an empty non-terminal."""
    types = layout.denied_types(name) - {NSEC}
    return types - {RRSIG} if types <= {NS, RRSIG} and name in layout.cuts else types


def _chain(layout: Layout) -> tuple[dict[bytes, tuple[Name, Nsec3]], Nsec3 | None]:
    """The NSEC3 records by their hash, and the first as a sample of the parameters."""
    found: dict[bytes, tuple[Name, Nsec3]] = {}
    for wire in layout.zone.hashed:
        owner = Name(wire)
        rrset = layout.zone.rrset(owner, NSEC3)
        view = read_nsec3(rrset.rdata[0]) if rrset is not None else None
        digest = _digest(owner)
        if view is not None and digest:
            found[digest] = (owner, view)
    return found, next(iter(found.values()))[1] if found else None


def _digest(owner: Name) -> bytes:
    label = owner.labels[0].decode("ascii", "replace").upper() if owner.labels else ""
    try:
        return base64.b32hexdecode(label + "=" * (-len(label) % 8))
    except ValueError:
        return b""


def _parameters(rdata: bytes) -> tuple[int, int, bytes] | None:
    """Hash algorithm, iterations and salt of NSEC3PARAM RDATA (RFC 5155 §4.2)."""
    if len(rdata) < 5 or len(rdata) != 5 + rdata[4]:
        return None
    return rdata[0], rdata[2] << 8 | rdata[3], rdata[5:]
