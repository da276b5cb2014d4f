"""The plain driver: runs plans over an offline source, as of one moment, without waiting and without trio.

Limits: one lookup at a time; not thread-safe.
"""

from __future__ import annotations

from typing import Any

from resolver.data.name import Name
from resolver.data.rrset import NoReply, Question, Reply, RRset
from resolver.engine.cache import ZONES, VerificationMemo, ZoneCache
from resolver.engine.states import AtHand, check_order
from resolver.sources.source import Source
from resolver.sources.usable import is_usable, rcode_text
from resolver.validator import chain
from resolver.validator.anchors import Anchors
from resolver.validator.ask import Ask, Fetch, Held, Keys, Plan
from resolver.validator.context import Context
from resolver.validator.outcome import Outcome
from resolver.validator.policy import Policy


class Loop:
    """Judges what an offline source says, as of one moment.

    Between lookups it remembers zone states and signature checks. Time stands still here, so TTLs do not count.
    """

    def __init__(
        self, source: Source, *, anchors: Anchors, policy: Policy, now: float, cache_size: int = ZONES
    ) -> None:
        """Prepare; nothing is asked yet.

        Args:
            source: where messages come from.
            anchors: what is trusted.
            policy: what is accepted.
            now: the moment, POSIX seconds.
            cache_size: how many zone states are remembered.
        """
        self.now = now
        self._source = source
        self._anchors = anchors
        self._policy = policy
        self._zones = ZoneCache(cache_size, ages=False)
        self._memo = VerificationMemo()

    def lookup(self, question: Question) -> Outcome[RRset]:
        """Judge one question.

        Raises:
            BadSnapshot: the source's own data cannot be understood.
            ValueError: the moment lies before 1970 or after 2106-02-07.
        """
        context = Context(anchors=self._anchors, policy=self._policy, now=self.now, verify=self._memo)
        states = AtHand(self._zones, context.now)
        # Zone plans wait for zone plans, each in turn. They stand on a stack of our own, because a name of 127 labels
        # would bring Python's to its limit.
        waiting: list[tuple[Plan[Any], Name | None]] = [(chain.answer(context, question), None)]
        reply: Any = None
        try:
            while True:
                plan, zone = waiting[-1]
                try:
                    ask: Ask[Any] = plan.send(reply)
                except StopIteration as stop:
                    waiting.pop()
                    if not waiting:
                        outcome: Outcome[RRset] = stop.value
                        return outcome
                    reply = states.land(stop.value)
                    continue
                if isinstance(ask, Keys):
                    check_order(zone, ask)
                    reply = states.find(ask)
                    if reply is None:
                        waiting.append((chain.zone(context.for_zone(), ask.zone), ask.zone))
                elif isinstance(ask, Fetch):
                    reply = self._fetch(ask)
                elif isinstance(ask, Held):
                    reply = states.held(ask)
                else:
                    raise TypeError(f"a plan awaits {ask!r}, which no driver knows")
        finally:
            for plan, _ in waiting:
                plan.close()

    def _fetch(self, ask: Fetch) -> tuple[Reply, ...]:
        """One reply for each question. There is one origin only, so whoever avoids it is given what it says again."""
        return tuple(self._ask(question, ask.cd) for question in ask.questions)

    def _ask(self, question: Question, cd: bool) -> Reply:
        reply = self._source.answer(question, cd=cd)
        if isinstance(reply, NoReply) or is_usable(reply):
            return reply
        origin, what = reply.origin or "the source", rcode_text(reply)
        return NoReply(question, "unusable", f"{origin}: {what}", ((origin, what),))
