"""`python -m tests.differential --worlds N --seed S [--resume FILE]`: our verdicts beside libunbound's.

Exit status: 0: every disagreement is of a known kind (`classes.py`); 1: one is not; 2: libunbound is missing.
With `--show INDEX` one world is printed with the verdicts of both.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.differential.classes import KINDS, classify
from tests.differential.compare import compare
from tests.differential.loopback import Libunbound, missing
from tests.differential.runner import Run
from tests.differential.worlds import make


def main() -> int:
    """Run, and say what was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.differential", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--worlds", type=int, default=300, help="how many in all (300)")
    parser.add_argument("--seed", type=int, default=1, help="of the worlds (1)")
    parser.add_argument("--resume", type=Path, metavar="FILE", help="keep the state here, and go on from it")
    parser.add_argument("--show", type=int, metavar="INDEX", help="print this world and both verdicts, and end")
    options = parser.parse_args()
    if why := missing():
        print(why, file=sys.stderr)
        return 2
    if options.show is not None:
        return show(options.seed, options.show)
    run = Run(options.seed)
    if options.resume is not None and options.resume.exists():
        run = Run.load(options.resume)
    try:
        run.go(options.worlds, state=options.resume, tell=lambda line: print(line, flush=True))
    except KeyboardInterrupt:
        print("interrupted; the last saved state is in the file", file=sys.stderr)
        return 130
    print(run.summary())
    for kind in KINDS:
        if count := run.kinds[kind.name]:
            print(f"{count:6} {kind.name}: {kind.why}")
    for line in run.unexplained:
        print(f"UNEXPLAINED {line}")
    return 1 if run.unexplained else 0


def show(seed: int, index: int) -> int:
    """One world, and what both say."""
    case = make(seed, index)
    print(case.describe())
    with Libunbound() as libunbound:
        agreed, differ = compare(case, libunbound)
    for word, question in agreed:
        print(f"both {word}: {question}")
    for found in differ:
        print(f"{classify(found) or 'UNEXPLAINED'}: {found.describe()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
