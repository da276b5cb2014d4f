"""Denials in words: what each NSEC or NSEC3 record of a proof does there (RFC 4035 §5.4, RFC 5155 §8).

It says what verified records show about the name; whether that suffices, the validator has decided.

Limits: hashing costs what the validator's own proof cost, and only records of a proof that held are hashed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from resolver.data.hashed import hash_text, nsec3_hash, owner_hash
from resolver.data.name import Name
from resolver.data.types import NSEC, NSEC3, NXNAME, type_text
from resolver.data.views import Nsec3, bitmap_has, bitmap_types, read_nsec, read_nsec3

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from resolver.data.rrset import Question, RRset

MAX_TYPES = 12  # of a bitmap that a line shows


class Held(Protocol):
    """A record and the zone that it is of: a verified one, or one as it was served."""

    @property
    def rrset(self) -> RRset: ...
    @property
    def zone(self) -> Name: ...


class Reading:
    """What one record of a denial says.

    Attributes:
        record: the record; `kind` is "NSEC" or "NSEC3".
        shown: the record in a few words, such as "NSEC a.test. … c.test.".
        says: what it does in the proof.
        matches, covers: the names that it matches, and those that it covers.
        opt_out: whether it is an opt-out span.
        iterations: of NSEC3, else None.
        hashes: of NSEC3, the names that it speaks about with their hashes in base32hex (RFC 5155 §3.3).
    """

    __slots__ = ("covers", "hashes", "iterations", "kind", "matches", "opt_out", "record", "says", "shown")

    def __init__(self, record: Held, kind: str) -> None:
        self.record = record
        self.kind = kind
        self.shown = f"{kind} {record.rrset.owner}"
        self.says: list[str] = []
        self.matches: list[Name] = []
        self.covers: list[Name] = []
        self.opt_out = False
        self.iterations: int | None = None
        self.hashes: dict[Name, str] = {}


def readings(question: Question, evidence: Iterable[Held]) -> list[Reading]:
    """What each NSEC and NSEC3 record among the evidence says about a question."""
    records = list(evidence)
    found = [_nsec(question, record) for record in records if record.rrset.rdtype == NSEC]
    hashed = [record for record in records if record.rrset.rdtype == NSEC3]
    return found + _nsec3(question, hashed)


def _types(bitmap: bytes, rdtype: int) -> str:
    types = bitmap_types(bitmap)
    listed = " ".join(type_text(number) for number in types[:MAX_TYPES]) or "none"
    more = f" and {len(types) - MAX_TYPES} more" if len(types) > MAX_TYPES else ""
    return f"types {listed}{more}" + ("" if bitmap_has(bitmap, rdtype) else f", no {type_text(rdtype)}")


def _nsec(question: Question, record: Held) -> Reading:
    reading = Reading(record, "NSEC")
    view, name, owner, zone = read_nsec(record.rrset.rdata[0]), question.name, record.rrset.owner, record.zone
    if view is None:
        reading.says.append("malformed")
        return reading
    reading.shown = f"NSEC {owner} … {view.next}"

    def covered(tried: Name) -> bool:
        return owner < tried and (tried < view.next or view.next == zone)  # RFC 4034 §4.1.1: the last one wraps

    if owner == name:
        reading.matches.append(name)
        if bitmap_has(view.bitmap, NXNAME):
            reading.says.append(f"says that {name} does not exist (compact, RFC 9824 §3.1)")
        else:
            reading.says.append(f"matches {name}: {_types(view.bitmap, question.rdtype)}")
    elif covered(name):
        reading.covers.append(name)
        if view.next.is_below(name):
            reading.says.append(f"covers {name}, which is an empty non-terminal: no records at it, names below")
        else:
            reading.says.append(f"covers {name}: no such name")
    for encloser in _ancestors(name, zone):
        wildcard = encloser.wildcard()
        if wildcard == name:
            continue
        if owner == wildcard:
            reading.matches.append(wildcard)
            reading.says.append(f"matches the wildcard {wildcard}: {_types(view.bitmap, question.rdtype)}")
        elif covered(wildcard) and encloser == _closest(name, owner, view.next):
            reading.covers.append(wildcard)
            reading.says.append(f"covers {wildcard}: no wildcard")
    return reading


def _ancestors(name: Name, zone: Name) -> list[Name]:
    """The names above `name` down from the zone's apex, the deepest first."""
    if not name.is_below(zone):
        return []
    return [*reversed(name.between(zone)[:-1]), zone]


def _closest(name: Name, owner: Name, following: Name) -> Name:
    one, other = name.common(owner), name.common(following)
    return one if len(one.wire) >= len(other.wire) else other  # RFC 7129 §3.2


def short_hash(digest: bytes) -> str:
    """A hashed owner name as people abbreviate it: the first 8 characters of its base32hex (RFC 5155 §3.3)."""
    return hash_text(digest)[:8]


def _nsec3(question: Question, records: list[Held]) -> list[Reading]:
    known: dict[tuple[Name, int, bytes], bytes] = {}

    def hashed(name: Name, view: Nsec3) -> bytes:
        key = (name, view.iterations, view.salt)
        if key not in known:
            known[key] = nsec3_hash(name, view.salt, view.iterations)
        return known[key]

    def named(reading: Reading, tried: Name, view: Nsec3) -> str:
        """The name with its hash, which is kept."""
        digest = hashed(tried, view)
        reading.hashes[tried] = hash_text(digest)
        return f"{tried} (hash {short_hash(digest)})"

    views = [(record, read_nsec3(record.rrset.rdata[0]), owner_hash(record.rrset.owner) or b"") for record in records]
    name = question.name
    encloser: Name | None = None
    for candidate in _ancestors(name, records[0].zone) if records else []:
        if any(view is not None and hashed(candidate, view) == owner for _, view, owner in views):
            encloser = candidate
            break
    found = []
    for record, view, owner in views:
        reading = Reading(record, "NSEC3")
        found.append(reading)
        if view is None:
            reading.says.append("malformed")
            continue
        reading.opt_out, reading.iterations = view.opt_out, view.iterations
        reading.shown = f"NSEC3 {short_hash(owner)} … {short_hash(view.next)} of {record.zone}"
        if hashed(name, view) == owner:
            reading.matches.append(name)
            compact = bitmap_has(view.bitmap, NXNAME)
            says = "not existing (compact, RFC 9824 §3.1)" if compact else _types(view.bitmap, question.rdtype)
            reading.says.append(f"matches {named(reading, name, view)}: {says}")
        if encloser is None:
            _read_expansion(reading, view, owner, _ancestors(name, record.zone), name, hashed, named)
            continue
        next_closer = name.rightmost(len(encloser.labels) + 1)
        if hashed(encloser, view) == owner:
            reading.matches.append(encloser)
            reading.says.append(f"matches {named(reading, encloser, view)}, the closest encloser")
        if _hash_covered(hashed(next_closer, view), owner, view.next):
            reading.covers.append(next_closer)
            unsigned = ", opt-out: there may be an unsigned delegation" if view.opt_out else ""
            reading.says.append(f"covers {named(reading, next_closer, view)}{unsigned}")
        wildcard = encloser.wildcard()
        if hashed(wildcard, view) == owner:
            reading.matches.append(wildcard)
            reading.says.append(
                f"matches the wildcard {named(reading, wildcard, view)}: {_types(view.bitmap, question.rdtype)}"
            )
        elif _hash_covered(hashed(wildcard, view), owner, view.next):
            reading.covers.append(wildcard)
            reading.says.append(f"covers {named(reading, wildcard, view)}: no wildcard")
    return found


def _read_expansion(
    reading: Reading,
    view: Nsec3,
    owner: bytes,
    above: list[Name],
    name: Name,
    hashed: Callable[[Name, Nsec3], bytes],
    named: Callable[[Reading, Name, Nsec3], str],
) -> None:
    """Without a closest encloser among the records: which of the name and its ancestors does the span cover? (§8.8)"""
    for candidate in (name, *above):
        if _hash_covered(hashed(candidate, view), owner, view.next):
            reading.covers.append(candidate)
            reading.says.append(f"covers {named(reading, candidate, view)}{', opt-out' if view.opt_out else ''}")
            return


def _hash_covered(digest: bytes, owner: bytes, following: bytes) -> bool:
    """Whether a span covers a hash (RFC 5155 §1.3); the last one wraps."""
    if owner < following:
        return owner < digest < following
    return digest != owner and (digest > owner or digest < following)
