"""One hop of a lookup: what one message says about one name and type, judged (R120 to R135).

The order is that of R120: a DNAME above the name, the records themselves, a CNAME, and then a denial. RCODE, flags,
sections and order are never evidence.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from resolver.data.name import Name
from resolver.data.rrset import Message, Question, RRset
from resolver.data.types import CNAME, DNAME, DS, NSEC
from resolver.data.views import read_target
from resolver.errors import BadName
from resolver.validator import mint, nsec, nsec3
from resolver.validator.ask import Keys
from resolver.validator.context import Context
from resolver.validator.evidence import (
    CANDIDATES,
    cut_is_held,
    denial_of,
    denial_signers,
    ds_in,
    negative_ttl,
    signers_of,
    verified_denials,
)
from resolver.validator.findings import Finding, finding
from resolver.validator.proof import CUT, Proof
from resolver.validator.signatures import check
from resolver.validator.spans import Denial
from resolver.validator.states import (
    BrokenZone,
    Expanded,
    InsecureReason,
    InsecureZone,
    NotACut,
    SecureZone,
    Verified,
    ZoneState,
)
from resolver.validator.times import Times, of_records
from resolver.validator.walk import Walked, walk

_KEY_FINDINGS = frozenset({"NO_MATCHING_DNSKEY", "SIGNATURE_INVALID"})


class Holding(NamedTuple):
    """A verified RRset with the zone that holds it, the records that a wildcard needed beside it, and its times."""

    record: Verified
    zone: SecureZone
    extra: tuple[Verified, ...]
    times: Times
    wildcard: Name | None


class Found(NamedTuple):
    """The records that were asked for."""

    held: Holding


class Aliased(NamedTuple):
    """A verified alias; `target` is None where the DNAME makes an overlong name."""

    held: Holding
    target: Name | None
    kind: Literal["CNAME", "DNAME"]


class Denied(NamedTuple):
    """A verified denial."""

    denial: Denial
    zone: SecureZone
    times: Times


class Under(NamedTuple):
    """The name lies under a proven insecure cut, or its proof grants no security; `trail` led there."""

    state: InsecureZone
    trail: tuple[Proof, ...] = ()


class Failed(NamedTuple):
    """Nothing holds; `walked` says where the walk ended, which is a BrokenZone if it failed itself."""

    found: list[Finding]
    walked: Walked


Result: TypeAlias = Found | Aliased | Denied | Under | Failed


class Hop:
    """Judges messages about one name and type."""

    __slots__ = ("_context", "_name", "_rdtype", "found")

    def __init__(self, context: Context, name: Name, rdtype: int) -> None:
        self._context = context
        self._name = name
        self._rdtype = rdtype
        self.found: list[Finding] = []

    async def judge(self, message: Message) -> Result:
        """What the message says, verified; or that the name is under an insecure cut; or why it fails."""
        result = await self._positive(message)
        if result is None:
            result = await self._negative(message)
        if result is not None:
            return result
        walked = await walk(self._context, self._name, self._rdtype, message)
        state = walked.state
        if isinstance(state, InsecureZone):
            return Under(state, walked.trail)
        if not self.found and not isinstance(state, BrokenZone):
            self.found.append(finding("MISSING_RRSIG", Question(self._name, self._rdtype), _zone_of(state)))
        return Failed(self.found, walked)

    async def _positive(self, message: Message) -> Result | None:
        """The records on the path, or None where the message holds none that verify."""
        name, rdtype = self._name, self._rdtype
        dnames = [rrset for rrset in message.answer if rrset.rdtype == DNAME and name.is_below(rrset.owner)]
        if len(dnames) > 1:
            dnames.sort(key=lambda rrset: len(rrset.owner.labels))
        for dname in dnames:  # the highest first: what a DNAME hides, it hides (R135)
            held = await self._verify(dname, message)
            if isinstance(held, InsecureZone):
                return Under(held)
            if held is not None:
                return self._synthesised(held, message)
        rrset = ds_in(message, name) if rdtype == DS else message.find(name, rdtype)
        alias = message.find(name, CNAME) if rdtype != CNAME else None
        if rrset is not None:
            if alias is not None:  # RFC 2181 §10.1 (R66): the records asked for win
                self._context.note(finding("CNAME_WITH_OTHER_DATA", Question(name, rdtype), name))
            held = await self._verify(rrset, message)
            if isinstance(held, InsecureZone):
                return Under(held)
            return None if held is None else Found(held)
        if alias is not None:
            held = await self._verify(alias, message)
            if isinstance(held, InsecureZone):
                return Under(held)
            if held is not None:
                target = read_target(held.record.rrset.rdata[0])
                return Aliased(held, target, "CNAME")
        return None

    def _synthesised(self, held: Holding, message: Message) -> Result | None:
        """RFC 6672 §2.2, §5.3.1: the alias is worked out here; a CNAME that differs from it spoils the message."""
        target = dname_target(self._name, held.record.rrset)
        alias = message.find(self._name, CNAME)
        if alias is not None and (target is None or [target.wire] != list(alias.rdata)):
            self.found.append(finding("DNAME_TARGET_MISMATCH", Question(self._name, CNAME)))
            return None
        return Aliased(held, target, "DNAME")

    async def _verify(self, rrset: RRset, message: Message) -> Holding | InsecureZone | None:
        """An RRset under the keys of one of its signers (R115, R119), with its wildcard's proof if it needs one."""
        context, owner = self._context, rrset.owner
        question = Question(owner, rrset.rdtype)
        if not rrset.rrsigs:
            self.found.append(finding("MISSING_RRSIG", question))
            return None
        at_cut = rrset.rdtype in (DS, NSEC) or (self._rdtype == DS and owner == self._name)
        tried = 0
        for signer in signers_of(context, rrset, self._name, self._rdtype, self.found):
            if tried == CANDIDATES:
                break
            if await self._passes_cut(owner, signer, at_cut):
                self.found.append(finding("PROOF_ABOVE_SECURE_CUT", question, signer))
                continue
            state = await self._keys(signer)
            if isinstance(state, NotACut):  # RFC 4035 §5.3.1: the signer is not the zone (R115)
                self.found.append(finding("SIGNER_NOT_ZONE", question, state.within, signer=signer))
                continue
            tried += 1
            if isinstance(state, InsecureZone):  # R118
                return state
            if isinstance(state, BrokenZone):
                self.found.append(state.finding)
                continue
            held = self._under(rrset, message, state)
            if held is None and await self._refreshed(state):
                renewed = await self._keys(signer)
                held = self._under(rrset, message, renewed) if isinstance(renewed, SecureZone) else None
            if held is not None:
                return held
        return None

    def _under(self, rrset: RRset, message: Message, zone: SecureZone) -> Holding | InsecureZone | None:
        context = self._context
        result = check(context, rrset, zone.zone, zone.usable, zone.dnskey)
        if isinstance(result, list):
            self.found += result
            return None
        if isinstance(result, Expanded):
            return self._expansion(result, message, zone)
        return Holding(result, zone, (), of_records(zone, (result,), message, context.now), None)

    def _expansion(self, expansion: Expanded, message: Message, zone: SecureZone) -> Holding | InsecureZone | None:
        """RFC 4035 §5.3.4, RFC 5155 §8.8: a wildcard answers only where nothing closer matches (R60, R70)."""
        context = self._context
        records = verified_denials(context, zone, message, self.found)
        wildcard = expansion.closest_encloser.wildcard()
        spans = nsec.usable_spans(zone.zone, records, self.found)
        by_nsec = nsec.prove_expansion(zone.zone, expansion, spans)
        if by_nsec is not None:
            verified, proof = by_nsec
            times = of_records(zone, by_nsec, message, context.now)
            return Holding(verified, zone, (proof,), times, wildcard)
        groups = nsec3.usable_groups(context, zone.zone, records, self.found)
        by_nsec3 = nsec3.prove_expansion(context, zone.zone, expansion, groups)
        if by_nsec3 is None:
            rrset = expansion.inner[0]
            self.found.append(finding("MISSING_NSEC_FOR_WILDCARD", Question(rrset.owner, rrset.rdtype), zone.zone))
            return None
        verified, proof, opt_out, excessive = by_nsec3
        times = of_records(zone, (verified, proof), message, context.now)
        if opt_out or excessive:  # RFC 5155 §9.2 (R57), RFC 9276 §3.2 (R54)
            cut = expansion.next_closer if opt_out else verified.rrset.owner
            return self._insecure(cut, "OPT_OUT" if opt_out else "ITERATIONS", (verified, proof), message, zone, times)
        return Holding(verified, zone, (proof,), times, wildcard)

    async def _negative(self, message: Message) -> Result | None:
        """RFC 4035 §5.4: a denial under the keys of one zone, the deepest that speaks (R133)."""
        context, name, rdtype = self._context, self._name, self._rdtype
        if message.find(name, rdtype) is not None or (rdtype != CNAME and message.find(name, CNAME) is not None):
            return None  # there are records, though none that verify: no proof that there are none
        tried = 0
        for signer in denial_signers(context, message, name, rdtype):
            if tried == CANDIDATES:
                break
            if await self._passes_cut(name, signer, rdtype == DS):
                self.found.append(finding("PROOF_ABOVE_SECURE_CUT", Question(name, rdtype), signer))
                continue
            state = await self._keys(signer)
            if isinstance(state, NotACut):
                self.found.append(finding("SIGNER_NOT_ZONE", Question(name, rdtype), state.within, signer=signer))
                continue
            tried += 1
            if isinstance(state, InsecureZone):
                return None  # the walk finds it, and says which cut
            if isinstance(state, BrokenZone):
                self.found.append(state.finding)
                continue
            denial = denial_of(context, state, name, rdtype, message, self.found)
            if denial is None and await self._refreshed(state):
                renewed = await self._keys(signer)
                if isinstance(renewed, SecureZone):
                    state = renewed
                    denial = denial_of(context, state, name, rdtype, message, self.found)
            return None if denial is None else self._denied(denial, message, state)
        if not tried:
            self.found.append(finding("MISSING_DENIAL", Question(name, rdtype)))
        return None

    def _denied(self, denial: Denial, message: Message, zone: SecureZone) -> Result:
        context = self._context
        times = of_records(zone, denial.evidence, message, context.now)
        if denial.insecure is not None:
            cut = denial.cut or self._name
            return Under(self._insecure(cut, denial.insecure, denial.evidence, message, zone, times))
        capped = negative_ttl(context, zone, message, min(record.rrset.ttl for record in denial.evidence))
        fresh_until = (message.received_at or context.now) + capped
        return Denied(denial, zone, (times[0], times[1], min(times[2], fresh_until)))

    def _insecure(
        self,
        cut: Name,
        reason: InsecureReason,
        evidence: tuple[Verified, ...],
        message: Message,
        zone: SecureZone,
        times: Times,
    ) -> InsecureZone:
        proof = Proof(
            CUT,
            Question(cut, DS),
            zone=zone.zone,
            evidence=evidence,
            reason=reason,
            message=message,
            rests_on=(zone.proof,),
        )
        return mint.insecure_zone(self._name, cut, reason, proof, times, self._context.now, {})

    async def _keys(self, zone: Name) -> ZoneState:
        state = await Keys(zone)
        self._context.budget.charge(state.work)
        return state

    async def _passes_cut(self, name: Name, signer: Name, at_cut: bool) -> bool:
        """R8: whether a secure cut is held strictly below the signer, at or above the name (RFC 6840 §4.1)."""
        inner = name.between(signer)
        if at_cut:
            inner = inner[:-1]
        return await cut_is_held(inner)

    async def _refreshed(self, state: SecureZone) -> bool:
        """R121 (RFC 7583 §3): keys that were fetched before this lookup may be stale; ask for newer ones, once."""
        if state.fetched_at >= self._context.now or not any(each.code in _KEY_FINDINGS for each in self.found):
            return False
        newer = await Keys(state.zone, newer_than=state.fetched_at)
        return isinstance(newer, SecureZone) and newer is not state


def dname_target(name: Name, dname: RRset) -> Name | None:
    """The name that a DNAME makes of a name below its owner; None if it is overlong (RFC 6672 §2.2)."""
    target = read_target(dname.rdata[0])
    if target is None:
        return None
    kept = name.labels[: len(name.labels) - len(dname.owner.labels)]
    try:
        return Name.from_labels(kept + target.labels)
    except BadName:
        return None


def _zone_of(state: ZoneState) -> Name:
    return state.within if isinstance(state, NotACut) else state.zone
