"""Plans on their way: everybody patient is answered, nothing is asked twice, nothing is left over."""

from __future__ import annotations

import random

import pytest
import trio
import trio.testing

from resolver.data.name import Name
from resolver.data.rrset import RRset
from resolver.engine.driver import Engine, together
from resolver.testing import World
from resolver.validator import chain
from resolver.validator.ask import Keys
from resolver.validator.context import Context
from resolver.validator.outcome import Outcome
from resolver.validator.states import ZoneState
from tests.engine.running import jumping
from tests.engine.slow_world import SlowWorld, ask

SHARED = ("./DNSKEY", "com./DNSKEY", "com./DS", "example.com./DNSKEY", "example.com./DS")


@pytest.fixture
def slow() -> SlowWorld:
    world = World()
    world.zone("example.com").add("www 300 A 192.0.2.1")
    return SlowWorld(world)


def nothing_is_left(engine: Engine) -> bool:
    """Whether no lookup, flight, question or task of the engine is under way."""
    system = trio.lowlevel.current_root_task()
    assert system is not None
    tasks = [task.name for nursery in system.child_nurseries for task in nursery.child_tasks]
    ours = [name for name in tasks if "resolver" in name]
    return not (engine._lookups or engine._flights or len(engine.questions) or engine.questions.ending or ours)


def test_all_who_want_the_same_get_it_and_it_is_asked_once(slow: SlowWorld) -> None:
    async def main() -> None:
        engine = slow.engine(polite=True)
        outcomes = await together([lambda n=n: engine.lookup(ask(f"n{n}.example.com A")) for n in range(20)])
        assert {outcome.status for outcome in outcomes} == {"absent"}
        assert {slow.asked[text] for text in SHARED} == {1}
        assert nothing_is_left(engine)

    jumping(main)


def test_when_the_first_caller_is_cancelled_the_second_waits_on_for_what_was_asked(slow: SlowWorld) -> None:
    async def main() -> None:
        engine, got = slow.engine(polite=True), []

        async def second() -> None:
            got.append((await engine.lookup(ask("b.example.com A"))).status)

        async with trio.open_nursery() as nursery:
            with trio.move_on_after(0.45) as first:
                nursery.start_soon(second)
                await engine.lookup(ask("a.example.com A"))
        assert first.cancelled_caught
        assert got == ["absent"]
        assert {slow.asked[text] for text in SHARED} == {1}
        assert nothing_is_left(engine)

    jumping(main)


def test_when_all_are_cancelled_at_once_every_plan_is_closed_and_the_next_caller_begins_anew(slow: SlowWorld) -> None:
    async def main() -> None:
        engine = slow.engine(polite=True)
        with trio.move_on_after(0.25):
            await together([lambda n=n: engine.lookup(ask(f"n{n}.example.com A")) for n in range(5)])
        assert nothing_is_left(engine)
        assert (await engine.lookup(ask("www.example.com A"))).status == "secure"

    jumping(main)


@pytest.mark.parametrize("polite", [True, False])
def test_every_patient_caller_of_a_random_schedule_is_answered(slow: SlowWorld, polite: bool) -> None:
    async def main(seed: int) -> None:
        dice = random.Random(seed)
        engine = slow.engine(polite=polite)
        slow.asked.clear()
        patient: list[str] = []
        wanted = 0

        async def caller(delay: float, name: str, patience: float | None) -> None:
            await trio.sleep(delay)
            if patience is None:
                patient.append((await engine.lookup(ask(f"{name} A"))).status)
            else:
                with trio.move_on_after(patience):
                    await engine.lookup(ask(f"{name} A"))

        async with trio.open_nursery() as nursery:
            for number in range(dice.randrange(2, 12)):
                patience = None if dice.random() < 0.4 else dice.choice([0, 0.1, 0.15, 0.2, dice.uniform(0, 0.8)])
                wanted += patience is None
                name = dice.choice(["example.com", "com", "www.example.com", f"n{number}.example.com"])
                nursery.start_soon(caller, dice.choice([0, 0, 0.1, dice.uniform(0, 0.8)]), name, patience)
        assert len(patient) == wanted
        assert set(patient) <= {"secure", "absent"}
        assert nothing_is_left(engine)

    for seed in range(40):
        jumping(main, seed)


def test_what_the_upstream_raises_goes_to_one_caller_and_the_others_go_on(slow: SlowWorld) -> None:
    async def main() -> None:
        engine = slow.engine(polite=True)
        mine = KeyError("mine")
        slow.moods["com./DNSKEY"] = [mine]
        raised: list[BaseException] = []
        got: list[str] = []

        async def one(number: int) -> None:
            try:
                got.append((await engine.lookup(ask(f"n{number}.example.com A"))).status)
            except KeyError as error:
                raised.append(error)

        async with trio.open_nursery() as nursery:
            for number in range(3):
                nursery.start_soon(one, number)
        assert raised == [mine]
        assert got == ["absent", "absent"]
        assert slow.asked["com./DNSKEY"] == 2
        assert nothing_is_left(engine)

    jumping(main)


def test_a_bug_in_a_zone_plan_reaches_every_caller_as_it_is(slow: SlowWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = chain.zone

    async def zone(context: Context, name: Name) -> ZoneState:
        if name.labels == (b"com",):
            await Keys(name.parent())
            raise ZeroDivisionError("bug")
        return await honest(context, name)

    monkeypatch.setattr(chain, "zone", zone)

    async def main() -> None:
        engine = slow.engine()
        seen = 0

        async def one(number: int) -> None:
            nonlocal seen
            with pytest.raises(ZeroDivisionError, match="bug"):
                await engine.lookup(ask(f"n{number}.example.com A"))
            seen += 1

        async with trio.open_nursery() as nursery:
            for number in range(3):
                nursery.start_soon(one, number)
        assert seen == 3
        assert nothing_is_left(engine)

    jumping(main)


def test_a_question_that_one_caller_waited_for_in_vain_is_sent_anew_for_the_next(slow: SlowWorld) -> None:
    async def main() -> None:
        engine = slow.engine(timeout=3, polite=True)
        slow.delays["com./DS"] = [1000.0]
        outcomes: list[Outcome[RRset]] = []

        async def one(number: int, delay: float) -> None:
            await trio.sleep(delay)
            outcomes.append(await engine.lookup(ask(f"n{number}.example.com A")))

        async with trio.open_nursery() as nursery:
            for number in range(3):
                nursery.start_soon(one, number, number)
        assert [outcome.status for outcome in outcomes] == ["indeterminate", "absent", "absent"]
        assert slow.asked["com./DS"] == 2
        assert nothing_is_left(engine)

    jumping(main)


def test_a_tall_stack_of_flights_stays_within_python_s_own() -> None:
    world = World()
    names = [".".join(["a"] * count) for count in range(1, 121)]
    for name in names:
        world.zone(name)
    slow = SlowWorld(world, 0.001)

    async def main() -> None:
        engine = slow.engine(timeout=600)
        outcome = await engine.lookup(ask(f"{names[-1]} SOA"))
        assert outcome.cause is not None
        assert outcome.cause.code == "WORK_LIMIT"
        with trio.move_on_after(0.03) as scope:
            await slow.engine(timeout=600, polite=True).lookup(ask(f"b.{names[-1]} SOA"))
        assert scope.cancelled_caught
        assert nothing_is_left(engine)

    jumping(main)


def test_nobody_waits_for_what_another_one_gave_up(slow: SlowWorld) -> None:
    """An upstream of a caller's own cleans up for long; that is its caller's affair."""
    left: list[float] = []

    class Untidy(SlowWorld):
        async def exchange(self, query: bytes) -> bytes:
            if b"stall" not in query:
                return await super().exchange(query)
            try:
                await trio.sleep_forever()
            finally:
                with trio.CancelScope(shield=True):
                    await trio.sleep(50)
            raise AssertionError

    async def main() -> None:
        engine = Untidy(slow.world).engine(polite=True)

        async def impatient() -> None:
            with trio.move_on_after(0.5):
                await engine.lookup(ask("stall.example.com A"))
            left.append(trio.current_time())

        async with trio.open_nursery() as nursery:
            nursery.start_soon(impatient)
            await trio.sleep(1)
            began = trio.current_time()
            assert (await engine.lookup(ask("www.example.com A"))).status == "secure"
            assert trio.current_time() - began < 5
        assert left[0] > 50  # who gave it up waits for it
        assert nothing_is_left(engine)

    jumping(main)
