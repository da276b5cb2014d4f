"""Name constraints of the issuers on a path (RFC 5280 §4.2.1.10), also on common names that stand in for DNS names.

The verifier of the `cryptography` package applies them to subjectAltNames; here they are applied once more, because it
looks neither at common names nor at an anchor whose dates are to be ignored, and one judge more can only refuse more.

Limits: DNS names, mail addresses and IP addresses. A constraint on another kind of name, where a certificate below has
a name of that kind, refuses the path (RFC 5280 §4.2.1.10: process it or reject).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple, TypeAlias

from resolver.dane.names import presented_labels, shown

Kind: TypeAlias = Literal["dns", "mail", "ip", "directory", "uri", "other"]

MAX_COMPARISONS = 1 << 16  # names times constraints on one path; OpenSSL stops at 2^20, in C


class Named(NamedTuple):
    """A name, or the base of a subtree: a text, or the octets of an address (with its mask, in a constraint)."""

    kind: Kind
    value: str | bytes


class Constraints(NamedTuple):
    """What one issuer allows and forbids below it."""

    permitted: tuple[Named, ...]
    excluded: tuple[Named, ...]


class Violation(NamedTuple):
    name: str
    why: str


def violation(constraints: Constraints, names: Sequence[Named], budget: list[int]) -> Violation | None:
    """The first name that an issuer does not allow.

    Args:
        constraints: of one issuer.
        names: of the certificates below it.
        budget: how many comparisons are left, in one place for the whole path; used up is a violation.
    """
    if not constraints.permitted and not constraints.excluded:  # RFC 5280 §4.2.1.10: one of them must be there
        return Violation("any", "the constraints are empty")
    budget[0] -= len(names) * (len(constraints.permitted) + len(constraints.excluded))
    if budget[0] < 0:
        return Violation("any", f"more than {MAX_COMPARISONS} comparisons of names and constraints")
    for name in names:
        for subtree in _of_kind(constraints.excluded, name):
            held = _within(name, subtree)
            if held is not False:  # in doubt it is excluded
                return Violation(_shown(name), f"{_shown(subtree)} is excluded")
        subtrees = _of_kind(constraints.permitted, name)
        if subtrees and not any(_within(name, subtree) is True for subtree in subtrees):
            return Violation(
                _shown(name), f"only {', '.join(_shown(subtree) for subtree in subtrees[:3])} is permitted"
            )
    return None


def _of_kind(subtrees: Iterable[Named], name: Named) -> list[Named]:
    return [subtree for subtree in subtrees if subtree.kind == name.kind]


def _within(name: Named, subtree: Named) -> bool | None:
    """Whether a name lies in a subtree; None where that cannot be said."""
    if isinstance(name.value, str) and isinstance(subtree.value, str):
        if name.kind == "dns":
            return _dns_within(name.value, subtree.value)
        if name.kind == "mail":
            return _mail_within(name.value, subtree.value)
    if isinstance(name.value, bytes) and isinstance(subtree.value, bytes) and name.kind == "ip":
        return _address_within(name.value, subtree.value)
    return None


def _dns_within(name: str, subtree: str) -> bool | None:
    """RFC 5280 §4.2.1.10: labels added on the left lie within; a leading dot in the constraint is tolerated."""
    if subtree in ("", "."):
        return True
    base = presented_labels(subtree.removeprefix("."))
    labels = presented_labels(name)
    if base is None or labels is None:
        return None
    if labels[0] == b"*":  # a wildcard lies within if its parent does
        labels = labels[1:]
        if len(labels) < len(base):  # it may stand for the base itself, or for a name outside
            return None if base[-len(labels) :] == labels else False
    return labels[-len(base) :] == base


def _mail_within(name: str, subtree: str) -> bool | None:
    """RFC 5280 §4.2.1.10: one mailbox, all of one host, or (with a leading dot) all hosts of a domain."""
    local, at, host = name.rpartition("@")
    if not at:
        return None
    held_local, held_at, held_host = subtree.rpartition("@")
    if held_at:
        return local == held_local and host.lower() == held_host.lower()
    if subtree.startswith("."):
        base, labels = presented_labels(subtree[1:]), presented_labels(host)
        return None if base is None or labels is None else len(labels) > len(base) and labels[-len(base) :] == base
    return host.lower() == subtree.lower()


def _address_within(address: bytes, subtree: bytes) -> bool | None:
    """RFC 5280 §4.2.1.10: the constraint is an address and a mask of the same size."""
    half = len(subtree) // 2
    if len(subtree) % 2 or half not in (4, 16):
        return None
    if half != len(address):
        return False
    base, mask = subtree[:half], subtree[half:]
    return all((a ^ b) & m == 0 for a, b, m in zip(address, base, mask, strict=True))


def _shown(name: Named) -> str:
    return shown(name.value) if isinstance(name.value, str) else name.value.hex()
