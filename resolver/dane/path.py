"""Paths from the server's certificate upwards: all of them within limits, and what speaks against each.

RFC 7671 §5.4 wants more than one path tried: a client must not stop at the first anchor that it finds. So every path of
certificates whose names and signatures fit is enumerated, the shortest first, and each is judged by itself.

Limits: 16 distinct certificates from the peer and 16 from DNS, 8 issuers on a path, 64 paths, 128 checks of signatures.
A limit that was met is a finding of the peer that met it (`Paths.limit`), never an exception.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

from resolver.dane.certificates import (
    MAX_DEPTH,
    SERVER_AUTH,
    TLS_USES,
    Certificate,
    Refusal,
    signed_by,
    signed_by_key,
    verifier_refuses,
)
from resolver.dane.constraints import MAX_COMPARISONS, Named, violation
from resolver.dane.names import host_like

Path: TypeAlias = tuple[Certificate, ...]  # the server's certificate first

MAX_CERTIFICATES = 16  # dane.md 4.5; servers send two to four
MAX_PATHS = 64  # dane.md 4.5
MAX_SIGNATURES = 128  # checks for one peer: 16 certificates of one name would need 240


def distinct(chain: Iterable[bytes]) -> tuple[list[Certificate], int]:
    """The certificates that were sent, each once and at most 16, and how many more there were."""
    found = dict.fromkeys(chain)
    return [Certificate(octets) for octets in list(found)[:MAX_CERTIFICATES]], max(0, len(found) - MAX_CERTIFICATES)


class Paths:
    """The paths from one server certificate through one pool of others.

    Attributes:
        limit: which limit cut the search short, in words; None where nothing was left out.
    """

    def __init__(self, leaf: Certificate, pool: Sequence[Certificate]) -> None:
        self.leaf = leaf
        self.limit: str | None = None
        self._by_subject: dict[bytes, list[Certificate]] = {}
        for certificate in pool:
            if certificate.der != leaf.der and certificate.outline is not None:
                self._by_subject.setdefault(certificate.outline.subject, []).append(certificate)
        self._signed: dict[tuple[bytes, bytes], bool | None] = {}

    def __iter__(self) -> Iterator[Path]:
        """Every path, shortest first, that of the server's certificate alone among them.

        A certificate that cannot be read, or whose algorithms are not looked at, stays on the path: `refuses` says so.
        """
        if self.leaf.outline is None:
            return
        waiting: list[Path] = [(self.leaf,)]
        for path in waiting:  # it grows while it is walked: breadth first
            yield path
            top = path[-1]
            assert top.outline is not None
            issuers = [
                issuer for issuer in self._by_subject.get(top.outline.issuer, ()) if not _is_repeated(issuer, path)
            ]
            for issuer in issuers:
                if self._is_signed(top, issuer) is False:
                    continue
                if len(path) > MAX_DEPTH:
                    self.limit = f"more than {MAX_DEPTH} issuers"
                elif len(waiting) >= MAX_PATHS:
                    self.limit = f"more than {MAX_PATHS} paths"
                else:
                    waiting.append((*path, issuer))

    def _is_signed(self, certificate: Certificate, issuer: Certificate) -> bool | None:
        if certificate.refusal is not None or issuer.refusal is not None:
            return None
        pair = certificate.der, issuer.der
        if pair not in self._signed:
            if len(self._signed) >= MAX_SIGNATURES:
                self.limit = f"more than {MAX_SIGNATURES} signatures"
                return False
            self._signed[pair] = signed_by(certificate, issuer)
        return self._signed[pair]

    def key_signs(self, certificate: Certificate, key: bytes) -> bool:
        """Whether a bare key signed it, or may have: where the algorithms are not looked at, `refuses` says so."""
        if certificate.refusal is not None:
            return True
        pair = certificate.der, key
        if pair not in self._signed:
            if len(self._signed) >= MAX_SIGNATURES:
                self.limit = f"more than {MAX_SIGNATURES} signatures"
                return False
            self._signed[pair] = signed_by_key(certificate, key) is not False
        return self._signed[pair] is True


def _is_repeated(issuer: Certificate, path: Path) -> bool:
    """Whether the same authority, by name and key, is on the path already (RFC 4158 §2.4.1, §5.2).

    So cross-certificates make no loops, and nothing is put above a self-signed certificate (RFC 7671 §5.4).
    """
    assert issuer.outline is not None
    entity = issuer.outline.subject, issuer.outline.spki
    return any(
        below.outline is not None and (below.outline.subject, below.outline.spki) == entity for below in path[1:]
    )


def refuses(
    path: Sequence[Certificate], at: float, *, key: bytes | None = None, date_anchor: bool = True
) -> Refusal | None:
    """What speaks against a path whose last certificate is the anchor, or is signed by the bare key that is it.

    The order is that of what is told: cryptography first, for what it refuses was not even verified; then what each
    certificate may do; then dates. Names of servers are matched elsewhere.

    Args:
        path: the server's certificate first; names and signatures fit.
        at: POSIX seconds.
        key: the anchor, where it is a bare key above the path (RFC 7671 §5.2.3).
        date_anchor: whether the anchor certificate has to be valid at that time; see `ta_expiry`.
    """
    rules: tuple[Callable[[], Refusal | None], ...] = (
        lambda: _cryptography(path, key),
        lambda: _authorities(path, key),
        lambda: _purposes(path),
        lambda: _critical(path),
        lambda: _constraints(path),
        lambda: _dates(path, at, date_anchor or key is not None),
        lambda: _verifier(path, at, date_anchor or key is not None),
    )
    for rule in rules:
        refused = rule()
        if refused is not None:
            return refused
    return None


def ends(path: Sequence[Certificate], *, date_anchor: bool = True) -> float:
    """The last second at which every certificate of the path is valid (RFC 5280 §4.1.2.5)."""
    dated = path if date_anchor or len(path) == 1 else path[:-1]
    return min(certificate.facts.not_after for certificate in dated)


def _cryptography(path: Sequence[Certificate], key: bytes | None) -> Refusal | None:
    for depth, certificate in enumerate(path):
        outline = certificate.outline
        if certificate.refusal is not None or outline is None:
            return Refusal("CERTIFICATE_UNREADABLE", {"depth": depth, "why": certificate.refusal})
        why = None
        if outline.version != 3:
            why = f"a certificate of version {outline.version}"
        elif depth < len(path) - 1 and certificate.signature_policy:
            why = certificate.signature_policy
        elif depth > 0 and certificate.key_policy:
            why = certificate.key_policy
        if why is not None:
            return Refusal("CRYPTO_POLICY", {"depth": depth, "why": why})
    if key is not None:
        signed = signed_by_key(path[-1], key)
        if isinstance(signed, Refusal):
            return Refusal(signed.code, {"depth": len(path) - 1, **signed.details})
        if not signed:
            return Refusal("SIGNATURE_INVALID", {"depth": len(path) - 1})
    return None


def _authorities(path: Sequence[Certificate], key: bytes | None) -> Refusal | None:
    """Basic constraints and key usage of issuers (RFC 5280 §6.1.4 k to n), key usage of the server's certificate."""
    for depth, certificate in enumerate(path[1:], 1):
        facts = certificate.facts
        if not facts.is_ca:
            return Refusal("NO_CA", {"depth": depth, "why": "the basic constraints do not say so"})
        if facts.key_usage is not None and "key_cert_sign" not in facts.key_usage:
            return Refusal("KEY_USAGE", {"depth": depth, "why": "it may not sign certificates"})
        # RFC 5280 §6.1.4 l does not count self-issued intermediates; the verifier does, and it decides.
        below = depth - 1
        if facts.path_length is not None and below > facts.path_length:
            return Refusal("PATH_LENGTH", {"depth": depth, "limit": facts.path_length, "count": below})
    usage = path[0].facts.key_usage
    if usage is not None and not usage & TLS_USES:
        return Refusal("KEY_USAGE", {"depth": 0, "why": "it allows neither signatures nor key exchange"})
    return None


def _purposes(path: Sequence[Certificate]) -> Refusal | None:
    for depth, certificate in enumerate(path):
        purposes = certificate.facts.purposes
        if purposes is not None and SERVER_AUTH not in purposes:  # RFC 5280 §4.2.1.12
            return Refusal("EXTENDED_KEY_USAGE", {"depth": depth, "why": "its purposes are others"})
    return None


def _critical(path: Sequence[Certificate]) -> Refusal | None:
    for depth, certificate in enumerate(path):
        if certificate.facts.unknown:  # RFC 5280 §4.2: what is critical must be processed
            return Refusal("CRITICAL_EXTENSION", {"depth": depth, "what": ", ".join(certificate.facts.unknown[:3])})
    return None


def _constraints(path: Sequence[Certificate]) -> Refusal | None:
    """RFC 5280 §6.1.3 b and c; a common name that may stand in for a DNS name is bound too (RFC 6125 §6.4.4)."""
    budget = [MAX_COMPARISONS]
    for depth in range(1, len(path)):
        constraints = path[depth].facts.constraints
        if constraints is None:
            continue
        names: list[Named] = []
        for below, certificate in enumerate(path[:depth]):
            if below and certificate.self_issued:  # RFC 5280 §6.1.3: not for self-issued intermediates
                continue
            names += certificate.facts.names
        if not path[0].facts.dns_names:
            names += [Named("dns", name) for name in path[0].common_names if host_like(name)]
        found = violation(constraints, names, budget)
        if found is not None:
            return Refusal("NAME_CONSTRAINTS", {"depth": depth, "name": found.name, "why": found.why})
    return None


def _dates(path: Sequence[Certificate], at: float, date_anchor: bool) -> Refusal | None:
    """RFC 5280 §4.1.2.5: valid from the first to the last second, both inclusive."""
    dated = path if date_anchor or len(path) == 1 else path[:-1]
    for depth, certificate in enumerate(dated):
        facts = certificate.facts
        if at >= facts.not_after + 1:
            details = {"depth": depth, "age": at - facts.not_after, "when": facts.not_after}
            return Refusal("CERTIFICATE_EXPIRED", details)
        if at < facts.not_before:
            details = {"depth": depth, "age": facts.not_before - at, "when": facts.not_before}
            return Refusal("CERTIFICATE_NOT_YET_VALID", details)
    return None


def _verifier(path: Sequence[Certificate], at: float, date_anchor: bool) -> Refusal | None:
    """The second opinion, which decides.

    It cannot be told to ignore an anchor's dates. So it is asked about a moment when the whole path is within its dates
    (those that matter were judged above); where there is none, about the path without the anchor, whose part was judged
    above as well.
    """
    judged, when = path, at
    if not date_anchor and len(path) > 1:
        when = max(certificate.facts.not_before for certificate in path)
        if when > min(certificate.facts.not_after for certificate in path):
            judged, when = path[:-1], at
    why = verifier_refuses(judged, when)
    return None if why is None else Refusal("PATH_REFUSED", {"depth": len(path) - 1, "why": why})
