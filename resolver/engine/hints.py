"""Questions asked ahead: the DS and DNSKEY records that a lookup will probably need, sent beside its own question.

A hint is a message, never a verdict. It is found only by whoever asks exactly its question, as a first try; it pays
nothing and saves nothing of a budget (R90), so a lookup comes to the same outcome with and without hints, only sooner:
in one round trip instead of one for each zone and record (validation.md, "Round trips").

Limits: at most `ANCESTORS` names of one name and `PER_LOOKUP` hints of one lookup; none while more than `BUSY` lookups
    of one resolver object run, whose waiting overlaps already. Nothing at or below a label that begins with "_" is asked ahead: `_25._tcp.mail.example.com.` is
    hardly ever a zone. That is a guess about speed only; the judge's own walk leaves no label out (R116).
"""

from __future__ import annotations

from collections.abc import Callable

from resolver.data.name import Name
from resolver.data.rrset import Message, Question
from resolver.data.types import DNSKEY, DS, SOA
from resolver.engine.questions import Pending, Questions
from resolver.validator.context import Context

ANCESTORS = 4  # ours: enough for host.example.co.uk; a name of 127 labels must not cost 254 questions
PER_LOOKUP = 16  # ours: two chains of ancestors, as behind an alias
BUSY = 16  # ours: more lookups at once fill the round trips by themselves, and forwarders limit rates


class LookupHints:
    """What one lookup asks ahead."""

    __slots__ = ("_begun", "_context", "_known", "_questions")

    def __init__(self, questions: Questions, context: Context, known: Callable[[Name], bool]) -> None:
        """Prepare.

        Args:
            questions: those of the resolver object.
            context: the lookup's, for its anchors.
            known: whether a zone's state is at hand, or is being found out.
        """
        self._questions = questions
        self._context = context
        self._known = known
        self._begun: list[Pending] = []

    def before(self, question: Question) -> None:
        """Ask ahead what goes with a question of the lookup's own."""
        parental = question.rdtype == DS and not question.name.is_root
        self._want([question.name.parent() if parental else question.name])

    def after(self, own: Pending) -> None:
        """Ask ahead what the reply to a question of the lookup's own shows to be missing; if it is a zone's, keep it."""
        if isinstance(own.reply, Message):
            if own.question.rdtype in (DS, DNSKEY):
                self._questions.keep(own)
                self._begun.append(own)
            self._want(zones_in(own.reply))

    def _want(self, names: list[Name]) -> None:
        """Ask what is worth asking to find the states of these names."""
        for name in names:
            if self._known(name):
                continue
            point, negative = self._context.point(name)
            if point is None or negative:
                continue
            for zone in likely_zones(name, point):
                if self._known(zone):
                    continue
                for rdtype in (DS, DNSKEY) if zone != point else (DNSKEY,):
                    question = Question(zone, rdtype)
                    if len(self._begun) < PER_LOOKUP and question not in self._questions:
                        self._begun.append(self._questions.ask_ahead(question))

    def end(self) -> None:
        """The lookup is over: what nobody else waits for is not asked any more."""
        for pending in self._begun:
            self._questions.release(pending)


def likely_zones(name: Name, point: Name) -> list[Name]:
    """The names from `point` down to `name` that are likely to be zones: at most `ANCESTORS` below `point`."""
    found = [point]
    for ancestor in name.between(point)[:ANCESTORS]:
        if ancestor.wire[1:2] == b"_":
            break
        found.append(ancestor)
    return found


def zones_in(message: Message) -> list[Name]:
    """The zones that a reply speaks of: its signers, the owners of its SOA records, and where its aliases lead."""
    found: dict[Name, None] = {}
    for rrset in (*message.answer, *message.authority):
        for rrsig in rrset.signatures:
            found[rrsig.signer] = None
        if rrset.rdtype == SOA:
            found[rrset.owner] = None
    for rrset in message.answer[1:]:  # behind an alias, where the names may be of another, unsigned zone
        found[rrset.owner] = None
    return list(found)
