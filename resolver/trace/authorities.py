"""The matrix of `--iterate`: each authoritative server, address by address, with the verdict over it alone.

The headline is the odd one out: a server whose data break the chain where others' hold, or else lead to another verdict
than most. A server that says nothing is a row and no verdict.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from resolver.data.moment import time_text
from resolver.trace.moments import date_text, near, relative
from resolver.trace.page import BAD, FAINT, GOOD, NO, NOTHING, OPEN, PLAIN, STRONG, UNKNOWN, Chunk, Page, joined
from resolver.trace.terminal import TITLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from resolver.data.rrset import RRset
    from resolver.probe.authorities import Authorities, Row
    from resolver.trace.document import Json
    from resolver.validator.outcome import Outcome

_NAMED = 3  # servers in the headline; the others are a number
_ORDER = ("secure", "absent", "insecure", "bogus", "no verdict")
_COLUMNS = 40  # to which names and addresses are filled up; longer ones take more


class Odd(NamedTuple):
    """The servers of one zone that differ, and how many of its addresses are good."""

    zone: str
    rows: tuple[Row, ...]
    good: int


def verdict(row: Row) -> Outcome[RRset] | None:
    """The verdict over a server, where its data led to one: silence and nonsense lead to none."""
    outcome = row.outcome
    if outcome is None or (outcome.status == "indeterminate" and outcome.why != "UPSTREAM_UNFIT"):
        return None
    return outcome


def odd_rows(rows: Sequence[Row]) -> list[Row]:
    """The rows that break where others hold; else those with another verdict than most; none where no verdict is most."""
    judged = [(row, found.status) for row in rows if (found := verdict(row)) is not None]
    broken = [row for row, status in judged if status in ("bogus", "indeterminate")]
    if broken:
        return broken if len(broken) < len(judged) else []
    counted = Counter(status for _, status in judged).most_common(2)
    if len(counted) < 2 or counted[0][1] == counted[1][1]:
        return []
    return [row for row, status in judged if status != counted[0][0]]


def odd_ones(zones: Sequence[Authorities]) -> list[Odd]:
    """The zones whose servers differ, the root first."""
    found = []
    for zone in zones:
        odd = odd_rows(zone.rows)
        if odd:
            judged = sum(verdict(row) is not None for row in zone.rows)
            found.append(Odd(str(zone.zone), tuple(odd), judged - len(odd)))
    return found


def headline(zones: Sequence[Authorities]) -> str | None:
    """The first zone's odd servers and what is wrong with the first of them, in a sentence; None where none is odd."""
    for odd in odd_ones(zones):
        first = verdict(odd.rows[0])
        assert first is not None
        addresses: dict[str, list[str]] = {}
        for row in odd.rows:
            addresses.setdefault(str(row.server), []).append(str(row.address))
        named = [f"{name} ({', '.join(hosts)})" for name, hosts in list(addresses.items())[:_NAMED]]
        more = f" and {len(addresses) - _NAMED} more servers" if len(addresses) > _NAMED else ""
        rest = f"the other one of {odd.zone} is" if odd.good == 1 else f"the other {odd.good} of {odd.zone} are"
        good = "good" if first.status in ("bogus", "indeterminate") else "of another mind"
        return f"{', '.join(named)}{more}: {_what(first)}; {rest} {good}"
    return None


def _what(outcome: Outcome[RRset]) -> str:
    cause = outcome.cause
    if cause is None:
        return f"the verdict over it is {outcome.status}"
    return f"{cause.text}, at {cause.at}"


def headline_line(zones: Sequence[Authorities], *, color: bool, ascii_only: bool, width: int) -> str:
    """The headline as the first line of a trace, or nothing where no server is odd."""
    said = headline(zones)
    if said is None:
        return ""
    page = Page(color=color, ascii_only=ascii_only, width=width)
    page.line((f"{NO} DIFFERENT", BAD), said)
    return page.text()


def table(zones: Sequence[Authorities], *, verbose: int, color: bool, ascii_only: bool, width: int) -> str:
    """The servers, zone by zone: of the last zone and of those whose servers differ each address, else a summary."""
    page = Page(color=color, ascii_only=ascii_only, width=width)
    for number, zone in enumerate(zones):
        whole = bool(verbose) or number == len(zones) - 1 or _differs(zone)
        page.line((f"servers of {zone.zone}:", STRONG), *joined(_summary(zone)), indent=2)
        if not whole:
            continue
        column = min(max((len(_lead(row)) for row in zone.rows), default=0), _COLUMNS)
        odd = odd_rows(zone.rows)
        usual = _usual_serial(zone.rows)
        alike = len({row.serial for row in zone.rows} - {None}) < 2
        for row in zone.rows:
            chunks = _cells(row, odd=row in odd, usual=usual, alike=alike, full=bool(verbose))
            page.line(*chunks, indent=4, hang=4, lead=_lead(row), lead_width=column)
    return page.text()


def _lead(row: Row) -> str:
    return f"{row.server} {row.address or ''}"


def _differs(zone: Authorities) -> bool:
    return len({found.status for row in zone.rows if (found := verdict(row)) is not None}) > 1


def _usual_serial(rows: Sequence[Row]) -> int | None:
    counted = Counter(row.serial for row in rows if row.serial is not None).most_common(1)
    return counted[0][0] if counted else None


def _summary(zone: Authorities) -> list[list[Chunk]]:
    counted: Counter[str] = Counter()
    for row in zone.rows:
        found = verdict(row)
        counted["no verdict" if found is None or found.status == "indeterminate" else found.status] += 1
    words = [f"{counted[word]} {word}" for word in _ORDER if counted[word]]
    serials = {row.serial for row in zone.rows if row.serial is not None}
    found_parts: list[list[Chunk]] = [[f"{', '.join(words)}" if words else "none is known"]]
    if len(serials) == 1:
        found_parts.append([f"serial {serials.pop()}"])
    elif serials:
        found_parts.append([(f"{len(serials)} serials, {min(serials)} to {max(serials)}", OPEN)])
    if zone.left_out:
        found_parts.append([f"{zone.left_out} more addresses are left out"])
    return found_parts


def _cells(row: Row, *, odd: bool, usual: int | None, alike: bool, full: bool) -> list[Chunk]:
    """What is said of one address; its serial only where serials differ, for else the summary has it."""
    if row.outcome is None:
        return [(f"{NOTHING} no verdict", UNKNOWN), (row.reason, FAINT)]
    title, style = TITLES[row.outcome.status]
    parts: list[list[Chunk]] = [[(title.lower(), style), ("(odd)" if odd else "", BAD)]]
    if row.outcome.cause is not None and row.outcome.status != "insecure":
        parts[0].append(row.outcome.cause.code)
    if row.serial is not None and not alike:
        parts.append([(f"serial {row.serial}", PLAIN if row.serial == usual else OPEN)])
    now = row.outcome.judged_at
    dates = _first_to_end(row)
    if dates is None:
        parts.append(["no signature" if row.outcome.status != "insecure" else "unsigned"])
    else:
        begin, end = dates
        shown = f"{date_text(begin, now, full=full)} … {date_text(end, now, full=full)}"
        ended = end < now or begin > now
        parts.append(["signed", (shown, BAD if ended else GOOD if odd else PLAIN)])
        if ended:
            word = "expired" if end < now else "valid"
            parts[-1].append((f"({word} {relative(end if end < now else begin, now)})", BAD))
    return joined(parts)


def _first_to_end(row: Row) -> tuple[int, int] | None:
    """Inception and expiration, POSIX seconds, of the signature that ends first (RFC 4034 §3.1.5)."""
    if row.outcome is None or not row.dates:
        return None
    now = row.outcome.judged_at
    return min(((near(begin, now), near(end, now)) for begin, end in row.dates), key=lambda dates: dates[1])


def as_json(zones: Sequence[Authorities]) -> dict[str, Json]:
    """The member `authorities`."""
    return {
        "headline": headline(zones),
        "zones": [
            {
                "zone": str(zone.zone),
                "left_out": zone.left_out,
                "servers": [_row_json(row, odd=row in odd) for row in zone.rows],
            }
            for zone in zones
            for odd in [odd_rows(zone.rows)]
        ],
    }


def _row_json(row: Row, *, odd: bool) -> dict[str, Json]:
    dates = _first_to_end(row)
    cause = row.outcome.cause if row.outcome is not None else None
    return {
        "server": str(row.server),
        "address": row.address,
        "verdict": row.outcome.status if row.outcome is not None else "indeterminate",
        "code": cause.code if cause is not None else None,
        "at": cause.at if cause is not None else None,
        "says": cause.text if cause is not None else row.reason,
        "serial": row.serial,
        "inception": time_text(dates[0]) if dates is not None else None,
        "expiration": time_text(dates[1]) if dates is not None else None,
        "odd": odd,
    }
