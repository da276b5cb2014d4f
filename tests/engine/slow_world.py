"""A world behind an object with `exchange`, as slow and as moody as a test wants it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import trio

from resolver.data.rrset import Question
from resolver.engine.driver import Engine
from resolver.sources.upstream import open_upstream
from resolver.testing import World
from resolver.testing.forwarder import read_query
from resolver.validator.policy import Policy


class SlowWorld:
    """Answers after a while; counts what it is asked.

    Attributes:
        delays: seconds by question ("name/TYPE"), used up from the front; `delay` otherwise.
        moods: errors to raise by question, used up from the front.
    """

    def __init__(self, world: World, delay: float = 0.1) -> None:
        self.world = world
        self.delay = delay
        self.delays: dict[str, list[float]] = {}
        self.moods: dict[str, list[BaseException]] = {}
        self.asked: Counter[str] = Counter()

    async def exchange(self, query: bytes) -> bytes:
        read = read_query(query)
        assert not isinstance(read, int)
        text = str(read.question)
        self.asked[text] += 1
        delays = self.delays.get(text)
        await trio.sleep(delays.pop(0) if delays else self.delay)
        moods = self.moods.get(text)
        if moods:
            raise moods.pop(0)
        return self.world.answer(query)

    def engine(
        self, *, timeout: float = 10.0, clock: Callable[[], float] | None = None, polite: bool = False
    ) -> Engine:
        clock = clock or self.world.clock
        return Engine(
            open_upstream(self, clock=clock),
            anchors=self.world.anchors,
            policy=Policy(),
            timeout=timeout,
            cache_size=100,
            clock=clock,
            polite=polite,
        )


def ask(text: str) -> Question:
    """A question as "name TYPE"."""
    return Question.of(*text.split())
