"""Hashed owner names of NSEC3 (RFC 5155 §3, §5): the hash of a name, and a hash as the label that it is written as.

Nothing is limited here: who hashes names for a stranger's record pays for the iterations first.
"""

from __future__ import annotations

import base64
import hashlib

from resolver.data.name import Name

HASH_OCTETS = 20  # SHA-1, the only hash algorithm (RFC 5155 §11)
HASH_LABEL = 32  # 20 octets in base32hex (RFC 5155 §3)


def nsec3_hash(name: Name, salt: bytes, iterations: int) -> bytes:
    """The hash of a name (RFC 5155 §5): SHA-1, with `iterations` further rounds."""
    digest = hashlib.sha1(name.wire + salt, usedforsecurity=False).digest()
    for _ in range(iterations):
        digest = hashlib.sha1(digest + salt, usedforsecurity=False).digest()
    return digest


def owner_hash(owner: Name) -> bytes | None:
    """The 20 octets that the first label of an NSEC3 owner stands for (RFC 5155 §3), or None."""
    wire = owner.wire
    return base32hex(wire[1 : 1 + wire[0]])  # the root has no label


def base32hex(label: bytes) -> bytes | None:
    """The 20 octets of a hash label (RFC 5155 §3, RFC 4648 §7), or None. Labels are lower case already."""
    # The digits of base32hex are those of Python's base 32; what else int() understands is not alphanumeric.
    if len(label) != HASH_LABEL or not label.isalnum() or label != label.lower():
        return None
    try:
        return int(label, 32).to_bytes(HASH_OCTETS)
    except ValueError:
        return None


def hash_text(digest: bytes) -> str:
    """A hash as records show it: base32hex, without padding (RFC 5155 §3.3)."""
    return base64.b32hexencode(digest).decode().rstrip("=")
