"""Check 1,000 mail domains at once against STARTTLS servers on loopback: domains a second, CPU time, memory.

    python benchmarks/mail_domains.py [DOMAINS] [AT_ONCE]

Each domain is a signed zone of its own with one mail host and a record `3 1 1`; DNS and mail servers run in a process
of their own, warmed up by a first round that does not count. Every domain must come out authenticated.
"""

from __future__ import annotations

import collections
import multiprocessing
import resource
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

import trio

from resolver import Anchors, AsyncResolver
from resolver.testing import World
from tests.probe.lab import ISSUER, LEAF, LOOPBACK, server_context, smtp

DOMAINS, AT_ONCE = 1000, 100


def serve(count: int, pipe: Connection) -> None:
    """The child: a DNS server that has all zones, and a mail server that is every domain's."""

    async def main() -> None:
        sock = trio.socket.socket(trio.socket.AF_INET, trio.socket.SOCK_DGRAM)
        await sock.bind((LOOPBACK, 0))
        with tempfile.TemporaryDirectory() as folder:
            peer = smtp(server_context(Path(folder), (LEAF, ISSUER)))
        listeners = await trio.open_tcp_listeners(0, host=LOOPBACK, backlog=1024)
        port = listeners[0].socket.getsockname()[1]
        world = World(now=time.time())
        for number in range(count):
            world.zone(f"d{number}.test").add(
                "@ MX 10 mx", f"mx A {LOOPBACK}", f"_{port}._tcp.mx TLSA {LEAF.tlsa(3, 1, 1)}"
            )
        pipe.send((sock.getsockname()[1], port, world.anchor_text))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.serve_listeners, peer, listeners)
            known: dict[bytes, bytes] = {}
            while True:
                query, client = await sock.recvfrom(4096)
                reply = known.get(query[2:])
                if reply is None:
                    reply = known[query[2:]] = world.answer(query)[2:]
                await sock.sendto(query[:2] + reply, client)

    trio.run(main)


async def check_all(upstream: str, anchors: Anchors, count: int, at_once: int, port: int) -> collections.Counter[str]:
    results: collections.Counter[str] = collections.Counter()
    limiter = trio.CapacityLimiter(at_once)
    async with AsyncResolver(upstream, anchors=anchors) as asked, trio.open_nursery() as nursery:

        async def one(number: int) -> None:
            async with limiter:
                results[(await asked.check_smtp(f"d{number}.test", port)).result] += 1

        for number in range(count):
            nursery.start_soon(one, number)
    return results


def main() -> None:
    count, at_once = (int(word) for word in (*sys.argv[1:], *map(str, (DOMAINS, AT_ONCE)[len(sys.argv) - 1 :])))
    ours, theirs = multiprocessing.Pipe()
    child = multiprocessing.get_context("fork").Process(target=serve, args=(count, theirs), daemon=True)
    child.start()
    dns, port, anchors = ours.recv()
    try:
        for round_name in ("warm-up", "measured"):
            begun, cpu = time.perf_counter(), time.process_time()
            results = trio.run(check_all, f"{LOOPBACK}:{dns}", Anchors.from_text(anchors), count, at_once, port)
            seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
            print(
                f"{round_name}: {count} domains in {seconds:.1f} s ({count / seconds:.0f}/s), {cpu / count * 1e3:.1f} ms CPU each: {dict(results)}"
            )
    finally:
        child.terminate()
    print(f"memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB at most")


if __name__ == "__main__":
    main()
