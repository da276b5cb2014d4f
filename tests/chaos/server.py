"""A forwarder over UDP and TCP that does, seeded, whatever a network or an attacker on the way might do.

Each reply draws what happens to it. What only an attacker who sees the query can send (right ID, port and case, but other
contents) is among it: then the name must never be Secure with what he sent, nor proven absent, nor insecure.
"""

from __future__ import annotations

import random
import socket
import struct
from collections import Counter
from collections.abc import Callable

import trio

from resolver.testing import World

LOCAL = "127.0.0.1"
TRUNCATED = 0x02
LONG_DELAY = 0.3  # seconds; others are below a tenth of it
_LINGER_ZERO = struct.pack("ii", 1, 0)  # closing sends RST

UDP_FAULTS = {
    "loss": 6,
    "delay": 3,
    "duplicate": 5,
    "wrong ID first": 5,
    "spoofed first": 5,
    "wrong question first": 3,
    "garbage first": 4,
    "bare FORMERR first": 2,
    "bit flipped": 2,
    "forged": 3,
    "truncated": 4,
    "servfail": 2,
    "stranger first": 3,
}
TCP_FAULTS = {
    "silence": 1,
    "delay": 3,
    "duplicate": 4,
    "wrong ID first": 3,
    "wrong question first": 3,
    "garbage frame first": 3,
    "bit flipped": 1,
    "forged": 3,
    "drip": 4,
    "RST in a frame": 2,
    "closed": 2,
    "closed in a frame": 2,
    "half-closed": 1,
    "empty frame": 1,
    "servfail": 2,
}


class ChaosServer:
    """Serves one world; `seen` counts what was done.

    Args:
        world: the truth.
        forged: what an attacker would have believed: the same names, other records.
        rng: draws the faults.
        scale: 1: each table's weights are percent; 0: an honest server.
    """

    def __init__(self, world: World, forged: World, rng: random.Random, *, scale: float = 1.0) -> None:
        self._worlds = world, forged
        self._rng = rng
        self._scale = scale
        self._cache: dict[tuple[int, bytes, int], bytes] = {}
        self.seen: Counter[str] = Counter()

    async def start(self, nursery: trio.Nursery) -> int:
        """Begin to serve; gives the port."""
        while True:
            self._udp = trio.socket.socket(type=trio.socket.SOCK_DGRAM)
            await self._udp.bind((LOCAL, 0))
            port: int = self._udp.getsockname()[1]
            try:
                (listener,) = await trio.open_tcp_listeners(port, host=LOCAL)
                break
            except OSError:
                self._udp.close()
        self._stranger = trio.socket.socket(type=trio.socket.SOCK_DGRAM)
        self._nursery = nursery
        nursery.start_soon(self._datagrams)
        nursery.start_soon(self._serve, listener)
        return port

    def close(self) -> None:
        """Close its sockets; its tasks are the nursery's."""
        self._udp.close()
        self._stranger.close()

    async def _serve(self, listener: trio.SocketListener) -> None:
        async with listener, trio.open_nursery() as nursery:
            while True:
                nursery.start_soon(self._connection, await listener.accept())

    def _draw(self, table: dict[str, int]) -> str:
        at = self._rng.random() * 100
        for fault, weight in table.items():
            at -= weight * self._scale
            if at < 0:
                self.seen[fault] += 1
                return fault
        self.seen["honest"] += 1
        return ""

    def _answer(self, query: bytes, which: int = 0) -> bytes:
        """The reply of one of the worlds, with this query's ID and case."""
        name = 12 + query[12:].index(0) + 1
        key = which, query[12 : name + 4].lower(), query[3]
        found = self._cache.get(key)
        if found is None:
            found = self._cache[key] = self._worlds[which].answer(query[:12] + query[12:name].lower() + query[name:])
        return query[:2] + found[2:12] + query[12:name] + found[name:]

    def _wrong_id(self, reply: bytes) -> bytes:
        return bytes([reply[0] ^ self._rng.randrange(1, 256)]) + reply[1:]

    def _flipped(self, reply: bytes) -> bytes:
        at = self._rng.randrange(2, len(reply))
        return reply[:at] + bytes([reply[at] ^ 1 << self._rng.randrange(8)]) + reply[at + 1 :]

    def _garbage(self) -> bytes:
        return self._rng.randbytes(self._rng.randrange(2, 200))

    async def _datagrams(self) -> None:
        while True:
            query, sender = await self._udp.recvfrom(65535)
            fault = self._draw(UDP_FAULTS)
            if fault == "loss":
                continue
            if fault == "stranger first":
                await self._stranger.sendto(self._answer(query, 1), sender)
            replies = self._udp_replies(query, fault)
            delay = LONG_DELAY if fault == "delay" else self._rng.random() ** 4 * LONG_DELAY / 10
            self._nursery.start_soon(self._send, replies, sender, delay)

    async def _send(self, replies: list[bytes], sender: object, delay: float) -> None:
        await trio.sleep(delay)
        for reply in replies:
            try:
                await self._udp.sendto(reply, sender)  # type: ignore[call-overload]
            except OSError:  # whoever asked is gone
                return

    def _udp_replies(self, query: bytes, fault: str) -> list[bytes]:
        good, forged = self._answer(query), self._answer(query, 1)
        spoofed: Callable[[], bytes] = lambda: self._wrong_id(forged)  # noqa: E731
        makers: dict[str, Callable[[], list[bytes]]] = {
            "duplicate": lambda: [good, good],
            "wrong ID first": lambda: [self._wrong_id(good), good],
            "spoofed first": lambda: [*(spoofed() for _ in range(20)), good],
            "wrong question first": lambda: [query[:2] + self._answer(_other(query), 1)[2:], good],
            "garbage first": lambda: [self._garbage(), query[:2] + self._garbage(), query, good],
            "bare FORMERR first": lambda: [query[:2] + b"\x81\x81" + bytes(8), good],
            "bit flipped": lambda: [self._flipped(good)],
            "forged": lambda: [forged],
            "truncated": lambda: (
                [good[:2] + bytes([good[2] | TRUNCATED]) + good[3 : len(good) // 2]]
                if self._rng.random() < 0.3
                else [good[:2] + bytes([good[2] | TRUNCATED]) + good[3:]]
            ),
            "servfail": lambda: [_servfail(query)],
        }
        return makers[fault]() if fault in makers else [good]

    async def _connection(self, stream: trio.SocketStream) -> None:
        self.seen["connections"] += 1
        rest = b""
        try:
            while True:
                octets = await stream.receive_some(65536)
                if not octets:
                    break
                rest += octets
                queries = []
                while len(rest) >= 2 and len(rest) >= 2 + int.from_bytes(rest[:2]):
                    stop = 2 + int.from_bytes(rest[:2])
                    queries.append(rest[2:stop])
                    rest = rest[stop:]
                self._rng.shuffle(queries)
                for query in queries:
                    if not await self._reply(stream, query):
                        await trio.sleep(LONG_DELAY)
                        return
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass
        finally:
            stream.socket.close()

    async def _reply(self, stream: trio.SocketStream, query: bytes) -> bool:
        """Whether the connection goes on."""
        fault = self._draw(TCP_FAULTS)
        good = self._answer(query)
        framed = _framed(good)
        half = framed[: self._rng.randrange(1, len(framed))]
        if fault == "silence":
            return True
        if fault == "delay":
            await trio.sleep(LONG_DELAY / 3)
        elif fault == "drip":
            for at in range(0, len(framed), 7):
                await stream.send_all(framed[at : at + 7])
                await trio.lowlevel.checkpoint()
            return True
        elif fault == "RST in a frame":
            await stream.send_all(half)
            stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
            stream.socket.close()
            return False
        elif fault == "closed":
            stream.socket.close()
            return False
        elif fault == "closed in a frame":
            await stream.send_all(half)
            stream.socket.close()
            return False
        elif fault == "half-closed":
            await stream.send_eof()
            return False
        first = {
            "duplicate": lambda: [good],
            "wrong ID first": lambda: [self._wrong_id(good)],
            "wrong question first": lambda: [query[:2] + self._answer(_other(query), 1)[2:]],
            "garbage frame first": lambda: [self._garbage(), query[:2] + self._garbage(), query],
            "empty frame": lambda: [b""],
        }.get(fault, list)()
        last = {"bit flipped": self._flipped(good), "forged": self._answer(query, 1), "servfail": _servfail(query)}
        await stream.send_all(b"".join(map(_framed, [*first, last.get(fault, good)])))
        return True


def _framed(octets: bytes) -> bytes:
    return len(octets).to_bytes(2) + octets


def _other(query: bytes) -> bytes:
    """A query for another name of the same length."""
    return query[:13] + bytes([ord("a") + query[13] % 26]) + query[14:]


def _servfail(query: bytes) -> bytes:
    name = 12 + query[12:].index(0) + 5
    return query[:2] + b"\x81\x92" + query[4:6] + bytes(4) + b"\0\1" + query[12:name] + b"\0\0\x29\4\xd0\0\0\x80\0\0\0"
