"""Memory of a resolver with the default cache: right after AsyncResolver(), after 20,000 names and after 60,000.

    PL_QUERIES=… PL_UPSTREAM=… PL_ANCHOR=… python benchmarks/network/memory.py

Names beyond those of PL_QUERIES are the same hosts under other labels, which are proven not to exist. Prints megabytes.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

STEPS = (10_000, 20_000, 60_000)


def resident() -> float:
    """Megabytes of this process in memory now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def names() -> Iterator[tuple[str, str]]:
    """More names than are needed."""
    known = [line.split()[0] for line in Path(os.environ["PL_QUERIES"]).read_text().splitlines()]
    yield from ((name, "TLSA") for name in known)
    for label in ("www", "imap", "pop", "xmpp", "ns"):
        yield from ((name.replace(".mail.", f".{label}.", 1), "TLSA") for name in known)


def main() -> None:
    """Run it."""
    import trio

    from resolver import Anchors, AsyncResolver

    async def measured() -> dict[str, float]:
        resolver = AsyncResolver("tcp://" + os.environ["PL_UPSTREAM"], anchors=Anchors.load(os.environ["PL_ANCHOR"]))
        begun = resident()
        figures = {"after AsyncResolver()": begun}
        async with resolver.lookup_many(names(), limit=200) as results:
            count = 0
            async for _ in results:
                count += 1
                if count in STEPS:
                    figures[f"{count} names, above that"] = resident() - begun
                if count == STEPS[-1]:
                    break
        return figures

    print(json.dumps({key: round(value, 1) for key, value in trio.run(measured).items()}))


if __name__ == "__main__":
    main()
