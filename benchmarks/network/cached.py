"""Cached answers: what a second lookup costs, beside a cached call of python3-unbound in the same minute.

    python benchmarks/network/cached.py [--unbound /usr/bin/python3]

Reads PL_QUERIES, PL_UPSTREAM and PL_ANCHOR as bulk.py does. Prints CPU microseconds a call, medians of five rounds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

CALLS = 2000
ROUNDS = 5
UNBOUND = """
import sys, time, unbound
context = unbound.ub_ctx()
context.set_option("do-ip6:", "no"); context.set_option("do-not-query-localhost:", "no")
context.set_fwd(sys.argv[1]); context.add_ta_file(sys.argv[2])
assert context.resolve(sys.argv[3], 52, 1)[1].secure
for _ in range(ROUNDS):
    began = time.process_time()
    for _ in range(CALLS):
        context.resolve(sys.argv[3], 52, 1)
    print((time.process_time() - began) / CALLS * 1e6)
""".replace("CALLS", str(CALLS)).replace("ROUNDS", str(ROUNDS))


def sync_round(name: str, resolver: object) -> Callable[[], float]:
    """One round of the synchronous face."""

    def one() -> float:
        began = time.process_time()
        for _ in range(CALLS):
            resolver.lookup(name, "TLSA")  # type: ignore[attr-defined]
        return (time.process_time() - began) / CALLS * 1e6

    return one


async def awaited_round(name: str, resolver: object) -> float:
    """One round of the asynchronous face."""
    began = time.process_time()
    for _ in range(CALLS):
        await resolver.lookup(name, "TLSA")  # type: ignore[attr-defined]
    return (time.process_time() - began) / CALLS * 1e6


def main() -> None:
    """Run it."""
    import trio

    from resolver import Anchors, AsyncResolver, Resolver

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--unbound", default="/usr/bin/python3", help="an interpreter that has python3-unbound")
    given = parser.parse_args()
    upstream, anchor = os.environ["PL_UPSTREAM"], os.environ["PL_ANCHOR"]
    name = Path(os.environ["PL_QUERIES"]).read_text().split(None, 1)[0]
    figures: dict[str, float] = {}

    async def awaited() -> float:
        resolver = AsyncResolver(upstream, anchors=Anchors.load(anchor))
        await resolver.lookup(name, "TLSA")
        return median([await awaited_round(name, resolver) for _ in range(ROUNDS)])

    keys = anchor.removesuffix(".ds") + ".dnskey"
    ran = subprocess.run(
        [given.unbound, "-c", UNBOUND, upstream, keys, name], capture_output=True, text=True, check=True
    )
    figures["python3-unbound"] = median([float(line) for line in ran.stdout.split()])
    figures["trio"] = trio.run(awaited)
    figures["asyncio"] = asyncio.run(awaited())
    with Resolver(upstream, anchors=Anchors.load(anchor)) as resolver:
        resolver.lookup(name, "TLSA")
        figures["sync"] = median([sync_round(name, resolver)() for _ in range(ROUNDS)])
    ratios = {
        f"{face} / python3-unbound": figures[face] / figures["python3-unbound"] for face in ("trio", "asyncio", "sync")
    }
    print(json.dumps({key: round(value, 4) for key, value in {**figures, **ratios}.items()}))


if __name__ == "__main__":
    main()
