"""One TCP connection for many questions: order, sharing, loss of the connection, cancellation."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

import pytest
import trio
from trio.testing import MockClock

from resolver.data.rrset import Message, NoReply, Question
from resolver.sources.upstream import Pool, open_upstream
from resolver.testing import World
from tests.sources.ways import choose

LOCAL = "127.0.0.1"
COUNT = 60


def question(number: int) -> Question:
    return Question.of(f"h{number}.example.com", "A")


@pytest.fixture(params=["task", "calls"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    choose(request.param, monkeypatch)


@pytest.fixture(scope="module")
def world() -> World:
    world = World()
    zone = world.zone("example.com")
    for number in range(COUNT):
        zone.add(f"h{number} 300 A 192.0.2.{number}")
    return world


def run(main: Callable[[], Awaitable[None]]) -> None:
    """Time jumps where nobody does anything for 20 ms."""
    trio.run(main, clock=MockClock(autojump_threshold=0.02))


class Line:
    """One accepted connection: queries in, whatever the test wants out."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self.stream = stream
        self._octets = b""

    async def query(self) -> bytes:
        while len(self._octets) < 2 or len(self._octets) < 2 + int.from_bytes(self._octets[:2]):
            some = await self.stream.receive_some()
            if not some:
                raise trio.BrokenResourceError
            self._octets += some
        stop = 2 + int.from_bytes(self._octets[:2])
        query, self._octets = self._octets[2:stop], self._octets[stop:]
        return query

    async def reply(self, *messages: bytes) -> None:
        await self.stream.send_all(b"".join(len(each).to_bytes(2) + each for each in messages))


Behaviour = Callable[[Line], Awaitable[None]]


class TcpServer:
    """A server that treats its first, second … connection as it is told, and later ones as the last."""

    def __init__(self, *behaviours: Behaviour) -> None:
        self._behaviours = behaviours
        self.connections = 0

    async def __aenter__(self) -> TcpServer:
        self._manager = trio.open_nursery()
        self._nursery = await self._manager.__aenter__()
        (listener,) = await trio.open_tcp_listeners(0, host=LOCAL)
        self.port = listener.socket.getsockname()[1]
        self._nursery.start_soon(trio.serve_listeners, self._serve, [listener])
        self.pool: Pool = open_upstream(f"tcp://{LOCAL}:{self.port}", clock=lambda: 1234.5)
        return self

    async def __aexit__(self, *error: object) -> None:
        self.pool.close()
        self._nursery.cancel_scope.cancel()
        await self._manager.__aexit__(None, None, None)

    async def _serve(self, stream: trio.SocketStream) -> None:
        behaviour = self._behaviours[min(self.connections, len(self._behaviours) - 1)]
        self.connections += 1
        try:
            await behaviour(Line(stream))
        except trio.BrokenResourceError:
            pass

    async def ask(self, *numbers: int) -> dict[int, Message | NoReply]:
        """All at the same time."""
        replies: dict[int, Message | NoReply] = {}

        async def one(number: int) -> None:
            replies[number] = await self.pool.fetch(question(number))

        async with trio.open_nursery() as nursery:
            for number in numbers:
                nursery.start_soon(one, number)
        return replies


def right(replies: dict[int, Message | NoReply]) -> int:
    """How many there are; each must answer its own question."""
    for number, reply in replies.items():
        assert isinstance(reply, Message), reply
        rrset = reply.find(*question(number))
        assert rrset is not None
        assert rrset.rdata == (bytes((192, 0, 2, number)),)
    return len(replies)


async def honest(world: World, line: Line) -> None:
    while True:
        await line.reply(world.answer(await line.query()))


def test_many_questions_share_one_connection_and_one_write(world: World) -> None:
    pieces: list[int] = []

    async def main() -> None:
        async def counting(line: Line) -> None:
            octets = await line.stream.receive_some(65536)
            pieces.append(len(octets))
            line._octets = octets
            await honest(world, line)

        async with TcpServer(counting) as server:
            assert right(await server.ask(*range(COUNT))) == COUNT
            assert right(await server.ask(*range(COUNT))) == COUNT
            assert server.connections == 1

    run(main)
    assert pieces[0] > COUNT * 40  # the first read had them all


def test_replies_may_come_in_any_order_and_in_any_pieces(world: World) -> None:
    async def backwards(line: Line) -> None:
        queries = [await line.query() for _ in range(COUNT)]
        octets = b"".join(len(reply).to_bytes(2) + reply for reply in map(world.answer, reversed(queries)))
        for at in range(0, len(octets), 997):
            await line.stream.send_all(octets[at : at + 997])
            await trio.lowlevel.checkpoint()
        await line.query()

    async def main() -> None:
        async with TcpServer(backwards) as server:
            assert right(await server.ask(*range(COUNT))) == COUNT

    run(main)


def test_a_connection_that_the_server_closed_when_idle_is_made_anew(world: World) -> None:
    async def one_only(line: Line) -> None:
        await line.reply(world.answer(await line.query()))

    async def main() -> None:
        async with TcpServer(one_only) as server:
            for number in range(4):
                assert right(await server.ask(number)) == 1
                await trio.testing.wait_all_tasks_blocked(0.01)
            assert server.connections == 4

    run(main)


def test_questions_on_a_connection_that_ends_are_sent_again(world: World) -> None:
    async def ends(line: Line) -> None:
        queries = [await line.query() for _ in range(COUNT)]
        await line.reply(*map(world.answer, queries[:20]))

    async def main() -> None:
        async with TcpServer(ends, partial(honest, world)) as server:
            assert right(await server.ask(*range(COUNT))) == COUNT
            assert server.connections == 2

    run(main)


def test_a_server_that_closes_after_each_reply_is_given_few_questions_at_a_time(world: World) -> None:
    async def one_only(line: Line) -> None:
        await line.reply(world.answer(await line.query()))

    async def main() -> None:
        async with TcpServer(one_only) as server:
            assert right(await server.ask(*range(20))) == 20
            assert server.connections == 20

    run(main)


@pytest.mark.parametrize("way", ["task"], indirect=True)  # after a call that failed, the long way begins anew
def test_a_connection_that_never_brings_anything_is_not_tried_over_and_over(world: World) -> None:
    async def hangs_up(line: Line) -> None:
        await line.query()

    async def main() -> None:
        async with TcpServer(hangs_up) as server:
            reply = (await server.ask(1))[1]
            assert isinstance(reply, NoReply)
            assert reply.why == "network"
            assert "the server closed the connection" in reply.text
            assert server.connections == 2

    run(main)


def test_who_is_cancelled_harms_nobody_else(world: World) -> None:
    async def slow(line: Line) -> None:
        queries = [await line.query() for _ in range(20)]
        await trio.sleep(1)
        for query in queries:
            await line.reply(world.answer(query))
        await honest(world, line)

    async def main() -> None:
        async with TcpServer(slow) as server:
            replies: dict[int, Message | NoReply] = {}

            async def patient(number: int) -> None:
                replies[number] = await server.pool.fetch(question(number))

            async def hasty(number: int) -> None:
                with trio.move_on_after((1 + number) / 25):
                    await server.pool.fetch(question(number))
                    raise AssertionError("it had time enough")

            async with trio.open_nursery() as nursery:
                for number in range(20):  # the first of them drives
                    nursery.start_soon(patient if number % 3 == 2 else hasty, number)
            assert right(replies) == 6
            assert right(await server.ask(40, 41)) == 2
            assert server.connections == 1

    run(main)


def test_a_reply_to_another_question_is_passed_over(world: World) -> None:
    async def wrong_first(line: Line) -> None:
        query = await line.query()
        good = world.answer(query)
        other = world.answer(query.replace(b"\2h1", b"\2h2"))
        unknown = bytes([good[0] ^ 1]) + good[1:]
        await line.reply(other, unknown, good[:20], good)
        await line.query()

    async def main() -> None:
        async with TcpServer(wrong_first) as server:
            assert right(await server.ask(1)) == 1

    run(main)


def test_a_silent_connection_is_given_up_and_a_new_one_is_tried(world: World) -> None:
    async def silent(line: Line) -> None:
        while True:
            await line.query()

    async def main() -> None:
        async with TcpServer(silent, partial(honest, world)) as server:
            before = trio.current_time()
            assert right(await server.ask(*range(5))) == 5
            assert trio.current_time() - before < 4
            assert server.connections == 2

    run(main)


@pytest.mark.parametrize("way", ["task"], indirect=True)  # after a call that failed, the long way begins anew
def test_whoever_loses_a_connection_to_the_impatience_of_others_keeps_its_own_time(world: World) -> None:
    async def silent(line: Line) -> None:
        while True:
            await line.query()

    async def main() -> None:
        async with TcpServer(silent, silent, partial(honest, world)) as server:
            replies: dict[int, Message | NoReply] = {}

            async def ask(number: int, at: float) -> None:
                await trio.sleep_until(began + at)
                replies[number] = await server.pool.fetch(question(number))

            began = trio.current_time()
            async with trio.open_nursery() as nursery:  # each waits 2 s: the first two end the first two connections
                for number, at in enumerate((0.0, 0.5, 1.0)):
                    nursery.start_soon(ask, number, at)
            assert server.connections == 3
            assert right(replies) == 3
            assert trio.current_time() - began < 2.6

    run(main)


def test_closing_the_pool_ends_the_connection_and_tells_who_waits(world: World) -> None:
    async def silent(line: Line) -> None:
        while True:
            await line.query()

    async def main() -> None:
        async with TcpServer(silent) as server:
            async with trio.open_nursery() as nursery:

                async def close() -> None:
                    await trio.sleep(0.1)
                    server.pool.close()

                nursery.start_soon(close)
                replies = await server.ask(1, 2)
            assert all(isinstance(reply, NoReply) and "closed" in reply.text for reply in replies.values())

    run(main)


def test_ids_of_abandoned_questions_are_not_used_again_and_the_abandoned_are_bounded(world: World) -> None:
    """A late reply must not meet another question; who cancels without end must not use up all IDs."""
    idents: list[list[int]] = []

    async def silent(line: Line) -> None:
        mine: list[int] = []
        idents.append(mine)
        while True:
            mine.append(int.from_bytes((await line.query())[:2]))

    async def main() -> None:
        async with TcpServer(silent) as server:
            for _ in range(30):
                with trio.move_on_after(0.1):
                    await server.ask(*(number for number in range(COUNT)))

    run(main)
    assert max(map(len, idents)) > 900  # where IDs were used again, one would be, in nearly every run
    assert all(len(set(mine)) == len(mine) <= 1000 + 2 * COUNT for mine in idents)
