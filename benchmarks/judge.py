"""One signed TLSA lookup in memory, the parents' keys warm: ours, its signature checks alone, and dnspython.

    python benchmarks/judge.py [rounds]

Both sides read the same three replies (TLSA, DS and DNSKEY of the leaf zone) from wire bytes and check three P-256
signatures. The second part is an NSEC3 denial in memory, the zone's own keys warm too. All figures come from one run,
each the best of several rounds; compare ratios, for machines are noisy.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import dns.dnssec
import dns.message
import dns.name
import dns.node
import dns.rdataclass
import dns.rdataset
import dns.rdatatype
import dns.rrset

from resolver.data import wire
from resolver.data.name import ROOT, Name
from resolver.data.rrset import Question, Reply, RRset
from resolver.testing import World
from resolver.validator import chain
from resolver.validator.ask import Ask, Fetch, Held, Keys, run
from resolver.validator.context import Context
from resolver.validator.outcome import Absent, Outcome, Secure
from resolver.validator.policy import Policy
from resolver.validator.signatures import signed_data
from resolver.validator.states import SecureZone, Verified, ZoneState

LEAF, PARENT = Name.from_text("example.com"), Name.from_text("com")
QUESTION = Question.of("_25._tcp.mx.example.com", "TLSA")
MISSING = Question.of("_25._tcp.nosuch.example.com", "TLSA")
DS, DNSKEY = Question.of("example.com", "DS"), Question.of("example.com", "DNSKEY")

Work = Callable[[], object]
DnspythonKeys = dict[dns.name.Name, dns.node.Node | dns.rdataset.Rdataset]


class Judge:
    """The plain driver, cut down to what a warm cache does.

    Attributes:
        states: the zones that are at hand before a lookup; what a lookup finds out is forgotten with it.
    """

    def __init__(self, world: World, answer: Callable[[Question], Reply], states: dict[Name, ZoneState]) -> None:
        self.states = states
        self._answer = answer
        self._anchors, self._policy, self._now = world.anchors, Policy(), world.now

    def lookup(self, question: Question) -> Outcome[RRset]:
        context = self._context()
        return run(chain.answer(context, question), self._performer(context))

    def zone(self, name: Name) -> SecureZone:
        context = self._context()
        state = run(chain.zone(context, name), self._performer(context))
        assert isinstance(state, SecureZone), state
        return state

    def _context(self) -> Context:
        return Context(anchors=self._anchors, policy=self._policy, now=self._now)

    def _performer(self, context: Context) -> Callable[[Ask[Any]], object]:
        states, answer = dict(self.states), self._answer

        def perform(ask: Ask[Any]) -> object:
            if isinstance(ask, Keys):
                state = states.get(ask.zone)
                if state is None:
                    state = states[ask.zone] = run(chain.zone(context.for_zone(), ask.zone), perform)
                return state
            if isinstance(ask, Held):
                return ()
            assert isinstance(ask, Fetch)
            return tuple([answer(question) for question in ask.questions])

        return perform


def build(denial: str = "nsec") -> tuple[World, dict[Name, ZoneState]]:
    """A world of three zones, and the states of the leaf's parents, as a cache would hold them."""
    world = World()
    zone = world.zone("example.com", denial=denial, keys="split")
    zone.add("mx 300 A 192.0.2.1", "_25._tcp.mx 300 TLSA 3 1 1 " + "ab" * 32)
    judge = Judge(world, world.source().answer, {})
    for name in (ROOT, PARENT):
        judge.states[name] = judge.zone(name)
    return world, judge.states


def replies_of(world: World, *questions: Question) -> dict[Question, bytes]:
    return {question: world.answer(wire.write_query(question, 1)) for question in questions}


def reader(replies: dict[Question, bytes]) -> Callable[[Question], Reply]:
    """What answers with these replies, read from their octets each time."""
    return lambda question: wire.read(replies[question])


def verifications(records: list[Verified]) -> Work:
    """The signature checks of these records, and nothing else."""
    checks = [(record.key, record.rrsig.signature, signed_data(record.rrset, record.rrsig)) for record in records]
    assert len(checks) == 3, checks
    return lambda: [key.verify(signature, data) for key, signature, data in checks]


def dnspython_lookup(replies: list[bytes], keys: DnspythonKeys, now: float) -> None:
    """What a user of dnspython does: parse, find, validate; the parent's keys are at hand."""
    answer, ds_reply, key_reply = (dns.message.from_wire(reply) for reply in replies)
    leaf = dns.name.from_text("example.com.")

    def pair(
        message: dns.message.Message, name: dns.name.Name, rdtype: dns.rdatatype.RdataType
    ) -> tuple[dns.rrset.RRset, dns.rrset.RRset]:
        rrset = message.find_rrset(message.answer, name, dns.rdataclass.IN, rdtype)
        return rrset, message.find_rrset(message.answer, name, dns.rdataclass.IN, dns.rdatatype.RRSIG, rdtype)

    ds, ds_sig = pair(ds_reply, leaf, dns.rdatatype.DS)
    dns.dnssec.validate(ds, ds_sig, keys, now=now)
    dnskey, key_sig = pair(key_reply, leaf, dns.rdatatype.DNSKEY)
    matched = [key for key in dnskey for each in ds if dns.dnssec.make_ds(leaf, key, each.digest_type) == each]
    dns.dnssec.validate(dnskey, key_sig, {leaf: dns.rdataset.from_rdata_list(3600, matched)}, now=now)
    tlsa, tlsa_sig = pair(answer, dns.name.from_text(str(QUESTION.name)), dns.rdatatype.TLSA)
    dns.dnssec.validate(tlsa, tlsa_sig, {leaf: dnskey}, now=now)


def best(work: Work, times: int, rounds: int) -> float:
    """CPU microseconds a call, the best of the rounds."""
    figures = []
    for _ in range(rounds):
        start = time.process_time()
        for _ in range(times):
            work()
        figures.append((time.process_time() - start) / times)
    return min(figures) * 1e6


def positive(rounds: int) -> None:
    """The lookup of a TLSA RRset, with the keys of its zone to be fetched."""
    world, states = build()
    replies = replies_of(world, QUESTION, DS, DNSKEY)
    judge = Judge(world, reader(replies), states)
    outcome = judge.lookup(QUESTION)
    assert isinstance(outcome, Secure), outcome
    evidence = [record for step in outcome.proof.walk() for record in step.evidence]
    floor = best(verifications([each for each in evidence if each.rrset.owner.is_under(LEAF)]), 200, rounds)
    ours = best(lambda: judge.lookup(QUESTION), 200, rounds)
    parent = states[PARENT]
    assert isinstance(parent, SecureZone)
    keys: DnspythonKeys = {dns.name.from_text("com."): parent.dnskey.rrset.to_dnspython()}
    theirs = best(lambda: dnspython_lookup(list(replies.values()), keys, world.now), 60, rounds)
    print(f"three P-256 verifications alone   {floor:8.1f} us")
    print(f"one signed TLSA lookup, ours      {ours:8.1f} us   {ours / floor:.2f} x the verifications")
    print(f"the same with dnspython           {theirs:8.1f} us   {theirs / ours:.2f} x ours")


def negative(rounds: int) -> None:
    """The denial of a name by NSEC3, with the keys of its zone at hand."""
    world, states = build("nsec3")
    states[LEAF] = Judge(world, reader(replies_of(world, DS, DNSKEY)), states).zone(LEAF)
    judge = Judge(world, reader(replies_of(world, MISSING)), states)
    outcome = judge.lookup(MISSING)
    assert isinstance(outcome, Absent), outcome
    floor = best(verifications(list(outcome.proof.evidence)), 200, rounds)
    ours = best(lambda: judge.lookup(MISSING), 200, rounds)
    print(f"three NSEC3 verifications alone   {floor:8.1f} us")
    print(f"NSEC3 NXDOMAIN, keys warm         {ours:8.1f} us   {ours / floor:.2f} x the verifications")


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    positive(rounds)
    negative(rounds)


if __name__ == "__main__":
    main()
