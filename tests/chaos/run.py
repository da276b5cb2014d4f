"""Lookups through the chaos, each compared with the truth; what is left over afterwards."""

from __future__ import annotations

import gc
import os
import random
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import trio

from resolver import AsyncResolver
from resolver.testing import World
from tests.chaos.server import LOCAL, ChaosServer

NAMES = 15  # of each kind; few, so that caches are soon full and memory must stay flat
TIMEOUT = 6.0  # seconds a lookup
SLACK = 2.0  # seconds beyond it; a lookup that takes longer hangs
CONCURRENT = 100


class Report(NamedTuple):
    """What came of it.

    Fields: how many lookups; (truth, verdict) counted; those that are wrong; lookups that hang; tasks and open files
    more than before; resident memory in MiB after half of the lookups and after all; what the server did; seconds that it took, and
    seconds that the machine kept the whole loop waiting at most, which a lookup cannot be blamed for.
    """

    lookups: int
    verdicts: Counter[tuple[str, str]]
    wrong: list[str]
    hangs: int
    tasks: int
    files: int
    memory: tuple[float, float]
    seen: Counter[str]
    seconds: float
    pause: float

    @property
    def good(self) -> bool:
        """Whether nothing is wrong and nothing is left."""
        flat = self.memory[1] - self.memory[0] <= max(2.0, 0.0002 * self.lookups)
        return not self.wrong and not self.hangs and self.tasks <= 0 and self.files <= 0 and flat

    def text(self) -> str:
        """For people."""
        lines = [f"{self.lookups} lookups in {self.seconds:.1f} s"]
        lines += [f"  {truth:<9} -> {verdict:<13} {count}" for (truth, verdict), count in sorted(self.verdicts.items())]
        lines.append(f"wrong verdicts: {len(self.wrong)}{''.join(f'{chr(10)}  {each}' for each in self.wrong[:10])}")
        lines.append(f"hangs: {self.hangs}; tasks left: {self.tasks}; files and sockets left: {self.files}")
        lines.append(f"longest pause of the whole loop: {self.pause:.1f} s")
        lines.append(f"memory: {self.memory[0]:.1f} MiB after half, {self.memory[1]:.1f} MiB at the end")
        lines.append("the server: " + ", ".join(f"{what} {count}" for what, count in self.seen.most_common()))
        lines.append("good" if self.good else "BAD")
        return "\n".join(lines)


def worlds() -> tuple[World, World, list[tuple[str, str]]]:
    """The truth, what an attacker would have believed, and what to ask."""
    true, forged = World(), World(seed=1)
    for world, last in ((true, 1), (forged, 66)):
        secure = world.zone("secure.test")
        unsigned = world.zone("unsigned.test", signed=False)
        for number in range(NAMES):
            secure.add(f"h{number} 300 A 192.0.{number}.{last}")
            secure.add(f"_25._tcp.h{number} 300 TLSA 3 1 1 {number:02x}{'00' if last == 1 else 'ff'}{'ab' * 30}")
            secure.add(f"b{number} 300 A 192.0.{number}.{last}")
            unsigned.add(f"u{number} 300 A 192.0.{number}.{last}")
            if world is true:
                secure.damage("signature-bad", f"b{number} A")
            else:  # the attacker's denials and delegations
                secure.add(f"n{number} 300 A 192.0.{number}.{last}")
    items = []
    for number in range(NAMES):
        items += [(f"h{number}.secure.test", "A"), (f"_25._tcp.h{number}.secure.test", "TLSA")]
        items += [(f"n{number}.secure.test", "A"), (f"b{number}.secure.test", "A"), (f"u{number}.unsigned.test", "A")]
    return true, forged, items


def resident() -> float:
    """MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def open_files() -> int:
    """How many files and sockets this process has."""
    return len(os.listdir("/proc/self/fd"))


async def chaos(lookups: int, seed: int, transport: str) -> Report:
    """Make so many lookups over "udp", "tcp" or "both"."""
    rng = random.Random(seed)
    true, forged, items = worlds()
    truth = true.offline()
    expected = {item: truth.lookup(*item) for item in items}
    wanted = {item: found.value.to_text() if found.status == "secure" else [] for item, found in expected.items()}
    verdicts: Counter[tuple[str, str]] = Counter()
    wrong: list[str] = []
    hangs = 0
    half = pause = 0.0
    files = open_files()
    tasks = trio.lowlevel.current_statistics().tasks_living
    began = time.monotonic()
    async with trio.open_nursery() as nursery:
        servers = [ChaosServer(true, forged, rng) for _ in range(2)]
        ports = [await server.start(nursery) for server in servers]
        schemes = {"udp": ("udp", "udp"), "tcp": ("tcp", "tcp"), "both": ("udp", "tcp")}[transport]
        upstream = [f"{scheme}://{LOCAL}:{port}" for scheme, port in zip(schemes, ports, strict=True)]
        left = iter(range(lookups))

        async def watch() -> None:
            nonlocal pause
            while True:
                before = time.monotonic()
                await trio.sleep(0.1)
                pause = max(pause, time.monotonic() - before - 0.1)

        nursery.start_soon(watch)

        async def worker(resolver: AsyncResolver) -> None:
            nonlocal hangs, half
            for number in left:
                item = rng.choice(items)
                started = trio.current_time()
                with trio.move_on_after(TIMEOUT + SLACK) as scope:
                    if rng.random() < 0.02:  # an impatient caller
                        with trio.move_on_after(rng.random() * 0.05):
                            await resolver.lookup(*item)
                        continue
                    found = await resolver.lookup(*item)
                    right = expected[item].status
                    verdicts[right, found.status] += 1
                    value = found.value.to_text() if found.status == "secure" else []
                    # A denial of service is in anybody's power who can damage packets; a lie must not be.
                    if found.status not in ("indeterminate", "bogus") and (found.status, value) != (
                        right,
                        wanted[item],
                    ):
                        wrong.append(f"{item}: {found.status} {value} instead of {right} {wanted[item]}")
                if scope.cancelled_caught:
                    hangs += 1
                    wrong.append(f"{item}: no verdict after {trio.current_time() - started:.1f} s; pause {pause:.1f} s")
                if number == lookups // 2:
                    gc.collect()
                    half = resident()

        async with (
            AsyncResolver(upstream, anchors=true.anchors, clock=true.clock, timeout=TIMEOUT, cache_size=0) as resolver,
            trio.open_nursery() as workers,
        ):
            for _ in range(CONCURRENT):
                workers.start_soon(worker, resolver)
        del resolver
        nursery.cancel_scope.cancel()
    for server in servers:
        server.close()
    seconds = time.monotonic() - began
    gc.collect()
    full = resident()
    seen: Counter[str] = sum((server.seen for server in servers), Counter())
    del servers
    gc.collect()
    left_tasks = trio.lowlevel.current_statistics().tasks_living - tasks
    return Report(lookups, verdicts, wrong, hangs, left_tasks, open_files() - files, (half, full), seen, seconds, pause)
