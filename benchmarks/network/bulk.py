"""Look many names up from an empty cache, for perflab's compare.sh: one process, CPU of all of it.

    ./compare.sh ours -- python benchmarks/network/bulk.py [--udp] [--processes 2] [--limit 200] [--profile FILE]

Reads PL_QUERIES (a "name TLSA" a line), PL_UPSTREAM (an IP address), PL_ANCHOR (a file with the root's DS); prints one
line of JSON with n, cpu_s, wall_s and how many were secure, insecure and bogus.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))


def look_up(names: list[tuple[str, str]], upstream: str, limit: int) -> Counter[str]:
    """How often each status came."""
    import trio

    from resolver import Anchors, AsyncResolver

    counts: Counter[str] = Counter()

    async def main() -> None:
        anchors = Anchors.load(os.environ["PL_ANCHOR"])
        resolver = AsyncResolver(upstream, anchors=anchors)
        async with resolver, resolver.lookup_many(names, limit=limit) as results:
            async for _item, outcome in results:
                counts[outcome.status] += 1

    trio.run(main)
    return counts


def look_up_in_processes(names: list[tuple[str, str]], upstream: str, limit: int, processes: int) -> Counter[str]:
    """The same, the names shared out among processes."""
    from concurrent.futures import ProcessPoolExecutor

    counts: Counter[str] = Counter()
    with ProcessPoolExecutor(processes) as pool:
        shares = [pool.submit(look_up, names[number::processes], upstream, limit) for number in range(processes)]
        for share in shares:
            counts += share.result()
    return counts


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--udp", action="store_true", help="a UDP socket a question, not one pipelined TCP connection")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--limit", type=int, default=200, help="lookups at once in each process (default: 200)")
    parser.add_argument("--count", type=int, default=0, help="only the first COUNT names")
    parser.add_argument("--profile", help="write cProfile's figures to this file")
    given = parser.parse_args()
    names = [(line.split()[0], line.split()[1]) for line in Path(os.environ["PL_QUERIES"]).read_text().splitlines()]
    names = names[: given.count or None]
    upstream = ("" if given.udp else "tcp://") + os.environ["PL_UPSTREAM"]
    started = time.perf_counter()
    if given.processes > 1:
        counts = look_up_in_processes(names, upstream, given.limit, given.processes)
    elif given.profile:
        import cProfile

        profile = cProfile.Profile()
        counts = profile.runcall(look_up, names, upstream, given.limit)
        profile.dump_stats(given.profile)
    else:
        counts = look_up(names, upstream, given.limit)
    wall = time.perf_counter() - started
    usages = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    figures = {
        "n": len(names),
        "cpu_s": round(sum(usage.ru_utime + usage.ru_stime for usage in usages), 3),
        "wall_s": round(wall, 3),
        "secure": counts["secure"] + counts["absent"],
        "insecure": counts["insecure"],
        "bogus": counts["bogus"],
        "indeterminate": counts["indeterminate"],
        "maxrss_kb": usages[0].ru_maxrss,
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
