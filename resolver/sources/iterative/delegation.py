"""A zone's servers as its parent's referral named them, and which of their addresses may be asked at all."""

from __future__ import annotations

import ipaddress
import math
from functools import lru_cache

from resolver.data.name import ROOT, Name
from resolver.sources.iterative.hints import Hints

THIS_NETWORK = ipaddress.IPv4Network("0.0.0.0/8")  # RFC 6890 §2.2.2: no destination; Linux takes 0.0.0.0 for itself


class Delegation:
    """The way into a zone: what the parent said, never what the zone says of itself.

    So a zone that its parent has let go of is let go of here too when the referral's TTL ends (ghost domains,
    CVE-2012-1033).

    Attributes:
        zone: the zone.
        names: the names of its servers.
        glue: addresses that came with the referral, by server name; they serve to reach servers and for nothing else.
        signed: whether the referral held a DS, so that the zone's keys will be wanted; of the root True.
        origin: who sent the referral; empty for the hints.
        parent: the zone whose server sent it; the root's own is the root.
        until: POSIX seconds at which it ends, set once it is remembered; the root's never does.
    """

    __slots__ = ("glue", "names", "origin", "parent", "signed", "until", "zone")

    def __init__(
        self,
        zone: Name,
        names: tuple[Name, ...],
        glue: dict[Name, tuple[str, ...]],
        *,
        signed: bool,
        origin: str,
        parent: Name = ROOT,
    ) -> None:
        self.zone = zone
        self.names = names
        self.glue = glue
        self.signed = signed
        self.origin = origin
        self.parent = parent
        self.until = math.inf

    @classmethod
    def of_root(cls, hints: Hints) -> Delegation:
        """The root's, as the hints have it."""
        return cls(ROOT, tuple(hints.servers), dict(hints.servers), signed=True, origin="")

    def leads_like(self, other: Delegation | None) -> bool:
        """Whether it leads to the same servers as another one."""
        return other is not None and (self.names, self.glue) == (other.names, other.glue)

    def __repr__(self) -> str:
        return f"<Delegation {self.zone} to {len(self.names)} servers>"


def address_text(rdata: bytes) -> str | None:
    """The address that the RDATA of an A or AAAA record is (RFC 1035 §3.4.1, RFC 3596 §2.2), or None."""
    return str(ipaddress.ip_address(rdata)) if len(rdata) in (4, 16) else None


@lru_cache(4096)
def may_be_asked(host: str, loopback: bool) -> bool:
    """Whether an address that a stranger named may be sent queries.

    A referral to this machine, to its own link or to everybody is never honest on the Internet (RFC 6890 §2.2), and
    would make the resolver speak to what only it can reach. Private networks (RFC 1918) are asked: they have trees.

    Args:
        host: the address.
        loopback: whether the hints themselves are of this machine, as in tests.
    """
    address = ipaddress.ip_address(host)
    if isinstance(address, ipaddress.IPv4Address):
        if address in THIS_NETWORK:
            return False
    elif address.ipv4_mapped is not None:
        return False  # RFC 6890 §2.2.3: no destination; another spelling of an IPv4 address would get past its roster
    if address.is_loopback:
        return loopback
    return not (address.is_unspecified or address.is_multicast or address.is_link_local or address.is_reserved)
