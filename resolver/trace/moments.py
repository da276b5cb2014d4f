"""Times in a trace: absolute and relative to the moment of judgement."""

from __future__ import annotations

from resolver.data.moment import time_text
from resolver.validator.findings import duration

_NEAR = 2 * 86400  # seconds: within two days the hour matters


def date_text(seconds: float, now: float, *, full: bool = False) -> str:
    """`2026-12-14`, or `2026-12-14T04:06Z` where that is near, or with seconds where all is wanted."""
    shown = time_text(seconds)
    if full:
        return shown
    return shown[:16] + "Z" if abs(seconds - now) < _NEAR else shown[:10]


def relative(seconds: float, now: float) -> str:
    """`in 19d 0h`, `5d 2h ago`, `now`."""
    if int(seconds) == int(now):
        return "now"
    return f"in {duration(seconds - now)}" if seconds > now else f"{duration(now - seconds)} ago"


def until(seconds: float, now: float, *, full: bool = False) -> str:
    """`2026-12-14 (in 19d 0h)`."""
    return f"{date_text(seconds, now, full=full)} ({relative(seconds, now)})"


def span(begin: float, end: float, now: float, *, full: bool = False) -> str:
    """`2026-05-25 … 2026-06-22 (7d 0h ago … in 21d 0h)`."""
    dates = f"{date_text(begin, now, full=full)} … {date_text(end, now, full=full)}"
    return f"{dates} ({relative(begin, now)} … {relative(end, now)})"


def near(serial: int, now: float) -> int:
    """The moment nearest to `now` that a 32-bit serial time can mean (RFC 4034 §3.1.5, RFC 1982 §3.2)."""
    return max(0, int(now) + ((serial - int(now) + 0x80000000) % 0x100000000) - 0x80000000)
