"""Asking one question until an answer holds (R97): another origin, then with the upstream's own validation."""

from __future__ import annotations

from resolver.data.rrset import Message, NoReply, Question, Reply
from resolver.validator.ask import Fetch
from resolver.validator.context import Context


async def ask(context: Context, fetch: Fetch) -> Reply:
    """Ask one question, and pay for it: for the question before, for the octets of the reply after (R90)."""
    context.budget.query()
    reply = (await fetch)[0]
    if isinstance(reply, Message):
        context.budget.read(reply.size)
    return reply


class Asking:
    """The attempts of one question in one lookup; at most `Limits.attempts`, all on one budget.

    Attributes:
        replies: every message that came, in order.
        no_reply: why nothing came, from the last attempt that got nothing.
    """

    __slots__ = ("_attempt", "_context", "_hints", "_question", "no_reply", "replies")

    def __init__(self, context: Context, question: Question, hints: tuple[Question, ...] = ()) -> None:
        self._context = context
        self._question = question
        self._hints = hints
        self._attempt = 0
        self.replies: list[Message] = []
        self.no_reply: NoReply | None = None

    async def next(self) -> Message | None:
        """The next message that says something new, or None when there is nothing more to ask."""
        while self._attempt < self._context.limits.attempts:
            self._attempt += 1
            reply = await ask(self._context, self._fetch())
            if isinstance(reply, NoReply):
                self.no_reply = reply
                if not self.replies:
                    return None  # the source has tried its servers already (R94)
                continue
            if self.replies and any(_same(reply, before) for before in self.replies):
                continue
            self.replies.append(reply)
            return reply
        return None

    def _fetch(self) -> Fetch:
        """R97: first as it is; then another origin; at last the same origins with CD=0, whose own validation may
        fetch good data (RFC 6840 appendix B)."""
        if self._attempt == 1:
            return Fetch(self._question, hints=self._hints)
        if self._attempt == self._context.limits.attempts and self.replies:
            return Fetch(self._question, cd=False)
        return Fetch(self._question, avoid=frozenset(reply.origin for reply in self.replies))


def _same(one: Message, other: Message) -> bool:
    return one is other or (one.answer == other.answer and one.authority == other.authority)
