"""Keys and signatures of a zone: each signature alone, so that one good one hides no bad one; and what the parent says."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from resolver.data.rrset import Question, RRset
from resolver.data.types import CDNSKEY, CDS, CNAME, DNSKEY, DS, NSEC, RRSIG, type_text
from resolver.data.views import Dnskey, Ds, read_dnskey, read_ds
from resolver.trace.auditing.problems import Problem, of_finding, problem
from resolver.trace.forecast import SOON
from resolver.trace.moments import near
from resolver.validator.algorithms import RSA, Key, digest_of
from resolver.validator.context import Context
from resolver.validator.findings import duration, finding
from resolver.validator.limits import Limits
from resolver.validator.signatures import check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from resolver.data.name import Name
    from resolver.trace.auditing.layout import Layout
    from resolver.validator.anchors import Anchors
    from resolver.validator.policy import Policy

MANY = 1 << 40  # of a limit: the file is the auditor's own, and each signature is checked once
RECOMMENDED_RSA_BITS = 2048  # RFC 8624 §3.1


class Keys(NamedTuple):
    """A zone's keys: those that may sign, and the RDATA of all; the algorithms that must sign every RRset."""

    usable: tuple[Key, ...]
    every: tuple[bytes, ...]
    algorithms: frozenset[int]


class Checker:
    """Checks signatures of one zone as of one moment, and remembers when the first one ends.

    Attributes:
        checked: how many signatures were.
        first_end: when the first of them ends, POSIX seconds, and whose that is; None before any was seen.
    """

    def __init__(self, zone: Name, keys: Keys, anchors: Anchors, policy: Policy, now: float) -> None:
        self._zone = zone
        self._keys = keys
        limits = Limits(
            verifications=MANY,
            failed_verifications=MANY,
            rrset_verifications=MANY,
            rrset_failures=MANY,
            keys_per_tag=64,
        )
        self._context = Context(anchors=anchors, policy=policy, now=now, limits=limits)
        self._now = now
        self.checked = 0
        self.first_end: tuple[int, str] | None = None

    def rrset(self, rrset: RRset) -> Iterator[Problem]:
        """What is wrong with the signatures over an RRset."""
        question = Question(rrset.owner, rrset.rdtype)
        if not rrset.rrsigs:
            yield of_finding(finding("MISSING_RRSIG", question, self._zone))
            return
        made = {view.algorithm for view in rrset.signatures}  # whether they hold is said of each
        for ttl, octets in rrset.rrsigs:
            single = rrset.with_rrsigs(((ttl, octets),))
            result = check(self._context, single, self._zone, self._keys.usable, self._keys.every)
            self.checked += 1
            if isinstance(result, list):
                found = [found for found in result if found.code != "MISSING_RRSIG"]
                found = found or [finding("SIGNER_NOT_ZONE", question, self._zone, signer=_signer(single))]
                yield from (of_finding(each) for each in found)
                continue
            yield from self._dates(single)
        for algorithm in sorted(self._keys.algorithms - made):
            yield problem("MISSING_RRSIG_FOR_ALG_DNSKEY", rrset.owner, rrset.rdtype, algorithm=algorithm)

    def _dates(self, single: RRset) -> Iterator[Problem]:
        """What is wrong with TTL and dates of a good signature."""
        (view,) = single.signatures
        name, rdtype = single.owner, single.rdtype
        end = near(view.expiration, self._now)
        if self.first_end is None or end < self.first_end[0]:
            self.first_end = (end, f"{name}/{type_text(rdtype)}, signed by {view.tag}")
        left = end - self._now
        if single.ttl > view.original_ttl:
            yield problem("ORIGINAL_TTL_EXCEEDED_RRSET", name, rdtype, ttl=single.ttl, original=view.original_ttl)
        if left < single.ttl:
            yield problem("TTL_BEYOND_EXPIRATION", name, rdtype, ttl=single.ttl, tag=view.tag, left=duration(left))
        elif left < SOON:
            yield problem("REMAINING_SHORT", name, rdtype, tag=view.tag, left=duration(left))


def _signer(rrset: RRset) -> str:
    return str(rrset.signatures[0].signer) if rrset.signatures else "?"


def keys_of(rrset: RRset | None) -> Keys:
    """The keys of a DNSKEY RRset."""
    if rrset is None:
        return Keys((), (), frozenset())
    views = [view for rdata in rrset.rdata if (view := read_dnskey(rdata)) is not None]
    usable = [view for view in views if view.is_zone_key and not view.is_revoked and view.protocol == 3]
    return Keys(tuple(map(Key, usable)), rrset.rdata, frozenset(view.algorithm for view in usable))


def key_problems(zone: Name, keys: Keys) -> Iterator[Problem]:
    """What is wrong with the keys themselves."""
    for key in keys.usable:
        if key.algorithm in RSA and 0 < key.bits < RECOMMENDED_RSA_BITS:
            yield problem("DNSKEY_SMALLER_THAN_REC", zone, DNSKEY, tag=key.tag, algorithm=key.algorithm, bits=key.bits)


def stray_problems(layout: Layout) -> Iterator[Problem]:
    """Signatures over nothing, signed data that are not the zone's, and aliases beside other data."""
    for name in layout.names:
        types = layout.types(name)
        covered = {rrset.rdtype for rrset in layout.zone.rrsets(name) if rrset.rrsigs}
        if RRSIG in types and not covered:
            yield problem("RRSIG_FOR_NOTHING", name, RRSIG, covered="a type")
        if name in layout.cuts:
            for rdtype in sorted(covered - {DS, NSEC}):
                yield problem("SIGNED_BELOW_CUT", name, rdtype)
        if CNAME in types and types - {CNAME, RRSIG, NSEC}:  # RFC 4034 §4: NSEC and RRSIG may stand beside it
            yield of_finding(finding("CNAME_WITH_OTHER_DATA", Question(name, CNAME), layout.zone.origin))


def child_problems(zone: Name, keys: Keys, cds: RRset | None, cdnskey: RRset | None) -> Iterator[Problem]:
    """What is wrong with CDS and CDNSKEY (RFC 7344 §4, RFC 8078 §4)."""
    wanted = [view for rdata in (cdnskey.rdata if cdnskey else ()) if (view := read_dnskey(rdata)) is not None]
    digests = [digest for rdata in (cds.rdata if cds else ()) if (digest := read_ds(rdata)) is not None]
    numbers = ((CDS, [digest.algorithm for digest in digests]), (CDNSKEY, [view.algorithm for view in wanted]))
    for rdtype, algorithms in numbers:
        if len(algorithms) > 1 and 0 in algorithms:  # RFC 8078 §4: 0 is the wish to delete
            yield problem("CDS_DELETE_NOT_ALONE", zone, rdtype, type=type_text(rdtype))
    every = [view for rdata in keys.every if (view := read_dnskey(rdata)) is not None]
    for digest in digests:
        if digest.algorithm and not any(_fits(zone, digest, key) for key in every):
            yield problem("CDS_WITHOUT_KEY", zone, CDS, type="CDS", tag=digest.tag, algorithm=digest.algorithm)
    for view in wanted:
        if view.algorithm and view.rdata not in keys.every:
            yield problem("CDS_WITHOUT_KEY", zone, CDNSKEY, type="CDNSKEY", tag=view.tag, algorithm=view.algorithm)
    if digests and wanted and {(each.tag, each.algorithm) for each in digests} != {_identity(each) for each in wanted}:
        yield problem("CDS_MISMATCH_CDNSKEY", zone, CDS)


def _identity(key: Dnskey) -> tuple[int, int]:
    return (0, 0) if key.algorithm == 0 else (key.tag, key.algorithm)  # the wish to delete has no key (RFC 8078 §4)


def _fits(zone: Name, ds: Ds, key: Dnskey) -> bool:
    if (ds.tag, ds.algorithm) != (key.tag, key.algorithm):
        return False
    return digest_of(ds.digest_type, zone, key.rdata) == ds.digest


def parent_problems(zone: Name, keys: Keys, ds: RRset | None, cds: RRset | None) -> Iterator[Problem]:
    """Whether the parent's DS fit the zone's keys, where the parent's zone file is at hand."""
    if ds is None:
        yield problem("NO_DS_AT_PARENT", zone, DS)
        return
    every = [view for rdata in keys.every if (view := read_dnskey(rdata)) is not None]
    published = [found for rdata in ds.rdata if (found := read_ds(rdata)) is not None]
    fitting = [found for found in published if any(_fits(zone, found, key) for key in every)]
    if not fitting:
        tags = ", ".join(str(found.tag) for found in published)
        yield of_finding(finding("NO_SEP", Question(zone, DNSKEY), zone, ds_tags=tags))
    for found in published if fitting else ():
        if found not in fitting:
            yield problem("DS_WITHOUT_KEY", zone, DS, tag=found.tag, algorithm=found.algorithm)
    if cds is not None and set(cds.rdata) != set(ds.rdata):
        yield problem("DS_PENDING", zone, CDS)
