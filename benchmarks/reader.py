"""How fast the lean reader is beside dnspython, on the same octets, in the same process.

    python -m benchmarks.reader [ROUNDS]

Both read a signed TLSA reply as a forwarder sends it: the question, TLSA, RRSIG (P-256) and OPT. The two take turns,
and the best round of each counts, so a busy machine disturbs both alike.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable

import dns.message

from resolver.data.name import Name
from resolver.data.rrset import Edns, Message, Question, RRset
from resolver.data.types import TLSA
from resolver.data.wire import read, write_message

CALLS = 2_000  # a round: long enough for the clock, short enough to dodge a neighbour


def tlsa_reply() -> bytes:
    """A reply of 211 octets: one TLSA record 3 1 1 with its P-256 signature."""
    owner, zone = Name.from_text("_25._tcp.mail.example.com."), Name.from_text("example.com.")
    head = TLSA.to_bytes(2, "big") + bytes((13, 5)) + (3600).to_bytes(4, "big") + bytes(8) + (4711).to_bytes(2, "big")
    rrset = RRset(owner, TLSA, 3600, (bytes((3, 1, 1)) + bytes(range(32)),), ((3600, head + zone.wire + bytes(64)),))
    edns = Edns(1232, 0, 0x8000, ())
    return write_message(Message(Question(owner, TLSA), flags=0x8190, answer=(rrset,), edns=edns), ident=4711)


def microseconds(function: Callable[[bytes], object], octets: bytes) -> float:
    """The time of one call, from one round."""
    start = time.perf_counter()
    for _ in range(CALLS):
        function(octets)
    return (time.perf_counter() - start) / CALLS * 1e6


def main(rounds: int = 9) -> float:
    """Print both times and the ratio, which is returned."""
    octets = tlsa_reply()
    gc.disable()
    ours, theirs = float("inf"), float("inf")
    for _ in range(rounds):
        ours = min(ours, microseconds(read, octets))
        theirs = min(theirs, microseconds(dns.message.from_wire, octets))
    print(f"reply of {len(octets)} octets: question, TLSA, RRSIG, OPT; best of {rounds} rounds of {CALLS}")
    print(f"resolver.data.wire.read  {ours:8.2f} us")
    print(f"dns.message.from_wire    {theirs:8.2f} us")
    print(f"ratio                    {theirs / ours:8.1f}")
    return theirs / ours


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 9)
