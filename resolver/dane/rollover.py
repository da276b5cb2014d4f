"""A roll-over plan: in which order records and certificates change, and how long to wait between (RFC 7671 §8).

Publish the next record beside the current one; wait until no cache can hold the old set; let the server present the next
certificate; then remove the old record. Each change of the zone is given as text for nsupdate.

The waits, each reckoned from the moment at which every authoritative server has the change:
- before the server changes: twice the TTL of the published set (RFC 7671 §8.1), but twice the negative TTL where there
  was no set at all, since caches then hold "there is none" (RFC 2308 §5);
- before the old record is removed: nothing but the change of the server; where its last connections matter, longer.
A cache keeps no record longer than its signature says (RFC 4035 §5.3.3), so what a replayed signature could prolong is
said as a date, not as a wait.

Not done: asking each authoritative server whether it has the change; the plan says when to do it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Literal, NamedTuple

from resolver.dane.agility import ALL_USAGES, usable
from resolver.dane.linting import fits, present
from resolver.dane.making import ANCHOR_USAGES, record_of, roles
from resolver.dane.material import Part
from resolver.dane.tlsa import CERT, DANE_EE, SHA2_256, SPKI, Tlsa
from resolver.data.moment import Moment, time_text, to_seconds
from resolver.data.name import Name
from resolver.errors import BadInput

WAIT_IN_TTLS = 2  # RFC 7671 §8.1

Action = Literal["publish", "wait", "switch", "remove"]


class Step(NamedTuple):
    """One step of a plan.

    Fields: what to do; the earliest time (POSIX seconds) at which it may be done, if the steps before were done at theirs;
    one line; text for nsupdate, "" where the zone does not change.
    """

    action: Action
    earliest: float
    text: str
    nsupdate: str


class Plan(NamedTuple):
    """The steps in their order; when an attacker who kept old signatures can no longer replay the old set; remarks."""

    steps: tuple[Step, ...]
    replayable_until: float | None
    remarks: tuple[str, ...]


def plan(
    owner: Name,
    published: Iterable[Tlsa],
    new: Iterable[Tlsa],
    obsolete: Iterable[Tlsa],
    *,
    ttl: int,
    at: Moment,
    negative_ttl: int | None = None,
    signature_ends: Sequence[float] = (),
) -> Plan:
    """Plan the change from one certificate to the next.

    Args:
        owner: the owner of the TLSA records.
        published: the records that are published now.
        new: records for the next certificate; those that are published already need no step.
        obsolete: published records that do not fit the next certificate.
        ttl: of the published records, or of the new ones where there are none, in seconds.
        at: when the plan begins.
        negative_ttl: how long caches keep that there is none (RFC 2308 §5), in seconds.
        signature_ends: the last second of each signature over the published records, POSIX seconds.

    Raises:
        BadInput: no new record, a TTL that is none, a record to remove that is not published, or a plan that would
            leave no record.
    """
    held = tuple(published)
    wanted = tuple(dict.fromkeys(new))
    removed = tuple(dict.fromkeys(record for record in obsolete if record not in wanted))
    _check(held, wanted, removed, ttl, negative_ttl)
    start = to_seconds(at, "at=…")
    added = tuple(record for record in wanted if record not in held)
    steps: list[Step] = []
    remarks: list[str] = []
    moment = start
    if added:
        lines = [f"update add {owner} {ttl} IN TLSA {record}" for record in added]
        steps.append(Step("publish", moment, f"publish {_listed(added)} beside what is there", _script(lines)))
        wait = WAIT_IN_TTLS * ttl
        why = f"{WAIT_IN_TTLS} x the TTL of {ttl} s (RFC 7671 §8.1)"
        if not held:
            wait = WAIT_IN_TTLS * (ttl if negative_ttl is None else max(ttl, negative_ttl))
            why = f"{WAIT_IN_TTLS} x the longer of TTL and negative TTL, {wait // WAIT_IN_TTLS} s (RFC 2308 §5)"
            if negative_ttl is None:
                remarks.append(
                    "the negative TTL is unknown: add twice the SOA's minimum if that is longer than the TTL"
                )
        moment += wait
        text = f"wait {wait} s after every authoritative server has it: {why}"
        steps.append(Step("wait", start, text, ""))
    else:
        remarks.append(
            "the records for the next certificate are published already: before the switch they must have been there for two TTLs"
        )
    steps.append(Step("switch", moment, "let the server present the next certificate, and check it", ""))
    if removed:
        lines = [f"update delete {owner} IN TLSA {record}" for record in removed]
        text = f"remove {_listed(removed)}, once no server presents the old certificate"
        steps.append(Step("remove", moment, text, _script(lines)))
    until = max(signature_ends, default=None)
    if until is not None and removed:
        remarks.append(f"until {time_text(until)} an attacker can replay the old set with its signature (RFC 7671 §13)")
    return Plan(tuple(steps), until, tuple(remarks))


class Renewal(NamedTuple):
    """What a change of certificates means for the records: those to publish, those to remove afterwards, remarks."""

    new: tuple[Tlsa, ...]
    obsolete: tuple[Tlsa, ...]
    remarks: tuple[str, ...]


def renewal(
    published: Iterable[Tlsa],
    upcoming: Sequence[Part],
    current: Sequence[Part] = (),
    *,
    usages: Collection[int] = ALL_USAGES,
) -> Renewal:
    """The records that the next certificate needs beside those that are published.

    For each combination of usage, selector and matching type that is published, one that fits the next certificate has
    to be there (RFC 7671 §8.4). Only what stands for the current certificate is obsolete: other records may be those of
    another key of the same server.

    Args:
        published: the records that are published now.
        upcoming: the next certificate with its chain, a request or a key.
        current: what the server presents now.
        usages: those that clients accept; for SMTP {2, 3}.

    Raises:
        BadInput: two certificates where one is wanted.
    """
    own, issuers, _ = roles(upcoming)
    chain = (own, *issuers)
    now: tuple[Part, ...] = ()
    if current:
        present_now = roles(current)
        now = (present_now.own, *present_now.issuers)
    held = usable(published, usages)
    remarks: list[str] = []
    new: dict[Tlsa, None] = {}
    for record in held:
        kind = f"{record.usage} {record.selector} {record.matching_type}"
        if any(present(other, chain) for other in held if _kind(other) == _kind(record)):
            continue
        part = own if record.usage not in ANCHOR_USAGES else next(iter(issuers), None)
        if part is None:
            remarks.append(f"whether {kind} still holds depends on who issues the next certificate")
        elif record.selector == CERT and part.certificate is None:
            remarks.append(f"{kind} can be made only when there is the next certificate")
        else:
            new[record_of(part, record.usage, record.selector, record.matching_type)] = None
    kept = [record for record in held if present(record, chain)]
    if not new and not kept:
        new[record_of(own, DANE_EE, SPKI, SHA2_256)] = None
    obsolete = tuple(record for record in held if record not in kept and any(fits(record, part) for part in now))
    left = [record for record in held if record not in kept and record not in obsolete]
    if left and not remarks:
        remarks.append(f"{_listed(left)} fits neither: left alone, since it may be that of another key")
    return Renewal((*kept, *new), obsolete, tuple(dict.fromkeys(remarks)))


def _kind(record: Tlsa) -> tuple[int, int, int]:
    return record.usage, record.selector, record.matching_type


def _check(
    held: tuple[Tlsa, ...], wanted: tuple[Tlsa, ...], removed: tuple[Tlsa, ...], ttl: int, negative_ttl: int | None
) -> None:
    if not wanted:
        raise BadInput("a roll-over needs at least one record for the next certificate")
    for what, seconds in (("ttl", ttl), ("negative_ttl", negative_ttl)):
        if seconds is not None and (isinstance(seconds, bool) or not 0 <= seconds < 1 << 31):
            raise BadInput(f"{what}=… must be seconds from 0 to 2147483647 (RFC 2181 §8), not {seconds!r}")
    if any(record.unusable is not None for record in wanted):
        raise BadInput("a record for the next certificate is unusable; make it again")
    missing = [record for record in removed if record not in held]
    if missing:
        raise BadInput(f"{_listed(missing)} is to be removed, and is not published")


def _script(lines: Sequence[str]) -> str:
    return "\n".join((*lines, "send")) + "\n"


def _listed(records: Sequence[Tlsa]) -> str:
    shown = [str(record)[:18] + "…" if len(str(record)) > 19 else str(record) for record in records]
    return ", ".join(shown)
