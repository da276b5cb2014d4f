"""DNS over QUIC against a server made of the same library: one connection, loss, a name that is not proven."""

from __future__ import annotations

from typing import Any

import pytest
import trio

from resolver.data.rrset import Message, NoReply
from resolver.errors import BadUpstream
from resolver.sources.upstream import open_upstream
from resolver.testing import World
from tests.sources.certificates import Authority, Issued
from tests.sources.test_encrypted import OTHER_PIN, authority, issued, trusted
from tests.sources.test_pipeline import COUNT, LOCAL, question, right, run, world

pytest.importorskip("aioquic")
__all__ = ["authority", "issued", "trusted", "world"]  # fixtures


class QuicServer:
    """A server for one client at a time."""

    def __init__(self, issued: Issued, world: World, *, name: str = "dns.example", lose: int = 0) -> None:
        from aioquic.quic.configuration import QuicConfiguration

        self._configuration = QuicConfiguration(is_client=False, alpn_protocols=["doq"])
        self._configuration.load_cert_chain(issued.certificate, issued.key)
        self._world = world
        self._name = name
        self._lose = lose  # each how many-th packet is lost
        self._bodies: dict[tuple[int, int], bytearray] = {}
        self.connections = 0
        self.sizes: set[int] = set()
        self.idents: set[bytes] = set()

    async def __aenter__(self) -> QuicServer:
        self._socket = trio.socket.socket(type=trio.socket.SOCK_DGRAM)
        await self._socket.bind((LOCAL, 0))
        port = self._socket.getsockname()[1]
        self.pool: Any = open_upstream(f"quic://{LOCAL}:{port}#{self._name}", clock=lambda: 1234.5)
        self._manager = trio.open_nursery()
        self._nursery = await self._manager.__aenter__()
        self._nursery.start_soon(self._serve)
        return self

    async def __aexit__(self, *error: object) -> None:
        self.pool.close()
        self._nursery.cancel_scope.cancel()
        await self._manager.__aexit__(None, None, None)
        self._socket.close()

    async def _serve(self) -> None:
        from aioquic.buffer import Buffer
        from aioquic.quic.connection import QuicConnection
        from aioquic.quic.packet import pull_quic_header

        connections: dict[object, QuicConnection] = {}
        count = 0
        while True:
            wait = 60.0
            now = trio.current_time()
            for connection in connections.values():
                timer = connection.get_timer()
                if timer is not None:
                    wait = min(wait, max(0.001, timer - now))
            octets = b""
            sender: object = None
            with trio.move_on_after(wait):
                octets, sender = await self._socket.recvfrom(65535)
            now = trio.current_time()
            if sender is not None:
                if sender not in connections:
                    header = pull_quic_header(Buffer(data=octets), host_cid_length=8)
                    connections[sender] = QuicConnection(
                        configuration=self._configuration,
                        original_destination_connection_id=header.destination_cid,
                    )
                    self.connections += 1
                connections[sender].receive_datagram(octets, sender, now=now)  # type: ignore[arg-type]
            for where, connection in connections.items():
                connection.handle_timer(now=now)
                self._answer(connection)
                for octets, _ in connection.datagrams_to_send(now=now):
                    count += 1
                    if not self._lose or count % self._lose:
                        await self._socket.sendto(octets, where)  # type: ignore[call-overload]

    def _answer(self, connection: Any) -> None:
        from aioquic.quic import events

        while (event := connection.next_event()) is not None:
            if not isinstance(event, events.StreamDataReceived):
                continue
            body = self._bodies.setdefault((id(connection), event.stream_id), bytearray())
            body += event.data
            if event.end_stream:
                query = bytes(body[2:])
                self.sizes.add(len(query))
                self.idents.add(query[:2])
                reply = self._world.answer(query)
                connection.send_stream_data(event.stream_id, len(reply).to_bytes(2) + reply, end_stream=True)

    async def ask(self, *numbers: int) -> dict[int, Message | NoReply]:
        """All at the same time."""
        replies: dict[int, Message | NoReply] = {}

        async def one(number: int) -> None:
            replies[number] = await self.pool.fetch(question(number))

        async with trio.open_nursery() as nursery:
            for number in numbers:
                nursery.start_soon(one, number)
        return replies


@pytest.mark.parametrize("lose", [0, 5])
def test_many_questions_share_one_quic_connection(world: World, issued: Issued, trusted: None, lose: int) -> None:
    async def main() -> None:
        async with QuicServer(issued, world, lose=lose) as server:
            assert right(await server.ask(*range(COUNT))) == COUNT
            assert right(await server.ask(*range(COUNT))) == COUNT
            assert server.connections == 1
            assert server.sizes == {128}
            assert server.idents == {b"\0\0"}
            await trio.sleep(30)  # longer than a server keeps it
            assert right(await server.ask(1)) == 1
            assert server.connections == 2

    run(main)


def test_a_server_that_does_not_prove_its_name_is_told_nothing(world: World, issued: Issued, trusted: None) -> None:
    async def main() -> None:
        async with QuicServer(issued, world, name="other.example") as server:
            reply = (await server.ask(1))[1]
            assert isinstance(reply, NoReply)
            assert reply.why == "network"
            assert "QUIC: hostname" in reply.text
            assert not server.sizes

    run(main)


def test_pins_are_refused_with_a_reason() -> None:
    with pytest.raises(BadUpstream, match="but no pins"):
        open_upstream(f"quic://9.9.9.9#{OTHER_PIN}", clock=float)


def test_an_authority_is_needed(world: World, authority: Authority, issued: Issued) -> None:
    async def main() -> None:
        async with QuicServer(issued, world) as server:
            reply = (await server.ask(1))[1]
            assert isinstance(reply, NoReply)
            assert "QUIC: " in reply.text

    run(main)
