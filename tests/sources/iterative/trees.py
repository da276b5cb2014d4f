"""The trees of these tests: a root, `test.`, and zones below it, each with servers of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import trio
from trio.testing import MockClock

from resolver.data.rrset import Question, RRset
from resolver.engine.driver import Engine
from resolver.sources.iterative.upstream import IterativeUpstream
from resolver.testing import World
from resolver.validator.outcome import Outcome
from resolver.validator.policy import Policy
from tests.sources.iterative.network import ROOT_SERVER, Network, zones_of

TLD_SERVER = "192.0.2.2"
LEAF_SERVERS = ("192.0.2.3", "192.0.2.4")
TLSA = "3 1 1 " + 32 * "ab"

T = TypeVar("T")


def tree(**leaf: object) -> World:
    """A signed root, `test.`, and `example.test.` with two servers."""
    world = World("iterative")
    world.zone(".", nameserver="ns.root.").add(f"ns.root A {ROOT_SERVER}")
    world.zone("test", nameserver="ns.test.").add(
        f"ns A {TLD_SERVER}",
        "example NS ns2.example.test.",
        f"ns2.example A {LEAF_SERVERS[1]}",
    )
    world.zone("example.test", nameserver="ns1", **leaf).add(  # type: ignore[arg-type]
        f"ns1 A {LEAF_SERVERS[0]}",
        "@ NS ns1",
        "@ NS ns2",
        f"ns2 A {LEAF_SERVERS[1]}",
        "www A 192.0.2.80",
        f"_443._tcp.www TLSA {TLSA}",
        "alias CNAME www",
        "*.wild TXT wild",
        "away DNAME other.test.",
    )
    return world


def serving(world: World) -> Network:
    """The network of a tree."""
    zones = zones_of(world)
    network = Network().serve(ROOT_SERVER, zones, ".").serve(TLD_SERVER, zones, "test.")
    for address in LEAF_SERVERS:
        network.serve(address, zones, "example.test.")
    return network


def engine(world: World, upstream: IterativeUpstream, *, timeout: float = 10.0) -> Engine:
    """A resolver's engine over an upstream."""
    return Engine(upstream, anchors=world.anchors, policy=Policy(), timeout=timeout, cache_size=100, clock=world.clock)


def run(main: Callable[[], Awaitable[T]]) -> T:
    """Run under a clock that jumps; nothing waits."""
    return trio.run(main, clock=MockClock(autojump_threshold=0))


def look_up(
    world: World, network: Network, *questions: str, minimise: bool = False
) -> tuple[list[Outcome[RRset]], float]:
    """The outcomes of questions `"name TYPE"`, one after the other, and how long they took in seconds."""
    upstream = network.upstream(minimise=minimise, clock=world.clock)
    driver = engine(world, upstream)

    async def main() -> tuple[list[Outcome[RRset]], float]:
        began = trio.current_time()
        outcomes = [await driver.lookup(Question.of(*question.split())) for question in questions]
        return outcomes, trio.current_time() - began

    return run(main)
