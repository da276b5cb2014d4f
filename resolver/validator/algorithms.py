"""Keys, signatures' mathematics and DS digests. The only module of the validator that imports `cryptography`.

A key is loaded when it first verifies. Whatever is wrong with one key makes that key bad and never an algorithm
"unsupported" (R38): insecurity can come only from the numbers of an authenticated DS RRset.

Limits: RSA moduli up to 4096 bits (RFC 3110 §2), exponents up to 2^32+1.
Not done: GOST (RFC 9558, RFC 9906), DSA, PRIVATEDNS and PRIVATEOID.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from resolver.data.name import Name
from resolver.data.views import Dnskey, read_dnskey
from resolver.validator.policy import (
    ECDSAP256,
    ECDSAP384,
    ED448,
    ED25519,
    MLDSA44,
    RSASHA1,
    RSASHA1_NSEC3,
    RSASHA256,
    RSASHA512,
    SHA1,
    SHA256,
    SHA384,
)

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurve, EllipticCurvePublicKey

# What one check costs in units of the budget: measured, P-256 = 1 (validation.md, "Budgets").
UNITS = {ECDSAP384: 4, ED448: 2}

# Octets of keys and signatures: RFC 6605 §4 (ECDSA), RFC 8080 §3 and §4 (EdDSA), draft-westerbaan-dnssec-mldsa (18).
KEY_OCTETS = {ECDSAP256: 64, ECDSAP384: 96, ED25519: 32, ED448: 57, MLDSA44: 1312}
SIGNATURE_OCTETS = {ECDSAP256: 64, ECDSAP384: 96, ED25519: 64, ED448: 114, MLDSA44: 2420}

RSA = frozenset({RSASHA1, RSASHA1_NSEC3, RSASHA256, RSASHA512})
MAX_RSA_BITS = 4096  # RFC 3110 §2, RFC 5702 §2
MIN_RSA_BITS = {RSASHA512: 1024}  # RFC 5702 §2.2; else 512 (RFC 3110 §2)
MAX_RSA_EXPONENT = 2**32 + 1  # larger ones only cost time (R34)
WEAK_RSA_BITS = 1024  # below: noted on everything that rests on the key (R34)

Verifier = Callable[[bytes, bytes], None]  # signature and data; raises where it does not verify


class BadKey(Exception):
    """A key that cannot verify anything; `code` names the finding, `bits` an RSA modulus where that is the reason."""

    def __init__(self, code: str, bits: int = 0) -> None:
        super().__init__(code)
        self.code = code
        self.bits = bits


class Key:
    """A DNSKEY and, once it was used, its loaded public key.

    Attributes:
        rdata: the record's RDATA.
        tag, algorithm: its key tag and algorithm number.
        units: what one signature check costs.
    """

    __slots__ = ("_bits", "_check", "_refused", "algorithm", "rdata", "tag", "units")

    def __init__(self, dnskey: Dnskey) -> None:
        self.rdata = dnskey.rdata
        self.tag = dnskey.tag
        self.algorithm = dnskey.algorithm
        self.units = UNITS.get(dnskey.algorithm, 1)
        self._bits: int | None = None
        self._check: Verifier | None = None
        self._refused: BadKey | None = None

    @property
    def dnskey(self) -> Dnskey:
        """The view of the record."""
        view = read_dnskey(self.rdata)
        assert view is not None  # it was made from one
        return view

    @property
    def bits(self) -> int:
        """The size of the key in bits, as people name it: RSA modulus, curve size; 0 for a malformed RSA key."""
        if self._bits is None:
            self._bits = self._size()
        return self._bits

    def _size(self) -> int:
        if self.algorithm in RSA:
            try:
                return _rsa_numbers(self.rdata[4:])[1].bit_length()
            except BadKey:
                return 0
        return {ECDSAP256: 256, ECDSAP384: 384, ED25519: 256, ED448: 456, MLDSA44: 1312 * 8}.get(
            self.algorithm, len(self.rdata[4:]) * 8
        )

    def verify(self, signature: bytes, data: bytes) -> bool:
        """Whether the signature over the data is this key's: the mathematics only.

        Raises:
            BadKey: the key itself is malformed or out of range (R34 to R36).
        """
        check = self._check
        if check is None:
            if self._refused is not None:
                raise self._refused
            try:
                check = self._check = _load(self.algorithm, self.rdata[4:])
            except BadKey as refused:
                self._refused = refused
                raise
        try:
            check(signature, data)
        except Exception as failed:  # cryptography raises ValueError and its own types on odd input
            if isinstance(failed, MemoryError):
                raise
            return False
        return True

    @property
    def is_loaded(self) -> bool:
        """Whether the public key is in memory in the library's own form."""
        return self._check is not None

    def unload(self) -> None:
        """Give that memory back, about 2 kB; the next signature check loads it again."""
        self._check = None

    def __repr__(self) -> str:
        return f"<Key {self.tag}/{self.algorithm}>"


def _rsa_numbers(key: bytes) -> tuple[int, int]:
    """Exponent and modulus (RFC 3110 §2)."""
    if len(key) < 3:
        raise BadKey("DNSKEY_BAD_LENGTH")
    size, at = key[0], 1
    if size == 0:
        size, at = key[1] << 8 | key[2], 3
    exponent, modulus = key[at : at + size], key[at + size :]
    if not exponent or len(exponent) != size or not modulus:
        raise BadKey("DNSKEY_BAD_LENGTH")
    if len(modulus) > MAX_RSA_BITS // 8 + 8:
        raise BadKey("RSA_MODULUS_RANGE", len(modulus) * 8)
    return int.from_bytes(exponent), int.from_bytes(modulus)


def _load(algorithm: int, key: bytes) -> Verifier:
    size = KEY_OCTETS.get(algorithm)
    if size is not None and len(key) != size:
        raise BadKey("DNSKEY_BAD_LENGTH")
    try:
        if algorithm in RSA:
            return _load_rsa(algorithm, key)
        if algorithm in (ECDSAP256, ECDSAP384):
            return _load_ecdsa(algorithm, key)
        if algorithm in (ED25519, ED448):
            return _load_eddsa(algorithm, key)
        if algorithm == MLDSA44:
            return _load_mldsa(key)
    except BadKey:
        raise
    except Exception as refused:  # a point off the curve, an even modulus: the library's words vary
        raise BadKey("DNSKEY_UNUSABLE") from refused
    raise BadKey("DNSKEY_UNUSABLE")


def _load_rsa(algorithm: int, key: bytes) -> Verifier:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    exponent, modulus = _rsa_numbers(key)
    bits = modulus.bit_length()
    if not MIN_RSA_BITS.get(algorithm, 512) <= bits <= MAX_RSA_BITS:
        raise BadKey("RSA_MODULUS_RANGE", bits)
    if exponent > MAX_RSA_EXPONENT:
        raise BadKey("RSA_EXPONENT_LARGE")
    public = rsa.RSAPublicNumbers(exponent, modulus).public_key()
    scheme = padding.PKCS1v15()
    digest: hashes.HashAlgorithm
    if algorithm == RSASHA256:
        digest = hashes.SHA256()
    elif algorithm == RSASHA512:
        digest = hashes.SHA512()
    else:
        digest = hashes.SHA1()
    return lambda signature, data: public.verify(signature, data, scheme, digest)


@cache
def _ecdsa(algorithm: int) -> tuple[Callable[[EllipticCurve, bytes], EllipticCurvePublicKey], EllipticCurve, ECDSA]:
    """What loads a key, the curve and the signature scheme (RFC 6605 §4)."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    if algorithm == ECDSAP256:
        return ec.EllipticCurvePublicKey.from_encoded_point, ec.SECP256R1(), ec.ECDSA(hashes.SHA256())
    return ec.EllipticCurvePublicKey.from_encoded_point, ec.SECP384R1(), ec.ECDSA(hashes.SHA384())


def _load_ecdsa(algorithm: int, key: bytes) -> Verifier:
    load, curve, scheme = _ecdsa(algorithm)
    verify, half = load(curve, b"\x04" + key).verify, len(key) // 2

    def check(signature: bytes, data: bytes) -> None:
        # RFC 6605 §4: r and s side by side; the library wants them in DER.
        if len(signature) != 2 * half:
            raise ValueError("length")
        verify(_der_sequence(signature[:half], signature[half:]), data, scheme)

    return check


def _der_sequence(first: bytes, second: bytes) -> bytes:
    """Two unsigned integers as a DER SEQUENCE (X.690 §8.3, §8.9); shorter than 128 octets with both curves' integers."""
    body = b""
    for octets in (first, second):
        octets = octets.lstrip(b"\0") or b"\0"
        if octets[0] & 0x80:
            octets = b"\0" + octets
        body += bytes((2, len(octets))) + octets
    return bytes((0x30, len(body))) + body


def _load_eddsa(algorithm: int, key: bytes) -> Verifier:
    if algorithm == ED25519:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        return Ed25519PublicKey.from_public_bytes(key).verify
    from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PublicKey

    return Ed448PublicKey.from_public_bytes(key).verify


def _load_mldsa(key: bytes) -> Verifier:
    from cryptography.hazmat.primitives.asymmetric import mldsa

    return mldsa.MLDSA44PublicKey.from_public_bytes(key).verify  # pure, with an empty context


@cache
def is_available(algorithm: int) -> bool:
    """Whether the installed library can do this algorithm at all (R38): an old one lacks ML-DSA, FIPS removes some."""
    from resolver.validator.known_answers import KNOWN_ANSWERS

    known = KNOWN_ANSWERS.get(algorithm)
    if known is None:
        return False
    key, data, signature = known
    try:
        check = _load(algorithm, key)
        check(signature, data)
    except Exception:  # noqa: BLE001 - ImportError, UnsupportedAlgorithm, InvalidSignature: each means that it cannot be used
        return False
    return True


def digest_of(digest_type: int, owner: Name, dnskey: bytes) -> bytes | None:
    """The DS digest of a DNSKEY (RFC 4034 §5.1.4): owner name, then RDATA. None for an unknown digest type."""
    data = owner.wire + dnskey
    if digest_type == SHA256:
        return hashlib.sha256(data).digest()
    if digest_type == SHA384:
        return hashlib.sha384(data).digest()
    if digest_type == SHA1:
        return hashlib.sha1(data, usedforsecurity=False).digest()
    return None
