"""The long run: `python -m tests.chaos --lookups 20000`. Exit code 1 where a verdict is wrong or anything is left."""

from __future__ import annotations

import argparse
import sys

import trio

from tests.chaos.run import chaos


def main() -> int:
    """Run and report."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--lookups", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--transport", choices=("udp", "tcp", "both"), default="both")
    arguments = parser.parse_args()
    report = trio.run(chaos, arguments.lookups, arguments.seed, arguments.transport)
    print(report.text())
    return 0 if report.good else 1


if __name__ == "__main__":
    sys.exit(main())
