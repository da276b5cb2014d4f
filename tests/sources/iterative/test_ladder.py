"""A list of forwarders with Iterative() at its end: own iteration where they do not do."""

from __future__ import annotations

import pytest

from resolver import BadUpstream, Iterative, Policy
from resolver.data.rrset import Message, NoReply, Question
from resolver.data.writer import write_message
from resolver.engine.driver import Engine
from resolver.sources.iterative.upstream import IterativeUpstream
from resolver.sources.upstream import open_upstream
from resolver.sources.upstream.function import own_server
from resolver.sources.upstream.ladder import Ladder
from resolver.sources.upstream.pool import Pool
from resolver.testing import World
from resolver.testing.forwarder import without_dnssec
from tests.sources.iterative.network import Network
from tests.sources.iterative.trees import LEAF_SERVERS, run, serving, tree

QUESTION = Question.of("www.example.test", "A")


class Forwarder:
    """A forwarder as an object with a trio coroutine, and how often it was asked."""

    def __init__(self, world: World, kind: str) -> None:
        self.world = world
        self.kind = kind
        self.asked = 0

    async def exchange(self, query: bytes) -> bytes:
        from resolver.testing.forwarder import read_query

        self.asked += 1
        read = read_query(query)
        assert not isinstance(read, int)
        if self.kind == "dead":
            raise TimeoutError
        message = self.world.reply(read.question)
        assert isinstance(message, Message)
        if self.kind == "stripping":
            message = without_dnssec(message)
        if self.kind == "failing":
            message = Message(read.question, rcode=2, flags=0x8002)
        return write_message(message, ident=read.ident)


def engine(world: World, network: Network, *forwarders: Forwarder) -> Engine:
    pool = Pool([own_server(each, world.clock) for each in forwarders], clock=world.clock)
    ladder = Ladder(pool, network.upstream(clock=world.clock))
    return Engine(ladder, anchors=world.anchors, policy=Policy(), timeout=10.0, cache_size=10, clock=world.clock)


def test_a_forwarder_that_does_is_all_that_is_asked() -> None:
    world = tree()
    network = serving(world)
    driver = engine(world, network, Forwarder(world, "good"))
    assert run(lambda: driver.lookup(QUESTION)).status == "secure"
    assert network.count() == 0


@pytest.mark.parametrize("kind", ["dead", "failing", "stripping"])
def test_where_a_forwarder_does_not_do_the_zones_own_servers_are_asked(kind: str) -> None:
    world = tree()
    network = serving(world)
    forwarder = Forwarder(world, kind)
    driver = engine(world, network, forwarder)
    outcome = run(lambda: driver.lookup(QUESTION))
    assert outcome.status == "secure", outcome.reason
    assert forwarder.asked
    assert outcome.proof.message is not None
    assert outcome.proof.message.origin in {f"udp {address}:53" for address in LEAF_SERVERS}


def test_where_neither_does_all_are_named() -> None:
    world = tree()
    network = serving(world)
    for address in LEAF_SERVERS:
        network.twist(address, None)
    pool = Pool([own_server(Forwarder(world, "dead"), world.clock)], clock=world.clock)
    ladder = Ladder(pool, network.upstream(clock=world.clock))
    reply = run(lambda: ladder.fetch(QUESTION))
    assert isinstance(reply, NoReply)
    assert {origin for origin, _ in reply.attempts} >= {
        "object Forwarder",
        *(f"udp {address}:53" for address in LEAF_SERVERS),
    }
    assert "own iteration" in reply.text
    assert ladder.trouble()[0][0] == "object Forwarder"
    ladder.close()
    ladder.after_fork()
    assert "Pool" in repr(ladder)


def test_it_stands_last_in_a_list() -> None:
    assert isinstance(open_upstream(["192.0.2.1", Iterative()], clock=lambda: 0.0), Ladder)
    assert isinstance(open_upstream([Iterative()], clock=lambda: 0.0), IterativeUpstream)
    with pytest.raises(BadUpstream, match="comes last"):
        open_upstream([Iterative(), "192.0.2.1"], clock=lambda: 0.0)
