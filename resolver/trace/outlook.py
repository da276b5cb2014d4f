"""The forecast and the suppositions as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolver.trace.forecast import Event, next_break
from resolver.trace.moments import until
from resolver.trace.page import ARROW, BAD, DASH, FAINT, GOOD, NO, OPEN, STRONG, UNKNOWN, YES, Chunk, Page
from resolver.trace.terminal import headline_chunks

if TYPE_CHECKING:
    from resolver.trace.suppositions import Replacement
    from resolver.validator.outcome import Outcome

_STYLES = {"secure": GOOD, "absent": GOOD, "insecure": OPEN, "bogus": BAD, "indeterminate": UNKNOWN}
_SHOWN = 12  # moments; all with -v


def forecast_text(
    outcome: Outcome[object], events: list[Event], *, color: bool, ascii_only: bool, width: int, verbose: int
) -> str:
    """The next break in one line, then the timeline: every moment, and the verdict from then on."""
    page = Page(color=color, ascii_only=ascii_only, width=width)
    now = outcome.judged_at
    first = next_break(events)
    if first is None:
        page.line(("next break:", STRONG), "none in this evidence", indent=2)
    else:
        page.line(
            ("next break:", STRONG),
            until(first.at, now, full=bool(verbose)),
            ARROW,
            *_verdict(first),
            f"{DASH} {first.what[0]}",
            *([f"and {len(first.what) - 1} more"] if len(first.what) > 1 else []),
            indent=2,
        )
    shown = events if verbose else events[:_SHOWN]
    for event in shown:
        mark: Chunk = (NO, BAD) if event.changes and event.verdict != "secure" else (DASH, FAINT)
        if event.changes and event.verdict in ("secure", "absent"):
            mark = (YES, GOOD)
        page.line(mark, until(event.at, now, full=bool(verbose)), *_verdict(event), indent=4)
        for what in event.what if verbose else event.what[:4]:
            page.line((what, FAINT), indent=8)
        if not verbose and len(event.what) > 4:
            page.line((f"and {len(event.what) - 4} more (-v shows them)", FAINT), indent=8)
    if len(events) > len(shown):
        page.line((f"and {len(events) - len(shown)} later moments (-v shows them)", FAINT), indent=4)
    page.line(("if nobody signs anew; signatures are usually renewed long before they end", FAINT), indent=2)
    return page.text()


def _verdict(event: Event) -> list[Chunk]:
    word = "no verdict" if event.verdict == "indeterminate" else event.verdict
    cause = f"({event.code}{f' at {event.where}' if event.where else ''})" if event.code else ""
    return [(word if event.changes else f"still {word}", _STYLES[event.verdict]), (cause, FAINT)]


def supposed_text(
    after: Outcome[object] | None, words: list[str], says: str, *, color: bool, ascii_only: bool, width: int
) -> str:
    """What the supposition changes, and the verdict that would be, unless the first says it all."""
    page = Page(color=color, ascii_only=ascii_only, width=width)
    page.line((f"what if, {' and '.join(words)}:", STRONG), says)
    if after is not None:
        page.line(*headline_chunks(after), indent=2)
    return page.text()


def published_text(before: Outcome[object], made: str, says: str, *, color: bool, ascii_only: bool, width: int) -> str:
    """What validators will say after publishing a new zone, given as text, between two lines on what they say now."""
    first = Page(color=color, ascii_only=ascii_only, width=width)
    first.line(("after publishing, validators will say", STRONG), f"({says}):")
    last = Page(color=color, ascii_only=ascii_only, width=width)
    last.line(("now they say:", STRONG), *headline_chunks(before), indent=2)
    return first.text() + made + last.text()


def replacement_text(found: Replacement, *, color: bool, ascii_only: bool, width: int) -> str:
    """What replacing the keys leads to, with the records to publish first."""
    page = Page(color=color, ascii_only=ascii_only, width=width)
    page.line(("what if, with the new keys:", STRONG), (YES, GOOD) if found.held else (NO, BAD), found.says)
    page.records(found.records)
    return page.text()
