"""Denial by NSEC (RFC 4034 §4, RFC 4035 §5.4, RFC 6840 §4, RFC 7129 §3, RFC 9824).

Every function takes Verified records only. Names are compared in canonical order (RFC 4034 §6.1), never as text.
"""

from __future__ import annotations

from typing import NamedTuple

from resolver.data.name import Name
from resolver.data.rrset import Question
from resolver.data.types import DS, NSEC, NXNAME
from resolver.data.views import bitmap_has, read_nsec
from resolver.validator import mint
from resolver.validator.findings import Finding, finding
from resolver.validator.spans import Denial, hides_below, is_delegation, nodata_refused
from resolver.validator.states import Expanded, Verified


class Span(NamedTuple):
    """One usable NSEC: its owner, the next name, its bitmap, and the record itself."""

    owner: Name
    next: Name
    bitmap: bytes
    record: Verified


def usable_spans(zone: Name, records: list[Verified], found: list[Finding]) -> list[Span]:
    """The NSEC records that may take part in a proof in `zone`; the others leave their finding."""
    spans = []
    for record in records:
        rrset = record.rrset
        if rrset.rdtype != NSEC or record.zone != zone:  # R137: a fact of another zone
            continue
        question = Question(rrset.owner, NSEC)
        view = read_nsec(rrset.rdata[0])
        if view is None:
            found.append(finding("RDATA_MALFORMED", question, zone, type="NSEC"))
        elif not rrset.owner.is_under(zone):  # RFC 4035 §5.3.1
            found.append(finding("NSEC_OWNER_OUT_OF_SIGNER", question, zone))
        elif not view.next.is_under(zone):  # RFC 4034 §4.1.1: the next name is one of the zone's
            found.append(finding("NSEC_NEXT_OUT_OF_ZONE", question, zone))
        elif not rrset.owner < view.next and view.next != zone:  # RFC 4034 §4.1.1: only the last one wraps, to the apex
            found.append(finding("NSEC_NEXT_OUT_OF_ZONE", question, zone))
        else:
            spans.append(Span(rrset.owner, view.next, view.bitmap, record))
    return spans


def covers(zone: Name, span: Span, name: Name) -> bool:
    """Whether a span denies that `name` has records, and may do so (RFC 4035 §5.4).

    A span of a delegation or of a DNAME says nothing about what lies below its owner (RFC 6840 §4.1).
    """
    if not span.owner < name or not (name < span.next or span.next == zone):
        return False
    return not (name.is_below(span.owner) and hides_below(span.bitmap))


def closest_encloser(span: Span, name: Name) -> Name:
    """The closest encloser that a span covering `name` shows: its owner and its next name exist (RFC 7129 §3.2)."""
    one, other = name.common(span.owner), name.common(span.next)
    return one if len(one.wire) >= len(other.wire) else other


def prove(
    zone: Name, name: Name, rdtype: int, spans: list[Span], found: list[Finding], *, walking: bool = False
) -> Denial | None:
    """Prove that `name` does not exist, or has no `rdtype`; None, with findings, where nothing proves it.

    Args:
        zone: the zone under judgement.
        name, rdtype: what is denied.
        spans: from `usable_spans`.
        found: takes the findings.
        walking: whether the question is only if `name` is a zone cut (R116).
    """
    question = Question(name, rdtype)
    for span in spans:
        if span.owner == name:
            if bitmap_has(span.bitmap, NXNAME):  # RFC 9824 §3.1: a name that does not exist, denied compactly
                return Denial("NXDOMAIN", (span.record,), compact=True)
            refused = nodata_refused(span.bitmap, rdtype, walking=walking)
            if refused is None:  # RFC 4035 §5.4, first case
                delegation = rdtype == DS and is_delegation(span.bitmap)
                return Denial("NODATA", (span.record,), delegation=delegation)
            found.append(finding(refused, question, zone))
    covered = False
    for span in spans:
        if not covers(zone, span, name):
            continue
        covered = True
        encloser = closest_encloser(span, name)
        if encloser == name:  # RFC 4592 §2.2.2: something exists below, so the name is an empty non-terminal
            return Denial("NODATA", (span.record,))
        held = _wildcard(zone, encloser.wildcard(), question, span, spans, found, walking)
        if held is not None:
            return held
    if not covered:
        found.append(finding("SNAME_NOT_COVERED", question, zone))
    return None


def _wildcard(
    zone: Name, wildcard: Name, question: Question, cover: Span, spans: list[Span], found: list[Finding], walking: bool
) -> Denial | None:
    """The second half: what would the wildcard have answered? (RFC 4035 §3.1.3.2, §3.1.3.4, §5.4)"""
    for span in spans:
        if span.owner == wildcard:
            refused = nodata_refused(span.bitmap, question.rdtype, walking=walking)
            if refused is None and is_delegation(span.bitmap):
                refused = "ANCESTOR_DELEGATION_PROOF"  # R46: a wildcard never proves an insecure cut (RFC 4592 §4.2)
            if refused is None:
                records = (cover.record,) if span.record is cover.record else (cover.record, span.record)
                return Denial("NODATA", records)
            found.append(finding(refused, question, zone))
        elif covers(zone, span, wildcard):
            # RFC 4592 §2.2.2: if the next name is below the wildcard, that is an empty non-terminal: no data, but there.
            records = (cover.record,) if span.record is cover.record else (cover.record, span.record)
            return Denial("NODATA" if span.next.is_below(wildcard) else "NXDOMAIN", records)
    found.append(finding("WILDCARD_NOT_COVERED", question, zone))
    return None


def prove_expansion(zone: Name, expansion: Expanded, spans: list[Span]) -> tuple[Verified, Verified] | None:
    """The Verified of a wildcard expansion, and the NSEC that proves that no closer name matches (RFC 4035 §5.3.4)."""
    name = expansion.inner[0].owner
    if expansion.inner[3] != zone:  # R60: the proof must be of the wildcard's own zone
        return None
    for span in spans:
        if covers(zone, span, name) and closest_encloser(span, name) == expansion.closest_encloser:
            return mint.proven_expansion(expansion), span.record
    return None
