"""Looking ahead, without a clock: will the next certificate match, and when does today's verdict end?

`will_match` tries what an operator is going to install against the records that are published now. `horizon` lists the
moments at which a verdict that holds now stops holding unless somebody acts: signatures along the chain of zones, trust
anchors, certificates; and how long the records may be believed to be the current ones.

Limits: a request or a key has no issuer, no dates and no certificate yet; what depends on them is UNKNOWN, and says so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Literal, NamedTuple, TypeAlias

from resolver.dane import der
from resolver.dane.agility import ALL_USAGES, sort
from resolver.dane.certificates import Certificate
from resolver.dane.making import association, roles
from resolver.dane.match_result import Match
from resolver.dane.matching import match
from resolver.dane.material import Part
from resolver.dane.tlsa import CERT, DANE_EE, FULL, PKIX_EE, SPKI, Tlsa, TlsaSet
from resolver.dane.words import word
from resolver.data.moment import Moment, time_text
from resolver.data.name import NameLike
from resolver.data.types import type_text
from resolver.errors import BadInput
from resolver.validator.outcome import Secure

Answer: TypeAlias = Literal["YES", "NO", "UNKNOWN"]


class Expected(NamedTuple):
    """What will become of one record: the answer, and why."""

    record: Tlsa
    answer: Answer
    why: str


class Forecast(NamedTuple):
    """Whether something that is not installed yet will be authenticated by the records that are published now.

    Fields: YES, NO or UNKNOWN for the whole set (any record suffices, RFC 6698 §2.1); one line; each record in its order;
    the Match, where there is a certificate.
    """

    answer: Answer
    reason: str
    records: tuple[Expected, ...]
    match: Match | None


def will_match(
    records: Iterable[Tlsa],
    parts: Sequence[Part],
    *,
    at: Moment,
    names: Iterable[NameLike],
    roots: Iterable[bytes] | None = None,
    usages: Collection[int] = ALL_USAGES,
    issuers: Sequence[Part] = (),
) -> Forecast:
    """Try a certificate with its chain, a certificate request or a key against published records.

    Args:
        records: those of one service.
        parts: what `dane.material` read from the operator's file.
        at, names, roots, usages: as `dane.match`; for a certificate only.
        issuers: today's issuers, for a request or key: records that fit one of them hold if it issues the next
            certificate too.

    Raises:
        BadInput: no record, or two certificates where one is wanted.
    """
    given = tuple(records)
    if not given:
        raise BadInput("there is no TLSA record to compare with")
    own, _, chain = roles(parts)
    if own.certificate is not None:
        found = match(given, chain, at=at, names=names, roots=roots, usages=usages)
        against = {finding.text for finding in found.findings}
        rows = tuple(Expected(row.record, "NO" if row.why in against else "YES", row.why) for row in found.rows)
        return Forecast("YES" if found.matched else "NO", found.reason, rows, found)
    compared, unusable, weaker = sort(given, usages)
    why_not = {record: finding.text for record, finding in (*unusable, *weaker)}
    expected = tuple(
        _of_key(record, own, issuers) if record in compared else Expected(record, "NO", why_not[record])
        for record in given
    )
    return _summary(expected, own)


def _of_key(record: Tlsa, own: Part, issuers: Sequence[Part]) -> Expected:
    """One usable record and a key whose certificate is still to come."""
    usage = word("usage", record.usage)
    if record.usage in (DANE_EE, PKIX_EE):
        if record.selector == CERT:
            inside = der.outline(record.data) if record.matching_type == FULL else None
            if inside is not None and inside.spki != own.spki:
                return Expected(record, "NO", "it holds a certificate of another key")
            return Expected(record, "UNKNOWN", f"{usage} Cert is about the certificate, and a {own.kind} is none yet")
        if association(own, SPKI, record.matching_type) != record.data:
            return Expected(record, "NO", f"the key of this {own.kind} is another one")
        if record.usage == DANE_EE:  # RFC 7671 §5.1: nothing else is asked for
            return Expected(record, "YES", f"it stands for the key of this {own.kind}, whoever certifies it")
        return Expected(record, "UNKNOWN", f"the key fits; {usage} also needs a path to a public root")
    for part in issuers:
        if record.selector == CERT and part.certificate is None:
            continue
        if association(part, record.selector, record.matching_type) == record.data:
            return Expected(record, "UNKNOWN", f"{usage} holds if the issuer stays the same, and signs for this name")
    known = "; it is none of today's issuers" if issuers else ""
    return Expected(
        record, "UNKNOWN", f"{usage} is about who issues the certificate, and a {own.kind} cannot tell{known}"
    )


def _summary(expected: tuple[Expected, ...], own: Part) -> Forecast:
    answers = {one.answer for one in expected}
    if "YES" in answers:
        return Forecast("YES", f"a record stands for the key of this {own.kind}", expected, None)
    if "UNKNOWN" in answers:
        text = f"no record stands for the key of this {own.kind}; some depend on the certificate that is to come"
        return Forecast("UNKNOWN", text, expected, None)
    return Forecast("NO", f"no record will match a certificate of this {own.kind}", expected, None)


# --- the verdict's horizon ---

Cause: TypeAlias = Literal["signature", "anchor", "certificate"]


class Change(NamedTuple):
    """A moment at which the verdict changes unless something is renewed before.

    Fields: the first second (POSIX) at which it no longer holds; what ends; what ends, in words; what the verdict is then.
    """

    at: float
    cause: Cause
    what: str
    then: str


class Horizon(NamedTuple):
    """How long a verdict holds.

    Fields: every change, the first one first; until when the records may be taken from a cache (POSIX seconds): after
    that they are asked for anew, and may be others.
    """

    changes: tuple[Change, ...]
    fresh_until: float

    @property
    def first(self) -> Change | None:
        """The first change; None where nothing that was looked at ever ends."""
        return self.changes[0] if self.changes else None


def horizon(tlsa: Secure[TlsaSet], found: Match | None = None, chain: Sequence[bytes] = ()) -> Horizon:
    """When the verdict about proven records, and about a chain that they authenticate, changes and why.

    The judge tried what else could hold the proof when it was made; here each link counts with the signature that it
    rests on, so a link that has a second, longer signature may hold longer than is said.

    Args:
        tlsa: the outcome of the TLSA lookup.
        found: what `dane.verify` said of the chain; None: only the records' own proof.
        chain: the certificates in DER, to name the one that ends.

    Raises:
        BadInput: another outcome: what is not proven has no horizon.
    """
    if not isinstance(tlsa, Secure):
        raise BadInput(f"a Secure outcome is needed, not {type(tlsa).__name__}: only what is proven can cease to be")
    changes: dict[tuple[float, str], Change] = {}
    steps = [step for proof in (tlsa.proof, *(alias.proof for alias in tlsa.aliases)) for step in proof.walk()]
    for step in steps:
        for verified in step.evidence:
            what = f"the signature of {verified.zone} over {verified.rrset.owner}/{type_text(verified.rrset.rdtype)}"
            _add(changes, verified.not_after + 1, "signature", what, "bogus: an expired signature")
        ends = [anchor.valid_until for anchor in step.anchors]
        if ends and all(end is not None for end in ends):  # any anchor suffices (RFC 4035 §5)
            last = max(end for end in ends if end is not None)
            _add(changes, last + 1, "anchor", f"the trust anchor of {step.anchors[0].zone}", "no trust anchor")
    if found is not None and found.matched and found.valid_until is not None:
        _add(changes, found.valid_until + 1, "certificate", _which(chain, found.valid_until), "EXPIRED")
    return Horizon(tuple(sorted(changes.values())), tlsa.fresh_until)


def sentence(change: Change) -> str:
    """The change in one line, such as "until 2026-12-02T00:00:00Z: the signature of com. over …; then bogus: …"."""
    return f"until {time_text(change.at - 1)}: {change.what} ends; then {change.then}"


def _add(changes: dict[tuple[float, str], Change], at: float, cause: Cause, what: str, then: str) -> None:
    changes.setdefault((at, what), Change(at, cause, what, then))


def _which(chain: Sequence[bytes], until: float) -> str:
    for depth, octets in enumerate(chain):
        certificate = Certificate(octets)
        if certificate.refusal is None and certificate.facts.not_after == until:
            return "the server's certificate" if depth == 0 else f"certificate {depth} of the chain"
    return "a certificate of the path"
