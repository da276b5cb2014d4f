"""DANE on top of verdicts, pure: what TLSA records say, and what may be done with them.

    from resolver import dane

    outcome = resolver.tlsa("mx.example.com", 25)
    found = dane.verify(outcome, chain, at=now, usages={2, 3})
    if found.matched: ...

Names are loaded when they are first touched (PEP 562).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from resolver.dane.making import make
    from resolver.dane.match_result import Match
    from resolver.dane.matching import match, verify
    from resolver.dane.reports import HostReport, PeerReport, SmtpReport
    from resolver.dane.tlsa import Tlsa, TlsaSet

__all__ = ["HostReport", "Match", "PeerReport", "SmtpReport", "Tlsa", "TlsaSet", "make", "match", "verify"]

if not TYPE_CHECKING:  # type checkers see the imports above, and still refuse a misspelt name
    _HOME = {
        "HostReport": "resolver.dane.reports",
        "Match": "resolver.dane.match_result",
        "PeerReport": "resolver.dane.reports",
        "SmtpReport": "resolver.dane.reports",
        "Tlsa": "resolver.dane.tlsa",
        "TlsaSet": "resolver.dane.tlsa",
        "make": "resolver.dane.making",
        "match": "resolver.dane.matching",
        "verify": "resolver.dane.matching",
    }

    def __getattr__(name: str) -> object:
        """Load a public name when it is first touched (PEP 562)."""
        module = _HOME.get(name)
        if module is None:
            raise AttributeError(f"module 'resolver.dane' has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(module), name)
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
