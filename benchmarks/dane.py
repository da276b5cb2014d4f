"""What a match costs: microseconds for each kind of record, cold, beside pyOpenSSL's path check and OpenSSL's DANE engine.

    python -m benchmarks.dane [rounds]

The chain is server, intermediate, root, all P-256, made by `tests.dane.pki`; nothing is remembered from one match to the
next. CPU time, the best of several rounds. pyOpenSSL has no DANE: its figure is its check of the same path, with the
certificates loaded from the same octets, and it is left out where the package is not installed; OpenSSL's is its DANE
engine through ctypes, with the cost of ctypes, and left out where there is no libssl 3.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

from resolver.dane import match
from tests.dane import pki
from tests.dane.oracle import engine

HOST = "mx.example.com"
REPEATS = 200
ROUNDS = 5


def cost(work: Callable[[], object], rounds: int) -> float:
    """Microseconds of CPU, the best of `rounds`."""
    work()
    best = float("inf")
    for _ in range(rounds):
        started = time.process_time()
        for _ in range(REPEATS):
            work()
        best = min(best, time.process_time() - started)
    return best / REPEATS * 1e6


def kinds() -> dict[str, tuple[list[object], list[bytes], list[bytes]]]:
    """Records, what is sent, and what is trusted."""
    leaf, middle, root = pki.usual()
    full = [leaf.der, middle.der, root.der]
    other = pki.issue("another")
    trusted = [pki.issue(f"Root {number}", ca=True).der for number in range(149)]
    return {
        "3 1 1": ([pki.record(3, 1, 1, leaf)], full, []),
        "3 0 2": ([pki.record(3, 0, 2, leaf)], full, []),
        "3 1 1, another key": ([pki.record(3, 1, 1, other)], full, []),
        "2 1 1 of the intermediate": ([pki.record(2, 1, 1, middle)], full, []),
        "2 0 1 of the root": ([pki.record(2, 0, 1, root)], full, []),
        "2 0 0 of the root, only in DNS": ([pki.record(2, 0, 0, root)], full[:2], []),
        "2 1 0 of the root, only in DNS": ([pki.record(2, 1, 0, root)], full[:2], []),
        "2 1 1, another key": ([pki.record(2, 1, 1, other)], full, []),
        "1 1 1, one root": ([pki.record(1, 1, 1, leaf)], full[:2], [root.der]),
        "0 1 1, one root": ([pki.record(0, 1, 1, middle)], full[:2], [root.der]),
        "1 1 1, 150 roots": ([pki.record(1, 1, 1, leaf)], full[:2], [root.der, *trusted]),
        "3 1 1 and 2 1 1": ([pki.record(3, 1, 1, leaf), pki.record(2, 1, 1, middle)], full, []),
    }


def pyopenssl() -> Callable[[], object] | None:
    """pyOpenSSL's check of the path to the root, or None where it is not installed."""
    try:
        from OpenSSL import crypto
    except ImportError:
        return None
    leaf, middle, root = (one.der for one in pki.usual())

    def work() -> object:
        store = crypto.X509Store()
        store.add_cert(crypto.load_certificate(crypto.FILETYPE_ASN1, root))
        store.set_time(datetime.fromtimestamp(pki.AT, UTC))
        chain = [crypto.load_certificate(crypto.FILETYPE_ASN1, middle)]
        return crypto.X509StoreContext(
            store, crypto.load_certificate(crypto.FILETYPE_ASN1, leaf), chain
        ).get_verified_chain()

    return work


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    openssl = engine()
    print(f"{'record':34} {'ours':>8}  {'OpenSSL':>8}   us a match")
    for kind, (records, chain, roots) in kinds().items():

        def ours(records: list[object] = records, chain: list[bytes] = chain, roots: list[bytes] = roots) -> object:
            return match(records, chain, at=pki.AT, names=[HOST], roots=roots)  # type: ignore[arg-type]

        raw = [(one.usage, one.selector, one.matching_type, one.data) for one in records]  # type: ignore[attr-defined]
        theirs = ""
        if openssl is not None:

            def oracle(raw: list[object] = raw, chain: list[bytes] = chain, roots: list[bytes] = roots) -> object:
                return openssl.judge(raw, chain, at=pki.AT, names=[HOST], roots=roots)  # type: ignore[arg-type, union-attr]

            theirs = f"{cost(oracle, rounds):8.0f}"
        print(f"{kind:34} {cost(ours, rounds):8.0f}  {theirs:>8}")
    path = pyopenssl()
    if path is None:
        print("pyOpenSSL is not installed: its path check is left out")
    else:
        print(f"{'path to the root, pyOpenSSL':34} {cost(path, rounds):8.0f}")


if __name__ == "__main__":
    main()
