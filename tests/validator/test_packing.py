"""Packed proofs: what a cache keeps of a verdict is less memory and nothing else."""

from __future__ import annotations

import copy

import pytest

from resolver.data.rrset import FROM_WIRE, Message, Question
from resolver.data.wire import read, write_message
from resolver.engine import cache
from resolver.engine.cache import OutcomeCache
from resolver.sources.recording import Recording
from resolver.testing import World
from resolver.trace.document import render
from resolver.validator.outcome import Outcome, Secure
from resolver.validator.proof import Proof
from tests.engine.running import jumping
from tests.engine.slow_world import SlowWorld, ask

QUESTIONS = [
    "www.example.com A",
    "alias.example.com A",
    "x.wild.example.com A",
    "www.example.com AAAA",
    "nothing.example.com A",
    "nothing.example.net A",
    "www.plain.test A",
    "example.com DNSKEY",
    "com DS",
]


def world() -> World:
    world = World()
    zone = world.zone("example.com")
    zone.add("www 300 A 192.0.2.1", "www 300 A 192.0.2.2", "alias 300 CNAME www.example.net.", "*.wild 300 A 192.0.2.3")
    world.zone("example.net", denial="nsec3").add("www 300 A 192.0.2.1")
    world.zone("plain.test", signed=False).add("www 300 A 192.0.2.1")
    return world


def look_up(text: str, world: World) -> Outcome[object]:
    async def main() -> Outcome[object]:
        return await SlowWorld(world).engine().lookup(ask(text))

    return jumping(main)


def insides(proof: Proof) -> list[object]:
    """Everything that a proof says, by value."""
    found: list[object] = []
    for step in proof.walk():
        found.append((step.step, step.subject, step.zone, step.reason))
        for held in step.evidence:
            dates = (held.not_before, held.not_after, held.original_ttl)
            found.append((held.rrset, held.rrsig, held.key.rdata, held.zone, dates))
        message = step.message
        if message is not None:
            found.append((message.question, message.wire, message.origin, message.received_at, message.size))
            found.append([getattr(message, name) for name in FROM_WIRE])
    return found


@pytest.mark.parametrize("text", QUESTIONS)
def test_a_packed_proof_says_the_same(text: str) -> None:
    outcome = look_up(text, world())
    assert outcome.status in ("secure", "absent", "insecure")
    value = getattr(outcome, "value", None)
    before, written, recorded = insides(outcome.proof), render(outcome), Recording.of(outcome).to_text()
    for _again in range(2):
        outcome.pack()
        held = [held for step in outcome.proof.walk() for held in step.evidence]
        assert held
        assert all(each.is_packed for each in held)
        assert render(outcome) == written
        outcome.pack()
        assert Recording.of(outcome).to_text() == recorded
        outcome.pack()
        assert insides(outcome.proof) == before
        outcome.pack()
        assert getattr(outcome, "value", None) == value


def test_packing_takes_the_parts_of_a_message_away_until_somebody_looks() -> None:
    message = read(write_message(world().message("www.example.com A")))
    rcode, answer = message.rcode, message.answer
    message.pack()
    message.pack()
    for name in FROM_WIRE:
        with pytest.raises(AttributeError):
            object.__getattribute__(message, name)
    assert (message.answer, message.rcode) == (answer, rcode)
    object.__getattribute__(message, "edns")
    message.pack()
    assert copy.copy(message).answer == answer
    with pytest.raises(AttributeError, match="no 'answers'"):
        _ = message.answers  # type: ignore[attr-defined]


def test_a_message_made_as_values_is_not_packed_nor_what_was_judged_from_it() -> None:
    outcome = world().offline().lookup("www.example.com", "A")
    answer = outcome.proof.message
    assert answer is not None
    outcome.pack()
    object.__getattribute__(answer, "answer")
    assert not any(held.is_packed for step in outcome.proof.walk() for held in step.evidence)


def test_a_ttl_that_was_capped_stays_capped() -> None:
    there = world()
    there.zone("example.com").damage("ttl-raised", "www A")
    outcome = look_up("www.example.com A", there)
    assert isinstance(outcome, Secure)
    (held,) = outcome.proof.evidence
    ttl = held.rrset.ttl
    assert outcome.proof.message is not None
    assert ttl < outcome.proof.message.answer[0].ttl
    outcome.pack()
    assert held.is_packed
    assert held.rrset.ttl == ttl


def test_dates_that_are_not_those_of_the_signature_keep_a_record_as_it_is() -> None:
    there = world()
    outcome = look_up("www.example.com A", there)
    assert isinstance(outcome, Secure)
    (held,) = outcome.proof.evidence
    other = Message(Question(held.rrset.owner, held.rrset.rdtype), wire=b"", answer=(held.rrset,))
    held.pack(other, None)
    assert not held.is_packed
    object.__setattr__(held, "not_after", held.not_after + 1)  # as within the allowed skew
    outcome.pack()
    assert not held.is_packed
    with pytest.raises(AttributeError, match="no 'ttl'"):
        _ = held.ttl  # type: ignore[attr-defined]


def test_the_cache_packs_all_but_the_latest_proofs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "RECENT", 2)
    outcomes = OutcomeCache(10)
    there = world()
    found = [look_up(f"n{number}.example.com A", there) for number in range(4)]
    for outcome in found:
        outcomes.keep(outcome, there.now)  # type: ignore[arg-type]
    packed = [[held.is_packed for held in outcome.proof.evidence] for outcome in found]
    assert [all(each) for each in packed] == [True, True, False, False]
    assert not any(packed[2] + packed[3])


def test_octets_that_hold_something_else_forge_nothing() -> None:
    outcome = look_up("www.example.com A", world())
    assert isinstance(outcome, Secure)
    (held,) = outcome.proof.evidence
    message = outcome.proof.message
    assert message is not None
    forged = message.wire.replace(held.rrset.rdata[0], bytes((192, 0, 2, 66)))
    assert forged != message.wire
    held.pack(Message(message.question, answer=message.answer, wire=forged), None)
    assert held.is_packed
    with pytest.raises(RuntimeError, match="do not hold what was verified"):
        _ = held.rrset


def test_a_value_that_is_not_the_first_record_of_the_proof_stays() -> None:
    outcome = look_up("www.example.com A", world())
    assert isinstance(outcome, Secure)
    other = copy.copy(outcome.value)
    object.__setattr__(outcome, "value", other)
    outcome.pack()
    outcome.pack()
    assert object.__getattribute__(outcome, "value") is other
    with pytest.raises(AttributeError, match="no 'values'"):
        _ = outcome.values  # type: ignore[attr-defined]
