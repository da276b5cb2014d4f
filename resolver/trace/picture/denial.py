"""Denials as drawings: NSEC spans on the line of a zone's names, NSEC3 spans on the ring of its hashes.

Only the records of the proof are there, so the line has gaps; what stands between two spans nobody has shown.
"""

from __future__ import annotations

import math

from resolver.data.hashed import nsec3_hash, owner_hash
from resolver.data.name import Name
from resolver.data.views import Nsec3, read_nsec, read_nsec3
from resolver.trace.denial import Reading, short_hash
from resolver.trace.picture.marks import fitted, folded, label, line, number, shown, text
from resolver.trace.records import denied
from resolver.validator.outcome import Outcome

RADIUS, ROOM = 74, 230  # px: the ring, and the height of its drawing
ROW = 46  # px of one NSEC span
HASHES = 2.0**160  # how many there are (RFC 5155 §11)


def draw_denial(outcome: Outcome[object], width: float, top: float) -> tuple[str, float]:
    """The drawing of a verdict's denial under the columns, and its height; nothing where there is none."""
    found = denied(outcome)
    if found is None:
        return "", 0
    step, readings = found
    heading = text(12, top + 14, f"denial in {step.zone}", "faint")
    hashed = [reading for reading in readings if reading.kind == "NSEC3"]
    drawn, height = _ring(hashed, width, top + 24) if hashed else _spans(readings, width, top + 24)
    return heading + drawn, height + 34


def _spans(readings: list[Reading], width: float, top: float) -> tuple[str, float]:
    """One line a record: the owner on the left, the next name on the right, the names that it denies between."""
    parts: list[str] = []
    left, right = 70.0, width - 30
    for at, reading in enumerate(readings):
        view = read_nsec(reading.record.rrset.rdata[0])
        if view is None:
            continue
        y = top + at * ROW + 14
        owner, following = reading.record.rrset.owner, view.next
        title = f"{reading.shown}: {'; '.join(reading.says)}"
        parts.append(f'<g tabindex="0" role="img" aria-label="{label(title)}"><title>{shown(title)}</title>')
        parts.append(line(left, y, right, y, "span"))
        parts.append(text(left, y + 18, fitted(str(owner), 220)))
        parts.append(text(right, y + 18, fitted(str(following), 220), "", "end"))
        if reading.matches:
            parts.append(line(left, y - 10, left, y + 6, "asked"))
            parts.append(text(left + 6, y - 6, fitted(f"= {_names(reading.matches)}", right - left - 12)))
        for row, name in enumerate(reading.covers):
            x = left + (right - left) * (row + 1) / (len(reading.covers) + 1)
            parts.append(line(x, y - 10, x, y + 6, "asked"))
            room = 2 * min(x - left, right - x) if len(reading.covers) == 1 else (right - left) / len(reading.covers)
            parts.append(text(x, y - 13, fitted(f"{name} would stand here", room), "", "middle"))
        parts.append("</g>")
    return "".join(parts), len(readings) * ROW + 10


def _ring(readings: list[Reading], width: float, top: float) -> tuple[str, float]:
    """The ring of all hashes from 0 at the top, clockwise; arcs are spans, ticks the hashes of the names asked about."""
    x, y = 70 + RADIUS + 20, top + RADIUS + 26
    parts = [f'<circle cx="{number(x)}" cy="{number(y)}" r="{RADIUS}" fill="none" class="rule"/>']
    listed: list[tuple[str, str]] = []
    ticks: list[tuple[float, str]] = []
    for reading in readings:
        view = read_nsec3(reading.record.rrset.rdata[0])
        if view is None:
            continue
        owner = owner_hash(reading.record.rrset.owner) or b""
        parts.append(f"<g><title>{shown(reading.shown)}</title>{_arc(x, y, owner, view.next)}</g>")
        for name in reading.matches:
            listed.append((f"{short_hash(owner)} = {name}", "the record stands at this hash"))
            ticks.append((_share(owner), str(name)))
        for name in reading.covers:
            digest = nsec3_hash(name, view.salt, view.iterations)
            listed.append((f"{short_hash(digest)} ← {name}", _between(owner, view, reading.opt_out)))
            ticks.append((_share(digest), str(name)))
    for share, hashed in ticks:
        angle = 2 * math.pi * share
        inner, outer = RADIUS - 9, RADIUS + 9
        sine, cosine = math.sin(angle), -math.cos(angle)
        parts.append(f"<g><title>{shown(hashed)}</title>")
        parts.append(line(x + inner * sine, y + inner * cosine, x + outer * sine, y + outer * cosine, "asked") + "</g>")
    parts.append(text(x, y - RADIUS - 14, "0", "faint", "middle"))
    row = top + 22.0
    left = x + RADIUS + 40
    for first, second in listed:
        for words in folded(first, width - left - 20, 2):
            parts.append(text(left, row, words))
            row += 14
        parts.append(text(left, row, fitted(second, width - left - 20), "faint"))
        row += 20
    return "".join(parts), max(ROOM, row - top + 6)


def _between(owner: bytes, view: Nsec3, opt_out: bool) -> str:
    unsigned = ", opt-out: an unsigned delegation may hide there" if opt_out else ""
    return f"lies between {short_hash(owner)} and {short_hash(view.next)}{unsigned}"


def _arc(x: float, y: float, owner: bytes, following: bytes) -> str:
    start, end = _share(owner), _share(following)
    if end <= start:
        end += 1
    end = min(end, start + 0.9999)  # a whole circle has no arc
    a, b = 2 * math.pi * start, 2 * math.pi * end
    large = 1 if end - start > 0.5 else 0
    return (
        f'<path d="M{number(x + RADIUS * math.sin(a))} {number(y - RADIUS * math.cos(a))} A{RADIUS} {RADIUS} 0 {large} 1'
        f' {number(x + RADIUS * math.sin(b))} {number(y - RADIUS * math.cos(b))}" class="span"/>'
    )


def _share(digest: bytes) -> float:
    """Where on the ring a hash stands, 0 to 1."""
    return int.from_bytes(digest[:20].ljust(20, b"\0")) / HASHES


def _names(names: list[Name]) -> str:
    return ", ".join(map(str, names))
