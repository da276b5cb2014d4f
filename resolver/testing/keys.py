"""Test keys: made from a seed, so that the same world has the same keys in every run.

Limits: RSA keys come from a fixed, public list (`rsa_keys`). ECDSA signatures repeat only where OpenSSL knows RFC 6979
(3.2 and later); ML-DSA-44 signatures never repeat. An algorithm that nothing here implements gets a key and signatures
of pseudo-random octets: nobody can check them, which is what an unsupported algorithm looks like.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from resolver.errors import BadInput
from resolver.testing.rsa_keys import EXPONENT, PRIMES

ZONE_FLAG = 0x0100  # RFC 4034 §2.1.1
SEP_FLAG = 0x0001  # RFC 4034 §2.1.1
REVOKE_FLAG = 0x0080  # RFC 5011 §3
PROTOCOL = 3  # RFC 4034 §2.1.2

ALGORITHMS = {
    "RSASHA1": 5, "NSEC3RSASHA1": 7, "RSASHA256": 8, "RSASHA512": 10, "ECDSAP256SHA256": 13, "P256": 13,
    "ECDSAP384SHA384": 14, "P384": 14, "ED25519": 15, "ED448": 16, "MLDSA44": 18,
}  # fmt: skip
"""Mnemonics (IANA's, and the short ones of everyday speech) of the algorithms that really sign."""

_RSA_HASHES = {5: "sha1", 7: "sha1", 8: "sha256", 10: "sha512"}  # RFC 3110, RFC 5155 §2, RFC 5702 §3
# The DER in front of the digest (RFC 8017 §9.2 note 1).
_DIGEST_INFO = {
    "sha1": bytes.fromhex("3021300906052b0e03021a05000414"),
    "sha256": bytes.fromhex("3031300d060960864801650304020105000420"),
    "sha512": bytes.fromhex("3051300d060960864801650304020305000440"),
}
_FAKE_OCTETS = 64  # the size of keys and signatures of an algorithm that does not exist
_CACHED_DATA = 4096  # octets; longer signed data is not remembered

Sign = Callable[[bytes], bytes]


class Key(NamedTuple):
    """One key of a zone: what DNSKEY publishes, and the means to sign."""

    algorithm: int
    flags: int
    protocol: int
    public: bytes
    sign: Sign

    @property
    def rdata(self) -> bytes:
        """DNSKEY RDATA (RFC 4034 §2.1)."""
        return self.flags.to_bytes(2, "big") + bytes((self.protocol, self.algorithm)) + self.public

    @property
    def tag(self) -> int:
        """The key tag (RFC 4034 appendix B)."""
        return key_tag(self.rdata)

    @property
    def is_sep(self) -> bool:
        return bool(self.flags & SEP_FLAG)


def key_tag(rdata: bytes) -> int:
    """The key tag, added up octet by octet as RFC 4034 appendix B does (no algorithm 1 here)."""
    total = 0
    for at, octet in enumerate(rdata):
        total += octet if at & 1 else octet << 8
    return (total + (total >> 16 & 0xFFFF)) & 0xFFFF


def to_algorithm(algorithm: int | str) -> int:
    """The number of an algorithm.

    Raises:
        BadInput: no such mnemonic, or a number out of range.
    """
    if isinstance(algorithm, str):
        number = ALGORITHMS.get(algorithm.upper(), -1)
        if number < 0:
            raise BadInput(f"unknown algorithm {algorithm!r}: use a number or one of {', '.join(ALGORITHMS)}")
        return number
    if isinstance(algorithm, bool) or not 0 <= algorithm <= 255:
        raise BadInput(f"bad algorithm {algorithm!r}: a number from 0 to 255 is needed")
    return algorithm


def stream(size: int, *parts: str | bytes | int) -> bytes:
    """`size` pseudo-random octets that depend on nothing but `parts`."""
    seed = b"".join(
        len(octets).to_bytes(4, "big") + octets
        for octets in (part if isinstance(part, bytes) else str(part).encode() for part in parts)
    )
    return hashlib.shake_256(seed).digest(size)


@lru_cache(maxsize=1024)
def make_key(algorithm: int, flags: int, seed: bytes, rsa_bits: int = 2048) -> Key:
    """The key of that algorithm which belongs to `seed`; remembered, since tests build many worlds.

    Raises:
        BadInput: there is no RSA test key of that size, or `cryptography` lacks the algorithm.
    """
    public, sign = _material(algorithm, seed, rsa_bits)

    @lru_cache(maxsize=512)
    def remembered(data: bytes) -> bytes:
        return sign(data)

    return Key(
        algorithm, flags, PROTOCOL, public, lambda data: remembered(data) if len(data) <= _CACHED_DATA else sign(data)
    )


def _material(algorithm: int, seed: bytes, rsa_bits: int) -> tuple[bytes, Sign]:
    if algorithm in _RSA_HASHES:
        return _rsa(_RSA_HASHES[algorithm], seed, rsa_bits)
    if algorithm in (13, 14):
        return _ecdsa(algorithm, seed)
    if algorithm in (15, 16):
        return _eddsa(algorithm, seed)
    if algorithm == 18:
        return _ml_dsa(seed)
    return stream(_FAKE_OCTETS, "fake key", algorithm, seed), lambda data: stream(
        _FAKE_OCTETS, "fake signature", algorithm, seed, data
    )


def _rsa(hash_name: str, seed: bytes, bits: int) -> tuple[bytes, Sign]:
    """RSA by the book (RFC 8017 §8.2), so that neither SHA-1 nor small keys depend on what OpenSSL permits."""
    choices = PRIMES.get(bits)
    if choices is None:
        raise BadInput(f"no RSA test key of {bits} bits: choose one of {', '.join(map(str, PRIMES))}")
    p, q = (int(prime, 16) for prime in choices[stream(1, "rsa", seed)[0] % len(choices)])
    modulus = p * q
    size = (modulus.bit_length() + 7) // 8
    private_p, private_q = pow(EXPONENT, -1, p - 1), pow(EXPONENT, -1, q - 1)
    coefficient = pow(q, -1, p)

    def sign(data: bytes) -> bytes:
        info = _DIGEST_INFO[hash_name] + hashlib.new(hash_name, data, usedforsecurity=False).digest()
        if size < len(info) + 11:  # RFC 8017 §9.2 step 3
            raise BadInput(f"an RSA key of {bits} bits is too small for {hash_name}")
        padded = int.from_bytes(b"\0\1" + b"\xff" * (size - len(info) - 3) + b"\0" + info, "big")
        first, second = pow(padded, private_p, p), pow(padded, private_q, q)
        return (second + q * ((first - second) * coefficient % p)).to_bytes(size, "big")

    exponent = EXPONENT.to_bytes(3, "big")
    return bytes((len(exponent),)) + exponent + modulus.to_bytes(size, "big"), sign  # RFC 3110 §2


def _ecdsa(algorithm: int, seed: bytes) -> tuple[bytes, Sign]:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    curve: ec.EllipticCurve = ec.SECP256R1() if algorithm == 13 else ec.SECP384R1()
    digest: hashes.HashAlgorithm = hashes.SHA256() if algorithm == 13 else hashes.SHA384()
    size = 32 if algorithm == 13 else 48  # RFC 6605 §4
    # One octet fewer than the order has: always below it, and never zero.
    private = ec.derive_private_key(int.from_bytes(stream(size - 1, "ecdsa", seed), "big") + 1, curve)
    point = private.public_key().public_numbers()
    try:
        method = ec.ECDSA(digest, deterministic_signing=True)  # RFC 6979
    except UnsupportedAlgorithm:  # OpenSSL before 3.2
        method = ec.ECDSA(digest)

    def sign(data: bytes) -> bytes:
        r, s = decode_dss_signature(private.sign(data, method))
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")

    return point.x.to_bytes(size, "big") + point.y.to_bytes(size, "big"), sign


def _eddsa(algorithm: int, seed: bytes) -> tuple[bytes, Sign]:
    from cryptography.hazmat.primitives.asymmetric import ed448, ed25519

    private: ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey
    if algorithm == 15:  # RFC 8080 §3
        private = ed25519.Ed25519PrivateKey.from_private_bytes(stream(32, "eddsa", seed))
    else:
        private = ed448.Ed448PrivateKey.from_private_bytes(stream(57, "eddsa", seed))
    return private.public_key().public_bytes_raw(), private.sign


def _ml_dsa(seed: bytes) -> tuple[bytes, Sign]:
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        from cryptography.hazmat.primitives.asymmetric import mldsa

        private = mldsa.MLDSA44PrivateKey.from_seed_bytes(stream(32, "ml-dsa", seed))
    except (ImportError, UnsupportedAlgorithm) as refused:  # by its version, or by its OpenSSL
        raise BadInput(f"ML-DSA-44 (algorithm 18) needs a newer cryptography: {refused}") from refused
    return private.public_key().public_bytes_raw(), private.sign
