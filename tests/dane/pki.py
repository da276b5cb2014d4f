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
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from resolver.dane.der import element
from resolver.dane.tlsa import CERT, FULL, SHA2_256, Tlsa
from resolver.testing.rsa_keys import EXPONENT, PRIMES

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


@cache
def rsa_key(bits: int, number: int = 0) -> rsa.RSAPrivateKey:
    """One of the RSA keys that everybody knows (`resolver.testing.rsa_keys`)."""
    p, q = (int(prime, 16) for prime in PRIMES[bits][number])
    d = rsa.rsa_recover_private_exponent(EXPONENT, p, q)
    public = rsa.RSAPublicNumbers(EXPONENT, p * q)
    d_p, d_q, q_inverse = rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q)
    return rsa.RSAPrivateNumbers(p, q, d, d_p, d_q, q_inverse, public).private_key()


def der(tag: int, *content: bytes) -> bytes:
    """A DER element (X.690 §10.1)."""
    body = b"".join(content)
    size = len(body)
    if size < 128:
        return bytes((tag, size)) + body
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(length))) + length + body


_ECDSA_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")
_ECDSA_SHA1 = bytes.fromhex("300906072a8648ce3d0401")


def rebuilt(
    issued: Issued,
    signer: Any,
    *,
    version: int = 3,
    serial: bytes | None = None,
    sha1: bool = False,
    subject: bytes | None = None,
    validity: bytes | None = None,
    extensions: bytes | None = None,
) -> Issued:
    """The certificate written once more, with what `cryptography` would not write, signed with an ECDSA key.

    Args:
        version: 1 leaves out the version and the extensions.
        serial: the content of the INTEGER. subject, validity: whole elements.
        extensions: the content of the SEQUENCE of extensions.
    """
    parts = elements(elements(issued.der)[0])
    if version == 1:
        parts = parts[1:7]
    else:
        parts[0] = der(0xA0, der(2, bytes((version - 1,))))
        if extensions is not None:
            parts[7:] = [der(0xA3, der(0x30, extensions))]
    first = 0 if version == 1 else 1
    algorithm = _ECDSA_SHA1 if sha1 else _ECDSA_SHA256
    if serial is not None:
        parts[first] = der(2, serial)
    parts[first + 1] = algorithm
    if validity is not None:
        parts[first + 3] = validity
    if subject is not None:
        parts[first + 4] = subject
    tbs = der(0x30, *parts)
    kind: Any = hashes.SHA1() if sha1 else SHA256
    hashed = hashlib.new(kind.name, tbs).digest()
    signature = signer.sign(hashed, ec.ECDSA(Prehashed(kind), deterministic_signing=True))
    return Issued(der(0x30, tbs, algorithm, der(3, b"\0", signature)), issued.key, issued.subject)


def elements(octets: bytes) -> list[bytes]:
    """The elements within one element."""
    outer = element(octets, 0, len(octets))
    assert outer is not None
    at, end = outer
    found = []
    while (inner := element(octets, at, end)) is not None:
        found.append(octets[at : inner[1]])
        at = inner[1]
    return found


@cache
def ed25519_key() -> Any:
    """An Ed25519 key."""
    return ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))


def key_info(name: str) -> bytes:
    """The SubjectPublicKeyInfo of the key of that name."""
    return spki(key(name))
