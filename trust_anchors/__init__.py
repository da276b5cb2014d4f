"""The trust anchors of the DNS root, as IANA publishes them, as a table that costs nothing to import.

`root-anchors.xml` beside this file is the published document (RFC 9718); a test compares the two. How a user checks
them, and how they were checked here: README.md in this folder.

The table holds digests (DS data), not DNSKEY records: the root serves its keys itself, and a key counts when it hashes
to one of these digests (RFC 4034 §5.1.4). KSK-2010 is kept with its end date, for recordings of its time.
"""

from __future__ import annotations

from typing import NamedTuple


class RootAnchor(NamedTuple):
    """One KeyDigest element of the document (RFC 9718 §2.1)."""

    name: str  # what people call the key
    tag: int
    algorithm: int
    digest_type: int
    digest: str  # hexadecimal, upper case
    valid_from: int  # POSIX seconds
    valid_until: int | None  # POSIX seconds; None: no end is published


ROOT_ANCHORS = (
    RootAnchor(
        "KSK-2010", 19036, 8, 2, "49AAC11D7B6F6446702E54A1607371607A1A41855200FD2CE1CDDE32F24E8FB5",
        1279152000, 1547164800,  # 2010-07-15 to 2019-01-11
    ),
    RootAnchor(
        "KSK-2017", 20326, 8, 2, "E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D",
        1485993600, None,  # 2017-02-02
    ),
    RootAnchor(
        "KSK-2024", 38696, 8, 2, "683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16",
        1721260800, None,  # 2024-07-18
    ),
)  # fmt: skip
