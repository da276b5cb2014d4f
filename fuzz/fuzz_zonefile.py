"""Any text, scanned as a master file and asked about, gives records and replies or BadSnapshot, and ends.

Run: `python fuzz/fuzz_zonefile.py -max_total_time=20`, from the project's root with atheris installed.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

with atheris.instrument_imports(include=["resolver"]):
    from resolver.data.name import ROOT, Name
    from resolver.data.rrset import Message, NoReply, Question
    from resolver.data.zonefile import scan
    from resolver.errors import BadSnapshot
    from resolver.sources.snapshot import Snapshot

EXAMPLE = Name.from_text("example.")
QUESTIONS = [
    Question.of(name, rdtype) for name in (".", "example", "x.example") for rdtype in ("A", "DS", "SOA", "ANY")
]


def judge(octets: bytes) -> None:
    """Only BadSnapshot may escape."""
    text = octets.decode("utf-8", "surrogateescape")
    for origin in (None, ROOT, EXAMPLE):
        names = set()
        try:
            for record in scan(text, origin=origin):
                assert 0 <= record.ttl < 2**31
                assert 0 < record.rdtype < 65536
                names.add(record.owner)
        except BadSnapshot as refused:
            assert refused.line is not None
        try:
            snapshot = Snapshot.from_text(text if origin is None else (origin, text))
        except BadSnapshot:
            continue
        for question in QUESTIONS + [Question(name, 1) for name in list(names)[:4]]:
            try:
                assert isinstance(snapshot.answer(question), Message | NoReply)
            except BadSnapshot as refused:
                assert refused.line is not None


if __name__ == "__main__":
    atheris.Setup(sys.argv, judge)
    atheris.Fuzz()
