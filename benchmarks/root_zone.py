"""Reading the root zone: our scanner and snapshot beside dnspython's reader, each in a process of its own.

Run: python benchmarks/root_zone.py [FILE]. CPU seconds, the best of three; peak memory of the whole process.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

FILE = Path(__file__).resolve().parents[2] / "shared/corpora/zones/dnsjava/root-20231105.zone"
ROUNDS = 3

# Each part runs alone: memory is a matter of the whole process, and imports count.
PARTS = {
    "dns.zone.from_file": "import dns.zone; zone = dns.zone.from_file(path, origin='.', relativize=False)",
    "zonefile.scan": (
        "from resolver.data.files import read_text; from resolver.data.zonefile import scan; "
        "zone = sum(1 for _ in scan(read_text(path)))"
    ),
    "Snapshot.from_files": "from resolver.sources.snapshot import Snapshot; zone = Snapshot.from_files(path)",
    "... and com. DS": (
        "from resolver.sources.snapshot import Snapshot; from resolver.data.rrset import Question; "
        "zone = Snapshot.from_files(path); "
        "assert zone.answer(Question.of('com', 'DS')).answer and zone.answer(Question.of('nx', 'DS')).rcode == 3"
    ),
}
FRAME = """
import json, resource, sys
path = sys.argv[1]
{part}
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss]))
"""


def measure(part: str, path: Path) -> tuple[float, float]:
    """CPU seconds of the whole process, Python's start among them, and its peak memory in MB."""
    runs = []
    for _ in range(ROUNDS):
        command = [sys.executable, "-c", FRAME.format(part=part), str(path)]
        done = subprocess.run(command, check=True, capture_output=True, cwd=Path(__file__).resolve().parents[1])
        runs.append(json.loads(done.stdout))
    return min(run[0] for run in runs), min(run[1] for run in runs) / 1024


def main() -> None:
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else FILE
    if not path.is_file():
        sys.exit(f"{path} is not there; give a root zone file")
    started = time.monotonic()
    base = None
    for name, part in PARTS.items():
        seconds, memory = measure(part, path)
        base = base or seconds
        print(f"{name:22} {seconds:7.3f} s CPU  {seconds / base:6.3f} x  {memory:6.1f} MB peak")
    print(f"took {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
