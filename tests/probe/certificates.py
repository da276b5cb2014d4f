"""Certificates made for a test: authorities, servers of either kind of key, and whatever is wrong with them."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.x509.oid import NameOID

# Around the worlds' own time, and today as well.
BEGIN = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
END = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
PAST = dt.datetime(2021, 1, 1, tzinfo=dt.UTC)

DER = serialization.Encoding.DER
SPKI = serialization.PublicFormat.SubjectPublicKeyInfo


class Identity(NamedTuple):
    """A certificate with its key."""

    certificate: x509.Certificate
    key: CertificateIssuerPrivateKeyTypes

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(DER)

    @property
    def spki(self) -> bytes:
        return self.certificate.public_key().public_bytes(DER, SPKI)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def tlsa(self, usage: int, selector: int, matching_type: int) -> str:
        """The RDATA of a record for this certificate."""
        data = self.spki if selector else self.der
        if matching_type:
            data = hashlib.new({1: "sha256", 2: "sha512"}[matching_type], data).digest()
        return f"{usage} {selector} {matching_type} {data.hex()}"


@cache
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def make(
    subject: str,
    issuer: Identity | None = None,
    *,
    names: Sequence[str] = (),
    authority: bool = False,
    until: dt.datetime = END,
    key: CertificateIssuerPrivateKeyTypes | None = None,
    signed_by: CertificateIssuerPrivateKeyTypes | None = None,
) -> Identity:
    """A certificate; without an issuer it signs itself. `signed_by` forges: another key than the issuer's."""
    own = key or ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.certificate.subject if issuer else name)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(BEGIN)
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
    )
    signer = issuer.key if issuer else own
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
    )
    if authority:
        usage = dict.fromkeys(
            ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False
        )
        builder = builder.add_extension(
            x509.KeyUsage(**usage, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False),
            critical=True,
        )
    if names:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(each) for each in names]), critical=False
        )
    return Identity(builder.sign(signed_by or signer, hashes.SHA256()), own)


def write(folder: Path, name: str, leaf: Identity, *more: Identity) -> Path:
    """A file with the leaf's key and the certificates in this order, for `load_cert_chain`."""
    path = folder / f"{name}.pem"
    key = leaf.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(key + b"".join(each.pem for each in (leaf, *more)))
    return path
