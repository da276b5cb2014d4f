"""The reply of an authoritative server, made of one zone's records (RFC 1034 §4.3.2, RFC 4035 §3.1, RFC 5155 §7.2).

Limits: 12 aliases are followed inside the zone; who asks goes on from there.
Not done: referrals: what is below a cut is some other file's business, and is reported as `Missing`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from resolver.data.name import Name
from resolver.data.rrset import RRset
from resolver.data.types import ANY, CNAME, DNAME, DS, NS, NSEC, RRSIG, SOA
from resolver.data.views import read_soa, read_target
from resolver.errors import BadName
from resolver.sources.denial import Denial
from resolver.sources.zone import Zone

MAX_ALIASES = 12  # as many as the judge follows (Limits.aliases)
NOERROR, NXDOMAIN, YXDOMAIN = 0, 3, 6  # RFC 6895 §2.3

_NOT_REDIRECTED = frozenset({CNAME, NSEC, RRSIG, ANY})  # what stands beside a CNAME (RFC 4035 §2.5)


class Missing(NamedTuple):
    """The question belongs to a zone that is delegated here.

    Fields: the topmost cut at or above the name.
    """

    cut: Name


class Response:
    """The sections and the RCODE of a reply in the making.

    Attributes:
        rcode: the response code.
        answer, authority: the RRsets, each once.
    """

    __slots__ = ("answer", "authority", "rcode")

    def __init__(self) -> None:
        self.rcode = NOERROR
        self.answer: dict[tuple[bytes, int], RRset] = {}
        self.authority: dict[tuple[bytes, int], RRset] = {}

    def tell(self, rrset: RRset) -> None:
        self.answer.setdefault((rrset.owner.wire, rrset.rdtype), rrset)

    def prove(self, rrsets: list[RRset]) -> None:
        for rrset in rrsets:
            self.authority.setdefault((rrset.owner.wire, rrset.rdtype), rrset)


def respond(
    zone: Zone, denial: Callable[[], Denial], name: Name, rdtype: int, is_own: Callable[[Name], bool]
) -> Response | Missing:
    """What the zone says to a question for a name at or below its origin.

    Args:
        zone: the zone; for DS, the parent's.
        denial: gives the zone's proofs; called only where something is denied.
        name, rdtype: the question.
        is_own: whether the same zone answers for an alias's target.

    Raises:
        BadSnapshot: a record that is needed cannot be understood.
    """
    response = Response()
    seen = {name.wire}
    for _ in range(MAX_ALIASES + 1):
        found = _step(zone, denial, name, rdtype, response)
        if isinstance(found, Missing) and not response.answer:
            return found
        if not isinstance(found, Name) or found.wire in seen or not is_own(found):
            break
        name = found  # RFC 1034 §4.3.2 step 3a: go on with the alias's target
        seen.add(name.wire)
    return response


def _step(
    zone: Zone, denial: Callable[[], Denial], name: Name, rdtype: int, response: Response
) -> Name | Missing | None:
    """Answer for one name; gives the next name of a chain of aliases, a cut, or None at the end."""
    closest = zone.origin
    for here in name.between(zone.origin):
        if zone.has(closest, DNAME):
            return _redirect(zone, closest, name, rdtype, response)
        if here.wire not in zone.nodes:
            return _beyond(zone, denial, name, closest, rdtype, response)
        if zone.has(here, NS):
            # Below a cut the zone has only glue, which is no answer (RFC 2181 §5.4.1); at it, only the DS is the
            # parent's (RFC 4035 §3.1.4.1). A DNAME at a cut is hidden like everything else there.
            if here != name or rdtype != DS:
                return Missing(here)
            break
        closest = here
    return _exact(zone, denial, name, rdtype, response)


def _exact(zone: Zone, denial: Callable[[], Denial], name: Name, rdtype: int, response: Response) -> Name | None:
    """The name exists: RFC 1034 §4.3.2 step 3a."""
    if rdtype in (ANY, RRSIG):
        # A signature travels with what it covers; a message as a value has no other place for it.
        for rrset in zone.rrsets(name):
            response.tell(rrset)
        return None
    found = zone.rrset(name, rdtype)
    if found is not None:
        response.tell(found)
        return None
    alias = zone.rrset(name, CNAME) if rdtype not in _NOT_REDIRECTED else None
    if alias is not None:
        response.tell(alias)
        return read_target(alias.rdata[0])
    response.prove(_soa(zone))
    response.prove(denial().no_data(name))
    return None


def _beyond(
    zone: Zone, denial: Callable[[], Denial], name: Name, closest: Name, rdtype: int, response: Response
) -> Name | None:
    """The name does not exist: a wildcard answers for it (RFC 4592 §3.3.1), or nothing does."""
    wildcard = closest.wildcard()
    if wildcard.wire not in zone.nodes:
        response.rcode = NXDOMAIN
        response.prove(_soa(zone))
        response.prove(denial().no_name(name, closest))
        return None
    if rdtype in (ANY, RRSIG):
        found = zone.rrsets(wildcard)
    else:
        one = zone.rrset(wildcard, rdtype)
        if one is None and rdtype not in _NOT_REDIRECTED:
            one = zone.rrset(wildcard, CNAME)
        found = [one] if one is not None else []
    if not found:
        response.prove(_soa(zone))
        response.prove(denial().no_wildcard_data(name, closest))
        return None
    for rrset in found:
        response.tell(RRset(name, rrset.rdtype, rrset.ttl, rrset.rdata, rrset.rrsigs))  # RFC 4035 §3.1.3.3
    response.prove(denial().no_closer(name, closest))
    alias = found[0].rdtype == CNAME and rdtype not in _NOT_REDIRECTED
    return read_target(found[0].rdata[0]) if alias else None


def _redirect(zone: Zone, above: Name, name: Name, rdtype: int, response: Response) -> Name | None:
    """The name is below a DNAME: the DNAME, and the CNAME that it makes (RFC 6672 §3.1, §3.2)."""
    dname = zone.rrset(above, DNAME)
    target = read_target(dname.rdata[0]) if dname is not None else None
    if dname is None or target is None:
        return None
    response.tell(dname)
    kept = name.labels[: len(name.labels) - len(above.labels)]
    try:
        new = Name.from_labels(kept + target.labels)
    except BadName:
        response.rcode = YXDOMAIN  # RFC 6672 §2.2: the new name would be too long
        return None
    response.tell(RRset(name, CNAME, dname.ttl, (new.wire,)))  # unsigned (RFC 6672 §5.3.1)
    return new if rdtype not in _NOT_REDIRECTED else None


def _soa(zone: Zone) -> list[RRset]:
    """The SOA of a negative reply, its TTL the time that the denial may be kept (RFC 2308 §3)."""
    found = zone.rrset(zone.origin, SOA)
    view = read_soa(found.rdata[0]) if found is not None else None
    if found is None or view is None:
        return []
    ttl = min(found.ttl, view.minimum)
    return [RRset(found.owner, SOA, ttl, found.rdata, tuple([(min(old, ttl), rrsig) for old, rrsig in found.rrsigs]))]
