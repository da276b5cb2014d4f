"""Authentication chains (RFC 9102): the records of one verdict, with their signatures and without messages; a `Source`.

A TLS server can send such a chain with its certificate; here it is a file format: small, standard, and judged again at a
time of your choice. `AuthenticationChain.of(outcome).save(path)` writes the evidence of a verdict,
`OfflineResolver(AuthenticationChain.load(path), at=…)` judges it. Order means nothing, and neither do records that no
signature covers. The base domain is the name that the server was asked for: a chain says nothing about host aliases
(RFC 9102 §3), so `OfflineResolver.tlsa` does not follow them here.

Limits: 65,535 octets, as the extension has (RFC 9102 §2.1), which a chain of post-quantum signatures may exceed. Of
    class IN, uncompressed. The chain of an Insecure verdict holds what is signed and verified; where only a signature of
    the insecure zone itself named that zone, it may be judged Bogus again, never better.
Not done: pinning (RFC 9102 §7); the TLS extension itself, for which the standard library has no place.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from resolver.data.canonical import canonical_rdata
from resolver.data.files import PathLike, read_octets, write_octets
from resolver.data.name import ROOT, Name, wire_length
from resolver.data.rrset import Edns, Message, Question, RRset, group
from resolver.data.types import CNAME, DNAME, DNSKEY, META_TYPES, NSEC, NSEC3, RRSIG, SOA
from resolver.data.views import bitmap_has, read_nsec, read_rrsig, read_target
from resolver.data.zonefile import MAX_TTL, scan
from resolver.errors import BadInput, BadSnapshot
from resolver.sources.authority import MAX_ALIASES
from resolver.sources.relevant import is_too_much, relevant
from resolver.sources.zone import rdata_of
from resolver.validator.hop import dname_target
from resolver.validator.outcome import Absent, Insecure, Secure
from resolver.validator.proof import BASE_DOMAIN, Proof

if TYPE_CHECKING:
    from resolver.validator.outcome import Outcome
    from resolver.validator.states import Verified

MAX_OCTETS = 65_535  # RFC 9102 §2.1: the vector has at most 2^16-1
MAX_LIFETIME = 65_535  # hours; RFC 9102 §2.1: a uint16

_RECORD = struct.Struct("!HHIH")  # type, class, TTL, RDLENGTH (RFC 1035 §4.1.3)
_IN = 1
_QR, _CD = 0x8000, 0x0010  # RFC 1035 §4.1.1, RFC 4035 §3.1.6
_EDNS = Edns(1232, 0, 0x8000, ())  # as from a server that knows DNSSEC (RFC 4035 §3.1)

_Record = tuple[Name, int, int, bytes]  # owner, type, TTL, canonical RDATA


class AuthenticationChain:
    """The records of a chain.

    Attributes:
        rrsets: the signed RRsets, each with its signatures; others prove nothing (RFC 9102 §11).
        lifetime: hours for which the server promises to send such chains (ExtSupportLifetime, RFC 9102 §2.1), or None.
    """

    __module__ = "resolver.sources.authentication_chain"

    def __init__(self, rrsets: Iterable[RRset], *, lifetime: int | None = None) -> None:
        """Use `of`, `from_bytes`, `from_text` or `load`.

        Raises:
            BadInput: a lifetime that 16 bits cannot hold.
        """
        if lifetime is not None and (isinstance(lifetime, bool) or lifetime not in range(MAX_LIFETIME + 1)):
            raise BadInput(f"lifetime must be a whole number of hours from 0 to {MAX_LIFETIME}, not {lifetime!r}")
        self.lifetime = lifetime
        self.rrsets: tuple[RRset, ...] = tuple([rrset for rrset in rrsets if rrset.rrsigs])
        self._by_key: dict[tuple[Name, int], list[RRset]] = {}
        for rrset in self.rrsets:
            self._by_key.setdefault((rrset.owner, rrset.rdtype), []).append(rrset)
        self._denials = tuple([rrset for rrset in self.rrsets if rrset.rdtype in (NSEC, NSEC3)])

    @classmethod
    def of(cls, outcome: Outcome[object], *, lifetime: int | None = None) -> AuthenticationChain:
        """The chain of a verdict: every RRset that its proof rests on, and its signatures by the zone.

        The records come zone by zone, from the name up to the root, always in the same order and with the TTLs that
        were signed. What chose the base domain of TLSA records is left out (RFC 9102 §3).

        Args:
            outcome: a Secure, Absent or Insecure verdict.
            lifetime: see the class.

        Raises:
            BadInput: another verdict; there is no chain from the anchors to what is not proven.
        """
        if not isinstance(outcome, Secure | Absent | Insecure):
            raise BadInput(f"no chain: {outcome.summary}")
        found: dict[tuple[Name, int, Name], RRset] = {}
        for held in sorted(_evidence(outcome), key=_place):
            rrset, ttl = held.rrset, held.original_ttl
            rrsigs = tuple([(ttl, rdata) for _, rdata in rrset.rrsigs if _signer(rdata) == held.zone])
            whole = RRset(rrset.owner, rrset.rdtype, ttl, rrset.rdata, rrsigs)
            found.setdefault((rrset.owner, rrset.rdtype, held.zone), whole)
        return cls(found.values(), lifetime=lifetime)

    @classmethod
    def from_bytes(cls, octets: bytes, *, path: str = "<octets>") -> AuthenticationChain:
        """Read a chain: the records alone, or the data of the TLS extension.

        The extension has the lifetime before the records, and between the two, by the letter of RFC 9102 §2.1, the
        length, which its own example (§A.1) lacks. Every form is read.

        Args:
            octets: all of it.
            path: for messages.

        Raises:
            BadSnapshot: not exactly one chain; the message says where the records end.
        """
        if len(octets) > MAX_OCTETS + 4:
            raise BadSnapshot(f"{len(octets)} octets; a chain has at most {MAX_OCTETS} (RFC 9102 §2.1)", path)
        refused: list[tuple[int, str]] = []
        found: list[AuthenticationChain] = []
        for start, timed in _readings(octets):
            records, at, why = _read(octets, start)
            if why:
                refused.append((at, why))
            else:
                found.append(cls(_rrsets(records), lifetime=int.from_bytes(octets[:2]) if timed else None))
        if not found:
            at, why = max(refused)  # the reading that came furthest is what was meant
            raise BadSnapshot(f"no authentication chain (RFC 9102 §2.1): {why}, at octet {at} of {len(octets)}", path)
        # A lifetime of 256 to 511 hours also reads as one more label of the first owner, whose signature is lost by it.
        return max(found, key=lambda chain: sum(1 for _ in chain))

    @classmethod
    def from_text(cls, text: str, *, path: str = "<text>") -> AuthenticationChain:
        """Read a chain from a master file, as RFC 9102 §A prints them.

        Raises:
            BadSnapshot: the text is no master file, or has no records.
        """
        records = [(each.owner, each.rdtype, each.ttl, rdata_of(each)) for each in scan(text, origin=ROOT, path=path)]
        if not records:
            raise BadSnapshot("no records; a chain has at least one (RFC 9102 §2.1)", path)
        return cls(_rrsets(records))

    @classmethod
    def load(cls, path: PathLike) -> AuthenticationChain:
        """Read a chain from a file of octets, in any form of `from_bytes`.

        Raises:
            BadSnapshot: the file cannot be read, or holds no chain.
        """
        return cls.from_bytes(read_octets(path), path=os.fspath(path))

    def to_bytes(self) -> bytes:
        """The records, after the lifetime where there is one (RFC 9102 §2.1, in the form of its example §A.1).

        Raises:
            BadInput: they are more than 65,535 octets, which no chain holds.
        """
        body = b"".join(
            owner.wire + _RECORD.pack(rdtype, _IN, ttl, len(rdata)) + rdata for owner, rdtype, ttl, rdata in self
        )
        if not 0 < len(body) <= MAX_OCTETS:
            raise BadInput(
                f"a chain of {len(body)} octets cannot be written; the limit is {MAX_OCTETS} (RFC 9102 §2.1)"
            )
        return body if self.lifetime is None else self.lifetime.to_bytes(2) + body

    def save(self, path: PathLike) -> None:
        """Write the chain to a file, all or nothing.

        Raises:
            OSError: the file cannot be written; what was there before is still there.
            BadInput: the chain is too long.
        """
        write_octets(path, self.to_bytes())

    def __iter__(self) -> Iterator[_Record]:
        """Owner, type, TTL and RDATA of each record, signatures after what they cover."""
        for rrset in self.rrsets:
            for rdata in rrset.rdata:
                yield rrset.owner, rrset.rdtype, rrset.ttl, rdata
            for ttl, rdata in rrset.rrsigs:
                yield rrset.owner, RRSIG, ttl, rdata

    def holds(self, question: Question) -> bool:
        """Whether the chain says something of a name's own about a question: its records, or an alias."""
        return any((question.name, rdtype) in self._by_key for rdtype in (question.rdtype, CNAME))

    def answer(self, question: Question, *, cd: bool = True) -> Message:
        """The records that answer a question, aliases followed, and every denial that could matter (R140).

        Aliases are followed as far as the denials about their names are no more than a judge looks at (R90); who asks
        goes on from there. What is not there is for the judge to conclude: no RCODE says so (R120).
        """
        answer: dict[tuple[Name, int], RRset] = {}
        authority: dict[int, RRset] = {}
        names: list[Name] = []
        name: Name | None = question.name
        while name is not None and name not in names and len(names) <= MAX_ALIASES:
            about = {**authority, **{id(rrset): rrset for rrset in relevant(self._denials, name)}}
            if names and is_too_much(about.values()):
                break
            names.append(name)
            authority = about
            name = self._step(name, question.rdtype, answer)
        return Message(
            question,
            flags=_QR | (_CD if cd else 0),
            answer=tuple(answer.values()),
            authority=tuple(authority.values()),
            edns=_EDNS,
            origin="authentication chain",
            cd=cd,
        )

    def _step(self, name: Name, rdtype: int, answer: dict[tuple[Name, int], RRset]) -> Name | None:
        """Answer for one name: its RRset, else its alias, else the DNAME above it; gives the target of an alias.

        The alias that a DNAME makes may be missing (RFC 9102 §2.3): the judge makes it in any case (R64).
        """
        keys = [(name, rdtype), (name, CNAME)]
        above = name
        while not above.is_root:
            above = above.parent()
            keys.append((above, DNAME))
        key = next((key for key in keys if key in self._by_key), None)
        if key is None:
            return None
        found = answer[key] = self._by_key[key][0]
        if found.rdtype == rdtype and found.owner == name:
            return None
        return read_target(found.rdata[0]) if found.rdtype == CNAME else dname_target(name, found)

    def __len__(self) -> int:
        return len(self.rrsets)

    def __repr__(self) -> str:
        return f"<AuthenticationChain of {len(self.rrsets)} RRsets>"


def _readings(octets: bytes) -> list[tuple[int, bool]]:
    """Where the records may begin, and whether the lifetime is before them."""
    size = len(octets)
    readings = [(0, False)]
    if size >= 4 and int.from_bytes(octets[2:4]) == size - 4:
        readings.append((4, True))
    if size >= 2:
        readings.append((2, int.from_bytes(octets[:2]) != size - 2))
    return readings


def _read(octets: bytes, at: int) -> tuple[list[_Record], int, str]:
    """The records from `at` to the end; or how far they go, and what is wrong there."""
    records: list[_Record] = []
    end = len(octets)
    if at >= end:
        return records, at, "no record"
    while at < end:
        size = wire_length(octets, at)
        if size < 0:
            return records, at, "no uncompressed name"
        head = at + size
        body = head + _RECORD.size
        if body > end:
            return records, head, "the record ends short"
        rdtype, rdclass, ttl, length = _RECORD.unpack_from(octets, head)
        if rdclass != _IN:
            return records, head + 2, f"class {rdclass} instead of IN"
        if rdtype in META_TYPES:
            return records, head, f"type {rdtype} is no type of records"
        if body + length > end:
            return records, head + 8, f"RDATA of {length} octets runs past the end"
        owner = Name(octets[at:head].lower())
        ttl = ttl if ttl <= MAX_TTL else 0  # RFC 2181 §8
        records.append((owner, rdtype, ttl, canonical_rdata(rdtype, octets[body : body + length])))
        at = body + length
    return records, at, ""


def _rrsets(records: list[_Record]) -> list[RRset]:
    """The RRsets of records in any order. An NSEC at a cut is two RRsets, one of each side (RFC 4035 §2.3)."""
    found: list[RRset] = []
    for rrset in group(records):
        if rrset.rdtype == NSEC and len(rrset.rdata) > 1:
            found += _sides(rrset)
        else:
            found.append(rrset)
    return found


def _sides(rrset: RRset) -> list[RRset]:
    """The child's NSEC, which alone has SOA in its bitmap, and the parent's (RFC 4035 §2.3, RFC 6840 §4.1)."""
    sides: dict[bool, list[bytes]] = {}
    for rdata in rrset.rdata:
        view = read_nsec(rdata)
        if view is not None:
            sides.setdefault(bitmap_has(view.bitmap, SOA), []).append(rdata)
    return [
        RRset(
            rrset.owner,
            NSEC,
            rrset.ttl,
            tuple(members),
            tuple([(ttl, rdata) for ttl, rdata in rrset.rrsigs if (_signer(rdata) == rrset.owner) == own]),
        )
        for own, members in sides.items()
    ]


def _signer(rrsig: bytes) -> Name | None:
    view = read_rrsig(rrsig)
    return None if view is None else view.signer


def _evidence(outcome: Secure[object] | Absent | Insecure) -> list[Verified]:
    """All verified RRsets that a verdict rests on, but for those that chose a TLSA base domain."""
    found: list[Verified] = []
    seen: set[int] = set()
    todo: list[Proof] = [outcome.proof, *(alias.proof for alias in outcome.aliases)]
    while todo:
        step = todo.pop()
        if id(step) in seen or step.step == BASE_DOMAIN:
            continue
        seen.add(id(step))
        found += step.evidence
        todo += step.rests_on
    return found


def _place(held: Verified) -> tuple[object, ...]:
    """Where an RRset comes in a chain: zone by zone from the name up, in each its keys last (as in RFC 9102 §A)."""
    rrset = held.rrset
    return -len(held.zone.labels), held.zone, rrset.rdtype == DNSKEY, rrset.owner, rrset.rdtype, rrset.rdata
