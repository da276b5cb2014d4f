"""The proof of a verdict, which is also its trace: an immutable DAG from the answer down to the anchors.

It keeps references, never copies and never text: making it must cost almost nothing, and reading it is rare.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolver.data.name import Name
from resolver.data.rrset import Message, Question
from resolver.validator.findings import Finding

if TYPE_CHECKING:
    from resolver.validator.anchors import Anchor
    from resolver.validator.states import Verified

# The steps that a proof node can be about.
ANCHOR, KEYS, DS, ANSWER, ALIAS, DENIAL, CUT, NOT_A_CUT, NEGATIVE_ANCHOR, FAILURE, BASE_DOMAIN = (
    "anchor",
    "keys",
    "ds",
    "answer",
    "alias",
    "denial",
    "cut",
    "not-a-cut",
    "negative-anchor",
    "failure",
    "base-domain",  # the lookups that chose a TLSA base domain (RFC 7671 §7)
)


class Proof:
    """One step of a proof.

    Attributes:
        step: what kind of step, one of the words of this module.
        subject: the name and type that it is about.
        zone: the zone whose keys hold it, or None where nothing does.
        evidence: the verified RRsets that hold it (DNSKEY, DS, data, NSEC, NSEC3).
        anchors: the trust anchors that matched, for step "anchor".
        reason: for insecurity its reason; for a denial its kind; else "".
        refused: at most 8 refused attempts, the most telling first (R142); `refused_more` counts the rest.
        finding: why it does not hold, or None.
        message: the reply that it was judged from, or None.
        rests_on: the steps that it rests on.
    """

    __slots__ = (
        "anchors",
        "evidence",
        "finding",
        "message",
        "reason",
        "refused",
        "refused_more",
        "rests_on",
        "step",
        "subject",
        "zone",
    )

    def __init__(
        self,
        step: str,
        subject: Question,
        *,
        zone: Name | None = None,
        evidence: tuple[Verified, ...] = (),
        anchors: tuple[Anchor, ...] = (),
        reason: str = "",
        refused: tuple[Finding, ...] = (),
        refused_more: int = 0,
        finding: Finding | None = None,
        message: Message | None = None,
        rests_on: tuple[Proof, ...] = (),
    ) -> None:
        self.step = step
        self.subject = subject
        self.zone = zone
        self.evidence = evidence
        self.anchors = anchors
        self.reason = reason
        self.refused = refused
        self.refused_more = refused_more
        self.finding = finding
        self.message = message
        self.rests_on = rests_on

    def walk(self) -> list[Proof]:
        """Every step of the proof once, those that others rest on first."""
        done: list[Proof] = []
        seen: set[int] = set()
        todo: list[tuple[Proof, bool]] = [(self, False)]
        while todo:
            node, expanded = todo.pop()
            if expanded:
                done.append(node)
            elif id(node) not in seen:
                seen.add(id(node))
                todo.append((node, True))
                todo.extend((below, False) for below in reversed(node.rests_on))
        return done

    def pack(self) -> None:
        """Keep the octets of each message once, and of what was read from them only where it stands.

        Nothing is lost: it is read again when somebody looks, and then stays.
        """
        todo: list[Proof] = [self]
        while todo:
            step = todo.pop()
            message = step.message
            if message is not None and message.wire:
                if step is not self and message.is_packed and all(held.is_packed for held in step.evidence):
                    continue  # and so is what it rests on, which other proofs share
                for held in step.evidence:
                    held.pack(message, step.zone)
                if step.subject == message.question:
                    step.subject = message.question
                message.pack()
            todo.extend(step.rests_on)

    def resting_on(self, step: Proof) -> Proof:
        """The same step, which rests on one more."""
        return Proof(
            self.step,
            self.subject,
            zone=self.zone,
            evidence=self.evidence,
            anchors=self.anchors,
            reason=self.reason,
            refused=self.refused,
            refused_more=self.refused_more,
            finding=self.finding,
            message=self.message,
            rests_on=(*self.rests_on, step),
        )

    def __repr__(self) -> str:
        held = f" {self.finding.code}" if self.finding else ""
        return f"<Proof {self.step} {self.subject}{held}>"
