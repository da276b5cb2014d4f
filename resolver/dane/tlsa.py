"""TLSA records as values (RFC 6698 §2.1): which of them can be used, and how a verdict about them leaves the library.

A record whose content cannot be used is a record all the same: it is shown, it says why, and it never raises. Whether
the RRset is proven is the validator's matter; `tlsa_outcome` only passes verdicts on, without the data of the unproven.

Limits: of matching type 0 the outer DER structure is checked, not the certificate within; a matcher meets that later.
Not done: keys too weak for a policy, digest agility (RFC 7671 §9): `dane.matching`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from resolver.dane.der import CERTIFICATE_SHAPE, SPKI_SHAPE, is_sequence_of
from resolver.data.name import Name, NameLike, to_name
from resolver.data.rrset import Question, RRset
from resolver.data.types import TLSA, type_text
from resolver.errors import BadInput
from resolver.validator import mint
from resolver.validator.outcome import Absent, Alias, Bogus, Indeterminate, Insecure, Outcome, Secure
from resolver.validator.proof import BASE_DOMAIN, Proof
from resolver.validator.times import Times, meet, whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from resolver.validator.budget import Work
    from resolver.validator.findings import Finding
    from resolver.validator.states import InsecureZone

PROTOCOLS = ("tcp", "udp", "sctp")  # RFC 6698 §3

PKIX_TA, PKIX_EE, DANE_TA, DANE_EE = range(4)  # certificate usages (RFC 6698 §2.1.1, RFC 7218 §2.1)
CERT, SPKI = range(2)  # selectors (RFC 6698 §2.1.2)
FULL, SHA2_256, SHA2_512 = range(3)  # matching types (RFC 6698 §2.1.3)
PRIVATE = 255  # for private use in all three fields (RFC 7218 §2)

_DIGEST_OCTETS = {SHA2_256: 32, SHA2_512: 64}  # RFC 6698 §2.1.3

_DER_SHAPES = {CERT: CERTIFICATE_SHAPE, SPKI: SPKI_SHAPE}


class Tlsa:
    """One TLSA record. Equal records have equal octets.

    Attributes:
        usage, selector, matching_type: the three octets (RFC 6698 §2.1); 255 where the RDATA is too short to have them.
        data: the certificate association data.
        unusable: why the record cannot authenticate anything, or None (RFC 6698 §4.1, RFC 7671 §9).
    """

    __slots__ = ("_rdata", "data", "matching_type", "selector", "unusable", "usage")
    __module__ = "resolver"

    usage: int
    selector: int
    matching_type: int
    data: bytes
    unusable: str | None

    def __init__(self, usage: int, selector: int, matching_type: int, data: bytes) -> None:
        """Make a record of any content, useful or not.

        Raises:
            BadInput: a field that does not fit an octet, or data that are no octets: no record could hold them.
        """
        for field, number in (("usage", usage), ("selector", selector), ("matching_type", matching_type)):
            if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= 255:
                raise BadInput(f"Tlsa({field}=…) must be a whole number from 0 to 255, not {number!r}")
        if not isinstance(data, bytes | bytearray | memoryview):
            raise BadInput(f"Tlsa(data=…) must be octets, not {type(data).__name__}; bytes.fromhex reads hexadecimal")
        self._fill(bytes((usage, selector, matching_type)) + bytes(data))

    @classmethod
    def from_rdata(cls, rdata: bytes) -> Tlsa:
        """The record in TLSA RDATA, however malformed; RDATA of fewer than three octets is an unusable record."""
        self = object.__new__(cls)
        self._fill(rdata)
        return self

    def _fill(self, rdata: bytes) -> None:
        self._rdata = rdata
        self.usage, self.selector, self.matching_type = (rdata[:3] + bytes((PRIVATE,) * 3))[:3]
        self.data = rdata[3:]
        self.unusable = self._why_unusable()

    def _why_unusable(self) -> str | None:
        """RFC 6698 §4.1: unknown parameters and malformed data make a record unusable, never an error."""
        if len(self._rdata) < 3:  # RFC 6698 §2.1
            return f"{len(self._rdata)} octets of RDATA are no TLSA record (RFC 6698 §2.1)"
        if self.usage > DANE_EE:  # RFC 6698 §2.1.1
            return f"{_unknown('usage', self.usage)} (RFC 6698 §2.1.1)"
        if self.selector > SPKI:  # RFC 6698 §2.1.2
            return f"{_unknown('selector', self.selector)} (RFC 6698 §2.1.2)"
        if self.matching_type > SHA2_512:  # RFC 6698 §2.1.3
            return f"{_unknown('matching type', self.matching_type)} (RFC 6698 §2.1.3)"
        wanted = _DIGEST_OCTETS.get(self.matching_type)
        if wanted is not None:
            if len(self.data) != wanted:  # RFC 7671 §9: a digest of the wrong length is malformed
                return f"a digest of {len(self.data)} octets where {wanted} are needed (RFC 7671 §9)"
        elif not is_sequence_of(self.data, _DER_SHAPES[self.selector]):  # RFC 6698 §2.1.4
            what = "certificate" if self.selector == CERT else "SubjectPublicKeyInfo"
            return f"the data are not one {what} in DER (RFC 6698 §2.1.4)"
        return None

    @property
    def rdata(self) -> bytes:
        """The RDATA (RFC 6698 §2.1)."""
        return self._rdata

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tlsa) and self._rdata == other._rdata

    def __hash__(self) -> int:
        return hash(self._rdata)

    def __str__(self) -> str:
        """Presentation format, as in "3 1 1 0d07…" (RFC 6698 §2.2); the generic form where that cannot show it."""
        if len(self._rdata) <= 3:
            return f"\\# {len(self._rdata)} {self._rdata.hex()}".rstrip()  # RFC 3597 §5
        return f"{self.usage} {self.selector} {self.matching_type} {self.data.hex()}"

    def __repr__(self) -> str:
        shown = str(self)
        return f"<Tlsa {shown if len(shown) <= 40 else shown[:37] + '...'}{' unusable' if self.unusable else ''}>"


class TlsaSet:
    """The TLSA records of one service; never empty. It has no length and no iterator: say `records` or `usable`.

    Attributes:
        owner: the owner name, where the aliases of the TLSA name end.
        base_domain: the TLSA base domain (RFC 7671 §7): what to ask the server for (SNI), and a name to expect.
        ttl: seconds.
        records: all records, in canonical order.
        usable: those that can authenticate something; may be empty, and TLS stays mandatory then (RFC 7672 §2.2).
    """

    __slots__ = ("base_domain", "owner", "records", "ttl", "usable")
    __module__ = "resolver"

    owner: Name
    base_domain: Name
    ttl: int
    records: tuple[Tlsa, ...]
    usable: tuple[Tlsa, ...]

    def __init__(self, owner: Name, base_domain: Name, ttl: int, records: Iterable[Tlsa]) -> None:
        """Collect the records.

        Raises:
            BadInput: there is none: an empty set could mean four things, and is none of them.
        """
        self.owner = owner
        self.base_domain = base_domain
        self.ttl = ttl
        self.records = tuple(records)
        self.usable = tuple(record for record in self.records if record.unusable is None)
        if not self.records:
            raise BadInput("a TlsaSet needs at least one record; that there is none is a verdict, Absent")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TlsaSet) and (
            (self.owner, self.base_domain, self.ttl, self.records)
            == (other.owner, other.base_domain, other.ttl, other.records)
        )

    def __hash__(self) -> int:
        return hash((self.owner, self.base_domain, self.records))

    def __repr__(self) -> str:
        return f"<TlsaSet {self.owner} ({len(self.records)} records, {len(self.usable)} usable)>"


def tlsa_name(host: NameLike, port: int, protocol: str = "tcp") -> Name:
    """Where the TLSA records of a service are: `_port._protocol.host` (RFC 6698 §3).

    Args:
        host: the server's name.
        port: 1 to 65535.
        protocol: "tcp", "udp" or "sctp".

    Raises:
        BadInput: another port or protocol.
        BadName: `host` is no name, or too long to have a TLSA name.
    """
    if isinstance(port, bool) or not isinstance(port, int) or not 0 < port < 65536:
        raise BadInput(f"bad port {port!r}: a whole number from 1 to 65535 is needed")
    if protocol not in PROTOCOLS:
        raise BadInput(f"bad protocol {protocol!r}: one of {', '.join(PROTOCOLS)} is needed (RFC 6698 §3)")
    return to_name(host).child(f"_{protocol}".encode()).child(f"_{port}".encode())


def tlsa_outcome(
    outcome: Outcome[RRset], base_domain: Name, *, resting_on: Sequence[Outcome[RRset]] = ()
) -> Outcome[TlsaSet]:
    """A verdict about a TLSA RRset as the TLSA API gives it out: proven records, or no record at all.

    Proof, aliases, times and notes stay. Insecure loses its untrusted records. A question without usable reply below
    a proven insecure cut becomes Insecure of that cut: servers of unsigned zones answer NOTIMP or nothing to TLSA, and
    there is no DANE there in any case (R122, RFC 7672 §2.1.1).

    Args:
        outcome: the verdict.
        base_domain: the name that the records are for.
        resting_on: verdicts that led to this base domain; the proof rests on theirs, and it holds no longer than they.

    Raises:
        ValueError: the RRset is of another type.
    """
    enclosing = below_a_cut(outcome)
    times: Times
    if enclosing is not None:
        own, times = enclosing.proof, whole(enclosing)
    elif isinstance(outcome, Bogus | Indeterminate):
        return error_about(outcome.question, outcome, resting_on) if resting_on else outcome
    elif isinstance(outcome, Absent) and not resting_on:
        return outcome
    else:
        own, times = outcome.proof, (outcome.valid_from, outcome.valid_until, outcome.fresh_until)
    for other in resting_on:
        if isinstance(other, Secure | Absent | Insecure):
            times = meet(times, (other.valid_from, other.valid_until, other.fresh_until))
    common: _Common = {
        "question": outcome.question,
        "proof": _resting(own, resting_on),
        "aliases": outcome.aliases,
        "canonical": outcome.canonical,
        "judged_at": outcome.judged_at,
        "notes": outcome.notes,
        "work": outcome.work,
        "times": times,
    }
    if isinstance(outcome, Secure):
        rrset = outcome.value
        if rrset.rdtype != TLSA:
            raise ValueError(f"a TLSA RRset is needed, not {type_text(rrset.rdtype)}")
        records = [Tlsa.from_rdata(rdata) for rdata in rrset.rdata]
        return mint.secure(TlsaSet(rrset.owner, base_domain, rrset.ttl, records), wildcard=outcome.wildcard, **common)
    if isinstance(outcome, Absent):
        return mint.absent(outcome.kind, compact=outcome.compact, **common)
    if isinstance(outcome, Insecure):
        return mint.insecure(outcome.cut, outcome.reason, untrusted=None, claimed=outcome.claimed, **common)
    assert enclosing is not None and isinstance(outcome, Indeterminate)
    common["notes"] = (*outcome.notes, outcome.finding)  # that there was no reply stays as a note (R122)
    return mint.insecure(enclosing.cut, enclosing.reason, untrusted=None, claimed=None, **common)


def error_about(
    question: Question, error: Bogus | Indeterminate, resting_on: Sequence[Outcome[RRset]] = ()
) -> Bogus | Indeterminate:
    """The same error as the answer to another question, which it made unanswerable."""
    aliases, canonical = error.aliases, error.canonical
    if question != error.question:
        aliases, canonical = (), question.name
    proof = _resting(error.proof, [other for other in resting_on if other is not error])
    if isinstance(error, Bogus):
        return Bogus(
            question,
            error.finding,
            proof=proof,
            aliases=aliases,
            canonical=canonical,
            judged_at=error.judged_at,
            notes=error.notes,
            retry_at=error.retry_at,
            work=error.work,
        )
    return Indeterminate(
        question,
        error.why,
        error.finding,
        enclosing=error.enclosing,
        proof=proof,
        aliases=aliases,
        canonical=canonical,
        judged_at=error.judged_at,
        notes=error.notes,
        retry_at=error.retry_at,
        work=error.work,
    )


def below_a_cut(outcome: Outcome[object]) -> InsecureZone | None:
    """The proven insecure cut above a question that got no usable reply (R122); None for every other verdict."""
    return outcome.enclosing if isinstance(outcome, Indeterminate) and outcome.why == "NO_REPLY" else None


class _Common(TypedDict):
    """What every proven verdict is made of."""

    question: Question
    proof: Proof
    aliases: tuple[Alias, ...]
    canonical: Name
    judged_at: float
    notes: tuple[Finding, ...]
    work: Work
    times: Times


def _resting(proof: Proof, others: Sequence[Outcome[RRset]]) -> Proof:
    """The proof, with one more step to rest on: the lookups that chose the base domain."""
    if not others:
        return proof
    return proof.resting_on(Proof(BASE_DOMAIN, others[0].question, rests_on=tuple([other.proof for other in others])))


def _unknown(field: str, number: int) -> str:
    return f"{field} 255 is for private use" if number == PRIVATE else f"unknown {field} {number}"
