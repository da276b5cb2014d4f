"""Whether every RRset of a zone is signed, and every signature right, and how long (RFC 4035 §2.2, §5.3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from resolver.data.name import Name
from resolver.data.rrset import Question, RRset
from resolver.data.types import DNSKEY, DS, NSEC, NSEC3, RRSIG, type_text
from resolver.data.views import Rrsig, read_dnskey
from resolver.sources.zone import Zone, covered_by
from resolver.survey.findings import Fault, as_fault, fault
from resolver.survey.layout import Place
from resolver.validator.algorithms import RSA, BadKey, Key
from resolver.validator.context import Context
from resolver.validator.keyset import supported
from resolver.validator.policy import RSASHA1, RSASHA1_NSEC3
from resolver.validator.signatures import check, later_by
from resolver.validator.states import Expanded, Verified

RECOMMENDED_RSA_BITS = 2048  # NIST SP 800-57 part 1 §5.6.1; RFC 6781 §3.4.2 is about sizes
LONG_DAYS = 180  # as Zonemaster: a signature that can be replayed for half a year
DAY = 86_400
NOT_FOR_SIGNING = frozenset({1, 3, RSASHA1, 6, RSASHA1_NSEC3, 12})  # RFC 9904 §3.1: must not, or not recommended


class Window(NamedTuple):
    """When the last good signature of an RRset ends, POSIX seconds."""

    until: int
    what: Question


class Signing:
    """Checks the RRsets of one zone under its own keys.

    Attributes:
        keys: the usable keys; `algorithms` those of all zone keys.
        checked, held: how many signatures were looked at, and how many hold.
        windows: of every RRset that holds.
    """

    def __init__(self, zone: Zone, context: Context, warn: float) -> None:
        self._zone = zone
        self._context = context
        self._warn = warn
        self.rrset = zone.rrset(zone.origin, DNSKEY)
        views = [view for rdata in self.rrset.rdata if (view := read_dnskey(rdata)) is not None] if self.rrset else []
        self.views = views
        self.keys = tuple(
            Key(view)
            for view in views
            if view.is_zone_key and view.protocol == 3 and not view.is_revoked and supported(context, view.algorithm)
        )
        self.algorithms = {view.algorithm for view in views if view.is_zone_key and not view.is_revoked}
        self._used: set[bytes] = set()
        self.checked = self.held = 0
        self.windows: list[Window] = []

    def place(self, place: Place) -> Iterator[Fault]:
        """What is wrong with the signatures at one name."""
        zone, origin = self._zone, self._zone.origin
        rrsets = zone.rrsets(place.name)
        types = {rrset.rdtype for rrset in rrsets}
        for rrset in rrsets:
            question = Question(place.name, rrset.rdtype)
            if place.kind == "hidden" or (place.kind == "cut" and rrset.rdtype not in (DS, NSEC)):
                if rrset.rrsigs and (place.kind == "cut" or rrset.rdtype != NSEC):
                    yield fault("RRSIG_UNEXPECTED", question, origin)
                continue
            yield from self.judge(rrset)
        for record in zone.nodes[place.name.wire]:
            if record.rdtype == RRSIG:
                covered = covered_by(record)
                if covered not in types:
                    yield fault("RRSIG_WITHOUT_RRSET", Question(place.name, RRSIG), origin, type=type_text(covered))

    def judge(self, rrset: RRset) -> Iterator[Fault]:
        """What is wrong with the signatures of one RRset that must be signed."""
        origin, context = self._zone.origin, self._context
        question = Question(rrset.owner, rrset.rdtype)
        self.checked += len(rrset.rrsigs)
        if not rrset.rrsigs:
            yield fault("MISSING_RRSIG", question, origin)
            return
        good: list[Rrsig] = []
        refused: list[Fault] = []
        for rrsig in rrset.rrsigs:
            single = rrset.with_rrsigs((rrsig,))
            result = check(context.for_zone(), single, origin, self.keys, self.rrset.rdata if self.rrset else ())
            if isinstance(result, Verified):
                good.append(result.rrsig)
                self.held += 1
                self._used.add(result.key.rdata)
            elif isinstance(result, Expanded):
                refused.append(fault("RRSET_NOT_VERIFIED", question, origin))
            else:
                refused += [as_fault(each) for each in result]
        yield from _distinct(refused)
        if not good:
            if not refused:
                yield fault("RRSET_NOT_VERIFIED", question, origin)
            return
        yield from self._about(rrset, good, question)

    def _about(self, rrset: RRset, good: list[Rrsig], question: Question) -> Iterator[Fault]:
        origin, now = self._zone.origin, self._context.now
        signed = {rrsig.algorithm for rrsig in rrset.signatures}
        for algorithm in sorted(self.algorithms - signed):
            yield fault("MISSING_RRSIG_FOR_ALG_DNSKEY", question, origin, algorithm=algorithm)
        left = max(later_by(rrsig.expiration, now) for rrsig in good)
        self.windows.append(Window(int(now) + left, question))
        if left < self._warn:
            yield fault("EXPIRES_SOON", question, origin, age=left, when=now + left)
        elif left < rrset.ttl:
            yield fault("TTL_BEYOND_EXPIRATION", question, origin, age=left)
        if any(later_by(rrsig.expiration, rrsig.inception) > LONG_DAYS * DAY for rrsig in good):
            yield fault("DURATION_LONG", question, origin, limit=LONG_DAYS)
        original = min(rrsig.original_ttl for rrsig in good)
        if rrset.ttl > original:
            yield fault("ORIGINAL_TTL_EXCEEDED_RRSET", question, origin, ttl=rrset.ttl, original=original)
        if any(rrsig.ttl != rrset.ttl for rrsig in good):
            yield fault("RRSET_TTL_MISMATCH", question, origin)

    def about_keys(self) -> Iterator[Fault]:
        """What is wrong with the keys themselves; called after everything was judged, for it knows who signed."""
        origin, question = self._zone.origin, Question(self._zone.origin, DNSKEY)
        for view in self.views:
            named = {"tag": view.tag, "algorithm": view.algorithm}
            if not view.is_zone_key or view.protocol != 3:
                yield fault("DNSKEY_UNUSABLE", question, origin, **named, what="flags or protocol")
                continue
            if view.is_revoked:
                alone = check(self._context.for_zone(), self.rrset, origin, (Key(view),)) if self.rrset else []
                if not isinstance(alone, Verified):  # RFC 5011 §2.1
                    yield fault("REVOKED_NOT_SIGNING", question, origin, tag=view.tag)
                continue
            key = Key(view)
            if view.algorithm in NOT_FOR_SIGNING:
                yield fault("ALGORITHM_NOT_RECOMMENDED", question, origin, **named)
            if view.algorithm in RSA and 0 < key.bits < RECOMMENDED_RSA_BITS:
                yield fault("DNSKEY_SMALLER_THAN_REC", question, origin, **named, bits=key.bits)
            bad = _unusable(key)
            if bad:
                yield fault("DNSKEY_UNUSABLE", question, origin, **named, what=bad)
            elif view.rdata not in self._used and view.algorithm in self._context.policy.usable_algorithms:
                yield fault("KEY_SIGNS_NOTHING", question, origin, **named)

    def hashed(self) -> Iterator[Fault]:
        """The same for the NSEC3 records, which stand at no name of the zone."""
        for wire in sorted(self._zone.hashed):
            rrset = self._zone.rrset(Name(wire), NSEC3)
            if rrset is not None:
                yield from self.judge(rrset)


def _unusable(key: Key) -> str:
    """Why a key cannot be loaded; "" if it can, or if its algorithm is not known."""
    try:
        key.verify(b"", b"")
    except BadKey as bad:
        return bad.code
    return ""


def _distinct(found: list[Fault]) -> Iterator[Fault]:
    seen: set[tuple[str, str]] = set()
    for each in found:
        if (each.code, each.text) not in seen:
            seen.add((each.code, each.text))
            yield each
