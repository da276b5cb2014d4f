"""One zone of a snapshot: its names, and its RRsets, parsed when they are asked for.

Limits: 4096 parsed RRsets are kept; then the memory starts afresh.
"""

from __future__ import annotations

from resolver.data.name import Name
from resolver.data.presentation import rdata_from_text
from resolver.data.rrset import RRset
from resolver.data.types import NSEC3, RRSIG, SOA, to_type
from resolver.data.zonefile import Record, scan
from resolver.errors import BadInput, BadSnapshot, BadType

MAX_PARSED = 4096  # ours: RRsets; a survey of a zone asks for few of them twice


class Zone:
    """The records of one master file at or below one origin.

    Attributes:
        origin: the zone's name.
        path: the file, or a word for a text.
        nodes: the records by owner, as wire octets. An empty list is an empty non-terminal (RFC 4592 §2.2.2).
        hashed: NSEC3 records and their signatures by owner; these owners are no names of the zone (RFC 5155 §7.2.8).
    """

    __slots__ = ("_parsed", "hashed", "nodes", "origin", "path")

    def __init__(self, text: str, *, origin: Name | None = None, path: str = "<text>", include: bool = False) -> None:
        """Read a master file.

        Records outside the zone are left out: they belong to somebody else (RFC 2181 §5.4.1).

        Args:
            text: the file's content.
            origin: the zone's name; None: the owner of the SOA, or the first $ORIGIN where there is no SOA.
            path: the file, for messages.
            include: whether $INCLUDE may open other files.

        Raises:
            BadSnapshot: the text is no master file, or not of one zone, or no origin can be found.
        """
        self.path = path
        self.nodes: dict[bytes, list[Record]] = {}
        self.hashed: dict[bytes, list[Record]] = {}
        self._parsed: dict[tuple[bytes, int], RRset | None] = {}
        first: Record | None = None
        soa: Record | None = None
        nodes, hashed = self.nodes, self.hashed
        for record in scan(text, origin=origin, path=path, include=include):
            rdtype = record.rdtype
            if rdtype == NSEC3 or (rdtype == RRSIG and _signs_nsec3(record)):
                hashed.setdefault(record.owner.wire, []).append(record)
                continue
            node = nodes.get(record.owner.wire)
            if node is None:
                node = nodes[record.owner.wire] = []
            node.append(record)
            if rdtype == SOA:
                if soa is not None and soa.owner != record.owner:
                    message = f"a second SOA, of {record.owner} after {soa.owner}; put each zone into a file of its own"
                    raise BadSnapshot(message, record.path, record.line)
                soa = record
            if first is None:
                first = record
        self.origin = self._origin(origin, soa, first)
        self._settle()

    def _origin(self, given: Name | None, soa: Record | None, first: Record | None) -> Name:
        if first is None and not self.hashed:
            raise BadSnapshot("no records; is it a master file (RFC 1035 §5)?", self.path)
        if soa is not None:
            if given is not None and given != soa.owner:
                message = f"the SOA is of {soa.owner}, but the zone was said to be {given}"
                raise BadSnapshot(message, soa.path, soa.line)
            return soa.owner
        if given is not None:
            return given
        return first.origin if first is not None else next(iter(self.hashed.values()))[0].origin

    def _settle(self) -> None:
        """Leave out what is outside the zone, and add the empty non-terminals."""
        nodes, origin = self.nodes, self.origin
        apex = len(origin.wire)
        for wire in list(nodes):
            if not origin.is_root and not Name(wire).is_under(origin):
                del nodes[wire]
                continue
            above = wire
            while len(above) > apex:
                above = above[1 + above[0] :]
                if above in nodes:
                    break
                nodes[above] = []
        if not nodes:
            raise BadSnapshot(f"no record at or below {origin}; check the zone's name", self.path)

    def has(self, name: Name, rdtype: int) -> bool:
        """Whether there are records of that type at the name."""
        return any(record.rdtype == rdtype for record in self.nodes.get(name.wire, ()))

    def rrset(self, name: Name, rdtype: int) -> RRset | None:
        """The RRset of that owner and type with its signatures, or None.

        Raises:
            BadSnapshot: the RDATA of a record cannot be understood; with path and line.
        """
        key = (name.wire, rdtype)
        try:
            return self._parsed[key]
        except KeyError:
            pass
        records = (self.hashed if rdtype == NSEC3 else self.nodes).get(name.wire, ())
        members = [record for record in records if record.rdtype == rdtype]
        found = None
        if members:
            found = RRset(
                name,
                rdtype,
                min(record.ttl for record in members),  # RFC 2181 §5.2
                tuple([rdata_of(record) for record in members]),
                tuple(
                    [
                        (record.ttl, rdata_of(record))
                        for record in records
                        if record.rdtype == RRSIG and covered_by(record) == rdtype
                    ]
                ),
            )
        if len(self._parsed) >= MAX_PARSED:
            self._parsed.clear()
        self._parsed[key] = found
        return found

    def rrsets(self, name: Name) -> list[RRset]:
        """Every RRset at the name."""
        types = dict.fromkeys(record.rdtype for record in self.nodes.get(name.wire, ()) if record.rdtype != RRSIG)
        return [found for rdtype in types if (found := self.rrset(name, rdtype)) is not None]


def rdata_of(record: Record) -> bytes:
    """A record's RDATA as canonical octets.

    Raises:
        BadSnapshot: it cannot be understood; with path and line.
    """
    try:
        return rdata_from_text(record.rdtype, record.text, record.origin)
    except BadInput as refused:
        raise BadSnapshot(str(refused), record.path, record.line) from None


def _signs_nsec3(record: Record) -> bool:
    try:
        return covered_by(record) == NSEC3
    except BadSnapshot:
        return False  # the lookup that meets this record says so


def covered_by(record: Record) -> int:
    """The type that an RRSIG record covers (RFC 4034 §3.1.1)."""
    word = record.text.split(None, 1)[0] if record.text else ""
    if word == "\\#":
        rdata = rdata_of(record)
        return int.from_bytes(rdata[:2], "big")
    if word.isascii() and word.isdigit() and len(word) <= 5:
        return int(word)
    try:
        return to_type(word)
    except BadType as refused:
        raise BadSnapshot(str(refused), record.path, record.line) from None
