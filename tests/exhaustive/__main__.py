"""Judge every small world: `python -m tests.exhaustive [--nodes 2] [--resume FILE] [--limit N] [--every K]`.

Exit status 1 where a verdict was untrue. With --resume a run that was stopped goes on where it stood.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path

from tests.exhaustive.attacks import run_world
from tests.exhaustive.worlds import build, choices

SAVE_EVERY = 50  # worlds
COUNTS = ("worlds", "complete", "rules", "lookups")


def main(arguments: list[str] | None = None) -> int:
    """Run, print what was counted, and say whether all was true."""
    parser = argparse.ArgumentParser(prog="python -m tests.exhaustive", description=__doc__)
    parser.add_argument("--nodes", type=int, default=1, help="nodes of each world (default 1)")
    parser.add_argument("--resume", type=Path, help="a file that remembers how far the run came")
    parser.add_argument("--limit", type=int, help="stop after so many worlds")
    parser.add_argument("--every", type=int, default=1, help="attack whole lookups in every K-th world; 0: in none")
    parser.add_argument("--share", default="0/1", help="I/N: only the worlds whose number is I modulo N")
    options = parser.parse_args(arguments)
    part, parts = (int(word) for word in options.share.split("/"))
    asked = {"nodes": options.nodes, "every": options.every, "share": options.share}
    state = asked | {"next": 0} | dict.fromkeys(COUNTS, 0) | {"wrong": []}
    if options.resume is not None and options.resume.exists():
        state = json.loads(options.resume.read_text())
        if any(state[key] != value for key, value in asked.items()):
            parser.error(f"{options.resume} is of another run: {[state[key] for key in asked]}")
    started, done = time.monotonic(), 0
    for number, (mode, places) in enumerate(choices(options.nodes)):
        if number < state["next"] or number % parts != part:
            continue
        if done == options.limit:
            break
        result = run_world(build(mode, places), lookups=bool(options.every) and number % options.every == 0)
        for wrong in result.wrong:
            print("WRONG", wrong, flush=True)
        for key, more in zip(COUNTS, (1, result.complete, result.rules, result.lookups), strict=True):
            state[key] += more
        state["wrong"] += result.wrong
        state["next"] = number + 1
        done += 1
        if done % SAVE_EVERY == 0:
            _save(options.resume, state)
            print(f"world {number + 1}: {_counts(state)}; {time.monotonic() - started:.0f} s", flush=True)
    _save(options.resume, state)
    print(f"{_counts(state)} in {time.monotonic() - started:.0f} s (this run: {done} worlds)")
    return 1 if state["wrong"] else 0


def _save(path: Path | None, state: dict[str, object]) -> None:
    if path is not None:
        beside = path.with_name(path.name + ".new")
        beside.write_text(json.dumps(state))
        os.replace(beside, path)


def _counts(state: dict[str, object]) -> str:
    wrong = state["wrong"]
    assert isinstance(wrong, list)
    words = ("worlds", "honest lookups", "rule cases", "attacked lookups")
    return ", ".join(f"{state[key]} {word}" for key, word in zip(COUNTS, words, strict=True)) + f", {len(wrong)} wrong"


if __name__ == "__main__":
    sys.exit(main())
