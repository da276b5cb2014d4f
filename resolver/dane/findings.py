"""The catalogue of DANE findings: why a record, a certificate or a path did not authenticate the peer.

The same shape as the validator's findings: code, sentence, RFC section, rank (of several the highest tells most), who
can mend it. `RESULTS` says which word of the report each stands for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from resolver.dane.tlsa import Tlsa
from resolver.validator.findings import CALLER, CLOCK, ERROR, NOTE, SERVER, WARNING, ZONE, Entry, Finding

AUTHENTICATED: Final = "AUTHENTICATED"
MISMATCH: Final = "MISMATCH"
NAME_MISMATCH: Final = "NAME_MISMATCH"
EXPIRED: Final = "EXPIRED"
CHAIN_INVALID: Final = "CHAIN_INVALID"
UNUSABLE_TLS_ONLY: Final = "UNUSABLE_TLS_ONLY"

DANE_CATALOGUE: dict[str, Entry] = {
    # records
    "UNUSABLE": Entry("the record is unusable: {why}", "RFC 6698 §4.1", None, 10, ZONE, WARNING),
    "USAGE_NOT_ACCEPTED": Entry("usage {usage} is not accepted here", "RFC 6698 §4.1", None, 10, ZONE, WARNING),
    "WEAKER_DIGEST": Entry(
        "set aside: {stronger} is published for the same usage and selector", "RFC 7671 §9", None, 5, ZONE, NOTE
    ),
    "NO_ROOTS": Entry("no roots were given, and {usage} needs a path to one", "RFC 6698 §2.1.1", None, 20, CALLER),
    "PROOF_NOT_CURRENT": Entry(
        "the proof of the TLSA records holds from {begin} until {end}, not at {when}", "RFC 6698 §4", None, 99, CALLER
    ),
    # matching
    "LEAF_DIFFERS": Entry("the server's certificate has another {what}", "RFC 6698 §2.1.1", None, 30, ZONE),
    "NOTHING_MATCHES": Entry("no issuer on a path has this {what}", "RFC 6698 §2.1.1", None, 30, ZONE),
    "LEAF_IS_NO_ISSUER": Entry(
        "only the server's own certificate has this {what}, and {usage} means an issuer",
        "RFC 7671 §5.2",
        None,
        40,
        ZONE,
    ),
    "NOT_ON_PATH": Entry(
        "certificate {depth} has this {what}, but the server's certificate does not descend from it: {why}",
        "RFC 7671 §5.2",
        None,
        45,
        SERVER,
    ),
    "NO_PKIX_PATH": Entry("no path leads to a root that was given: {why}", "RFC 6698 §2.1.1", None, 46, SERVER),
    # certificates and paths
    "CERTIFICATE_UNREADABLE": Entry("certificate {depth} cannot be read: {why}", "RFC 5280 §4.1", None, 50, SERVER),
    "CRYPTO_POLICY": Entry("rejected by crypto policy: certificate {depth}: {why}", "RFC 6698 §4.1", None, 60, SERVER),
    "SIGNATURE_INVALID": Entry(
        "certificate {depth} is not signed by the key of the next one", "RFC 5280 §6.1.3", None, 48, SERVER
    ),
    "NO_CA": Entry("certificate {depth} is no certification authority: {why}", "RFC 5280 §4.2.1.9", None, 62, SERVER),
    "KEY_USAGE": Entry("the key usage of certificate {depth} forbids it: {why}", "RFC 5280 §4.2.1.3", None, 62, SERVER),
    "EXTENDED_KEY_USAGE": Entry(
        "certificate {depth} may not be used for TLS servers: {why}", "RFC 5280 §4.2.1.12", None, 62, SERVER
    ),
    "PATH_LENGTH": Entry(
        "certificate {depth} allows {limit} intermediates below it, not {count}", "RFC 5280 §4.2.1.9", None, 62, SERVER
    ),
    "CRITICAL_EXTENSION": Entry(
        "certificate {depth} has a critical extension that is unknown here: {what}", "RFC 5280 §4.2", None, 61, SERVER
    ),
    "NAME_CONSTRAINTS": Entry(
        "certificate {depth} does not allow the name {name}: {why}", "RFC 5280 §4.2.1.10", None, 63, SERVER
    ),
    "CERTIFICATE_EXPIRED": Entry(
        "certificate {depth} expired {age} ago, on {when}", "RFC 5280 §4.1.2.5", None, 70, SERVER
    ),
    "CERTIFICATE_NOT_YET_VALID": Entry(
        "certificate {depth} is not valid before {when}, in {age}", "RFC 5280 §4.1.2.5", None, 70, CLOCK
    ),
    "PATH_REFUSED": Entry("the path to certificate {depth} is refused: {why}", "RFC 5280 §6.1", None, 47, SERVER),
    "PATH_LIMIT": Entry("{what}", "RFC 5280 §6.1", None, 44, SERVER),
    # names
    "NAMES_DIFFER": Entry("the certificate is for {presented}, not for {wanted}", "RFC 7671 §5.2", None, 80, SERVER),
    "NAMES_UNREADABLE": Entry(
        "the names of the certificate cannot be read, so it is not for {wanted}", "RFC 6125 §6.4", None, 80, SERVER
    ),
}

# The word of the report (dane.md 5.2) for a peer that only these findings speak about.
RESULTS: dict[str, str] = {
    **dict.fromkeys(DANE_CATALOGUE, CHAIN_INVALID),
    **dict.fromkeys(("UNUSABLE", "USAGE_NOT_ACCEPTED", "WEAKER_DIGEST"), UNUSABLE_TLS_ONLY),
    **dict.fromkeys(("LEAF_DIFFERS", "NOTHING_MATCHES", "LEAF_IS_NO_ISSUER"), MISMATCH),
    **dict.fromkeys(("CERTIFICATE_EXPIRED", "CERTIFICATE_NOT_YET_VALID", "PROOF_NOT_CURRENT"), EXPIRED),
    **dict.fromkeys(("NAMES_DIFFER", "NAMES_UNREADABLE"), NAME_MISMATCH),
}


class DaneFinding(Finding):
    """One fact about a record and the certificates that were presented."""

    __slots__ = ()
    __module__ = "resolver.dane"
    catalogue: ClassVar[Mapping[str, Entry]] = DANE_CATALOGUE

    @property
    def result(self) -> str:
        """The word of the report that it stands for."""
        return RESULTS[self.code]


def dane_finding(code: str, record: Tlsa | None = None, **details: object) -> DaneFinding:
    """A finding about a record, or about the peer as a whole."""
    return DaneFinding(code, "" if record is None else short(record), "", details)


def short(record: Tlsa) -> str:
    """The record in one short line: the data are cut after a digest's length."""
    text = str(record)
    return text if len(text) <= 140 else text[:137] + "..."


__all__ = [
    "AUTHENTICATED",
    "CHAIN_INVALID",
    "DANE_CATALOGUE",
    "ERROR",
    "EXPIRED",
    "MISMATCH",
    "NAME_MISMATCH",
    "RESULTS",
    "UNUSABLE_TLS_ONLY",
    "DaneFinding",
    "dane_finding",
    "short",
]
