"""Pins: a server known by its public key, "sha256=" and base64 of the key's SHA-256 (RFC 7858 §4.2, RFC 7469 §2.4)."""

from __future__ import annotations

import base64
import binascii
import hashlib

from resolver.dane import der
from resolver.errors import BadUpstream

PREFIX = "sha256="
DIGEST_OCTETS = 32


def is_pin(text: str) -> bool:
    """Whether a word is meant as a pin."""
    return text.lower().startswith(PREFIX)


def read_pin(text: str) -> bytes:
    """The digest that a pin names.

    Raises:
        BadUpstream: it names none.
    """
    try:
        digest = base64.b64decode(text[len(PREFIX) :], validate=True)
    except (ValueError, binascii.Error):
        digest = b""
    if len(digest) != DIGEST_OCTETS:
        raise BadUpstream(
            f"bad upstream: {text[:80]!r} is no pin; a pin is sha256= and 44 characters of base64, the SHA-256 of the "
            "server's public key (RFC 7858 §4.2)"
        )
    return digest


def digest_of(certificate: bytes) -> bytes | None:
    """The pin of a certificate's public key; None where the octets are no certificate.

    Args:
        certificate: DER.
    """
    outline = der.outline(certificate)
    return None if outline is None else hashlib.sha256(outline.spki).digest()
