"""The only makers of sealed values. Who may import this is an import contract (pyproject.toml), held in CI.

Python cannot stop malice; it can make every forgery a visible import.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from resolver.data.name import Name
from resolver.data.rrset import Question, RRset
from resolver.validator.budget import Work
from resolver.validator.findings import Finding
from resolver.validator.outcome import POLICY_REASONS, Absent, Alias, Insecure, Kind, Secure, Verdict
from resolver.validator.proof import Proof
from resolver.validator.states import Expanded, InsecureReason, InsecureZone, NotACut, SecureZone, Verified

if TYPE_CHECKING:
    from resolver.data.views import Rrsig
    from resolver.validator.algorithms import Key

T = TypeVar("T")

_set = object.__setattr__


def verified(
    rrset: RRset, rrsig: Rrsig, key: Key, zone: Name, not_before: int, not_after: int, original_ttl: int
) -> Verified:
    self: Verified = object.__new__(Verified)
    _set(self, "rrset", rrset)
    _set(self, "rrsig", rrsig)
    _set(self, "key", key)
    _set(self, "zone", zone)
    _set(self, "not_before", not_before)
    _set(self, "not_after", not_after)
    _set(self, "original_ttl", original_ttl)
    return self


def expanded(
    inner: tuple[RRset, Rrsig, Key, Name, int, int, int], closest_encloser: Name, next_closer: Name
) -> Expanded:
    self: Expanded = object.__new__(Expanded)
    _set(self, "inner", inner)
    _set(self, "closest_encloser", closest_encloser)
    _set(self, "next_closer", next_closer)
    return self


def proven_expansion(unproven: Expanded) -> Verified:
    """The Verified of an expansion; called by `nsec` and `nsec3` once they proved that nothing closer matches."""
    return verified(*unproven.inner)


def _state(
    self: SecureZone | InsecureZone | NotACut,
    zone: Name,
    proof: Proof,
    times: tuple[int, int, float],
    fetched_at: float,
    work: dict[Name, Work],
) -> None:
    _set(self, "zone", zone)
    _set(self, "proof", proof)
    _set(self, "valid_from", times[0])
    _set(self, "valid_until", times[1])
    _set(self, "fresh_until", times[2])
    _set(self, "fetched_at", fetched_at)
    _set(self, "work", work)


def secure_zone(
    zone: Name,
    dnskey: Verified,
    ds: Verified | None,
    usable: tuple[Key, ...],
    proof: Proof,
    times: tuple[int, int, float],
    fetched_at: float,
    work: dict[Name, Work],
    notes: tuple[Finding, ...],
) -> SecureZone:
    self: SecureZone = object.__new__(SecureZone)
    _state(self, zone, proof, times, fetched_at, work)
    _set(self, "dnskey", dnskey)
    _set(self, "ds", ds)
    _set(self, "usable", usable)
    _set(self, "notes", notes)
    return self


def insecure_zone(
    zone: Name,
    cut: Name,
    reason: InsecureReason,
    proof: Proof,
    times: tuple[int, int, float],
    fetched_at: float,
    work: dict[Name, Work],
) -> InsecureZone:
    self: InsecureZone = object.__new__(InsecureZone)
    _state(self, zone, proof, times, fetched_at, work)
    _set(self, "cut", cut)
    _set(self, "reason", reason)
    return self


def not_a_cut(
    zone: Name,
    within: Name,
    nothing_below: bool,
    proof: Proof,
    times: tuple[int, int, float],
    fetched_at: float,
    work: dict[Name, Work],
) -> NotACut:
    self: NotACut = object.__new__(NotACut)
    _state(self, zone, proof, times, fetched_at, work)
    _set(self, "within", within)
    _set(self, "nothing_below", nothing_below)
    return self


def _verdict(
    self: Verdict,
    question: Question,
    proof: Proof,
    aliases: tuple[Alias, ...],
    canonical: Name,
    judged_at: float,
    notes: tuple[Finding, ...],
    work: Work,
    times: tuple[int, int, float],
) -> None:
    _set(self, "question", question)
    _set(self, "proof", proof)
    _set(self, "aliases", aliases)
    _set(self, "canonical", canonical)
    _set(self, "judged_at", judged_at)
    _set(self, "notes", notes)
    _set(self, "work", work)
    _set(self, "valid_from", times[0])
    _set(self, "valid_until", times[1])
    _set(self, "fresh_until", times[2])


def secure(
    value: T,
    *,
    question: Question,
    proof: Proof,
    aliases: tuple[Alias, ...],
    canonical: Name,
    judged_at: float,
    notes: tuple[Finding, ...],
    work: Work,
    times: tuple[int, int, float],
    wildcard: Name | None,
) -> Secure[T]:
    self: Secure[T] = object.__new__(Secure)
    _verdict(self, question, proof, aliases, canonical, judged_at, notes, work, times)
    _set(self, "value", value)
    _set(self, "wildcard", wildcard)
    return self


def absent(
    kind: Kind,
    *,
    compact: bool,
    question: Question,
    proof: Proof,
    aliases: tuple[Alias, ...],
    canonical: Name,
    judged_at: float,
    notes: tuple[Finding, ...],
    work: Work,
    times: tuple[int, int, float],
) -> Absent:
    self: Absent = object.__new__(Absent)
    _verdict(self, question, proof, aliases, canonical, judged_at, notes, work, times)
    _set(self, "kind", kind)
    _set(self, "compact", compact)
    return self


def insecure(
    cut: Name,
    reason: InsecureReason,
    *,
    untrusted: RRset | None,
    claimed: Kind | None,
    question: Question,
    proof: Proof,
    aliases: tuple[Alias, ...],
    canonical: Name,
    judged_at: float,
    notes: tuple[Finding, ...],
    work: Work,
    times: tuple[int, int, float],
) -> Insecure:
    self: Insecure = object.__new__(Insecure)
    _verdict(self, question, proof, aliases, canonical, judged_at, notes, work, times)
    _set(self, "cut", cut)
    _set(self, "reason", reason)
    _set(self, "policy", reason in POLICY_REASONS)
    _set(self, "untrusted", untrusted)
    _set(self, "claimed", claimed)
    return self
