"""TLS servers for tests, over any trio stream. Unlike trio's own they send OpenSSL's alerts before they give up."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeAlias

import trio

from tests.probe.certificates import Identity, write

Peer: TypeAlias = Callable[[trio.abc.Stream], Awaitable[None]]


def server_context(folder: Path, *chains: tuple[Identity, ...]) -> ssl.SSLContext:
    """What a server presents: one chain for each kind of key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    for number, chain in enumerate(chains):
        context.load_cert_chain(write(folder, f"chain{number}", *chain))
    return context


Answer: TypeAlias = "bytes | Callable[[bytes], bytes]"  # to whatever is said, or what is said -> what to say to it


def answered(answer: Answer, octets: bytes) -> bytes:
    """What to say to these octets."""
    return answer if isinstance(answer, bytes) else answer(octets)


async def serve_tls(
    stream: trio.abc.Stream, context: ssl.SSLContext, said: list[bytes] | None = None, answer: Answer = b""
) -> None:
    """Shake hands, then keep what is said until the client goes, and answer it."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    secured = context.wrap_bio(incoming, outgoing, server_side=True)
    shaken = False
    try:
        while True:
            try:
                if not shaken:
                    secured.do_handshake()
                    shaken = True
                while octets := secured.read(65536):
                    if said is not None:
                        said.append(octets)
                    if reply := answered(answer, octets):
                        secured.write(reply)
                return
            except ssl.SSLWantReadError:
                pass
            finally:
                if octets := outgoing.read():
                    await stream.send_all(octets)
            octets = await stream.receive_some()
            if not octets:
                return
            incoming.write(octets)
    except (ssl.SSLError, trio.BrokenResourceError, trio.ClosedResourceError):
        pass
    finally:
        with trio.CancelScope(shield=True, deadline=trio.current_time() + 1):
            await stream.aclose()


def serving(context: ssl.SSLContext, said: list[bytes] | None = None) -> Peer:
    """A peer that speaks TLS from the first octet."""

    async def peer(stream: trio.abc.Stream) -> None:
        await serve_tls(stream, context, said)

    return peer
