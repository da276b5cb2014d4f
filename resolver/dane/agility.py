"""Which records are compared at all: usable ones (RFC 6698 §4.1), and of digests only the strongest (RFC 7671 §9).

A record that is set aside is kept with its reason; nothing here is an error.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from resolver.dane.findings import DaneFinding, dane_finding
from resolver.dane.tlsa import DANE_EE, DANE_TA, FULL, PKIX_EE, PKIX_TA, SHA2_256, SHA2_512, Tlsa
from resolver.dane.words import word

ALL_USAGES = frozenset({PKIX_TA, PKIX_EE, DANE_TA, DANE_EE})
MAIL_USAGES = frozenset({DANE_TA, DANE_EE})  # RFC 7672 §3.1.3: usages 0 and 1 are unusable for SMTP
DIGESTS = (SHA2_512, SHA2_256)  # the strongest first; RFC 7671 §9 leaves the order to the client


class Sorted(NamedTuple):
    """Records to compare, and those set aside: unusable ones, and digests that a stronger one makes superfluous."""

    compared: tuple[Tlsa, ...]
    unusable: tuple[tuple[Tlsa, DaneFinding], ...]
    weaker: tuple[tuple[Tlsa, DaneFinding], ...]


def usable(records: Iterable[Tlsa], usages: Collection[int] = ALL_USAGES) -> tuple[Tlsa, ...]:
    """The records that can authenticate a peer when these usages are accepted (RFC 6698 §4.1, RFC 7672 §3.1.3)."""
    return tuple(record for record in records if _why_not(record, usages) is None)


def sort(records: Iterable[Tlsa], usages: Collection[int] = ALL_USAGES, digests: Sequence[int] = DIGESTS) -> Sorted:
    """Apply usability, then digest agility for each usage and selector.

    RFC 7671 §9: unusable records are removed first; of the rest, for each combination of usage and selector, those with
    the strongest digest are used, and those with matching type Full(0) beside them.

    Args:
        records: in any order.
        usages: what this client accepts.
        digests: matching types, the strongest first. One that is not listed is weaker than all of them.
    """
    fit: list[Tlsa] = []
    unfit: list[tuple[Tlsa, DaneFinding]] = []
    for record in records:
        refused = _why_not(record, usages)
        if refused is None:
            fit.append(record)
        else:
            unfit.append((record, refused))
    strength = {matching_type: -place for place, matching_type in enumerate(digests)}
    strongest: dict[tuple[int, int], int] = {}
    for record in fit:
        if record.matching_type != FULL:
            kind = record.usage, record.selector
            held = strongest.get(kind)
            if held is None or strength.get(record.matching_type, -99) > strength.get(held, -99):
                strongest[kind] = record.matching_type
    compared: list[Tlsa] = []
    weaker: list[tuple[Tlsa, DaneFinding]] = []
    for record in fit:
        best = strongest.get((record.usage, record.selector), FULL)
        if record.matching_type in (FULL, best):
            compared.append(record)
        else:
            weaker.append((record, dane_finding("WEAKER_DIGEST", record, stronger=word("matching type", best))))
    return Sorted(tuple(compared), tuple(unfit), tuple(weaker))


def _why_not(record: Tlsa, usages: Collection[int]) -> DaneFinding | None:
    if record.unusable is not None:
        return dane_finding("UNUSABLE", record, why=record.unusable)
    if record.usage not in usages:  # RFC 6698 §4.1, RFC 7672 §3.1.3
        return dane_finding("USAGE_NOT_ACCEPTED", record, usage=word("usage", record.usage))
    return None
