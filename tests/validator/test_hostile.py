"""Hostile worlds cost a bounded amount of work, counted and never timed (R90; CVE-2023-50387, CVE-2023-50868).

`benchmarks/hostile.py` measures the time of the same lookups.
"""

from __future__ import annotations

from typing import Any

import pytest

from resolver.data.name import Name
from resolver.data.rrset import Message, NoReply, Question, RRset
from resolver.engine.loop import Loop
from resolver.sources.usable import is_usable
from resolver.testing import World
from resolver.validator import chain, keyset
from resolver.validator.algorithms import Key, digest_of
from resolver.validator.ask import Ask, Fetch, Held, Keys, run
from resolver.validator.context import Context
from resolver.validator.limits import NSEC3_BLOCKS, Limits
from resolver.validator.outcome import Outcome
from resolver.validator.policy import Policy
from tests.validator.hostile import ATTACKS, NORMAL, Attack, Octets

LIMITS = Limits()
# Every key for every DS that is tried, in as many zones as there may be questions for DS and DNSKEY.
DIGESTS = LIMITS.ds_records * LIMITS.rrset_records * LIMITS.queries // 2
MAX_OCTETS = 8 * 65535  # of replies; three attempts at two of the largest messages fit, and more is a flood
NAMES = [attack.name for attack in ATTACKS]
# What is not mended yet; an entry that is no longer true fails the run.
OPEN: dict[str, str] = {}
BOUNDED = [
    pytest.param(
        attack,
        id=attack.name,
        marks=[pytest.mark.xfail(reason=OPEN[attack.name], strict=True)] if attack.name in OPEN else [],
    )
    for attack in ATTACKS
]


class Counter:
    """A driver that counts what is really done, apart from the budget's own book-keeping."""

    def __init__(self, source: Octets, world: World) -> None:
        self.units = 0  # of signature checks whose mathematics was done
        self.failed = 0
        self.questions = 0
        self.octets = 0  # of replies
        self.contexts: list[Context] = []
        self._source, self._world = source, world
        self._known: dict[tuple[bytes, bytes, bytes], bool] = {}
        self._states: dict[Name, Any] = {}

    @property
    def hashed(self) -> int:
        """NSEC3 hashes that were made."""
        return sum(len(context.hashes) for context in self.contexts)

    def lookup(self, question: Question) -> Outcome[RRset]:
        context = Context(anchors=self._world.anchors, policy=Policy(), now=self._world.now, verify=self._verify)
        self.contexts.append(context)
        return run(chain.answer(context, question), self._perform)

    def _verify(self, key: Key, signature: bytes, data: bytes) -> bool:
        check = (key.rdata, signature, data)
        if check not in self._known:
            self.units += key.units
            self._known[check] = key.verify(signature, data)
            self.failed += not self._known[check]
        return self._known[check]

    def _perform(self, ask: Ask[Any]) -> object:
        if isinstance(ask, Fetch):
            self.questions += len(ask.questions)
            replies = [self._source.answer(question, cd=ask.cd) for question in ask.questions]
            self.octets += sum(len(reply.wire) for reply in replies if isinstance(reply, Message))
            return tuple(
                reply if isinstance(reply, NoReply) or is_usable(reply) else NoReply(reply.question, "unusable", "")
                for reply in replies
            )
        if isinstance(ask, Keys):
            if ask.zone not in self._states:
                context = self.contexts[0].for_zone()
                self.contexts.append(context)
                self._states[ask.zone] = run(chain.zone(context, ask.zone), self._perform)
            return self._states[ask.zone]
        assert isinstance(ask, Held)
        return tuple(self._states[zone] for zone in ask.names if zone in self._states)


def spoiled(attack: Attack) -> World:
    world = attack.build()
    attack.spoil(world)
    return world


@pytest.mark.parametrize("attack", BOUNDED)
def test_an_attack_costs_no_more_than_the_limits_and_ends_in_no_verdict(
    attack: Attack, monkeypatch: pytest.MonkeyPatch
) -> None:
    digests = 0

    def digest(kind: int, owner: Name, dnskey: bytes) -> bytes | None:
        nonlocal digests
        digests += 1
        return digest_of(kind, owner, dnskey)

    monkeypatch.setattr(keyset, "digest_of", digest)
    world = spoiled(attack)
    counter = Counter(Octets(world), world)
    outcome = counter.lookup(attack.asked)
    assert outcome.status in ("bogus", "indeterminate")
    codes = {found.code for found in outcome.proof.refused} | {outcome.cause.code if outcome.cause else ""}
    assert codes & attack.limits
    dearest = 4  # units: a P-384 check
    assert counter.units <= LIMITS.verifications + dearest
    assert counter.failed <= LIMITS.failed_verifications + 1
    assert counter.hashed <= LIMITS.nsec3_hashes
    assert counter.questions <= LIMITS.queries + LIMITS.attempts
    assert counter.octets <= MAX_OCTETS
    assert digests <= DIGESTS
    assert len(outcome.proof.refused) <= 8


@pytest.mark.parametrize("attack", ATTACKS, ids=NAMES)
def test_what_the_outcome_says_of_its_work_is_what_was_done(attack: Attack) -> None:
    """The budget is an upper bound: a check that is remembered, or refused at the limit, is counted and not done."""
    world = spoiled(attack)
    counter = Counter(Octets(world), world)
    work = counter.lookup(attack.asked).work
    assert counter.units <= work.verifications
    assert counter.failed <= work.failures
    assert counter.hashed * NSEC3_BLOCKS <= work.nsec3_blocks
    assert counter.questions <= work.queries


@pytest.mark.parametrize("attack", ATTACKS, ids=NAMES)
def test_the_world_was_honest_before(attack: Attack) -> None:
    world = attack.build()
    loop = Loop(Octets(world), anchors=world.anchors, policy=Policy(), now=world.now)
    assert loop.lookup(NORMAL).status == "secure"


@pytest.mark.parametrize("attack", ATTACKS, ids=NAMES)
def test_a_second_lookup_in_the_same_resolver_says_the_same(attack: Attack) -> None:
    world = spoiled(attack)
    source = Octets(world)
    loop = Loop(source, anchors=world.anchors, policy=Policy(), now=world.now)
    first = loop.lookup(attack.asked)
    source.rewind()
    again = loop.lookup(attack.asked)
    assert (again.status, again.cause and again.cause.code) == (first.status, first.cause and first.cause.code)


def test_the_attacks_are_as_large_as_messages_can_be() -> None:
    """Of those that depend on size: none of them was made harmless by a limit of the test."""
    large = 0
    for attack in ATTACKS:
        world = spoiled(attack)
        source = Octets(world)
        Loop(source, anchors=world.anchors, policy=Policy(), now=world.now).lookup(attack.asked)
        large += source.largest > 40_000
    assert large >= 9


def test_a_signature_that_was_checked_is_not_checked_again_by_another_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name of many labels needs the same NSEC at each of them; its mathematics are done once."""
    done: list[tuple[bytes, bytes]] = []
    verify = Key.verify

    def counted(key: Key, signature: bytes, data: bytes) -> bool:
        done.append((signature, data))
        return verify(key, signature, data)

    monkeypatch.setattr(Key, "verify", counted)
    attack = next(each for each in ATTACKS if each.name == "101 labels without signature")
    world = spoiled(attack)
    loop = Loop(Octets(world), anchors=world.anchors, policy=Policy(), now=world.now)
    loop.lookup(attack.asked)
    loop.lookup(attack.asked)
    assert done
    assert len(done) == len(set(done))
