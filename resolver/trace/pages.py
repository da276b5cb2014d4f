"""The pages about findings: as text for a terminal, and as Markdown for docs/findings/."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolver.trace.page import FAINT, STRONG, Page

if TYPE_CHECKING:
    from resolver.trace.catalogue import Page as Entry

ROLES = {
    "zone-operator": "the zone's operator",
    "parent-operator": "the parent's operator, through the registrar",
    "server-operator": "the operator of the server",
    "local-clock": "you: this machine's clock",
    "local-anchors": "you: this machine's trust anchors",
    "upstream": "the operator of the forwarder, or you by asking another",
    "caller": "you: the question",
    "nobody": "nobody",
}


def text(entry: Entry, *, color: bool, ascii_only: bool, width: int) -> str:
    """The page of a finding for a terminal."""
    shown = Page(color=color, ascii_only=ascii_only, width=width)
    shown.line((f"{entry.code}:", STRONG), entry.title)
    if entry.meaning:
        shown.line(entry.meaning, indent=2, hang=0)
    for title, said in _facts(entry):
        shown.line((f"{title}:", STRONG), said, indent=2)
    return shown.text()


def markdown(entry: Entry, example: str | None) -> str:
    """The page of a finding for docs/findings/; `example` is what a damaged world prints."""
    lines = [f"# {entry.code}", "", f"> {entry.title}", "", entry.meaning, "", "| | |", "|---|---|"]
    lines += [f"| {title} | {said.replace('|', chr(92) + '|')} |" for title, said in _facts(entry)]
    if example is not None:
        lines += ["", "## Example", "", "```", example.rstrip(), "```"]
    return "\n".join(lines) + "\n"


def _facts(entry: Entry) -> list[tuple[str, str]]:
    extended = str(entry.entry.ede) if entry.entry.ede is not None else "none fits"
    facts = [
        ("severity", entry.entry.severity),
        ("who mends it", ROLES[entry.entry.who]),
        ("how", entry.fix),
        ("RFC", entry.entry.rfc),
        ("extended error (RFC 8914)", extended),
        ("unbound, BIND", entry.peers),
    ]
    return [(title, said) for title, said in facts if said]


def listing(entries: list[Entry], *, color: bool, ascii_only: bool, width: int) -> str:
    """All codes with their sentences, one a line."""
    shown = Page(color=color, ascii_only=ascii_only, width=width)
    for entry in entries:
        shown.line((entry.code, STRONG), (entry.title, FAINT))
    return shown.text()
