"""Single flight: everybody patient is answered, nothing is done twice, nothing is left over."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import pytest
import trio
import trio.testing

from resolver.engine.flight import SingleFlight
from resolver.validator.ask import Ask, Plan
from tests.engine.running import jumping


class Wait(Ask[str]):
    """Ask for a word that takes a while to come."""

    def __init__(self, word: str, seconds: float) -> None:
        self.word = word
        self.seconds = seconds


class Other(Ask[str]):
    """Ask for what another flight finds out."""

    def __init__(self, key: str) -> None:
        self.key = key


class Tower:
    """A little world of plans: the plan of each name waits for its parent's and then asks twice."""

    def __init__(self, seconds: float = 10.0) -> None:
        self.flights: SingleFlight[str] = SingleFlight()
        self.asked: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()
        self.ended: Counter[str] = Counter()
        self.pending: set[str] = set()
        self.seconds = seconds

    async def perform(self, ask: Ask[str]) -> str:
        if isinstance(ask, Other):
            return await self.join(ask.key)
        assert isinstance(ask, Wait)
        assert ask.word not in self.pending, "nobody asks what is being asked already"
        self.pending.add(ask.word)
        self.asked[ask.word] += 1
        try:
            await trio.sleep(ask.seconds)
        finally:
            self.pending.remove(ask.word)
        self.answered[ask.word] += 1
        return ask.word

    async def plan(self, key: str) -> str:
        parent, _, label = key.rpartition("/")
        try:
            above = await Other(parent) if parent else ""
            first = await Wait(f"{key} first", self.seconds)
            second = await Wait(f"{key} second", self.seconds)
        finally:
            self.ended[key] += 1
        assert (first, second) == (f"{key} first", f"{key} second")
        return f"{above}/{label}" if parent else label

    async def join(self, key: str) -> str:
        return await self.flights.join(key, lambda: (self.plan(key), self.perform))


def test_all_who_want_the_same_get_it_and_it_is_asked_once() -> None:
    async def main() -> None:
        tower, got = Tower(), []
        async with trio.open_nursery() as nursery:
            for _ in range(20):
                nursery.start_soon(lambda: keep(got, tower.join("root/example")))
        assert got == ["root/example"] * 20
        assert set(tower.asked.values()) == {1}
        assert len(tower.flights) == 0

    jumping(main)


def test_when_the_driver_is_cancelled_the_next_one_sends_only_the_pending_request_again() -> None:
    async def main() -> None:
        tower, got = Tower(), []
        async with trio.open_nursery() as nursery:
            impatient = trio.CancelScope(deadline=trio.current_time() + 15)
            nursery.start_soon(lambda: within(impatient, tower.join("root")))
            await trio.testing.wait_all_tasks_blocked()
            nursery.start_soon(lambda: keep(got, tower.join("root")))
        assert impatient.cancelled_caught
        assert got == ["root"]
        assert trio.current_time() >= 25
        assert tower.asked == {"root first": 1, "root second": 2}
        assert tower.ended == {"root": 1}
        assert len(tower.flights) == 0

    jumping(main)


def test_when_all_are_cancelled_at_once_the_plan_is_closed_and_the_next_caller_begins_anew() -> None:
    async def main() -> None:
        tower = Tower()
        with trio.move_on_after(5):
            async with trio.open_nursery() as nursery:
                for _ in range(5):
                    nursery.start_soon(tower.join, "root/a/b")
        assert len(tower.flights) == 0
        assert tower.ended == {"root": 1, "root/a": 1, "root/a/b": 1}
        assert await tower.join("root/a/b") == "root/a/b"

    jumping(main)


@pytest.mark.parametrize("seed", range(100))
def test_every_patient_caller_of_a_random_schedule_is_answered_and_nothing_is_found_out_twice(seed: int) -> None:
    async def main() -> None:
        dice = random.Random(seed)
        tower = Tower(seconds=dice.choice([1.0, 10.0]))
        keys = ["root", "root/example", "root/example/a", "root/example/b"]
        patient: list[str] = []
        wanted = 0

        async def caller(delay: float, key: str, patience: float | None) -> None:
            await trio.sleep(delay)
            if patience is None:
                assert await tower.join(key) == key
                patient.append(key)
            else:
                with trio.move_on_after(patience):
                    await tower.join(key)

        async with trio.open_nursery() as nursery:
            for _ in range(dice.randrange(2, 12)):
                patience = None if dice.random() < 0.4 else dice.choice([0, 1, 5, 10, 15, 20, dice.uniform(0, 60)])
                wanted += patience is None
                nursery.start_soon(caller, dice.choice([0, 0, 5, dice.uniform(0, 40)]), dice.choice(keys), patience)
        assert len(patient) == wanted
        assert len(tower.flights) == 0
        # A plan that ended without a result had nobody waiting; each that landed got each answer once.
        assert all(tower.answered[f"{key} second"] <= tower.answered[f"{key} first"] for key in keys)
        assert all(tower.answered[f"{key} first"] <= tower.ended[key] for key in keys)

    jumping(main)


def test_an_error_of_the_driver_s_own_goes_to_the_driver_and_the_next_one_goes_on() -> None:
    async def main() -> None:
        tower, fails = Tower(), [KeyError("mine")]
        perform = tower.perform

        async def failing(ask: Ask[str]) -> str:
            reply = await perform(ask)
            if fails:
                raise fails.pop()
            return reply

        make: Callable[[], tuple[Plan[str], Callable[[Ask[str]], object]]] = lambda: (tower.plan("root"), failing)  # noqa: E731
        raised: list[BaseException] = []
        got: list[str] = []

        async def one() -> None:
            try:
                got.append(await tower.flights.join("root", make))  # type: ignore[arg-type]
            except KeyError as error:
                raised.append(error)

        async with trio.open_nursery() as nursery:
            for _ in range(3):
                nursery.start_soon(one)
        assert [str(error) for error in raised] == ["'mine'"]
        assert got == ["root", "root"]

    jumping(main)


def test_a_bug_in_the_plan_reaches_every_caller_as_it_is() -> None:
    async def main() -> None:
        flights: SingleFlight[str] = SingleFlight()

        async def plan() -> str:
            await Wait("x", 1)
            raise ZeroDivisionError("bug")

        seen = 0

        async def one() -> None:
            nonlocal seen
            with pytest.raises(ZeroDivisionError, match="bug"):
                await flights.join("x", lambda: (plan(), Tower().perform))
            seen += 1

        async with trio.open_nursery() as nursery:
            for _ in range(3):
                nursery.start_soon(one)
        assert seen == 3
        assert len(flights) == 0

    jumping(main)


def test_a_plan_that_asks_for_nothing_lands_at_once() -> None:
    async def main() -> None:
        flights: SingleFlight[int] = SingleFlight()

        async def plan() -> int:
            return 7

        assert await flights.join("x", lambda: (plan(), Tower().perform)) == 7
        assert len(flights) == 0

    jumping(main)


def test_a_tall_stack_of_flights_stays_within_python_s_own() -> None:
    async def main() -> None:
        tower = Tower(seconds=0)
        key = "/".join(["a"] * 127)  # as many labels as a name can have
        assert await tower.join(key) == key

    jumping(main)


async def keep(got: list[str], result: object) -> None:
    got.append(await result)  # type: ignore[misc]


async def within(scope: trio.CancelScope, result: object) -> None:
    with scope:
        await result  # type: ignore[misc]
