"""An asyncio program: the same class, awaited in the program's own loop, within asyncio's own time limit.

python examples/asyncio_lookup.py example.com A [SERVER]
"""

from __future__ import annotations

import asyncio
import sys

from resolver import AsyncResolver


async def main(name: str, rdtype: str, server: str | None = None) -> None:
    """Look a name up; TimeoutError after five seconds."""
    async with AsyncResolver(server) as resolver:
        async with asyncio.timeout(5):
            outcome = await resolver.lookup(name, rdtype)
        print(outcome)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
