"""Two sources as one: some questions are answered by the upper one, the others by the lower; it never judges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolver.data.rrset import Message, NoReply, Question
from resolver.data.types import DS

if TYPE_CHECKING:
    from collections.abc import Callable

    from resolver.data.name import Name
    from resolver.sources.source import Source


class Layered:
    """A `Source` over two others.

    Where the upper one has no reply to a question that is its own, the lower one is asked: below a delegation of a new
    zone file are the zones that are there already.
    """

    def __init__(self, upper: Source, lower: Source, takes: Callable[[Question], bool]) -> None:
        """Prepare.

        Args:
            upper: answers what `takes` says.
            lower: answers the rest.
            takes: whether a question is the upper source's.
        """
        self._upper = upper
        self._lower = lower
        self._takes = takes

    @classmethod
    def zone(cls, upper: Source, origin: Name, lower: Source) -> Layered:
        """A zone over what is there: its own names are its, its DS is the parent's (RFC 4035 §3.1.4.1)."""

        def takes(question: Question) -> bool:
            return question.name.is_under(origin) and not (question.rdtype == DS and question.name == origin)

        return cls(upper, lower, takes)

    def answer(self, question: Question, *, cd: bool = True) -> Message | NoReply:
        """The reply of the source that the question belongs to."""
        if not self._takes(question):
            return self._lower.answer(question, cd=cd)
        found = self._upper.answer(question, cd=cd)
        if not isinstance(found, NoReply):
            return found
        other = self._lower.answer(question, cd=cd)
        return found if isinstance(other, NoReply) else other

    def rewind(self) -> None:
        """Begin both anew, where they remember what they gave."""
        for source in (self._upper, self._lower):
            rewind = getattr(source, "rewind", None)
            if callable(rewind):
                rewind()
