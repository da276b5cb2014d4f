"""Moments: what a caller may give as a time, and how a time is written.

Inside, a time is POSIX seconds. RRSIG times are 32-bit serial numbers and are compared elsewhere (RFC 1982).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TypeAlias

Moment: TypeAlias = datetime | float

LATEST = 0xFFFFFFFF  # 2106-02-07: beyond it 32-bit signature times cannot be told apart (RFC 4034 §3.1.5)


def to_seconds(moment: Moment, what: str = "a time") -> float:
    """POSIX seconds of an aware datetime, or of seconds as they are.

    Raises:
        ValueError: a naive datetime, no number, or a time before 1970 or after 2106-02-07 (RFC 4034 §3.1.5).
    """
    if isinstance(moment, datetime):
        if moment.tzinfo is None or moment.utcoffset() is None:
            raise ValueError(f"{what} needs a time zone: {moment!r} is naive; use datetime(..., tzinfo=UTC)")
        seconds = moment.timestamp()
    elif isinstance(moment, int | float) and not isinstance(moment, bool):
        seconds = float(moment)
    else:
        raise ValueError(f"{what} must be an aware datetime or POSIX seconds, not {moment!r}")
    if not 0 <= seconds <= LATEST:
        raise ValueError(f"{what} must lie between 1970 and 2106-02-07 (RFC 4034 §3.1.5), not {moment!r}")
    return seconds


def time_text(seconds: float) -> str:
    """RFC 3339, in UTC and whole seconds."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
