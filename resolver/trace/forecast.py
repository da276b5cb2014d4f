"""What will break next: every moment at which the evidence changes its worth, and what the verdict is from then on.

The same messages are judged again at each of these moments, so a second signature that still holds is seen to hold.
It says what happens if nobody signs anew, which is what a signer that has stopped amounts to.

Limits: at most `MAX_MOMENTS` moments are judged, the nearest first; messages that no step of the proof keeps are not
known; nothing is said about a DS or a key that somebody will remove.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from resolver.data.types import type_text
from resolver.trace import chain as links_of
from resolver.trace.moments import near
from resolver.validator.outcome import Absent, Insecure, Secure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from resolver.data.rrset import RRset
    from resolver.validator.outcome import Outcome

MAX_MOMENTS = 48  # that are judged again: a chain of six zones has some twenty
DAY = 86400  # seconds
SOON = 3 * DAY  # trace.md §3.3, NEXT_BREAK_SOON: too near for a signer that works


class Event(NamedTuple):
    """One moment.

    Fields: POSIX seconds from which it holds; what happens, each in a few words; the verdict from then on as a word, and
    the code of its cause or None; whether the verdict is another one than just before.
    """

    at: int
    what: tuple[str, ...]
    verdict: str
    code: str | None
    where: str
    changes: bool


def timeline(outcome: Outcome[object], judge: Callable[[float], Outcome[object]]) -> list[Event]:
    """The moments after the verdict's own, the nearest first.

    Args:
        outcome: the verdict now.
        judge: judges the same question from the same evidence at another time, in POSIX seconds.
    """
    events: list[Event] = []
    before = outcome.status
    for at, what in sorted(_moments(outcome).items())[:MAX_MOMENTS]:
        then = judge(at)
        cause = then.cause
        changed = then.status != before
        where = cause.at if cause is not None else ""
        events.append(Event(at, tuple(what), then.status, cause.code if cause else None, where, changed))
        before = then.status
    return events


def next_break(events: Iterable[Event]) -> Event | None:
    """The first moment from which the verdict is another one; None if there is none among them."""
    return next((event for event in events if event.changes), None)


def _moments(outcome: Outcome[object]) -> dict[int, list[str]]:
    """Each moment after now at which a signature or an anchor begins or ends to hold, with what does."""
    now = outcome.judged_at
    found: dict[int, list[str]] = {}

    def add(at: int, what: str) -> None:
        said = found.setdefault(at, [])
        if at > now and what not in said:
            said.append(what)

    for rrset in _signed(outcome):
        for rrsig in links_of.signatures(rrset):
            who = f"{rrset.owner} {type_text(rrset.rdtype)}: the signature by {rrsig.tag}"
            begin, end = near(rrsig.inception, now), near(rrsig.expiration, now)
            add(begin, f"{who} becomes valid")
            add(end + 1, f"{who} has ended")  # RFC 4034 §3.1.5: it holds up to and including its expiration
    for step in links_of.all_steps(outcome):
        for anchor in step.anchors:
            if anchor.valid_until is not None:
                add(anchor.valid_until + 1, f"{anchor.zone} trust anchor {anchor.tag} has ended")
            if anchor.valid_from is not None:
                add(anchor.valid_from, f"{anchor.zone} trust anchor {anchor.tag} becomes valid")
    return {at: what for at, what in found.items() if at > now}


def _signed(outcome: Outcome[object]) -> list[RRset]:
    """Every RRset with signatures in the messages that the verdict rests on."""
    from resolver.sources.recording import Recording

    found = []
    for message in Recording.of(outcome).messages:
        found += [rrset for rrset in (*message.answer, *message.authority) if rrset.rrsigs]
    return found


class End(NamedTuple):
    """When a good verdict's evidence ends, POSIX seconds, and what ends then."""

    at: int
    what: str


def first_end(outcome: Outcome[object]) -> End | None:
    """The end of what a proven verdict rests on, without judging again; None for the others."""
    if not isinstance(outcome, Secure | Absent | Insecure):
        return None
    first = links_of.first_to_end(outcome)
    if first is None or first.not_after > outcome.valid_until:
        return End(outcome.valid_until, "a trust anchor or an exemption ends")
    return End(outcome.valid_until, f"the signature over {first.rrset.owner} {type_text(first.rrset.rdtype)} ends")


def is_soon(outcome: Outcome[object]) -> bool:
    """Whether the evidence ends sooner than a working signer lets it come to (less than its TTL, or than three days)."""
    first = links_of.first_to_end(outcome)
    if first is None:
        return False
    return first.not_after - outcome.judged_at < max(SOON, first.rrset.ttl)
