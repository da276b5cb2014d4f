"""Which signers may speak about a name, and what a message proves under one zone's keys (R115, R119, R133)."""

from __future__ import annotations

from resolver.data.name import Name
from resolver.data.rrset import Message, Question, RRset
from resolver.data.types import CDNSKEY, CDS, CSYNC, DNSKEY, DS, NS, NSEC, NSEC3, NSEC3PARAM, SOA, ZONEMD, type_text
from resolver.data.views import read_soa
from resolver.validator import nsec, nsec3
from resolver.validator.ask import Held
from resolver.validator.context import Context
from resolver.validator.findings import Finding, finding
from resolver.validator.signatures import check
from resolver.validator.spans import Denial
from resolver.validator.states import BrokenZone, SecureZone, Verified, ZoneState

# What lives at a zone's apex only, so that its signer is its owner (RFC 4035 §2.2, §2.4; RFC 7344 §4.1, RFC 8976 §2).
APEX_TYPES = frozenset({DNSKEY, SOA, NS, NSEC3PARAM, CDS, CDNSKEY, CSYNC, ZONEMD})
CANDIDATES = 2  # signers that are tried, deepest first (R119, R133)


def signers_of(context: Context, rrset: RRset, name: Name, asked: int, found: list[Finding]) -> list[Name]:
    """The signers that may hold an RRset, the deepest first (R119); the others leave their finding.

    Args:
        context: anchors and policy.
        rrset: with its signatures; its owner is `name`, or above it where it is a DNAME.
        name: the name that is judged by it; its closest anchor counts, not that of the owner (R1).
        asked: the type of the question; for DS, everything at the name is the parent's (RFC 4035 §3.1.4.1).
        found: takes the findings.
    """
    owner = rrset.owner
    parental = asked == DS and owner == name
    point, _ = context.point(name, proper=asked == DS)
    signers: list[Name] = []
    if rrset.rrsigs and not rrset.signatures:  # R23: each malformed one is one unusable record
        found.append(finding("RRSIG_MALFORMED", Question(owner, rrset.rdtype)))
    for rrsig in rrset.signatures:
        signer = rrsig.signer
        if signer in signers:
            continue
        if not owner.is_under(signer):  # RFC 4035 §5.3.1
            found.append(finding("SIGNER_OFF_TREE", Question(owner, rrset.rdtype), signer, signer=signer))
        elif (
            (parental and signer == owner)  # R4: the child does not speak for its parent (RFC 4035 §5.2)
            or (rrset.rdtype in APEX_TYPES and signer != owner and not _signals(rrset))
            or (rrset.rdtype == NSEC3 and (owner.is_root or signer != owner.parent()))  # RFC 5155 §3
            or point is None
            or not signer.is_under(point)  # R1: what is above the closest anchor has no say
        ):
            found.append(finding("SIGNER_NOT_ZONE", Question(owner, rrset.rdtype), signer, signer=signer))
        else:
            signers.append(signer)
    return _deepest_first(signers)


def _signals(rrset: RRset) -> bool:
    """Whether an RRset is a child's CDS or CDNSKEY below the name of one of its servers (RFC 9615 §2, §4.1)."""
    return rrset.rdtype in (CDS, CDNSKEY) and rrset.owner.labels[:1] == (b"_dsboot",)


def is_cut(state: ZoneState) -> bool:
    """Whether a state shows that its name is a cut that must not be passed from above (R8)."""
    return isinstance(state, SecureZone) or (isinstance(state, BrokenZone) and state.ds is not None)


async def cut_is_held(names: list[Name]) -> bool:
    """R8: whether a secure cut is at hand at one of these names, which lie below a signer (RFC 6840 §4.1)."""
    return bool(names) and any(is_cut(state) for state in await Held(tuple(names)))


def ds_in(message: Message, name: Name) -> RRset | None:
    """The DS of a name; it may come in the authority section of a referral (RFC 4035 §3.1.4, R136)."""
    for rrset in (*message.answer, *message.authority):
        if rrset.rdtype == DS and rrset.owner == name:
            return rrset
    return None


def denial_signers(context: Context, message: Message, name: Name, rdtype: int) -> list[Name]:
    """The zones that may deny `name`: signers of NSEC and NSEC3 in the message, the deepest first (R133)."""
    point, _ = context.point(name, proper=rdtype == DS)
    signers: list[Name] = []
    for rrset in denials_in(message):
        for rrsig in rrset.signatures:
            signer = rrsig.signer
            if signer in signers or not name.is_under(signer) or (rdtype == DS and signer == name):
                continue
            if point is not None and signer.is_under(point):
                signers.append(signer)
    return _deepest_first(signers)


def _deepest_first(zones: list[Name]) -> list[Name]:
    return sorted(zones, key=lambda zone: -len(zone.labels)) if len(zones) > 1 else zones


def denials_in(message: Message) -> list[RRset]:
    """The NSEC and NSEC3 RRsets of a message, whatever section they came in (R120)."""
    return [rrset for rrset in (*message.authority, *message.answer) if rrset.rdtype in (NSEC, NSEC3)]


def verified_denials(context: Context, zone: SecureZone, message: Message, found: list[Finding]) -> list[Verified]:
    """The NSEC and NSEC3 RRsets of a message that the zone signed (R41, R59), at most so many of each (R90)."""
    kept: list[Verified] = []
    flooded: set[int] = set()
    counts = {NSEC: context.limits.nsec_records, NSEC3: context.limits.nsec3_records}
    for rrset in sorted(denials_in(message), key=lambda each: each.owner.wire):
        if zone.zone not in [rrsig.signer for rrsig in rrset.signatures]:
            continue
        if not counts[rrset.rdtype]:  # R90: it is the cause only where the proof fails
            flooded.add(rrset.rdtype)
            continue
        counts[rrset.rdtype] -= 1
        result = check(context, rrset, zone.zone, zone.usable, zone.dnskey)
        if isinstance(result, Verified):
            kept.append(result)
        elif isinstance(result, list):
            found += result
    for rdtype in sorted(flooded):
        what = f"{type_text(rdtype)} records in one message"
        found.append(finding("WORK_LIMIT", Question(zone.zone, rdtype), zone.zone, what=what))
    return kept


def denial_of(
    context: Context,
    zone: SecureZone,
    name: Name,
    rdtype: int,
    message: Message,
    found: list[Finding],
    *,
    walking: bool = False,
) -> Denial | None:
    """What a message denies about `name` under one zone's keys; each proof from one kind of record (R62)."""
    records = verified_denials(context, zone, message, found)
    if not records:
        found.append(finding("MISSING_DENIAL", Question(name, rdtype), zone.zone))
        return None
    spans = nsec.usable_spans(zone.zone, records, found)
    if spans:
        held = nsec.prove(zone.zone, name, rdtype, spans, found, walking=walking)
        if held is not None:
            return held
    if any(record.rrset.rdtype == NSEC3 for record in records):
        groups = nsec3.usable_groups(context, zone.zone, records, found)
        return nsec3.prove(context, zone.zone, name, rdtype, groups, found, walking=walking)
    return None


def negative_ttl(context: Context, zone: SecureZone, message: Message, ttl: int) -> int:
    """RFC 9077 §3: a denial lives no longer than the SOA's TTL and its MINIMUM field, where a verified SOA says less."""
    for rrset in message.authority:
        if rrset.rdtype == SOA and rrset.owner == zone.zone and rrset.rdata:
            soa = read_soa(rrset.rdata[0])
            if soa is None or min(rrset.ttl, soa.minimum) >= ttl:
                continue
            result = check(context, rrset, zone.zone, zone.usable)
            if isinstance(result, Verified):  # R132: a badly signed SOA only has no say
                return min(ttl, result.rrset.ttl, soa.minimum)
    return ttl
