"""The records of a host over all its peers: each CURRENT, NEXT? or UNUSABLE, and why."""

from __future__ import annotations

from typing import NamedTuple

from resolver.cli.checking import matches_of
from resolver.dane.reports import HostReport
from resolver.dane.tlsa import DANE_TA, PKIX_TA, Tlsa
from resolver.validator.outcome import Secure

CURRENT, NEXT, UNUSABLE = "CURRENT", "NEXT?", "UNUSABLE"


class RecordRow(NamedTuple):
    """One record.

    Fields: the record; its state, "" where no certificate was seen to compare it with; and why, in one line.
    """

    record: Tlsa
    state: str
    why: str


def rows_of(host: HostReport, usages: frozenset[int]) -> list[RecordRow]:
    """The proven records of a host, in their order; none where there are none, or they are not proven."""
    if not isinstance(host.tlsa, Secure):
        return []
    matches = matches_of(host)
    found = []
    for number, record in enumerate(host.tlsa.value.records):
        states = [match.rows[number] for match in matches if number < len(match.rows)]
        current = next((row for row in states if row.state == CURRENT), None)
        if record.unusable is not None:
            found.append(RecordRow(record, UNUSABLE, record.unusable))
        elif record.usage not in usages:
            why = f"usage {record.usage} is not accepted in mail (RFC 7672 §3.1.3)"
            found.append(RecordRow(record, UNUSABLE, why))
        elif not states:
            found.append(RecordRow(record, "", "no certificate was seen to compare it with"))
        elif current is not None:
            found.append(RecordRow(record, CURRENT, current.why))
        else:
            row = states[0]
            found.append(RecordRow(record, row.state, _next_reason(row.why) if row.state == NEXT else row.why))
    return found


def _next_reason(why: str) -> str:
    return f"fits nothing that was presented: {why}"


def renewal_hint(rows: list[RecordRow]) -> str | None:
    """What a new key would do to the host, where that is worth a warning."""
    current = [row for row in rows if row.state == CURRENT]
    if not current or any(row.state == NEXT for row in rows):
        return None
    if any(row.record.usage in (PKIX_TA, DANE_TA) for row in current):
        return None
    return "a certificate with a new key fits no record: publish its record two TTLs before it is used (RFC 7671 §8.1)"
