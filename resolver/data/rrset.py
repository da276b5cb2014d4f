"""RRsets and messages: values, untrusted, with RDATA in canonical form from the moment they are read.

Everything here says what a server claimed. What is true, only the validator says, with other types.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from resolver.data.name import Name, NameLike, to_name
from resolver.data.types import RRSIG, TypeLike, to_type, type_text
from resolver.data.views import Rrsig, read_rrsig

if TYPE_CHECKING:
    import dns.rrset


class RRset:
    """The records of one type at one owner, class IN (RFC 2181 §5).

    Attributes:
        owner: the owner name.
        rdtype: the type's number.
        ttl: seconds; the lowest of the records' TTLs (RFC 2181 §5.2).
        rdata: canonical RDATA (RFC 4034 §6.2) in canonical order, without duplicates (§6.3). NSEC next names keep
            their case (RFC 6840 §5.1).
        rrsigs: the signatures that came with it, as (TTL, canonical RRSIG RDATA), ordered, without duplicates.
    """

    __slots__ = ("_signatures", "owner", "rdata", "rdtype", "rrsigs", "ttl")
    __module__ = "resolver"

    owner: Name
    rdtype: int
    ttl: int
    rdata: tuple[bytes, ...]
    rrsigs: tuple[tuple[int, bytes], ...]

    def __init__(
        self,
        owner: Name,
        rdtype: int,
        ttl: int,
        rdata: tuple[bytes, ...],
        rrsigs: tuple[tuple[int, bytes], ...] = (),
    ) -> None:
        self.owner = owner
        self.rdtype = rdtype
        self.ttl = ttl
        self.rdata = tuple(sorted(set(rdata))) if len(rdata) > 1 else rdata
        self.rrsigs = tuple(sorted(set(rrsigs))) if len(rrsigs) > 1 else rrsigs
        self._signatures: tuple[Rrsig, ...] | None = None

    @property
    def signatures(self) -> tuple[Rrsig, ...]:
        """The views of the well-formed signatures, read when somebody looks; a malformed one is unusable (R23)."""
        found = self._signatures
        if found is None:
            views = [view for ttl, rdata in self.rrsigs if (view := read_rrsig(rdata, ttl)) is not None]
            found = self._signatures = tuple(views)
        return found

    def forget_views(self) -> None:
        """Give the memory of the views back."""
        self._signatures = None

    def with_rrsigs(self, rrsigs: tuple[tuple[int, bytes], ...]) -> RRset:
        """The same RRset with other signatures."""
        return RRset(self.owner, self.rdtype, self.ttl, self.rdata, rrsigs)

    def with_ttl(self, ttl: int) -> RRset:
        """The same RRset with another TTL, in seconds."""
        return RRset(self.owner, self.rdtype, ttl, self.rdata, self.rrsigs)

    def to_text(self) -> list[str]:
        """The records' RDATA in presentation format, one string a record; no signatures."""
        from resolver.data.presentation import rdata_text

        return [rdata_text(self.rdtype, rdata) for rdata in self.rdata]

    def to_dnspython(self) -> dns.rrset.RRset:
        """The same records as a `dns.rrset.RRset`, without signatures."""
        from resolver.data.presentation import dnspython_rrset

        return dnspython_rrset(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RRset) and (
            (self.owner, self.rdtype, self.ttl, self.rdata, self.rrsigs)
            == (other.owner, other.rdtype, other.ttl, other.rdata, other.rrsigs)
        )

    def __hash__(self) -> int:
        return hash((self.owner, self.rdtype, self.rdata))

    def __repr__(self) -> str:
        return f"<RRset {self.owner} {type_text(self.rdtype)} ({len(self.rdata)} RR, {len(self.rrsigs)} RRSIG)>"


class Question(NamedTuple):
    """What is asked; class IN only."""

    name: Name
    rdtype: int

    @classmethod
    def of(cls, name: NameLike, rdtype: TypeLike) -> Question:
        """Read a name and a type as a caller writes them.

        Raises:
            BadName, BadType: they cannot be understood.
        """
        return cls(to_name(name), to_type(rdtype))

    def __str__(self) -> str:
        return f"{self.name}/{type_text(self.rdtype)}"


FROM_WIRE = ("rcode", "additional", "answer", "authority", "ede", "edns", "flags")  # what `Message.pack` leaves out
RECORD_OCTETS = 10  # type, class, TTL and length of a record (RFC 1035 §4.1.3)
SLACK_OCTETS = 512  # header, question and OPT (RFC 1035 §4.1.1, §4.1.2; RFC 6891 §6.1.2)


class Message:
    """One reply as it came. RCODE, flags and sections are what the server said, never evidence (R120).

    Attributes:
        question: the question that is answered.
        rcode: the response code, extended by EDNS where there is one (RFC 6891 §6.1.3).
        flags: the 16 header flag bits, RCODE and opcode among them (RFC 1035 §4.1.1).
        answer, authority, additional: the RRsets of class IN, each with its signatures from the same section.
        edns: the EDNS part, or None where the message had no OPT record.
        ede: the extended errors (RFC 8914) as (code, text).
        wire: the octets it was read from; empty where it was made as values.
        origin: who sent it, in words: an address, a file, a recording.
        received_at: POSIX seconds by the resolver's clock.
        cd: whether it was asked for with the CD bit.
        attempts: what was tried before it came, without success, as (origin, text).
    """

    __slots__ = (
        "additional",
        "answer",
        "attempts",
        "authority",
        "cd",
        "ede",
        "edns",
        "flags",
        "origin",
        "question",
        "rcode",
        "received_at",
        "wire",
    )

    def __init__(
        self,
        question: Question,
        *,
        rcode: int = 0,
        flags: int = 0x8000,
        answer: tuple[RRset, ...] = (),
        authority: tuple[RRset, ...] = (),
        additional: tuple[RRset, ...] = (),
        edns: Edns | None = None,
        ede: tuple[tuple[int, str], ...] = (),
        wire: bytes = b"",
        origin: str = "",
        received_at: float = 0.0,
        cd: bool = True,
    ) -> None:
        self.question = question
        self.rcode = rcode
        self.flags = flags
        self.answer = answer
        self.authority = authority
        self.additional = additional
        self.edns = edns
        self.ede = ede
        self.wire = wire
        self.origin = origin
        self.received_at = received_at
        self.cd = cd
        self.attempts: tuple[tuple[str, str], ...] = ()

    def pack(self) -> None:
        """Keep the octets, and read the rest from them again when somebody looks; one made as values stays as it is."""
        if self.wire and not self.is_packed:
            for name in FROM_WIRE:
                try:
                    delattr(self, name)
                except AttributeError:  # another thread looks just now
                    pass

    @property
    def is_packed(self) -> bool:
        """Whether it is packed now."""
        try:
            object.__getattribute__(self, "rcode")  # the first that `pack` takes away and the last that comes back
        except AttributeError:
            return True
        return False

    if not TYPE_CHECKING:  # a type checker would take it for a licence to read any attribute

        def __getattr__(self, name: str) -> object:
            if name not in FROM_WIRE:
                raise AttributeError(f"a message has no {name!r}")
            from resolver.data.wire import read

            again = read(self.wire)
            for each in reversed(FROM_WIRE):
                setattr(self, each, getattr(again, each))
            return getattr(again, name)

    @property
    def rrsets(self) -> tuple[RRset, ...]:
        """The RRsets of all sections, in their order."""
        return (*self.answer, *self.authority, *self.additional)

    @property
    def truncated(self) -> bool:
        """The TC bit (RFC 1035 §4.1.1)."""
        return bool(self.flags & 0x0200)

    @property
    def authentic_data(self) -> bool:
        """The AD bit (RFC 4035 §3.2.3): reported, never believed."""
        return bool(self.flags & 0x0020)

    @property
    def size(self) -> int:
        """Octets that the message takes at most, its names uncompressed; or that it took, if those are more.

        The same for a message that was read and for one that was made as values, unless it is padded: with copies of
        a record, with records that nobody looks at, or with EDNS options of more than `SLACK_OCTETS`.
        """
        octets = SLACK_OCTETS
        for section in (self.answer, self.authority, self.additional):
            for rrset in section:
                head = len(rrset.owner.wire) + RECORD_OCTETS
                for rdata in rrset.rdata:
                    octets += head + len(rdata)
                for _, rdata in rrset.rrsigs:
                    octets += head + len(rdata)
        return max(octets, len(self.wire))

    def find(self, owner: Name, rdtype: int) -> RRset | None:
        """The RRset of that owner and type in the answer section."""
        for rrset in self.answer:
            if rrset.rdtype == rdtype and rrset.owner == owner:
                return rrset
        return None

    def __repr__(self) -> str:
        return f"<Message {self.question} rcode {self.rcode} from {self.origin or '?'}>"


class Edns(NamedTuple):
    """The EDNS part of a message (RFC 6891 §6.1).

    Fields: the sender's UDP payload size in octets, the EDNS version, the 16 EDNS flag bits (0x8000 is DO), and the
    options as (code, octets).
    """

    payload: int
    version: int
    flags: int
    options: tuple[tuple[int, bytes], ...]


class NoReply(NamedTuple):
    """No usable message came: a value, never an exception.

    Fields: the question; `why`, one of the words in `NO_REPLY_REASONS`; `text`, a line for people that names the
    servers and what each did; `attempts`, the same as (origin, text) pairs; `retry_at`, POSIX seconds or None.
    """

    question: Question
    why: str
    text: str
    attempts: tuple[tuple[str, str], ...] = ()
    retry_at: float | None = None


NO_REPLY_REASONS = ("timeout", "network", "deadline", "not-in-snapshot", "not-recorded", "unusable", "unfit", "limit")

Reply = Message | NoReply


def group(records: list[tuple[Name, int, int, bytes]]) -> tuple[RRset, ...]:
    """Make RRsets of (owner, type, TTL, canonical RDATA) records, signatures attached to what they cover.

    A signature without the RRset that it covers is left out: it can prove nothing (RFC 4035 §5.3.1). The RRsets come
    in the order of their first record.
    """
    sets: dict[tuple[bytes, int], list[tuple[Name, int, bytes]]] = {}
    signatures: dict[tuple[bytes, int], list[tuple[int, bytes]]] = {}
    for owner, rdtype, ttl, rdata in records:
        if rdtype == RRSIG:
            if len(rdata) >= 2:
                signatures.setdefault((owner.wire, rdata[0] << 8 | rdata[1]), []).append((ttl, rdata))
        else:
            sets.setdefault((owner.wire, rdtype), []).append((owner, ttl, rdata))
    return tuple(
        RRset(
            members[0][0],
            key[1],
            min(member[1] for member in members) if len(members) > 1 else members[0][1],
            tuple([member[2] for member in members]),
            tuple(signatures.get(key, ())),
        )
        for key, members in sets.items()
    )
