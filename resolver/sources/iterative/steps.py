"""Which question is sent next: the whole one, or with QNAME minimisation (RFC 9156) a part of its name. Pure."""

from __future__ import annotations

from resolver.data.name import Name
from resolver.data.rrset import Question
from resolver.data.types import NS, A
from resolver.sources.iterative.limits import MAX_MINIMISE_COUNT, MINIMISE_ONE_LAB
from resolver.sources.iterative.reading import Answered, Read


class Steps:
    """The steps of one question.

    Attributes:
        locating: whether the zone above a name is looked for, since the servers known are those of the zone itself.
    """

    def __init__(self, question: Question, below: Name, *, minimise: bool) -> None:
        self._question = question
        self._below = below
        self._minimise = minimise
        self._labels = 0
        self._count = 0
        self.locating = False

    def next(self, zone: Name) -> Question | None:
        """The question for a zone's servers; None where locating has come to its end."""
        if not (self._minimise or self.locating):
            return self._question
        whole = self._question.name.labels
        labels = max(self._labels, len(zone.labels)) + self._stride(len(whole) - max(self._labels, len(zone.labels)))
        while labels < len(whole) and whole[-labels].startswith(b"_"):
            labels += 1  # what begins with an underscore is no zone, but for rare ones that the whole question finds
        if self.locating:
            return Question(self._question.name.rightmost(labels), NS) if labels <= len(self._below.labels) else None
        if labels >= len(whole):
            return self._question
        return Question(self._question.name.rightmost(labels), A)  # RFC 9156 §2.1

    def _stride(self, left: int) -> int:
        """RFC 9156 §2.3: one label at first, then so many that the number of queries is bounded."""
        if self.locating or self._count < MINIMISE_ONE_LAB:
            return 1
        return -(-left // max(MAX_MINIMISE_COUNT - self._count, 1))

    def went(self, asked: Question, got: Read) -> None:
        """A part of the name brought no referral: it is no zone, and more of the name is shown."""
        self._labels = len(asked.name.labels)
        self._count += 1
        if isinstance(got, Answered) and got.message.rcode and not self.locating:
            self.reveal()  # the judge needs the proof for the whole name (RFC 8020 §2 would do without)

    def restart(self) -> None:
        """A referral: the labels of its zone are known there, and it may be the zone above that was looked for."""
        self.locating = False
        self._labels = 0
        self._count += 1

    def reveal(self) -> None:
        """From now on the whole question."""
        self._minimise = False

    def locate(self) -> None:
        """Look for the zones between."""
        self.locating = True
        self._labels = 0
