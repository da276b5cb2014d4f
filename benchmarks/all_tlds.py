"""Judge the DS of every TLD of a root zone snapshot: counts by verdict, CPU time; and one command beside dnspython.

    python benchmarks/all_tlds.py [FILE] [TIME]

The counts are checked against what the zone file says: a TLD with a DS RRset must be secure, one without absent.
"""

from __future__ import annotations

import collections
import json
import resource
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

from resolver import OfflineResolver, Snapshot
from resolver.data.name import ROOT, Name
from resolver.data.rrset import Question

FILE = Path(__file__).resolve().parents[2] / "shared/corpora/zones/dnsjava/root-20231105.zone"
AT = "2023-11-06T00:00:00+00:00"
ROUNDS = 3

COMMANDS = {
    "dns.zone.from_file": "import dns.zone; dns.zone.from_file({path!r}, origin='.', relativize=False)",
    "dnssec-trace com DS": (
        "from resolver.cli.trace import main; main(['com', 'DS', '--snapshot', {path!r}, '--at', {at!r}, '-q'])"
    ),
}
FRAME = "\nimport resource, sys; used = resource.getrusage(resource.RUSAGE_SELF)"
REPORT = "\nprint(used.ru_utime + used.ru_stime, used.ru_maxrss, file=sys.stderr)"


def judge_all(path: Path, at: datetime) -> dict[str, int]:
    snapshot = Snapshot.from_files(str(path))
    tlds: list[Name] = sorted(snapshot.delegations(ROOT))
    judge = OfflineResolver(snapshot, at=at)
    counts: collections.Counter[str] = collections.Counter()
    started = time.process_time()
    for tld in tlds:
        outcome = judge.lookup(tld, "DS")
        reply = snapshot.answer(Question.of(tld, "DS"))
        signed = bool(getattr(reply, "answer", ()))
        right = outcome.status == ("secure" if signed else "absent")
        counts[outcome.status if right else f"WRONG {outcome.status} at {tld}"] += 1
    seconds = time.process_time() - started
    print(f"{len(tlds)} TLDs in {seconds:.2f} s CPU ({seconds / len(tlds) * 1e6:.0f} us each): {dict(counts)}")
    return counts


def command(name: str, path: Path, at: str) -> tuple[float, float]:
    runs = []
    for _ in range(ROUNDS):
        code = COMMANDS[name].format(path=str(path), at=at) + FRAME + REPORT
        root = Path(__file__).resolve().parents[1]
        done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=root)
        seconds, memory = done.stderr.split()[-2:]
        runs.append((float(seconds), float(memory) / 1024))
    return min(run[0] for run in runs), min(run[1] for run in runs)


def main() -> None:
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else FILE
    at = sys.argv[2] if len(sys.argv) > 2 else AT
    if not path.is_file():
        sys.exit(f"{path} is not there; give a root zone file")
    judge_all(path, datetime.fromisoformat(at))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures = {name: command(name, path, at) for name in COMMANDS}
    base = figures["dns.zone.from_file"][0]
    for name, (seconds, memory) in figures.items():
        print(f"{name:22} {seconds:6.3f} s CPU of the process  {seconds / base:5.3f} x  {memory:5.1f} MB peak")
    print(json.dumps({"peak_of_this_process_mb": round(peak, 1)}))


if __name__ == "__main__":
    main()
