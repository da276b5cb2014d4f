"""Names of servers: which reference identifier a certificate's names fit (RFC 6125 §6.4, RFC 7671 §5.2, RFC 7672 §3.2.3).

Labels are compared, never texts. A presented name is taken literally, without escapes: what is no host name in letters,
digits, hyphens and underscores fits nothing, so a zero octet or an escape in a certificate has no second reading.

- An asterisk is a whole leftmost label and stands for exactly one label (RFC 7672 §3.2.3: no partial wildcards), with
  at least two labels after it, and for letters, digits and hyphens only.
- A common name counts only where there is no dNSName (RFC 6125 §6.4.4).
- U-labels of reference identifiers are converted (RFC 6125 §6.4.2), trailing dots are dropped, addresses never fit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

from resolver.data.name import Name, NameLike
from resolver.errors import BadInput

Labels: TypeAlias = tuple[bytes, ...]

_LETTERS = b"abcdefghijklmnopqrstuvwxyz"
_HOST = frozenset(_LETTERS + b"0123456789-")
_NAME = _HOST | frozenset(b"_")  # underscores are in use, though no host name has them (RFC 1123 §2.1)
MAX_NAME_CHARACTERS = 254  # RFC 1035 §2.3.4 in text, with a trailing dot


class Fit(NamedTuple):
    """A reference identifier and the presented name that it fits."""

    identity: Name
    presented: str
    is_common_name: bool


def reference_identifiers(names: Iterable[NameLike]) -> tuple[Name, ...]:
    """The names that the certificate may be for, any of them (RFC 7671 §5.2, RFC 7672 §3.2.2).

    Raises:
        BadInput: there is none, one is no domain name, or a text is an address: DANE knows servers by name only.
    """
    found: dict[Name, None] = {}
    for name in several(names):
        if isinstance(name, Name):
            found[name] = None
        elif isinstance(name, str):
            if is_address(name):
                raise BadInput(f"{name!r} is an address; DANE authenticates names (RFC 7671 §10.2)")
            found[Name.from_text(name)] = None
        else:
            raise BadInput(f"a name must be a text or a Name, not {type(name).__name__}")
    if not found:
        raise BadInput("names=… is empty; at least the TLSA base domain is needed (RFC 7671 §5.2)")
    return tuple(found)


def several(names: Iterable[NameLike]) -> tuple[NameLike, ...]:
    """The names, when they are several and not the letters of one.

    Raises:
        BadInput: one name where a collection is needed.
    """
    if isinstance(names, str | Name):
        raise BadInput("names=… is a collection of names, as in names=['mx.example.com'], not one name")
    return tuple(names)


def is_address(text: str) -> bool:
    """Whether a text reads as an IPv4 or IPv6 address: the last label of a host name is not all digits (RFC 1123 §2.1)."""
    return ":" in text or text.rstrip(".").rpartition(".")[2].isdigit()


def fit(references: Sequence[Name], dns_names: Sequence[str], common_names: Sequence[str]) -> Fit | None:
    """The first reference identifier that the certificate is for.

    Args:
        references: from `reference_identifiers`.
        dns_names: the dNSNames of the subjectAltName.
        common_names: the common names of the subject; looked at only where there is no dNSName (RFC 6125 §6.4.4).
    """
    usual = not dns_names
    presented = [
        (text, labels) for text in (common_names if usual else dns_names) if (labels := presented_labels(text))
    ]
    for reference in references:
        wanted = reference.labels
        if not wanted or wanted[-1].isdigit():  # the root and what reads as an address: no host
            continue
        for text, labels in presented:
            if fits(wanted, labels):
                return Fit(reference, text, usual)
    return None


def fits(wanted: Labels, presented: Labels) -> bool:
    """Whether a presented name is the wanted one, or its wildcard (RFC 6125 §6.4.3, RFC 7672 §3.2.3)."""
    if presented[:1] != (b"*",):
        return wanted == presented
    return (
        len(presented) >= 3  # `*.com` is for nobody
        and wanted[1:] == presented[1:]
        and _HOST.issuperset(wanted[0])
    )


def presented_labels(text: str) -> Labels | None:
    """The labels of a name in a certificate; None where it is no host name and no wildcard of one."""
    if not text.isascii() or len(text) > MAX_NAME_CHARACTERS:
        return None
    labels = text.lower().encode().split(b".")
    if len(labels) > 1 and not labels[-1]:  # one trailing dot is dropped before comparing
        labels.pop()
    plain = labels[1:] if labels[0] == b"*" else labels
    if not plain or any(not 0 < len(label) <= 63 or not _NAME.issuperset(label) for label in plain):
        return None
    return tuple(labels)


def shown(text: str) -> str:
    """A name that somebody else wrote, for a terminal: short, in one line, and without control characters."""
    return "".join(char if char.isprintable() else f"\\{ord(char):03d}" for char in text[:80])


def host_like(text: str) -> bool:
    """Whether a common name can fit a host, so that constraints on DNS names bind it (RFC 6125 §6.4.4)."""
    return presented_labels(text) is not None
