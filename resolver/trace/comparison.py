"""What changed between two verdicts, and what validators see that still remember a part of the old state.

Each mixture of old and new is judged like any other evidence: the old DS with the new keys, the old keys with the new
signatures. Where that is bogus, somebody sees bogus for as long as the TTL of the old part (RFC 7583 §3).

Limits: one part is old at a time; DNSSEC data that neither verdict needed are not compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from resolver.data.presentation import rdata_text
from resolver.data.rrset import Question, RRset
from resolver.data.types import DNSKEY, DS, type_text
from resolver.data.views import read_dnskey, read_ds
from resolver.trace import chain as links_of
from resolver.trace.layered import Layered
from resolver.trace.records import shortened

if TYPE_CHECKING:
    from collections.abc import Callable

    from resolver.sources.source import Source
    from resolver.trace.chain import Link
    from resolver.validator.outcome import Outcome

_SHOWN = 64  # characters of a record


class Change(NamedTuple):
    """One difference: "+", "-" or "~" (changed), and what, in a sentence."""

    sign: str
    what: str


class Mixture(NamedTuple):
    """One part of the old state with everything else new: which, for how many seconds at most, and the verdict on it."""

    kept: str
    seconds: int
    outcome: Outcome[object]


def changes(before: Outcome[object], after: Outcome[object]) -> list[Change]:
    """The differences of the two chains, the root first, then those of the answer."""
    old = {link.zone: link for link in links_of.chain(before) if link.status != "not-a-cut"}
    new = {link.zone: link for link in links_of.chain(after) if link.status != "not-a-cut"}
    found: list[Change] = []
    for zone in sorted({*old, *new}):
        one, other = old.get(zone), new.get(zone)
        if one is None:
            assert other is not None
            found.append(Change("+", f"{zone}: a link of the chain, {other.status}"))
        elif other is None:
            found.append(Change("-", f"{zone}: no link of the chain any more; it was {one.status}"))
        elif one.status != other.status:
            found.append(Change("~", f"{zone}: was {one.status}, is {other.status}"))
        for rdtype in (DS, DNSKEY):
            found += _records(f"{zone} {type_text(rdtype)}", rdtype, _rrset(one, rdtype), _rrset(other, rdtype))
    name = f"{after.canonical} {type_text(after.question.rdtype)}"
    found += _records(name, after.question.rdtype, _answer(before), _answer(after))
    return found


def _rrset(link: Link | None, rdtype: int) -> RRset | None:
    if link is None:
        return None
    if rdtype == DS:
        return link.ds.rrset if link.ds is not None else None
    return link.dnskey.rrset if link.dnskey is not None else link.served


def _answer(outcome: Outcome[object]) -> RRset | None:
    value = getattr(outcome, "value", None)
    return value if isinstance(value, RRset) else getattr(outcome, "untrusted", None)


def _records(what: str, rdtype: int, old: RRset | None, new: RRset | None) -> list[Change]:
    one, other = set(old.rdata if old is not None else ()), set(new.rdata if new is not None else ())
    lines = [Change("-", f"{what} {_short(rdtype, rdata)}") for rdata in sorted(one - other)]
    lines += [Change("+", f"{what} {_short(rdtype, rdata)}") for rdata in sorted(other - one)]
    return lines


def _short(rdtype: int, rdata: bytes) -> str:
    if rdtype == DNSKEY and (key := read_dnskey(rdata)) is not None:
        return f"key {key.tag}/{key.algorithm}, flags {key.flags}"
    if rdtype == DS and (ds := read_ds(rdata)) is not None:
        return f"{links_of.ds_text(ds)} {ds.digest.hex()[:16]}…"
    return shortened(rdata_text(rdtype, rdata), _SHOWN)


def mixtures(
    old: Source,
    new: Source,
    before: Outcome[object],
    after: Outcome[object],
    judge: Callable[[Source], Outcome[object]],
) -> list[Mixture]:
    """The verdicts on what a cache may hold after the change: one old part, everything else new.

    Args:
        old, new: the two states.
        before, after: the verdicts on them.
        judge: judges the same question from a source, at the time of `after`.
    """
    found = []
    for link in links_of.chain(before):
        for rdtype in (DS, DNSKEY):
            rrset = _rrset(link, rdtype)
            part = Question(link.zone, rdtype)
            if rrset is not None and rrset.rdata != _now(after, part):
                found.append(_mixture(old, new, part, rrset.ttl, judge))
    answer = _answer(before)
    if answer is not None and answer != _answer(after):
        found.append(_mixture(old, new, Question(answer.owner, answer.rdtype), answer.ttl, judge))
    return found


def _now(after: Outcome[object], part: Question) -> tuple[bytes, ...]:
    link = next((link for link in links_of.chain(after) if link.zone == part.name), None)
    rrset = _rrset(link, part.rdtype)
    return rrset.rdata if rrset is not None else ()


def _mixture(old: Source, new: Source, part: Question, ttl: int, judge: Callable[[Source], Outcome[object]]) -> Mixture:
    return Mixture(str(part), ttl, judge(Layered(old, new, lambda question: question == part)))
