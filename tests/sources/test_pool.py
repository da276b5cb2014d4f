"""Which server is asked, how often, and when another one is asked beside it."""

from __future__ import annotations

import pytest
import trio

from resolver.data import wire
from resolver.data.rrset import Message, NoReply, Question
from resolver.sources.upstream import Pool, open_upstream
from resolver.sources.upstream.pool import MAX_ASKS
from resolver.sources.upstream.server import NoAnswer
from resolver.sources.upstream.standing import Allowance, Standing
from resolver.testing import World
from tests.sources.test_upstream import QUESTION, run
from tests.sources.ways import choose


@pytest.fixture(params=["task", "calls"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    choose(request.param, monkeypatch)


@pytest.fixture(scope="module")
def world() -> World:
    world = World()
    world.zone("example.com").add("www 300 A 192.0.2.1")
    return world


class Fake:
    """A server that replies after a time, or not; as UDP would."""

    over_tcp = None
    reliable = False

    def __init__(self, world: World, name: str, seconds: float, *, edns: bool = True, rcode: int = 0) -> None:
        self.world = world
        self.origin = name
        self.seconds = seconds
        self.edns = edns
        self.rcode = rcode
        self.asked: list[float] = []

    async def ask(self, question: Question, *, cd: bool, seconds: float) -> Message:
        self.asked.append(trio.current_time())
        if self.seconds > seconds:
            await trio.sleep(seconds)
            raise NoAnswer("timeout", f"no reply within {seconds:g} s")
        await trio.sleep(self.seconds)
        reply = wire.read(self.world.answer(wire.write_query(question, 1, cd=cd)), origin=self.origin)
        if not self.edns:
            reply.edns = None
        if self.rcode:
            reply = Message(question, rcode=self.rcode, origin=self.origin)
        return reply

    def after_fork(self) -> None: ...

    def close(self) -> None: ...


def pool(*servers: Fake, rotate: bool = False) -> Pool:
    return Pool(servers, clock=lambda: 7.0, rotate=rotate)


async def origin(upstream: Pool, question: Question = QUESTION) -> str:
    message = await upstream.fetch(question)
    assert isinstance(message, Message), message
    return message.origin


def test_the_first_server_is_asked_while_it_is_about_as_fast_as_the_others(world: World) -> None:
    async def main() -> None:
        one, two = Fake(world, "one", 0.05), Fake(world, "two", 0.04)
        both = pool(one, two)
        assert [await origin(both) for _ in range(10)] == ["one"] * 10
        assert not two.asked

    run(main)


def test_a_much_faster_server_is_preferred_once_it_is_known(world: World) -> None:
    async def main() -> None:
        slow, fast = Fake(world, "slow", 0.5), Fake(world, "fast", 0.02)
        both = pool(slow, fast)
        assert [await origin(both) for _ in range(5)] == ["slow", *["fast"] * 4]

    run(main)


def test_servers_take_turns_where_they_are_told_to(world: World) -> None:
    async def main() -> None:
        three = pool(*(Fake(world, name, 0.02) for name in "abc"), rotate=True)
        assert sorted([await origin(three) for _ in range(6)]) == ["a", "a", "b", "b", "c", "c"]

    run(main)


def test_a_server_that_falls_silent_costs_little_more_than_its_usual_time(world: World) -> None:
    async def main() -> None:
        one, two = Fake(world, "one", 0.03), Fake(world, "two", 0.03)
        both = pool(one, two)
        for _ in range(20):
            await origin(both)
        one.seconds = float("inf")
        before = trio.current_time()
        assert await origin(both) == "two"
        assert trio.current_time() - before < 0.2
        assert await origin(both) == "two"
        asked = len(one.asked)
        assert [await origin(both) for _ in range(9)] == ["two"] * 9
        assert len(one.asked) == asked  # it rests
        await trio.sleep(31)
        one.seconds = 0.03
        assert await origin(both) == "one"

    run(main)


def test_early_second_questions_are_rationed(world: World) -> None:
    async def main() -> None:
        one, two = Fake(world, "one", 0.03), Fake(world, "two", 0.03)
        both = pool(one, two)
        for _ in range(20):
            await origin(both)
        one.seconds, two.seconds = 0.3, 0.3  # everything becomes slow at once
        replies: list[str] = []

        async def ask() -> None:
            replies.append(await origin(both))

        asked = len(one.asked)
        async with trio.open_nursery() as nursery:
            for _ in range(300):
                nursery.start_soon(ask)
        assert len(replies) == 300
        assert len(two.asked) <= Allowance.MOST + 300 * Allowance.SHARE
        assert len(one.asked) - asked <= 300 * 5

    run(main)


def test_one_question_is_sent_a_limited_number_of_times(world: World) -> None:
    async def main() -> None:
        servers = [Fake(world, str(number), 0.01) for number in range(6)]
        many = pool(*servers)
        for server in servers:
            many._standing(server).answered(0.01)
            server.seconds = float("inf")
        before = trio.current_time()
        reply = await many.fetch(QUESTION)
        assert isinstance(reply, NoReply)
        assert sum(len(server.asked) for server in servers) == MAX_ASKS == len(reply.attempts)
        assert trio.current_time() - before < 5
        assert all(server.asked for server in servers)

    run(main)


def test_a_lost_packet_is_sent_again_soon_where_the_server_is_known(world: World) -> None:
    async def main() -> None:
        server = Fake(world, "one", 0.03)
        single = pool(server)
        for _ in range(10):
            await origin(single)
        server.seconds = float("inf")
        async with trio.open_nursery() as nursery:
            before = trio.current_time()
            nursery.start_soon(origin, single)
            await trio.sleep(0.01)
            server.seconds = 0.03
        assert trio.current_time() - before < 0.3

    run(main)


def test_a_server_without_edns_is_asked_after_the_others_and_named(world: World) -> None:
    async def main() -> None:
        unaware, good = Fake(world, "unaware", 0.02, edns=False), Fake(world, "good", 0.02)
        both = pool(unaware, good)
        message = await both.fetch(QUESTION)
        assert isinstance(message, Message)
        assert message.origin == "good"
        (attempt,) = message.attempts
        assert attempt[0] == "unaware"
        assert "this upstream is not DNSSEC-aware" in attempt[1]
        assert [await origin(both) for _ in range(5)] == ["good"] * 5
        assert len(unaware.asked) == 1
        assert "not DNSSEC-aware" in both.trouble()[0][1]
        await trio.sleep(301)
        await origin(both)
        assert len(unaware.asked) == 2

    run(main)


def test_where_all_servers_strip_dnssec_the_judge_gets_a_reply_to_say_so(world: World) -> None:
    async def main() -> None:
        one, two = Fake(world, "one", 0.02, edns=False), Fake(world, "two", 0.02, edns=False)
        both = pool(one, two)
        assert await origin(both) in ("one", "two")
        assert (len(one.asked), len(two.asked)) == (1, 1)
        await origin(both)
        assert len(one.asked) + len(two.asked) == 3

    run(main)


def test_root_keys_without_signatures_mark_a_server_too(world: World) -> None:
    async def main() -> None:
        unsigned = World()
        unsigned.zone(".").damage("signature-missing", ". DNSKEY")
        root = Question.of(".", "DNSKEY")
        stripping, good = Fake(unsigned, "stripping", 0.02), Fake(world, "good", 0.02)
        both = pool(stripping, good)
        assert await origin(both, root) == "good"
        assert await origin(both) == "good"

    run(main)


def test_servfail_and_the_like_are_asked_of_the_next_server_and_told(world: World) -> None:
    async def main() -> None:
        bad, good = Fake(world, "bad", 0.02, rcode=2), Fake(world, "good", 0.02)
        message = await pool(bad, good).fetch(QUESTION)
        assert isinstance(message, Message)
        assert (message.origin, message.attempts) == ("good", (("bad", "SERVFAIL"),))

    run(main)


def test_what_is_known_of_a_server_outlives_a_trio_run(world: World) -> None:
    dead, good = Fake(world, "dead", float("inf")), Fake(world, "good", 0.001)
    both = pool(dead, good)

    async def main() -> None:
        both._standing(dead).failed("away", both._stopwatch(), at_once=True)

    async def later() -> None:
        assert await origin(both) == "good"
        assert not dead.asked

    trio.run(main)
    trio.run(later)


def test_times_are_smoothed() -> None:
    standing = Standing()
    assert standing.patience(2.0) == 0.8
    for _ in range(50):
        standing.answered(0.2)
    assert 0.2 <= standing.patience(2.0) < 0.21
    standing.answered(1.0)
    assert 0.9 < standing.patience(2.0) < 1.2
    assert standing.patience(0.5) == 0.5


def test_a_function_that_times_out_reaches_its_caller_as_a_value(world: World) -> None:
    def silent(query: bytes) -> bytes:
        raise TimeoutError("no reply")

    async def main() -> None:
        reply = await open_upstream(silent, clock=float).fetch(QUESTION)
        assert isinstance(reply, NoReply)
        assert reply.why == "timeout"
        assert len(reply.attempts) <= MAX_ASKS

    trio.run(main)
