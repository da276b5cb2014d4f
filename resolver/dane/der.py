"""As much DER as DANE needs before anybody believes a certificate: where its elements are (X.690 §8, §10.1).

A key is found in any certificate of the right outer shape, however odd its inside: DANE-EE compares octets and asks for
nothing else (RFC 7671 §5.1), so what a stricter reader refuses must not stand in its way.

Limits: elements of up to 2^32-1 octets, tags of one octet.
"""

from __future__ import annotations

from typing import NamedTuple

INTEGER, BIT_STRING, SEQUENCE, VERSION = 0x02, 0x03, 0x30, 0xA0  # X.690 §8.3, §8.6, §8.9; RFC 5280 §4.1.2.1

CERTIFICATE_SHAPE = (SEQUENCE, SEQUENCE, BIT_STRING)  # RFC 5280 §4.1
SPKI_SHAPE = (SEQUENCE, BIT_STRING)  # RFC 5280 §4.1.2.7


class Outline(NamedTuple):
    """Where a certificate says what, as octets of whole DER elements (RFC 5280 §4.1)."""

    version: int  # 1, 2 or 3
    serial: bytes  # the content of the INTEGER
    issuer: bytes
    subject: bytes
    spki: bytes


def element(octets: bytes, at: int, end: int) -> tuple[int, int] | None:
    """Where the content of the DER element at `at` begins and ends; None where it is malformed or reaches too far."""
    if at + 2 > end:
        return None
    length, start = octets[at + 1], at + 2
    if length & 0x80:
        size = length & 0x7F
        start += size
        if not 0 < size <= 4 or start > end:  # X.690 §10.1: definite lengths only
            return None
        length = int.from_bytes(octets[at + 2 : start])
        if length < 0x80 or octets[at + 2] == 0:  # X.690 §10.1: the shortest form
            return None
    return (start, start + length) if start + length <= end else None


def is_sequence_of(octets: bytes, shape: tuple[int, ...]) -> bool:
    """Whether the octets are exactly one SEQUENCE of elements with these tags."""
    outer = element(octets, 0, len(octets))
    if outer is None or octets[0] != SEQUENCE or outer[1] != len(octets):
        return False
    at, end = outer
    for tag in shape:
        inner = element(octets, at, end)
        if inner is None or octets[at] != tag:
            return False
        at = inner[1]
    return at == end


def outline(certificate: bytes) -> Outline | None:
    """The outline of one certificate; None where the octets have not the shape of exactly one (RFC 5280 §4.1)."""
    if not is_sequence_of(certificate, CERTIFICATE_SHAPE):
        return None
    outer = element(certificate, 0, len(certificate))
    assert outer is not None
    tbs = element(certificate, outer[0], outer[1])
    assert tbs is not None
    at, end = tbs
    version = 1  # RFC 5280 §4.1.2.1: the default
    inner = element(certificate, at, end)
    if inner is not None and certificate[at] == VERSION:
        number = certificate[inner[0] : inner[1]]
        if len(number) != 3 or number[:2] != b"\x02\x01" or number[2] > 2:
            return None
        version, at = number[2] + 1, inner[1]
    # serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo
    found: list[tuple[int, int, int]] = []
    for tag in (INTEGER, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE):
        inner = element(certificate, at, end)
        if inner is None or certificate[at] != tag:
            return None
        found.append((at, *inner))
        at = inner[1]
    serial, _, issuer, _, subject, spki = found
    key = certificate[spki[0] : spki[2]]
    if not is_sequence_of(key, SPKI_SHAPE):
        return None
    return Outline(
        version,
        certificate[serial[1] : serial[2]],
        certificate[issuer[0] : issuer[2]],
        certificate[subject[0] : subject[2]],
        key,
    )


_COMMON_NAME = b"\x06\x03\x55\x04\x03"  # id-at-commonName (RFC 5280 §4.1.2.4, X.520)
# The string types of a DirectoryString, and IA5String, which is met (RFC 5280 §4.1.2.4).
_ENCODINGS = {0x0C: "utf-8", 0x13: "ascii", 0x16: "ascii", 0x14: "ascii", 0x1E: "utf-16-be", 0x1C: "utf-32-be"}


def common_names(name: bytes) -> tuple[str, ...]:
    """The common names of a distinguished name, in its order; what cannot be decoded is left out (RFC 5280 §4.1.2.4)."""
    found: list[str] = []
    for relative in _elements(name, 0, len(name), inside=True):
        for attribute in _elements(name, *relative):
            start, end = attribute
            if not name.startswith(_COMMON_NAME, start):
                continue
            at = start + len(_COMMON_NAME)
            value = element(name, at, end)
            if value is None or value[1] != end:
                continue
            try:
                found.append(name[value[0] : value[1]].decode(_ENCODINGS.get(name[at], "ascii")))
            except UnicodeDecodeError:
                continue
    return tuple(found)


def _elements(octets: bytes, at: int, end: int, *, inside: bool = False) -> list[tuple[int, int]]:
    """Where the contents of the elements in a row are; with `inside`, those within the one element at `at`."""
    if inside:
        outer = element(octets, at, end)
        if outer is None:
            return []
        at, end = outer
    found: list[tuple[int, int]] = []
    while (inner := element(octets, at, end)) is not None:
        found.append(inner)
        at = inner[1]
    return found
