"""The trace as text: verdict and cause, who must do what, the chain from the root down, the answer or its denial.

One cause; its consequences are folded into a number, and `verbose` unfolds them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolver.data.moment import time_text
from resolver.data.rrset import RRset
from resolver.data.types import type_text
from resolver.trace import chain as links_of
from resolver.trace import explanation, forecast, remedy
from resolver.trace.moments import until
from resolver.trace.page import (
    ARROW,
    BAD,
    DASH,
    FAINT,
    GOOD,
    NO,
    NOTHING,
    OPEN,
    STRONG,
    UNKNOWN,
    UNSIGNED,
    YES,
    Chunk,
    Page,
    joined,
)
from resolver.trace.records import answer_lines, denial_lines, record_text, shortened
from resolver.trace.zones import zone_lines
from resolver.validator.limits import NSEC3_BLOCKS, Limits
from resolver.validator.outcome import Absent, Bogus, Indeterminate, Insecure, Outcome, Secure

if TYPE_CHECKING:
    from resolver.validator.findings import Finding

TITLES: dict[str, tuple[str, str]] = {
    "secure": (f"{YES} SECURE", GOOD),
    "absent": (f"{YES} ABSENT", GOOD),
    "insecure": (f"{UNSIGNED} INSECURE", OPEN),
    "bogus": (f"{NO} BOGUS", BAD),
    "indeterminate": (f"{NOTHING} NO VERDICT", UNKNOWN),
}
_NAME_COLUMNS = 32  # to which the zones' names are filled up; longer ones take more
_CONSEQUENCES_SHOWN = 32  # with -v; the rest is a number


def render(outcome: Outcome[object], *, color: bool, ascii_only: bool, width: int, verbose: int) -> str:
    """See `resolver.trace.text`."""
    page = Page(color=color, ascii_only=ascii_only, width=width)
    page.line(*_headline(outcome, verbose))
    mend = explanation.fix(outcome)
    if mend is not None:
        page.line(("hint:" if isinstance(outcome, Insecure) else "fix:", STRONG), mend, indent=2)
    for step in remedy.remedies(outcome):
        page.whole(f"{step.action} in {step.where}:", step.record, indent=2)
    zones = zone_lines(outcome, verbose)
    column = min(max((len(zone.name) for zone in zones), default=0), _NAME_COLUMNS)
    for zone in zones:
        page.line(*zone.chunks, indent=2, hang=6, lead=zone.name, lead_width=column)
    _aliases(page, outcome)
    for line in answer_lines(outcome, verbose):
        page.line(*line, indent=4)
    for line in denial_lines(outcome):
        page.line(*line, indent=4)
    if isinstance(outcome, Bogus):
        from resolver.trace import refused_denial

        for line in refused_denial.lines(outcome):
            page.line(*line, indent=4)
    _consequences(page, outcome, verbose)
    for note in outcome.notes:
        page.line((f"{note.severity}:", STRONG), *_sentence(note), indent=2)
    _next_break(page, outcome, verbose)
    page.line((_work(outcome), FAINT), indent=2)
    if verbose > 1:
        from resolver.trace import packets

        packets.write(page, outcome)
    return page.text()


def headline(outcome: Outcome[object], *, color: bool, ascii_only: bool) -> str:
    """The first line alone, in one line, without its newline."""
    page = Page(color=color, ascii_only=ascii_only, width=0)
    page.line(*_headline(outcome, 0))
    return page.lines[0]


def headline_chunks(outcome: Outcome[object]) -> list[Chunk]:
    """The first line as styled text, for a page of several verdicts."""
    return _headline(outcome, 0)


def _headline(outcome: Outcome[object], verbose: int) -> list[Chunk]:
    title, style = TITLES[outcome.status]
    asked: Chunk = (f"{outcome.question.name} {type_text(outcome.question.rdtype)}", STRONG)
    full = bool(verbose)
    parts: list[list[Chunk]] = []
    match outcome:
        case Secure():
            asked = (f"{asked[0]}:", STRONG)
            parts = [[asked, _value(outcome.value)], [_good_until(outcome, full)]]
        case Absent():
            words = "no such name" if outcome.kind == "NXDOMAIN" else "the name has no such record"
            compact = ", denied compactly (RFC 9824)" if outcome.compact else ""
            parts = [
                [(f"{asked[0]}:", STRONG), f"{outcome.kind}, proven: {words}{compact}"],
                [_good_until(outcome, full)],
            ]
        case Insecure() | Bogus() | Indeterminate():
            cause = outcome.cause
            why = explanation.because(outcome)
            said = f"{cause.text}: {why}" if why is not None else cause.text
            parts = [[(f"{asked[0]}:", STRONG), said], _place(outcome, cause), _codes(cause)]
            if isinstance(outcome, Insecure) and outcome.policy:
                parts.append(["insecure only by our policy"])
            if isinstance(outcome, Indeterminate) and outcome.enclosing is not None:
                cut = outcome.enclosing
                parts.insert(1, [f"the name lies below {cut.cut}, proven to be insecure ({cut.reason})"])
    return [(title, style), *joined(parts)]


def _value(value: object) -> str:
    """The first record of what is proven, and how many more there are."""
    if isinstance(value, RRset):
        texts = [record_text(value.rdtype, rdata, 48) for rdata in value.rdata[:1]]
        more = len(value.rdata) - 1
    else:  # a TlsaSet
        records: tuple[object, ...] = getattr(value, "records", (value,))
        texts, more = [shortened(str(records[0]), 48)], len(records) - 1
    return texts[0] + (f" and {more} more" if more else "")


def _good_until(outcome: Secure[object] | Absent, full: bool) -> str:
    first = links_of.first_to_end(outcome)
    which = f"; first to end: {first.rrset.owner} {type_text(first.rrset.rdtype)}" if first is not None else ""
    return f"good until {until(outcome.valid_until, outcome.judged_at, full=full)}{which}"


def _place(outcome: Outcome[object], cause: Finding) -> list[Chunk]:
    """Where the cause is, unless it is what was asked."""
    if not cause.at or cause.at == str(outcome.question):
        return []
    name, _, rdtype = cause.at.rpartition("/")
    return [f"at {name} ({rdtype})" if name else f"at {cause.at}"]


def _codes(cause: Finding) -> list[Chunk]:
    extended = f"EDE {cause.ede}, " if cause.ede is not None else ""
    return [(f"{extended}{cause.rfc}", FAINT)]


def _sentence(finding: Finding) -> list[Chunk]:
    return [f"{finding.text} at {finding.at}", (f"({finding.code}, {finding.rfc})", FAINT)]


def _aliases(page: Page, outcome: Outcome[object]) -> None:
    for alias in outcome.aliases:
        mark: Chunk = (YES, GOOD) if alias.security == "secure" else (UNSIGNED, OPEN)
        page.line(mark, f"{alias.owner} {alias.kind} {ARROW} {alias.target}", (alias.security, FAINT), indent=4)


def _consequences(page: Page, outcome: Outcome[object], verbose: int) -> None:
    found, more = links_of.refused(outcome)
    total = len(found) + more
    if not total:
        return
    if not verbose:
        page.line((f"+{total} {'consequence' if total == 1 else 'consequences'} (-v shows them)", FAINT), indent=2)
        return
    for finding in found[:_CONSEQUENCES_SHOWN]:
        page.line((DASH, FAINT), *_sentence(finding), indent=2)
    rest = total - min(len(found), _CONSEQUENCES_SHOWN)
    if rest:
        page.line((f"{DASH} and {rest} more", FAINT), indent=2)


def _next_break(page: Page, outcome: Outcome[object], verbose: int) -> None:
    """When the evidence ends, where the first line does not say so, or where that is near."""
    end = forecast.first_end(outcome)
    if end is None:
        return
    soon = forecast.is_soon(outcome)
    if soon or isinstance(outcome, Insecure):
        when = until(end.at, outcome.judged_at, full=bool(verbose))
        warning: Chunk = (f"{DASH} sooner than a signer that works lets it come to" if soon else "", OPEN)
        page.line(("next break:", STRONG), f"{when}: {end.what}", warning, indent=2)


def _work(outcome: Outcome[object]) -> str:
    work, limits = outcome.work, Limits()
    hashes = -(-work.nsec3_blocks // NSEC3_BLOCKS)
    failed = f" ({work.failures} failed)" if work.failures else ""
    return (
        f"judged at {time_text(outcome.judged_at)} · signature checks {work.verifications}/{limits.verifications}{failed}"
        f" · NSEC3 hashes {hashes}/{limits.nsec3_hashes} · questions {work.queries}/{limits.queries}"
    )
