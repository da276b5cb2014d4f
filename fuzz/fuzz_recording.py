"""Any text, loaded as a recording, is a recording that can be written and loaded again, or BadSnapshot.

Run: `python fuzz/fuzz_recording.py -max_total_time=20`, from the project's root with atheris installed.
"""

from __future__ import annotations

import sys
from base64 import b64encode
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

with atheris.instrument_imports(include=["resolver"]):
    from resolver.errors import BadSnapshot
    from resolver.sources.recording import Recording

HEADER = '{"format": "dnssec-recording/1"}\n'
# A question for example./A in the entry; the octets after the header are the fuzzer's.
QUESTION = b"\x07example\x00\x00\x01\x00\x01"


def load(text: str) -> None:
    try:
        recording = Recording.from_text(text)
    except BadSnapshot as refused:
        assert refused.line is not None
        return
    again = Recording.from_text(recording.to_text())
    assert [message.wire for message in again.messages] == [message.wire for message in recording.messages]
    for message in recording.messages:
        assert recording.answer(message.question, cd=message.cd).question == message.question


def judge(octets: bytes) -> None:
    """Only BadSnapshot may escape."""
    text = octets.decode("utf-8", "surrogateescape")
    load(text)
    load(HEADER + text)
    reply = octets[:2] + b"\x80\x00\x00\x01" + octets[2:8].ljust(6, b"\0") + QUESTION + octets[8:]
    entry = '{"question": "example./A", "wire": "%s", "origin": "", "time": 0, "cd": true}'
    load(HEADER + entry % b64encode(reply).decode())


if __name__ == "__main__":
    atheris.Setup(sys.argv, judge)
    atheris.Fuzz()
