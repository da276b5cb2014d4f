"""A run over many worlds: it counts, keeps its state in a file, and goes on from there."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.differential.classes import classify
from tests.differential.compare import compare
from tests.differential.loopback import Hangs, Libunbound
from tests.differential.worlds import make

SAVE_EVERY = 100  # worlds
EXAMPLES = 5  # of each kind, by index and question


class Run:
    """The state of a run; `save` and `load` let it be resumed.

    Attributes:
        seed: of the worlds.
        next: the index of the next world.
        agreed: questions with the same verdict, by verdict.
        kinds: disagreements of each known kind.
        examples: the first of each kind.
        unexplained: those of no known kind, in words; they fail the run.
        hangs: worlds on which libunbound came to no end.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.next = 0
        self.agreed: Counter[str] = Counter()
        self.kinds: Counter[str] = Counter()
        self.examples: dict[str, list[str]] = {}
        self.unexplained: list[str] = []
        self.hangs: list[int] = []

    @classmethod
    def load(cls, path: Path) -> Run:
        """The run that the file holds."""
        state: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        run = cls(state["seed"])
        run.next = state["next"]
        run.agreed.update(state["agreed"])
        run.kinds.update(state["kinds"])
        run.examples = state["examples"]
        run.unexplained = state["unexplained"]
        run.hangs = state["hangs"]
        return run

    def save(self, path: Path) -> None:
        """Write the state, whole or not at all."""
        beside = path.with_name(path.name + ".new")
        beside.write_text(json.dumps(vars(self), indent=1), encoding="utf-8")
        beside.replace(path)

    def step(self, libunbound: Libunbound) -> None:
        """Judge one world."""
        case = make(self.seed, self.next)
        try:
            agreed, differ = compare(case, libunbound)
        except Hangs:
            self.hangs.append(self.next)
        else:
            self.agreed.update(word for word, _ in agreed)
            for found in differ:
                kind = classify(found)
                if kind is None:
                    self.unexplained.append(found.describe())
                else:
                    self.kinds[kind] += 1
                    examples = self.examples.setdefault(kind, [])
                    if len(examples) < EXAMPLES:
                        examples.append(found.describe())
        self.next += 1

    def go(
        self,
        worlds: int,
        *,
        state: Path | None = None,
        seconds: float | None = None,
        tell: Callable[[str], None] = print,
    ) -> None:
        """Judge the worlds up to that index.

        Args:
            worlds: how many in all, those of earlier runs included.
            state: where the state is kept.
            seconds: stop after this time; None: never.
            tell: is given a line of progress at each save.
        """
        began, first = time.monotonic(), self.next
        with Libunbound() as libunbound:
            while self.next < worlds:
                self.step(libunbound)
                spent = time.monotonic() - began
                if self.next % SAVE_EVERY == 0 or self.next == worlds:
                    if state is not None:
                        self.save(state)
                    tell(f"{self.summary()}; {(self.next - first) / spent:.1f} worlds/s")
                if seconds is not None and spent > seconds:
                    break
        if state is not None:
            self.save(state)

    def summary(self) -> str:
        """The figures in one line."""
        return (
            f"seed {self.seed}: {self.next} worlds, {self.agreed.total()} verdicts agree, {self.kinds.total()} differ "
            f"in {len(self.kinds)} known ways, {len(self.unexplained)} unexplained, {len(self.hangs)} without an end"
        )
