"""The TLSA records of one service in a zone file, with what the file says about how they are published."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from resolver.dane.tlsa import Tlsa, TlsaSet
from resolver.dane.words import read
from resolver.data.files import read_text
from resolver.data.name import Name
from resolver.data.presentation import rdata_from_text
from resolver.data.types import CNAME, RRSIG, SOA, TLSA
from resolver.data.views import read_rrsig, read_soa
from resolver.data.zonefile import Record, scan
from resolver.errors import BadInput, BadSnapshot

if TYPE_CHECKING:
    from collections.abc import Iterable

_NOWHERE = Name.from_text("no-origin-known.invalid.")  # RFC 6761 §6.4: nobody's name
_SIGNED = ("TLSA ", "TYPE52 ")  # what an RRSIG covers, as its first word
MAX_ALIASES = 8  # ours: nobody writes more for one service in one file


class Published(NamedTuple):
    """What a zone file says of one service.

    Fields: the records; begin and end of each of their signatures (POSIX seconds); the negative TTL (RFC 2308 §5), in
    seconds, or None.
    """

    tlsa: TlsaSet
    signatures: tuple[tuple[float, float], ...]
    negative_ttl: int | None


def published(path: str, origin: str | None, wanted: Name | None) -> Published:
    """Read the TLSA RRset of a service; aliases within the file are followed.

    Args:
        path: the zone file.
        origin: what relative names are relative to; None: the file says.
        wanted: the owner, `_25._tcp.mx.example.com.`; None: the only owner of TLSA records in the file.

    Raises:
        BadInput: the file or a record cannot be read, or there are no such records.
    """
    at = None if origin is None else Name.from_text(origin if origin[-1:] == "." else origin + ".")
    records = _scan(read_text(path), at, path)
    owners = list(dict.fromkeys(record.owner for record in records if record.rdtype == TLSA))
    if not owners:
        raise BadInput(f"{path}: there is no TLSA record in this zone file")
    if wanted is None:
        if len(owners) > 1:
            raise BadInput(f"{path}: TLSA records of several services ({_some(owners)}); choose with --host and --port")
        wanted = owners[0]
    owner = _end_of_aliases(records, wanted)
    held = [record for record in records if record.rdtype == TLSA and record.owner == owner]
    if not held:
        raise BadInput(f"{path}: no TLSA record at {wanted}, but at {_some(owners)}; check --host and --port")
    base = wanted
    for _ in range(2):  # RFC 6698 §3: _port and _protocol
        base = base if base.is_root else base.parent()
    tlsa = TlsaSet(owner, base, min(record.ttl for record in held), dict.fromkeys(_tlsa(record) for record in held))
    return Published(tlsa, _signatures(records, owner), _negative_ttl(records))


def _scan(text: str, origin: Name | None, path: str) -> list[Record]:
    """The records that matter; a few lines with absolute owners, as this command writes them, need no origin.

    Raises:
        BadSnapshot: as `scan`.
    """
    try:
        return _matter(scan(text, origin=origin, path=path, include=True))
    except BadSnapshot:
        if origin is not None:
            raise
        try:
            records = _matter(scan(text, origin=_NOWHERE, path=path, include=True))
        except BadSnapshot:
            records = []
        if not records or any(record.owner.is_under(_NOWHERE) for record in records):
            raise  # a relative owner, or another mistake
        return records


def _matter(records: Iterable[Record]) -> list[Record]:
    """Of a large zone only a few records are kept."""
    return [
        record
        for record in records
        if record.rdtype in (TLSA, CNAME, SOA) or (record.rdtype == RRSIG and record.text.startswith(_SIGNED))
    ]


def _tlsa(record: Record) -> Tlsa:
    try:
        return read(record.text)
    except BadInput as refused:
        raise BadSnapshot(f"bad TLSA record: {refused}", record.path, record.line) from None


def _end_of_aliases(records: list[Record], name: Name) -> Name:
    """RFC 7671 §7: an alias at the TLSA name is followed."""
    targets = {record.owner: record for record in records if record.rdtype == CNAME}
    for _ in range(MAX_ALIASES):
        alias = targets.get(name)
        if alias is None:
            return name
        try:
            name = Name.from_text(alias.text.strip(), alias.origin)
        except BadInput as refused:
            raise BadSnapshot(str(refused), alias.path, alias.line) from None
    raise BadInput(f"the aliases of {name} form a loop, or are more than {MAX_ALIASES}")


def _signatures(records: list[Record], owner: Name) -> tuple[tuple[float, float], ...]:
    found: list[tuple[float, float]] = []
    for record in records:
        if record.rdtype == RRSIG and record.owner == owner:
            view = read_rrsig(_rdata(record), record.ttl)
            if view is not None:
                found.append((view.inception, view.expiration))
    return tuple(found)


def _negative_ttl(records: list[Record]) -> int | None:
    """RFC 2308 §5: the lower of the SOA's TTL and its minimum."""
    for record in records:
        if record.rdtype == SOA:
            soa = read_soa(_rdata(record))
            return None if soa is None else min(record.ttl, soa.minimum)
    return None


def _rdata(record: Record) -> bytes:
    try:
        return rdata_from_text(record.rdtype, record.text, record.origin)
    except BadInput as refused:
        raise BadSnapshot(str(refused), record.path, record.line) from None


def _some(owners: list[Name]) -> str:
    more = f" and {len(owners) - 3} more" if len(owners) > 3 else ""
    return ", ".join(map(str, owners[:3])) + more
