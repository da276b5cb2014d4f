"""The trio driver: lookups that share what they find out, end in time, and leave nothing behind."""

from __future__ import annotations

import pytest
import trio
import trio.testing

from resolver.data.name import to_name
from resolver.data.rrset import Message, NoReply, Question
from resolver.engine.driver import Engine, together
from resolver.sources.upstream import Pool
from resolver.sources.upstream.server import NoAnswer
from resolver.testing import World
from resolver.validator import chain
from resolver.validator.ask import Ask, Fetch, Keys
from resolver.validator.outcome import Indeterminate, Outcome
from resolver.validator.policy import Policy
from tests.engine.running import jumping
from tests.engine.slow_world import SlowWorld, ask


@pytest.fixture
def slow() -> SlowWorld:
    world = World()
    world.zone("example.com").add("www 300 A 192.0.2.1", "alias 300 CNAME www.example.net.", "short 0 A 192.0.2.1")
    world.zone("example.net").add("www 300 A 192.0.2.1")
    world.zone("plain.test", signed=False).add("www 300 A 192.0.2.1")
    return SlowWorld(world)


QUESTIONS = [
    "www.example.com A",
    "www.example.com AAAA",
    "nothing.example.com A",
    "alias.example.com A",
    "www.plain.test A",
    ". DNSKEY",
    "example.com DS",
    "www.example.com ANY",
]


DAMAGES = [
    None,
    ("signature-expired", "www A"),
    ("signature-missing", "www A"),
    ("signature-bad", None),
    ("denial-stripped", None),
    ("ds-mismatch", None),
    ("ds-missing", None),
    ("dnskey-missing", None),
    ("server-failure", "www A"),
    ("ttl-zero", None),
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_the_trio_driver_and_the_plain_loop_agree_cold_and_warm(
    slow: SlowWorld, damage: tuple[str, str | None] | None
) -> None:
    async def main() -> None:
        if damage is not None:
            slow.world.zone("example.com").damage(*damage)
        engine, offline = slow.engine(timeout=60), slow.world.offline()
        for text in QUESTIONS:
            for _warmth in ("cold", "warm"):
                live, plain = await engine.lookup(ask(text)), offline.lookup(*text.split())
                assert (live.status, code(live), live.work) == (plain.status, code(plain), plain.work), text

    jumping(main)


def code(outcome: Outcome[object]) -> str | None:
    return None if outcome.cause is None else outcome.cause.code


def test_lookups_at_the_same_time_share_their_zones(slow: SlowWorld) -> None:
    async def main() -> None:
        engine = slow.engine()
        outcomes = await together([lambda n=n: engine.lookup(ask(f"n{n}.example.com A")) for n in range(30)])
        assert {outcome.status for outcome in outcomes} == {"absent"}
        assert {slow.asked[text] for text in ("./DNSKEY", "com./DNSKEY", "com./DS", "example.com./DNSKEY")} == {1}

    jumping(main)


def test_a_finished_outcome_is_cached_while_it_is_fresh(slow: SlowWorld) -> None:
    async def main() -> None:
        engine = slow.engine()
        for text, kept in (("www.example.com A", True), ("short.example.com A", False)):
            assert engine.cached(ask(text)) is None
            outcome = await engine.lookup(ask(text))
            assert outcome.status == "secure"
            assert (engine.cached(ask(text)) is outcome) is kept

    jumping(main)


def test_a_lookup_ends_in_time_and_says_whom_it_waited_for(slow: SlowWorld) -> None:
    async def main() -> None:
        slow.delays["www.example.com./A"] = [100.0]
        outcome = await slow.engine(timeout=3).lookup(ask("www.example.com A"))
        assert trio.current_time() - started <= 3.001
        assert isinstance(outcome, Indeterminate)
        assert outcome.why in ("DEADLINE", "NO_REPLY")
        assert "the time for this lookup" in outcome.summary

    started = 0.0

    async def timed() -> None:
        nonlocal started
        started = trio.current_time()
        await main()

    jumping(timed)


@pytest.mark.parametrize("text", ["example.com./DNSKEY", "com./DS", "./DNSKEY"])
def test_a_deadline_of_one_lookup_is_not_the_zone_s(slow: SlowWorld, text: str) -> None:
    async def main() -> None:
        engine = slow.engine()
        outcomes: dict[str, Outcome[object]] = {}

        async def one(name: str, delay: float) -> None:
            await trio.sleep(delay)
            outcomes[name] = await engine.lookup(ask(f"{name}.example.com A"))

        slow.delays[text] = [50.0, 1.0]
        async with trio.open_nursery() as nursery:
            nursery.start_soon(one, "first", 0)
            nursery.start_soon(one, "second", 8)
        assert outcomes["first"].status == "indeterminate"
        assert outcomes["second"].status == "absent"
        assert slow.asked[text] == 2
        assert engine.cached(ask("first.example.com A")) is None
        assert (await engine.lookup(ask("first.example.com A"))).status == "absent"

    jumping(main)


def test_the_caller_s_own_cancellation_stays_cancellation(slow: SlowWorld) -> None:
    async def main() -> None:
        engine = slow.engine()
        slow.delays["com./DNSKEY"] = [5.0]
        with trio.move_on_after(2) as scope:
            await engine.lookup(ask("www.example.com A"))
        assert scope.cancelled_caught
        assert (await engine.lookup(ask("www.example.com A"))).status == "secure"

    jumping(main)


def test_random_cancellations_leave_every_patient_lookup_right(slow: SlowWorld) -> None:
    async def main() -> None:
        import random

        dice = random.Random(1)
        for _ in range(20):
            engine = slow.engine()
            patient: list[str] = []

            async def one(delay: float, patience: float, number: int, engine=engine, patient=patient) -> None:
                await trio.sleep(delay)
                with trio.move_on_after(patience):
                    patient.append((await engine.lookup(ask(f"n{number}.example.com A"))).status)

            async with trio.open_nursery() as nursery:
                for number in range(10):
                    patience = dice.choice([1e9, dice.uniform(0, 1)])
                    nursery.start_soon(one, dice.uniform(0, 0.6), patience, number)
            assert set(patient) <= {"absent"}
            assert (await engine.lookup(ask("www.example.com A"))).status == "secure"

    jumping(main)


def test_an_error_of_the_upstream_s_own_reaches_its_caller_as_it_is(slow: SlowWorld) -> None:
    async def main() -> None:
        engine = slow.engine()
        mood = ZeroDivisionError("mine")
        slow.moods["com./DNSKEY"] = [mood]
        with pytest.raises(ZeroDivisionError) as caught:
            await engine.lookup(ask("www.example.com A"))
        assert caught.value is mood
        assert (await engine.lookup(ask("www.example.com A"))).status == "secure"

    jumping(main)


def test_what_several_questions_raise_comes_out_in_no_group() -> None:
    async def main() -> None:
        async def fails(seconds: float) -> int:
            await trio.sleep(seconds)
            raise KeyError(seconds)

        async def works() -> int:
            await trio.sleep(0.5)
            return 7

        assert await together([works, works]) == [7, 7]
        with pytest.raises(KeyError, match="1"):
            await together([works, lambda: fails(1.0), lambda: fails(2.0)])
        with trio.move_on_after(0.1) as scope:
            await together([works, works])
        assert scope.cancelled_caught

    jumping(main)


def test_a_lookup_of_another_moment_does_not_take_a_verdict_about_this_one(slow: SlowWorld) -> None:
    async def main() -> None:
        year = 365 * 86400
        times = [slow.world.now + 3 * year, slow.world.now]
        engine = slow.engine(clock=lambda: times[0])
        outcomes: list[str] = []

        async def one() -> None:
            outcomes.append((await engine.lookup(ask("www.example.com A"))).status)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(one)
            await trio.testing.wait_all_tasks_blocked()
            times.pop(0)
            nursery.start_soon(one)
        assert sorted(outcomes) == ["bogus", "secure"]
        assert (await engine.lookup(ask("www.example.com A"))).status == "secure"

    jumping(main)


def test_a_plan_is_closed_however_its_lookup_ends(slow: SlowWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[str] = []

    class Nonsense(Ask[None]):
        pass

    async def answer(context: object, question: Question) -> object:
        try:
            if question.rdtype == 1:
                return await Nonsense()
            if question.rdtype == 28:
                return await Keys(to_name("example.com"))
            return await Fetch(question)
        finally:
            closed.append(str(question))

    async def zone(context: object, name: object) -> object:
        return await Keys(to_name("www.example.com"))

    monkeypatch.setattr(chain, "answer", answer)
    monkeypatch.setattr(chain, "zone", zone)

    async def main() -> None:
        engine = slow.engine()
        with pytest.raises(TypeError, match="no driver knows"):
            await engine.lookup(ask("a.test A"))
        with pytest.raises(AssertionError, match="R124"):
            await engine.lookup(ask("a.test AAAA"))
        with trio.move_on_after(0.01):
            await engine.lookup(ask("a.test MX"))
        assert closed == ["a.test./A", "a.test./AAAA", "a.test./MX"]

    jumping(main)


def test_after_the_deadline_a_plan_hears_at_once_that_nothing_came(
    slow: SlowWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[object] = []

    async def answer(context: object, question: Question) -> object:
        heard.append(await Fetch(question, question))
        heard.append(await Keys(to_name("example.com")))
        heard.append(await Fetch(question))
        raise LookupError("told enough")

    monkeypatch.setattr(chain, "answer", answer)

    async def main() -> None:
        slow.delay = 50
        before = trio.current_time()
        with pytest.raises(LookupError):
            await slow.engine(timeout=5).lookup(ask("a.test A"))
        assert trio.current_time() - before <= 5.001

    jumping(main)
    first, state, last = heard
    assert isinstance(first, tuple)
    assert len(first) == 2
    assert all(isinstance(reply, NoReply) and reply.why == "deadline" for reply in first)
    assert "object SlowWorld: no reply yet" in first[0].text
    assert state.why == "NO_REPLY"  # type: ignore[attr-defined]
    assert state.finding.code == "DEADLINE"  # type: ignore[attr-defined]
    assert len(last) == 1  # type: ignore[arg-type]


class Silent:
    """A server that never says anything."""

    reliable = False
    over_tcp = None

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.asked = 0

    async def ask(self, question: Question, *, cd: bool, seconds: float) -> Message:
        self.asked += 1
        await trio.sleep(seconds)
        raise NoAnswer("timeout", f"no reply within {seconds:g} s")

    def after_fork(self) -> None:
        """Nothing is kept."""


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_servers_that_say_nothing_are_all_named_within_the_lookup_s_time(slow: SlowWorld, count: int) -> None:
    async def main() -> None:
        servers = [Silent(f"udp 192.0.2.{number}:53") for number in range(count)]
        engine = Engine(
            Pool(servers, clock=slow.world.clock),
            anchors=slow.world.anchors,
            policy=Policy(),
            timeout=10,
            cache_size=10,
            clock=slow.world.clock,
        )
        before = trio.current_time()
        outcome = await engine.lookup(ask("www.example.com A"))
        assert trio.current_time() - before <= 10.001
        assert isinstance(outcome, Indeterminate)
        for server in servers:
            assert f"{server.origin}: no reply" in outcome.summary

    jumping(main)
