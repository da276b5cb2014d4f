"""A signed world and real servers on loopback: what a check needs, without the internet."""

from __future__ import annotations

import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import trio

from resolver import AsyncResolver
from resolver.testing import World
from tests.probe.certificates import Identity, make, rsa_key
from tests.probe.peers import Answer, Peer, answered, serve_tls, server_context

T = TypeVar("T")

ROOT = make("root", authority=True)
ISSUER = make("issuer", ROOT, authority=True)
LEAF = make("leaf", ISSUER, names=["www.example.com", "mx.example.com"])
RSA = make("rsa", ISSUER, names=["www.example.com", "mx.example.com"], key=rsa_key())
STRANGER = make("stranger", names=["www.example.com"])

LOOPBACK = "127.0.0.1"


def run(main: Callable[[], Awaitable[T]]) -> T:
    """Run a test; within a minute, whatever goes wrong."""

    async def bounded() -> T:
        with trio.fail_after(60):
            return await main()

    return trio.run(bounded)


def rdata(record: str) -> bytes:
    """TLSA RDATA of any content, from "3 1 1 ab…"."""
    usage, selector, matching_type, data = record.split()
    return bytes(map(int, (usage, selector, matching_type))) + bytes.fromhex(data)


@asynccontextmanager
async def listening(*peers: Peer, host: str = LOOPBACK) -> AsyncIterator[list[int]]:
    """The ports of servers that each serve every connection by its peer."""
    raised: Exception | None = None
    async with trio.open_nursery() as nursery:
        ports = []
        for peer in peers:
            listeners = await trio.open_tcp_listeners(0, host=host)
            ports.append(listeners[0].socket.getsockname()[1])
            nursery.start_soon(trio.serve_listeners, peer, listeners)
        try:
            yield ports
        except Exception as error:  # noqa: BLE001 - it is raised below, in no group
            raised = error
        nursery.cancel_scope.cancel()
    if raised is not None:
        raise raised


class Background:
    """Servers that each serve every connection by its peer, in a trio run of their own in another thread."""

    def __init__(self, *peers: Peer) -> None:
        self._peers = peers
        self._ready = threading.Event()
        self._ports: list[int] = []
        self._thread = threading.Thread(target=trio.run, args=(self._main,))

    def __enter__(self) -> list[int]:
        self._thread.start()
        assert self._ready.wait(60)
        return self._ports

    def __exit__(self, *error: object) -> None:
        self._token.run_sync_soon(self._scope.cancel)
        self._thread.join()

    async def _main(self) -> None:
        self._token = trio.lowlevel.current_trio_token()
        async with trio.open_nursery() as nursery:
            self._scope = nursery.cancel_scope
            for peer in self._peers:
                listeners = await trio.open_tcp_listeners(0, host=LOOPBACK)
                self._ports.append(listeners[0].socket.getsockname()[1])
                nursery.start_soon(trio.serve_listeners, peer, listeners)
            self._ready.set()


def asking(world: World, **more: Any) -> AsyncResolver:
    """A resolver for this world, at its own time."""
    return AsyncResolver(world.answer, anchors=world.anchors, clock=world.clock, **more)


def speaking(
    script: list[tuple[bytes, bytes]],
    context: ssl.SSLContext | None,
    said: list[bytes] | None = None,
    answer: Answer = b"",
) -> Peer:
    """A server that says its lines, each after what it waits for, and then speaks TLS if it has a context.

    What is said then it answers.
    """

    async def peer(stream: trio.abc.Stream) -> None:
        try:
            for expected, line in script:
                heard = b""
                while not heard.endswith(expected):
                    octets = await stream.receive_some()
                    if not octets:
                        return
                    heard += octets
                    if said is not None:
                        said.append(octets)
                await stream.send_all(line)
        except trio.BrokenResourceError:
            return
        if context is not None:
            await serve_tls(stream, context, said, answer)
            return
        try:
            while octets := await stream.receive_some():
                if reply := answered(answer, bytes(octets)):
                    await stream.send_all(reply)
        except trio.BrokenResourceError:
            pass

    return peer


SMTP_SCRIPT = [
    (b"", b"220 mx.example.com ESMTP\r\n"),
    (b"\r\n", b"250-mx.example.com\r\n250 STARTTLS\r\n"),
    (b"STARTTLS\r\n", b"220 go\r\n"),
]
SMTP_WITHOUT_TLS = [(b"", b"220 mx.example.com ESMTP\r\n"), (b"\r\n", b"250-mx.example.com\r\n250 SIZE\r\n")]


def smtp(context: ssl.SSLContext, said: list[bytes] | None = None) -> Peer:
    """A mail server with STARTTLS."""
    return speaking(SMTP_SCRIPT, context, said, b"250 so be it\r\n")


__all__ = [
    "ISSUER", "LEAF", "LOOPBACK", "ROOT", "RSA", "SMTP_SCRIPT", "SMTP_WITHOUT_TLS", "STRANGER", "Identity", "Path",
    "asking", "listening", "make", "rdata", "run", "server_context", "smtp", "speaking",
]  # fmt: skip
