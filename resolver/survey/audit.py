"""The audit of a whole zone: every RRset signed and right, the denials complete, the parent in agreement, the digest true.

It reads one zone file and judges it as of a moment; findings come as they are found. What is not in the file (servers,
other copies, the parent unless it is given) it cannot know.

Limits: the zone is held in memory as text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from resolver.data.name import Name
from resolver.data.rrset import Question, RRset
from resolver.data.types import CNAME, DNAME, DNSKEY, NS, NSEC, RRSIG, SOA
from resolver.data.views import read_soa
from resolver.sources.zone import Zone
from resolver.survey.delegation import check_parent
from resolver.survey.denial_chain import check_denials
from resolver.survey.findings import Fault, fault
from resolver.survey.layout import Place, places
from resolver.survey.signing import DAY, Signing, Window
from resolver.survey.zonemd import check_digest
from resolver.validator.anchors import Anchors
from resolver.validator.context import Context
from resolver.validator.findings import ERROR, WARNING
from resolver.validator.policy import Policy

WARN_SECONDS = 3 * DAY  # ours: over a weekend


@dataclass(kw_only=True)
class Audit:
    """What one audit found.

    Attributes:
        zone: the apex; `path` its file.
        serial: of its SOA, or None.
        now: POSIX seconds of the moment as of which it was judged.
        faults: the findings, in the order in which they were found.
        names, rrsets: how many there are; `checked` and `held` count signatures.
        first_to_end: the signature whose end breaks something first, or None.
    """

    zone: Name
    path: str
    serial: int | None = None
    now: float = 0
    faults: list[Fault] = field(default_factory=list)
    names: int = 0
    rrsets: int = 0
    checked: int = 0
    held: int = 0
    signed: bool = False
    first_to_end: Window | None = None

    def count(self, severity: str) -> int:
        """How many findings of that severity there are."""
        return sum(each.severity == severity for each in self.faults)

    @property
    def verdict(self) -> str:
        """ "broken" where there is an error, "weak" where there are warnings only, else "sound"."""
        if self.count(ERROR):
            return "broken"
        return "weak" if self.count(WARNING) else "sound"


def audit(
    zone: Zone,
    *,
    at: float,
    parent: Zone | None = None,
    ds: RRset | None = None,
    policy: Policy | None = None,
    warn: float = WARN_SECONDS,
    progress: Callable[[int], None] | None = None,
) -> Audit:
    """Audit one zone.

    Args:
        zone: what was read from a file.
        at: POSIX seconds.
        parent: the parent's zone, if it is at hand; the zone's DS is looked up in it.
        ds: the DS RRset, where the parent's zone is not at hand.
        policy: which algorithms and digests count; the default policy if None.
        warn: seconds; signatures that end sooner are told.
        progress: called with the number of names that were looked at, every thousand.

    Raises:
        BadSnapshot: a record cannot be understood.
    """
    found = Audit(zone=zone.origin, path=zone.path, now=at)
    for each in _walk(zone, found, at, parent, ds, policy or Policy(), warn, progress):
        found.faults.append(each)
    return found


def _walk(
    zone: Zone,
    found: Audit,
    at: float,
    parent: Zone | None,
    ds: RRset | None,
    policy: Policy,
    warn: float,
    progress: Callable[[int], None] | None,
) -> Iterator[Fault]:
    from resolver.data.types import DS

    origin = zone.origin
    anchors = Anchors.from_text(". DS 1 13 2 " + "00" * 32)  # a zone is judged under its own keys; no anchor is asked
    context = Context(anchors=anchors, policy=policy, now=at)
    soa = zone.rrset(origin, SOA)
    view = read_soa(soa.rdata[0]) if soa is not None else None
    found.serial = view.serial if view is not None else None
    if soa is None:
        yield fault("ZONE_WITHOUT_SOA", Question(origin, SOA), origin)
    if not zone.has(origin, NS):
        yield fault("ZONE_WITHOUT_NS", Question(origin, NS), origin)
    if parent is not None and ds is None:
        ds = parent.rrset(origin, DS)
    signing = Signing(zone, context, warn)
    found.signed = signing.rrset is not None
    everything = list(places(zone))
    found.names = len(everything)
    for number, place in enumerate(everything, 1):
        if progress is not None and number % 1000 == 0:
            progress(number)
        found.rrsets += len(place.types - {RRSIG})
        yield from _shape(zone, place)
        if found.signed:
            yield from signing.place(place)
    if found.signed:
        yield from signing.hashed()
        yield from check_denials(zone, everything)
        yield from signing.about_keys()
        yield from check_digest(zone)
        yield from check_parent(zone, context, ds, known=parent is not None)
    elif ds is not None:
        yield fault("ZONE_UNSIGNED_UNDER_DS", Question(origin, DNSKEY), origin)
    else:
        yield fault("ZONE_UNSIGNED", Question(origin, DNSKEY), origin)
        yield from check_digest(zone)
    found.checked, found.held = signing.checked, signing.held
    found.first_to_end = min(signing.windows, key=lambda window: window.until, default=None)


def _shape(zone: Zone, place: Place) -> Iterator[Fault]:
    """What is wrong with the records at a name, whoever signs them."""
    types = place.types - {RRSIG, NSEC}
    if CNAME in types and len(types) > 1:  # RFC 2181 §10.1; NSEC and RRSIG may stand there (RFC 4034 §3, §4)
        yield fault("CNAME_WITH_OTHER_DATA", Question(place.name, CNAME), zone.origin)
    if DNSKEY in types and place.name != zone.origin and place.kind != "hidden":
        yield fault("DNSKEY_NOT_AT_ZONE_APEX", Question(place.name, DNSKEY), zone.origin)
    if place.kind == "hidden" and types:
        above = place.name.parent()
        while above.is_under(zone.origin):
            if zone.has(above, DNAME):
                yield fault("DNAME_WITH_DATA_BELOW", Question(place.name, DNAME), zone.origin)
                break
            if above == zone.origin:
                break
            above = above.parent()
    ttls: dict[int, set[int]] = {}
    for record in zone.nodes[place.name.wire]:
        if record.rdtype != RRSIG:
            ttls.setdefault(record.rdtype, set()).add(record.ttl)
    for rdtype, seen in ttls.items():
        if len(seen) > 1:  # RFC 2181 §5.2
            yield fault("RRSET_TTLS_DIFFER", Question(place.name, rdtype), zone.origin)
