"""A trio program: several lookups at the same time, all within one time limit.

python examples/trio_lookup.py example.com [SERVER]
"""

from __future__ import annotations

import sys

import trio

from resolver import AsyncResolver, Secure


async def show(resolver: AsyncResolver, name: str, rdtype: str) -> None:
    """Print one verdict."""
    outcome = await resolver.lookup(name, rdtype)
    records = ", ".join(outcome.value.to_text()) if isinstance(outcome, Secure) else outcome.reason
    print(f"{name} {rdtype}: {outcome.status}: {records}")


async def main(domain: str, server: str | None = None) -> None:
    """Look three types up; trio.TooSlowError after five seconds."""
    async with AsyncResolver(server) as resolver:
        with trio.fail_after(5):
            async with trio.open_nursery() as nursery:
                for rdtype in ("MX", "A", "AAAA"):
                    nursery.start_soon(show, resolver, domain, rdtype)


if __name__ == "__main__":
    trio.run(main, *sys.argv[1:])
