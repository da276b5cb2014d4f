"""`python benchmarks/trace.py`: what a trace costs: one process offline, and text, JSON, forecast, SVG and HTML of a long chain.

The chain has six zones and an alias into the last of them; the figures are the best of several runs, in processor time.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from resolver import trace
from resolver.api import OfflineResolver
from resolver.sources.recording import Recording
from resolver.testing import World
from resolver.trace import forecast

RUNS = 5
ZONES = ("test", "a.test", "b.a.test", "c.b.a.test", "d.c.b.a.test")  # with the root six
HTML_KILOBYTES, HTML_MILLISECONDS = 200, 30  # what issue 7 asks for


def make_world() -> World:
    """Six zones, one below the other, and an alias from the second into the last."""
    world = World()
    for name in ZONES:
        world.zone(name, keys="split")
    world.zone(ZONES[-1]).add("www A 192.0.2.1")
    world.zone(ZONES[1]).add(f"www CNAME www.{ZONES[-1]}.")
    return world


def best(work: Callable[[], object]) -> float:
    """Milliseconds of processor time of the fastest run."""
    times = []
    for _ in range(RUNS):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return min(times) * 1000


def process(words: list[str]) -> float:
    """Milliseconds of processor time of the fastest process."""
    times = []
    for _ in range(RUNS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-m", "resolver.cli.trace", *words], check=False, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(times) * 1000


def main() -> None:
    """Print the table."""
    world = make_world()
    outcome = world.offline().lookup(f"www.{ZONES[1]}", "A")
    kept = Recording.of(outcome)

    def again(at: float) -> object:
        return OfflineResolver(kept, at=at, anchors=world.anchors).lookup(*outcome.question)

    with tempfile.TemporaryDirectory() as folder:
        files = world.write(Path(folder))
        words = [f"www.{ZONES[1]}", "A", "--anchor", os.path.join(folder, "anchors.ds"), "--at", "2026-06-01T12:00:00Z"]
        for _, path in files:
            words += ["--snapshot", str(path)]
        print(f"{'one process, offline':32}{process(words):8.1f} ms")
    print(f"{'judging':32}{best(lambda: again(world.now)):8.1f} ms")
    print(f"{'text':32}{best(lambda: trace.text(outcome)):8.1f} ms")
    print(f"{'JSON':32}{best(lambda: json.dumps(trace.json(outcome))):8.1f} ms")
    print(f"{'forecast':32}{best(lambda: forecast.timeline(outcome, again)):8.1f} ms")  # type: ignore[arg-type]
    print(f"{'SVG':32}{best(lambda: trace.svg(outcome)):8.1f} ms {len(trace.svg(outcome).encode()) / 1000:8.1f} kB")
    html = best(lambda: trace.html(outcome))
    size = len(trace.html(outcome).encode()) / 1000
    print(f"{'HTML':32}{html:8.1f} ms {size:8.1f} kB (wanted: {HTML_MILLISECONDS} ms, {HTML_KILOBYTES} kB)")


if __name__ == "__main__":
    main()
