"""What an attacker gets for one lookup: CPU of hostile lookups over that of a normal one in the same world.

    python -m benchmarks.hostile [rounds]

Everything is in memory and cold: no zone, key or signature is remembered from another lookup, and replies are read from
wire octets. The normal lookup is `www.example.com A` before the attacker altered the world. Figures are CPU time, the
best of several rounds, both lookups by turns in one run; compare ratios, for machines are noisy. `peak` is the most
memory that the hostile lookup held at a time, in MiB. The target is a ratio of 20 at most, with a verdict that is Bogus
or Indeterminate and a finding that says that it was too much; exit status 1 where one is missed. The worlds are in
`tests/validator/hostile.py`.
"""

from __future__ import annotations

import sys
import time
import tracemalloc

from resolver.data.rrset import Question, RRset
from resolver.engine.loop import Loop
from resolver.testing import World
from resolver.validator.outcome import Outcome
from resolver.validator.policy import Policy
from tests.validator.hostile import ATTACKS, NORMAL, Octets

TARGET = 20.0


class Lookup:
    """One question in one world, cold each time."""

    def __init__(self, world: World, question: Question) -> None:
        self.source = Octets(world)
        self.best = float("inf")
        self._anchors, self._now, self._question = world.anchors, world.now, question
        self.outcome = self.once()  # the replies are made and signed now

    def once(self) -> Outcome[RRset]:
        """One lookup; the best CPU time is kept, in milliseconds."""
        self.source.rewind()
        loop = Loop(self.source, anchors=self._anchors, policy=Policy(), now=self._now)
        begin = time.process_time_ns()
        outcome = loop.lookup(self._question)
        self.best = min(self.best, (time.process_time_ns() - begin) / 1e6)
        return outcome

    def peak(self) -> float:
        """The most memory that one lookup holds at a time, in MiB; its time does not count."""
        kept = self.best
        tracemalloc.start()
        try:
            self.once()
            return tracemalloc.get_traced_memory()[1] / 2**20
        finally:
            tracemalloc.stop()
            self.best = kept


def main() -> int:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    width = max(len(attack.name) for attack in ATTACKS)
    print(f"{'attack':{width}} ratio  normal hostile  peak checks failed hashes questions verdict")
    missed = 0
    for attack in ATTACKS:
        spoiled = attack.build()
        attack.spoil(spoiled)
        normal, hostile = Lookup(attack.build(), NORMAL), Lookup(spoiled, attack.asked)
        for _ in range(rounds):
            normal.once()
            hostile.once()
        outcome, work = hostile.outcome, hostile.outcome.work
        codes = {found.code for found in outcome.proof.refused} | {outcome.cause.code if outcome.cause else ""}
        ratio = hostile.best / normal.best
        fits = ratio <= TARGET and outcome.status in ("bogus", "indeterminate") and codes & attack.limits
        missed += not fits
        says = f"{outcome.status} {outcome.cause.code if outcome.cause else ''}"
        if not fits:
            says += f"  MISSED: wanted one of {', '.join(sorted(attack.limits))}"
        print(
            f"{attack.name:{width}} {ratio:5.1f} {normal.best:5.2f}ms {hostile.best:5.2f}ms {hostile.peak():5.1f} {work.verifications:6}"
            f" {work.failures:6} {work.nsec3_blocks / 51:6.1f} {hostile.source.questions:9} {says}"
        )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
