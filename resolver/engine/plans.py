"""Runs DANE plans, which ask for verdicts: over an engine, from its cache alone, or over an offline source.

Within one plan no question is looked up twice, whatever its TTL, so that all of the plan sees the same answer.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from resolver.dane.ask import Look
from resolver.data.rrset import Question, RRset
from resolver.validator import ask as asking
from resolver.validator.ask import Ask, Plan
from resolver.validator.outcome import Outcome

if TYPE_CHECKING:
    from resolver.engine.driver import Engine

T = TypeVar("T")


async def run(engine: Engine, plan: Plan[T], *, deadline: float | None = None) -> T:
    """Run a plan over the network, in the caller's task; the questions of one `Look` are asked at the same time.

    Args:
        engine: what looks up.
        plan: the plan.
        deadline: trio's time at which every lookup of the plan must be over; None: each has the engine's own time-out.

    Raises:
        whatever a caller's own upstream raises that is no OSError.
    """
    from resolver.engine.driver import fly_alone, together

    known: dict[Question, Outcome[RRset]] = {}

    async def perform(ask: Ask[Any]) -> tuple[Outcome[RRset], ...]:
        questions = _questions(ask)
        missing = []
        for question in dict.fromkeys(questions):
            if question not in known:
                cached = engine.cached(question)
                if cached is None:
                    missing.append(question)
                else:
                    known[question] = cached
        if missing:
            calls = [partial(engine.lookup, question, deadline=deadline) for question in missing]
            known.update(zip(missing, await together(calls), strict=True))
        return tuple([known[question] for question in questions])

    return await fly_alone(plan, perform)


def at_hand(engine: Engine, plan: Plan[T]) -> T | None:
    """What a plan comes to by finished, still fresh outcomes alone, or None; from any thread."""
    reply: tuple[Outcome[RRset], ...] | None = None
    try:
        while True:
            try:
                ask = plan.send(reply)
            except StopIteration as stop:
                result: T = stop.value
                return result
            found = [engine.cached(question) for question in _questions(ask)]
            reply = tuple([outcome for outcome in found if outcome is not None])
            if len(reply) != len(found):
                return None
    finally:
        plan.close()


def run_offline(lookup: Callable[[Question], Outcome[RRset]], plan: Plan[T]) -> T:
    """Run a plan by a function that judges one question, such as `Loop.lookup`.

    Raises:
        BadSnapshot: the source's own data cannot be understood.
    """
    known: dict[Question, Outcome[RRset]] = {}

    def perform(ask: Ask[Any]) -> tuple[Outcome[RRset], ...]:
        questions = _questions(ask)
        for question in questions:
            if question not in known:
                known[question] = lookup(question)
        return tuple([known[question] for question in questions])

    return asking.run(plan, perform)


def _questions(ask: Ask[Any]) -> tuple[Question, ...]:
    if not isinstance(ask, Look):
        raise TypeError(f"a DANE plan awaits {ask!r}, which no driver knows")
    return ask.questions
