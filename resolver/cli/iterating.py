"""`--iterate` for one name: the lookup from the root down, and beside it every authoritative server on the way.

Many names (`--input`), a watch, the formats of other programs, and suppositions are about the verdict alone: no servers
are surveyed for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolver.cli import judging

if TYPE_CHECKING:
    from resolver.cli.arguments import Arguments
    from resolver.data.rrset import Question, RRset
    from resolver.probe.authorities import Authorities
    from resolver.validator.anchors import Anchors
    from resolver.validator.outcome import Outcome
    from resolver.validator.policy import Policy


def wanted(arguments: Arguments) -> bool:
    """Whether the servers are surveyed."""
    from resolver.cli.trace_options import supposes

    other = arguments.watch or arguments.sarif or arguments.junit or arguments.nagios or supposes(arguments)
    return arguments.iterate and not other and arguments.input is None and arguments.overlay is None


def judge(arguments: Arguments, questions: list[Question], anchors: Anchors, policy: Policy) -> list[judging.Case]:
    """The verdicts, each with the servers of all zones on the way.

    Raises:
        BadUpstream: the root hints cannot be understood.
        BadAnchor: none of the anchors can be used by the policy.
    """
    import trio

    from resolver.engine.arguments import check
    from resolver.trace.setting import Setting

    outcomes, zones = trio.run(_survey, arguments, questions, check(anchors, policy), policy)
    return [
        judging.Case(outcome, Setting(anchors, policy, outcome.judged_at), None, None, zones) for outcome in outcomes
    ]


async def _survey(
    arguments: Arguments, questions: list[Question], anchors: Anchors, policy: Policy
) -> tuple[list[Outcome[RRset]], tuple[Authorities, ...]]:
    import time
    from functools import partial

    from resolver.api.settings import TIMEOUT
    from resolver.engine.driver import Engine, together
    from resolver.probe.authorities import survey
    from resolver.sources.iterative import Iterative

    at = arguments.at
    clock = time.time if at is None else lambda: at
    upstream = Iterative(root_hints=arguments.root_hints).open(clock=clock)
    engine = Engine(upstream, anchors=anchors, policy=policy, timeout=TIMEOUT, cache_size=0, clock=clock)
    try:
        outcomes = await together([partial(engine.lookup, question) for question in questions])
        return outcomes, await survey(upstream, outcomes, anchors=anchors, policy=policy, clock=clock)
    finally:
        engine.close()
