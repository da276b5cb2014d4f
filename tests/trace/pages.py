"""docs/findings/: one page for each finding of the catalogue; `python -m tests.trace.pages` writes them anew."""

from __future__ import annotations

from pathlib import Path

from resolver.trace import catalogue, pages
from resolver.validator.findings import CATALOGUE
from tests.trace import gallery

FOLDER = Path(__file__).parents[2] / "docs" / "findings"


def example_of(code: str) -> str | None:
    """What the first world of the gallery prints whose verdict this code decides, or is noted with."""
    for name in gallery.CASES:
        outcome = gallery.outcome_of(name)
        if name.startswith("hostile"):
            continue
        if outcome.cause is not None and outcome.cause.code == code:
            return gallery.as_text(name)
    for name in gallery.CASES:
        if any(note.code == code for note in gallery.outcome_of(name).notes):
            return gallery.as_text(name)
    return None


def contents() -> dict[str, str]:
    """Every file of the folder by name."""
    found = {f"{code}.md": pages.markdown(catalogue.page(code), example_of(code)) for code in catalogue.codes()}
    lines = ["# Findings", "", "What `dnssec-trace` can say, one page a code; `dnssec-trace explain CODE` prints it."]
    lines += ["Written by `python -m tests.trace.pages` from `resolver/trace/catalogue.py`.", ""]
    lines += ["| code | what it says | EDE | RFC |", "|---|---|---|---|"]
    for code, entry in CATALOGUE.items():
        ede = "" if entry.ede is None else entry.ede
        lines.append(f"| [{code}]({code}.md) | {catalogue.page(code).title} | {ede} | {entry.rfc} |")
    return {"README.md": "\n".join(lines) + "\n", **found}


def write() -> None:
    """Write the folder."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = contents()
    for path in FOLDER.iterdir():
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
