"""One server that alone speaks for its zone, so that a lookup over it is judged by what that server says.

`OneServer` stands where a resolver's upstream stands. Questions that belong to the server's zone go to that server, each
once; every other one is answered as the lookup before found it (`Known`), so that verdicts over different servers differ
by those servers alone.

Limits: nothing is asked twice, so a verdict rests on the first reply of a server to each question.
"""

from __future__ import annotations

from collections.abc import Iterable

from resolver.data.name import Name
from resolver.data.rrset import Message, NoReply, Question, Reply
from resolver.data.types import DS
from resolver.sources.iterative.delegation import Delegation
from resolver.sources.iterative.reading import Answered, ChildSide, Referred
from resolver.sources.iterative.servers import Purse, Spent
from resolver.sources.iterative.upstream import IterativeUpstream


def zone_of(question: Question, zones: Iterable[Name]) -> Name:
    """Which of some zones, the root among them, a question belongs to.

    A question for DS belongs to the zone above its name (RFC 4035 §3.1.4.1), every other one to the deepest zone.
    """
    name, rdtype = question
    below = name.parent() if rdtype == DS and not name.is_root else name
    return max((zone for zone in zones if below.is_under(zone)), key=lambda zone: len(zone.labels))


class Known:
    """What a lookup found, and the rest from where it found it, each question once."""

    def __init__(self, upstream: IterativeUpstream, messages: Iterable[Message]) -> None:
        self._upstream = upstream
        self._replies: dict[Question, Reply] = {message.question: message for message in messages}

    async def fetch(self, question: Question) -> Reply:
        """The reply, which is the same however often it is asked for."""
        found = self._replies.get(question)
        if found is None:
            found = self._replies[question] = await self._upstream.fetch(question)
        return found


class OneServer:
    """One address of one server of one zone.

    Attributes:
        replies: what it said, in the order in which it was asked; what is no use is not in it.
        trouble_text: why its last reply, or its silence, was no use; empty where all were.
    """

    def __init__(
        self, cut: Delegation, host: str, zones: Iterable[Name], upstream: IterativeUpstream, known: Known, purse: Purse
    ) -> None:
        """Prepare; nothing is asked yet.

        Args:
            cut: the zone, and its parent.
            host: the address.
            zones: all zones on the way, the root among them.
            upstream: sends queries.
            known: answers for the other zones.
            purse: pays for the queries.
        """
        self._cut = cut
        self._host = host
        self._zones = tuple(zones)
        self._upstream = upstream
        self._known = known
        self._purse = purse
        self.replies: dict[Question, Message] = {}
        self._useless: dict[Question, NoReply] = {}
        self.trouble_text = ""

    @property
    def one_at_a_time(self) -> bool:
        """Nothing is asked ahead."""
        return True

    async def fetch(
        self, question: Question, *, cd: bool = True, avoid: frozenset[str] = frozenset()
    ) -> Message | NoReply:
        """The server's reply, or what is known; `cd` and `avoid` change nothing, for there is nobody else to ask."""
        if zone_of(question, self._zones) != self._cut.zone:
            return await self._known.fetch(question)
        found: Message | NoReply | None = self.replies.get(question) or self._useless.get(question)
        if found is None:
            found = await self._ask(question)
        return found

    async def _ask(self, question: Question) -> Message | NoReply:
        text = ""
        try:
            got, attempts = await self._upstream.ask_one(self._cut, self._host, question, self._purse)
            text = attempts[-1][1] if attempts else ""
        except Spent:
            got, text = None, "not asked: this survey has spent its queries"
        if isinstance(got, Answered | ChildSide):
            self.replies[question] = got.message
            return got.message
        if isinstance(got, Referred):
            text = f"a referral to {got.to.zone}, which the other servers have not"
        self.trouble_text = text or "no use"
        found = self._useless[question] = NoReply(
            question, "unusable", self.trouble_text, ((self._host, self.trouble_text),)
        )
        return found

    def trouble(self) -> tuple[tuple[str, str], ...]:
        """What did not help, for a lookup whose time ends."""
        return ((self._host, self.trouble_text or "no reply yet"),)

    def close(self) -> None:
        """Nothing to end."""

    def after_fork(self) -> None:
        """Nothing is shared."""
