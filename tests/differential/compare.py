"""Two verdicts on each question of a case, in the same words, and where they differ."""

from __future__ import annotations

from typing import Any, NamedTuple

from resolver import Policy, Secure
from resolver.data.rrset import Question, RRset
from resolver.data.types import type_text
from resolver.validator.outcome import Outcome
from tests.differential.loopback import Libunbound
from tests.differential.worlds import Case

# libunbound 1.17 takes RSA with SHA-1 for signed; RFC 9905 §2 is a matter of policy and has its own tests.
POLICY = Policy(allow_rsa_sha1=True)
UNUSABLE_RCODES = (2, 5)  # SERVFAIL, REFUSED: libunbound has no verdict


class Disagreement(NamedTuple):
    """One question on which the two differ.

    Attributes:
        case, question: what was judged.
        ours, theirs: "secure" (data), "absent", "insecure" or "bogus" (which stands for indeterminate too).
        code: the cause of ours; "" for Secure and Absent.
        why: libunbound's reason; "" unless it is bogus.
        outcome: ours, whole.
    """

    case: Case
    question: Question
    ours: str
    theirs: str
    code: str
    why: str
    outcome: Outcome[RRset]

    def describe(self) -> str:
        """One line, and the world."""
        name = f"{self.question.name} {type_text(self.question.rdtype)}"
        return f"#{self.case.number} {name}: we {self.ours} {self.code}; libunbound {self.theirs} {self.why}"


def compare(case: Case, libunbound: Libunbound) -> tuple[list[tuple[str, Question]], list[Disagreement]]:
    """The verdicts on which both agree, and the disagreements."""
    questions = [(str(question.name), question.rdtype) for question in case.questions]
    results = libunbound.ask(case.world, questions)
    ours = case.world.offline(policy=POLICY)
    agreed: list[tuple[str, Question]] = []
    differ: list[Disagreement] = []
    for question, result in zip(case.questions, results, strict=True):
        outcome = ours.lookup(question.name, question.rdtype)
        word = "bogus" if outcome.status == "indeterminate" else outcome.status
        other = _word(result)
        same_data = not isinstance(outcome, Secure) or _data(outcome.value) == result.get("data")
        if word == other and same_data:
            agreed.append((word, question))
        else:
            code = outcome.cause.code if outcome.cause is not None else ""
            why = str(result.get("why") or result.get("error", ""))
            other = other if word != other else "secure, other data"
            differ.append(Disagreement(case, question, word, other, code, why, outcome))
    return agreed, differ


def _word(result: dict[str, Any]) -> str:
    """libunbound's verdict in our words."""
    if "error" in result or result["bogus"] or result["rcode"] in UNUSABLE_RCODES:
        return "bogus"
    if not result["secure"]:
        return "insecure"
    return "secure" if result["data"] else "absent"


def _data(rrset: RRset) -> list[str]:
    return sorted(rdata.hex() for rdata in rrset.rdata)
