"""Fuzz a whole lookup, driven from one string of octets: messages, their order, and who answers what.

Invariant: whatever comes, the lookup ends in an outcome within the limits, and nothing but that: a forged Secure or
Absent is impossible, for the octets cannot make a signature by the world's keys over other data.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["resolver.data", "resolver.validator"]):
    from resolver.data import wire
    from resolver.data.rrset import Message, NoReply, Question
    from resolver.engine.loop import Loop
    from resolver.testing import World
    from resolver.validator.policy import Policy

WORLD = World(seed=1)
WORLD.zone("example.com", denial="nsec3").add("www 300 A 192.0.2.1", "*.wild 300 A 192.0.2.2", "alias 300 CNAME www")
WORLD.zone("plain.com", signed=False).add("www 300 A 192.0.2.3")
QUESTIONS = [
    Question.of(name, rdtype)
    for name, rdtype in (
        ("www.example.com", "A"),
        ("a.wild.example.com", "A"),
        ("alias.example.com", "A"),
        ("nosuch.example.com", "A"),
        ("www.plain.com", "A"),
        ("example.com", "DS"),
    )
]
TRUTH = {
    question: Loop(WORLD.source(), anchors=WORLD.anchors, policy=Policy(), now=WORLD.now).lookup(question)
    for question in QUESTIONS
}


class Hostile:
    """Answers honestly, with octets changed, with another question's reply, or with octets of its own."""

    def __init__(self, data: atheris.FuzzedDataProvider) -> None:
        self.data = data
        self.asked = 0

    def answer(self, question: Question, *, cd: bool = True) -> Message | NoReply:
        self.asked += 1
        data = self.data
        choice = data.ConsumeIntInRange(0, 5)
        honest = WORLD.answer(wire.write_query(question, 1, cd=cd))
        if choice == 1:
            honest = data.ConsumeBytes(data.ConsumeIntInRange(0, 600))
        elif choice == 2:
            other = QUESTIONS[data.ConsumeIntInRange(0, len(QUESTIONS) - 1)]
            honest = WORLD.answer(wire.write_query(other, 1))
        elif choice >= 3:
            changed = bytearray(honest)
            for _ in range(data.ConsumeIntInRange(1, 4)):
                changed[data.ConsumeIntInRange(2, len(changed) - 1)] = data.ConsumeIntInRange(0, 255)
            honest = bytes(changed)
        try:
            return wire.read(honest, origin=f"fuzz {self.asked}", received_at=float(WORLD.now))
        except wire.BadMessage as bad:
            return NoReply(question, "network", str(bad))


def one(octets: bytes) -> None:
    data = atheris.FuzzedDataProvider(octets)
    question = QUESTIONS[data.ConsumeIntInRange(0, len(QUESTIONS) - 1)]
    source = Hostile(data)
    policy = Policy()
    outcome = Loop(source, anchors=WORLD.anchors, policy=policy, now=WORLD.now).lookup(question)
    truth = TRUTH[question]
    if outcome.status == "secure":
        assert truth.status == "secure" and outcome.value.rdata == truth.value.rdata, (outcome, truth)
    elif outcome.status == "absent":
        assert truth.status == "absent", (outcome, truth)
    elif outcome.status == "insecure":
        assert truth.status == "insecure", (outcome, truth)
    zones = 4
    assert source.asked <= policy.limits.queries * zones, source.asked


def main() -> None:
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
