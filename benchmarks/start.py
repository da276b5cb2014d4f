"""What starting costs: `import resolver`, `Resolver`, and one-shot commands, beside a bare Python start.

    python benchmarks/start.py

CPU time of the whole process, the best of several starts, turn about in one run.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

ROUNDS = 15
ROOT = Path(__file__).resolve().parents[1]
PARTS = {
    "python -c pass": "pass",
    "import resolver": "import resolver",
    "from resolver import Resolver": "from resolver import Resolver",
    "from resolver import OfflineResolver": "from resolver import OfflineResolver, Snapshot",
    "dnssec-trace --demo": "from resolver.cli.trace import main; main(['--demo'])",
}


def cpu(code: str) -> float:
    """CPU milliseconds of one process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", code]
    subprocess.run(command, check=True, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000


def main() -> None:
    figures: dict[str, float] = {}
    for _ in range(ROUNDS):
        for name, code in PARTS.items():
            figures[name] = min(figures.get(name, float("inf")), cpu(code))
    bare = figures["python -c pass"]
    for name, milliseconds in figures.items():
        print(f"{name:38} {milliseconds:7.1f} ms  {milliseconds / bare:5.2f} x")


if __name__ == "__main__":
    main()
