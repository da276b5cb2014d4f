"""A refetch of stale keys that nobody waited for to its end does not count (R121)."""

from __future__ import annotations

import pytest
import trio

from resolver.testing import World
from tests.engine.running import jumping
from tests.engine.slow_world import SlowWorld, ask


class Rolled:
    """A resolver that knows a zone's keys, which were replaced since."""

    def __init__(self) -> None:
        self.world = World()
        self.zone = self.world.zone("example.com")
        self.zone.add("www 300 A 192.0.2.1", "a 300 A 192.0.2.1", "b 300 A 192.0.2.1", "c 300 A 192.0.2.1")
        self.slow = SlowWorld(self.world)
        self.now = float(self.world.now)
        self.engine = self.slow.engine(clock=lambda: self.now)

    async def roll(self) -> None:
        assert await self.look_up("www") == "secure"
        self.zone.roll("ksk")
        self.now += 1
        self.slow.asked.clear()

    async def look_up(self, label: str, *, within: float = 10.0) -> str:
        outcome = await self.engine.lookup(ask(f"{label}.example.com A"), deadline=trio.current_time() + within)
        return outcome.status

    @property
    def refetches(self) -> int:
        return self.slow.asked["example.com./DNSKEY"]


@pytest.mark.parametrize("end", ["cancelled", "deadline"])
def test_a_refetch_that_was_given_up_leaves_the_turn_to_the_next(end: str) -> None:
    async def main() -> None:
        rolled = Rolled()
        await rolled.roll()
        rolled.slow.delays["example.com./DNSKEY"] = [100.0]
        if end == "cancelled":
            with trio.move_on_after(1) as scope:
                await rolled.look_up("a")
            assert scope.cancelled_caught
        else:
            assert await rolled.look_up("a", within=1) != "secure"
        assert rolled.refetches == 1
        rolled.now += 1
        assert await rolled.look_up("b") == "secure"
        assert rolled.refetches == 2

    jumping(main)


def test_a_refetch_that_ended_counts() -> None:
    async def main() -> None:
        rolled = Rolled()
        await rolled.roll()
        rolled.slow.delays["example.com./DNSKEY"] = [1.0]
        assert await rolled.look_up("a") == "secure"
        assert rolled.refetches == 1
        rolled.zone.roll("ksk")
        rolled.now += 1
        assert await rolled.look_up("b") == "bogus"  # once in 30 seconds
        assert rolled.refetches == 1
        rolled.now += 30
        assert await rolled.look_up("c") == "secure"
        assert rolled.refetches == 2

    jumping(main)


def test_an_upstream_that_raises_gives_the_turn_back_too() -> None:
    async def main() -> None:
        rolled = Rolled()
        await rolled.roll()
        rolled.slow.moods["example.com./DNSKEY"] = [ValueError("a bug of the caller's")]
        with pytest.raises(ValueError, match="a bug"):
            await rolled.look_up("a")
        assert await rolled.look_up("b") == "secure"

    jumping(main)
