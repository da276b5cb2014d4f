"""The walk (R116): prove that a name lies under an insecure cut, or fail. Nothing is Bogus before it ended (R117).

For each label from the closest anchor down, no label skipped: a held DS first, then what the message under judgement
proves about a cut, then the zone plan of that label, which asks for its DS.
"""

from __future__ import annotations

from typing import NamedTuple

from resolver.data.name import Name
from resolver.data.rrset import Message
from resolver.data.types import DS
from resolver.validator.ask import Held, Keys
from resolver.validator.context import Context
from resolver.validator.evidence import denial_of, denials_in, is_cut
from resolver.validator.findings import Finding
from resolver.validator.proof import Proof
from resolver.validator.settled import insecure_by
from resolver.validator.states import InsecureZone, NotACut, SecureZone, ZoneState
from resolver.validator.times import of_records


class Walked(NamedTuple):
    """Where a walk ended, and the steps on the way that were proven to be no cuts."""

    state: ZoneState
    trail: tuple[Proof, ...]


async def walk(context: Context, name: Name, rdtype: int, message: Message | None) -> Walked:
    """Walk from the closest anchor down to `name`; for type DS down to its parent (RFC 4035 §5.2, RFC 6840 §4.4).

    Returns:
        InsecureZone: the cut that was found. BrokenZone: where the walk failed. SecureZone: it ended without a cut,
        in this zone, so the data must be signed.
    """
    parental = rdtype == DS
    point, _ = context.point(name, proper=parental)
    assert point is not None  # the lookup ended before, without an anchor
    state = await Keys(point)
    context.budget.charge(state.work)
    if not isinstance(state, SecureZone):
        return Walked(state, ())
    target = name.parent() if parental and not name.is_root else name
    trail: list[Proof] = []
    for label in target.between(point):
        held = await Held((label,))
        if message is not None and not (held and is_cut(held[0])):
            cut = _cut_in(context, state, label, message)
            if cut is not None:
                return Walked(cut, tuple(trail))
        step = await Keys(label)
        context.budget.charge(step.work)
        if isinstance(step, NotACut):
            trail.append(step.proof)
            if step.nothing_below:  # R116 (e2), RFC 8020 §2
                return Walked(state, tuple(trail))
            continue
        if not isinstance(step, SecureZone):
            return Walked(step, tuple(trail))
        state = step
    return Walked(state, tuple(trail))


def _cut_in(context: Context, zone: SecureZone, label: Name, message: Message) -> InsecureZone | None:
    """R116 (c) and (d), taken from the message itself; a proof that there is no cut never spares the question."""
    if not any(rrsig.signer == zone.zone for rrset in denials_in(message) for rrsig in rrset.signatures):
        return None
    findings: list[Finding] = []
    denial = denial_of(context, zone, label, DS, message, findings, walking=True)
    if denial is None:
        return None
    times = of_records(zone, denial.evidence, message, context.now)
    return insecure_by(context, label, zone.zone, (zone.proof,), denial, message, times)
