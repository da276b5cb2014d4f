"""The recipes of docs/dane.md do what they say, against servers on loopback."""

from __future__ import annotations

import asyncio
import re
import smtplib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from resolver import AsyncResolver, NotAuthenticated, NotTrusted, Resolver, Secure
from resolver.engine import host
from resolver.testing import World
from tests.probe.lab import LEAF, LOOPBACK, STRANGER, Background, asking, run, server_context, smtp
from tests.probe.peers import Peer, serving

NAME = "localhost"  # which every machine finds at LOOPBACK


@pytest.fixture(autouse=True)
def put_away() -> Iterator[None]:
    yield
    host.stop()


def recipe(project: Path, name: str) -> dict[str, Any]:
    """What the block of the documentation that defines `name` defines."""
    blocks = re.findall(r"```python\n(.*?)```", (project / "docs" / "dane.md").read_text(encoding="utf-8"), re.DOTALL)
    (block,) = [block for block in blocks if re.search(rf"^(async )?def {name}\b", block, re.MULTILINE)]
    found: dict[str, Any] = {}
    exec(compile(block, "docs/dane.md", "exec"), found)
    return found


def world_for(port: int, *records: str) -> World:
    world = World(now=1_795_000_000)
    zone = world.zone(NAME).add(f"@ A {LOOPBACK}")
    for record in records:
        zone.add(f"_{port}._tcp TLSA {record}")
    return world


def http(context: Any) -> Peer:
    reply = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"

    async def peer(stream: Any) -> None:
        from tests.probe.peers import serve_tls

        await serve_tls(stream, context, answer=reply)

    return peer


@pytest.mark.parametrize("matching", [True, False])
def test_asyncio(project: Path, tmp_path: Path, matching: bool) -> None:
    said: list[bytes] = []
    with Background(serving(server_context(tmp_path, (LEAF if matching else STRANGER,)), said)) as (port,):
        world = world_for(port, LEAF.tlsa(3, 1, 1))

        async def main() -> None:
            async with AsyncResolver(world.answer, anchors=world.anchors, clock=world.clock) as asked:
                opened = recipe(project, "open_authenticated")["open_authenticated"](asked, NAME, port)
                if not matching:
                    with pytest.raises(NotAuthenticated):
                        await opened
                    return
                _, writer = await opened
                writer.write(b"hello")
                await writer.drain()
                writer.transport.abort()

        asyncio.run(main())
    assert said == ([b"hello"] if matching else [])


def test_asyncio_after_an_error(project: Path) -> None:
    world = world_for(443, LEAF.tlsa(3, 1, 1))
    world.zone(NAME).damage("signature-expired", "_443._tcp TLSA")

    async def main() -> None:
        async with AsyncResolver(world.answer, anchors=world.anchors, clock=world.clock) as asked:
            with pytest.raises(NotTrusted):
                await recipe(project, "open_authenticated")["open_authenticated"](asked, NAME, 443)

    asyncio.run(main())


@pytest.mark.parametrize("matching", [True, False])
def test_smtplib(project: Path, tmp_path: Path, matching: bool) -> None:
    said: list[bytes] = []
    with Background(smtp(server_context(tmp_path, (LEAF if matching else STRANGER,)), said)) as (port,):
        world = world_for(port, LEAF.tlsa(3, 1, 1))
        with Resolver(world.answer, anchors=world.anchors, clock=world.clock) as asked:
            tlsa = asked.tlsa(NAME, port)
        assert isinstance(tlsa, Secure)
        start = recipe(project, "start_authenticated_tls")["start_authenticated_tls"]
        server = smtplib.SMTP(LOOPBACK, port, timeout=30)
        if matching:
            start(server, tlsa)
            assert server.noop()[0] == 250
        else:
            with pytest.raises(NotAuthenticated):
                start(server, tlsa)
        server.close()
    assert (b"NOOP" in b"".join(said).upper()) is matching


@pytest.mark.parametrize("matching", [True, False])
def test_httpx(project: Path, tmp_path: Path, matching: bool) -> None:
    pytest.importorskip("httpx")
    with Background(http(server_context(tmp_path, (LEAF if matching else STRANGER,)))) as (port,):
        world = world_for(port, LEAF.tlsa(3, 1, 1))

        async def main() -> None:
            client = recipe(project, "client")["client"]
            async with asking(world) as asked, client(asked) as http_client:
                url = f"https://{NAME}:{port}/"
                if matching:
                    reply = await http_client.get(url)
                    assert (reply.status_code, reply.text) == (200, "hello")
                else:
                    with pytest.raises(NotAuthenticated):
                        await http_client.get(url)

        run(main)
