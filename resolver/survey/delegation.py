"""Whether a zone and its parent agree: DS, DNSKEY, CDS and CDNSKEY (RFC 4035 §2.4, RFC 7344, RFC 8078)."""

from __future__ import annotations

from collections.abc import Iterator

from resolver.data.rrset import Question, RRset
from resolver.data.types import CDNSKEY, CDS, DNSKEY, DS
from resolver.data.views import Dnskey, Ds, read_dnskey, read_ds
from resolver.sources.zone import Zone
from resolver.survey.findings import Fault, fault
from resolver.validator.algorithms import Key, digest_of
from resolver.validator.context import Context
from resolver.validator.policy import SHA1
from resolver.validator.signatures import check
from resolver.validator.states import Verified

DELETE_CDS = bytes((0, 0, 0, 0, 0))  # RFC 8078 §4: 0 0 0 00
DELETE_CDNSKEY = bytes((0, 0, 3, 0, 0))  # RFC 8078 §4: 0 3 0 AA==


def check_parent(zone: Zone, context: Context, ds: RRset | None, *, known: bool) -> Iterator[Fault]:
    """What is wrong between a zone and its parent.

    Args:
        zone: the zone.
        context: policy and time.
        ds: the parent's DS RRset.
        known: whether the parent was looked at; where not, no lack of DS is told.
    """
    origin = zone.origin
    keys = zone.rrset(origin, DNSKEY)
    views = _views(keys)
    if ds is not None:
        yield from _check_ds(zone, context, ds, keys, views)
    elif known and keys is not None and not origin.is_root:
        yield fault("NO_DS_FOR_SIGNED_ZONE", Question(origin, DS), origin)
    yield from _check_cds(zone, ds, views)


def _views(keys: RRset | None) -> list[Dnskey]:
    return [view for rdata in keys.rdata if (view := read_dnskey(rdata)) is not None] if keys is not None else []


def _fits(ds: Ds, zone: Zone, key: Dnskey) -> bool:
    """Whether a DS is of a key (RFC 4034 §5.1.4)."""
    return (ds.tag, ds.algorithm) == (key.tag, key.algorithm) and digest_of(
        ds.digest_type, zone.origin, key.rdata
    ) == ds.digest


def _check_ds(zone: Zone, context: Context, ds: RRset, keys: RRset | None, views: list[Dnskey]) -> Iterator[Fault]:
    origin = zone.origin
    question = Question(origin, DS)
    if keys is None:
        yield fault("ZONE_UNSIGNED_UNDER_DS", question, origin)
        return
    named: list[Dnskey] = []
    for rdata in ds.rdata:
        view = read_ds(rdata)
        if view is None:
            yield fault("RDATA_MALFORMED", question, origin, type="DS")
            continue
        if view.digest_type not in context.policy.usable_digests or view.digest_type == SHA1:
            yield fault("DIGEST_ALGORITHM_NOT_RECOMMENDED", question, origin, digest=view.digest_type)
        fitting = [key for key in views if _fits(view, zone, key)]
        named += fitting
        if not fitting:
            yield fault("DS_WITHOUT_KEY", question, origin, tag=view.tag, algorithm=view.algorithm)
    usable = tuple(Key(key) for key in named if key.is_zone_key and not key.is_revoked)
    if not usable or not isinstance(check(context.for_zone(), keys, origin, usable, keys.rdata), Verified):
        yield fault("NO_SEP", Question(origin, DNSKEY), origin)


def _check_cds(zone: Zone, ds: RRset | None, views: list[Dnskey]) -> Iterator[Fault]:
    origin = zone.origin
    cds, cdnskey = zone.rrset(origin, CDS), zone.rrset(origin, CDNSKEY)
    yield from _deletion(cds, CDS, DELETE_CDS, zone)
    yield from _deletion(cdnskey, CDNSKEY, DELETE_CDNSKEY, zone)
    wanted: set[bytes] = set()
    if cds is not None and DELETE_CDS not in cds.rdata:
        for rdata in cds.rdata:
            view = read_ds(rdata)
            fitting = [key.rdata for key in views if view is not None and _fits(view, zone, key)]
            if not fitting and view is not None and view.algorithm:
                question = Question(origin, CDS)
                yield fault("CDS_WITHOUT_KEY", question, origin, tag=view.tag, algorithm=view.algorithm)
            wanted |= set(fitting)
        if ds is not None and set(ds.rdata) != set(cds.rdata):  # the parent has not followed yet, or never will
            yield fault("CDS_INCONSISTENT_WITH_DS", Question(origin, CDS), origin)
    if cdnskey is not None and DELETE_CDNSKEY not in cdnskey.rdata:
        known = {view.rdata for view in views}
        for rdata in cdnskey.rdata:
            key = read_dnskey(rdata)
            if rdata not in known and key is not None:
                question = Question(origin, CDNSKEY)
                yield fault("CDNSKEY_WITHOUT_KEY", question, origin, tag=key.tag, algorithm=key.algorithm)
        if cds is not None and DELETE_CDS not in cds.rdata and wanted != set(cdnskey.rdata):  # RFC 7344 §4
            yield fault("CDNSKEY_INCONSISTENT_WITH_CDS", Question(origin, CDNSKEY), origin)


def _deletion(rrset: RRset | None, rdtype: int, form: bytes, zone: Zone) -> Iterator[Fault]:
    """RFC 8078 §4: the request to delete has one form and stands alone."""
    if rrset is None:
        return
    word = {CDS: "CDS", CDNSKEY: "CDNSKEY"}[rdtype]
    question = Question(zone.origin, rdtype)
    asking = [rdata for rdata in rrset.rdata if len(rdata) > 3 and rdata[2 if rdtype == CDS else 3] == 0]
    if any(rdata != form for rdata in asking):
        yield fault("CDS_INCORRECT_DELETE_VALUES", question, zone.origin, type=word)
    if asking and len(rrset.rdata) > 1:
        yield fault("CDS_DELETE_MULTIPLE_RECORDS", question, zone.origin, type=word)
