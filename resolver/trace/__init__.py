"""A verdict and its proof for people (`text`, `svg`, `html`) and for programs (`json`).

Both read the outcome and nothing else: no clock, no network, and nothing is judged again. Whatever a server said is
shown as text and never reaches a terminal as a control character.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from resolver.trace.document import Json
    from resolver.validator.outcome import Outcome

SCHEMA = "dnssec-trace/1"  # frozen: members are added, never removed or changed; schema.json describes them

__all__ = ["SCHEMA", "explain", "html", "json", "svg", "text"]


def text(
    outcome: Outcome[object],
    *,
    color: bool = False,
    ascii: bool = False,  # noqa: A002 - the published name
    width: int = 80,
    verbose: int = 0,
) -> str:
    """The trace of a verdict: first line the verdict and its cause, then the chain from the root down.

    Args:
        outcome: any verdict.
        color: whether ANSI colours are used; the shapes say the same without them.
        ascii: whether only ASCII characters are used.
        width: columns, beyond which a line goes on in the next one; 0: never.
        verbose: 0, or 1 for folded consequences, names that are no cut, full times and all records, or 2 for the
            replies too.

    Returns:
        Lines, the last one with its newline.
    """
    from resolver.trace import terminal

    return terminal.render(outcome, color=color, ascii_only=ascii, width=width, verbose=verbose)


def json(outcome: Outcome[object]) -> dict[str, Json]:
    """The same as one JSON object (docs/trace.md describes it); times are RFC 3339."""
    from resolver.trace import document

    return document.render(outcome)


def svg(outcome: Outcome[object]) -> str:
    """The chain of a verdict as a picture: one column a zone from the root down, as an SVG document.

    It needs nothing beside it, follows the reader's light or dark colours, and the same outcome gives the same octets.
    """
    from resolver.trace.picture import drawing

    return drawing.svg(outcome)


def html(outcome: Outcome[object]) -> str:
    """The picture as one HTML page with the trace as text and JSON, and a slider for the time.

    It requests nothing from anywhere. The slider shows when which signature of this evidence begins and ends.
    """
    from resolver.trace.picture import page

    return page.html(outcome)


def explain(code: str) -> str:
    """The page of a finding: what it means, who mends it and how, its RFC section and its extended error (RFC 8914).

    Args:
        code: of a `Finding`, such as "NO_SEP"; also those of DANE.

    Raises:
        BadInput: there is no such code.
    """
    from resolver.dane.findings import DANE_CATALOGUE
    from resolver.trace import catalogue, pages

    return pages.text(catalogue.page(code, DANE_CATALOGUE), color=False, ascii_only=False, width=0)
