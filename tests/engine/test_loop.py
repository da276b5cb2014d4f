"""The plain loop: plans over an offline source."""

from __future__ import annotations

from collections import Counter

import pytest

from resolver.data.name import to_name
from resolver.data.rrset import Message, NoReply, Question
from resolver.engine.loop import Loop
from resolver.testing import World
from resolver.validator import chain
from resolver.validator.ask import Ask, Keys
from resolver.validator.policy import Policy


class Counting:
    """A world's source that counts what it is asked."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.asked: Counter[str] = Counter()

    def answer(self, question: Question, *, cd: bool = True) -> Message | NoReply:
        self.asked[str(question)] += 1
        return self.world.reply(question, cd=cd)


def loop(source: Counting) -> Loop:
    return Loop(source, anchors=source.world.anchors, policy=Policy(), now=source.world.now)


@pytest.fixture
def source() -> Counting:
    world = World()
    world.zone("example.com").add("www 300 A 192.0.2.1")
    return Counting(world)


def test_zones_are_looked_up_once(source: Counting) -> None:
    running = loop(source)
    for _ in range(3):
        assert running.lookup(Question.of("www.example.com", "A")).status == "secure"
    assert source.asked["./DNSKEY"] == source.asked["com./DNSKEY"] == source.asked["example.com./DNSKEY"] == 1
    assert source.asked["www.example.com./A"] == 3


def test_a_source_that_says_nothing_ends_in_indeterminate(source: Counting) -> None:
    source.world.override("www.example.com A", NoReply(Question.of("www.example.com", "A"), "timeout", "silence"))
    outcome = loop(source).lookup(Question.of("www.example.com", "A"))
    assert outcome.status == "indeterminate"
    assert "silence" in outcome.summary


def test_a_deep_tree_of_zones_does_not_exhaust_the_stack() -> None:
    world = World(algorithm=15)
    name = "test"
    for _ in range(60):
        name = f"a.{name}"
        world.zone(name)
    outcome = loop(Counting(world)).lookup(Question.of(name, "SOA"))
    assert outcome.status in ("secure", "bogus")  # as the work limit has it


def test_plans_are_closed_when_the_source_fails(source: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[str] = []

    async def answer(context: object, question: Question) -> object:
        try:
            return await Keys(to_name("example.com"))
        finally:
            closed.append("answer")

    async def zone(context: object, name: object) -> object:
        try:
            if name == to_name("com"):
                return await Nonsense()
            return await Keys(to_name("com"))
        finally:
            closed.append(str(name))

    class Nonsense(Ask[None]):
        pass

    monkeypatch.setattr(chain, "answer", answer)
    monkeypatch.setattr(chain, "zone", zone)
    with pytest.raises(TypeError, match="no driver knows"):
        loop(source).lookup(Question.of("www.example.com", "A"))
    assert sorted(closed) == ["answer", "com.", "example.com."]


def test_a_plan_that_waits_for_itself_is_a_bug_that_is_told(source: Counting, monkeypatch: pytest.MonkeyPatch) -> None:
    async def zone(context: object, name: object) -> object:
        return await Keys(to_name("example.com"))

    monkeypatch.setattr(chain, "zone", zone)
    with pytest.raises(AssertionError, match="R124"):
        loop(source).lookup(Question.of("www.example.com", "A"))
