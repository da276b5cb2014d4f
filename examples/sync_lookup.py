"""A synchronous program: one trusted TLSA answer, or the reason why there is none.

python examples/sync_lookup.py mail.example.com 25 [SERVER]
"""

from __future__ import annotations

import sys

from resolver import NotTrusted, Resolver


def main(host: str, port: str, server: str | None = None) -> int:
    """Print the records to check a certificate against; 1 where DANE forbids to connect."""
    with Resolver(server, timeout=5) as resolver:
        try:
            found = resolver.trusted_tlsa(host, int(port))
        except NotTrusted as refused:
            print(f"do not connect: {refused}")
            return 1
    if found is None:
        print("DANE does not apply: connect as you would without it")
        return 0
    for record in found.usable:
        print(record)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
