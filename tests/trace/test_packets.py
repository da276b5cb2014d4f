"""`-vv`: every reply with its header and records, and what was tried before it came."""

from __future__ import annotations

from resolver import Resolver, trace
from resolver.testing import World


def test_what_other_servers_did_is_told():
    world = World()
    world.zone("example.com").add("www A 192.0.2.1")

    def refuses(query: bytes) -> bytes:
        return query[:2] + b"\x81\x85" + query[4:6] + b"\0\0\0\0\0\0" + query[12 : query.index(b"\0", 12) + 5]

    def breaks(query: bytes) -> bytes:
        raise OSError("the cable\x1b[31m is out")

    with Resolver([breaks, refuses, world.answer], anchors=world.anchors, clock=world.clock) as asking:
        outcome = asking.lookup("www.example.com", "A")
    shown = trace.text(outcome, verbose=2, width=0)
    assert outcome.status == "secure"
    told = [line for line in shown.splitlines() if "before it" in line]
    assert any("REFUSED" in line for line in told), shown
    assert any("the cable" in line for line in told), shown
    assert "\x1b" not in shown
    assert "before it" not in trace.text(outcome, verbose=1, width=0)
