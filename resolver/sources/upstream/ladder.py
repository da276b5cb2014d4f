"""Forwarders first, own iteration where they do not do (R94, R97): `Resolver(["9.9.9.9", Iterative()])`.

Own iteration is asked where no forwarder gives a usable reply, and where the replies of all of them did not hold: one
that drops signatures is then passed by, and the proof shows whose replies were judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolver.data.rrset import Message, NoReply, Question

if TYPE_CHECKING:
    from resolver.sources.iterative.upstream import IterativeUpstream
    from resolver.sources.upstream.pool import Pool


class Ladder:
    """A pool of forwarders, and an iteration of one's own below it."""

    def __init__(self, forwarders: Pool, own: IterativeUpstream) -> None:
        self._forwarders = forwarders
        self._own = own

    @property
    def one_at_a_time(self) -> bool:
        """Whether the forwarders answer one question after the other."""
        return self._forwarders.one_at_a_time

    async def fetch(
        self, question: Question, *, cd: bool = True, avoid: frozenset[str] = frozenset()
    ) -> Message | NoReply:
        """A usable reply of a forwarder, else of the zone's own servers, or a NoReply that names all.

        Args:
            question: name and type; class IN.
            cd: the CD bit; without it forwarders are asked, for their own validation (R97).
            avoid: origins whose replies did not do (R97).
        """
        if avoid and cd and all(origin in avoid for origin, _ in self._forwarders.trouble()):
            return await self._own.fetch(question, cd=cd, avoid=avoid)
        reply = await self._forwarders.fetch(question, cd=cd, avoid=avoid)
        if isinstance(reply, Message):
            return reply
        own = await self._own.fetch(question, cd=cd, avoid=avoid)
        if isinstance(own, Message):
            return own
        attempts = (*reply.attempts, *own.attempts)
        return NoReply(question, own.why, f"{reply.text}; own iteration: {own.text}", attempts, own.retry_at)

    def trouble(self) -> tuple[tuple[str, str], ...]:
        """Each server and what was wrong with it lately."""
        return (*self._forwarders.trouble(), *self._own.trouble())

    def close(self) -> None:
        """End all connections."""
        self._forwarders.close()
        self._own.close()

    def after_fork(self) -> None:
        """Leave to the parent process what it has under way."""
        self._forwarders.after_fork()
        self._own.after_fork()

    def __repr__(self) -> str:
        return f"<Ladder {self._forwarders!r}, {self._own!r}>"
