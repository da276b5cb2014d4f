"""The fuzzer's own seeds, and inputs that once broke matching, replayed against the fuzzer's invariant."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

FUZZ = Path(__file__).resolve().parents[2] / "fuzz"


def _target() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fuzz_match", FUZZ / "fuzz_match.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if not (FUZZ / "fuzz_match.py").is_file():
    pytest.skip("fuzz/ is not beside these tests", allow_module_level=True)

fuzz_match = _target()
CRASHES = [path for path in sorted(fuzz_match.CRASHES.glob("*")) if not path.name.startswith(".")]


@pytest.mark.parametrize("number", range(len(fuzz_match.seeds())))
def test_a_seed_keeps_the_invariant(number: int) -> None:
    fuzz_match.check(fuzz_match.seeds()[number])


def test_what_once_broke_it_does_not_any_more() -> None:
    for path in CRASHES:
        fuzz_match.check(path.read_bytes())
