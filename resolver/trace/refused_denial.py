"""The denial records that a refused reply brought: what each says, and under which hash each name would be.

Nothing proves them; they are shown so that a person sees which part of the proof is missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from resolver.data.hashed import nsec3_hash
from resolver.data.rrset import Question, RRset
from resolver.data.types import NSEC, NSEC3
from resolver.data.views import Nsec3, read_nsec3
from resolver.trace import chain as links_of
from resolver.trace import remedy
from resolver.trace.denial import readings, short_hash
from resolver.trace.page import ARROW, BAD, FAINT, NO, Chunk
from resolver.validator.outcome import Bogus

if TYPE_CHECKING:
    from resolver.data.name import Name
    from resolver.validator.outcome import Outcome

SHA1_HASH = 1  # RFC 5155 §11
MAX_RECORDS = 8  # that the judge considers (Limits.nsec3_records)
MAX_ITERATIONS = 500  # above it no proof is accepted (RFC 9276 §3.2): hashing would be work for an attacker
MAX_NAMES = 8  # ancestors of the name that are hashed


class Served(NamedTuple):
    """A record as it was served, and the zone whose it claims to be."""

    rrset: RRset
    zone: Name


def lines(outcome: Outcome[object]) -> list[list[Chunk]]:
    """One line for each NSEC and NSEC3 of the reply that the verdict fails on, then the hashes that matter."""
    message = remedy.message_of(outcome)
    if not isinstance(outcome, Bogus) or message is None or message.find(outcome.canonical, outcome.question.rdtype):
        return []
    zones = [link.zone for link in links_of.chain(outcome) if link.status == "secure"]
    served = [
        Served(rrset, zone)
        for rrset in message.authority
        if rrset.rdtype in (NSEC, NSEC3) and rrset.rdata and (zone := _zone(rrset.owner, zones)) is not None
    ][:MAX_RECORDS]
    if any(_iterations(each) > MAX_ITERATIONS for each in served):
        return []
    question = Question(outcome.canonical, outcome.question.rdtype)
    found: list[list[Chunk]] = []
    for each, reading in zip(_ordered(served), readings(question, served), strict=True):
        says = _void(each) or "; ".join(reading.says) or "says nothing about this name"
        found.append([(NO, BAD), f"{reading.shown} {says}"])
    hashed = [(view, each.zone) for each in served if (view := _view(each)) is not None]
    if hashed:
        found.append([(f"hashes: {_hashes(question.name, *hashed[0])}", FAINT)])
    if found:
        found.append([("refused: served as a denial, which they do not prove", FAINT)])
    return found


def _ordered(served: list[Served]) -> list[Served]:
    """As `readings` has them: NSEC before NSEC3."""
    return sorted(served, key=lambda each: each.rrset.rdtype)


def _void(each: Served) -> str:
    """Why an NSEC3 must be ignored, if it must (RFC 5155 §8.1, §8.2)."""
    view = _view(each)
    if view is None or (view.algorithm == SHA1_HASH and view.flags in (0, 1)):
        return ""
    return f"must be ignored: hash algorithm {view.algorithm}, flags {view.flags}"


def _zone(owner: Name, zones: list[Name]) -> Name | None:
    above = [zone for zone in zones if owner.is_under(zone)]
    return above[-1] if above else None


def _view(each: Served) -> Nsec3 | None:
    return read_nsec3(each.rrset.rdata[0]) if each.rrset.rdtype == NSEC3 else None


def _iterations(each: Served) -> int:
    view = _view(each)
    return view.iterations if view is not None else 0


def _hashes(name: Name, view: Nsec3, zone: Name) -> str:
    """The name, its ancestors in the zone, and their wildcards, each with its hash."""
    if not name.is_under(zone):
        return "the name is outside the zone"
    above = [*reversed(name.between(zone)[:-1]), zone] if name != zone else []
    names = [name, *(each for up in above[: MAX_NAMES // 2] for each in (up, up.wildcard()) if each != name)]
    return ", ".join(f"{each} {ARROW} {short_hash(nsec3_hash(each, view.salt, view.iterations))}" for each in names)
