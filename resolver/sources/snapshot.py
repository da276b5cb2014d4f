"""Zone files as a source: each question is answered as the zones' authoritative servers would answer it (R139).

RDATA is read when it is needed. A record that cannot be understood is the caller's mistake, so it is raised as
BadSnapshot, with path and line, from the lookup that needs it; other lookups do not suffer. (Reading all RDATA at
loading would take the root zone ten times as long.)

Limits: memory is about three times the files' text.
Not done: $GENERATE and classes other than IN.
"""

from __future__ import annotations

import os
from typing import TypeAlias

from resolver.data.files import PathLike, read_text
from resolver.data.name import Name, NameLike, to_name
from resolver.data.rrset import Edns, Message, NoReply, Question
from resolver.data.types import DS, NS
from resolver.errors import BadSnapshot
from resolver.sources.authority import Missing, respond
from resolver.sources.denial import Denial, denial_of
from resolver.sources.zone import Zone

_QR_AA, _CD = 0x8400, 0x0010  # RFC 1035 §4.1.1, RFC 4035 §3.1.6
_EDNS = Edns(1232, 0, 0x8000, ())  # as from a server that knows DNSSEC (RFC 4035 §3.1)

ZonePath: TypeAlias = PathLike | tuple[NameLike, PathLike]
ZoneText: TypeAlias = str | tuple[NameLike, str]


class Snapshot:
    """Zones read from master files; a `Source`.

    A name belongs to the deepest zone at or above it, a DS to the deepest zone strictly above it (RFC 4035 §3.1.4.1).
    Names at or below a cut whose child is not among the zones have no reply.

    Attributes:
        zones: the names of the zones, in canonical order.
    """

    __module__ = "resolver"

    def __init__(self, zones: list[Zone]) -> None:
        """Use `from_files` or `from_text`.

        Raises:
            BadSnapshot: no zone, or two of the same name.
        """
        if not zones:
            raise BadSnapshot("a snapshot needs at least one zone file")
        self._zones: dict[Name, Zone] = {}
        for zone in zones:
            other = self._zones.setdefault(zone.origin, zone)
            if other is not zone:
                raise BadSnapshot(f"a second file for {zone.origin}, after {other.path}; give only one", zone.path)
        self._denials: dict[Name, Denial] = {}
        self.zones: tuple[Name, ...] = tuple(sorted(self._zones))

    @classmethod
    def from_files(cls, *paths: ZonePath, include: bool = False) -> Snapshot:
        """Read master files, plain or gzip.

        Args:
            paths: a path, or (origin, path). The origin is, if not given, the owner of the SOA, else the first
                $ORIGIN; an owner that is relative before any $ORIGIN needs it given.
            include: whether $INCLUDE may open other files, relative to the file that names them.

        Raises:
            BadSnapshot: a file that cannot be read or is no master file, no origin, or two files of one zone.
            BadName: an origin that is no name.
        """
        zones = []
        for path in paths:
            origin, file = path if isinstance(path, tuple) else (None, path)
            name = to_name(origin) if origin is not None else None
            zones.append(Zone(read_text(file), origin=name, path=os.fspath(file), include=include))
        return cls(zones)

    @classmethod
    def from_text(cls, *zones: ZoneText) -> Snapshot:
        """Read master files from strings, each a text or (origin, text).

        Raises:
            BadSnapshot, BadName: as for `from_files`; the path of the second text is "<text 2>".
        """
        read = []
        for number, zone in enumerate(zones, 1):
            origin, text = zone if isinstance(zone, tuple) else (None, zone)
            name = to_name(origin) if origin is not None else None
            read.append(Zone(text, origin=name, path=f"<text {number}>" if len(zones) > 1 else "<text>"))
        return cls(read)

    def answer(self, question: Question, *, cd: bool = True) -> Message | NoReply:
        """The reply of the zone's authoritative server, or NoReply("not-in-snapshot").

        Raises:
            BadSnapshot: a record that the reply needs cannot be understood; with path and line.
        """
        name, rdtype = question
        zone = self._zone_for(name, rdtype)
        if zone is None:
            return _missing(question, f"{self._outside(question)}; the zone files given are of {self._listed()}")
        response = respond(
            zone, lambda: self._denial(zone), name, rdtype, lambda target: self._zone_for(target, rdtype) is zone
        )
        if isinstance(response, Missing):
            cut = response.cut
            return _missing(question, f"{zone.path} delegates {cut}, and no zone file of {cut} was given; add it")
        return Message(
            question,
            rcode=response.rcode,
            flags=_QR_AA | (_CD if cd else 0) | response.rcode,
            answer=tuple(response.answer.values()),
            authority=tuple(response.authority.values()),
            edns=_EDNS,
            origin=f"snapshot {os.path.basename(zone.path)}",
            cd=cd,
        )

    def delegations(self, origin: NameLike) -> tuple[Name, ...]:
        """The cuts of one of the zones, in canonical order: for the root zone, the top-level domains.

        Raises:
            BadSnapshot: there is no such zone in the snapshot.
        """
        name = to_name(origin)
        zone = self._zones.get(name)
        if zone is None:
            raise BadSnapshot(f"no zone file of {name} was given, only of {self._listed()}")
        cuts = [Name(wire) for wire in zone.nodes if wire != name.wire and zone.has(Name(wire), NS)]
        hidden = set(cuts)
        return tuple(sorted(cut for cut in cuts if hidden.isdisjoint(cut.between(name)[:-1])))

    def _zone_for(self, name: Name, rdtype: int) -> Zone | None:
        """The deepest zone at or above the name; for DS, above it (RFC 4035 §3.1.4.1). The root has no parent."""
        if rdtype == DS and not name.is_root:
            name = name.parent()
        while True:
            zone = self._zones.get(name)
            if zone is not None or name.is_root:
                return zone
            name = name.parent()

    def _denial(self, zone: Zone) -> Denial:
        """The zone's proofs; their index is made on the first denial."""
        denial = self._denials.get(zone.origin)
        if denial is None:
            denial = self._denials[zone.origin] = denial_of(zone)
        return denial

    def _outside(self, question: Question) -> str:
        if question.rdtype == DS and question.name in self._zones:
            return f"the DS of {question.name} is in its parent zone, and no zone file of that was given"
        return f"{question.name} is in none of the zones"

    def _listed(self) -> str:
        shown = ", ".join(str(name) for name in self.zones[:5])
        return shown if len(self.zones) <= 5 else f"{shown} and {len(self.zones) - 5} more"

    def __repr__(self) -> str:
        return f"<Snapshot {self._listed()}>"


def _missing(question: Question, text: str) -> NoReply:
    return NoReply(question, "not-in-snapshot", text, (("snapshot", text),))
