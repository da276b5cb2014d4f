"""An audit for people (`text`), for programs (`json`), and for code scanning services (`sarif`, SARIF 2.1.0)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from resolver.data.moment import time_text
from resolver.survey.audit import Audit
from resolver.survey.findings import CATALOGUE, Fault
from resolver.trace.moments import until
from resolver.trace.page import BAD, DOT, FAINT, GOOD, NO, OPEN, STRONG, UNSIGNED, YES, Chunk, Page, clean
from resolver.validator.findings import ERROR, NOTE, WARNING

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

SCHEMA = "dnssec-audit/1"
SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
MOST = 5  # findings of one code that are shown; all with -v

_TITLES = {"sound": (f"{YES} SOUND", GOOD), "weak": (f"{UNSIGNED} WEAK", OPEN), "broken": (f"{NO} BROKEN", BAD)}
_ORDER = {ERROR: 0, WARNING: 1, NOTE: 2}
_MARKS = {ERROR: (NO, BAD), WARNING: (UNSIGNED, OPEN), NOTE: (DOT, FAINT)}


def text(audit: Audit, *, color: bool, ascii_only: bool, width: int, verbose: int = 0, quiet: bool = False) -> str:
    """The audit as lines: the first one says it all, errors come before warnings.

    Args:
        audit: what was found.
        color, ascii_only, width: as for `resolver.trace.text`.
        verbose: 1 shows every finding, not just the first few of a kind.
        quiet: the first line alone.
    """
    page = Page(color=color, ascii_only=ascii_only, width=0 if quiet else width)
    page.line(*_headline(audit))
    if quiet:
        return page.text()
    for code, found in _grouped(audit.faults).items():
        shown = found if verbose else found[:MOST]
        for each in shown:
            page.line(
                _MARKS[each.severity], (each.at, STRONG), each.text, (f"{DOT} {code} {DOT} {each.rfc}", FAINT), indent=2
            )
        if len(found) > len(shown):
            page.line((f"and {len(found) - len(shown)} more {code} (-v shows them)", FAINT), indent=4)
    counted = f"{audit.names} names, {audit.rrsets} RRsets, {audit.held} of {audit.checked} signatures hold"
    page.line((f"{counted}; as of {time_text(audit.now)}", FAINT), indent=2)
    return page.text()


def _headline(audit: Audit) -> list[Chunk]:
    words, style = _TITLES[audit.verdict]
    serial = f" serial {audit.serial}" if audit.serial is not None else ""
    counts = [
        f"{audit.count(kind)} {kind}{'' if audit.count(kind) == 1 else 's'}"
        for kind in (ERROR, WARNING)
        if audit.count(kind)
    ]
    line: list[Chunk] = [(words, style), (f"{audit.zone}{serial}:", STRONG), ", ".join(counts) or "nothing is wrong"]
    worst = next(iter(_grouped(audit.faults).values()), None)
    if worst is not None and worst[0].severity != NOTE:
        line += [(DOT, FAINT), f"{worst[0].at}: {worst[0].text}"]
    if not audit.signed:
        return [*line, (DOT, FAINT), "not signed"]
    if audit.first_to_end is not None:
        line += [(DOT, FAINT), f"first to end {until(audit.first_to_end.until, audit.now)}: {audit.first_to_end.what}"]
    return line


def _grouped(faults: Sequence[Fault]) -> dict[str, list[Fault]]:
    """The findings by code, the gravest code first."""
    found: dict[str, list[Fault]] = {}
    for each in sorted(faults, key=lambda each: (_ORDER[each.severity], -each.rank)):
        found.setdefault(each.code, []).append(each)
    return found


def json(audit: Audit) -> dict[str, Json]:
    """The audit as one JSON object; times are RFC 3339."""
    first = audit.first_to_end
    return {
        "schema": SCHEMA,
        "zone": str(audit.zone),
        "path": audit.path,
        "serial": audit.serial,
        "now": time_text(audit.now),
        "verdict": audit.verdict,
        "signed": audit.signed,
        "errors": audit.count(ERROR),
        "warnings": audit.count(WARNING),
        "notes": audit.count(NOTE),
        "names": audit.names,
        "rrsets": audit.rrsets,
        "signatures": {"checked": audit.checked, "held": audit.held},
        "first_to_end": {"at": time_text(first.until), "what": str(first.what)} if first is not None else None,
        "findings": [
            {
                "code": each.code,
                "severity": each.severity,
                "at": each.at,
                "text": each.text,
                "rfc": each.rfc,
                "ede": each.ede,
                "who": each.who,
                "details": {key: _plain(value) for key, value in each.details.items()},
            }
            for found in _grouped(audit.faults).values()
            for each in found
        ],
    }


def _plain(value: object) -> Json:
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def sarif(audits: Sequence[Audit]) -> dict[str, Json]:
    """Audits as one SARIF log, one result a finding; notes are results of level "note"."""
    codes = sorted({each.code for audit in audits for each in audit.faults})
    rules: list[Json] = [
        {
            "id": code,
            "shortDescription": {"text": CATALOGUE[code].text},
            "help": {"text": f"{CATALOGUE[code].rfc}; who can mend it: {CATALOGUE[code].who}"},
            "defaultConfiguration": {"level": CATALOGUE[code].severity},
        }
        for code in codes
    ]
    results: list[Json] = [
        {
            "ruleId": each.code,
            "ruleIndex": codes.index(each.code),
            "level": each.severity,
            "message": {"text": clean(f"{each.at}: {each.text} ({each.rfc})")},
            "locations": [
                {
                    "physicalLocation": {"artifactLocation": {"uri": _uri(audit.path)}},
                    "logicalLocations": [{"fullyQualifiedName": clean(each.at), "kind": "resource"}],
                }
            ],
        }
        for audit in audits
        for each in audit.faults
    ]
    driver: dict[str, Json] = {"name": "dnssec-trace audit", "rules": rules}
    return {"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]}


def _uri(path: str) -> str:
    from urllib.parse import quote

    return quote(path.replace("\\", "/"))
