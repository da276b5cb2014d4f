"""A zone's DNSKEY RRset under its DS records or its trust anchors (RFC 4035 §5.2, RFC 4034 §5, RFC 6840 §5)."""

from __future__ import annotations

from typing import NamedTuple

from resolver.data.name import Name
from resolver.data.rrset import Message, Question, RRset
from resolver.data.types import DNSKEY, DS
from resolver.data.views import Dnskey, Ds, key_tag, read_dnskey, read_ds
from resolver.validator.algorithms import Key, digest_of, is_available
from resolver.validator.anchors import Anchor
from resolver.validator.context import Context
from resolver.validator.findings import Finding, finding
from resolver.validator.policy import DIGEST_OCTETS, RSASHA1, RSASHA1_NSEC3, SHA1
from resolver.validator.signatures import check, refused_rrset
from resolver.validator.states import InsecureReason, Verified


class KeySet(NamedTuple):
    """A DNSKEY RRset that holds: the verified RRset, its usable keys in the order of R21, the anchors of its signer."""

    dnskey: Verified
    usable: tuple[Key, ...]
    anchors: tuple[Anchor, ...]


def supported(context: Context, algorithm: int) -> bool:
    """Whether signatures by this algorithm count here: by policy and by what the library can do (R38)."""
    return algorithm in context.policy.usable_algorithms and is_available(algorithm)


def usable_ds(context: Context, rrset: RRset) -> list[Ds] | InsecureReason | Finding:
    """The DS records that may lead to a key (RFC 4035 §5.2, RFC 6840 §5.2, RFC 4509 §3).

    Returns:
        The records, in canonical order; or why none counts, which makes the zone insecure; or, where no record is
        well-formed, a finding: nothing may become insecure by garbage (R38).
    """
    records = [view for rdata in rrset.rdata if (view := read_ds(rdata)) is not None]
    if not records:
        return finding("RDATA_MALFORMED", Question(rrset.owner, DS), type="DS")
    fit = [ds for ds in records if supported(context, ds.algorithm) and ds.digest_type in context.policy.usable_digests]
    if not fit:
        if any(supported(context, ds.algorithm) for ds in records):
            return "UNSUPPORTED_DIGEST"
        if all(ds.algorithm in (RSASHA1, RSASHA1_NSEC3) for ds in records) and not context.policy.allow_rsa_sha1:
            return "SHA1_POLICY"  # RFC 9905 §2
        return "UNSUPPORTED_ALGORITHM"
    # RFC 4509 §3: a SHA-1 digest counts only where no stronger one of the right length stands beside it.
    strong = [ds for ds in fit if ds.digest_type != SHA1]
    if [ds for ds in strong if len(ds.digest) == DIGEST_OCTETS[ds.digest_type]]:
        if len(strong) < len(fit):
            context.note(finding("DS_DIGEST_ALGORITHM_IGNORED", Question(rrset.owner, DS)))
        fit = strong
    elif all(ds.digest_type == SHA1 for ds in fit):
        context.note(finding("SHA1_DS_ONLY", Question(rrset.owner, DS)))
    return fit


def usable_anchors(context: Context, zone: Name) -> list[Anchor] | InsecureReason | None:
    """The anchors of a zone that count now (R1, R129); why none can be used; or None where all are out of date."""
    dated = [anchor for anchor in context.anchors.at(zone) if anchor.covers(context.now)]
    if not dated:
        return None
    known = [anchor for anchor in dated if supported(context, anchor.algorithm)]
    fit = [anchor for anchor in known if anchor.ds is None or anchor.ds.digest_type in context.policy.usable_digests]
    if fit:
        return fit
    if known:
        return "UNSUPPORTED_DIGEST"
    sha1 = all(anchor.algorithm in (RSASHA1, RSASHA1_NSEC3) for anchor in dated) and not context.policy.allow_rsa_sha1
    return "SHA1_POLICY" if sha1 else "UNSUPPORTED_ALGORITHM"


def same_anchors(context: Context, zone: Name) -> tuple[int, int]:
    """The seconds around now, both included, in which the same anchors of the zone are in date (RFC 9718 §2.2)."""
    since, until = 0, 0xFFFFFFFF
    for anchor in context.anchors.at(zone):
        after = None if anchor.valid_until is None else anchor.valid_until + 1
        for change in (anchor.valid_from, after):
            if change is None:
                continue
            if change <= context.now:
                since = max(since, change)
            else:
                until = min(until, change - 1)
    return since, until


def by_ds(context: Context, zone: Name, message: Message, records: list[Ds]) -> KeySet | list[Finding]:
    """Judge a zone's DNSKEY RRset under its parent's DS records (R28)."""
    question = Question(zone, DNSKEY)
    rrset = message.find(zone, DNSKEY)
    if rrset is None:
        return [finding("DNSKEY_MISSING", question, zone)]  # R123
    unfit = refused_rrset(context, rrset, question)  # R91: before any key is hashed
    if unfit is not None:
        return [unfit]
    keys, found = _keys(rrset)
    tried = records[: context.limits.ds_records]
    named = [key for key in keys if any(key.tag == ds.tag and key.algorithm == ds.algorithm for ds in tried)]
    hashed = named[: context.limits.dnskey_records]  # R40
    matched = [key for key in hashed if _matches(tried, zone, key)]
    good = [key for key in matched if _serves(key, question, found)]
    if not good:
        if len(records) > len(tried):
            found.append(finding("WORK_LIMIT", question, zone, what="DS records in one RRset"))
        if len(named) > len(hashed):
            found.append(finding("WORK_LIMIT", question, zone, what="keys that the DS records of one zone name"))
        for ds in tried:
            if any(key.tag == ds.tag and key.algorithm == ds.algorithm and key not in matched for key in keys):
                found.append(finding("DIGEST_INVALID", question, zone, tag=ds.tag, algorithm=ds.algorithm))
        if not matched:
            tags = ", ".join(str(ds.tag) for ds in tried)
            found.append(finding("NO_SEP", question, zone, ds_tags=tags))
        return found
    return _signed_by(context, zone, rrset, keys, good, question)


def by_anchors(context: Context, zone: Name, message: Message, anchors: list[Anchor]) -> KeySet | list[Finding]:
    """Judge a zone's DNSKEY RRset under trust anchors: signed by one, not merely containing it (R2, R3)."""
    question = Question(zone, DNSKEY)
    rrset = message.find(zone, DNSKEY)
    if rrset is None:
        return [finding("ANCHORED_DNSKEY_MISSING", question, zone)]
    unfit = refused_rrset(context, rrset, question)  # R91: before any key is hashed
    if unfit is not None:
        return [unfit]
    keys, found = _keys(rrset)
    matched = [key for key in keys if any(_is_anchored(anchor, zone, key) for anchor in anchors)]
    good = [key for key in matched if _serves(key, question, found)]
    if good:
        result = _signed_by(context, zone, rrset, keys, good, question)
        if isinstance(result, KeySet):
            signer = result.dnskey.key.dnskey
            return result._replace(anchors=tuple(each for each in anchors if _is_anchored(each, zone, signer)))
        found += result
    if any(each.code in ("EXPIRATION_IN_PAST", "INCEPTION_IN_FUTURE", "WORK_LIMIT") for each in found):
        return [each for each in found if each.code not in ("NO_MATCHING_DNSKEY", "DS_KEY_NOT_SIGNING")]
    revoked = _revoked_anchor(context, zone, rrset, keys, anchors)
    if revoked is not None:
        found.append(finding("ANCHOR_REVOKED", question, tag=revoked))
    elif rrset.rrsigs or not good:
        found.append(finding("ANCHOR_STALE", question))
    return found


def _keys(rrset: RRset) -> tuple[list[Dnskey], list[Finding]]:
    keys: list[Dnskey] = []
    found: list[Finding] = []
    for rdata in rrset.rdata:
        view = read_dnskey(rdata)
        if view is None:  # R23: one unusable record
            found.append(finding("RDATA_MALFORMED", Question(rrset.owner, DNSKEY), rrset.owner, type="DNSKEY"))
        else:
            keys.append(view)
    return keys, found


def _matches(records: list[Ds], zone: Name, key: Dnskey) -> bool:
    """RFC 4035 §5.2: tag, algorithm and digest agree with one; the digest's length too (RFC 4034 §5.1.4).

    A key is hashed once for each digest type, not once for each DS (R40).
    """
    digests: dict[int, bytes | None] = {}
    for ds in records:
        if key.tag == ds.tag and key.algorithm == ds.algorithm:
            if ds.digest_type not in digests:
                digests[ds.digest_type] = digest_of(ds.digest_type, zone, key.rdata)
            if digests[ds.digest_type] == ds.digest:
                return True
    return False


def _is_anchored(anchor: Anchor, zone: Name, key: Dnskey) -> bool:
    if anchor.ds is not None:
        return _matches([anchor.ds], zone, key)
    return anchor.dnskey == key.rdata


def _serves(key: Dnskey, question: Question, found: list[Finding]) -> bool:
    """R28: the key that a DS or anchor matches is a zone key, has protocol 3 and is not revoked."""
    zone = question.name
    if key.is_revoked:  # RFC 5011 §2.1
        found.append(finding("DNSKEY_REVOKED_DS", question, zone, tag=key.tag))
    elif not key.is_zone_key:  # RFC 4034 §2.1.1, RFC 4035 §5.2
        found.append(finding("DNSKEY_NOT_ZONE_KEY", question, zone, tag=key.tag, flags=key.flags))
    elif key.protocol != 3:  # RFC 4034 §2.1.2
        found.append(finding("DNSKEY_PROTOCOL", question, zone, tag=key.tag, protocol=key.protocol))
    else:
        return True
    return False


def _signed_by(
    context: Context,
    zone: Name,
    rrset: RRset,
    keys: list[Dnskey],
    good: list[Dnskey],
    question: Question,
) -> KeySet | list[Finding]:
    """Whether one of the matched keys signs the whole set (RFC 4035 §5.2)."""
    trusted = tuple(Key(key) for key in good[: context.limits.dnskey_records])
    result = check(context, rrset, zone, trusted)
    if isinstance(result, Verified):
        return KeySet(result, _usable(context, keys, trusted), ())
    found = result if isinstance(result, list) else []
    others = [rrsig.signer for rrsig in rrset.signatures if rrsig.signer != zone]
    if not rrset.rrsigs:
        found.append(finding("MISSING_RRSIG", question, zone))
    elif others and not found:  # RFC 4035 §5.3.1: a zone signs its own keys
        found += [finding("SIGNER_NOT_ZONE", question, zone, signer=signer) for signer in dict.fromkeys(others)]
    elif all(each.code == "NO_MATCHING_DNSKEY" for each in found):
        found = [finding("DS_KEY_NOT_SIGNING", question, zone, tag=trusted[0].tag)]
    return found


def _usable(context: Context, keys: list[Dnskey], trusted: tuple[Key, ...]) -> tuple[Key, ...]:
    """The keys that may verify the zone's data (RFC 4035 §5.3.1): matched ones first, then canonical order (R21)."""
    first = {key.rdata for key in trusted}
    rest = [
        Key(key)
        for key in keys
        if key.rdata not in first
        and key.is_zone_key  # RFC 4034 §2.1.1
        and key.protocol == 3  # RFC 4034 §2.1.2
        and not key.is_revoked  # RFC 5011 §2.1
        and supported(context, key.algorithm)
    ]
    return (*trusted, *rest)[: context.limits.dnskey_records]


def _revoked_anchor(
    context: Context, zone: Name, rrset: RRset, keys: list[Dnskey], anchors: list[Anchor]
) -> int | None:
    """The tag of an anchor that is served in revoked form and signs the set itself (RFC 5011 §2.1), or None."""
    for key in keys:
        if not key.is_revoked:
            continue
        before = (key.flags & ~0x0080).to_bytes(2) + key.rdata[2:]
        original = Dnskey(key.flags & ~0x0080, key.protocol, key.algorithm, key_tag(before), before)
        if any(_is_anchored(anchor, zone, original) for anchor in anchors):
            proof = check(context, rrset, zone, (Key(key),))
            if isinstance(proof, Verified):
                return original.tag
    return None
