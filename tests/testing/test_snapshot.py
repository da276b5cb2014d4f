"""The world and the snapshot of its files, two servers written apart, say the same."""

from __future__ import annotations

import pytest

from resolver.data.rrset import Message, Question
from resolver.testing import World

NAMES = (
    "example.com", "www.example.com", "nx.example.com", "ent.example.com", "a.ent.example.com", "x.w.example.com",
    "x.y.w.example.com", "*.w.example.com", "sub.example.com", "deep.sub.example.com", "safe.example.com", "x.e.example.com",
    "nx.www.example.com", "com", ".", "nx.com", "nx",
)  # fmt: skip


@pytest.mark.parametrize("denial", ["nsec", "nsec3", "opt-out"])
def test_the_snapshot_answers_as_the_world_does(denial: str) -> None:
    world = World()
    world.zone("example.com", denial=denial).add(
        "www A 192.0.2.1", "a.ent A 192.0.2.2", "*.w TXT hello", "a.*.e A 192.0.2.4", "@ MX 10 www"
    )
    world.zone("sub.example.com", signed=False).add("deep A 192.0.2.3")
    world.zone("safe.example.com").add("@ A 192.0.2.3")
    snapshot = world.snapshot()
    for name in NAMES:
        for rdtype in ("A", "TXT", "DS", "DNSKEY", "SOA", "NS", "TLSA", "MX"):
            if (name, rdtype) == (".", "DS"):
                continue  # the root has no parent to ask (RFC 4035 §3.1.4.1)
            question = Question.of(name, rdtype)
            mine, other = world.message(question), snapshot.answer(question)
            assert isinstance(other, Message), (question, other)
            assert mine.rcode == other.rcode, question
            assert set(map(repr, mine.answer)) == set(map(repr, other.answer)), question
            assert {(each.owner, each.rdata) for each in mine.authority if each.rdtype in (47, 50)} == {
                (each.owner, each.rdata) for each in other.authority if each.rdtype in (47, 50)
            }, question
