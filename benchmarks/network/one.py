"""One cold lookup in a fresh process, for perflab's bench_rtt.py: prints the verdict and the time inside.

    venv/bin/python bench_rtt.py --tools ours,getdns --tool 'ours=python benchmarks/network/one.py {name} {type}'

Reads PL_UPSTREAM and PL_ANCHOR. With --mail it looks up MX, A and TLSA of a mail domain at the same time; with --warm
NAME that name is looked up first, and 0.3 s later the measured one.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))


def main() -> None:
    """Run it."""
    import trio

    from resolver import Anchors, AsyncResolver

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name")
    parser.add_argument("rdtype")
    parser.add_argument("--scheme", default="", help='such as "tcp://" (default: UDP)')
    parser.add_argument("--mail", metavar="DOMAIN", help="look up MX of DOMAIN and A of its host too, at the same time")
    parser.add_argument("--warm", metavar="NAME", help="look this name up first")
    given = parser.parse_args()

    async def measured() -> None:
        resolver = AsyncResolver(
            given.scheme + os.environ["PL_UPSTREAM"], anchors=Anchors.load(os.environ["PL_ANCHOR"])
        )
        if given.warm:
            await resolver.lookup(given.warm, given.rdtype)
            await trio.sleep(0.3)
        found: list[str] = []

        async def one(name: str, rdtype: str) -> None:
            found.append((await resolver.lookup(name, rdtype)).status)

        started = time.perf_counter()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(one, given.name, given.rdtype)
            if given.mail:
                nursery.start_soon(one, given.mail, "MX")
                nursery.start_soon(one, f"mail.{given.mail}", "A")
        took = time.perf_counter() - started
        statuses = {"secure" if status == "absent" else status for status in found}
        print(" ".join(sorted(statuses)), f"T={took:.6f}")

    trio.run(measured)


if __name__ == "__main__":
    main()
