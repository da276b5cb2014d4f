"""`dnssec-trace audit ZONEFILE...`: whole zones, each problem as it is found, then how many there were."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from typing import TYPE_CHECKING

from resolver.cli import codes, output
from resolver.cli.arguments import PROGRAM, Parser, moment, zone_file

if TYPE_CHECKING:
    from resolver.data.name import Name
    from resolver.sources.zone import Zone
    from resolver.trace.auditing.problems import Problem
    from resolver.trace.auditing.run import Audit
    from resolver.trace.document import Json

SHOWN = 8  # problems of one code in text; all with -v, and in --json and --sarif
PROGRESS_EVERY = 2000  # problems or RRsets between two signs of life on a terminal


class Given(argparse.Namespace):
    """What was given."""

    files: list[str]
    at: float | None
    json: bool
    sarif: bool
    verbose: int
    no_color: bool
    ascii: bool


def run(words: list[str]) -> int:
    """Audit all zones; 30 if there is an error, 40 if only warnings, else 0.

    Raises:
        BadSnapshot: a file that is no zone.
    """
    import time

    given = _parser().parse_args(words, Given())
    now = time.time() if given.at is None else given.at
    zones = [_read(text) for text in given.files]
    parents = {zone.origin: zone for zone in zones}
    worst = codes.GOOD
    results: list[tuple[Audit, list[Problem]]] = []
    for zone in zones:
        audit = _audit(zone, now, next((parents[up] for up in _above(zone) if up in parents), None))
        found: list[Problem] = []
        look = output.look_of(given)
        shown: Counter[str] = Counter()
        for each in audit.problems():
            found.append(each)
            shown[each.code] += 1
            if not given.json and not given.sarif and (given.verbose or shown[each.code] <= SHOWN):
                output.write(_line(each, look))
            if sys.stderr is not None and sys.stderr.isatty() and len(found) % PROGRESS_EVERY == 0:
                print(f"{zone.origin} {audit.rrsets} RRsets, {len(found)} problems", file=sys.stderr)
        results.append((audit, found))
        worst = max(worst, _code(found))
        if not given.json and not given.sarif:
            output.write(_summary(audit, found, shown, given, look, now))
    if given.json or given.sarif:
        import json

        made: Json = _sarif(results) if given.sarif else [_object(audit, found, now) for audit, found in results]
        output.write(json.dumps(made, indent=2).replace("\x7f", "\\u007f") + "\n")
    return worst


def _parser() -> Parser:
    made = Parser(
        prog=f"{PROGRAM} audit",
        description="Check whole zones: every signature, the denial chain, DS and CDS, ZONEMD. Of several files, one that "
        "is another's parent gives its DS. Exit code 0, 40 (warnings) or 30 (errors).",
    )
    made.add_argument("files", nargs="+", metavar="[ORIGIN=]ZONEFILE")
    made.add_argument("--at", type=moment, metavar="TIME", help="check as of this time")
    made.add_argument("--json", action="store_true", help="one JSON array with an object a zone")
    made.add_argument("--sarif", action="store_true", help="SARIF 2.1.0")
    made.add_argument("-v", dest="verbose", action="count", default=0, help="all problems of one kind")
    made.add_argument("--no-color", action="store_true", help="no colours")
    made.add_argument("--ascii", action="store_true", help="ASCII only")
    return made


def _read(text: str) -> Zone:
    from resolver.data.files import read_text
    from resolver.data.name import to_name
    from resolver.sources.zone import Zone as Read

    given = zone_file(text)
    origin, path = given if isinstance(given, tuple) else (None, given)
    return Read(read_text(path), origin=to_name(origin) if origin is not None else None, path=str(path))


def _above(zone: Zone) -> list[Name]:
    """The names strictly above a zone, the nearest first."""
    name, found = zone.origin, []
    while not name.is_root:
        name = name.parent()
        found.append(name)
    return found


def _audit(zone: Zone, now: float, parent: Zone | None) -> Audit:
    from resolver.trace.auditing.run import Audit as Made
    from resolver.validator.anchors import Anchors
    from resolver.validator.policy import Policy

    return Made(zone, now=now, anchors=Anchors.iana(), policy=Policy.permissive(), parent=parent)


def _code(found: list[Problem]) -> int:
    severities = {each.severity for each in found}
    return codes.BOGUS if "error" in severities else codes.ENDS_SOON if "warning" in severities else codes.GOOD


def _line(each: Problem, look: output.Look) -> str:
    from resolver.trace.page import BAD, DASH, FAINT, NO, OPEN, UNSIGNED, Page

    marks = {"error": (NO, BAD), "warning": (UNSIGNED, OPEN), "note": (DASH, FAINT)}
    page = Page(color=look.color, ascii_only=look.ascii_only, width=look.width)
    page.line(marks[each.severity], f"{each.at}: {each.text}", (f"({each.code}, {each.rfc})", FAINT), indent=2)
    return page.text()


def _summary(
    audit: Audit, found: list[Problem], shown: Counter[str], given: Given, look: output.Look, now: float
) -> str:
    from resolver.trace.moments import until
    from resolver.trace.page import BAD, FAINT, GOOD, NO, OPEN, UNSIGNED, YES, Page

    page = Page(color=look.color, ascii_only=look.ascii_only, width=look.width)
    folded = {code: count - SHOWN for code, count in shown.items() if count > SHOWN}
    if folded and not given.verbose:
        page.line((f"and {', '.join(f'{count} more {code}' for code, count in folded.items())} (-v)", FAINT), indent=2)
    counts = Counter(each.severity for each in found)
    words = ", ".join(f"{counts[word]} {word}{'s' if counts[word] > 1 else ''}" for word in counts) or "nothing wrong"
    mark = (NO, BAD) if counts["error"] else (UNSIGNED, OPEN) if counts["warning"] else (YES, GOOD)
    looked = f"{audit.names} names, {audit.rrsets} signed RRsets, {audit.signatures} signatures"
    page.line(mark, f"{audit.zone.origin} {words} · {looked}")
    if audit.first_end is not None:
        page.line(f"next break: {until(audit.first_end[0], now)}: {audit.first_end[1]}", indent=2)
    return page.text()


def _object(audit: Audit, found: list[Problem], now: float) -> dict[str, Json]:
    from resolver.data.moment import time_text

    end = audit.first_end
    return {
        "schema": "dnssec-audit/1",
        "zone": str(audit.zone.origin),
        "now": time_text(now),
        "names": audit.names,
        "rrsets": audit.rrsets,
        "signatures": audit.signatures,
        "next_break": {"at": time_text(end[0]), "what": end[1]} if end is not None else None,
        "problems": [dict(each._asdict()) for each in found],
    }


def _sarif(results: list[tuple[Audit, list[Problem]]]) -> dict[str, Json]:
    from resolver.cli.version import installed
    from resolver.trace.page import clean
    from resolver.trace.reports import SARIF_SCHEMA

    every = [each for _, found in results for each in found]
    rules: list[Json] = [{"id": code} for code in sorted({each.code for each in every})]
    driver: dict[str, Json] = {"name": "dnssec-trace", "version": installed("dnssec-resolver"), "rules": rules}
    made: list[Json] = [
        {
            "ruleId": each.code,
            "level": each.severity,
            "message": {"text": clean(f"{each.at}: {each.text} ({each.rfc})")},
            "locations": [{"logicalLocations": [{"fullyQualifiedName": clean(each.at), "kind": "resource"}]}],
        }
        for each in every
    ]
    return {"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": made}]}
