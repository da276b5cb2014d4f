"""Damages of denials: of single records (`chain`) and of what a reply takes along (`proof`).

Limits: a record that plays two parts in one proof is taken away with either of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from resolver.data.name import Name
from resolver.data.types import CNAME, DS, NS, NSEC, NSEC3, RRSIG, SOA, A
from resolver.testing.denial import OPT_OUT_FLAG, Link, Piece
from resolver.testing.registry import damage

if TYPE_CHECKING:
    from resolver.testing.zone import Zone

UNKNOWN_HASH = 200  # unassigned (IANA dnssec-nsec3-parameters)
RESERVED_FLAG = 0x80  # RFC 5155 §8.2: unknown flags make the record void


def _removing(role: str) -> Callable[[Zone, list[Piece]], list[Piece]]:
    def change(zone: Zone, pieces: list[Piece]) -> list[Piece]:
        gone = {piece.rrset.owner for piece in pieces if piece.role == role}
        return [piece for piece in pieces if piece.rrset.owner not in gone]

    return change


@damage("denial-stripped", "proof")
def stripped(zone: Zone, pieces: list[Piece]) -> list[Piece]:
    """Every NSEC and NSEC3 is taken out of the reply; the SOA stays."""
    return []


@damage("denial-missing-match", "proof")
def missing_match(zone: Zone, pieces: list[Piece]) -> list[Piece]:
    """The record at the name itself is taken out of a NODATA proof."""
    return _removing("match")(zone, pieces)


@damage("denial-missing-cover", "proof")
def missing_cover(zone: Zone, pieces: list[Piece]) -> list[Piece]:
    """The NSEC that covers the name is taken out (RFC 4035 §3.1.3.2)."""
    return _removing("cover")(zone, pieces)


@damage("denial-missing-wildcard", "proof")
def missing_wildcard(zone: Zone, pieces: list[Piece]) -> list[Piece]:
    """The record that speaks about the wildcard is taken out (RFC 4035 §3.1.3.2, RFC 5155 §7.2.2)."""
    return _removing("wildcard")(zone, pieces)


@damage("denial-missing-closest-encloser", "proof")
def missing_closest_encloser(zone: Zone, pieces: list[Piece]) -> list[Piece]:
    """The NSEC3 that matches the closest encloser is taken out (RFC 5155 §7.2.1)."""
    return _removing("closest-encloser")(zone, pieces)


@damage("denial-missing-next-closer", "proof")
def missing_next_closer(zone: Zone, pieces: list[Piece]) -> list[Piece]:
    """The NSEC3 that covers the next closer name is taken out (RFC 5155 §7.2.1)."""
    return _removing("next-closer")(zone, pieces)


@damage("denial-unsigned", "proof")
def unsigned(zone: Zone, pieces: list[Piece]) -> list[Piece]:
    """The records of the denial come without their signatures."""
    return [Piece(piece.role, piece.rrset.with_rrsigs(())) for piece in pieces]


@damage("denial-of-apex", "proof")
def of_apex(zone: Zone, pieces: list[Piece]) -> list[Piece]:
    """The denial is replaced by a genuine record of the zone that proves nothing here: the one at the apex."""
    return [Piece("match", piece.rrset) for piece in zone.denial.no_data(zone.name)]


@damage("denial-from-parent", "proof")
def from_parent(zone: Zone, pieces: list[Piece]) -> list[Piece]:
    """The denial is replaced by the parent's genuine record of the cut, which speaks only of DS (RFC 6840 §4.1)."""
    parent = zone.parent
    return [Piece("match", piece.rrset) for piece in parent.denial.no_data(zone.name)] if parent else []


@damage("denial-claims-type", "chain")
def claims_type(zone: Zone, link: Link) -> Link:
    """The type map lists A, DS and CNAME too: the record then denies none of them."""
    return link._replace(types=link.types | {A, DS, CNAME})


@damage("denial-omits-types", "chain")
def omits_types(zone: Zone, link: Link) -> Link:
    """The type map lists nothing but RRSIG and the record's own type: a signed lie about what is there."""
    return link._replace(types=frozenset({RRSIG, NSEC} if link.rdtype == NSEC else {RRSIG}))


@damage("denial-ancestor-delegation", "chain")
def ancestor_delegation(zone: Zone, link: Link) -> Link:
    """The type map has NS without SOA, as at a cut: the record may not deny what lies below (RFC 6840 §4.1)."""
    return link._replace(types=link.types - {SOA} | {NS})


@damage("denial-next-outside", "chain")
def next_outside(zone: Zone, link: Link) -> Link:
    """The NSEC's next name lies outside the zone (CVE-2026-13321)."""
    return link._replace(next=Name(b"\x04zzzz\0")) if link.rdtype == NSEC and not zone.name.is_root else link


@damage("denial-next-uppercase", "chain")
def next_uppercase(zone: Zone, link: Link) -> Link:
    """No fault: the NSEC's next name is in upper case, and is signed so (RFC 6840 §5.1)."""
    return link._replace(next=Name(link.next.wire.upper())) if isinstance(link.next, Name) else link


@damage("denial-opt-out-set", "chain")
def opt_out_set(zone: Zone, link: Link) -> Link:
    """The NSEC3 has the Opt-Out flag: what it covers may be an unsigned delegation (RFC 5155 §6)."""
    return link._replace(flags=link.flags | OPT_OUT_FLAG) if link.rdtype == NSEC3 else link


@damage("denial-opt-out-cleared", "chain")
def opt_out_cleared(zone: Zone, link: Link) -> Link:
    """The NSEC3 lacks the Opt-Out flag, although unsigned delegations are left out of its span (RFC 5155 §6)."""
    return link._replace(flags=link.flags & ~OPT_OUT_FLAG) if link.rdtype == NSEC3 else link


@damage("denial-unknown-flags", "chain")
def unknown_flags(zone: Zone, link: Link) -> Link:
    """The NSEC3 has a flag that nobody has defined: it must be ignored (RFC 5155 §8.2)."""
    return link._replace(flags=link.flags | RESERVED_FLAG) if link.rdtype == NSEC3 else link


@damage("denial-unknown-hash", "chain")
def unknown_hash(zone: Zone, link: Link) -> Link:
    """The NSEC3 names a hash algorithm that does not exist: it must be ignored (RFC 5155 §8.1)."""
    return link._replace(algorithm=UNKNOWN_HASH) if link.rdtype == NSEC3 else link


@damage("denial-other-iterations", "chain")
def other_iterations(zone: Zone, link: Link) -> Link:
    """The NSEC3 claims one iteration more than its hashes have: parameters differ within a proof (RFC 5155 §8.2)."""
    return link._replace(iterations=link.iterations + 1) if link.rdtype == NSEC3 else link
