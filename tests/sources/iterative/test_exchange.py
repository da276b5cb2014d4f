"""One query to one server over real sockets of this machine: what is sent, and what is taken for its reply."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
import trio
from trio.testing import MockClock

from resolver.data import wire
from resolver.data.rrset import Question
from resolver.sources.iterative.asks import Heard, Send, Unheard
from resolver.sources.iterative.exchange import MAX_STRAYS, Exchange
from resolver.sources.iterative.limits import TCP_SECONDS
from resolver.testing import World
from resolver.testing.forwarder import read_query

LOCAL = "127.0.0.1"
QUESTION = Question.of("www.example.com", "A")


@pytest.fixture
def world() -> World:
    world = World()
    world.zone("example.com").add("www 300 A 192.0.2.1")
    return world


class Server:
    """A server on a port of its own; `udp` gives the packets to send back, `tcp` the octets before it closes."""

    def __init__(self, udp: Callable[[bytes], list[bytes]], tcp: Callable[[bytes], bytes] | None = None) -> None:
        self.udp = udp
        self.tcp = tcp
        self.queries: list[bytes] = []

    async def __aenter__(self) -> Server:
        self._manager = trio.open_nursery()
        self._nursery = await self._manager.__aenter__()
        while True:
            self._socket = trio.socket.socket(type=trio.socket.SOCK_DGRAM)
            await self._socket.bind((LOCAL, 0))
            self.port: int = self._socket.getsockname()[1]
            try:
                (listener,) = await trio.open_tcp_listeners(self.port, host=LOCAL)
                break
            except OSError:  # somebody else has that port
                self._socket.close()
        if self.tcp is None:
            await listener.aclose()
        else:
            self._nursery.start_soon(trio.serve_listeners, self._serve, [listener])
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
            for reply in self.udp(query):
                await self._socket.sendto(reply, sender)

    async def _serve(self, stream: trio.SocketStream) -> None:
        assert self.tcp is not None
        octets = b""
        while len(octets) < 2 or len(octets) < 2 + int.from_bytes(octets[:2]):
            octets += await stream.receive_some()
        self.queries.append(octets[2:])
        await stream.send_all(self.tcp(octets[2:]))
        await stream.aclose()


def framed(octets: bytes) -> bytes:
    return len(octets).to_bytes(2) + octets


def truncated(octets: bytes) -> bytes:
    return octets[:2] + bytes([octets[2] | 2]) + octets[3:]


def run(main: Callable[[], Awaitable[None]]) -> None:
    """Time jumps where nobody does anything for 20 ms."""
    trio.run(main, clock=MockClock(autojump_threshold=0.02))


def send(*, tcp: bool = False, edns: bool = True, cd: bool = True) -> Send:
    return Send(LOCAL, QUESTION, cd=cd, tcp=tcp, edns=edns, seconds=1.0)


async def ask(server: Server, **how: bool) -> Heard | Unheard:
    return await Exchange(server.port, lambda: 1234.5)(send(**how))


def test_a_query_asks_nobody_to_recurse_and_wants_signatures(world: World) -> None:
    async def main() -> None:
        async with Server(lambda query: [world.answer(query)]) as server:
            heard = await ask(server)
            assert isinstance(heard, Heard)
            assert heard.message.find(*QUESTION) is not None
            assert (heard.message.origin, heard.message.received_at) == (f"udp {LOCAL}:{server.port}", 1234.5)
            (query,) = server.queries
            assert int.from_bytes(query[2:4]) == 0  # RD, CD and AD are clear (RFC 1035 §4.1.1)
            read = read_query(query)
            assert not isinstance(read, int)
            assert (read.question, read.edns, read.dnssec) == (QUESTION, True, True)
            assert query[-8:-6] == (1232).to_bytes(2)

    run(main)


def test_a_query_without_edns_has_no_opt_record(world: World) -> None:
    async def main() -> None:
        async with Server(lambda query: [world.answer(query)]) as server:
            assert isinstance(await ask(server, edns=False), Heard)
            read = read_query(server.queries[0])
            assert not isinstance(read, int)
            assert (read.edns, server.queries[0][10:12]) == (False, b"\0\0")

    run(main)


def test_the_reply_bears_the_mark_that_the_judge_asked_with(world: World) -> None:
    async def main() -> None:
        async with Server(lambda query: [world.answer(query)]) as server:
            for cd in (True, False):
                heard = await ask(server, cd=cd)
                assert isinstance(heard, Heard)
                assert heard.message.cd is cd

    run(main)


def test_a_reply_that_is_cut_off_within_a_record_is_asked_for_over_tcp(world: World) -> None:
    def cut_off(query: bytes) -> list[bytes]:
        return [truncated(world.answer(query))[:-30]]

    async def main() -> None:
        async with Server(cut_off, lambda query: framed(world.answer(query))) as server:
            heard = await ask(server)
            assert isinstance(heard, Heard)
            assert heard.message.origin == f"tcp {LOCAL}:{server.port}"
            assert heard.message.find(*QUESTION) is not None

    run(main)


def test_whatever_does_not_fit_is_passed_over(world: World) -> None:
    def spoofed(query: bytes) -> list[bytes]:
        honest = world.answer(query)
        other = world.answer(wire.write_query(Question.of("other.example.com", "A"), int.from_bytes(query[:2])))
        return [bytes(2) + honest[2:], b"", b"garbage", other, query, honest]

    async def main() -> None:
        async with Server(spoofed) as server:
            assert isinstance(await ask(server), Heard)

    run(main)


def test_a_flood_of_packets_that_do_not_fit_ends_the_wait(world: World) -> None:
    async def main() -> None:
        async with Server(lambda query: [b"garbage"] * (MAX_STRAYS + 10)) as server:
            unheard = await ask(server)
            assert isinstance(unheard, Unheard)
            assert unheard.why == "unusable"

    run(main)


def test_silence_ends_in_a_timeout() -> None:
    async def main() -> None:
        async with Server(lambda query: []) as server:
            began = trio.current_time()
            unheard = await ask(server)
            assert isinstance(unheard, Unheard)
            assert (unheard.why, unheard.no_way) == ("timeout", False)
            assert trio.current_time() - began == pytest.approx(1.0, abs=0.1)

    run(main)


def test_a_truncated_reply_is_asked_for_over_tcp_and_nothing_of_it_is_used(world: World) -> None:
    async def main() -> None:
        server = Server(lambda query: [truncated(world.answer(query))], lambda query: framed(world.answer(query)))
        async with server:
            heard = await ask(server)
            assert isinstance(heard, Heard)
            assert heard.message.origin == f"tcp {LOCAL}:{server.port}"
            assert not heard.message.truncated
            first, second = server.queries
            assert first[2:] == second[2:]

    run(main)


@pytest.mark.parametrize(
    ("tcp", "why"),
    [
        (lambda answer: b"", "network"),
        (lambda answer: framed(answer)[:10], "network"),
        (lambda answer: framed(truncated(answer)), "unusable"),
        (lambda answer: framed(b"garbage"), "unusable"),
        (lambda answer: framed(bytes(2) + answer[2:]), "unusable"),
    ],
)
def test_over_tcp_a_reply_is_whole_and_fits_or_there_is_none(
    world: World, tcp: Callable[[bytes], bytes], why: str
) -> None:
    async def main() -> None:
        async with Server(lambda query: [], lambda query: tcp(world.answer(query))) as server:
            unheard = await ask(server, tcp=True)
            assert isinstance(unheard, Unheard)
            assert unheard.why == why

    run(main)


def test_a_port_where_nobody_listens_is_no_reply_at_once() -> None:
    async def main() -> None:
        async with Server(lambda query: []) as server:
            port = server.port
        for tcp in (False, True):
            unheard = await Exchange(port, lambda: 0.0)(send(tcp=tcp))
            assert isinstance(unheard, Unheard)
            assert (unheard.why, unheard.no_way) == ("network", False)

    run(main)


def test_a_slow_drip_over_tcp_ends_in_a_timeout(world: World) -> None:
    async def main() -> None:
        (listener,) = await trio.open_tcp_listeners(0, host=LOCAL)
        port = listener.socket.getsockname()[1]

        async def drip(stream: trio.SocketStream) -> None:
            await stream.receive_some()
            await stream.send_all((60000).to_bytes(2))
            while True:
                await trio.sleep(0.5)
                await stream.send_all(b"x")

        async with trio.open_nursery() as nursery:
            nursery.start_soon(_quietly, listener, drip)
            began = trio.current_time()
            unheard = await Exchange(port, lambda: 0.0)(send(tcp=True))
            assert isinstance(unheard, Unheard)
            assert unheard.why == "timeout"
            assert trio.current_time() - began == pytest.approx(TCP_SECONDS, abs=0.6)
            nursery.cancel_scope.cancel()

    run(main)


async def _quietly(listener: trio.SocketListener, serve: Callable[[trio.SocketStream], Awaitable[None]]) -> None:
    async with listener, await listener.accept() as stream:
        try:
            await serve(stream)
        except trio.BrokenResourceError:
            pass
