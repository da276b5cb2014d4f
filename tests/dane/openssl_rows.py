"""OpenSSL's table of DANE cases (danetest.in), read."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


class Case(NamedTuple):
    number: int
    no_ee_names: bool
    error: int  # X509_V_ERR_*; 0 is authenticated, 65 no match, 62 names, 20 a missing issuer
    depth: int  # of the match, -1 for none
    records: tuple[tuple[int, int, int, bytes], ...]
    chain: tuple[bytes, ...]


def pem_blocks(text: str) -> list[bytes]:
    """The certificates of a PEM file, in DER."""
    blocks: list[bytes] = []
    lines: list[str] | None = None
    for line in text.splitlines():
        if line.startswith("-----BEGIN CERTIFICATE"):
            lines = []
        elif line.startswith("-----END CERTIFICATE") and lines is not None:
            blocks.append(base64.b64decode("".join(lines)))
            lines = None
        elif lines is not None:
            lines.append(line)
    return blocks


def read(path: Path) -> Iterator[Case]:
    """A head `records certificates no_ee_names error depth`, then the records, then the certificates, leaf first."""
    lines = iter(path.read_text(encoding="ascii").splitlines())
    number = 0
    for line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        records, certificates, no_ee_names, error, depth = map(int, line.split())
        number += 1
        found = []
        for _ in range(records):
            usage, selector, matching_type, data = next(lines).split(None, 3)
            found.append((int(usage), int(selector), int(matching_type), bytes.fromhex(data)))
        text: list[str] = []
        for _ in range(certificates):
            while not (text and text[-1].startswith("-----END")):
                text.append(next(lines))
            text.append("")
        yield Case(number, bool(no_ee_names), error, depth, tuple(found), tuple(pem_blocks("\n".join(text))))
