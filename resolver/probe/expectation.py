"""What a peer must present, and whether it does: the rules of `dane` applied to one service. Pure: no socket, no clock.

Limits: where DANE does not apply, a certificate is judged as one of usage PKIX-EE is: a path to a root, names, dates.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from resolver.dane.reports import DNS_ERROR, NO_DANE, UNUSABLE_TLS_ONLY
from resolver.dane.tlsa import CERT, FULL, PKIX_EE, Tlsa, TlsaSet
from resolver.data.name import Name
from resolver.validator.outcome import Absent, Indeterminate, Insecure, Outcome, Secure

if TYPE_CHECKING:
    from resolver.dane.match_result import Match

# What the DNS says about a service, as RFC 7672 §2.2 tells the cases apart: (a) at least one usable record; (b) records,
# none of them usable; (c) proven that there are none, or that nothing is signed; (d) an error.
Case = Literal["a", "b", "c", "d"]

_RSA = bytes.fromhex("06092a864886f70d010101")  # 1.2.840.113549.1.1.1 (RFC 3279 §2.3.1)
_EC = bytes.fromhex("06072a8648ce3d0201")  # 1.2.840.10045.2.1 (RFC 5480 §2.1.1)


class Judged(NamedTuple):
    """What a chain is worth.

    Attributes:
        result: a word of `dane.reports`.
        reason: one line.
        accepted: whether a client may use the connection as that of an authenticated peer.
        match: DANE's, or where DANE does not apply PKIX's, or None.
    """

    result: str
    reason: str
    accepted: bool
    match: Match | None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Expectation:
    """What the peers of one service must present.

    Attributes:
        tlsa: the verdict about its TLSA records.
        case: what follows from it.
        names: the reference identifiers; the base domain is one of them in any case.
        usages: certificate usages that authenticate here.
        roots: certificates in DER for usages 0 and 1, and for PKIX where DANE does not apply.
        pkix: whether PKIX authenticates where DANE does not apply (R21), or nothing does, as in mail (RFC 7672 §2.2).
        require_dane: nothing but DANE authenticates.
    """

    tlsa: Outcome[TlsaSet]
    case: Case
    names: tuple[Name, ...]
    usages: frozenset[int]
    roots: tuple[bytes, ...] | None
    pkix: bool
    require_dane: bool = False

    def judge(self, chain: tuple[bytes, ...], at: float) -> Judged:
        """Judge what a peer sent.

        Args:
            chain: certificates in DER, leaf first, as sent.
            at: POSIX seconds.
        """
        from resolver.dane.matching import verify

        if self.case == "d":  # RFC 7672 §2.1.2, RFC 6698 §4.1
            return Judged(DNS_ERROR, self.tlsa.reason, False, None)
        if self.case == "c" or not isinstance(self.tlsa, Secure):
            return self._without_dane(chain, at, NO_DANE, no_dane_reason(self.tlsa))
        match = verify(self.tlsa, chain, at=at, names=self.names, roots=self.roots, usages=self.usages)
        if match.result == UNUSABLE_TLS_ONLY:
            return self._without_dane(chain, at, UNUSABLE_TLS_ONLY, match.reason, match)
        return Judged(match.result, match.reason, match.matched, match)

    def goes_on(self, judged: Judged) -> bool:
        """Whether a client would go on talking to a peer that is worth this: also where nothing authenticates."""
        return judged.accepted or (not self.pkix and judged.result in (NO_DANE, UNUSABLE_TLS_ONLY))  # RFC 7672 §2.2

    def _without_dane(
        self, chain: tuple[bytes, ...], at: float, result: str, reason: str, match: Match | None = None
    ) -> Judged:
        if self.require_dane:
            return Judged(result, f"{reason}; DANE is required", False, match)
        if not self.pkix:
            return Judged(result, reason, False, match)
        found = pkix(chain, at=at, names=self.names, roots=self.roots)
        why = found.findings[0].text if found.findings else found.reason
        said = "PKIX authenticates the peer" if found.matched else f"PKIX does not authenticate the peer: {why}"
        return Judged(result, f"{reason}; {said}", found.matched, match if match is not None else found)


def case_of(tlsa: Outcome[TlsaSet], usages: frozenset[int]) -> Case:
    """Which of the four cases of RFC 7672 §2.2 it is; R6 for other protocols, where they are the same."""
    if isinstance(tlsa, Secure):
        return "a" if any(record.usage in usages for record in tlsa.value.usable) else "b"
    if isinstance(tlsa, Absent | Insecure) or (isinstance(tlsa, Indeterminate) and tlsa.why == "NO_ANCHOR"):
        return "c"
    return "d"


def no_dane_reason(tlsa: Outcome[TlsaSet]) -> str:
    """Why DANE does not apply, in a few words."""
    if isinstance(tlsa, Absent):
        return f"proven: no TLSA records at {tlsa.question.name} ({tlsa.kind})"
    if isinstance(tlsa, Insecure):
        return f"not signed: {tlsa.cause.text}"
    return str(tlsa.summary)


def pkix(chain: tuple[bytes, ...], *, at: float, names: Iterable[Name], roots: tuple[bytes, ...] | None) -> Match:
    """Whether a chain leads to a root and is for one of the names: what a record `1 0 0` of its leaf would demand."""
    from resolver.dane.matching import match

    record = Tlsa(PKIX_EE, CERT, FULL, chain[0])
    return match([record], chain, at=at, names=tuple(names), roots=roots or (), usages=frozenset({PKIX_EE}))


def key_type(certificate: bytes) -> str:
    """The kind of key of a certificate in DER: "rsa", "ecdsa", or "" for another or none that can be read."""
    from resolver.dane.der import element, outline

    found = outline(certificate)
    if found is None:
        return ""
    spki = found.spki
    inner = element(spki, 0, len(spki))
    algorithm = None if inner is None else element(spki, inner[0], inner[1])
    if algorithm is None:
        return ""
    identifier = spki[algorithm[0] : algorithm[1]]
    if identifier.startswith(_RSA):
        return "rsa"
    return "ecdsa" if identifier.startswith(_EC) else ""
