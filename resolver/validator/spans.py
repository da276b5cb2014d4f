"""What NSEC and NSEC3 have in common: the result of a denial proof, and the tests on its type bitmaps.

A denial proof takes only Verified records of the one zone under judgement (R41, R59, R137).
"""

from __future__ import annotations

from typing import NamedTuple

from resolver.data.name import Name
from resolver.data.types import CNAME, DNAME, DS, NS, SOA
from resolver.data.views import bitmap_has
from resolver.validator.outcome import Kind
from resolver.validator.states import InsecureReason, Verified


class Denial(NamedTuple):
    """A denial that holds.

    Fields: `kind`; the records that prove it; whether it is compact (RFC 9824); for a proof that holds but grants
    no security the reason and the name from which on it is so; and, for the walk, whether the name is a delegation
    without DS, and whether nothing exists at or below it.
    """

    kind: Kind
    evidence: tuple[Verified, ...]
    compact: bool = False
    insecure: InsecureReason | None = None
    cut: Name | None = None
    delegation: bool = False

    @property
    def nothing_below(self) -> bool:
        """R116 (e2): a name that is proven not to exist has nothing below it (RFC 8020 §2)."""
        return self.kind == "NXDOMAIN" and self.insecure in (None, "ITERATIONS")


def is_delegation(bitmap: bytes) -> bool:
    """Whether the bitmap is that of a zone cut as the parent sees it (RFC 6840 §4.1)."""
    return bitmap_has(bitmap, NS) and not bitmap_has(bitmap, SOA)


def hides_below(bitmap: bytes) -> bool:
    """Whether a record with this bitmap says nothing about names below its owner (RFC 6840 §4.1, RFC 6672 §5.3.4.1)."""
    return is_delegation(bitmap) or bitmap_has(bitmap, DNAME)


def nodata_refused(bitmap: bytes, rdtype: int, *, walking: bool) -> str | None:
    """Why a record at a name does not prove that the name lacks the type; None if it does.

    Args:
        bitmap: of the record that matches the name, or the wildcard that stands for it.
        rdtype: the type that is denied.
        walking: whether the question is only if the name is a cut; then an alias does not matter (R5).
    """
    if rdtype == DS:
        if bitmap_has(bitmap, SOA):  # RFC 6840 §4.4: the child's record says nothing about the parent's DS
            return "REFERRAL_WITH_SOA"
    elif is_delegation(bitmap):  # RFC 6840 §4.1: the parent's record says nothing about the child's data
        return "ANCESTOR_DELEGATION_PROOF"
    if bitmap_has(bitmap, rdtype):  # RFC 4035 §5.4, RFC 5155 §8.5
        return "STYPE_IN_BITMAP"
    if bitmap_has(bitmap, CNAME) and not walking:  # RFC 6840 §4.3, RFC 5155 §8.5
        return "CNAME_IN_BITMAP"
    return None
