"""The two horizons of what is proven (R103): evidence (signature and anchor dates) and cache (TTLs)."""

from __future__ import annotations

from typing import TypeAlias

from resolver.data.rrset import Message
from resolver.validator.states import InsecureZone, NotACut, SecureZone, Verified

# valid_from and valid_until in POSIX seconds, both included; fresh_until in POSIX seconds.
Times: TypeAlias = tuple[int, int, float]

ALWAYS: Times = (0, 0xFFFFFFFF, float("inf"))


def meet(one: Times, other: Times) -> Times:
    """The time in which both hold."""
    return max(one[0], other[0]), min(one[1], other[1]), min(one[2], other[2])


def of_state(state: SecureZone | InsecureZone | NotACut) -> Times:
    """The evidence's horizon of a zone state; its cache horizon is no business of what rests on it."""
    return state.valid_from, state.valid_until, float("inf")


def whole(state: SecureZone | InsecureZone | NotACut) -> Times:
    """Both horizons of a zone state."""
    return state.valid_from, state.valid_until, state.fresh_until


def of_records(
    state: SecureZone | InsecureZone | NotACut, records: tuple[Verified, ...], message: Message, now: float
) -> Times:
    """The horizons of verified RRsets of a message under a zone's keys."""
    times = of_state(state)
    for record in records:
        times = meet(times, of_record(record, message, now))
    return times


def of_record(record: Verified, message: Message, now: float) -> Times:
    """The horizons of one verified RRset of a message (RFC 4035 §5.3.3)."""
    return record.not_before, record.not_after, (message.received_at or now) + record.rrset.ttl
