"""Closing a resolver ends its connections: under trio, asyncio and in plain threads, with and without lookups."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest
import trio
import trio.testing

from resolver import AsyncResolver, Resolver
from resolver.data.name import Name
from resolver.data.rrset import Question
from resolver.engine.host import call_asyncio, call_sync
from resolver.testing import World

LOCAL = "127.0.0.1"


class Server:
    """A TCP server in threads; `open` counts the connections that stand. A question for `stall` is never answered."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._listener = socket.create_server((LOCAL, 0))
        self.port: int = self._listener.getsockname()[1]
        self.ended = threading.Event()
        self.stalled = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        sock, _ = self._listener.accept()
        with sock, contextlib.suppress(ConnectionError):  # a client that closes does not wait for what is on its way
            self._converse(sock)
        self.ended.set()

    def _converse(self, sock: socket.socket) -> None:
        rest = b""
        while octets := sock.recv(65535):
            rest += octets
            while len(rest) >= 2 and len(rest) >= 2 + int.from_bytes(rest[:2]):
                stop = 2 + int.from_bytes(rest[:2])
                query, rest = rest[2:stop], rest[stop:]
                if b"stall" in query:
                    self.stalled.set()
                    continue
                reply = self._world.answer(query)
                sock.sendall(len(reply).to_bytes(2) + reply)

    def close(self) -> None:
        """Wait until its one connection has ended."""
        self._thread.join(20)
        self._listener.close()
        assert self.ended.is_set(), "the connection still stands"


@pytest.fixture
def world() -> World:
    world = World()
    world.zone("example.com").add("www 300 A 192.0.2.1")
    return world


@pytest.fixture
def server(world: World) -> Iterator[Server]:
    server = Server(world)
    yield server
    server.close()


def test_trio(world: World, server: Server) -> None:
    async def main() -> None:
        resolver = AsyncResolver(f"tcp://{LOCAL}:{server.port}", anchors=world.anchors, clock=world.clock)
        assert (await resolver.lookup("www.example.com", "A")).status == "secure"
        await resolver.aclose()
        await resolver.aclose()
        assert await trio.to_thread.run_sync(server.ended.wait, 10)

    trio.run(main)


def test_asyncio(world: World, server: Server) -> None:
    async def main() -> None:
        resolver = AsyncResolver(f"tcp://{LOCAL}:{server.port}", anchors=world.anchors, clock=world.clock)
        assert (await resolver.lookup("www.example.com", "A")).status == "secure"
        await resolver.aclose()
        assert await asyncio.to_thread(server.ended.wait, 10)

    asyncio.run(main())


def test_asyncio_with_a_lookup_under_way(world: World, server: Server) -> None:
    async def main() -> None:
        resolver = AsyncResolver(f"tcp://{LOCAL}:{server.port}", anchors=world.anchors, clock=world.clock)
        pending = asyncio.create_task(resolver.lookup("stall.example.com", "A"))
        assert await asyncio.to_thread(server.stalled.wait, 10)
        await resolver.aclose()
        pending.cancel()
        await asyncio.wait([pending])

    asyncio.run(main())


def test_plain(world: World, server: Server) -> None:
    resolver = Resolver(f"tcp://{LOCAL}:{server.port}", anchors=world.anchors, clock=world.clock)
    assert resolver.lookup("www.example.com", "A").status == "secure"
    resolver.close()
    resolver.close()
    assert server.ended.wait(10)


async def question_in_flight(resolver: Resolver | AsyncResolver) -> None:
    """What a lookup may leave behind for a turn: a question for which the host's run still reads, and no lookup."""
    resolver._engine.questions.ask_ahead(Question(Name.from_text("stall.example.com"), 1))
    await trio.testing.wait_all_tasks_blocked()


def test_plain_while_the_host_still_reads(world: World, server: Server) -> None:
    resolver = Resolver(f"tcp://{LOCAL}:{server.port}", anchors=world.anchors, clock=world.clock)
    call_sync(lambda: question_in_flight(resolver))
    assert server.stalled.wait(10)
    resolver.close()
    assert server.ended.wait(10)


def test_asyncio_while_the_host_still_reads(world: World, server: Server) -> None:
    async def main() -> None:
        resolver = AsyncResolver(f"tcp://{LOCAL}:{server.port}", anchors=world.anchors, clock=world.clock)
        await call_asyncio(lambda: question_in_flight(resolver))
        assert await asyncio.to_thread(server.stalled.wait, 10)
        await resolver.aclose()
        assert await asyncio.to_thread(server.ended.wait, 10)

    asyncio.run(main())


def test_a_resolver_that_was_never_used_closes_too() -> None:
    Resolver("tcp://127.0.0.1:1").close()
