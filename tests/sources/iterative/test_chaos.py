"""Many lookups over servers that do all sorts of wrong things: no wrong verdict, bounded work, nothing left over."""

from __future__ import annotations

import os
import random

import pytest
import trio

from resolver import Iterative, Resolver
from resolver.data.name import Name
from resolver.data.rrset import Message, NoReply, Question, RRset
from resolver.data.types import NS, A
from resolver.sources.iterative.asks import Send
from resolver.sources.iterative.limits import MAX_QUERIES
from resolver.sources.iterative.upstream import IterativeUpstream
from tests.sources.iterative.network import AA, ROOT_SERVER, Network, made
from tests.sources.iterative.trees import LEAF_SERVERS, TLD_SERVER, engine, run, serving, tree

WWW = (bytes((192, 0, 2, 80)),)
QUESTIONS = {
    "www.example.test A": "secure",
    "alias.example.test A": "secure",
    "_443._tcp.www.example.test TLSA": "secure",
    "x.wild.example.test TXT": "secure",
    "nothing.example.test A": "absent",
    "www.example.test AAAA": "absent",
    "example.test DS": "secure",
    "ns1.example.test A": "secure",
}


class Chaos:
    """A server that answers honestly, wrongly or not at all, by a seeded chance."""

    def __init__(self, rng: random.Random, network: Network, share: float) -> None:
        self.rng = rng
        self.network = network
        self.share = share
        self.seen: list[Message] = []

    def __call__(self, send: Send, honest: Message | None) -> Message | None:
        assert honest is not None
        self.seen.append(honest)
        if self.rng.random() > self.share:
            return honest
        return self.rng.choice(
            [
                self.silent,
                self.refused,
                self.empty,
                self.stripped,
                self.replayed,
                self.poisoned,
                self.shuffled,
                self.elsewhere,
            ]
        )(send, honest)

    def silent(self, send: Send, honest: Message) -> None:
        return None

    def refused(self, send: Send, honest: Message) -> Message:
        return made(send, rcode=self.rng.choice([1, 2, 4, 5, 9, 3841]), flags=self.rng.choice([0, AA]))

    def empty(self, send: Send, honest: Message) -> Message:
        return made(send, rcode=self.rng.choice([0, 3]))

    def stripped(self, send: Send, honest: Message) -> Message:
        answer = tuple(rrset.with_rrsigs(()) for rrset in honest.answer)
        return made(
            send, rcode=honest.rcode, answer=answer, authority=tuple(r.with_rrsigs(()) for r in honest.authority)
        )

    def replayed(self, send: Send, honest: Message) -> Message:
        other = self.rng.choice(self.seen)
        return made(
            send,
            rcode=other.rcode,
            flags=other.flags & AA,
            answer=other.answer,
            authority=other.authority,
            additional=other.additional,
        )

    def poisoned(self, send: Send, honest: Message) -> Message:
        forged = RRset(send.question.name, send.question.rdtype, 300, (b"\x06\x06\x06\x06",))
        rrsigs = honest.answer[0].rrsigs if honest.answer else ()
        return made(send, answer=(forged.with_rrsigs(rrsigs),))

    def shuffled(self, send: Send, honest: Message) -> Message:
        pool = [rrset for message in self.seen for rrset in (*message.answer, *message.authority)]
        some = tuple(self.rng.choice(pool) for _ in range(self.rng.randrange(4))) if pool else ()
        return made(
            send, flags=self.rng.choice([0, AA]), answer=some, authority=tuple(self.rng.sample(pool, min(len(pool), 3)))
        )

    def elsewhere(self, send: Send, honest: Message) -> Message:
        name = send.question.name
        cut = name.rightmost(self.rng.randrange(len(name.labels) + 1))
        target = Name.from_text("ns.").child(b"x") if cut.is_root else cut
        host = bytes(map(int, self.rng.choice([*LEAF_SERVERS, TLD_SERVER, ROOT_SERVER, "192.0.2.99"]).split(".")))
        return made(
            send,
            flags=0,
            authority=(RRset(cut, NS, 300, (target.wire,)),),
            additional=(RRset(target, A, 300, (host,)),),
        )


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("share", [0.1, 0.5])
def test_no_verdict_is_wrong_whatever_servers_do(seed: int, share: float) -> None:
    world = tree()
    rng = random.Random(seed)
    network = serving(world)
    for address in (ROOT_SERVER, TLD_SERVER, *LEAF_SERVERS):
        network.twist(address, Chaos(rng, network, share))
    driver = engine(world, network.upstream(clock=world.clock, minimise=seed % 3 == 0))

    async def main() -> None:
        for question, honest in rng.sample(sorted(QUESTIONS.items()), len(QUESTIONS)):
            before = network.count()
            outcome = await driver.lookup(Question.of(*question.split()))
            assert outcome.status in (honest, "bogus", "indeterminate"), (question, outcome.reason)
            if outcome.status == "secure" and question in ("www.example.test A", "alias.example.test A"):
                assert outcome.require().rdata == WWW
            assert network.count() - before <= 4 * MAX_QUERIES
        assert trio.lowlevel.current_statistics().tasks_living <= 6  # trio's own
        assert network.running == 0

    run(main)


def test_with_a_few_wrong_replies_nearly_all_lookups_still_end_well() -> None:
    ended = []
    world = tree()
    for seed in range(10):
        rng = random.Random(seed)
        network = serving(world)
        for address in LEAF_SERVERS:
            network.twist(address, Chaos(rng, network, 0.2))
        driver = engine(world, network.upstream(clock=world.clock))

        async def main(driver=driver) -> list[bool]:  # type: ignore[no-untyped-def]
            return [
                (await driver.lookup(Question.of(*text.split()))).status == status for text, status in QUESTIONS.items()
            ]

        ended += run(main)
    assert sum(ended) >= 0.8 * len(ended)


def test_lookups_that_are_cancelled_leave_nothing_behind() -> None:
    world = tree()
    network = serving(world)
    upstream = network.upstream(clock=world.clock)

    async def main() -> None:
        for number in range(60):
            with trio.move_on_after(number * 0.006):
                await upstream.fetch(Question.of(f"w{number}.example.test", "A"))
            assert network.running == 0
            assert not upstream._shared.memory.flights

    run(main)


def test_a_lookup_whose_time_ends_says_what_its_servers_did() -> None:
    world = tree()
    network = serving(world)
    for address in LEAF_SERVERS:
        network.twist(address, None)
    driver = engine(world, network.upstream(clock=world.clock), timeout=1.5)

    async def main() -> str:
        return str((await driver.lookup(Question.of("www.example.test", "A"))).reason)

    reason = run(main)
    assert "time" in reason
    assert any(address in reason for address in LEAF_SERVERS)


def test_a_forked_child_begins_anew_with_what_was_under_way() -> None:
    world = tree()
    network = serving(world)
    upstream = network.upstream(clock=world.clock)

    async def main() -> Message | NoReply | None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(upstream.fetch, Question.of("www.example.test", "A"))
            await trio.sleep(0.05)
            upstream.after_fork()  # as the child's engine calls it: nobody here will ever land
            assert not upstream._shared.memory.flights
            reply = await upstream.fetch(Question.of("www.example.test", "A"))
            nursery.cancel_scope.cancel()
        return reply

    assert isinstance(run(main), Message)


def test_the_synchronous_face_closes_it_and_works_again_in_a_new_thread() -> None:
    with Resolver(Iterative(root_hints={"a.root": "127.53.99.1:9"}), timeout=1.0) as first:
        assert first.lookup("www.example.test", "A").status == "indeterminate"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_an_upstream_has_what_an_engine_needs_of_one() -> None:
    upstream = serving(tree()).upstream()
    assert isinstance(upstream, IterativeUpstream)
    assert upstream.one_at_a_time
    upstream.close()
    assert repr(upstream) == "<IterativeUpstream>"
