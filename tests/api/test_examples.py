"""Each program of `examples/` runs, against a world on a loopback port."""

from __future__ import annotations

import asyncio
import importlib.util
import io
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import trio

from resolver import Anchors
from resolver.engine import host
from resolver.testing import World

FOLDER = Path(__file__).parents[2] / "examples"
RECORD = "3 1 1 " + "ab" * 32


def example(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"example_{name}", FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a forwarder whose root is the world's."""
    world = World(now=time.time())
    world.zone("example.com").add(
        f"_25._tcp.mail 300 TLSA {RECORD}", "mail 300 A 192.0.2.1", "@ 300 A 192.0.2.2", "@ 300 MX 10 mail"
    )
    world.zone("broken.test").add(f"_25._tcp 300 TLSA {RECORD}", "@ 300 A 192.0.2.3").damage("signature-bad")
    monkeypatch.setattr(Anchors, "iana", lambda: world.anchors)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(("127.0.0.1", 0))
        address = bound.getsockname()

        def serve() -> None:
            while query_and_sender := bound.recvfrom(65535):
                query, sender = query_and_sender
                if not query:
                    return
                bound.sendto(world.answer(query), sender)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{address[1]}"
        bound.sendto(b"", address)
        thread.join()
    host.stop()


def test_every_example_is_tested_here() -> None:
    text = Path(__file__).read_text()
    assert [path.stem for path in FOLDER.glob("*.py") if f'"{path.stem}"' not in text] == []


def test_sync(server: str, capsys: pytest.CaptureFixture[str]) -> None:
    main = example("sync_lookup").main
    assert main("mail.example.com", "25", server) == 0
    assert capsys.readouterr().out.strip() == RECORD
    assert main("www.example.com", "25", server) == 0
    assert "does not apply" in capsys.readouterr().out
    assert main("broken.test", "25", server) == 1
    assert "do not connect" in capsys.readouterr().out


def test_trio(server: str, capsys: pytest.CaptureFixture[str]) -> None:
    trio.run(example("trio_lookup").main, "example.com", server)
    shown = capsys.readouterr().out
    assert "example.com A: secure: 192.0.2.2" in shown
    assert "example.com AAAA: absent" in shown


def test_asyncio(server: str, capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(example("asyncio_lookup").main("example.com", "A", server))
    assert "Secure" in capsys.readouterr().out


def test_many(server: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("mail.example.com\nbroken.test\n\nnone.example.com\n"))
    example("tlsa_many").main(server)
    lines = capsys.readouterr().out.splitlines()
    assert sorted(lines[:-1]) == ["broken.test bogus", "mail.example.com secure", "none.example.com absent"]
    assert "'secure': 1" in lines[-1]


def test_time_limits_of_the_caller_s_own_loop_end_a_lookup() -> None:
    from resolver import AsyncResolver

    class Silent:
        async def exchange(self, query: bytes) -> bytes:
            await trio.sleep_forever()
            raise AssertionError

    async def in_trio() -> None:
        with pytest.raises(trio.TooSlowError), trio.fail_after(0.01):
            await AsyncResolver(Silent()).lookup("example.com", "A")

    async def in_asyncio() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await AsyncResolver(Silent()).lookup("example.com", "A")

    trio.run(in_trio)
    asyncio.run(in_asyncio())
    host.stop()
