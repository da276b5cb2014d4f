"""Which denials of a flat bag of records are about a name, where the bag has more of them than a judge looks at (R90).

It selects what could matter and judges nothing: what it leaves out may only make a proof fail.

Limits: NSEC3 records of more than `MAX_ITERATIONS` iterations are left out, and so are those of more than `MAX_CHAINS`
    sets of parameters: hashing is work, and a bag is a stranger's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from resolver.data.hashed import nsec3_hash
from resolver.data.name import Name
from resolver.data.rrset import RRset
from resolver.data.types import NSEC
from resolver.data.views import read_nsec, read_nsec3
from resolver.sources.denial import owner_digest

ENOUGH = 8  # NSEC or NSEC3 RRsets of one zone in a message; as many as a judge considers (Limits.nsec_records)
MAX_ITERATIONS = 50  # Limits.nsec3_iterations: with more nothing is secure or absent (RFC 9276 §3.2)
MAX_CHAINS = 2  # an honest zone has one, and two while it changes from one to the other (RFC 5155 §7.3)


def relevant(denials: Sequence[RRset], name: Name) -> tuple[RRset, ...]:
    """The NSEC and NSEC3 RRsets to send with an answer about a name: those of the zones at or above it.

    Of a zone that has more than `ENOUGH` of a kind these only: what matches or covers the name, and the wildcard at its
    closest encloser (RFC 4035 §3.1.3); or by hash the closest encloser, the next closer name, and the wildcard
    (RFC 5155 §7.2).
    """
    groups: dict[tuple[Name, int], list[RRset]] = {}
    for rrset in denials:
        for zone in dict.fromkeys(rrsig.signer for rrsig in rrset.signatures):
            if name.is_under(zone):
                groups.setdefault((zone, rrset.rdtype), []).append(rrset)
    found: dict[int, RRset] = {}
    for (zone, rdtype), members in groups.items():
        if len(members) > ENOUGH:
            members = _nsec(members, zone, name) if rdtype == NSEC else _nsec3(members, zone, name)
        found.update((id(rrset), rrset) for rrset in members)
    return tuple(found.values())


def is_too_much(denials: Iterable[RRset]) -> bool:
    """Whether one zone has more RRsets of a kind among them than a judge looks at."""
    counts = Counter((rrsig.signer, rrset.rdtype) for rrset in denials for rrsig in rrset.signatures[:1])
    return any(count > ENOUGH for count in counts.values())


def _nsec(members: list[RRset], zone: Name, name: Name) -> list[RRset]:
    covering = max((each for each in members if each.owner <= name), key=lambda each: each.owner, default=None)
    if covering is None:
        return []
    view = read_nsec(covering.rdata[0])
    ends = [covering.owner] if view is None else [covering.owner, view.next]
    encloser = max((name.common(end) for end in ends), key=lambda shared: len(shared.labels))
    wildcard = encloser.wildcard()
    other = max((each for each in members if each.owner <= wildcard), key=lambda each: each.owner, default=covering)
    return [covering, other] if other is not covering else [covering]


def _nsec3(members: list[RRset], zone: Name, name: Name) -> list[RRset]:
    chains: dict[tuple[int, bytes], dict[bytes, tuple[bytes, RRset]]] = {}
    for rrset in members:
        view, digest = read_nsec3(rrset.rdata[0]), owner_digest(rrset.owner, zone)
        if view is not None and digest is not None and view.iterations <= MAX_ITERATIONS:
            chains.setdefault((view.iterations, view.salt), {})[digest] = (view.next, rrset)
    levels = [name, *reversed(name.between(zone)[:-1]), zone] if name != zone else [zone]
    found: dict[int, RRset] = {}
    largest = sorted(chains.items(), key=lambda each: -len(each[1]))[:MAX_CHAINS]
    for (iterations, salt), chain in largest:
        hashes = {level: nsec3_hash(level, salt, iterations) for level in levels}
        wanted = [hashes[level] for level in levels]  # the next closer name may be any of them
        for above, level in enumerate(levels):
            if hashes[level] in chain:  # the closest encloser, if this is a denial: these first
                closer = [hashes[levels[above - 1]]] if above else []
                wanted = [hashes[level], *closer, nsec3_hash(level.wildcard(), salt, iterations), *wanted]
                break
        for digest in wanted:
            held = _holding(chain, digest)
            if held is not None and len(found) < ENOUGH:
                found[id(held)] = held
    return list(found.values())


def _holding(chain: dict[bytes, tuple[bytes, RRset]], digest: bytes) -> RRset | None:
    """The NSEC3 that matches or covers a hash (RFC 5155 §1.3)."""
    for owner, (end, rrset) in chain.items():
        if owner == digest or owner < digest < end or (end <= owner and not end <= digest < owner):
            return rrset
    return None
