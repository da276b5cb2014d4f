"""Everything that an outcome says, as a few lines to compare: verdict, times, aliases, findings, work and proof."""

from __future__ import annotations

from textwrap import dedent

from resolver.data.rrset import RRset
from resolver.data.types import type_text
from resolver.validator.findings import Finding
from resolver.validator.outcome import Absent, Indeterminate, Insecure, Outcome, Secure
from resolver.validator.proof import Proof
from tests.validator.judging import verdict


def told(outcome: Outcome[RRset], *, keys: bool = False) -> str:
    """What a reader of the outcome can see, without what is at its default.

    Args:
        outcome: any.
        keys: whether the steps of proven keys and DS have lines of their own. Else they are only named.
    """
    now = outcome.judged_at
    steps, known = _steps(outcome, keys)
    lines = [f"{outcome.question} {verdict(outcome)}"]
    for alias in outcome.aliases:
        by = known.get(id(alias.proof)) or _step(alias.proof)
        lines.append(f"alias {alias.owner} {alias.kind} {alias.target} {alias.security} by {by}")
    if outcome.canonical != outcome.question.name:
        lines.append(f"reached {outcome.canonical}")
    if isinstance(outcome, Secure):
        lines.append(f"value {_rrset(outcome.value)}" + (f" from {outcome.wildcard}" if outcome.wildcard else ""))
    if isinstance(outcome, Absent):
        assert outcome.compact is verdict(outcome).endswith("compact")
    if isinstance(outcome, Insecure):
        assert outcome.untrusted is None or not outcome.untrusted.rrsigs
        lines.append(f"untrusted {_rrset(outcome.untrusted)}" if outcome.untrusted else f"claimed {outcome.claimed}")
    if isinstance(outcome, Secure | Absent | Insecure):
        lines.append(f"dated {_day(outcome.valid_from, now)} to {_day(outcome.valid_until, now)}")
        lines.append(f"fresh for {outcome.fresh_until - now:.0f} s")
    else:
        assert outcome.retry_at is not None and outcome.proof.finding is outcome.finding
        lines.append(f"cause {_finding(outcome.finding)}")
        lines.append(f"retry in {outcome.retry_at - now:.0f} s")
    if isinstance(outcome, Indeterminate) and outcome.enclosing is not None:
        lines.append(f"enclosed by {known[id(outcome.enclosing.proof)]}")
    lines += [f"note {_finding(note)}" for note in outcome.notes]
    work = outcome.work
    counts = work.verifications, work.failures, work.nsec3_blocks, work.queries
    lines.append("spent {} checks, {} failed, {} hash blocks, {} questions".format(*counts))
    return "\n".join(lines + steps)


def says(text: str) -> str:
    """The expected lines, out of a test's own indentation."""
    return dedent(text).strip()


def _steps(outcome: Outcome[RRset], keys: bool) -> tuple[list[str], dict[int, str]]:
    """One line for each step, those that others rest on first, and how each is called by those that rest on it."""
    known: dict[int, str] = {}
    lines: list[str] = []
    for step in outcome.proof.walk():
        if not keys and step.step in ("keys", "ds"):
            known[id(step)] = f"{step.step} {step.subject.name}"
            continue
        known[id(step)] = f"({len(lines) + 1})"
        lines.append(f"({len(lines) + 1}) {_step(step)}" + _listed(" on", [known[id(low)] for low in step.rests_on]))
    return lines, known


def _step(step: Proof) -> str:
    words = f"{step.step} {step.subject}"
    if step.reason:
        words += f" {step.reason}"
    if step.zone is not None:
        words += f" in {step.zone}"
    words += _listed(" by", [_rrset(record.rrset) for record in step.evidence])
    words += _listed(" under anchors", [str(anchor.tag) for anchor in step.anchors])
    if step.message is not None:
        words += f" as told about {step.message.question}"
    if step.finding is not None:
        words += f" for {step.finding.code}"
    words += _listed(" refused", [f"{found.code} at {found.at}" for found in step.refused])
    return words + (f" and {step.refused_more} more" if step.refused_more else "")


def _listed(word: str, things: list[str]) -> str:
    return f"{word} {', '.join(things)}" if things else ""


def _rrset(rrset: RRset) -> str:
    return f"{rrset.owner}/{type_text(rrset.rdtype)}"


def _finding(found: Finding) -> str:
    return f"{found.code} at {found.at} for {found.who}: {found.text}"


def _day(moment: int, now: float) -> str:
    if moment in (0, 0xFFFFFFFF):
        return "always"
    return f"{(moment - now) / 86400:+.1f} d"
