"""How a zone plan ends: the states that it makes, each with its proof, its times and what it cost."""

from __future__ import annotations

from resolver.data.name import Name
from resolver.data.rrset import Message, Question
from resolver.data.types import DNSKEY, DS
from resolver.validator import mint
from resolver.validator.asking import Asking
from resolver.validator.context import Context
from resolver.validator.findings import Finding, finding, worst
from resolver.validator.keyset import KeySet
from resolver.validator.limits import REFUSED_KEPT
from resolver.validator.proof import CUT, FAILURE, NOT_A_CUT, Proof
from resolver.validator.spans import Denial
from resolver.validator.states import (
    BrokenWhy,
    BrokenZone,
    InsecureReason,
    InsecureZone,
    NotACut,
    SecureZone,
    Verified,
)
from resolver.validator.times import Times, whole

FAILED_SECONDS = 60  # how long a zone is kept whose plan met failures (RFC 9520 §3.2: 1 s to 5 min)
RETRY_SECONDS = 5  # how long a broken zone is believed to be so (RFC 9520 §3.2: 1 s to 5 min)


def insecure_by(
    context: Context,
    name: Name,
    zone: Name,
    rests_on: tuple[Proof, ...],
    denial: Denial,
    message: Message,
    times: Times,
) -> InsecureZone | None:
    """R116 (c) and (d): the insecure cut that a denial of DS proves, or None where it proves none."""
    if denial.delegation:
        reason: InsecureReason = "NO_DS"
        cut = name
    elif denial.insecure == "OPT_OUT" and denial.cut is not None:
        reason, cut = "OPT_OUT", denial.cut
    else:
        return None
    proof = Proof(
        CUT,
        Question(cut, DS),
        zone=zone,
        evidence=denial.evidence,
        reason=reason,
        message=message,
        rests_on=rests_on,
    )
    return mint.insecure_zone(name, cut, reason, proof, times, context.now, context.budget.all_work(name))


def secure(
    context: Context,
    name: Name,
    keys: KeySet,
    ds: Verified | None,
    proof: Proof,
    times: Times,
    notes: tuple[Finding, ...],
) -> SecureZone:
    if context.budget.own().failures:
        # R90: every lookup that uses this state pays for its failures, so a moment of forged replies must not last.
        times = (times[0], times[1], min(times[2], context.now + FAILED_SECONDS))
    return mint.secure_zone(
        name,
        keys.dnskey,
        ds,
        keys.usable,
        proof,
        times,
        context.now,
        context.budget.all_work(name),
        (*notes, *context.notes),
    )


def inherited(context: Context, name: Name, state: InsecureZone) -> InsecureZone:
    """R118: what lies below an insecure cut is insecure by that one proof."""
    return mint.insecure_zone(
        name, state.cut, state.reason, state.proof, whole(state), context.now, context.budget.all_work(name)
    )


def no_cut(
    context: Context,
    name: Name,
    within: Name,
    nothing_below: bool,
    rests_on: tuple[Proof, ...],
    times: Times,
    evidence: tuple[Verified, ...],
    message: Message | None = None,
) -> NotACut:
    proof = Proof(NOT_A_CUT, Question(name, DS), zone=within, evidence=evidence, message=message, rests_on=rests_on)
    return mint.not_a_cut(name, within, nothing_below, proof, times, context.now, context.budget.all_work(name))


def unanswered(
    context: Context,
    name: Name,
    asking: Asking,
    question: Question,
    rests_on: tuple[Proof, ...] = (),
    ds: Verified | None = None,
) -> BrokenZone:
    assert asking.no_reply is not None
    code = "DEADLINE" if asking.no_reply.why == "deadline" else "NO_REPLY"
    found = finding(code, question, text=asking.no_reply.text)
    return broken_zone(context, name, "NO_REPLY", [found], asking, rests_on, ds)


def broken_zone(
    context: Context,
    name: Name,
    why: BrokenWhy,
    found: list[Finding],
    asking: Asking | None,
    rests_on: tuple[Proof, ...] = (),
    ds: Verified | None = None,
) -> BrokenZone:
    """A zone whose state could not be established, with everything that was tried (R142)."""
    ranked = worst(found)
    message = asking.replies[-1] if asking is not None and asking.replies else None
    if asking is not None:
        earlier = tuple(Proof(FAILURE, reply.question, message=reply) for reply in asking.replies[:-1])
        rests_on = (*rests_on, *earlier)
    proof = Proof(
        FAILURE,
        Question(name, DNSKEY if ds is not None or context.anchors.at(name) else DS),
        anchors=context.anchors.at(name),
        finding=ranked[0],
        refused=tuple(ranked[1 : 1 + REFUSED_KEPT]),
        refused_more=max(0, len(ranked) - 1 - REFUSED_KEPT),
        message=message,
        rests_on=rests_on,
    )
    return BrokenZone(
        name,
        why,
        ranked[0],
        proof,
        ds=ds,
        retry_at=context.now + RETRY_SECONDS,
        fetched_at=context.now,
        work=context.budget.all_work(name),
    )
