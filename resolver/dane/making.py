"""TLSA records made from what an operator holds: a certificate, a chain, a signing request or a key (RFC 6698 §2.1).

`make` is the rule for one record. The rest answers which part of a file a usage is about: PKIX-EE and DANE-EE the
server's own certificate, PKIX-TA and DANE-TA an issuer of it, in a file that may hold the whole chain.

Not done: what is good about a record and what is not; that is `dane.linting`.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from resolver.dane import der
from resolver.dane.certificates import Certificate
from resolver.dane.material import Part, certificate_der, read
from resolver.dane.tlsa import CERT, DANE_EE, DANE_TA, FULL, PKIX_EE, PKIX_TA, SHA2_256, SHA2_512, SPKI, Tlsa
from resolver.dane.words import word
from resolver.errors import BadInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from resolver.dane.material import CertificateLike

USAGES = (DANE_EE, DANE_TA, PKIX_EE, PKIX_TA)  # the recommended one first (RFC 7671 §4, RFC 7672 §3.1)
ANCHOR_USAGES = frozenset({PKIX_TA, DANE_TA})  # about an issuer (RFC 6698 §2.1.1)
SELECTORS = (SPKI, CERT)
MATCHING_TYPES = (SHA2_256, SHA2_512, FULL)


def make(
    certificate: CertificateLike, *, usage: int = DANE_EE, selector: int = SPKI, matching_type: int = SHA2_256
) -> Tlsa:
    """The TLSA record of one certificate, request or key.

    Of a chain it takes the server's own certificate for usages 1 and 3, and its one issuer for usages 0 and 2.

    Args:
        certificate: in PEM or DER; a certificate request, a key or PKCS#12 will do where the selector is SPKI(1).
        usage: 0 to 3 (RFC 6698 §2.1.1); 3 1 1 is what RFC 7671 §5.1 recommends.
        selector: 0 the whole certificate, 1 its SubjectPublicKeyInfo (RFC 6698 §2.1.2).
        matching_type: 0 the data themselves, 1 SHA-256, 2 SHA-512 (RFC 6698 §2.1.3).

    Raises:
        BadInput: nothing that can be read, more than one candidate, or a number that has no meaning.
    """
    if isinstance(certificate, bytes | bytearray | memoryview):
        parts = read(bytes(certificate), "the certificate")
    else:
        parts = read(certificate_der(certificate), "the certificate")
    return record_of(wanted(parts, usage), usage, selector, matching_type)


def record_of(part: Part, usage: int, selector: int, matching_type: int) -> Tlsa:
    """The record of exactly this part.

    Raises:
        BadInput: a number that has no meaning, or selector 0 of something that is no certificate.
    """
    for field, number, limit in (("usage", usage, 3), ("selector", selector, 1), ("matching_type", matching_type, 2)):
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= limit:
            raise BadInput(f"bad {field} {number!r}: a number from 0 to {limit} is needed (RFC 6698 §2.1)")
    if selector == CERT and part.certificate is None:
        raise BadInput(
            f"{part.where}: selector 0 is about a certificate, and this is a {part.kind}; "
            "use selector 1, or wait for the certificate"
        )
    return Tlsa(usage, selector, matching_type, association(part, selector, matching_type))


def association(part: Part, selector: int, matching_type: int) -> bytes:
    """The certificate association data (RFC 6698 §2.1.4)."""
    selected = part.spki if selector == SPKI else part.certificate
    assert selected is not None
    if matching_type == FULL:
        return selected
    return (hashlib.sha256 if matching_type == SHA2_256 else hashlib.sha512)(selected).digest()


class Roles(NamedTuple):
    """Who is who in a file.

    Fields: the server's own part; its issuers, the nearest first; the certificates as a server sends them, its own first,
    none where there is only a key.
    """

    own: Part
    issuers: tuple[Part, ...]
    chain: tuple[bytes, ...]


def roles(parts: Sequence[Part]) -> Roles:
    """Which part is the server's, and which are its issuers.

    The server's certificate is the one that issued none of the others; requests and keys count only where there is no
    certificate. A key beside its own certificate says nothing new.

    Raises:
        BadInput: two certificates of servers, or two requests or keys.
    """
    certificates = list({part.certificate: part for part in parts if part.certificate is not None}.values())
    if not certificates:
        others = list({part.spki: part for part in parts}.values())
        if len(others) > 1:
            raise BadInput(_two(others))
        return Roles(others[0], (), ())
    held = {part.spki for part in certificates}
    strays = [part for part in parts if part.certificate is None and part.spki not in held]
    if strays:
        raise BadInput(
            f"{strays[0].where}: this {strays[0].kind} belongs to no certificate of the file; "
            "give each server's own in a file of its own"
        )
    leaves = [
        part for part in certificates if not any(_issued(part, other) for other in certificates if other is not part)
    ]
    if len(leaves) > 1:  # an authority that is left over in the file is no server
        leaves = [part for part in leaves if not is_authority(part)] or leaves
    if len(leaves) > 1:
        raise BadInput(_two(leaves))
    # Two that issued each other have no leaf; the first is then the server's, as TLS sends them.
    own = leaves[0] if leaves else certificates[0]
    issuers: list[Part] = []
    waiting = [own]
    for below in waiting:
        for part in certificates:
            if part is not own and part not in issuers and _issued(part, below):
                issuers.append(part)
                waiting.append(part)
    chain = [own, *(part for part in certificates if part is not own)]
    return Roles(own, tuple(issuers), tuple(part.certificate for part in chain if part.certificate is not None))


def is_authority(part: Part) -> bool:
    """Whether a part is a certificate that says of itself that it may issue others (RFC 5280 §4.2.1.9)."""
    if part.certificate is None:
        return False
    certificate = Certificate(part.certificate)
    return certificate.refusal is None and certificate.facts.is_ca


def wanted(parts: Sequence[Part], usage: int) -> Part:
    """The part that a record of this usage is about.

    Raises:
        BadInput: there is more than one candidate.
    """
    own, issuers, _ = roles(parts)
    if usage not in ANCHOR_USAGES or not issuers:
        return own  # a file with one certificate is taken as what the usage is about
    # Without a server's certificate among them each may be meant.
    candidates = [own, *issuers] if is_authority(own) else list(issuers)
    if len(candidates) > 1:
        listed = ", ".join(part.where for part in candidates)
        raise BadInput(
            f"{len(candidates)} issuers where {word('usage', usage)} wants one ({listed}); "
            "give the one that clients are to trust as a file of its own"
        )
    return candidates[0]


def combinations(usages: Sequence[int] = USAGES, *, certificate: bool = True) -> list[tuple[int, int, int]]:
    """Every combination of usage, selector and matching type, the recommended ones first; 24 for all usages.

    Args:
        usages: which ones.
        certificate: whether there is a certificate, or only a key, for which selector 0 has no meaning.
    """
    return [
        (usage, selector, matching_type)
        for usage in usages
        for selector in SELECTORS
        for matching_type in MATCHING_TYPES
        if certificate or selector == SPKI
    ]


def _issued(issuer: Part, part: Part) -> bool:
    """Whether the names say so; signatures are the matcher's matter."""
    assert issuer.certificate is not None and part.certificate is not None
    above, below = der.outline(issuer.certificate), der.outline(part.certificate)
    assert above is not None and below is not None
    return above.subject == below.issuer and above.subject != below.subject


def _two(parts: Sequence[Part]) -> str:
    listed = ", ".join(part.where for part in parts[:4])
    more = f" and {len(parts) - 4} more" if len(parts) > 4 else ""
    what = "certificates" if parts[0].certificate is not None else "keys"
    return f"{len(parts)} {what} where one is wanted ({listed}{more}); give each server's own in a file of its own"
