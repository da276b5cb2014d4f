"""Keys of the root and of top-level domains are fetched before they expire: beside a lookup, once, and harmlessly."""

from __future__ import annotations

import pytest
import trio

from resolver.data.name import ROOT, to_name
from resolver.engine.driver import together
from resolver.engine.prefetch import LAST_PART, PAUSE, top_of
from resolver.testing import World
from resolver.validator.states import InsecureZone, SecureZone, ZoneState
from tests.engine.running import jumping
from tests.engine.slow_world import SlowWorld, ask

COM = to_name("com")
OF_COM = ("com./DS", "com./DNSKEY")
OF_ROOT = ("./DNSKEY",)


class Aged:
    """A resolver whose states have so much of their time left, and what it asks from then on."""

    def __init__(self) -> None:
        self.world = World()
        self.world.zone("example.com").add("www 60 A 192.0.2.1")
        self.world.zone("example.net").add("www 60 A 192.0.2.1")
        self.slow = SlowWorld(self.world)
        self.now = float(self.world.now)
        self.engine = self.slow.engine(clock=lambda: self.now)

    async def grow(self, left: float) -> ZoneState:
        """Look up once, and wait until that part of the time of com's state is left."""
        assert (await self.engine.lookup(ask("www.example.com A"))).status == "secure"
        state = self.state()
        self.now = end_of(state) - left * (end_of(state) - state.fetched_at)
        self.slow.asked.clear()
        return state

    def state(self) -> SecureZone:
        state = self.engine._zones.get(COM, self.now)
        assert isinstance(state, SecureZone)
        return state

    async def look_up(self, text: str = "n.example.com A") -> str:
        return (await self.engine.lookup(ask(text))).status


def end_of(state: SecureZone) -> float:
    return min(state.fresh_until, state.valid_until + 1)


def tasks() -> int:
    """The system tasks of this run."""
    root = trio.lowlevel.current_root_task()
    assert root is not None
    return sum(len(nursery.child_tasks) for nursery in root.child_nurseries)


def test_in_the_last_tenth_of_their_time_keys_are_fetched_beside_a_lookup() -> None:
    async def main() -> None:
        aged = Aged()
        before = await aged.grow(LAST_PART * 0.9)
        began = trio.current_time()
        assert await aged.look_up() == "absent"
        assert trio.current_time() - began < 2.5 * aged.slow.delay
        assert [aged.slow.asked[text] for text in (*OF_COM, *OF_ROOT)] == [1, 1, 1]
        after = aged.state()
        assert after is not before
        assert end_of(after) > aged.now + 100
        aged.now = end_of(before) + 1  # what would have had to be waited for
        aged.slow.asked.clear()
        assert await aged.look_up("n2.example.com A") == "absent"
        assert not any(aged.slow.asked[text] for text in (*OF_COM, *OF_ROOT))

    jumping(main)


def test_before_that_and_in_a_cold_resolver_nothing_more_is_asked() -> None:
    async def main() -> None:
        aged = Aged()
        before = await aged.grow(LAST_PART * 1.1)
        assert await aged.look_up() == "absent"
        assert not any(aged.slow.asked[text] for text in (*OF_COM, *OF_ROOT))
        assert aged.state() is before
        cold = Aged()
        assert await cold.look_up() == "absent"
        assert set(cold.slow.asked.values()) == {1}

    jumping(main)


def test_many_lookups_at_once_fetch_them_once_and_none_waits() -> None:
    async def main() -> None:
        aged = Aged()
        await aged.grow(LAST_PART / 2)
        aged.slow.delays.update({text: [3.0] for text in (*OF_COM, *OF_ROOT)})
        began = trio.current_time()
        calls = [lambda n=n: aged.look_up(f"n{n}.example.com A") for n in range(30)]
        assert set(await together(calls)) == {"absent"}
        assert trio.current_time() - began < 1
        assert [aged.slow.asked[text] for text in (*OF_COM, *OF_ROOT)] == [1, 1, 1]

    jumping(main)


@pytest.mark.parametrize("damage", ["dnskey-missing", "signature-expired", "silence"])
def test_a_failure_changes_nothing_and_is_not_tried_again_at_once(damage: str) -> None:
    async def main() -> None:
        aged = Aged()
        before = await aged.grow(LAST_PART / 2)
        if damage == "silence":
            aged.slow.delays.update({text: [0.01] * 9 for text in OF_COM})
            aged.slow.moods.update({text: [OSError("no route") for _ in range(9)] for text in OF_COM})
        else:
            aged.world.zone("com").damage(damage, *(["@ DNSKEY"] if damage == "signature-expired" else []))
        counts = set()
        for number in range(5):
            assert await aged.look_up(f"n{number}.example.com A") == "absent"
            assert aged.state() is before
            counts.add(aged.slow.asked["com./DS"])
        (asked,) = counts
        aged.now += PAUSE
        assert await aged.look_up("later.example.com A") == "absent"
        assert aged.slow.asked["com./DS"] > asked
        assert aged.state() is before

    jumping(main)


def test_a_lesser_proof_does_not_take_the_place_of_a_secure_one() -> None:
    async def main() -> None:
        aged = Aged()
        before = await aged.grow(LAST_PART / 2)
        plain = World()
        plain.zone("com", signed=False)
        plain.zone("example.com", signed=False)
        for text in OF_COM:
            aged.world.override(
                text.replace("./", " ").replace("com", "com."),
                lambda _, text=text: plain.message(text.replace("./", ". ")),
            )
        assert await aged.look_up() == "absent"
        assert aged.slow.asked["com./DS"] == 1
        assert aged.state() is before
        assert not isinstance(aged.engine._zones.get(COM, aged.now), InsecureZone)

    jumping(main)


def test_with_the_last_lookup_it_ends_and_leaves_no_task() -> None:
    async def main() -> None:
        aged = Aged()
        before = await aged.grow(LAST_PART / 2)
        idle = tasks()
        aged.slow.delays.update({text: [3.0] for text in (*OF_COM, *OF_ROOT)})
        assert await aged.look_up() == "absent"
        assert aged.slow.asked["com./DNSKEY"] == 1
        assert tasks() == idle
        assert len(aged.engine.questions) == 0
        assert not aged.engine._flights
        assert aged.state() is before
        aged.engine.close()
        await aged.engine.settled()
        assert tasks() == idle

    jumping(main)


def test_a_lookup_that_is_cancelled_takes_it_along_unless_others_run() -> None:
    async def main() -> None:
        aged = Aged()
        before = await aged.grow(LAST_PART / 2)
        aged.slow.delays.update({text: [0.5] for text in (*OF_COM, *OF_ROOT)})
        aged.slow.delays["slow.example.com./A"] = [2.0]
        idle = tasks()

        async def cancelled() -> None:
            with trio.move_on_after(0.05):
                await aged.look_up("gone.example.com A")

        async with trio.open_nursery() as nursery:
            nursery.start_soon(aged.look_up, "slow.example.com A")
            nursery.start_soon(cancelled)
        assert aged.state() is not before
        assert tasks() == idle

    jumping(main)


def test_who_needs_the_zone_meanwhile_joins_it() -> None:
    async def main() -> None:
        aged = Aged()
        await aged.grow(LAST_PART / 2)
        aged.slow.delays.update({text: [1.0] for text in (*OF_COM, *OF_ROOT)})

        async def later() -> None:
            await trio.sleep(0.01)
            aged.engine._zones._states.clear()  # as when its time is over
            assert await aged.look_up("www.example.com AAAA") == "absent"

        async with trio.open_nursery() as nursery:
            nursery.start_soon(aged.look_up, "n.example.com A")
            nursery.start_soon(later)
        assert aged.slow.asked["com./DNSKEY"] == 1

    jumping(main)


def test_a_polite_resolver_asks_nothing_before_its_time() -> None:
    async def main() -> None:
        aged = Aged()
        aged.engine = aged.slow.engine(clock=lambda: aged.now, polite=True)
        await aged.grow(LAST_PART / 2)
        assert await aged.look_up() == "absent"
        assert not any(aged.slow.asked[text] for text in (*OF_COM, *OF_ROOT))

    jumping(main)


def test_names_of_the_root_itself_keep_the_root_s_keys() -> None:
    async def main() -> None:
        aged = Aged()
        await aged.grow(LAST_PART / 2)
        assert await aged.look_up(". NS") in ("secure", "absent")
        assert aged.slow.asked["./DNSKEY"] == 1
        assert not aged.slow.asked["com./DNSKEY"]
        assert isinstance(aged.engine._zones.get(ROOT, aged.now), SecureZone)

    jumping(main)


def test_a_failure_is_not_remembered_even_where_the_state_is_gone_by_then() -> None:
    async def main() -> None:
        aged = Aged()
        await aged.grow(LAST_PART / 2)
        aged.world.zone("com").damage("dnskey-missing")
        aged.slow.delays["n.example.com./A"] = [1.0]

        async def evict() -> None:
            await trio.sleep(0.05)
            aged.engine._zones._states.clear()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(aged.look_up)
            nursery.start_soon(evict)
            await trio.sleep(0.5)
            assert aged.slow.asked["com./DNSKEY"] > 0
            assert COM not in aged.engine._zones._states
            nursery.cancel_scope.cancel()

    jumping(main)


@pytest.mark.parametrize(("name", "top"), [("com", "com"), ("www.example.com", "com"), ("a.b.c.d", "d")])
def test_the_top_level_domain_of_a_name(name: str, top: str) -> None:
    assert top_of(to_name(name)) == to_name(top)
