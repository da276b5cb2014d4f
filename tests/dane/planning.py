"""Runs a DANE plan by the plain loop and by the trio driver, and makes sure that both come to the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

import trio

from resolver import Absent, Insecure, Secure
from resolver.dane import mail, web
from resolver.dane.mail import MailPlan
from resolver.dane.tlsa import TlsaSet
from resolver.data.name import to_name
from resolver.data.rrset import Message, NoReply, Question
from resolver.engine import plans
from resolver.engine.driver import Engine
from resolver.engine.loop import Loop
from resolver.sources.upstream import open_upstream
from resolver.testing import World
from resolver.validator.ask import Plan
from resolver.validator.outcome import Outcome
from resolver.validator.policy import Policy

T = TypeVar("T")

TLSA = "3 1 1 " + "ab" * 32
OTHER = "3 1 1 " + "cd" * 32
TRUST_ANCHOR = "2 0 1 " + "ef" * 32


class Counting:
    """A world's source that counts what it is asked."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.asked: Counter[str] = Counter()

    def answer(self, question: Question, *, cd: bool = True) -> Message | NoReply:
        self.asked[str(question)] += 1
        return self.world.reply(question, cd=cd)


def engine_of(world: World) -> Engine:
    return Engine(
        open_upstream(world.answer, clock=world.clock),
        anchors=world.anchors,
        policy=Policy(),
        timeout=10.0,
        cache_size=1000,
        clock=world.clock,
    )


def by_loop(world: World, plan: Plan[T], policy: Policy | None = None) -> T:
    loop = Loop(world.source(), anchors=world.anchors, policy=policy or Policy(), now=world.now)
    return plans.run_offline(loop.lookup, plan)


def by_trio(world: World, plan: Plan[T]) -> T:
    async def main() -> T:
        return await plans.run(engine_of(world), plan)

    return trio.run(main)


def both(world: World, make: Callable[[], Plan[T]], shown: Callable[[T], Any]) -> T:
    """What a plan comes to, the same by both drivers."""
    first, second = by_loop(world, make()), by_trio(world, make())
    assert shown(first) == shown(second)
    return first


def web_tlsa(world: World, host: str, port: int = 443) -> Outcome[TlsaSet]:
    return both(world, lambda: web.tlsa(to_name(host), port), said)


def mail_plan(world: World, domain: str, port: int = 25) -> MailPlan:
    return both(world, lambda: mail.mail(to_name(domain), port), plan_said)


def said(outcome: Outcome[Any]) -> tuple[Any, ...]:
    """All that an outcome says to a caller, but for the words of an upstream."""
    proven = isinstance(outcome, Secure | Absent | Insecure)
    return (
        outcome.status,
        outcome.cause and (outcome.cause.code, outcome.cause.at),
        str(outcome.question),
        outcome.value if isinstance(outcome, Secure) else None,
        (outcome.valid_from, outcome.valid_until, outcome.fresh_until) if proven else None,
    )


def plan_said(plan: MailPlan) -> tuple[Any, ...]:
    hosts = []
    for host in plan.hosts:
        told = {**host._asdict(), "tlsa": said(host.tlsa), "lookups": [said(each) for each in host.lookups]}
        hosts.append({key: value for key, value in told.items() if key != "reason"})
    return plan.domain, plan.port, plan.state, plan.secure_mx, plan.notes, said(plan.mx), hosts


def base(outcome: Outcome[TlsaSet]) -> str:
    assert isinstance(outcome, Secure), outcome
    return str(outcome.value.base_domain)


def cases(plan: MailPlan) -> dict[str, str]:
    """The case of each host, in order."""
    return {str(host.host): host.case for host in plan.hosts}
