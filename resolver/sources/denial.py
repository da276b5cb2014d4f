"""Which NSEC or NSEC3 RRsets an authoritative server puts into a reply. It selects what the zone has; nothing is judged.

Limits: NSEC3 hashing costs what the zone's iterations cost; the zone is the caller's own file.
Not done: hash algorithms other than SHA-1 (RFC 5155 §11 knows no other): such a zone is answered without proofs.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from typing import Protocol, TypeAlias

from resolver.data.hashed import nsec3_hash, owner_hash
from resolver.data.name import Name
from resolver.data.rrset import RRset
from resolver.data.types import NSEC, NSEC3, NSEC3PARAM
from resolver.data.views import read_nsec3
from resolver.data.zonefile import Record
from resolver.errors import BadSnapshot
from resolver.sources.zone import Zone, rdata_of

SHA1 = 1  # RFC 5155 §11

_Parameters: TypeAlias = tuple[int, bytes]  # iterations and salt; the algorithm is SHA-1


class Denial(Protocol):
    """The proofs that a zone can give. Each is the RRsets for the AUTHORITY section, perhaps with repetitions."""

    def no_data(self, name: Name) -> list[RRset]:
        """The name exists, without the type; or it is a delegation without DS."""
        ...

    def no_name(self, name: Name, closest: Name) -> list[RRset]:
        """Neither the name exists nor the wildcard at its closest encloser."""
        ...

    def no_closer(self, name: Name, closest: Name) -> list[RRset]:
        """Nothing between the name and its closest encloser keeps the wildcard from applying."""
        ...

    def no_wildcard_data(self, name: Name, closest: Name) -> list[RRset]:
        """The wildcard at the closest encloser applies, and has no such type."""
        ...


def denial_of(zone: Zone) -> Denial:
    """The proofs of a zone: by NSEC3 if it has a chain that is in use, else by NSEC, else none."""
    in_use = zone.has(zone.origin, NSEC3PARAM) or not zone.has(zone.origin, NSEC)  # RFC 5155 §10.4
    if zone.hashed and in_use and (chain := _Nsec3Chain.of(zone)) is not None:
        return chain
    owners = sorted(
        [records[0].owner for records in zone.nodes.values() if any(record.rdtype == NSEC for record in records)]
    )
    return _NsecChain(zone, owners) if owners else _Nothing()


class _Nothing:
    """The proofs of an unsigned zone: none."""

    def no_data(self, name: Name) -> list[RRset]:
        return []

    def no_name(self, name: Name, closest: Name) -> list[RRset]:
        return []

    def no_closer(self, name: Name, closest: Name) -> list[RRset]:
        return []

    def no_wildcard_data(self, name: Name, closest: Name) -> list[RRset]:
        return []


class _NsecChain:
    """The proofs of a zone with NSEC (RFC 4035 §3.1.3)."""

    def __init__(self, zone: Zone, owners: list[Name]) -> None:
        self.zone = zone
        self.owners = owners
        self.orders = [owner.order for owner in owners]

    def no_data(self, name: Name) -> list[RRset]:
        return self._at_or_before(name)  # RFC 4035 §3.1.3.1; an empty non-terminal has only the NSEC before it

    def no_name(self, name: Name, closest: Name) -> list[RRset]:
        return self._at_or_before(name) + self._at_or_before(closest.wildcard())  # RFC 4035 §3.1.3.2

    def no_closer(self, name: Name, closest: Name) -> list[RRset]:
        return self._at_or_before(name)  # RFC 4035 §3.1.3.3

    def no_wildcard_data(self, name: Name, closest: Name) -> list[RRset]:
        return self._at_or_before(name) + self._at_or_before(closest.wildcard())  # RFC 4035 §3.1.3.4

    def _at_or_before(self, name: Name) -> list[RRset]:
        """The NSEC that matches the name, else the one that covers it (RFC 4034 §6.1 for the order)."""
        owner = self.owners[bisect_right(self.orders, name.order) - 1]  # -1, the last, covers what is before the first
        found = self.zone.rrset(owner, NSEC)
        return [found] if found is not None else []


class _Nsec3Chain:
    """The proofs of a zone with NSEC3 (RFC 5155 §7.2)."""

    def __init__(self, zone: Zone, parameters: _Parameters, owners: dict[bytes, Name]) -> None:
        self.zone = zone
        self.iterations, self.salt = parameters
        self.owners = owners
        self.hashes = sorted(owners)

    @classmethod
    def of(cls, zone: Zone) -> _Nsec3Chain | None:
        """The zone's chain; of several parameter sets the one of NSEC3PARAM, else the commonest (RFC 5155 §7.3)."""
        chains: dict[_Parameters, dict[bytes, Name]] = {}
        for records in zone.hashed.values():
            owner = records[0].owner
            digest = owner_digest(owner, zone.origin)
            if digest is None:
                continue
            for record in records:
                if record.rdtype == NSEC3 and (parameters := _parameters(record)) is not None:
                    chains.setdefault(parameters, {})[digest] = owner
        if not chains:
            return None
        announced = [
            parameters
            for record in zone.nodes.get(zone.origin.wire, ())
            if record.rdtype == NSEC3PARAM and (parameters := _parameters(record)) in chains
        ]
        counted = Counter({parameters: len(owners) for parameters, owners in chains.items()})
        chosen = announced[0] if announced and announced[0] is not None else counted.most_common(1)[0][0]
        return cls(zone, chosen, chains[chosen])

    def no_data(self, name: Name) -> list[RRset]:
        matching = self._match(name)  # RFC 5155 §7.2.3
        if matching:
            return matching
        # Opted out: an unsigned delegation or an empty non-terminal above some (RFC 5155 §7.2.4).
        return self._closest_encloser(name, name)[0]

    def no_name(self, name: Name, closest: Name) -> list[RRset]:
        proof, encloser = self._closest_encloser(name, closest)
        return proof + self._cover(encloser.wildcard())  # RFC 5155 §7.2.2

    def no_closer(self, name: Name, closest: Name) -> list[RRset]:
        return self._cover(_next_closer(name, closest))  # RFC 5155 §7.2.6

    def no_wildcard_data(self, name: Name, closest: Name) -> list[RRset]:
        proof, encloser = self._closest_encloser(name, closest)
        return proof + self._match(encloser.wildcard())  # RFC 5155 §7.2.5

    def _closest_encloser(self, name: Name, start: Name) -> tuple[list[RRset], Name]:
        """The closest provable encloser proof of a name, found from `start` upwards (RFC 5155 §7.2.1)."""
        encloser = start
        matching = self._match(encloser) if encloser != name else []
        while not matching and encloser != self.zone.origin:
            encloser = encloser.parent()
            matching = self._match(encloser)
        if encloser == name:
            return [], encloser  # the apex itself without its NSEC3: nothing can be proved
        return matching + self._cover(_next_closer(name, encloser)), encloser

    def _match(self, name: Name) -> list[RRset]:
        owner = self.owners.get(nsec3_hash(name, self.salt, self.iterations))
        found = self._own(owner) if owner is not None else None
        return [found] if found is not None else []

    def _cover(self, name: Name) -> list[RRset]:
        digest = nsec3_hash(name, self.salt, self.iterations)
        owner = self.owners[self.hashes[bisect_right(self.hashes, digest) - 1]]  # -1, the last, covers the first gap
        found = self._own(owner)
        return [found] if found is not None else []

    def _own(self, owner: Name) -> RRset | None:
        return self.zone.rrset(owner, NSEC3)


def _next_closer(name: Name, encloser: Name) -> Name:
    """The name one label longer than the encloser (RFC 5155 §1.3)."""
    return name.rightmost(len(encloser.labels) + 1)


def owner_digest(owner: Name, origin: Name) -> bytes | None:
    """The hash that an NSEC3 owner is (RFC 5155 §3); None for an owner that is none."""
    return owner_hash(owner) if not owner.is_root and owner.parent() == origin else None


def _parameters(record: Record) -> _Parameters | None:
    """Iterations and salt of an NSEC3 or NSEC3PARAM record; None for another hash algorithm.

    The text is read, not the RDATA: this runs over every NSEC3 of the zone.
    """
    words = record.text.split(None, 4)
    try:
        if words[0] == "\\#":
            view = read_nsec3(rdata_of(record) + (b"" if record.rdtype == NSEC3 else b"\x01\x00"))
            if view is None:
                raise ValueError("malformed RDATA")
            return (view.iterations, view.salt) if view.algorithm == SHA1 else None
        if int(words[0]) != SHA1:
            return None
        iterations = int(words[2])
        if not 0 <= iterations <= 65535:
            raise ValueError("iterations out of range")
        return iterations, b"" if words[3] == "-" else bytes.fromhex(words[3])
    except (IndexError, ValueError) as refused:
        raise BadSnapshot(f"bad hash parameters ({refused}) (RFC 5155 §3.3)", record.path, record.line) from None
