"""A second opinion on what a world says: dnspython verifies its signatures, and a literal reader judges its denials.

Nothing here uses the kit's own code or the validator's.
"""

from __future__ import annotations

import struct

import dns.dnssec
import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
from dns.dnssectypes import NSEC3Hash
from dns.rdtypes.ANY.NSEC import NSEC
from dns.rdtypes.ANY.NSEC3 import NSEC3

from resolver.data.name import Name
from resolver.data.rrset import Message, RRset
from resolver.testing import World, Zone

dns.dnssec.default_policy = dns.dnssec.allow_all_policy  # SHA-1 too: the kit makes it on purpose


def as_rrset(owner: Name, rdtype: int, ttl: int, rdata: tuple[bytes, ...]) -> dns.rrset.RRset:
    """The same records as dnspython holds them."""
    kind = dns.rdatatype.RdataType.make(rdtype)
    found = dns.rrset.RRset(dns.name.from_wire(owner.wire, 0)[0], dns.rdataclass.IN, kind)
    for one in rdata:
        try:
            record = dns.rdata.from_wire(dns.rdataclass.IN, kind, one, 0, len(one))
        except dns.exception.FormError:  # dnspython refuses odd TLSA and DS; their octets are signed all the same
            record = dns.rdata.GenericRdata(dns.rdataclass.IN, kind, one)
        found.add(record, ttl)
    return found


def verify(zone: Zone, rrset: RRset) -> int:
    """Verify every signature of an RRset with the zone's keys; how many there were. Raises dns.dnssec.ValidationFailure."""
    keys = {dns.name.from_wire(zone.name.wire, 0)[0]: as_rrset(zone.name, 48, 0, tuple(zone.keyset))}
    data = as_rrset(rrset.owner, rrset.rdtype, rrset.ttl, rrset.rdata)
    for ttl, rrsig in rrset.rrsigs:
        signature = as_rrset(rrset.owner, 46, ttl, (rrsig,))[0]
        dns.dnssec.validate_rrsig(data, signature, keys, now=zone.world.now)
    return len(rrset.rrsigs)


def verify_message(world: World, message: Message) -> int:
    """Verify all signatures of a reply, each with the keys of the zone that it names as signer."""
    count = 0
    for rrset in (*message.answer, *message.authority):
        for _, rrsig in rrset.rrsigs:
            signer = Name.from_wire(dns.name.from_wire(rrsig, 18)[0].to_wire())
            count += verify(world.zone(signer), rrset.with_rrsigs(((rrset.ttl, rrsig),)))
    return count


def labels_field(rrset: RRset) -> int:
    return struct.unpack_from("!HBB", rrset.rrsigs[0][1])[2]


def types_of(rdata: NSEC | NSEC3) -> set[str]:
    """The mnemonics in a type map."""
    return {
        dns.rdatatype.to_text(dns.rdatatype.RdataType.make(window * 256 + at * 8 + bit))
        for window, octets in rdata.windows
        for at, octet in enumerate(octets)
        for bit in range(8)
        if octet & 0x80 >> bit
    }


def records(rrsets: tuple[RRset, ...], rdtype: int) -> list[tuple[dns.name.Name, NSEC | NSEC3]]:
    """Owner and RDATA of all records of a type in a section."""
    return [
        (found.name, one)
        for rrset in rrsets
        if rrset.rdtype == rdtype
        for found in (as_rrset(rrset.owner, rdtype, rrset.ttl, rrset.rdata),)
        for one in found
    ]


def nsec_covers(owner: dns.name.Name, rdata: NSEC, name: dns.name.Name) -> bool:
    if owner < rdata.next:
        return owner < name < rdata.next
    return owner < name or name < rdata.next


def nsec3_hash(name: dns.name.Name, rdata: NSEC3) -> str:
    return dns.dnssec.nsec3_hash(name, rdata.salt, rdata.iterations, NSEC3Hash(rdata.algorithm)).lower()


def nsec3_covers(owner: dns.name.Name, rdata: NSEC3, name: dns.name.Name) -> bool:
    start, end = owner.labels[0].decode().lower(), rdata._next_text().lower()
    digest = nsec3_hash(name, rdata)
    return start < digest < end if start < end else digest > start or digest < end


def nsec_denies_name(message: Message, zone: dns.name.Name) -> bool:
    """Whether the NSECs prove that neither the name nor its source of synthesis exists (RFC 4035 §5.4)."""
    name = dns.name.from_wire(message.question.name.wire, 0)[0]
    chain = records(message.authority, 47)
    covering = [(owner, rdata) for owner, rdata in chain if nsec_covers(owner, rdata, name)]
    if not covering:
        return False
    owner, rdata = covering[0]
    encloser = max((common(name, owner), common(name, rdata.next)), key=len)
    wildcard = dns.name.Name((b"*", *encloser.labels))
    return encloser != name and any(  # a span that ends below the wildcard says that it exists (RFC 4592 §2.2.2)
        nsec_covers(o, r, wildcard) and not r.next.is_subdomain(wildcard) for o, r in chain
    )


def nsec3_denies_name(message: Message, zone: dns.name.Name) -> bool:
    """The same with NSEC3: closest encloser, next closer name, wildcard (RFC 5155 §8.4)."""
    chain = records(message.authority, 50)
    name = dns.name.from_wire(message.question.name.wire, 0)[0]
    next_closer, encloser = name, name.parent()
    while not any(owner.labels[0].decode() == nsec3_hash(encloser, rdata) for owner, rdata in chain):
        if encloser == zone:
            return False
        next_closer, encloser = encloser, encloser.parent()
    wildcard = dns.name.Name((b"*", *encloser.labels))
    return any(nsec3_covers(o, r, next_closer) for o, r in chain) and any(
        nsec3_covers(o, r, wildcard) for o, r in chain
    )


def common(one: dns.name.Name, other: dns.name.Name) -> dns.name.Name:
    shared = one.fullcompare(other)[2]
    return dns.name.Name(one.labels[len(one.labels) - shared :])
