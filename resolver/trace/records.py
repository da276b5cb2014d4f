"""The answer or the denial in a trace: the records, how each RRset was signed, and why there is nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolver.data.presentation import rdata_text
from resolver.data.rrset import Question, RRset
from resolver.data.types import NSEC, NSEC3, TLSA, type_text
from resolver.trace import chain as links_of
from resolver.trace.denial import Reading, readings
from resolver.trace.moments import span
from resolver.trace.page import BAD, ELLIPSIS, FAINT, GOOD, NO, OPEN, UNSIGNED, YES, Chunk
from resolver.validator import proof as steps_of
from resolver.validator.outcome import Absent, Bogus, Indeterminate, Insecure, Outcome, Secure

if TYPE_CHECKING:
    from resolver.validator.proof import Proof
    from resolver.validator.states import Verified

_RECORDS_SHOWN = 8  # of an RRset; all with -v
_RDATA_SHOWN = 72  # characters of RDATA; all with -v


def shortened(text: str, limit: int) -> str:
    """`text`, its end left out where it is longer than `limit` characters."""
    return text if len(text) <= limit else text[: limit - 1] + ELLIPSIS


def record_text(rdtype: int, rdata: bytes, limit: int | None) -> str:
    """One record's RDATA; long data are cut at `limit`, and of a TLSA record 16 digits show which one it is."""
    text = rdata_text(rdtype, rdata)
    if limit is None:
        return text
    return shortened(text, 22 if rdtype == TLSA and len(text) > 22 else limit)


def rrset_lines(rrset: RRset, verbose: int) -> list[str]:
    """An RRset as zone-file lines, the first few of them."""
    limit = None if verbose else _RDATA_SHOWN
    shown = rrset.rdata if verbose else rrset.rdata[:_RECORDS_SHOWN]
    lines = [
        f"{rrset.owner} {rrset.ttl} {type_text(rrset.rdtype)} {record_text(rrset.rdtype, rdata, limit)}"
        for rdata in shown
    ]
    more = len(rrset.rdata) - len(shown)
    return [*lines, f"and {more} more (-v shows them)"] if more else lines


def answer_lines(outcome: Outcome[object], verbose: int) -> list[list[Chunk]]:
    """The records of a verdict, each with its mark; what is not proven says so."""
    if isinstance(outcome, Secure):
        return _proven(outcome, verbose)
    if isinstance(outcome, Insecure) and outcome.untrusted is not None:
        held = " and not released by the TLSA API" if outcome.untrusted.rdtype == TLSA else ""
        lines: list[list[Chunk]] = [[(UNSIGNED, OPEN), line] for line in rrset_lines(outcome.untrusted, verbose)]
        return [*lines, [(f"unverified{held}: the server says so, nothing proves it", FAINT)]]
    if isinstance(outcome, Bogus | Indeterminate):
        return _refused(outcome, verbose)
    if isinstance(outcome, Insecure) and outcome.claimed is not None:
        return [[(UNSIGNED, OPEN), f"{outcome.claimed}:", ("the server says so, nothing proves it", FAINT)]]
    return []


def _proven(outcome: Secure[object], verbose: int) -> list[list[Chunk]]:
    value = outcome.value
    step = _deciding(outcome)
    if isinstance(value, RRset):
        lines = rrset_lines(value, verbose)
    else:  # a TlsaSet
        owner, ttl = getattr(value, "owner", outcome.canonical), getattr(value, "ttl", 0)
        lines = [
            f"{owner} {ttl} TLSA {record if verbose else shortened(str(record), 22)}{_unusable(record)}"
            for record in getattr(value, "records", ())
        ]
    found: list[list[Chunk]] = [[(YES, GOOD), line] for line in lines]
    signed = [held for held in step.evidence if held.rrset.rdtype not in (NSEC, NSEC3)]
    if signed:
        found.append([(_signature(signed[0], outcome.judged_at, verbose), FAINT)])
    if outcome.wildcard is not None:
        found.append([(f"expanded from the wildcard {outcome.wildcard}; no closer name exists:", FAINT)])
    return found


def _unusable(record: object) -> str:
    why = getattr(record, "unusable", None)
    return f" (unusable: {why})" if why else ""


def _signature(held: Verified, now: float, verbose: int) -> str:
    key = held.key
    return f"signed by {held.zone} {key.tag}/{key.algorithm}, {span(held.not_before, held.not_after, now, full=bool(verbose))}"


def _deciding(outcome: Outcome[object]) -> Proof:
    """The step that holds the answer or the denial itself: the proof, or the topmost such step below it."""
    wanted = (steps_of.ANSWER, steps_of.DENIAL)
    if outcome.proof.step in wanted:
        return outcome.proof
    return next((step for step in reversed(outcome.proof.walk()) if step.step in wanted), outcome.proof)


def _refused(outcome: Bogus | Indeterminate, verbose: int) -> list[list[Chunk]]:
    """What was served for the question and is not proven."""
    for step in reversed(links_of.all_steps(outcome)):
        served = step.message.find(outcome.canonical, outcome.question.rdtype) if step.message is not None else None
        if served is not None and step.step == steps_of.FAILURE:
            lines: list[list[Chunk]] = [[(NO, BAD), line] for line in rrset_lines(served, verbose)]
            count = len(served.rrsigs)
            signed = f"{count} {'signature' if count == 1 else 'signatures'}" if count else "no signature"
            return [*lines, [(f"refused: served with {signed}, proven by nothing", FAINT)]]
    return []


def denied(outcome: Outcome[object]) -> tuple[Proof, list[Reading]] | None:
    """The step that proves an absence, or that nothing is closer than a wildcard, and its records read."""
    if not isinstance(outcome, Absent | Secure):
        return None
    step = _deciding(outcome)
    name = outcome.canonical if step.subject.rdtype == outcome.question.rdtype else step.subject.name
    read = readings(Question(name, outcome.question.rdtype), step.evidence)
    return (step, read) if read else None


def denial_lines(outcome: Outcome[object]) -> list[list[Chunk]]:
    """Why there is nothing (else), one line for each NSEC or NSEC3 record."""
    found = denied(outcome)
    if found is None:
        return []
    lines: list[list[Chunk]] = []
    for reading in found[1]:
        says = "; ".join(reading.says) or "is part of the proof"
        lines.append([(YES, GOOD), f"{reading.shown} {says}"])
    return lines
