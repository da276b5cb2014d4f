"""The audit of a zone as one stream of problems: what costs most comes last, and nothing waits for the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolver.data.name import Name
from resolver.data.types import CDNSKEY, CDS, DNSKEY, DS, NSEC3, RRSIG, SOA
from resolver.trace.auditing import denial, digest, signing
from resolver.trace.auditing.layout import Layout
from resolver.trace.auditing.problems import Problem, problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from resolver.sources.zone import Zone
    from resolver.validator.anchors import Anchors
    from resolver.validator.policy import Policy


class Audit:
    """One zone's audit; iterate over `problems()` once, then the figures are there.

    Attributes:
        zone: what is audited.
        names, rrsets, signatures: how many were looked at.
        first_end: when the first good signature ends, POSIX seconds, and whose that is.
    """

    def __init__(self, zone: Zone, *, now: float, anchors: Anchors, policy: Policy, parent: Zone | None = None) -> None:
        """Prepare.

        Args:
            zone: what is audited.
            now: the moment, POSIX seconds.
            anchors: for the judge's context; the keys of the zone itself are what is checked against.
            policy: which algorithms are used.
            parent: the zone file of the parent, if it is at hand.
        """
        self.zone = zone
        self._now = now
        self._anchors = anchors
        self._policy = policy
        self._parent = parent
        self.names = self.rrsets = self.signatures = 0
        self.first_end: tuple[int, str] | None = None

    def problems(self) -> Iterator[Problem]:
        """What is wrong, as it is found."""
        zone = self.zone
        if not zone.has(zone.origin, SOA):
            yield problem("NO_SOA", zone.origin, SOA)
        yield from digest.digest_problems(zone)
        layout = Layout(zone)
        self.names = len(layout.names)
        rrset = zone.rrset(zone.origin, DNSKEY)
        keys = signing.keys_of(rrset)
        if rrset is None:
            signed = any(RRSIG in layout.types(name) for name in layout.names)
            yield problem("SIGNED_WITHOUT_KEYS" if signed else "NOT_SIGNED", zone.origin, DNSKEY)
            return
        yield from signing.key_problems(zone.origin, keys)
        cds, cdnskey = zone.rrset(zone.origin, CDS), zone.rrset(zone.origin, CDNSKEY)
        yield from signing.child_problems(zone.origin, keys, cds, cdnskey)
        if self._parent is not None:
            yield from signing.parent_problems(zone.origin, keys, self._parent.rrset(zone.origin, DS), cds)
        yield from signing.stray_problems(layout)
        yield from denial.denial_problems(layout)
        checker = signing.Checker(zone.origin, keys, self._anchors, self._policy, self._now)
        for name, rdtype in layout.signed():
            found = zone.rrset(name, rdtype)
            if found is not None:
                self.rrsets += 1
                yield from checker.rrset(found)
        for wire in sorted(zone.hashed):
            found = zone.rrset(Name(wire), NSEC3)
            if found is not None:
                self.rrsets += 1
                yield from checker.rrset(found)
        self.signatures, self.first_end = checker.checked, checker.first_end
