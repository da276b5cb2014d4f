"""Denial by hashed names: NSEC3 (RFC 5155 §8, RFC 9276, RFC 6840 §4, RFC 9824).

Records with the same hash, iterations and salt form a group, and a proof uses one group (RFC 5155 §8.2).
Every hash is paid for; a group above the hard limit of iterations is not hashed at all.
"""

from __future__ import annotations

from typing import NamedTuple

from resolver.data.hashed import HASH_OCTETS, nsec3_hash, owner_hash
from resolver.data.name import Name
from resolver.data.rrset import Question
from resolver.data.types import DNAME, DS, NSEC3, NXNAME
from resolver.data.views import bitmap_has, read_nsec3
from resolver.validator import mint
from resolver.validator.context import Context
from resolver.validator.findings import Finding, finding
from resolver.validator.spans import Denial, is_delegation, nodata_refused
from resolver.validator.states import Expanded, Verified

SHA1_HASH = 1  # the only hash algorithm (RFC 5155 §11)


class HashSpan(NamedTuple):
    """One usable NSEC3 record: its own hash, the next one, opt-out, its bitmap, and the RRset it came in."""

    owner: bytes
    next: bytes
    opt_out: bool
    bitmap: bytes
    record: Verified


class Group(NamedTuple):
    """The records of one parameter set (RFC 5155 §8.2)."""

    iterations: int
    salt: bytes
    spans: list[HashSpan]


def usable_groups(context: Context, zone: Name, records: list[Verified], found: list[Finding]) -> list[Group]:
    """The NSEC3 records that may take part in a proof in `zone`, by parameter set; the others leave their finding."""
    groups: dict[tuple[int, bytes], Group] = {}
    for record in records:
        rrset = record.rrset
        if rrset.rdtype != NSEC3 or record.zone != zone:  # R137
            continue
        own = owner_hash(rrset.owner)
        if own is None or rrset.owner.parent() != zone:  # RFC 5155 §3: one hash label under the apex
            found.append(finding("NSEC3_OWNER_DEPTH", Question(rrset.owner, NSEC3), zone))
            continue
        for rdata in rrset.rdata:
            view = read_nsec3(rdata)
            if view is None:
                found.append(finding("RDATA_MALFORMED", Question(rrset.owner, NSEC3), zone, type="NSEC3"))
            elif view.algorithm != SHA1_HASH or view.flags & ~1 or len(view.next) != HASH_OCTETS:
                # RFC 5155 §8.1, §8.2
                found.append(finding("UNSUPPORTED_NSEC3_ALGORITHM", Question(rrset.owner, NSEC3), zone))
            elif view.iterations > context.limits.nsec3_iterations_bogus:  # RFC 9276 §3.2
                iterations = view.iterations
                found.append(finding("NSEC3_ITERATIONS", Question(rrset.owner, NSEC3), zone, iterations=iterations))
            else:
                key = (view.iterations, view.salt)
                group = groups.get(key)
                if group is None:
                    group = groups[key] = Group(*key, [])
                group.spans.append(HashSpan(own, view.next, view.opt_out, view.bitmap, record))
    return [groups[key] for key in sorted(groups)]


def hash_of(context: Context, group: Group, name: Name) -> bytes:
    """The hash of a name (RFC 5155 §5), remembered for the lookup and paid for by its SHA-1 blocks.

    Raises:
        WorkLimit: the budget is spent.
    """
    key = (group.iterations, group.salt, name.wire)
    digest = context.hashes.get(key)
    if digest is None:
        salt = group.salt
        # SHA-1 pads with at least 9 octets to blocks of 64 (RFC 3174 §4).
        first, again = (len(name.wire) + len(salt) + 72) // 64, (HASH_OCTETS + len(salt) + 72) // 64
        context.budget.nsec3(first + again * group.iterations)
        digest = context.hashes[key] = nsec3_hash(name, salt, group.iterations)
    return digest


def _match(context: Context, group: Group, name: Name) -> HashSpan | None:
    digest = hash_of(context, group, name)
    for span in group.spans:
        if span.owner == digest:
            return span
    return None


def _cover(context: Context, group: Group, name: Name) -> HashSpan | None:
    """The span that covers a name's hash (RFC 5155 §1.3); the last one wraps, a single one covers all but itself."""
    digest = hash_of(context, group, name)
    for span in group.spans:
        if span.owner < span.next:
            if span.owner < digest < span.next:
                return span
        elif digest != span.owner and (digest > span.owner or digest < span.next):
            return span
    return None


def prove(
    context: Context,
    zone: Name,
    name: Name,
    rdtype: int,
    groups: list[Group],
    found: list[Finding],
    *,
    walking: bool = False,
) -> Denial | None:
    """Prove that `name` does not exist, or has no `rdtype`; None, with findings, where nothing proves it.

    Args: as for `nsec.prove`. A proof by more iterations than the policy accepts holds, but is insecure (R54).
    """
    for group in groups:
        held = _prove(context, zone, name, rdtype, group, found, walking)
        if held is not None:
            if held.insecure is None and group.iterations > context.limits.nsec3_iterations:
                return held._replace(insecure="ITERATIONS", cut=name)  # RFC 9276 §3.2
            return held
    if not groups:
        found.append(finding("NO_CLOSEST_ENCLOSER", Question(name, rdtype), zone))
    return None


def _prove(
    context: Context, zone: Name, name: Name, rdtype: int, group: Group, found: list[Finding], walking: bool
) -> Denial | None:
    question = Question(name, rdtype)
    match = _match(context, group, name)
    if match is not None:
        if bitmap_has(match.bitmap, NXNAME):  # RFC 9824 §3.1
            return Denial("NXDOMAIN", (match.record,), compact=True)
        refused = nodata_refused(match.bitmap, rdtype, walking=walking)
        if refused is None:  # RFC 5155 §8.5, §8.6, §8.9
            return Denial("NODATA", (match.record,), delegation=rdtype == DS and is_delegation(match.bitmap))
        found.append(finding(refused, question, zone))
        return None
    enclosed = _closest_encloser(context, zone, name, group, found)
    if enclosed is None:
        return None
    encloser, next_closer, at_encloser = enclosed
    cover = _cover(context, group, next_closer)
    if cover is None:  # RFC 5155 §8.3
        found.append(finding("NEXT_CLOSEST_ENCLOSER_NOT_COVERED", question, zone))
        return None
    records = _distinct(at_encloser.record, cover.record)
    if cover.opt_out:  # RFC 5155 §6, §8.6, §9.2: there may be an unsigned delegation, so nothing is proved at or below
        return Denial("NODATA" if rdtype == DS else "NXDOMAIN", records, insecure="OPT_OUT", cut=next_closer)
    wildcard = encloser.wildcard()
    at_wildcard = _match(context, group, wildcard)
    if at_wildcard is not None:  # RFC 5155 §8.7
        refused = nodata_refused(at_wildcard.bitmap, rdtype, walking=walking)
        if refused is None and is_delegation(at_wildcard.bitmap):
            refused = "ANCESTOR_DELEGATION_PROOF"  # R46: a wildcard never proves an insecure cut (RFC 4592 §4.2)
        if refused is not None:
            found.append(finding(refused, question, zone))
            return None
        return Denial("NODATA", _distinct(*records, at_wildcard.record))
    over_wildcard = _cover(context, group, wildcard)
    if over_wildcard is None:  # RFC 5155 §8.4
        found.append(finding("WILDCARD_NOT_COVERED", question, zone))
        return None
    return Denial("NXDOMAIN", _distinct(*records, over_wildcard.record))


def _closest_encloser(
    context: Context, zone: Name, name: Name, group: Group, found: list[Finding]
) -> tuple[Name, Name, HashSpan] | None:
    """The closest provable encloser, the next closer name, and the encloser's record (RFC 5155 §8.3)."""
    question = Question(name, NSEC3)
    next_closer = name
    while next_closer != zone:
        encloser = next_closer.parent()
        match = _match(context, group, encloser)
        if match is not None:
            # RFC 5155 §8.3: not a DNAME owner, nor a delegation seen from its parent.
            if is_delegation(match.bitmap) or bitmap_has(match.bitmap, DNAME):
                found.append(finding("ANCESTOR_DELEGATION_PROOF", question, zone))
                return None
            return encloser, next_closer, match
        next_closer = encloser
    found.append(finding("NO_CLOSEST_ENCLOSER", question, zone))
    return None


def prove_expansion(
    context: Context, zone: Name, expansion: Expanded, groups: list[Group]
) -> tuple[Verified, Verified, bool, bool] | None:
    """The Verified of a wildcard expansion and the record that covers the next closer name (RFC 5155 §8.8).

    Returns:
        (Verified, NSEC3, whether opt-out covers it, whether the iterations exceed the policy), or None.
    """
    if expansion.inner[3] != zone:  # R60
        return None
    for group in groups:
        cover = _cover(context, group, expansion.next_closer)
        if cover is not None:
            excessive = group.iterations > context.limits.nsec3_iterations
            return mint.proven_expansion(expansion), cover.record, cover.opt_out, excessive
    return None


def _distinct(*records: Verified) -> tuple[Verified, ...]:
    return tuple(dict.fromkeys(records))  # a Verified equals only itself
