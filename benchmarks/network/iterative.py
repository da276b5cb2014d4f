"""Round trips of a cold lookup from the root hints: `python -m benchmarks.network.iterative [RTT in ms]`.

A World with two cuts below the root is written to disk and served by NSD, one for each zone, behind relays on loopback
addresses of their own that hold every packet back for the round-trip time. What is printed is the wall time of one
cold lookup in units of that time, the least and the median of several, each with a new resolver, and the process's CPU.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import trio

from resolver import Iterative, Resolver
from resolver.testing import World
from tests.interoperability.authorities import Authority, authorities
from tests.interoperability.servers import nsd_configuration

SHOWN = ("127.53.88.1", "127.53.88.2", "127.53.88.3")  # what the tree says
HIDDEN = ("127.53.89.1", "127.53.89.2", "127.53.89.3")  # where the servers are
ZONES = (".", "test.", "example.test.")
REPETITIONS = 9
QUESTIONS = (
    ("TLSA", "_443._tcp.www.example.test", "TLSA", "secure"),
    ("proven denial", "nothing.example.test", "TLSA", "absent"),
    ("unsigned zone", "www.plain.test", "A", "insecure"),
)


def build(denial: str) -> World:
    """Root, `test.`, and below it a signed and an unsigned zone."""
    world = World("round trips")
    world.zone(".", nameserver="ns.root.").add(f"ns.root A {SHOWN[0]}")
    world.zone("test", nameserver="ns", denial=denial).add(f"ns A {SHOWN[1]}")
    world.zone("example.test", nameserver="ns").add(f"ns A {SHOWN[2]}", "_443._tcp.www TLSA 3 1 1 " + 32 * "ab")
    world.zone("plain.test", nameserver="ns", signed=False).add(f"ns A {SHOWN[2]}", "www A 192.0.2.1")
    return world


async def relay(shown: str, hidden: str, port: int, seconds: float, nursery: trio.Nursery) -> None:
    """Hand packets on, replies after so many seconds."""
    front = trio.socket.socket(type=trio.socket.SOCK_DGRAM)
    await front.bind((shown, port))

    async def one(query: bytes, sender: object) -> None:
        due = trio.current_time() + seconds
        with trio.socket.socket(type=trio.socket.SOCK_DGRAM) as back:
            await back.connect((hidden, port))
            await back.send(query)
            reply = await back.recv(65535)
        await trio.sleep_until(due)
        await front.sendto(reply, sender)

    while True:
        query, sender = await front.recvfrom(65535)
        nursery.start_soon(one, query, sender)


async def relays(port: int, seconds: float) -> None:
    async with trio.open_nursery() as nursery:
        for shown, hidden in zip(SHOWN, HIDDEN, strict=True):
            nursery.start_soon(relay, shown, hidden, port, seconds, nursery)


def measure(world: World, port: int, rtt: float, *, minimise: bool) -> None:
    hints = Iterative(root_hints={"ns.root": f"{SHOWN[0]}:{port}"}, minimise=minimise)
    for what, name, rdtype, expected in QUESTIONS:
        times, spent = [], []
        for repetition in range(-1, REPETITIONS):
            with Resolver(hints, anchors=world.anchors, clock=world.clock) as resolver:
                began, cpu = time.perf_counter(), time.process_time()
                outcome = resolver.lookup(name, rdtype)
                if repetition >= 0:  # the first one warms up what is loaded only when it is used
                    times.append((time.perf_counter() - began) / rtt)
                    spent.append((time.process_time() - cpu) * 1000)
            assert outcome.status == expected, outcome.reason
        mode = ", minimised" if minimise else ""
        cpu_text = f"CPU {statistics.median(spent):.1f} ms"
        print(f"  {what}{mode}: least {min(times):.2f}, median {statistics.median(times):.2f} round trips, {cpu_text}")


def main(milliseconds: str = "40") -> None:
    rtt = float(milliseconds) / 1000
    for denial in ("nsec", "opt-out"):
        world = build(denial)
        with tempfile.TemporaryDirectory() as temporary:
            folder = Path(temporary)
            written = {origin: str(path) for origin, path in world.write(folder)}
            shares = [[zone] for zone in ZONES[:2]] + [["example.test.", "plain.test."]]

            def nsd(host: str, origins: list[str], written: dict[str, str] = written) -> Authority:
                zones = [(origin, written[origin]) for origin in origins]
                return Authority(
                    host, "/usr/sbin/nsd", ("-d", "-c"), origins[0],
                    lambda place, port: nsd_configuration(place, zones, port, host),
                )  # fmt: skip

            with authorities(folder, [nsd(*share) for share in zip(HIDDEN, shares, strict=True)]) as port:
                child = subprocess.Popen([sys.executable, "-m", __spec__.name, "serve", str(port), str(rtt)])
                try:
                    time.sleep(1.0)
                    print(f"two cuts, {denial}, {rtt * 1000:g} ms a round trip, cold:")
                    for minimise in (False, True):
                        measure(world, port, rtt, minimise=minimise)
                finally:
                    child.terminate()
                    child.wait()


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        trio.run(relays, int(sys.argv[2]), float(sys.argv[3]))
    else:
        main(*sys.argv[1:2])
