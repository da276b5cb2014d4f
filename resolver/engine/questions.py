"""The questions under way: each is sent once, whoever waits for it, and its reply is brought to all of them.

Nobody drives. A transport that can calls back when a reply is there (`Pool.start`), so that a lookup needs no task of
its own; for any other a trio task of the system's fetches it, for as long as somebody wants it. Either way nothing
runs when nobody waits, and what the upstream raises goes to one of those who wait, as it is.

A question that was asked ahead (`hints`) stays here, with its reply, until its lookup ends or a zone's plan took it:
it serves once, so that whoever asks a second time hears something new (R97, R121).
"""

from __future__ import annotations

import contextvars
from collections import deque
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from functools import partial
from types import TracebackType
from typing import Protocol

import trio

from resolver.data.rrset import Message, NoReply, Question, Reply
from resolver.sources.upstream import Pool, Race, Upstream
from resolver.validator.ask import Fetch

PATIENCE = 1.0  # ours, seconds: a question for which somebody waited in vain for so long is sent anew for the others


class Waiting(Protocol):
    """Who waits for a question."""

    @property
    def takes(self) -> bool:
        """Whether it is a zone's plan, which uses a reply up."""
        ...

    def heard(self) -> None:
        """A reply came."""
        ...

    def again(self) -> None:
        """Ask again: another one was told what the upstream raised."""
        ...

    def trouble(self, bug: BaseException) -> None:
        """The upstream raised."""
        ...


class Pending:
    """One question under way, or asked ahead and answered.

    Attributes:
        reply: what came; None: nothing yet.
        raised: what the upstream raised instead.
        waiting: who waits.
        keepers: how many lookups asked it ahead.
        cancel: gives it up.
        sent_at: when it was sent, by trio's clock.
    """

    __slots__ = ("avoid", "cancel", "cd", "keepers", "question", "raised", "reply", "sent_at", "waiting")

    def __init__(self, question: Question, cd: bool = True, avoid: frozenset[str] = frozenset()) -> None:
        self.question = question
        self.cd = cd
        self.avoid = avoid
        self.reply: Reply | None = None
        self.raised: BaseException | None = None
        self.waiting: list[Waiting] = []
        self.keepers = 0
        self.cancel: Callable[[], object] | None = None
        self.sent_at = 0.0

    @property
    def over(self) -> bool:
        """Whether it ended."""
        return self.reply is not None or self.raised is not None


class Agenda:
    """What is to be done next, one thing after another: however long a chain of plans is, Python's stack is not."""

    def __init__(self) -> None:
        self._steps: deque[Callable[[], None]] = deque()
        self._at_work = False

    def add(self, step: Callable[[], None]) -> None:
        """Note a step, which must not raise."""
        self._steps.append(step)

    def work(self) -> None:
        """Take all steps, unless that is being done already."""
        if self._at_work:
            return
        self._at_work = True
        try:
            while self._steps:
                self._steps.popleft()()
        finally:
            self._at_work = False


class Questions:
    """The questions of one resolver object."""

    def __init__(self, upstream: Upstream, agenda: Agenda) -> None:
        self._pool = upstream if isinstance(upstream, Pool) else None
        self._fetch = upstream.fetch
        self._agenda = agenda
        self.closed = False  # the resolver was: nothing more is sent
        self.ending: set[_Task] = set()  # tasks that were given up and have not ended yet
        self.quiet = trio.lowlevel.ParkingLot()
        self._first: dict[Question, Pending] = {}  # asked for the first time, with CD set; others are nobody else's

    def __contains__(self, question: Question) -> bool:
        return question in self._first

    def __len__(self) -> int:
        return len(self._first)

    def ask(self, question: Question, ask: Fetch, who: Waiting) -> Pending:
        """Ask a question, unless it is under way; who asks is called back unless its reply is there."""
        shared = ask.cd and not ask.avoid
        pending = self._first.get(question) if shared else None
        if pending is None:
            pending = Pending(question, ask.cd, ask.avoid)
            if shared:
                self._first[question] = pending
            self._send(pending)
        if not pending.over:
            pending.waiting.append(who)
        elif who.takes or pending.raised is not None:
            self._forget(pending)
        return pending

    def ask_ahead(self, question: Question) -> Pending:
        """Ask a question that nobody waits for yet; `release` it at the end of the lookup."""
        pending = self._first[question] = Pending(question)
        pending.keepers = 1
        self._send(pending)
        return pending

    def keep(self, pending: Pending) -> None:
        """Leave a reply here for the plan of a zone; `release` it at the end of the lookup."""
        if self._first.setdefault(pending.question, pending) is pending:
            pending.keepers += 1

    def release(self, pending: Pending) -> None:
        """The lookup that asked it ahead is over."""
        pending.keepers -= 1
        self._drop(pending)

    def lose(self, pending: Pending, who: Waiting) -> None:
        """Who waited does not any more."""
        if who in pending.waiting:
            pending.waiting.remove(who)
        self.hurry(pending)
        self._drop(pending)

    def hurry(self, pending: Pending) -> None:
        """Send it anew, if somebody waited for long, and others wait still: they should not wait for the same."""
        if pending.waiting and not pending.over and trio.current_time() - pending.sent_at >= PATIENCE:
            if pending.cancel is not None:
                pending.cancel()
            self._send(pending)

    async def ended(self, others: AbstractSet[_Task] = frozenset()) -> None:
        """Wait until the tasks that were given up have ended: an upstream of the caller's own may clean up.

        Args:
            others: tasks that somebody else gave up; nobody waits here for those.
        """
        mine = self.ending - others
        while mine & self.ending:
            with trio.CancelScope(shield=True):
                await self.quiet.park()

    def _drop(self, pending: Pending) -> None:
        """End what nobody wants."""
        if pending.waiting or pending.keepers > 0:
            return
        self._forget(pending)
        if not pending.over and pending.cancel is not None:
            pending.cancel()

    def _forget(self, pending: Pending) -> None:
        if self._first.get(pending.question) is pending:
            del self._first[pending.question]

    def _send(self, pending: Pending) -> None:
        pending.sent_at = trio.current_time()
        pending.cancel = None
        if self.closed:
            self._agenda.add(partial(self._arrived, pending, _closed(pending.question)))
            return
        if self._pool is not None and pending.cd and not pending.avoid:
            pending.cancel = self._pool.start(pending.question, partial(self._started, pending))
        if pending.cancel is None:
            self._send_by_task(pending)

    def _started(self, pending: Pending, found: Message | Race) -> None:
        """The quick way ended: with a usable message, or where only the long way leads on."""
        if isinstance(found, Message):
            self._arrived(pending, found)
        elif self.closed:
            self._arrived(pending, _closed(pending.question))
        else:
            self._send_by_task(pending, found)

    def _send_by_task(self, pending: Pending, race: Race | None = None) -> None:
        task = _Task(self)
        pending.cancel = task.cancel
        trio.lowlevel.spawn_system_task(self._fetch_in, task, pending, race, context=contextvars.copy_context())

    async def _fetch_in(self, task: _Task, pending: Pending, race: Race | None) -> None:
        with task:
            try:
                reply: Reply | BaseException
                if race is not None and self._pool is not None:
                    reply = await self._pool.go_on(race)
                else:
                    reply = await self._fetch(pending.question, cd=pending.cd, avoid=pending.avoid)
            except trio.Cancelled:
                raise
            except BaseException as bug:  # noqa: BLE001 - it is told to one who waits
                reply = bug
            if not task.given_up:
                self._arrived(pending, reply)

    def _arrived(self, pending: Pending, reply: Reply | BaseException) -> None:
        waiting, pending.waiting = pending.waiting, []
        if isinstance(reply, BaseException):
            pending.raised = reply
            if waiting or not pending.keepers:
                self._forget(pending)
            for number, who in enumerate(waiting):
                self._agenda.add(who.again if number else partial(who.trouble, reply))
        else:
            pending.reply = reply
            if not pending.keepers or any(who.takes for who in waiting):
                self._forget(pending)
            for who in waiting:
                self._agenda.add(who.heard)
        self._agenda.work()


def _closed(question: Question) -> NoReply:
    return NoReply(question, "network", "the resolver was closed")


class _Task:
    """A task that fetches, as a context: it tells those that were given up and clean up behind themselves."""

    __slots__ = ("_questions", "_scope", "ended", "given_up")

    def __init__(self, questions: Questions) -> None:
        self._questions = questions
        self._scope = trio.CancelScope()
        self.given_up = False
        self.ended = False

    def cancel(self) -> None:
        if not self.given_up and not self.ended:  # one that a crash of the whole run ended would be waited for for ever
            self.given_up = True
            self._questions.ending.add(self)
            self._scope.cancel()

    def __enter__(self) -> None:
        self._scope.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        self.ended = True
        if self.given_up:
            self._questions.ending.discard(self)
            self._questions.quiet.unpark_all()
        return self._scope.__exit__(kind, error, trace)
