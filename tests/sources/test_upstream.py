"""Upstream servers over loopback: what is sent, what is taken for a reply, and how failures are told."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from resolver.data import wire
from resolver.data.rrset import Message, NoReply, Question
from resolver.sources.upstream import Pool, UpstreamLike, open_upstream
from resolver.testing import World
from resolver.testing.forwarder import read_query
from tests.sources.ways import choose

QUESTION = Question.of("www.example.com", "A")
LOCAL = "127.0.0.1"

Reply = Callable[[bytes], "list[bytes]"]


@pytest.fixture(params=["task", "calls"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    choose(request.param, monkeypatch)


@pytest.fixture
def world() -> World:
    world = World()
    world.zone("example.com").add("www 300 A 192.0.2.1")
    return world


def run(main: Callable[[], Awaitable[None]]) -> None:
    """Time jumps where nobody does anything for 20 ms."""
    trio.run(main, clock=MockClock(autojump_threshold=0.02))


class Server:
    """A server on a port of its own, over UDP and TCP, that replies as it is told."""

    def __init__(self, udp: Reply, tcp: Reply | None = None) -> None:
        self.udp = udp
        self.tcp = tcp
        self.queries: list[bytes] = []
        self.senders: list[Any] = []
        self.connections = 0

    async def __aenter__(self) -> Server:
        self._manager = trio.open_nursery()
        self._nursery = await self._manager.__aenter__()
        while True:
            self._socket = trio.socket.socket(type=trio.socket.SOCK_DGRAM)
            await self._socket.bind((LOCAL, 0))
            self.port: int = self._socket.getsockname()[1]
            try:
                (self._listener,) = await trio.open_tcp_listeners(self.port, host=LOCAL)
                break
            except OSError:  # somebody else has that port
                self._socket.close()
        if self.tcp is None:
            await self._listener.aclose()
        else:
            self._nursery.start_soon(trio.serve_listeners, self._serve, [self._listener])
        self._nursery.start_soon(self._receive)
        return self

    async def __aexit__(self, *error: object) -> None:
        self._nursery.cancel_scope.cancel()
        self._socket.close()
        await self._manager.__aexit__(None, None, None)

    async def _receive(self) -> None:
        while True:
            query, sender = await self._socket.recvfrom(65535)
            self.queries.append(query)
            self.senders.append(sender)
            for reply in self.udp(query):
                await self._socket.sendto(reply, sender)

    async def _serve(self, stream: trio.SocketStream) -> None:
        assert self.tcp is not None
        self.connections += 1
        octets = b""
        while len(octets) < 2 or len(octets) < 2 + int.from_bytes(octets[:2]):
            octets += await stream.receive_some()
        for piece in self.tcp(octets[2:]):
            await stream.send_all(piece)

    def pool(self, *more: str, scheme: str = "udp") -> Pool:
        return open_upstream([f"{scheme}://{LOCAL}:{self.port}", *more], clock=lambda: 1234.5)


def framed(octets: bytes) -> bytes:
    return len(octets).to_bytes(2) + octets


def truncated(octets: bytes) -> bytes:
    return octets[:2] + bytes([octets[2] | 2]) + octets[3:]


def silence(query: bytes) -> list[bytes]:
    return []


def test_a_question_is_answered_over_udp(world: World) -> None:
    async def main() -> None:
        async with Server(lambda query: [world.answer(query)]) as server:
            message = await server.pool().fetch(QUESTION)
            assert isinstance(message, Message)
            assert message.question == QUESTION
            assert message.find(*QUESTION) is not None
            assert (message.origin, message.received_at, message.cd) == (f"udp {LOCAL}:{server.port}", 1234.5, True)

    run(main)


def test_the_query_asks_for_signatures_and_for_unchecked_data(world: World) -> None:
    async def main() -> None:
        async with Server(lambda query: [world.answer(query)]) as server:
            pool = server.pool()
            assert (await pool.fetch(QUESTION, cd=False)).cd is False  # type: ignore[union-attr]
            await pool.fetch(QUESTION)
            without, query = server.queries
            assert int.from_bytes(query[2:4]) == 0x0110  # RD and CD
            assert int.from_bytes(without[2:4]) == 0x0100
            read = read_query(query)
            assert not isinstance(read, int)
            assert (read.question, read.edns, read.dnssec) == (QUESTION, True, True)
            assert query[-20:-18] == (1232).to_bytes(2)  # then TTL, length and a cookie option

    run(main)


def test_every_question_has_an_id_and_a_port_of_its_own(world: World) -> None:
    async def main() -> None:
        async with Server(lambda query: [world.answer(query)]) as server:
            pool = server.pool()
            for _ in range(40):
                await pool.fetch(QUESTION)
            assert len({query[:2] for query in server.queries}) > 30
            assert len({sender[1] for sender in server.senders}) > 30

    run(main)


def test_packets_that_do_not_fit_are_passed_over(world: World) -> None:
    def reply(query: bytes) -> list[bytes]:
        good = world.answer(query)
        other = world.answer(query[:13] + b"wxw" + query[16:])
        wrong_id = bytes([good[0] ^ 1]) + good[1:]
        return [b"", b"\0", query, wrong_id, other, good[:20], good[:2] + b"\x81\x81" + bytes(8), good]

    async def main() -> None:
        async with Server(reply) as server:
            message = await server.pool().fetch(QUESTION)
            assert isinstance(message, Message)
            assert message.find(*QUESTION) is not None

    run(main)


def test_a_stranger_s_packet_is_passed_over(world: World) -> None:
    async def main() -> None:
        with trio.socket.socket(type=trio.socket.SOCK_DGRAM) as stranger:
            await stranger.bind((LOCAL, 0))
            forged = World()
            forged.zone("example.com").add("www 300 A 192.0.2.66")
            async with Server(silence) as server:
                async with trio.open_nursery() as nursery:

                    async def fetch() -> None:
                        got.append(await server.pool().fetch(QUESTION))

                    got: list[Message | NoReply] = []
                    nursery.start_soon(fetch)
                    while not server.queries:
                        await trio.lowlevel.checkpoint()
                    await stranger.sendto(forged.answer(server.queries[0]), server.senders[0])
                assert isinstance(got[0], NoReply)

    run(main)


def test_silence_ends_in_a_value_that_names_the_server_and_what_was_passed_over(world: World) -> None:
    async def main() -> None:
        async with Server(lambda query: [b"\0\0" + world.answer(query)[2:]]) as server:
            before = trio.current_time()
            reply = await server.pool().fetch(QUESTION)
            assert isinstance(reply, NoReply)
            assert (reply.question, reply.why, reply.retry_at) == (QUESTION, "timeout", 1235.5)
            assert [origin for origin, _ in reply.attempts] == [f"udp {LOCAL}:{server.port}"] * 3
            assert "no reply within 0.8 s; 1 packets were passed over, the last as another ID" in reply.text
            assert len(server.queries) == 3
            assert 3.9 <= trio.current_time() - before < 5

    run(main)


def test_a_truncated_reply_is_asked_for_again_over_tcp(world: World) -> None:
    async def main() -> None:
        answer = world.answer
        async with Server(lambda query: [truncated(answer(query))], lambda query: [framed(answer(query))]) as server:
            message = await server.pool().fetch(QUESTION)
            assert isinstance(message, Message)
            assert not message.truncated
            assert message.origin == f"tcp {LOCAL}:{server.port}"
        async with Server(lambda query: [truncated(answer(query))]) as server:
            reply = await server.pool().fetch(QUESTION)
            assert isinstance(reply, NoReply)
            assert "the reply was truncated, and over TCP: connection refused" in reply.text

    run(main)


def test_tcp_octets_may_come_one_by_one(world: World) -> None:
    async def main() -> None:
        def tcp(query: bytes) -> list[bytes]:
            return [bytes([octet]) for octet in framed(world.answer(query))]

        async with Server(silence, tcp) as server:
            message = await server.pool(scheme="tcp").fetch(QUESTION)
            assert isinstance(message, Message)
            assert message.origin == f"tcp {LOCAL}:{server.port}"
            assert server.queries == []

    run(main)


@pytest.mark.parametrize(
    ("pieces", "why", "text"),
    [
        ([], "network", "the server closed the connection"),
        ([b"\0"], "network", "closed the connection after 1 of 2 octets"),
        ([b"\0\x20abc"], "network", "closed the connection after 5 of 34 octets"),
        ([b"\0\0"], "network", "a frame of 0 octets"),
        ([framed(b"\0" * 12)], "network", "the server closed the connection"),
    ],
)
def test_a_bad_tcp_server_is_told_of(pieces: list[bytes], why: str, text: str) -> None:
    async def main() -> None:
        async with Server(silence, lambda _: pieces) as server:
            reply = await server.pool(scheme="tcp").fetch(QUESTION)
            assert isinstance(reply, NoReply)
            assert reply.why == why
            assert text in reply.text

    run(main)


def test_a_refused_connection_fails_at_once_and_the_next_server_is_asked(world: World) -> None:
    async def main() -> None:
        async with Server(silence) as closed:
            port = closed.port
        async with Server(lambda query: [world.answer(query)]) as server:
            before = trio.current_time()
            for scheme in ("udp", "tcp"):
                dead = f"{scheme}://{LOCAL}:{port}"
                pool = open_upstream([dead, f"{LOCAL}:{server.port}"], clock=float)
                assert isinstance(await pool.fetch(QUESTION), Message)
                assert pool.trouble()[0] == (f"{scheme} {LOCAL}:{port}", "connection refused")
                reply = await open_upstream(dead, clock=float).fetch(QUESTION)
                assert isinstance(reply, NoReply)
                assert reply.why == "network"
                assert reply.text == f"{scheme} {LOCAL}:{port}: connection refused"
            assert trio.current_time() - before < 1

    run(main)


def test_a_server_that_says_nothing_is_asked_last_for_a_while(world: World) -> None:
    async def main() -> None:
        async with Server(silence) as dead, Server(lambda query: [world.answer(query)]) as good:
            pool = dead.pool(f"{LOCAL}:{good.port}")
            for _ in range(5):
                assert isinstance(await pool.fetch(QUESTION), Message)
            assert len(dead.queries) == 2  # one might have been lost
            await trio.sleep(31)
            assert isinstance(await pool.fetch(QUESTION), Message)
            assert len(dead.queries) > 2

    run(main)


def test_an_unreachable_address_is_a_value_too() -> None:
    async def main() -> None:
        for word in ("fe80::1%no-such-interface", "255.255.255.255", "tcp://240.0.0.1"):
            reply = await open_upstream(word, clock=float).fetch(QUESTION)
            assert isinstance(reply, NoReply)
            assert reply.attempts

    run(main)


class Scripted:
    """An object with `exchange` that replies with what it is given in turn: RCODEs, errors, or honest answers."""

    def __init__(self, world: World, *script: int | BaseException | None) -> None:
        self.world = world
        self.script = list(script)
        self.asked = 0

    async def exchange(self, query: bytes) -> bytes:
        await trio.lowlevel.checkpoint()
        self.asked += 1
        step = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(step, BaseException):
            raise step
        if step is None:
            return self.world.answer(query)
        return wire.write_message(
            Message(QUESTION, rcode=step, flags=0x8180 | step, ede=((7, "Signature\nexpired"),)),
            ident=int.from_bytes(query[:2]),
        )


@pytest.mark.parametrize(
    ("rcode", "text"),
    [(2, "SERVFAIL, EDE 7: Signature?expired"), (5, "REFUSED, EDE 7"), (4, "NOTIMP"), (9, "RCODE 9"), (16, "BADVERS")],
)
def test_a_reply_with_nothing_to_judge_is_no_reply(world: World, rcode: int, text: str) -> None:
    async def main() -> None:
        bad, good = Scripted(world, rcode), Scripted(world, None)
        reply = await open_upstream(bad, clock=float).fetch(QUESTION)
        assert isinstance(reply, NoReply)
        assert reply.why == "unusable"
        assert f"object Scripted: {text}" in reply.text
        assert isinstance(await open_upstream([bad, good], clock=float).fetch(QUESTION), Message)

    run(main)


def test_an_rcode_beside_records_is_left_to_the_judge(world: World) -> None:
    async def main() -> None:
        world.zone("example.com").damage("rcode-nxdomain", "www A")
        message = await open_upstream(Scripted(world, None), clock=float).fetch(QUESTION)
        assert isinstance(message, Message)
        assert message.rcode == 3

    run(main)


def test_servfail_over_udp_is_asked_once_more_over_tcp(world: World) -> None:
    async def main() -> None:
        def failing(query: bytes) -> list[bytes]:
            lower = wire.write_message(Message(QUESTION, rcode=2, flags=0x8182), ident=int.from_bytes(query[:2]))
            return [lower[:12] + query[12 : len(lower)]]

        async with Server(failing, lambda query: [framed(world.answer(query))]) as server:
            message = await server.pool().fetch(QUESTION)
            assert isinstance(message, Message)
            assert message.origin == f"tcp {LOCAL}:{server.port}"
            assert len(server.queries) == 1

    run(main)


def test_an_origin_to_avoid_is_asked_last_and_over_tcp_first(world: World) -> None:
    async def main() -> None:
        def udp(query: bytes) -> list[bytes]:
            return [world.answer(query)]

        def tcp(query: bytes) -> list[bytes]:
            return [framed(world.answer(query))]

        async with Server(udp, tcp) as one, Server(udp) as two:
            both = one.pool(f"{LOCAL}:{two.port}")
            names = [f"udp {LOCAL}:{one.port}", f"udp {LOCAL}:{two.port}", f"tcp {LOCAL}:{one.port}"]

            async def origin(pool: Pool, *avoid: str) -> str:
                message = await pool.fetch(QUESTION, avoid=frozenset(avoid))
                assert isinstance(message, Message)
                return message.origin

            assert await origin(both) == names[0]
            assert await origin(both, names[0]) == names[1]
            assert await origin(both, names[2]) == names[1]  # over TCP it is the same server
            assert await origin(both, names[0], names[1]) == names[2]
            assert await origin(one.pool(), names[0]) == names[2]
            assert await origin(one.pool(), names[0], names[2]) == names[0]
            assert await origin(two.pool(), names[1]) == names[1]  # it has no TCP

    run(main)


def test_an_oserror_of_an_own_upstream_is_no_reply_and_anything_else_is_the_caller_s(world: World) -> None:
    async def main() -> None:
        for error, why, text in (
            (TimeoutError("too slow"), "timeout", "too slow"),
            (OSError(111, "Connection refused"), "network", "connection refused"),
            (ConnectionResetError(), "network", "ConnectionResetError"),
        ):
            reply = await open_upstream(Scripted(world, error), clock=float).fetch(QUESTION)
            assert isinstance(reply, NoReply)
            assert (reply.why, reply.attempts[0]) == (why, ("object Scripted", text))
        bug = KeyError("mine")
        with pytest.raises(KeyError) as caught:
            await open_upstream(Scripted(world, bug), clock=float).fetch(QUESTION)
        assert caught.value is bug

    run(main)


def pool_of(function: UpstreamLike) -> Pool:
    return open_upstream(function, clock=lambda: 7.0)


def test_a_function_runs_in_one_worker_thread_one_call_at_a_time(world: World) -> None:
    inside: list[int] = []
    most: list[int] = []
    threads: set[str] = set()

    def function(query: bytes) -> bytes:
        inside.append(1)
        most.append(len(inside))
        threads.add(threading.current_thread().name)
        try:
            return world.answer(query)
        finally:
            inside.pop()

    async def main() -> None:
        pool = pool_of(function)
        async with trio.open_nursery() as nursery:
            for _ in range(20):
                nursery.start_soon(pool.fetch, QUESTION)
        message = await pool.fetch(QUESTION)
        assert isinstance(message, Message)
        assert message.origin.startswith("function test_a_function_runs")
        assert message.received_at == 7.0

    trio.run(main)
    assert set(most) == {1}
    assert threading.main_thread().name not in threads


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (lambda query: b"", "another ID"),
        (lambda query: query, "no DNS reply: a query, not a reply"),
        (lambda query: query[:2] + b"\x81\x80", "no DNS reply"),
        (lambda query: truncated(World().answer(query)), "truncated"),
    ],
)
def test_what_a_function_returns_must_be_a_reply_to_the_question(function: Callable[[bytes], bytes], text: str) -> None:
    async def main() -> None:
        reply = await pool_of(function).fetch(QUESTION)
        assert isinstance(reply, NoReply)
        assert reply.why == "unusable"
        assert text in reply.text

    trio.run(main)


def test_a_function_s_own_errors_and_wrong_types_reach_the_caller() -> None:
    def fails(query: bytes) -> bytes:
        raise ZeroDivisionError("mine")

    async def main() -> None:
        with pytest.raises(ZeroDivisionError, match="mine"):
            await pool_of(fails).fetch(QUESTION)
        with pytest.raises(TypeError, match="must return the reply as bytes, not str"):
            await pool_of(lambda query: "text").fetch(QUESTION)  # type: ignore[arg-type, return-value]
        reply = await pool_of(lambda query: bytearray(World().answer(query))).fetch(QUESTION)  # type: ignore[arg-type, return-value]
        assert isinstance(reply, Message)

    trio.run(main)


def test_a_function_that_blocks_is_left_behind_when_its_caller_is_cancelled() -> None:
    release = threading.Event()

    def blocks(query: bytes) -> bytes:
        release.wait(30)
        return World().answer(query)

    async def main() -> None:
        with trio.move_on_after(0.01) as scope:
            await pool_of(blocks).fetch(QUESTION)
        assert scope.cancelled_caught
        release.set()

    trio.run(main)
