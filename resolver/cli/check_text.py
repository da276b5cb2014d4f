"""What `dane-check` prints: the verdict first, then one line for each certificate, then records and senders."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from resolver.cli.check_insight import insight
from resolver.cli.check_rows import CURRENT, UNUSABLE, RecordRow, renewal_hint, rows_of
from resolver.cli.senders import Case, outlooks
from resolver.dane.forecast import sentence
from resolver.dane.reports import AUTHENTICATED, DNS_ERROR, EXIT_CODES, HostReport, PeerReport
from resolver.data.types import type_text
from resolver.trace.page import BAD, FAINT, GOOD, OPEN, STRONG, UNKNOWN, clean, to_ascii
from resolver.validator.outcome import Secure

if TYPE_CHECKING:
    from resolver.cli.checking import Checked
    from resolver.cli.output import Look

SHORT_DIGITS = 16  # of a digest, unless -v is given: enough to tell records apart
_DIGITS = re.compile(rf"\b([0-9a-f]{{{SHORT_DIGITS}}})[0-9a-f]{{16,}}\b")
_CODES = {GOOD: "32", BAD: "1;31", OPEN: "33", UNKNOWN: "35", STRONG: "1", FAINT: "2"}  # ECMA-48 §8.3.117
_STYLES = {0: GOOD, 1: BAD, 3: OPEN, 4: UNKNOWN, 5: BAD}
_TOLD = frozenset(
    {"NO_RECORD_MATCHES", "NO_USABLE_RECORD", "UNUSABLE_RECORD", "MATCHES_NOTHING"}
)  # by verdict and rows
_ANSWER_STYLES = {"YES": GOOD, "NO": BAD}
_STATE_STYLES = {CURRENT: GOOD, UNUSABLE: BAD}


class Style(NamedTuple):
    """How a text is written: where, and with how much detail."""

    look: Look
    verbose: int

    def paint(self, text: str, kind: str) -> str:
        """The text in a colour, where there are colours."""
        code = _CODES.get(kind)
        return f"\x1b[{code}m{text}\x1b[0m" if self.look.color and code else text

    def plain(self, text: str) -> str:
        """Text from anywhere, harmless and in what the terminal can show."""
        text = clean(text)
        if not self.verbose:
            text = _DIGITS.sub(r"\1…", text)
        return to_ascii(text) if self.look.ascii_only else text


def headline(checked: Checked, style: Style) -> str:
    """The verdict, in the first line."""
    verdict = "INTERRUPTED" if checked.interrupted else checked.verdict
    word = style.paint(verdict, _STYLES[EXIT_CODES[checked.verdict]])
    port = "" if checked.target.mail and checked.target.port == 25 else f":{checked.target.port}"
    upcoming = ""
    if checked.upcoming:
        answers = {each.answer for each in checked.upcoming}
        said = next((answer for answer in ("NO", "UNKNOWN", "YES") if answer in answers), "-")
        upcoming = f"; will the next certificate match: {said}"
    return f"{word}  {style.plain(checked.target.text)}{port}: {style.plain(checked.reason)}{upcoming}"


def text(checked: Checked, style: Style) -> str:
    """The whole report."""
    lines = [headline(checked, style)]
    if checked.plan is not None:
        lines += _mail_lines(checked, style)
    if checked.hosts:
        lines += ["", *_peer_lines(checked.hosts, style)]
    services = checked.services or (None,) * len(checked.hosts)
    for host, service in zip(checked.hosts, services, strict=True):
        usages = frozenset(range(4)) if service is None else service.expectation.usages
        lines += _record_lines(host, usages, style, checked)
    if checked.upcoming:
        lines += ["", style.paint("will the next certificate match?", STRONG)]
        table = [
            (
                style.paint(each.answer, _ANSWER_STYLES.get(each.answer, OPEN)),
                f"{_name(each.host)}:{each.host.port}",
                style.plain(each.reason),
            )
            for each in checked.upcoming
        ]
        lines += _table(table, indent="  ")
    lines += _sender_lines(checked, style)
    return "\n".join(lines) + "\n"


def _mail_lines(checked: Checked, style: Style) -> list[str]:
    plan = checked.plan
    assert plan is not None
    lines = []
    if not plan.secure_mx and plan.hosts and plan.reason != checked.reason:
        lines.append(style.paint(f"note: {style.plain(plan.reason)}", OPEN))
    lines += [style.paint(f"note: {style.plain(note)}", OPEN) for note in plan.notes]
    return lines


def _peer_lines(hosts: tuple[HostReport, ...], style: Style) -> list[str]:
    table: list[tuple[str, ...]] = []
    for host in hosts:
        where = f"{_name(host)}:{host.port}"
        if not host.peers:
            table.append((_word(host.result, style), where, "-", "-", style.plain(host.reason)))
        table += [
            (_word(peer.result, style), where, style.plain(peer.address), _key(peer), _peer_reason(peer, style))
            for peer in host.peers
        ]
    return _table(table)


def _peer_reason(peer: PeerReport, style: Style) -> str:
    session = f" [{peer.protocol} {peer.cipher}]" if style.verbose and peer.protocol else ""
    return style.plain(peer.reason) + session


def _record_lines(host: HostReport, usages: frozenset[int], style: Style, checked: Checked) -> list[str]:
    tlsa = host.tlsa
    if not isinstance(tlsa, Secure):
        if host.result == DNS_ERROR:
            name, rdtype = str(tlsa.question.name), type_text(tlsa.question.rdtype)
            return ["", f"dnssec-trace {style.plain(name)} {rdtype} shows what is broken, and who can mend it"]
        return []
    owner = str(tlsa.question.name).removesuffix(".")
    lines = ["", style.paint(f"records of {style.plain(owner)}, which are proven", STRONG)]
    if tlsa.value.base_domain != host.host:
        lines.append(f"  by the alias of {_name(host)} to {style.plain(str(tlsa.value.base_domain).removesuffix('.'))}")
    rows = rows_of(host, usages)
    lines += _table([_record_cells(row, style) for row in rows], indent="  ")
    behind = insight(host, usages, checked.hosts, checked.at)
    for clue in behind.clues:
        meant = "" if clue.meant is None else f"; perhaps meant: {clue.meant}"
        lines.append(style.paint(f"  clue: {style.plain(str(clue.record))}: {style.plain(clue.text + meant)}", OPEN))
    for finding in behind.findings:
        if finding.code not in _TOLD and (finding.severity != "note" or style.verbose):
            lines.append(style.paint(f"  {finding.severity}: {style.plain(finding.text)} ({finding.rfc})", OPEN))
    hint = renewal_hint(rows) if host.result == AUTHENTICATED else None
    if hint is not None:
        lines.append(style.paint(f"  note: {style.plain(hint)}", OPEN))
    if behind.change is not None:
        lines.append(f"  {style.plain(sentence(behind.change))}")
    return lines


def _record_cells(row: RecordRow, style: Style) -> tuple[str, ...]:
    state = row.state or "-"
    return (style.paint(state, _STATE_STYLES.get(state, OPEN)), style.plain(str(row.record)), style.plain(row.why))


def _sender_lines(checked: Checked, style: Style) -> list[str]:
    if checked.plan is None or not checked.hosts or checked.interrupted:
        return []
    cases: list[Case] = [service.expectation.case for service in checked.services]
    found = outlooks(checked.hosts, cases, secure_mx=checked.plan.secure_mx)
    kinds = {"delivers": GOOD, "may fail": OPEN, "waits": BAD, "returns": BAD}
    table = [(each.sender, style.paint(each.does, kinds[each.does]), style.plain(each.how)) for each in found]
    return ["", style.paint("what a sender would do", STRONG), *_table(table, indent="  ")]


def _word(result: str, style: Style) -> str:
    return style.paint(result, _STYLES[EXIT_CODES[result]])


def _name(host: HostReport) -> str:
    return str(host.host).removesuffix(".")


def _key(peer: PeerReport) -> str:
    return peer.key_type.upper() or "-"


def _table(rows: Sequence[tuple[str, ...]], indent: str = "") -> list[str]:
    """Columns side by side; the last one as long as it is."""
    if not rows:
        return []
    widths = [max(_width(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    return [
        indent
        + "  ".join([*(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=False)), row[-1]])
        for row in rows
    ]


def _width(cell: str) -> int:
    return len(re.sub(r"\x1b\[[0-9;]*m", "", cell))
