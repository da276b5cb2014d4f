"""Inputs that once broke the reader, and the fuzzer's own seeds, replayed against the fuzzer's invariant."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from resolver.data.canonical import LAYOUTS
from resolver.data.wire import read

FUZZ = Path(__file__).resolve().parents[2] / "fuzz"


def _target() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fuzz_wire", FUZZ / "fuzz_wire.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if not (FUZZ / "fuzz_wire.py").is_file():
    pytest.skip("fuzz/ is not beside these tests", allow_module_level=True)

fuzz_wire = _target()
SEEDS = fuzz_wire.seeds()
CRASHES = sorted(path for path in fuzz_wire.CRASHES.glob("*") if not path.name.startswith("."))

# Found by fuzzing while the reader was written: malformed RDATA whose pointer leads into the header (twice over).
INLINE = [
    bytes.fromhex("00078190000100010000000001610000060001c00c00060001000000000018c00cc000" + "00" * 20),
    bytes.fromhex("02ff8190000100010000000001610000060001c00c00060001000000000018c00cc000" + "00" * 20),
]


@pytest.mark.parametrize("path", CRASHES, ids=lambda path: path.name)
def test_an_old_crash_stays_fixed(path):
    fuzz_wire.check(path.read_bytes())


@pytest.mark.parametrize("octets", INLINE)
def test_an_input_that_broke_an_earlier_reader_holds_the_invariant(octets):
    assert fuzz_wire.check(octets)


@pytest.mark.parametrize("number", range(len(SEEDS)))
def test_a_seed_is_a_message_that_holds_the_invariant(number):
    assert fuzz_wire.check(SEEDS[number])


@pytest.mark.parametrize("number", range(len(SEEDS)))
def test_a_seed_with_one_octet_changed_or_cut_holds_the_invariant(number):
    seed = SEEDS[number]
    for at in range(len(seed)):
        fuzz_wire.check(seed[:at])
        for octet in (0, 12, 0xC0, 0xFF):
            fuzz_wire.check(seed[:at] + bytes((octet,)) + seed[at + 1 :])


def test_the_seeds_reach_names_in_rdata_signatures_and_edns():
    messages = [read(seed) for seed in SEEDS]
    types = {rrset.rdtype for message in messages for rrset in message.answer}
    assert {2, 6, 15, 33, 35, 36, 39, 47, 50, 52} - types == {2}
    assert len(types & set(LAYOUTS)) >= 7
    assert any(rrset.rrsigs for message in messages for rrset in message.answer)
    assert any(message.ede and message.rcode > 15 for message in messages)
