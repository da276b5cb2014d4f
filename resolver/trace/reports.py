"""The verdicts in the formats of other programs: SARIF and JUnit for CI systems, one line for Nagios and its like.

What a server said is text in all of them: control characters are escaped before anything is written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolver.data.types import type_text
from resolver.trace import explanation
from resolver.trace.forecast import SOON
from resolver.trace.moments import relative
from resolver.trace.page import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from resolver.trace.document import Json
    from resolver.validator.findings import Finding
    from resolver.validator.outcome import Outcome

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {"error": "error", "warning": "warning", "note": "note"}
NAGIOS_OK, NAGIOS_WARNING, NAGIOS_CRITICAL, NAGIOS_UNKNOWN = 0, 1, 2, 3  # Monitoring Plugins Development Guidelines
_NAGIOS_WORDS = ("OK", "WARNING", "CRITICAL", "UNKNOWN")


def sarif(outcomes: Sequence[Outcome[object]], version: str) -> dict[str, Json]:
    """SARIF 2.1.0: one result for each cause and each note, with rules from the catalogue."""
    results: list[Json] = []
    rules: dict[str, Json] = {}
    for outcome in outcomes:
        found = [(outcome.cause, True)] if outcome.cause is not None else []
        for finding, decides in (*found, *((note, False) for note in outcome.notes)):
            rules.setdefault(finding.code, _rule(finding))
            results.append(_result(outcome, finding, decides))
    driver: dict[str, Json] = {
        "name": "dnssec-trace",
        "version": version,
        "rules": [rules[code] for code in sorted(rules)],
    }
    run: dict[str, Json] = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(finding: Finding) -> Json:
    from resolver.trace import catalogue
    from resolver.validator.findings import CATALOGUE

    if finding.code not in CATALOGUE:  # a layer above has facts of its own
        return {"id": finding.code, "shortDescription": {"text": clean(finding.text)}}
    page = catalogue.page(finding.code)
    return {"id": finding.code, "shortDescription": {"text": page.title}, "fullDescription": {"text": page.meaning}}


def _result(outcome: Outcome[object], finding: Finding, decides: bool) -> Json:
    level = _LEVELS[finding.severity]
    if decides and outcome.status in ("bogus", "indeterminate"):
        level = "error"
    fix = explanation.fix(outcome) if decides else None
    text = f"{outcome.question.name} {type_text(outcome.question.rdtype)} is {outcome.status}: {finding.text}"
    place: dict[str, Json] = {"fullyQualifiedName": clean(finding.at), "kind": "resource"}
    return {
        "ruleId": finding.code,
        "level": level,
        "message": {"text": clean(text + (f". Fix: {fix}" if fix else ""))},
        "locations": [{"logicalLocations": [place]}],
    }


def junit(outcomes: Sequence[Outcome[object]], wanted: str | None) -> str:
    """JUnit XML: a test for each question, which fails where the verdict is bogus, or not the wanted one."""
    from xml.sax.saxutils import quoteattr

    lines, failures, errors = [], 0, 0
    for outcome in outcomes:
        name = f"{outcome.question.name} {type_text(outcome.question.rdtype)}"
        head = f"  <testcase classname={quoteattr('dnssec-trace')} name={quoteattr(clean(name))}"
        fails = outcome.status != wanted if wanted is not None else outcome.status == "bogus"
        unknown = outcome.status == "indeterminate" and wanted is None
        if not (fails or unknown):
            lines.append(f"{head}/>")
            continue
        failures, errors = failures + fails, errors + unknown
        element = "failure" if fails else "error"
        cause, fix = outcome.cause, explanation.fix(outcome)
        kind = cause.code if cause is not None else outcome.status.upper()
        said = f"{outcome.status}: {cause.text} at {cause.at}" if cause is not None else outcome.status
        message = clean(said + (f"; fix: {fix}" if fix else ""))
        lines.append(f"{head}><{element} type={quoteattr(kind)} message={quoteattr(message)}/></testcase>")
    counts = f'tests="{len(outcomes)}" failures="{failures}" errors="{errors}"'
    begin = f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuite name="dnssec-trace" {counts}>\n'
    return begin + "".join(line + "\n" for line in lines) + "</testsuite>\n"


def nagios(outcomes: Sequence[Outcome[object]], wanted: str | None, warn: float | None) -> tuple[str, int]:
    """One line, and the exit code: the first verdict, which is the worst, decides.

    Args:
        outcomes: the verdicts, the worst first.
        wanted: the verdict that is right; None: secure or absent.
        warn: seconds; less than that until the evidence ends is a warning. None: three days.
    """
    outcome = outcomes[0]
    code = _nagios_code(outcome, wanted, SOON if warn is None else warn)
    name = f"{outcome.question.name} {type_text(outcome.question.rdtype)}"
    until = getattr(outcome, "valid_until", None)
    said = f"{outcome.status}"
    if outcome.cause is not None:
        said += f": {outcome.cause.text} at {outcome.cause.at} ({outcome.cause.code})"
    if wanted is not None and outcome.status != wanted:
        said += f", expected {wanted}"
    data = ""
    if until is not None:
        said += f", good for {relative(until, outcome.judged_at).removeprefix('in ')}"
        data = f" | seconds_left={max(0, int(until - outcome.judged_at))}s"
    line = clean(f"DNSSEC {_NAGIOS_WORDS[code]} - {name} {said}".replace("|", "/"))
    return line + data + "\n", code


def _nagios_code(outcome: Outcome[object], wanted: str | None, warn: float) -> int:
    if wanted is not None and outcome.status != wanted:
        return NAGIOS_UNKNOWN if outcome.status == "indeterminate" else NAGIOS_CRITICAL
    if outcome.status == "bogus":
        return NAGIOS_OK if wanted == "bogus" else NAGIOS_CRITICAL
    if outcome.status == "indeterminate":
        return NAGIOS_UNKNOWN
    if outcome.status == "insecure":
        return NAGIOS_OK if wanted == "insecure" else NAGIOS_WARNING
    until = getattr(outcome, "valid_until", None)
    return NAGIOS_WARNING if until is not None and until - outcome.judged_at < warn else NAGIOS_OK


def metrics(outcomes: Sequence[Outcome[object]]) -> str:
    """The text format of Prometheus: whether each verdict is good, what it is, and how long the evidence holds."""
    lines = ["# HELP dnssec_verdict 1 for the verdict of each question.", "# TYPE dnssec_verdict gauge"]
    for outcome in outcomes:
        labels = f'{_labels(outcome)},verdict="{outcome.status}"'
        lines.append(f"dnssec_verdict{{{labels}}} 1")
    lines += ["# HELP dnssec_valid_until_seconds When the evidence ends, POSIX seconds."]
    lines += ["# TYPE dnssec_valid_until_seconds gauge"]
    for outcome in outcomes:
        until = getattr(outcome, "valid_until", None)
        if until is not None:
            lines.append(f"dnssec_valid_until_seconds{{{_labels(outcome)}}} {until}")
    lines += ["# HELP dnssec_judged_at_seconds When it was judged, POSIX seconds."]
    lines += ["# TYPE dnssec_judged_at_seconds gauge"]
    lines += [f"dnssec_judged_at_seconds{{{_labels(outcome)}}} {int(outcome.judged_at)}" for outcome in outcomes]
    return "\n".join(lines) + "\n"


def _labels(outcome: Outcome[object]) -> str:
    def quoted(text: str) -> str:
        return clean(text).replace("\\", "\\\\").replace('"', '\\"')

    return f'name="{quoted(str(outcome.question.name))}",type="{type_text(outcome.question.rdtype)}"'
