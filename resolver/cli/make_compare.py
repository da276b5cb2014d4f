"""`dane-make --match-zone`: what the published records make of each file, what is wrong with them, and what comes next.

The judging is `resolver.dane`'s; here the facts are brought together for text and JSON.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from resolver.dane.agility import ALL_USAGES, MAIL_USAGES, usable
from resolver.dane.detective import Clue, explain_all
from resolver.dane.findings import short
from resolver.dane.forecast import Forecast, will_match
from resolver.dane.linting import SMTP_PORT, fits, lint
from resolver.dane.making import roles
from resolver.dane.rollover import Plan, plan, renewal
from resolver.data.moment import time_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from resolver.cli.make_zone import Published
    from resolver.dane.lint_catalogue import LintFinding
    from resolver.dane.material import Part
    from resolver.dane.tlsa import Tlsa

WORDS = {"YES": "WILL_MATCH", "NO": "WILL_NOT_MATCH", "UNKNOWN": "UNKNOWN"}
SHOWN = 22  # characters of a record in text: parameters and enough of the data to find it


class File(NamedTuple):
    """One file of the command line: its name, its parts, and its octets."""

    path: str
    parts: tuple[Part, ...]
    octets: bytes


class Judged(NamedTuple):
    """One file against the published records."""

    path: str
    word: str
    forecast: Forecast

    @property
    def good(self) -> bool:
        """Whether the published records will do, for sure."""
        return self.forecast.answer == "YES"


class Row(NamedTuple):
    """One published record: its state over all files, and why."""

    record: Tlsa
    state: str
    why: str


class Comparison(NamedTuple):
    """Everything about one service."""

    published: Published
    files: tuple[Judged, ...]
    rows: tuple[Row, ...]
    findings: tuple[LintFinding, ...]
    clues: tuple[Clue, ...]
    plan: Plan | None


def compare(
    published: Published,
    files: Sequence[File],
    *,
    others: Sequence[File] = (),
    current: Sequence[Part] = (),
    roots: Sequence[bytes] | None,
    port: int | None,
    at: float,
    with_plan: bool = False,
) -> Comparison:
    """Judge every file.

    Args:
        published: what the zone says.
        files: what the server presents, or will present.
        others: what it does not present: older certificates, roots, those of other servers.
        current: with a plan, what it presents until then.
        roots: for usages 0 and 1, in DER.
        port: that of the service.
        at: now, POSIX seconds.
        with_plan: whether a roll-over to the only file is planned.
    """
    tlsa = published.tlsa
    usages = MAIL_USAGES if port == SMTP_PORT else ALL_USAGES
    known = [part for file in others for part in file.parts]
    judged = []
    for file in files:
        now = roles(current).issuers if current else [part for part in known if part.certificate is not None]
        forecast = will_match(
            tlsa.records, file.parts, at=at, names=[tlsa.base_domain], roots=roots, usages=usages, issuers=now
        )
        word = forecast.match.result if forecast.match is not None else WORDS[forecast.answer]
        judged.append(Judged(file.path, word, forecast))
    own = [roles(file.parts) for file in files]
    # A plan is about what is presented now and later; the records are linted beside what is presented now.
    chains = [who.chain for who in ([roles(current)] if current else [] if with_plan else own) if who.chain]
    findings = lint(
        tlsa,
        chains,
        others=[part.certificate for part in known if part.certificate is not None],
        port=port,
        signatures=published.signatures,
        at=at,
    )
    own_parts = [who.own for who in own]
    rows = _rows(tlsa.records, judged, own_parts, frozenset(usages))
    issuers = [part for who in own for part in who.issuers]
    strange = [row.record for row in rows if row.state != "CURRENT"]
    texts = [(file.path, file.octets) for file in (*files, *others)]
    clues = () if with_plan else explain_all(strange, own_parts, issuers, known, texts)
    explained = {short(clue.record) for clue in clues}
    findings = tuple(one for one in findings if one.code != "MATCHES_NOTHING" or one.at not in explained)
    made = None
    if with_plan:
        change = renewal(tlsa.records, files[0].parts, current, usages=usages)
        made = plan(
            tlsa.owner,
            tlsa.records,
            change.new,
            change.obsolete,
            ttl=tlsa.ttl,
            at=at,
            negative_ttl=published.negative_ttl,
            signature_ends=[end for _, end in published.signatures],
        )
        made = made._replace(remarks=(*change.remarks, *made.remarks))
    return Comparison(published, tuple(judged), rows, findings, clues, made)


def _rows(
    records: Sequence[Tlsa], judged: Sequence[Judged], own: Sequence[Part], usages: frozenset[int]
) -> tuple[Row, ...]:
    """Each record over all files: CURRENT where one of them has it, UNUSABLE, or NEXT?."""
    allowed = usable(records, usages)
    found: list[Row] = []
    for number, record in enumerate(records):
        here = [one.forecast.records[number] for one in judged]
        matches = [one.forecast.match for one in judged if one.forecast.match is not None]
        present = [match.rows[number] for match in matches if match.rows[number].state == "CURRENT"]
        good = next((one for one in here if one.answer == "YES"), None)
        if record not in allowed:
            found.append(Row(record, "UNUSABLE", here[0].why))
        elif good is not None:
            found.append(Row(record, "CURRENT", good.why))
        elif present:  # it stands for what is presented, and something else is wrong
            found.append(Row(record, "CURRENT", present[0].why))
        elif any(record.usage in (1, 3) and fits(record, part) for part in own):  # a key fits; the rest is unknown
            found.append(Row(record, "CURRENT", here[0].why))
        else:
            unknown = next((one for one in here if one.answer == "UNKNOWN"), here[0])
            found.append(Row(record, "NEXT?", unknown.why))
    return tuple(found)


def as_text(found: Comparison, *, quiet: bool) -> list[str]:
    """The lines for people: verdicts first, then records, then what is wrong."""
    owner = found.published.tlsa.owner
    lines = []
    for one in found.files:
        where = f"{one.path}: " if len(found.files) > 1 else ""
        lines.append(f"{where}{one.word} {owner}: {one.forecast.reason}")
    if quiet:
        return lines
    lines += [f"  {_short(row.record):<{SHOWN}}  {row.state:<8}  {row.why}" for row in found.rows]
    for finding in found.findings:
        lines.append(f"{finding.severity} {finding.code}: {finding.text} ({_about(finding.at)}{finding.rfc})")
    for clue in found.clues:
        lines.append(f"clue {clue.code}: {clue.text}")
        better = list(dict.fromkeys(one for one in (clue.instead, clue.meant) if one is not None))
        if better:
            lines.append(f"     publish {' or '.join(map(str, better))}")
    if found.plan is not None:
        lines.append("plan:")
        for number, step in enumerate(found.plan.steps, 1):
            lines.append(f"  {number}. {time_text(step.earliest)}  {step.action}: {step.text}")
            lines += [f"       {line}" for line in step.nsupdate.splitlines()]
        lines += [f"  remark: {remark}" for remark in found.plan.remarks]
    return lines


def _about(at: str) -> str:
    return f"{at if len(at) <= SHOWN else at[: SHOWN - 1] + '…'}; " if at != "the records" else ""


def _short(record: Tlsa) -> str:
    text = str(record)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def as_object(found: Comparison) -> dict[str, object]:
    """The same for programs."""
    tlsa = found.published.tlsa
    worst = next((one for one in found.files if not one.good), found.files[0])
    return {
        "owner": str(tlsa.owner),
        "base_domain": str(tlsa.base_domain),
        "ttl": tlsa.ttl,
        "verdict": worst.word,
        "reason": worst.forecast.reason,
        "files": [
            {
                "file": one.path,
                "result": one.word,
                "answer": one.forecast.answer,
                "reason": one.forecast.reason,
                "records": [
                    {"record": str(each.record), "answer": each.answer, "why": each.why}
                    for each in one.forecast.records
                ],
            }
            for one in found.files
        ],
        "published": [{**record_object(row.record), "state": row.state, "why": row.why} for row in found.rows],
        "findings": [finding_object(finding) for finding in found.findings],
        "clues": [
            {
                "record": str(clue.record),
                "code": clue.code,
                "text": clue.text,
                "meant": None if clue.meant is None else str(clue.meant),
                "instead": None if clue.instead is None else str(clue.instead),
            }
            for clue in found.clues
        ],
        "plan": None if found.plan is None else _plan_object(found.plan),
    }


def _plan_object(made: Plan) -> dict[str, object]:
    until = made.replayable_until
    return {
        "steps": [
            {"action": step.action, "earliest": time_text(step.earliest), "text": step.text, "nsupdate": step.nsupdate}
            for step in made.steps
        ],
        "replayable_until": None if until is None else time_text(until),
        "remarks": list(made.remarks),
    }


def record_object(record: Tlsa) -> dict[str, object]:
    """One record for JSON."""
    return {
        "usage": record.usage,
        "selector": record.selector,
        "matching_type": record.matching_type,
        "data": record.data.hex(),
        "text": str(record),
        "unusable": record.unusable,
    }


def finding_object(finding: LintFinding) -> dict[str, object]:
    """One finding for JSON."""
    return {
        "code": finding.code,
        "severity": finding.severity,
        "text": finding.text,
        "rfc": finding.rfc,
        "at": finding.at,
    }
