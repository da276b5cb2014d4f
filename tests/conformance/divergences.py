"""d"""
from __future__ import annotations
from typing import NamedTuple
class Divergence(NamedTuple):
    verdict: str
    why: str
DIVERGENCES: dict[str, Divergence] = {}
