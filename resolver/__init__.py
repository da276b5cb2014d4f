"""A validating DNSSEC stub resolver: verdicts that carry their proof, and TLSA records only when they are proven.

    import resolver

    match resolver.tlsa("mail.example.com", 25):
        case resolver.Secure(value=tlsa): ...
        case resolver.Absent() | resolver.Insecure() as verdict: ...
        case resolver.Bogus() | resolver.Indeterminate() as verdict: ...

`Resolver` and `AsyncResolver` ask servers, `OfflineResolver` judges a `Snapshot` or a `Recording`. Importing this
package loads no trio, asyncio, ssl, dnspython or cryptography: what needs them is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from resolver.api import AsyncResolver, OfflineResolver, Resolver, lookup, tlsa, trusted_tlsa
    from resolver.dane.tlsa import Tlsa, TlsaSet
    from resolver.data.name import Name
    from resolver.data.rrset import RRset
    from resolver.errors import (
        BadAnchor,
        BadInput,
        BadName,
        BadSnapshot,
        BadType,
        BadUpstream,
        NotAuthenticated,
        NotTrusted,
        ResolverError,
    )
    from resolver.sources.iterative import Iterative
    from resolver.sources.recording import Recording
    from resolver.sources.snapshot import Snapshot
    from resolver.validator.anchors import Anchors
    from resolver.validator.findings import Finding
    from resolver.validator.limits import Limits
    from resolver.validator.outcome import Absent, Alias, Bogus, Indeterminate, Insecure, Outcome, Secure
    from resolver.validator.policy import Policy

__all__ = [
    "Absent",
    "Alias",
    "Anchors",
    "AsyncResolver",
    "BadAnchor",
    "BadInput",
    "BadName",
    "BadSnapshot",
    "BadType",
    "BadUpstream",
    "Bogus",
    "Finding",
    "Indeterminate",
    "Insecure",
    "Iterative",
    "Limits",
    "Name",
    "NotAuthenticated",
    "NotTrusted",
    "OfflineResolver",
    "Outcome",
    "Policy",
    "RRset",
    "Recording",
    "Resolver",
    "ResolverError",
    "Secure",
    "Snapshot",
    "Tlsa",
    "TlsaSet",
    "lookup",
    "tlsa",
    "trusted_tlsa",
]

if not TYPE_CHECKING:  # type checkers see the imports above, and still refuse a misspelt name
    _HOMES = {
        "resolver.api": ("AsyncResolver", "OfflineResolver", "Resolver", "lookup", "tlsa", "trusted_tlsa"),
        "resolver.dane.tlsa": ("Tlsa", "TlsaSet"),
        "resolver.data.name": ("Name",),
        "resolver.data.rrset": ("RRset",),
        "resolver.errors": (
            "BadAnchor",
            "BadInput",
            "BadName",
            "BadSnapshot",
            "BadType",
            "BadUpstream",
            "NotAuthenticated",
            "NotTrusted",
            "ResolverError",
        ),
        "resolver.sources.iterative": ("Iterative",),
        "resolver.sources.recording": ("Recording",),
        "resolver.sources.snapshot": ("Snapshot",),
        "resolver.validator.anchors": ("Anchors",),
        "resolver.validator.findings": ("Finding",),
        "resolver.validator.limits": ("Limits",),
        "resolver.validator.outcome": (
            "Absent",
            "Alias",
            "Bogus",
            "Indeterminate",
            "Insecure",
            "Outcome",
            "Secure",
        ),
        "resolver.validator.policy": ("Policy",),
    }
    _HOME = {name: module for module, names in _HOMES.items() for name in names}

    def __getattr__(name: str) -> object:
        """Load a public name when it is first touched (PEP 562)."""
        module = _HOME.get(name)
        if module is None:
            raise AttributeError(f"module 'resolver' has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(module), name)
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
