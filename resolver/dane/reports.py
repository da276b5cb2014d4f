"""What a check of real peers says: one fixed word for each peer, host and domain, and what follows from the word.

The words are ordered by how bad they are for a domain whose hosts have different ones: first what keeps its security,
then what lowers it, then what stops the mail, and worst where what answered is not who it should be.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from resolver.data.name import Name

if TYPE_CHECKING:
    from resolver.dane.tlsa import TlsaSet
    from resolver.data.rrset import RRset
    from resolver.validator.outcome import Outcome

AUTHENTICATED = "AUTHENTICATED"  # a usable record matches, and all that its usage demands holds
UNUSABLE_TLS_ONLY = "UNUSABLE_TLS_ONLY"  # records, none of them usable: TLS without authentication (RFC 7672 §2.2)
NO_DANE = "NO_DANE"  # proven absent or proven unsigned: DANE does not apply
TLS_FAILED = "TLS_FAILED"  # no connection, or no handshake
NO_STARTTLS = "NO_STARTTLS"  # the peer does not offer TLS where it must (RFC 7672 §2.2)
DNS_ERROR = "DNS_ERROR"  # bogus or not found out: nothing may be concluded (RFC 7672 §2.1.2)
EXPIRED = "EXPIRED"  # a record matches; a certificate is out of its dates
NAME_MISMATCH = "NAME_MISMATCH"  # a record matches; the certificate is for other names
CHAIN_INVALID = "CHAIN_INVALID"  # a record matches; the path to it does not hold
MISMATCH = "MISMATCH"  # no usable record matches

# From the best to the worst.
RESULTS = (
    AUTHENTICATED,
    UNUSABLE_TLS_ONLY,
    NO_DANE,
    TLS_FAILED,
    NO_STARTTLS,
    DNS_ERROR,
    EXPIRED,
    NAME_MISMATCH,
    CHAIN_INVALID,
    MISMATCH,
)
SEVERITY = {result: rank for rank, result in enumerate(RESULTS)}

EXIT_CODES = {
    AUTHENTICATED: 0,
    UNUSABLE_TLS_ONLY: 3,
    NO_DANE: 3,
    TLS_FAILED: 5,
    NO_STARTTLS: 5,
    DNS_ERROR: 4,
    EXPIRED: 1,
    NAME_MISMATCH: 1,
    CHAIN_INVALID: 1,
    MISMATCH: 1,
}
# OK, WARNING, CRITICAL, UNKNOWN, as monitoring plug-ins exit.
NAGIOS_CODES = {0: 0, 1: 2, 2: 3, 3: 1, 4: 2, 5: 2}

STARTTLS_NOT_SUPPORTED = "starttls-not-supported"  # RFC 8460 §4.3.1
CERTIFICATE_HOST_MISMATCH = "certificate-host-mismatch"
CERTIFICATE_EXPIRED = "certificate-expired"
CERTIFICATE_NOT_TRUSTED = "certificate-not-trusted"
VALIDATION_FAILURE = "validation-failure"
TLSA_INVALID = "tlsa-invalid"  # RFC 8460 §4.3.2.1
DNSSEC_INVALID = "dnssec-invalid"
DANE_REQUIRED = "dane-required"

# What a report to the domain (RFC 8460 §4.3) would say; None where there is no failure to report.
TLSRPT_TYPES = {
    AUTHENTICATED: None,
    UNUSABLE_TLS_ONLY: TLSA_INVALID,  # none of the records is valid
    NO_DANE: None,  # DANE_REQUIRED where the sender insists on DANE
    TLS_FAILED: VALIDATION_FAILURE,
    NO_STARTTLS: STARTTLS_NOT_SUPPORTED,
    DNS_ERROR: DNSSEC_INVALID,
    EXPIRED: CERTIFICATE_EXPIRED,
    NAME_MISMATCH: CERTIFICATE_HOST_MISMATCH,
    CHAIN_INVALID: CERTIFICATE_NOT_TRUSTED,
    MISMATCH: VALIDATION_FAILURE,
}


def worst_result(results: Iterable[str], *, default: str = DNS_ERROR) -> str:
    """The worst of the words; `default` where there is none."""
    return max(results, key=SEVERITY.__getitem__, default=default)


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerReport:
    """What one address presented for one kind of key.

    Attributes:
        address: the address, in words; with the port where that is not the host's.
        key_type: "rsa", "ecdsa", or "" where the server chose.
        result: one of `RESULTS`.
        reason: one line.
        match: the `Match` of `resolver.dane.match`, or None where it did not come to that.
        finding: what went wrong, in one line, or None.
        protocol, cipher: of the session, such as "TLSv1.3"; "" where there was none.
        chain: the certificates in DER, leaf first, exactly as sent.
        tlsrpt: the result type of RFC 8460 §4.3, or None.
    """

    __module__ = "resolver.dane"

    address: str
    result: str
    key_type: str = ""
    reason: str = ""
    match: Any = None
    finding: str | None = None
    protocol: str = ""
    cipher: str = ""
    chain: tuple[bytes, ...] = ()
    tlsrpt: str | None = None

    @property
    def ok(self) -> bool:
        """Whether DANE authenticated the peer."""
        return self.result == AUTHENTICATED


@dataclass(frozen=True, slots=True, kw_only=True)
class HostReport:
    """What one service of one host is worth: the worst of its peers.

    Attributes:
        host, port: what was checked.
        base_domain: the TLSA base domain (RFC 7671 §7), also the server name to ask for (SNI).
        result: one of `RESULTS`.
        reason: one line.
        tlsa: the verdict about the TLSA records.
        peers: one for each address and kind of key.
        valid_until: POSIX seconds; when the result may change at the latest, or None where nothing says.
        preference: of its MX record, or None.
    """

    __module__ = "resolver.dane"

    host: Name
    port: int
    base_domain: Name
    result: str
    reason: str
    tlsa: Outcome[TlsaSet]
    peers: tuple[PeerReport, ...] = ()
    valid_until: float | None = None
    preference: int | None = None

    @property
    def ok(self) -> bool:
        """Whether DANE authenticated every peer."""
        return self.result == AUTHENTICATED


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpReport:
    """What mail to one domain can count on: the worst of its hosts.

    Attributes:
        domain: the recipients' domain.
        mx: the verdict about its MX records.
        hosts: in MX order.
        result: one of `RESULTS`.
        reason: one line.
        secure_mx: whether the hosts themselves are proven to be the domain's (RFC 7672 §2.2.1); where not, no host's
            DANE makes delivery to the domain secure.
    """

    __module__ = "resolver.dane"

    domain: Name
    mx: Outcome[RRset]
    hosts: tuple[HostReport, ...]
    result: str
    reason: str
    secure_mx: bool = True

    @property
    def ok(self) -> bool:
        """Whether every host is authenticated and proven to be the domain's."""
        return self.result == AUTHENTICATED and self.secure_mx
