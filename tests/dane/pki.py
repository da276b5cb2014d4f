"""A small certification authority for tests: any certificate, the same octets each time, keys made from a number.

Not a library: it makes what no authority should, as long as `cryptography` can write it down.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from resolver.dane.tlsa import CERT, FULL, SHA2_256, Tlsa

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
AT = NOW.timestamp()
DAY = timedelta(days=1)
SHA256 = hashes.SHA256()
SERVER, CLIENT = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH
ANY = ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE

USES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


@cache
def key(name: str, curve: type[ec.EllipticCurve] = ec.SECP256R1) -> ec.EllipticCurvePrivateKey:
    """The key of that name, on that curve."""
    return ec.derive_private_key(int.from_bytes(hashlib.sha256(name.encode()).digest()[:24]) + 1, curve())


def usage(*uses: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{use: use in uses for use in USES})


def dn(text: str) -> x509.Name:
    """A subject with one common name; an empty text is the empty subject."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)] if text else [])


def spki(private: Any) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    octets: bytes = private.public_key().public_bytes(serialization.Encoding.DER, form)
    return octets


class Issued:
    """A certificate with its key.

    Attributes:
        der, spki: the octets; key: the private key; subject: its distinguished name.
    """

    def __init__(self, der: bytes, private: Any, subject: x509.Name) -> None:
        self.der = der
        self.key = private
        self.subject = subject
        self.spki = spki(private)


def issue(
    subject: str | x509.Name,
    issuer: Issued | None = None,
    *,
    private: Any = None,
    signer: Any = None,
    issuer_name: x509.Name | None = None,
    ca: bool = False,
    basic: bool | None = None,
    path_length: int | None = None,
    dns: Sequence[str] | None = None,
    names: Sequence[x509.GeneralName] = (),
    uses: Sequence[str] | None = None,
    purposes: Sequence[x509.ObjectIdentifier] | None = None,
    permitted: Sequence[x509.GeneralName] | None = None,
    excluded: Sequence[x509.GeneralName] | None = None,
    begin: datetime = NOW - 30 * DAY,
    end: datetime = NOW + 60 * DAY,
    digest: Any = SHA256,
    serial: int | None = None,
    extensions: Sequence[tuple[x509.ExtensionType, bool]] = (),
    padding: Any = None,
) -> Issued:
    """A certificate; without an issuer it signs itself.

    Args:
        private: its key; None: the key named as the subject.
        signer: the key that signs; None: the issuer's.
        issuer_name: what it says of its issuer; None: the issuer's subject.
        ca: whether basic constraints say so. basic: whether they are there; None: with `ca`.
        dns: dNSNames; None: none.
        uses: key usage; purposes: extended key usage; None: not restricted.
    """
    name = dn(subject) if isinstance(subject, str) else subject
    own = private if private is not None else key(str(subject))
    by = signer if signer is not None else (issuer.key if issuer else own)
    above = issuer_name if issuer_name is not None else (issuer.subject if issuer else name)
    seed = f"{name.rfc4514_string()} {above.rfc4514_string()} {dns} {begin} {end}"
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(above)
        .public_key(own.public_key())
        .serial_number(serial or int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8]) + 1)
        .not_valid_before(begin)
        .not_valid_after(end)
    )
    if ca or basic:
        builder = builder.add_extension(x509.BasicConstraints(ca, path_length), critical=ca)
    found: list[x509.GeneralName] = [*(x509.DNSName(text) for text in dns or ()), *names]
    if found:
        builder = builder.add_extension(x509.SubjectAlternativeName(found), critical=False)
    if uses is not None:
        builder = builder.add_extension(usage(*uses), critical=True)
    if purposes is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
    if permitted is not None or excluded is not None:
        builder = builder.add_extension(x509.NameConstraints(permitted, excluded), critical=True)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    deterministic = isinstance(by, ec.EllipticCurvePrivateKey) or None
    signed = builder.sign(by, digest, rsa_padding=padding, ecdsa_deterministic=deterministic)
    return Issued(signed.public_bytes(serialization.Encoding.DER), own, name)


def record(use: int, selector: int, matching_type: int, certificate: Issued | bytes) -> Tlsa:
    """The record that fits a certificate (or, for octets, the selected part itself)."""
    if isinstance(certificate, bytes):
        selected = certificate
    else:
        selected = certificate.der if selector == CERT else certificate.spki
    if matching_type != FULL:
        selected = (hashlib.sha256 if matching_type == SHA2_256 else hashlib.sha512)(selected).digest()
    return Tlsa(use, selector, matching_type, selected)


@cache
def usual() -> tuple[Issued, Issued, Issued]:
    """A server's certificate for mx.example.com, its issuer, and the root above."""
    root = issue("Root", ca=True)
    middle = issue("Intermediate", root, ca=True, path_length=0)
    return issue("mx.example.com", middle, dns=["mx.example.com"]), middle, root
