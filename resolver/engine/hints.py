"""Questions asked ahead: the DS and DNSKEY records that a lookup will probably need, sent beside its own question.

A hint is a message, never a verdict. It is found only by whoever asks exactly its question, as a first try; it pays
nothing and saves nothing of a budget (R90), so a lookup comes to the same outcome with and without hints, only sooner:
in one round trip instead of one for each zone and record (validation.md, "Round trips").

Limits: at most `ANCESTORS` names of one name and `PER_LOOKUP` hints of one lookup; none while more than `BUSY` lookups
    of one resolver object run, whose waiting overlaps already. Nothing at or below a label that begins with "_" is asked ahead: `_25._tcp.mail.example.com.` is
    hardly ever a zone. That is a guess about speed only; the judge's own walk leaves no label out (R116).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import trio

from resolver.data.name import Name
from resolver.data.rrset import Message, Question, Reply
from resolver.data.types import DNSKEY, DS, SOA
from resolver.validator.context import Context

T = TypeVar("T")

ANCESTORS = 4  # ours: enough for host.example.co.uk; a name of 127 labels must not cost 254 questions
PER_LOOKUP = 16  # ours: two chains of ancestors, as behind an alias
BUSY = 16  # ours: more lookups at once fill the round trips by themselves, and forwarders limit rates


class Hint:
    """One question asked ahead.

    Attributes:
        done: set when it ended.
        reply: what came.
        raised: what the upstream raised instead. Neither: it was cancelled.
    """

    __slots__ = ("done", "raised", "reply")

    def __init__(self) -> None:
        self.done = trio.Event()
        self.reply: Reply | None = None
        self.raised: Exception | None = None


class Hints:
    """The hints of one resolver object that are under way, or were answered and not yet taken."""

    def __init__(self) -> None:
        self._hints: dict[Question, Hint] = {}

    def __contains__(self, question: Question) -> bool:
        return question in self._hints

    def __len__(self) -> int:
        return len(self._hints)

    async def take(self, question: Question, *, keep: bool = False) -> Reply | None:
        """The reply to a question that was asked ahead, or None where it must be asked now.

        It serves once, so that whoever asks a second time hears something new (R97, R121).

        Args:
            question: the question.
            keep: leave it there for a zone plan, which will ask it too.

        Raises:
            whatever the upstream raised.
        """
        hint = self._hints.get(question)
        if hint is None:
            return None
        await hint.done.wait()
        if not keep:
            self._forget(question, hint)
        if hint.raised is not None:
            self._forget(question, hint)
            raise hint.raised
        return hint.reply

    def begin(self, question: Question) -> Hint:
        """Enter a hint that is about to be asked."""
        hint = self._hints[question] = Hint()
        return hint

    def keep(self, question: Question, reply: Message) -> Hint:
        """Enter a message that is here already."""
        hint = self._hints[question] = Hint()
        hint.reply = reply
        hint.done.set()
        return hint

    async def ask(self, question: Question, hint: Hint, fetch: Callable[[Question], Awaitable[Reply]]) -> None:
        """Ask one, in a task of the lookup that wants it."""
        try:
            hint.reply = await fetch(question)
        except Exception as bug:  # noqa: BLE001 - it belongs to whoever needs the reply
            hint.raised = bug
        finally:
            if hint.reply is None and hint.raised is None:  # cancelled: whoever waits must ask
                self._forget(question, hint)
            hint.done.set()

    def end(self, begun: dict[Question, Hint]) -> None:
        """Forget what nobody took, at the end of the lookup that asked it."""
        for question, hint in begun.items():
            self._forget(question, hint)

    def _forget(self, question: Question, hint: Hint) -> None:
        if self._hints.get(question) is hint:
            del self._hints[question]


class LookupHints:
    """The hints of one lookup.

    Attributes:
        pending: what is to be asked ahead now.
        nursery: where; None while it is not open.
    """

    __slots__ = ("_begun", "_context", "_fetch", "_hints", "_known", "nursery", "pending")

    def __init__(
        self,
        hints: Hints,
        context: Context,
        known: Callable[[Name], bool],
        fetch: Callable[[Question], Awaitable[Reply]],
    ) -> None:
        """Prepare.

        Args:
            hints: those of the resolver object.
            context: the lookup's, for its anchors.
            known: whether a zone's state is at hand, or is being found out.
            fetch: asks the upstream.
        """
        self._hints = hints
        self._context = context
        self._known = known
        self._fetch = fetch
        self._begun: dict[Question, Hint] = {}
        self.nursery: trio.Nursery | None = None
        self.pending: list[Question] = []

    def before(self, question: Question) -> None:
        """Note what goes out with a question of the lookup's own."""
        parental = question.rdtype == DS and not question.name.is_root
        self._want([question.name.parent() if parental else question.name], question)

    def after(self, question: Question, reply: Reply) -> None:
        """Note what the reply to a question of the lookup's own shows to be missing; if it is a zone's, keep it."""
        if isinstance(reply, Message):
            if question.rdtype in (DS, DNSKEY) and question not in self._hints and question not in self._begun:
                self._begun[question] = self._hints.keep(question, reply)
            self._want(zones_in(reply), None)

    def _want(self, names: list[Name], own: Question | None) -> None:
        """Note what is worth asking ahead to find the states of these names; as much as there is room for."""
        room = PER_LOOKUP - len(self._begun)
        found: dict[Question, None] = {}
        for name in names:
            if room <= 0 or self._known(name):
                continue
            point, negative = self._context.point(name)
            if point is None or negative:
                continue
            for zone in likely_zones(name, point):
                if self._known(zone):
                    continue
                for rdtype in (DS, DNSKEY) if zone != point else (DNSKEY,):
                    question = Question(zone, rdtype)
                    if question not in self._hints and question not in self._begun and question != own:
                        found[question] = None
        self.pending = list(found)[: max(0, room)]

    def send(self) -> None:
        """Ask ahead what is pending."""
        assert self.nursery is not None
        for question in self.pending:
            hint = self._begun[question] = self._hints.begin(question)
            self.nursery.start_soon(self._hints.ask, question, hint, self._fetch)
        self.pending = []

    def end(self) -> None:
        """The answer is in."""
        self._hints.end(self._begun)


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


async def beside(body: Callable[[trio.Nursery], Awaitable[T]]) -> T:
    """What a function returns that starts hints in a nursery; they are cancelled when it ends.

    What it raises comes out as it is, in no group.
    """
    result: list[T] = []
    raised: list[BaseException] = []
    async with trio.open_nursery() as nursery:
        try:
            result.append(await body(nursery))
        except trio.Cancelled:
            raise
        except BaseException as bug:  # noqa: BLE001 - it is raised below
            raised.append(bug)
        nursery.cancel_scope.cancel()
    if raised:
        raise raised[0]
    return result[0]
