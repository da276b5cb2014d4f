"""The errors that a caller can meet: every one of them is the caller's own mistake, or a verdict that was required.

The network never raises: what servers say, or fail to say, ends in an Outcome.

Everything here is imported by every layer, so this module imports nothing.
"""

from __future__ import annotations

from typing import Any


class ResolverError(Exception):
    """The base of everything that this package raises on purpose."""

    __module__ = "resolver"


class BadInput(ResolverError, ValueError):
    """An argument, a file or a text that cannot be understood; the message says what, where and what to do."""

    __module__ = "resolver"


class BadName(BadInput):
    """A text that is no domain name (RFC 1035 §2.3.4, RFC 5891 §4)."""

    __module__ = "resolver"


class BadType(BadInput):
    """An unknown type mnemonic, or a type number out of range (RFC 3597 §5)."""

    __module__ = "resolver"


class BadAnchor(BadInput):
    """A trust anchor that cannot be read, or a set of anchors without any usable one."""

    __module__ = "resolver"


class BadUpstream(BadInput):
    """An upstream address that cannot be understood, or a system configuration without servers."""

    __module__ = "resolver"


class BadSnapshot(BadInput):
    """A zone file or a recording that cannot be read.

    Attributes:
        path: the file, or a word for a text that came from no file.
        line: the line number, from 1; None where the mistake belongs to no line.
    """

    __module__ = "resolver"

    def __init__(self, message: str, path: str = "", line: int | None = None) -> None:
        super().__init__(message, path, line)
        self.message = message
        self.path = path
        self.line = line

    def __str__(self) -> str:
        place = self.path if self.line is None else f"{self.path}:{self.line}"
        return f"{place}: {self.message}" if place else self.message


class NotTrusted(ResolverError):
    """A value was required of an outcome that has none.

    Attributes:
        outcome: the verdict that refused; None after unpickling, for a verdict does not leave its process.
    """

    __module__ = "resolver"

    def __init__(self, reason: str, outcome: Any = None) -> None:
        super().__init__(reason)
        self.outcome = outcome

    def __reduce__(self) -> tuple[type[NotTrusted], tuple[Any, ...]]:
        return NotTrusted, self.args


class NotAuthenticated(ResolverError):
    """A TLS peer that DANE or PKIX refuses.

    Attributes:
        report: what was presented and why it did not do; None after unpickling.
    """

    __module__ = "resolver"

    def __init__(self, reason: str, report: Any = None) -> None:
        super().__init__(reason)
        self.report = report

    def __reduce__(self) -> tuple[type[NotAuthenticated], tuple[Any, ...]]:
        return NotAuthenticated, self.args
