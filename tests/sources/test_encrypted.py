"""DNS over TLS and HTTPS: who is believed to be the server, what is padded, and that many questions share a connection."""

from __future__ import annotations

import importlib.util
import socket
from collections.abc import Callable
from typing import Any

import pytest
import trio

from resolver.data.rrset import Message, NoReply
from resolver.errors import BadUpstream
from resolver.sources.upstream import open_upstream
from resolver.testing import World
from tests.sources.certificates import Authority, Issued
from tests.sources.test_pipeline import COUNT, LOCAL, Line, TcpServer, honest, question, right, run, world

NAME = "dns.example"
__all__ = ["world"]  # a fixture
needs_h2 = pytest.mark.skipif(importlib.util.find_spec("h2") is None, reason="the h2 package is not installed")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="module")
def issued(authority: Authority) -> Issued:
    return authority.issue(NAME, LOCAL)


@pytest.fixture
def trusted(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's CA as the system's only root."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    monkeypatch.setenv("SSL_CERT_DIR", "/nonexistent")


class TlsServer(TcpServer):
    """The same servers behind TLS."""

    def __init__(self, issued: Issued, *behaviours: Any, address: str = f"tls://{LOCAL}:{{port}}") -> None:
        super().__init__(*behaviours)
        self._context = issued.context("dot")
        self._address = address
        self.failures = 0

    async def __aenter__(self) -> TlsServer:
        await super().__aenter__()
        self.pool = open_upstream(self._address.format(port=self.port), clock=lambda: 1234.5)  # type: ignore[assignment]
        return self

    async def _serve(self, stream: Any) -> None:
        tls = trio.SSLStream(stream, self._context, server_side=True, https_compatible=True)
        try:
            await tls.do_handshake()
        except trio.BrokenResourceError:
            self.failures += 1
            return
        await super()._serve(tls)  # type: ignore[arg-type]


def test_many_questions_share_one_tls_connection(world: World, issued: Issued) -> None:
    async def main() -> None:
        async with TlsServer(issued, lambda line: honest(world, line)) as server:
            assert right(await server.ask(*range(COUNT))) == COUNT
            assert right(await server.ask(*range(COUNT))) == COUNT
            assert server.connections == 1

    run(main)


def test_queries_are_padded_to_blocks_of_128_octets(world: World, issued: Issued) -> None:
    sizes: set[int] = set()

    async def measuring(line: Line) -> None:
        while True:
            query = await line.query()
            sizes.add(len(query))
            await line.reply(world.answer(query))

    async def main() -> None:
        async with TlsServer(issued, measuring) as server:
            assert right(await server.ask(*range(COUNT))) == COUNT

    run(main)
    assert sizes == {128}


@pytest.mark.parametrize(
    "address",
    ["tls://{local}:{port}#dns.example", "tls://{local}:{port}#127.0.0.1", "tls://{local}:{port}#dns.example,{pin}"],
)
def test_a_server_that_proves_its_name_is_believed(world: World, issued: Issued, trusted: None, address: str) -> None:
    async def main() -> None:
        where = address.format(local=LOCAL, port="{port}", pin=issued.pin)
        async with TlsServer(issued, lambda line: honest(world, line), address=where) as server:
            assert right(await server.ask(1, 2)) == 2
            server.pool.close()
            assert right(await server.ask(3)) == 1  # a resumed session

    run(main)


OTHER_PIN = "sha256=" + "A" * 43 + "="


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("tls://{local}:{port}#other.example", "its certificate is not accepted: hostname mismatch"),
        ("tls://{local}:{port}#127.0.0.2", "its certificate is not accepted: ip address mismatch"),
        ("tls://{local}:{port}#{other}", "its public key is none of those that are pinned"),
        ("tls://{local}:{port}#dns.example,{other}", "its public key is none of those that are pinned"),
        pytest.param("https://{local}:{port}/dns-query#dns.example", "it does not speak h2", marks=needs_h2),
    ],
)
def test_a_server_that_does_not_is_told_nothing(
    world: World, issued: Issued, trusted: None, address: str, text: str
) -> None:
    async def main() -> None:
        where = address.format(local=LOCAL, port="{port}", other=OTHER_PIN)
        async with TlsServer(issued, lambda line: honest(world, line), address=where) as server:
            reply = (await server.ask(1))[1]
            assert isinstance(reply, NoReply)
            assert reply.why == "network"
            assert text in reply.text.lower() or text in reply.text

    run(main)


def test_an_unknown_authority_is_refused_where_a_name_was_given(world: World, issued: Issued) -> None:
    async def main() -> None:
        where = f"tls://{LOCAL}:{{port}}#{NAME}"
        async with TlsServer(issued, lambda line: honest(world, line), address=where) as server:
            reply = (await server.ask(1))[1]
            assert isinstance(reply, NoReply)
            assert "its certificate is not accepted: unable to get local issuer certificate" in reply.text

    run(main)


def test_a_pin_alone_needs_no_authority(world: World, issued: Issued) -> None:
    async def main() -> None:
        where = f"tls://{LOCAL}:{{port}}#{OTHER_PIN},{issued.pin}"
        async with TlsServer(issued, lambda line: honest(world, line), address=where) as server:
            assert right(await server.ask(1)) == 1

    run(main)


@pytest.mark.parametrize(
    "greeting", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x15\x03\x01\0\2\2\x28", b"", b"\x16\x03\x03\xff\xff"]
)
def test_a_server_without_tls_is_a_value_too(greeting: bytes) -> None:
    async def main() -> None:
        async def other(line: Line) -> None:
            await line.stream.receive_some()
            await line.stream.send_all(greeting)

        async with TcpServer(other) as server:
            pool = open_upstream(f"tls://{LOCAL}:{server.port}", clock=float)
            reply = await pool.fetch(question(1))
            assert isinstance(reply, NoReply)
            assert reply.why == "network"

    run(main)


def test_a_name_whose_address_nobody_knows_is_a_value_too() -> None:
    class Nobody(trio.abc.HostnameResolver):
        async def getaddrinfo(self, *_: object, **__: object) -> Any:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

        async def getnameinfo(self, *_: object) -> Any:
            raise NotImplementedError

    async def main() -> None:
        trio.socket.set_custom_hostname_resolver(Nobody())
        reply = await open_upstream("tls://no-such-host.example", clock=float).fetch(question(1))
        assert isinstance(reply, NoReply)
        assert (reply.why, reply.text) == ("network", "tls no-such-host.example:853: name or service not known")

    trio.run(main)


def test_each_address_of_a_name_is_tried(world: World, issued: Issued, trusted: None) -> None:
    class Two(trio.abc.HostnameResolver):
        async def getaddrinfo(self, host: object, port: object, *_: object, **__: object) -> Any:
            return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (address, port)) for address in ("127.0.0.9", LOCAL)]

        async def getnameinfo(self, *_: object) -> Any:
            raise NotImplementedError

    async def main() -> None:
        trio.socket.set_custom_hostname_resolver(Two())
        async with TlsServer(issued, lambda line: honest(world, line), address=f"tls://{NAME}:{{port}}") as server:
            assert right(await server.ask(1)) == 1

    run(main)


def test_a_missing_package_is_named_with_its_install_command(monkeypatch: pytest.MonkeyPatch) -> None:
    honest_find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *more: None if name in ("h2", "aioquic") else honest_find(name, *more)
    )
    with pytest.raises(BadUpstream, match=r"needs the h2 package: pip install 'dnssec-resolver\[https\]'"):
        open_upstream("https://9.9.9.9/dns-query", clock=float)
    with pytest.raises(BadUpstream, match=r"needs the aioquic package: pip install 'dnssec-resolver\[quic\]'"):
        open_upstream("quic://9.9.9.9", clock=float)


class HttpsServer(TlsServer):
    """DNS over HTTPS by h2, one reply for each POST."""

    def __init__(self, issued: Issued, respond: Callable[[bytes], tuple[str, bytes]]) -> None:
        super().__init__(issued, None, address=f"https://{LOCAL}:{{port}}/dns-query#{NAME}")
        self._context = issued.context("h2")
        self._respond = respond
        self.requests: list[dict[str, str]] = []

    async def _serve(self, stream: Any) -> None:
        import h2.config
        import h2.connection
        import h2.events

        tls = trio.SSLStream(stream, self._context, server_side=True, https_compatible=True)
        http = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="ascii"))
        http.initiate_connection()
        bodies: dict[int, bytes] = {}
        self.connections += 1
        try:
            while octets := await tls.receive_some(65536):
                for event in http.receive_data(octets):
                    if isinstance(event, h2.events.RequestReceived):
                        self.requests.append({str(name): str(value) for name, value in event.headers or ()})
                        bodies[event.stream_id] = b""
                    elif isinstance(event, h2.events.DataReceived):
                        bodies[event.stream_id] += event.data or b""
                    elif isinstance(event, h2.events.StreamEnded):
                        status, body = self._respond(bodies.pop(event.stream_id))
                        http.send_headers(event.stream_id, [(":status", status)])
                        http.send_data(event.stream_id, body, end_stream=True)
                await tls.send_all(http.data_to_send())
        except trio.BrokenResourceError:
            pass


@needs_h2
def test_many_questions_share_one_https_connection(world: World, issued: Issued, trusted: None) -> None:
    async def main() -> None:
        idents: set[bytes] = set()

        def respond(query: bytes) -> tuple[str, bytes]:
            idents.add(query[:2])
            assert len(query) == 128
            return "200", world.answer(query)

        async with HttpsServer(issued, respond) as server:
            replies = await server.ask(*range(COUNT))
            assert right(replies) == COUNT
            assert right(await server.ask(*range(COUNT))) == COUNT
            assert server.connections == 1
            assert idents == {b"\0\0"}
            first = server.requests[0]
            assert (first[":method"], first[":path"], first["content-type"]) == (
                "POST",
                "/dns-query",
                "application/dns-message",
            )
            assert first[":authority"] == f"{NAME}:{server.port}"
            message = replies[1]
            assert isinstance(message, Message)
            assert message.origin == f"https {LOCAL}:{server.port}/dns-query#{NAME}"

    run(main)


@needs_h2
def test_a_bad_https_reply_is_told_of(issued: Issued, trusted: None) -> None:
    async def main() -> None:
        async with HttpsServer(issued, lambda _: ("404", b"")) as server:
            reply = (await server.ask(1))[1]
            assert isinstance(reply, NoReply)
            assert "HTTP status 404 instead of 200" in reply.text

    run(main)
