"""Batches: outcomes as they finish, bounded, ended by leaving them, and errors as they are."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from typing import Any

import pytest
import trio

from resolver import AsyncResolver, BadInput, BadName, BadType, Resolver
from resolver.data.types import A
from resolver.engine import host
from resolver.testing import World
from resolver.testing.forwarder import read_query

TLSA = "3 1 1 " + "ab" * 32


@pytest.fixture
def world() -> World:
    world = World()
    world.zone("example.com").add(f"_25._tcp.mx 300 TLSA {TLSA}", "www 300 A 192.0.2.1")
    return world


@pytest.fixture(autouse=True)
def put_away():
    yield
    host.stop()


def sync_face(world: World) -> Resolver:
    return Resolver(world.answer, anchors=world.anchors, clock=world.clock)


def async_face(world: World) -> AsyncResolver:
    return AsyncResolver(world.answer, anchors=world.anchors, clock=world.clock)


def run_async(kind: str, main: Any) -> Any:
    return trio.run(main) if kind == "trio" else asyncio.run(main())


BOTH = pytest.mark.parametrize("kind", ["trio", "asyncio"])
NAMES = [(f"n{number}.example.com", "A") for number in range(50)]


def test_a_batch_gives_every_item_with_its_outcome(world: World) -> None:
    face = sync_face(world)
    for _warmth in ("cold", "warm"):
        with face.lookup_many(iter(NAMES)) as results:
            got = dict(results)
        assert set(got) == set(NAMES)
        assert all(str(outcome.question.name) == f"{name}." for (name, _), outcome in got.items())
        assert {outcome.status for outcome in got.values()} == {"absent"}
    with face.tlsa_many([("mx.example.com", 25), ("mx.example.com", 53, "udp")]) as tlsa:
        assert {item: outcome.status for item, outcome in tlsa} == {
            ("mx.example.com", 25): "secure",
            ("mx.example.com", 53, "udp"): "absent",
        }
    with world.offline().lookup_many(NAMES[:3]) as offline:
        assert [item for item, _ in offline] == NAMES[:3]
    with world.offline().tlsa_many([("mx.example.com", 25)]) as offline_tlsa:
        assert [outcome.status for _, outcome in offline_tlsa] == ["secure"]


@BOTH
def test_an_asynchronous_batch_gives_every_item_with_its_outcome(world: World, kind: str) -> None:
    async def main() -> None:
        async with async_face(world) as face:
            for _warmth in ("cold", "warm"):
                async with face.lookup_many(iter(NAMES)) as results:
                    got = {item: outcome.status async for item, outcome in results}
                assert got == dict.fromkeys(NAMES, "absent")
            async with face.tlsa_many([("mx.example.com", 25), ("mx.example.com", 53, "udp")]) as tlsa:
                assert sorted([outcome.status async for _, outcome in tlsa]) == ["absent", "secure"]

    run_async(kind, main)


class Gate:
    """An upstream object that counts how many lookups for A are under way; what they ask ahead has other types."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.now = self.most = 0

    async def exchange(self, query: bytes) -> bytes:
        read = read_query(query)
        assert not isinstance(read, int)
        is_item = read.question.rdtype == A
        self.now += is_item
        self.most = max(self.most, self.now)
        try:
            for _ in range(3):
                await trio.lowlevel.checkpoint()
        finally:
            self.now -= is_item
        return self.world.answer(query)


@pytest.mark.parametrize("limit", [1, 4])
def test_no_more_than_the_limit_run_at_once_and_items_are_taken_as_there_is_room(world: World, limit: int) -> None:
    taken: list[int] = []

    def items() -> Iterator[tuple[str, str]]:
        for number in itertools.count():
            taken.append(number)
            yield f"n{number}.example.com", "A"

    gate = Gate(world)
    face = Resolver(gate, anchors=world.anchors, clock=world.clock)
    with face.lookup_many(items(), limit=limit) as results:
        for done, _ in enumerate(results, 1):
            assert len(taken) <= done + limit + 1
            if done == 20:
                break
    assert gate.most <= limit

    async def main() -> None:
        gate.most = 0
        taken.clear()
        other = AsyncResolver(gate, anchors=world.anchors, clock=world.clock)
        async with other.lookup_many(items(), limit=limit) as results:
            done = 0
            async for _ in results:
                done += 1
                assert len(taken) <= done + limit
                if done == 20:
                    break
        assert gate.most <= limit

    trio.run(main)
    asyncio.run(main())


@pytest.mark.parametrize("limit", [0, -1, True, 1.5, None, "3"])
def test_a_limit_must_be_a_positive_number(world: World, limit: Any) -> None:
    for face in (sync_face(world), async_face(world), world.offline()):
        for verb in (face.lookup_many, face.tlsa_many):
            with pytest.raises(BadInput, match="limit"):
                verb([], limit=limit)


@pytest.mark.parametrize(
    ("verb", "item", "error"),
    [
        ("lookup_many", ("a..b", "A"), BadName),
        ("lookup_many", ("a.test", "NOPE"), BadType),
        ("lookup_many", "a.test", BadInput),
        ("lookup_many", ("a.test",), BadInput),
        ("tlsa_many", ("a.test", 0), BadInput),
        ("tlsa_many", ("a.test", 25, "tcp", 1), BadInput),
        ("tlsa_many", "a.test", BadInput),
    ],
)
def test_a_bad_item_raises_from_the_iteration(world: World, verb: str, item: Any, error: type) -> None:
    for face in (sync_face(world), world.offline()):
        with getattr(face, verb)([item]) as results, pytest.raises(error):
            next(results)

    async def main() -> None:
        with pytest.raises(error):
            async with getattr(async_face(world), verb)([item]) as results:
                await anext(results)

    trio.run(main)
    asyncio.run(main())


def test_an_error_of_the_items_own_iterator_comes_out_as_it_is(world: World) -> None:
    def items() -> Iterator[tuple[str, str]]:
        yield "n1.example.com", "A"
        raise KeyError("mine")

    with sync_face(world).lookup_many(items()) as results, pytest.raises(KeyError, match="mine"):
        list(results)

    async def main() -> None:
        with pytest.raises(KeyError, match="mine"):
            async with async_face(world).lookup_many(items()) as results:
                async for _ in results:
                    pass

    trio.run(main)
    asyncio.run(main())


class Sleeper:
    """An upstream object that never answers, and knows how many wait for it."""

    def __init__(self) -> None:
        self.waiting = 0

    async def exchange(self, query: bytes) -> bytes:
        self.waiting += 1
        try:
            await trio.sleep_forever()
        finally:
            self.waiting -= 1
        raise AssertionError("unreachable")


def test_leaving_a_batch_ends_what_still_runs_and_keeps_the_caller_s_error(world: World) -> None:
    class Half(Sleeper):
        async def exchange(self, query: bytes) -> bytes:
            return world.answer(query) if b"\x02n0" in query or b"\x01n" not in query else await super().exchange(query)

    upstream = Half()
    names = [("n0.example.com", "A"), *((f"s{number}.n.example.com", "A") for number in range(5))]
    face = Resolver(upstream, anchors=world.anchors, clock=world.clock)
    with pytest.raises(ZeroDivisionError, match="mine"), face.lookup_many(names) as results:
        for item, _ in results:
            assert item == names[0]
            raise ZeroDivisionError("mine")
    assert upstream.waiting == 0

    async def main() -> None:
        other = AsyncResolver(upstream, anchors=world.anchors, clock=world.clock)
        with pytest.raises(ZeroDivisionError, match="mine"):
            async with other.lookup_many(names) as results:
                async for item, _ in results:
                    assert item == names[0]
                    raise ZeroDivisionError("mine")

    trio.run(main)
    assert upstream.waiting == 0
    asyncio.run(main())
    assert upstream.waiting == 0


def test_the_caller_s_cancellation_ends_a_batch(world: World) -> None:
    upstream = Sleeper()
    face = AsyncResolver(upstream, anchors=world.anchors, clock=world.clock)

    async def collect() -> None:
        async with face.lookup_many(NAMES) as results:
            async for _ in results:
                raise AssertionError("unreachable")

    async def in_trio() -> None:
        with trio.move_on_after(0.01) as scope:
            await collect()
        assert scope.cancelled_caught
        assert upstream.waiting == 0

    async def in_asyncio() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await collect()

    trio.run(in_trio)
    asyncio.run(in_asyncio())


def test_a_batch_is_over_when_it_was_left(world: World) -> None:
    with sync_face(world).lookup_many(NAMES) as results:
        next(results)
    assert list(results) == []

    async def main() -> None:
        async with async_face(world).lookup_many(NAMES) as results:
            await anext(results)
        assert [item async for item in results] == []

    trio.run(main)
    asyncio.run(main())
