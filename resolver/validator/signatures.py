"""One RRset and its signatures: RFC 4035 §5.3, every sentence of it before any mathematics.

`check` gives a Verified, an Expanded (a wildcard's, still to be proved), or the findings why not.
"""

from __future__ import annotations

from resolver.data.canonical import LAYOUTS, well_formed
from resolver.data.name import Name
from resolver.data.rrset import Question, RRset
from resolver.data.types import CNAME, DNAME, DNSKEY, DS, META_TYPES, NSEC, NSEC3, RRSIG, SOA, type_text
from resolver.data.views import Rrsig, read_dnskey
from resolver.validator import mint
from resolver.validator.algorithms import RSA, SIGNATURE_OCTETS, WEAK_RSA_BITS, BadKey, Key
from resolver.validator.context import Context
from resolver.validator.findings import Finding, finding
from resolver.validator.states import Expanded, Verified

# These cannot come from a wildcard: NSEC and NSEC3 would deny what they stand for, the others live at one name
# (RFC 4592 §4.2 to §4.7, RFC 6672 §3.3).
NEVER_EXPANDED = frozenset({NSEC, NSEC3, SOA, DNSKEY, DS, DNAME})
SINGLETONS = frozenset({NSEC, SOA, CNAME, DNAME})  # RFC 2181 §10.1 (R130)

_HAS_NAMES = frozenset(LAYOUTS) - {DS, DNSKEY, RRSIG}  # what can be malformed; of DS and DNSKEY one by one (R23)
_HALF = 1 << 31
_CLASS_IN = b"\x00\x01"


def later_by(one: int, other: int) -> int:
    """How many seconds the 32-bit time `one` is after `other`, negative if before (RFC 1982 §3.2)."""
    return ((one - other + _HALF) & 0xFFFFFFFF) - _HALF


def label_count(name: Name) -> int:
    """The labels of a name without the root and without a leading asterisk (RFC 4034 §3.1.3)."""
    wire, at = name.wire, 0
    count = -1 if wire[:2] == b"\x01*" else 0
    while length := wire[at]:
        count += 1
        at += 1 + length
    return count


def signed_data(rrset: RRset, rrsig: Rrsig) -> bytes:
    """What a signature covers (RFC 4034 §3.1.8.1): RRSIG RDATA without the signature, then the canonical RRs."""
    owner = rrset.owner
    if rrsig.labels < label_count(owner):
        owner = owner.rightmost(rrsig.labels).wildcard()  # RFC 4035 §5.3.2: the name that was signed
    head = owner.wire + rrset.rdtype.to_bytes(2) + _CLASS_IN + rrsig.original_ttl.to_bytes(4)
    rdata = rrset.rdata
    if len(rdata) == 1:
        return rrsig.head + head + len(rdata[0]).to_bytes(2) + rdata[0]
    return rrsig.head + b"".join([head + len(record).to_bytes(2) + record for record in rdata])


def refused_rrset(context: Context, rrset: RRset, question: Question) -> Finding | None:
    """Why an RRset can never be accepted, whatever its signatures; None if it can."""
    count = len(rrset.rdata)
    if count != 1:
        if rrset.rdtype in SINGLETONS:  # RFC 2181 §10.1
            return finding("SINGLETON_RRSET", question, count=count, type=type_text(rrset.rdtype))
        if count > context.limits.rrset_records:
            return finding("RRSET_TOO_LARGE", question, count=count, limit=context.limits.rrset_records)
    if rrset.rdtype in META_TYPES:  # RFC 4035 §2.2: nothing signs them
        return finding("UNSIGNABLE_TYPE", question, type=type_text(rrset.rdtype))
    if rrset.rdtype in _HAS_NAMES:
        for rdata in rrset.rdata:
            if not well_formed(rrset.rdtype, rdata):  # RFC 1035 §3.3 (R23)
                return finding("RDATA_MALFORMED", question, type=type_text(rrset.rdtype))
    return None


def check(
    context: Context, rrset: RRset, zone: Name, keys: tuple[Key, ...], all_keys: Verified | tuple[bytes, ...] = ()
) -> Verified | Expanded | list[Finding]:
    """Judge an RRset with a zone's keys.

    Args:
        context: time, policy and budget.
        rrset: with its signatures; those by other signers than `zone` are left alone here.
        zone: the apex of the zone under judgement, the only signer that counts (RFC 4035 §5.3.1).
        keys: the zone's usable keys, in the order in which they are tried (R21).
        all_keys: its whole DNSKEY RRset, or the RDATA of that, to say why a key is not usable; else nobody looks at it.

    Returns:
        Verified, Expanded, or the findings, in the order in which they were met.

    Raises:
        WorkLimit: the lookup's budget is spent.
    """
    question = Question(rrset.owner, rrset.rdtype)
    unfit = refused_rrset(context, rrset, question)
    if unfit is not None:
        return [unfit]
    found: list[Finding] = []
    late: list[Rrsig] = []
    tried = failed = 0
    limits = context.limits
    signatures = rrset.signatures
    if len(signatures) < len(rrset.rrsigs):  # R23: a malformed one is one unusable record
        found.append(finding("RRSIG_MALFORMED", question, zone))
    owner_labels = label_count(rrset.owner)
    for rrsig in signatures:
        if rrsig.signer.wire != zone.wire:
            continue
        refusal = _before_crypto(context, rrset, owner_labels, rrsig, question)
        if refusal is not None:
            if refusal.code in ("EXPIRATION_IN_PAST", "INCEPTION_IN_FUTURE"):
                late.append(rrsig)
            found.append(refusal)
            continue
        candidates = [key for key in keys if key.tag == rrsig.tag and key.algorithm == rrsig.algorithm]
        if not candidates:
            found.append(_no_key(rrsig, question, all_keys))
            continue
        if len(candidates) > limits.keys_per_tag:
            candidates = candidates[: limits.keys_per_tag]  # R21; the rest is named below if these fail
        data = signed_data(rrset, rrsig)
        for key in candidates:
            if tried >= limits.rrset_verifications or failed >= limits.rrset_failures:
                found.append(_limit(question, zone, "signature checks on one RRset"))
                return found
            tried += 1
            if _holds(context, key, rrsig, data, question, found):
                return _accept(context, rrset, owner_labels, zone, rrsig, key)
            failed += 1
        if sum(key.tag == rrsig.tag and key.algorithm == rrsig.algorithm for key in keys) > len(candidates):
            found.append(_limit(question, zone, "keys of one tag"))
    return _blame(context, rrset, zone, keys, late, found, question)


def _limit(question: Question, zone: Name, what: str) -> Finding:
    return finding("WORK_LIMIT", question, zone, what=what)


def _before_crypto(
    context: Context, rrset: RRset, owner_labels: int, rrsig: Rrsig, question: Question
) -> Finding | None:
    """The conditions of RFC 4035 §5.3.1 that need no key, in its order. Owner, class and type are equal by grouping."""
    zone = rrsig.signer
    # The signer must be the zone that contains the RRset, so the owner lies in it.
    if not rrset.owner.is_under(zone):
        return finding("SIGNER_OFF_TREE", question, zone, signer=zone)
    # The labels field must not exceed the owner's labels; a leading asterisk is not counted (RFC 4034 §3.1.3).
    if rrsig.labels != owner_labels:
        if rrsig.labels > owner_labels:
            return finding(
                "RRSIG_LABELS_EXCEED_RRSET_OWNER_LABELS", question, zone, labels=rrsig.labels, owner_labels=owner_labels
            )
        # Nor may it be below the signer's: the wildcard would lie outside the zone that signs it (RFC 4035 §5.3.1).
        # The owner's own labels never are, for it lies in the zone.
        if rrsig.labels < label_count(zone):
            return finding(
                "RRSIG_LABELS_BELOW_SIGNER", question, zone, labels=rrsig.labels, signer_labels=label_count(zone)
            )
        if rrset.rdtype in NEVER_EXPANDED:
            return finding("WILDCARD_EXPANSION_FORBIDDEN", question, zone, type=type_text(rrset.rdtype))
    # The dates, by serial number arithmetic (RFC 4034 §3.1.5, RFC 1982 §3.2).
    now, skew = context.now & 0xFFFFFFFF, context.policy.clock_skew
    if later_by(rrsig.expiration, rrsig.inception) < 0:
        return finding("RRSIG_EXPIRES_BEFORE_INCEPTION", question, zone)
    if rrsig.algorithm not in context.policy.usable_algorithms:
        return finding("ALGORITHM_NOT_SUPPORTED", question, zone, algorithm=rrsig.algorithm, tag=rrsig.tag)
    since, left = later_by(now, rrsig.inception), later_by(rrsig.expiration, now)
    if left + skew < 0:
        return finding("EXPIRATION_IN_PAST", question, zone, age=-left, when=context.now + left, tag=rrsig.tag)
    if since + skew < 0:
        return finding("INCEPTION_IN_FUTURE", question, zone, age=-since, when=context.now - since, tag=rrsig.tag)
    return None


def _no_key(rrsig: Rrsig, question: Question, all_keys: Verified | tuple[bytes, ...]) -> Finding:
    """Why no usable key has the signature's tag and algorithm (RFC 4035 §5.3.1)."""
    zone = rrsig.signer
    for rdata in all_keys.rrset.rdata if isinstance(all_keys, Verified) else all_keys:
        dnskey = read_dnskey(rdata)
        if dnskey is None or dnskey.algorithm != rrsig.algorithm or dnskey.tag != rrsig.tag:
            continue
        if dnskey.is_revoked:  # RFC 5011 §2.1: it serves for its own revocation only
            return finding("DNSKEY_REVOKED_RRSIG", question, zone, tag=dnskey.tag, algorithm=dnskey.algorithm)
        if not dnskey.is_zone_key:  # RFC 4034 §2.1.1
            return finding("DNSKEY_NOT_ZONE_KEY", question, zone, tag=dnskey.tag, flags=dnskey.flags)
        if dnskey.protocol != 3:  # RFC 4034 §2.1.2
            return finding("DNSKEY_PROTOCOL", question, zone, tag=dnskey.tag, protocol=dnskey.protocol)
        return _limit(question, zone, "keys in one DNSKEY RRset")
    return finding("NO_MATCHING_DNSKEY", question, zone, tag=rrsig.tag, algorithm=rrsig.algorithm, signer=zone)


def _holds(context: Context, key: Key, rrsig: Rrsig, data: bytes, question: Question, found: list[Finding]) -> bool:
    """One signature check; a bad key or a bad signature leaves its finding."""
    zone = rrsig.signer
    size = SIGNATURE_OCTETS.get(key.algorithm)
    if key.algorithm in RSA and 0 < key.bits < context.policy.min_rsa_bits:  # a malformed key has 0, and says so below
        context.budget.failure()
        found.append(finding("RSA_MODULUS_RANGE", question, zone, tag=key.tag, algorithm=key.algorithm, bits=key.bits))
        return False
    try:
        if (size is None or len(rrsig.signature) == size) and context.signature_holds(key, rrsig.signature, data):
            return True
    except BadKey as bad:
        context.budget.failure()  # R36: never skipped for free
        found.append(finding(bad.code, question, zone, tag=key.tag, algorithm=key.algorithm, bits=bad.bits))
        return False
    found.append(finding("SIGNATURE_INVALID", question, zone, tag=key.tag, algorithm=key.algorithm))
    return False


def _accept(
    context: Context, rrset: RRset, owner_labels: int, zone: Name, rrsig: Rrsig, key: Key
) -> Verified | Expanded:
    now = context.now
    left = later_by(rrsig.expiration, now)
    since = later_by(now, rrsig.inception)
    if left < 0 or since < 0:  # R101: accepted by the allowed skew only
        left = max(left, 0)
        context.note(
            finding("WITHIN_CLOCK_SKEW", Question(rrset.owner, rrset.rdtype), zone, skew=context.policy.clock_skew)
        )
    if key.algorithm in RSA and key.bits < WEAK_RSA_BITS:
        context.note(
            finding(
                "RSA_MODULUS_RANGE", Question(zone, DNSKEY), zone, tag=key.tag, algorithm=key.algorithm, bits=key.bits
            )
        )
    ttl = min(rrset.ttl, rrsig.ttl, rrsig.original_ttl, left)  # RFC 4035 §5.3.3
    capped = rrset if ttl == rrset.ttl else rrset.with_ttl(ttl)
    not_before = now - since if since > 0 else now
    if rrsig.labels < owner_labels:
        owner = rrset.owner
        inner = (capped, rrsig, key, zone, not_before, now + left, rrsig.original_ttl)
        return mint.expanded(inner, owner.rightmost(rrsig.labels), owner.rightmost(rrsig.labels + 1))
    return mint.verified(capped, rrsig, key, zone, not_before, now + left, rrsig.original_ttl)


def _blame(
    context: Context,
    rrset: RRset,
    zone: Name,
    keys: tuple[Key, ...],
    late: list[Rrsig],
    found: list[Finding],
    question: Question,
) -> list[Finding]:
    """Name a date as the cause only if the signature is genuine otherwise (R24): one more check, on failure only."""
    if not late:
        return found
    # One whose key is there, if there is one: a stray tag must not hide the date of the genuine signature.
    rrsig, signer = late[0], None
    for each in late:
        signer = next((key for key in keys if key.tag == each.tag and key.algorithm == each.algorithm), None)
        if signer is not None:
            rrsig = each
            break
    if signer is None or not _holds(context, signer, rrsig, signed_data(rrset, rrsig), question, []):
        found[:] = [refusal for refusal in found if refusal.code not in ("EXPIRATION_IN_PAST", "INCEPTION_IN_FUTURE")]
        found.append(finding("SIGNATURE_INVALID", question, zone, tag=rrsig.tag, algorithm=rrsig.algorithm))
    return found
