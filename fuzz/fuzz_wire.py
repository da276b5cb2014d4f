"""Any octets: `wire.read` returns a Message or raises BadMessage, and nothing else; what was read is a fix point.

That is: read -> write -> read gives an equal message and write gives the same octets again, RDATA that was kept is
canonical, and the lazy views of it return a value or None. Left out of the fix point are messages with malformed RDATA
that has a pointer: in another message the same pointer leads elsewhere.

    python fuzz/fuzz_wire.py -max_total_time=20
"""

from __future__ import annotations

import struct
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CRASHES = Path(__file__).resolve().parent / "crashes" / "wire"


def check(octets: bytes) -> bool:
    """Assert the invariant; whether the octets were a message."""
    from resolver.data.canonical import LAYOUTS, canonical_rdata, well_formed
    from resolver.data.wire import BadMessage, read, write_message
    from resolver.errors import BadInput

    try:
        message = read(octets)
    except BadMessage as refused:
        assert str(refused), "a refusal without a reason"
        return False
    portable = True
    for section in (message.answer, message.authority, message.additional):
        for rrset in section:
            for rdata in rrset.rdata:
                assert canonical_rdata(rrset.rdtype, rdata) == rdata, "RDATA is not canonical"
                sound = well_formed(rrset.rdtype, rdata)
                _views_agree(rrset.rdtype, rdata, sound)
                portable &= sound or rrset.rdtype not in LAYOUTS
            for _, rdata in rrset.rrsigs:
                sound = well_formed(46, rdata)
                _views_agree(46, rdata, sound)
                portable &= sound
    if not portable:
        return True
    try:
        written = write_message(message, ident=1)
    except BadInput:  # names written out can exceed 65,535 octets
        return True
    again = read(written)
    assert facts(again) == facts(message), "another message was read back"
    assert write_message(again, ident=1) == written, "no fix point"
    return True


def facts(message: object) -> tuple[object, ...]:
    """All of a message that the octets say, but for the message ID."""
    fields = ("question", "rcode", "flags", "answer", "authority", "additional", "edns", "ede")
    return tuple(getattr(message, field) for field in fields)


def _views_agree(rdtype: int, rdata: bytes, sound: bool) -> None:
    from resolver.data import views

    readers: dict[int, Callable[[bytes], object]] = {
        46: views.read_rrsig, 48: views.read_dnskey, 43: views.read_ds, 47: views.read_nsec, 50: views.read_nsec3,
        6: views.read_soa, 5: views.read_target, 39: views.read_target, 2: views.read_target, 15: views.read_mx,
    }  # fmt: skip
    if rdtype in readers:
        assert (readers[rdtype](rdata) is not None) == sound, f"well_formed and the view of type {rdtype} disagree"


def seeds() -> list[bytes]:
    """Small replies that reach each part of the reader."""
    head = struct.pack("!HHHHHH", 1, 0x8190, 1, 1, 0, 0) + b"\x01a\x03COM\0" + struct.pack("!HH", 52, 1)
    name = b"\xc0\x0c"
    parent = b"\xc0\x0e"

    def record(rdtype: int, rdata: bytes, owner: bytes = name, rdclass: int = 1, ttl: int = 300) -> bytes:
        return owner + struct.pack("!HHIH", rdtype, rdclass, ttl, len(rdata)) + rdata

    signature = struct.pack("!HBBIIIH", 52, 13, 2, 300, 2, 1, 7) + b"\x03Com\0" + bytes(64)
    bodies = [
        record(52, b"\3\1\1" + bytes(32)),
        record(46, signature),
        record(6, name + parent + bytes(20)),
        record(15, b"\0\5" + name),
        record(33, bytes(6) + parent),
        record(35, bytes(4) + b"\1a\1b\0" + name),
        record(39, b"\1X\0"),
        record(36, b"\0\1" + name),
        record(47, b"\1B" + parent + b"\0\1\x40"),
        record(50, b"\1\0\0\1\0\x14" + bytes(20) + b"\0\1\x40"),
        record(48, b"\1\0\3\x0d" + bytes(64)),
        record(65280, b"\xc0\x0c"),
        record(1, b"\1\2\3\4", owner=b"\1b" + parent, ttl=0xFFFFFFFF),
        record(1, b"", rdclass=3),
    ]
    found = [head + body for body in bodies]
    both = bytearray(head + bodies[0] + bodies[1])
    both[7], both[11] = 2, 1
    edns = record(
        41, struct.pack("!HHH", 15, 4, 6) + b"x\0" + struct.pack("!HH", 10, 8) + bytes(8), b"\0", 1232, 1 << 24
    )
    found.append(bytes(both) + edns)
    return found


def main(arguments: list[str]) -> None:
    """Hand the invariant to atheris, with the seeds as corpus unless one is given."""
    import atheris

    sys.path.insert(0, str(ROOT))
    with atheris.instrument_imports(include=["resolver"]):
        import resolver.data.presentation
        import resolver.data.wire  # noqa: F401
    CRASHES.mkdir(parents=True, exist_ok=True)
    arguments = [arguments[0], f"-artifact_prefix={CRASHES}/", *arguments[1:]]
    with tempfile.TemporaryDirectory() as corpus:
        if all(argument.startswith("-") for argument in arguments[1:]):
            for number, seed in enumerate(seeds()):
                Path(corpus, f"seed-{number:02d}").write_bytes(seed)
            arguments.append(corpus)
        atheris.Setup(arguments, check_only)
        atheris.Fuzz()


def check_only(octets: bytes) -> None:
    """`check` as atheris wants it: without a value."""
    check(octets)


if __name__ == "__main__":
    main(sys.argv)
