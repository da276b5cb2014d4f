"""Whether a zone's denials are complete and true: the NSEC line (RFC 4034 §4, RFC 4035 §2.3), the NSEC3 ring (RFC 5155 §7.1)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from resolver.data.hashed import hash_text, nsec3_hash
from resolver.data.name import Name
from resolver.data.rrset import Question
from resolver.data.types import DS, NS, NSEC, NSEC3, NSEC3PARAM, RRSIG, SOA, type_text
from resolver.data.views import Nsec3, bitmap_types, read_nsec, read_nsec3, read_soa
from resolver.sources.denial import owner_digest
from resolver.sources.zone import Zone
from resolver.survey.findings import Fault, fault
from resolver.survey.layout import Place

SHA1_HASH = 1  # RFC 5155 §11
MAX_ITERATIONS = 2500  # RFC 5155 §10.3: above this not even the largest keys justify them; such a ring is not hashed


def check_denials(zone: Zone, places: Sequence[Place]) -> Iterator[Fault]:
    """What is wrong with the denials of a signed zone.

    Args:
        zone: the zone.
        places: all of its names, in canonical order.
    """
    has_nsec = any(NSEC in place.types for place in places)
    apex = Question(zone.origin, SOA)
    if not has_nsec and not zone.hashed:
        yield fault("NO_DENIAL", apex, zone.origin)
        return
    if has_nsec and zone.hashed:
        yield fault("TWO_DENIALS", apex, zone.origin)
    if has_nsec:
        yield from _line(zone, places)
    if zone.hashed:
        yield from _Ring(zone, places).check()


def expected_types(place: Place) -> frozenset[int]:
    """The types that the map of a name must list, but for RRSIG and NSEC (RFC 4034 §4.1.2, RFC 5155 §3.1.8)."""
    if place.kind == "cut":
        return place.types & {NS, DS}  # glue at the name is no data of the zone (RFC 4035 §2.3)
    return place.types - {RRSIG, NSEC}


def _line(zone: Zone, places: Sequence[Place]) -> Iterator[Fault]:
    origin = zone.origin
    chain = [place for place in places if place.kind in ("data", "cut")]
    ttl = _negative_ttl(zone)
    for at, place in enumerate(chain):
        question = Question(place.name, NSEC)
        rrset = zone.rrset(place.name, NSEC)
        if rrset is None:
            yield fault("MISSING_NSEC", question, origin)
            continue
        view = read_nsec(rrset.rdata[0])
        if view is None:
            yield fault("RDATA_MALFORMED", question, origin, type="NSEC")
            continue
        wanted = chain[at + 1].name if at + 1 < len(chain) else origin
        if view.next != wanted:
            yield fault("NSEC_NEXT_WRONG", question, origin, found=view.next, wanted=wanted)
        yield from _map(question, origin, view.bitmap, expected_types(place) | {RRSIG, NSEC})
        yield from _ttl(question, origin, rrset.ttl, ttl)
    for place in places:
        if place.kind in ("empty", "hidden") and NSEC in place.types:
            yield fault("NSEC_UNEXPECTED", Question(place.name, NSEC), origin)


def _negative_ttl(zone: Zone) -> int | None:
    """RFC 9077 §3: what the TTL of a denial is to be."""
    soa = zone.rrset(zone.origin, SOA)
    view = read_soa(soa.rdata[0]) if soa is not None else None
    return min(soa.ttl, view.minimum) if soa is not None and view is not None else None


def _ttl(question: Question, origin: Name, ttl: int, wanted: int | None) -> Iterator[Fault]:
    if wanted is not None and ttl != wanted:
        yield fault("NEGATIVE_TTL", question, origin, ttl=ttl, wanted=wanted)


def _map(question: Question, origin: Name, bitmap: bytes, wanted: frozenset[int]) -> Iterator[Fault]:
    listed = frozenset(bitmap_types(bitmap))
    for code, types in (
        ("EXISTING_TYPE_NOT_IN_BITMAP", wanted - listed),
        ("TYPE_IN_BITMAP_MISSING", listed - wanted),
    ):
        if types:
            yield fault(code, question, origin, types=" ".join(map(type_text, sorted(types))))


class _Entry(NamedTuple):
    """One NSEC3 record: its hash, its view, its owner."""

    digest: bytes
    view: Nsec3
    owner: Name


class _Ring:
    """The NSEC3 records of a zone, in the order of their hashes."""

    def __init__(self, zone: Zone, places: Sequence[Place]) -> None:
        self._zone = zone
        self._places = places
        self._entries: dict[bytes, _Entry] = {}

    def check(self) -> Iterator[Fault]:
        """What is wrong with the ring."""
        zone, origin = self._zone, self._zone.origin
        yield from self._read()
        if not self._entries:
            return
        first = next(iter(self._entries.values())).view
        param = zone.rrset(origin, NSEC3PARAM)
        if param is None:
            yield fault("NSEC3PARAM_MISSING", Question(origin, NSEC3PARAM), origin)
        else:
            own = {(rdata[0], rdata[2:4], rdata[5:]) for rdata in param.rdata if len(rdata) >= 5 and not rdata[1]}
            yield from self._same(own)
        if first.iterations:
            yield fault("NONZERO_NSEC3_ITERATION_COUNT", Question(origin, NSEC3), origin, iterations=first.iterations)
        if first.salt:
            yield fault("NONEMPTY_NSEC3_SALT", Question(origin, NSEC3), origin)
        if first.algorithm != SHA1_HASH or first.iterations > MAX_ITERATIONS:
            return  # the names cannot be hashed here
        yield from self._links()
        yield from self._names(first)

    def _read(self) -> Iterator[Fault]:
        zone, origin = self._zone, self._zone.origin
        ttl = _negative_ttl(zone)
        for wire in zone.hashed:
            owner = Name(wire)
            rrset = zone.rrset(owner, NSEC3)
            if rrset is None:
                continue
            question = Question(owner, NSEC3)
            digest = owner_digest(owner, origin)
            if digest is None:
                yield fault("INVALID_NSEC3_OWNER_NAME", question, origin)
                continue
            for rdata in rrset.rdata:
                view = read_nsec3(rdata)
                if view is None:
                    yield fault("RDATA_MALFORMED", question, origin, type="NSEC3")
                else:
                    self._entries[digest] = _Entry(digest, view, owner)
            yield from _ttl(question, origin, rrset.ttl, ttl)

    def _same(self, own: set[tuple[int, bytes, bytes]]) -> Iterator[Fault]:
        for entry in self._entries.values():
            view = entry.view
            if (view.algorithm, view.iterations.to_bytes(2), view.salt) not in own:
                yield fault("NSEC3_PARAMETERS_DIFFER", Question(entry.owner, NSEC3), self._zone.origin)

    def _links(self) -> Iterator[Fault]:
        ring = sorted(self._entries)
        for at, digest in enumerate(ring):
            entry, wanted = self._entries[digest], ring[(at + 1) % len(ring)]
            if entry.view.next != wanted:
                question = Question(entry.owner, NSEC3)
                found = {"found": hash_text(entry.view.next), "wanted": hash_text(wanted)}
                yield fault("NSEC3_NEXT_WRONG", question, self._zone.origin, **found)

    def _names(self, parameters: Nsec3) -> Iterator[Fault]:
        """Every name has its record, and every record its name."""
        origin = self._zone.origin
        left = dict(self._entries)
        ring = sorted(self._entries)
        needed = self._needed()
        for place in self._places:
            if place.kind == "hidden":
                continue
            digest = nsec3_hash(place.name, parameters.salt, parameters.iterations)
            entry = left.pop(digest, None)
            question = Question(place.name, NSEC3)
            if entry is None:
                if place.name in needed:
                    yield fault("MISSING_NSEC3", question, origin, hash=hash_text(digest))
                elif not self._opted_out(digest, ring):
                    yield fault("OPT_OUT_SPAN_MISSING", question, origin)
                continue
            types = expected_types(place)
            signed = {RRSIG} if place.kind == "data" or DS in types else set()
            yield from _map(question, origin, entry.view.bitmap, types | signed)
        for entry in left.values():
            yield fault("NSEC3_UNEXPECTED", Question(entry.owner, NSEC3), origin)

    def _needed(self) -> set[Name]:
        """The names that must have a record whatever the flags: all but unsigned delegations, and what leads to nothing
        else (RFC 5155 §7.1)."""
        found: set[Name] = set()
        for place in self._places:
            if place.kind == "data" or place.is_signed_cut:
                found.add(place.name)
                above = place.name
                while above != self._zone.origin:
                    above = above.parent()
                    if above in found:
                        break
                    found.add(above)
        return found

    def _opted_out(self, digest: bytes, ring: list[bytes]) -> bool:
        """Whether the span that covers a hash has the Opt-Out flag (RFC 5155 §6)."""
        return self._entries[ring[bisect_right(ring, digest) - 1]].view.opt_out  # -1, the last, covers the first gap
