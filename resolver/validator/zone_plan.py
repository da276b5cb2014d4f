"""The plan that finds the state of one zone: from its anchor, or from its DS (RFC 4035 §5, R116, R146).

A signed DS RRset leads straight to its signer. A denied, unsigned or failing one is judged only by the zone that the
walk, label by label from the anchor, reached: anything above a cut that was passed has lost its say (R8).
"""

from __future__ import annotations

from resolver.data.name import Name
from resolver.data.rrset import Message, Question, RRset
from resolver.data.types import CNAME, DNSKEY, DS
from resolver.data.views import Ds
from resolver.validator import mint
from resolver.validator.anchors import Anchor
from resolver.validator.ask import Held, Keys
from resolver.validator.asking import Asking
from resolver.validator.budget import WorkLimit
from resolver.validator.context import Context
from resolver.validator.evidence import CANDIDATES, cut_is_held, denial_of, ds_in, signers_of
from resolver.validator.findings import Finding, finding
from resolver.validator.keyset import KeySet, by_anchors, by_ds, same_anchors, usable_anchors, usable_ds
from resolver.validator.proof import CUT, KEYS, NEGATIVE_ANCHOR, Proof
from resolver.validator.proof import DS as DS_STEP
from resolver.validator.settled import broken_zone, inherited, insecure_by, no_cut, secure, unanswered
from resolver.validator.signatures import check
from resolver.validator.states import (
    BrokenZone,
    InsecureZone,
    NotACut,
    SecureZone,
    Verified,
    ZoneState,
)
from resolver.validator.times import ALWAYS, Times, meet, of_record, of_records, whole

# Labels below the anchor that may ask for their DS before those above are paid for: a third of the questions of a
# lookup, and more than the zones of any honest name but those deep in ip6.arpa.
STEP_LABELS = 20


async def zone(context: Context, name: Name) -> ZoneState:
    """Find out the state of `name`: secure, insecure, no cut, or broken.

    Args:
        context: this plan's own (`Context.for_zone`), for its budget is the zone's.
        name: at or below a configured point; it is asked for by `Keys(name)`.
    """
    try:
        point, negative = context.point(name)
        if point is None:
            return broken_zone(context, name, "BOGUS", [finding("NO_ANCHOR", Question(name, DS))], None)
        if negative:
            return _exempt(context, name, point)
        if point == name:
            return await _anchored(context, name)
        return await _delegated(context, name)
    except WorkLimit as limit:
        found = finding("WORK_LIMIT", Question(name, DNSKEY), name, what=str(limit))
        return broken_zone(context, name, "WORK_LIMIT", [found], None)


def _exempt(context: Context, name: Name, point: Name) -> InsecureZone:
    """RFC 7646 §2: at and below a negative trust anchor nothing is validated, until it ends."""
    until = context.policy.negative_points[point]
    proof = Proof(NEGATIVE_ANCHOR, Question(point, DS), reason="NEGATIVE_ANCHOR")
    return mint.insecure_zone(
        name,
        point,
        "NEGATIVE_ANCHOR",
        proof,
        (context.now, int(until), until),
        context.now,
        context.budget.all_work(name),
    )


async def _anchored(context: Context, name: Name) -> ZoneState:
    anchors = usable_anchors(context, name)
    question = Question(name, DNSKEY)
    if anchors is None or (isinstance(anchors, str) and name.is_root):
        return broken_zone(context, name, "BOGUS", [finding("ANCHOR_STALE", question)], None)
    if isinstance(anchors, str):  # R129
        proof = Proof(CUT, Question(name, DS), reason=anchors, anchors=context.anchors.at(name))
        times = (*same_anchors(context, name), float("inf"))
        return mint.insecure_zone(name, name, anchors, proof, times, context.now, context.budget.all_work(name))
    asking = Asking(context, question)
    found: list[Finding] = []
    unfit: list[Finding] = []
    while (message := await asking.next()) is not None:
        stripped = _stripped(message, name)
        if stripped is not None:
            unfit.append(stripped)
            continue
        result = by_anchors(context, name, message, anchors)
        if isinstance(result, KeySet):
            longest = max(result.anchors, key=_end_of)  # any one anchor is enough (RFC 4035 §5)
            dates = (longest.valid_from or 0, _end_of(longest), float("inf"))
            times = meet(dates, of_record(result.dnskey, message, context.now))
            proof = Proof(KEYS, question, zone=name, evidence=(result.dnskey,), anchors=result.anchors, message=message)
            return secure(context, name, result, None, proof, times, ())
        found += result
    if not found and unfit:  # R127
        return broken_zone(context, name, "UPSTREAM_UNFIT", unfit, asking)
    if not found and asking.no_reply is not None:
        return unanswered(context, name, asking, question)
    return broken_zone(context, name, "BOGUS", found, asking)


def _end_of(anchor: Anchor) -> int:
    return ALWAYS[1] if anchor.valid_until is None else anchor.valid_until


def _stripped(message: Message, name: Name) -> Finding | None:
    """R127 (RFC 8027 §3.2): an upstream that leaves out EDNS, or the signatures of an anchored zone's keys."""
    rrset = message.find(name, DNSKEY)
    question = Question(name, DNSKEY)
    if message.wire and message.edns is None:
        return finding("UPSTREAM_STRIPS_DNSSEC", question, text=f"no EDNS in the reply of {message.origin}")
    if rrset is not None and not rrset.rrsigs:
        return finding("UPSTREAM_STRIPS_DNSSEC", question, text=f"no signatures in the reply of {message.origin}")
    return None


async def enclosing(context: Context, name: Name) -> tuple[ZoneState, tuple[Proof, ...]]:
    """The deepest zone above `name`, by the walk R116: secure, or what ended the walk.

    Returns:
        SecureZone; or the InsecureZone or BrokenZone that was met; or a NotACut below which nothing exists. With it
        the proofs of the names on the way that are no cuts.
    """
    point, _ = context.point(name, proper=True)
    assert point is not None
    parent = name.parent()
    for held in await Held((parent,)) if parent != point else ():
        # The walk to the parent is known already, so a name of many labels is not walked anew for each of them.
        if isinstance(held, NotACut) and not held.nothing_below:
            within = await Keys(held.within)
            if isinstance(within, SecureZone):
                context.budget.charge(held.work)
                context.budget.charge(within.work)
                return within, (held.proof,)
    state = await Keys(point)
    met = [state]
    trail: list[Proof] = []
    for label in parent.between(point):
        if not isinstance(state, SecureZone):
            break
        step = await Keys(label)
        met.append(step)
        if isinstance(step, NotACut):
            trail.append(step.proof)
            if not step.nothing_below:
                continue
        state = step
    for step in reversed(met):  # the lowest first: what it cost names the zones above it, which are then paid for
        if step.zone not in context.budget:
            context.budget.charge(step.work)
    return state, tuple(trail)


async def _pay_for_those_above(context: Context, name: Name) -> None:
    """R90: charge a deep name for what lies above it before it asks anything itself.

    A signed DS leads to its signer, whose DS leads to its own: each asks before any is paid for. So a name of many
    labels goes down in steps of `STEP_LABELS`, and label by label where a step could cost more than is left. What the
    states above are does not matter here (R146).
    """
    point, _ = context.point(name, proper=True)
    assert point is not None
    path = name.parent().between(point)
    if len(path) < STEP_LABELS:
        return
    whole_steps = len(path) // STEP_LABELS * STEP_LABELS
    context.budget.charge((await Keys(path[whole_steps - 1])).work)
    below = len(path) + 1 - whole_steps
    if context.budget.queries + 2 * below > context.limits.queries:  # DS and DNSKEY of each zone
        context.budget.charge((await Keys(path[-1])).work)


async def _delegated(context: Context, name: Name) -> ZoneState:
    await _pay_for_those_above(context, name)
    question = Question(name, DS)
    asking = Asking(context, question, hints=(Question(name, DNSKEY),))
    found: list[Finding] = []
    above: ZoneState | None = None
    trail: tuple[Proof, ...] = ()
    while (message := await asking.next()) is not None:
        rrset = ds_in(message, name)
        if rrset is not None:
            result = await _verified_ds(context, name, rrset, found)
            if isinstance(result, InsecureZone):
                return inherited(context, name, result)
            if isinstance(result, BrokenZone):
                return broken_zone(context, name, result.why, [result.finding, *found], asking, (result.proof,))
            if result is not None:
                return await _under_ds(context, name, *result, message)
        if above is None:
            above, trail = await enclosing(context, name)
        if not isinstance(above, SecureZone):
            break
        if rrset is None:
            state = _denied(context, name, above, trail, message, found)
            if state is not None:
                return state
    if above is None:
        above, trail = await enclosing(context, name)
    rests_on = (above.proof, *trail)
    if isinstance(above, InsecureZone):
        return inherited(context, name, above)
    if isinstance(above, NotACut):
        return no_cut(context, name, above.within, True, rests_on, whole(above), ())
    if isinstance(above, BrokenZone):
        return broken_zone(context, name, above.why, [above.finding, *found], asking, rests_on)
    if not asking.replies and asking.no_reply is not None:
        return unanswered(context, name, asking, question, rests_on)
    if not found:
        found.append(finding("MISSING_RRSIG", question, above.zone))
    return broken_zone(context, name, "BOGUS", found, asking, rests_on)


async def _verified_ds(
    context: Context, name: Name, rrset: RRset, found: list[Finding]
) -> tuple[Verified, SecureZone] | InsecureZone | BrokenZone | None:
    """A DS RRset under the keys of its signer, a proper ancestor of its owner (R4, R146)."""
    tried = 0
    broken: BrokenZone | None = None
    for signer in signers_of(context, rrset, name, DS, found):
        if tried == CANDIDATES:  # R119
            break
        if await cut_is_held(name.parent().between(signer)):  # R8
            found.append(finding("PROOF_ABOVE_SECURE_CUT", Question(name, DS), signer))
            continue
        state = await Keys(signer)
        context.budget.charge(state.work)
        if isinstance(state, NotACut):  # R115
            found.append(finding("SIGNER_NOT_ZONE", Question(name, DS), state.within, signer=signer))
            continue
        tried += 1
        if isinstance(state, InsecureZone):
            return state
        if isinstance(state, BrokenZone):
            broken = broken or state
            continue
        result = check(context, rrset, signer, state.usable, state.dnskey)
        if isinstance(result, Verified):
            return result, state
        if isinstance(result, list):
            found += result
    return broken if not found else None


async def _under_ds(context: Context, name: Name, ds: Verified, parent: SecureZone, message: Message) -> ZoneState:
    """R116 (a) and (b): keys under a verified DS RRset, or insecurity where none of it can be used."""
    proof = Proof(
        DS_STEP, Question(name, DS), zone=parent.zone, evidence=(ds,), message=message, rests_on=(parent.proof,)
    )
    times = of_records(parent, (ds,), message, context.now)
    usable = usable_ds(context, ds.rrset)
    if isinstance(usable, Finding):
        return broken_zone(context, name, "BOGUS", [usable], None, (proof,))
    if isinstance(usable, str):
        cut = Proof(
            CUT,
            Question(name, DS),
            zone=parent.zone,
            evidence=(ds,),
            reason=usable,
            message=message,
            rests_on=(parent.proof,),
        )
        return mint.insecure_zone(name, name, usable, cut, times, context.now, context.budget.all_work(name))
    try:
        return await _keyed(context, name, ds, usable, proof, times, parent.notes)
    except WorkLimit as limit:  # the DS is verified all the same, and what is above it has no say below (R8)
        found = finding("WORK_LIMIT", Question(name, DNSKEY), name, what=str(limit))
        return broken_zone(context, name, "WORK_LIMIT", [found], None, (proof,), ds)


async def _keyed(
    context: Context,
    name: Name,
    ds: Verified,
    usable: list[Ds],
    proof: Proof,
    times: Times,
    notes: tuple[Finding, ...],
) -> ZoneState:
    """R116 (a): a zone's keys under its verified DS RRset."""
    question = Question(name, DNSKEY)
    asking = Asking(context, question)
    found: list[Finding] = []
    while (reply := await asking.next()) is not None:
        result = by_ds(context, name, reply, usable)
        if isinstance(result, KeySet):
            held = Proof(KEYS, question, zone=name, evidence=(result.dnskey,), message=reply, rests_on=(proof,))
            all_times = meet(times, of_record(result.dnskey, reply, context.now))
            return secure(context, name, result, ds, held, all_times, notes)
        found += result
    if not found and asking.no_reply is not None:
        return unanswered(context, name, asking, question, (proof,), ds)
    return broken_zone(context, name, "BOGUS", found, asking, (proof,), ds)


def _denied(
    context: Context,
    name: Name,
    above: SecureZone,
    trail: tuple[Proof, ...],
    message: Message,
    found: list[Finding],
) -> ZoneState | None:
    """R116 (c) to (f): what a message without DS proves about `name`, under the keys of the zone above only."""
    rests_on = (above.proof, *trail)
    alias = message.find(name, CNAME)
    if alias is not None:
        # R9: the zone's own alias at the name: no cut. Expanded, or signed by another, it proves nothing.
        result = check(context, alias, above.zone, above.usable, above.dnskey)
        if isinstance(result, Verified):
            times = of_records(above, (result,), message, context.now)
            return no_cut(context, name, above.zone, False, rests_on, times, (result,), message)
        if isinstance(result, list):
            found += result
    denial = denial_of(context, above, name, DS, message, found, walking=True)
    if denial is None:
        return None
    times = of_records(above, denial.evidence, message, context.now)
    state = insecure_by(context, name, above.zone, rests_on, denial, message, times)
    if state is not None:
        return state
    return no_cut(context, name, above.zone, denial.nothing_below, rests_on, times, denial.evidence, message)
