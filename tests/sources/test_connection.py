"""What a connection does beside asking: keepalive, blocked writes, forks, and an end without warnings."""

from __future__ import annotations

import gc
import os
import socket
import threading
import warnings
from functools import partial

import trio
import trio.testing

from resolver.data import wire
from resolver.data.rrset import Edns, Message, NoReply
from resolver.sources.upstream import open_upstream
from resolver.sources.upstream.calling import CallingConnection
from resolver.sources.upstream.connection import KEEPALIVE, MAX_IN_FLIGHT
from resolver.sources.upstream.dialogue import Frames
from resolver.sources.upstream.server import Query
from resolver.sources.upstream.waiting import Lost
from resolver.testing import World
from tests.sources.test_pipeline import COUNT, LOCAL, Line, TcpServer, honest, question, right, run, world

__all__ = ["world"]  # a fixture


def keepalive(world: World, query: bytes, tenths: int) -> bytes:
    message = wire.read(world.answer(query))
    message.edns = Edns(1232, 0, 0x8000, ((KEEPALIVE, tenths.to_bytes(2)),))
    return wire.write_message(message, ident=int.from_bytes(query[:2]))


def asks_keepalive(query: bytes) -> bool:
    return query.endswith(KEEPALIVE.to_bytes(2) + b"\0\0")


def test_a_connection_is_not_used_for_longer_than_the_server_allows(world: World) -> None:
    asked: list[bool] = []

    async def limited(line: Line) -> None:
        while True:
            query = await line.query()
            asked.append(asks_keepalive(query))
            await line.reply(keepalive(world, query, 50))

    async def main() -> None:
        async with TcpServer(limited) as server:
            assert right(await server.ask(1)) == 1
            await trio.sleep(4)
            assert right(await server.ask(2)) == 1
            assert server.connections == 1
            await trio.sleep(6)
            assert right(await server.ask(3)) == 1
            assert server.connections == 2

    run(main)
    assert asked == [True, False, True]


def test_a_server_that_allows_no_idle_time_still_gets_many_questions_at_once(world: World) -> None:
    async def limited(line: Line) -> None:
        while True:
            await line.reply(keepalive(world, await line.query(), 0))

    async def main() -> None:
        async with TcpServer(limited) as server:
            assert right(await server.ask(*range(COUNT))) == COUNT
            assert server.connections == 1
            assert right(await server.ask(1)) == 1
            assert server.connections == 2

    run(main)


def test_writes_that_block_hold_up_no_reads() -> None:
    """Each side's buffers are full; whoever only writes then, or only reads, waits for ever."""
    count = 3000

    async def slow_reader(line: Line) -> None:
        queries = [await line.query()]
        await trio.sleep(0.5)  # the client's writes pile up
        while True:
            for query in queries:
                await line.reply(query[:2] + b"\x81\x80" + query[4:])
            queries = [await line.query()]

    async def main() -> None:
        async with TcpServer(slow_reader) as server:
            replies: list[Message | NoReply] = []

            async def one(number: int) -> None:
                replies.append(await server.pool.fetch(question(number % COUNT)))

            connection = None
            async with trio.open_nursery() as nursery:
                nursery.start_soon(one, 0)
                while connection is None:
                    await trio.lowlevel.checkpoint()
                    connection = server.pool._servers[0]._connection  # type: ignore[attr-defined]
                connection._sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2048)
                for number in range(1, count):
                    nursery.start_soon(one, number)
            assert sum(isinstance(reply, Message) for reply in replies) == count
            assert server.connections == 1
            assert count > MAX_IN_FLIGHT

    run(main)


def test_a_child_process_leaves_its_parent_s_connection_alone(world: World) -> None:
    async def main() -> None:
        async with TcpServer(partial(honest, world)) as server:
            assert right(await server.ask(1)) == 1
            child = os.fork()
            if not child:
                code = 1
                try:
                    held = server.pool._servers[0]._connection  # type: ignore[attr-defined]
                    code = 0 if held is None else 1
                finally:
                    os._exit(code)
            _, status = os.waitpid(child, 0)  # noqa: ASYNC222 - the child ends at once
            assert os.waitstatus_to_exitcode(status) == 0
            assert right(await server.ask(2, 3)) == 2
            assert server.connections == 1

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12: this process may have threads
        run(main)


def test_a_pool_that_is_forgotten_leaves_no_socket_and_no_warning(world: World) -> None:
    async def main() -> None:
        async with TcpServer(partial(honest, world)) as server:
            before = len(os.listdir("/proc/self/fd"))
            pool = open_upstream(f"tcp://{LOCAL}:{server.port}", clock=float)
            assert isinstance(await pool.fetch(question(1)), Message)
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                del pool
                gc.collect()
            await trio.testing.wait_all_tasks_blocked(0.01)
            assert len(os.listdir("/proc/self/fd")) == before

    run(main)


def test_a_connection_serves_one_trio_run_after_another(world: World) -> None:
    """Between two runs nobody looks at it, and nothing of it belongs to a run."""
    listener = socket.create_server((LOCAL, 0))
    accepted: list[socket.socket] = []

    def serve() -> None:
        sock, _ = listener.accept()
        accepted.append(sock)
        while octets := sock.recv(65535):
            reply = world.answer(octets[2:])
            sock.sendall(len(reply).to_bytes(2) + reply)

    thread = threading.Thread(target=serve)
    thread.start()
    pool = open_upstream(f"tcp://{LOCAL}:{listener.getsockname()[1]}", clock=float)
    for number in range(3):
        assert isinstance(trio.run(pool.fetch, question(number)), Message)
    pool.close()  # type: ignore[union-attr]
    thread.join()
    listener.close()
    accepted[0].close()
    assert len(accepted) == 1


def test_a_server_that_falls_silent_for_good_is_left_after_many_unanswered_questions(world: World) -> None:
    async def mute(line: Line) -> None:
        await line.reply(world.answer(await line.query()))
        while True:
            await line.query()

    async def main() -> None:
        async with TcpServer(mute, partial(honest, world)) as server:
            assert right(await server.ask(1)) == 1
            for _ in range(20):
                with trio.move_on_after(0.01):
                    await server.ask(*range(COUNT))
            assert right(await server.ask(2)) == 1
            assert server.connections == 2

    run(main)


class Refused(CallingConnection):
    """A connection whose first write finds that the server has gone."""

    def _flush(self) -> None:
        self._lose("the server has gone")


def test_a_connection_that_is_lost_by_its_pumps_own_write_ends_in_a_value() -> None:
    """Its socket is closed then: who waited for it all the same would bring the whole run down."""
    brought: list[object] = []

    async def main() -> None:
        with socket.create_server((LOCAL, 0)) as listener:
            sock = socket.socket()
            sock.setblocking(False)
            connection = Refused(
                sock,
                listener.getsockname(),
                Frames(),
                origin="here",
                clock=lambda: 1.0,
                stopwatch=lambda: 1.0,
                window=9,
            )
            query = Query(question(1), cd=True, stamped_later=True)
            connection.start(query, trio.current_time() + 5, brought.append)
            await trio.testing.wait_all_tasks_blocked()

    run(main)
    (lost,) = brought
    assert isinstance(lost, Lost)
    assert lost.text == "the server has gone"
