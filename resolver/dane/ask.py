"""What a DANE plan may ask: verdicts. It never sees a message; that is the judge's matter (architecture.md, "Plans")."""

from __future__ import annotations

from resolver.data.rrset import Question, RRset
from resolver.validator.ask import Ask
from resolver.validator.outcome import Outcome


class Look(Ask[tuple[Outcome[RRset], ...]]):
    """Ask for the verdicts of some questions; one outcome for each, in their order.

    A network driver asks the questions of one Look at the same time, and never any of them twice while it is fresh.

    Attributes:
        questions: what the plan needs.
    """

    __slots__ = ("questions",)

    def __init__(self, *questions: Question) -> None:
        self.questions = questions

    def __repr__(self) -> str:
        return f"Look({', '.join(map(str, self.questions))})"
