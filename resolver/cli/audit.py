"""`dnssec-trace audit ZONEFILE...`: whole zones."""

from __future__ import annotations


def run(words: list[str]) -> int:
    """Audit."""
    raise NotImplementedError
