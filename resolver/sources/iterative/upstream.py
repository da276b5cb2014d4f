"""The walk under trio: it answers as a pool of forwarders would, and asks authoritative servers only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias, TypeVar

import trio

from resolver.data.name import Name
from resolver.data.rrset import Message, NoReply, Question
from resolver.sources.iterative.asks import Await, Beside, Heard, Send, Unheard, Walk
from resolver.sources.iterative.delegation import Delegation
from resolver.sources.iterative.exchange import Exchange
from resolver.sources.iterative.hints import Hints
from resolver.sources.iterative.memory import Landing, Memory
from resolver.sources.iterative.reading import Read
from resolver.sources.iterative.roster import Roster
from resolver.sources.iterative.servers import Asker, Purse, Shared
from resolver.sources.iterative.walk import Lookup
from resolver.sources.upstream.server import Clock
from resolver.validator.ask import Ask

T = TypeVar("T")

Exchanging: TypeAlias = Callable[[Send], Awaitable[Heard | Unheard]]
MAX_TROUBLE = 8  # ours: servers named where a lookup's time ends


class IterativeUpstream:
    """Answers questions from the root hints; one resolver object's."""

    def __init__(
        self, hints: Hints, *, clock: Clock, minimise: bool = False, exchange: Exchanging | None = None
    ) -> None:
        """Prepare; nothing is asked yet.

        Args:
            hints: where the root's servers are.
            clock: POSIX seconds.
            minimise: whether to show each server no more of a name than it needs (RFC 9156).
            exchange: sends one query; None: over UDP and TCP.
        """
        self._clock = clock
        self._exchange = exchange or Exchange(hints.port, clock)
        memory = Memory(Delegation.of_root(hints))
        self._shared = Shared(memory, Roster(), hints.port, hints.loopback, minimise)
        self._running: dict[Lookup, trio.CancelScope] = {}
        self._closed = False
        self._cut_short: list[tuple[str, str]] = []

    @property
    def one_at_a_time(self) -> bool:
        """Nothing needs to be asked ahead: the walk itself brings what the judge will ask next."""
        return True

    async def fetch(
        self, question: Question, *, cd: bool = True, avoid: frozenset[str] = frozenset()
    ) -> Message | NoReply:
        """The reply of a server of the zone that answers, or a NoReply that names each server and what it did.

        Args:
            question: name and type; class IN.
            cd: marks the reply; authoritative servers validate nothing. False asks whom the judge has not heard yet.
            avoid: origins whose replies did not do (R97).
        """
        if self._closed:
            await trio.lowlevel.checkpoint()
            return _closed(question)
        lookup = Lookup(self._shared, question, cd=cd, avoid=avoid, now=self._clock())
        walk = lookup.run()
        first = _step(walk, None)
        if isinstance(first, _Ended):
            await trio.lowlevel.checkpoint()
            ready: Message | NoReply = first.value
            return ready
        reply: Message | NoReply | None = None
        try:
            # The keys of the zones on the way are asked for beside the question, and are waited for: the judge's next
            # question is for them.
            async with trio.open_nursery() as nursery:
                self._running[lookup] = nursery.cancel_scope
                reply = await self._run(walk, first, nursery)
            return reply if reply is not None else _closed(question)
        finally:
            self._running.pop(lookup, None)
            if reply is None:
                self._cut_short = lookup.trouble

    @property
    def loopback(self) -> bool:
        """Whether servers on this machine may be asked."""
        return self._shared.loopback

    def way_to(self, name: Name) -> list[Delegation]:
        """The known delegations towards a name, the root's first."""
        found = [self._shared.memory.closest(name, self._clock())]
        while not found[0].zone.is_root:
            found.insert(0, self._shared.memory.closest(found[0].zone.parent(), self._clock()))
        return found

    async def ask_one(
        self, cut: Delegation, host: str, question: Question, purse: Purse
    ) -> tuple[Read | None, list[tuple[str, str]]]:
        """Ask one server of a zone one question, twice if it says nothing; what it said, and what did not help.

        Nothing that is known of it counts, and nothing is remembered.

        Args:
            cut: the zone, and its parent.
            host: the server's address.
            question: at or below the zone.
            purse: pays.

        Raises:
            Spent: the purse is empty.
        """
        name = cut.names[0]
        alone = Delegation(cut.zone, (name,), {name: (host,)}, signed=cut.signed, origin="", parent=cut.parent)
        shared = self._shared._replace(memory=Memory(alone), roster=Roster())
        asker = Asker(shared, purse, cd=True, now=self._clock())
        walk = asker.ask(alone, question)
        step = _step(walk, None)
        try:
            while not isinstance(step, _Ended):
                assert isinstance(step, Send)
                step = _step(walk, await self._exchange(step))
        finally:
            walk.close()
        got: Read | None = step.value
        return got, asker.attempts

    def trouble(self) -> tuple[tuple[str, str], ...]:
        """Servers that did not help the lookups that are under way or were cut short last; for a lookup whose time ends before it has its answer."""
        told = [*self._cut_short, *(attempt for lookup in self._running for attempt in lookup.trouble)]
        return tuple(told[-MAX_TROUBLE:]) or (("authoritative servers", "no reply yet"),)

    def close(self) -> None:
        """End the lookups under way, without a reply: a walk would go on asking one server after the other. Nothing more
        is sent, not by a ladder either that is on its way here."""
        self._closed = True
        for scope in tuple(self._running.values()):
            scope.cancel()

    def after_fork(self) -> None:
        """Leave to the parent process what it has under way."""
        self._running = {}
        self._shared.memory.flights.clear()

    async def _run(self, walk: Walk[T], ask: Ask[Any], nursery: trio.Nursery) -> T:
        """Run a walk on to its end."""
        try:
            while True:
                reply = await self._perform(ask, nursery)
                step = _step(walk, reply)
                if isinstance(step, _Ended):
                    value: T = step.value
                    return value
                ask = step
        finally:
            walk.close()

    async def _perform(self, ask: Ask[Any], nursery: trio.Nursery) -> Any:
        if isinstance(ask, Send):
            return await self._exchange(ask)
        if isinstance(ask, Beside):
            step = _step(ask.walk, None)  # at once, so that whoever comes next sees that it is under way
            if not isinstance(step, _Ended):
                nursery.start_soon(self._run, ask.walk, step, nursery)
            return None
        if isinstance(ask, Await):
            await _landed(ask.landing)
            return self._clock()
        raise TypeError(f"a walk awaits {ask!r}, which no driver knows")

    def __repr__(self) -> str:
        return "<IterativeUpstream>"


def _closed(question: Question) -> NoReply:
    return NoReply(question, "network", "the resolver was closed")


class _Ended:
    """What a walk returned."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


def _step(walk: Walk[Any], reply: Any) -> Ask[Any] | _Ended:
    try:
        return walk.send(reply)
    except StopIteration as stop:
        return _Ended(stop.value)


async def _landed(landing: Landing) -> None:
    event = trio.Event()
    if landing.over:
        event.set()
    landing.watchers.append(event.set)
    await event.wait()
