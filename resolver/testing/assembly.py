"""Everything that a zone holds: what the test wrote, and what the kit adds at the apex and at each delegation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resolver.data.name import Name
from resolver.data.types import DNSKEY, DS, NS, NSEC3PARAM, SOA
from resolver.testing.content import Records

if TYPE_CHECKING:
    from resolver.testing.zone import Zone

HOSTMASTER = Name.from_text("hostmaster.invalid.")  # the SOA's mailbox
_SOA_NUMBERS = (1, 3600, 600, 1209600)  # serial; refresh, retry and expire in seconds


def assemble(zone: Zone, written: Records) -> Records:
    """The records of the zone, without signatures and denials.

    SOA and NS at the apex are made unless the test wrote its own; DNSKEY, and NS and DS of a child, join what it wrote.
    """
    found: Records = {owner: dict(types) for owner, types in written.items()}
    settings = zone.settings
    apex = found.setdefault(zone.name, {})
    server = Name.from_text(settings.nameserver, zone.name)
    numbers = b"".join(number.to_bytes(4, "big") for number in (*_SOA_NUMBERS, settings.minimum))
    apex.setdefault(NS, (settings.ttl, (server.wire,)))
    apex.setdefault(SOA, (settings.ttl, (server.wire + HOSTMASTER.wire + numbers,)))
    if settings.signed:
        _join(found, zone.name, DNSKEY, settings.ttl, zone.keyset)
        if settings.denial in ("nsec3", "opt-out"):  # RFC 5155 §4
            parameters = b"\1\0" + settings.iterations.to_bytes(2, "big") + bytes((len(settings.salt),)) + settings.salt
            _join(found, zone.name, NSEC3PARAM, 0, [parameters])
    for child in zone.world.children_of(zone.name):
        _join(found, child.name, NS, settings.ttl, [Name.from_text(child.settings.nameserver, child.name).wire])
        _join(found, child.name, DS, settings.ttl, zone.delegation(child))
    return found


def _join(found: Records, owner: Name, rdtype: int, ttl: int, made: list[bytes]) -> None:
    if made:
        types = found.setdefault(owner, {})
        written_ttl, written = types.get(rdtype, (ttl, ()))
        types[rdtype] = (written_ttl, (*written, *made))
