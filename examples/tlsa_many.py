"""Many hosts: results as they come, at most 50 at once; the list is read as there is room, and may be endless.

    python examples/tlsa_many.py [SERVER] < hosts.txt        # a host name a line

For thousands of names give one TCP connection: "tcp://127.0.0.1".
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator

from resolver import Resolver


def services(lines: Iterable[str]) -> Iterator[tuple[str, int]]:
    """The mail service of each host."""
    for line in lines:
        if line.strip():
            yield line.strip(), 25


def main(server: str | None = None) -> None:
    """Print a line for each host and the sums."""
    counts: Counter[str] = Counter()
    with Resolver(server) as resolver, resolver.tlsa_many(services(sys.stdin), limit=50) as results:
        for (host, _port), outcome in results:
            counts[outcome.status] += 1
            print(host, outcome.status)
    print(dict(counts))


if __name__ == "__main__":
    main(*sys.argv[1:])
