"""What is verified inside the judge: RRsets and zone states, sealed; only `mint` makes the ones that grant anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Never, NoReturn, Self, TypeAlias, final

from resolver.data.name import Name
from resolver.data.rrset import Message, RRset
from resolver.data.types import type_text
from resolver.data.wire import read
from resolver.validator.findings import Finding
from resolver.validator.proof import Proof

if TYPE_CHECKING:
    from resolver.data.views import Rrsig
    from resolver.validator.algorithms import Key
    from resolver.validator.budget import Work

InsecureReason: TypeAlias = Literal[
    "NO_DS", "OPT_OUT", "UNSUPPORTED_ALGORITHM", "UNSUPPORTED_DIGEST", "SHA1_POLICY", "ITERATIONS", "NEGATIVE_ANCHOR"
]
BrokenWhy: TypeAlias = Literal["BOGUS", "NO_REPLY", "UPSTREAM_UNFIT", "WORK_LIMIT"]


class Sealed:
    """The base of what only the judge makes: not constructible, not copyable into a forgery, without a truth value."""

    __slots__ = ()

    def __new__(cls, *, only_the_validator_makes_this: Never) -> Self:
        raise TypeError(f"{cls.__name__} is made only by the validator")

    def __init_subclass__(cls) -> None:
        if Sealed not in cls.__bases__:
            raise TypeError("verdict types are final")
        super().__init_subclass__()

    def __bool__(self) -> NoReturn:
        raise TypeError("a verdict has no truth value: match on it, or use .require()")

    def __reduce__(self) -> NoReturn:
        raise TypeError("a verdict cannot leave its process: save Recording.of(outcome) and judge again")

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self


PACKED = ("rrset", "rrsig", "not_before", "not_after", "original_ttl")  # what a packed Verified leaves out
MAX_PLACES = 16  # signatures of one RRset that can be packed


def _place_of(rrset: RRset, rrsig: Rrsig, message: Message) -> int | None:
    """Where an RRset and its signature stand in a message that was read from octets, as one number."""
    if not message.wire:
        return None
    for number, each in enumerate(message.rrsets):
        same = each is rrset or each.with_ttl(rrset.ttl) == rrset
        if same and rrsig in each.signatures[:MAX_PLACES]:
            return number * MAX_PLACES + each.signatures.index(rrsig)
    return None


def _print_of(rrset: RRset, rrsig: Rrsig) -> int:
    """What tells an RRset and its signature from others; by the process's own secret, so nobody aims at it."""
    return hash((rrset.owner.wire.lower(), rrset.rdtype, rrset.rdata, rrsig.signature))


@final
@dataclass(frozen=True, init=False, eq=False, repr=False, match_args=False)
class Verified(Sealed):
    """An RRset whose signature verified under a zone's verified keys, with everything that its use needs.

    Attributes:
        rrset: the RRset, its TTL capped (RFC 4035 §5.3.3).
        rrsig, key: the signature that verified and the key that made it.
        zone: the signer, which is the apex of the zone that holds it.
        not_before, not_after: POSIX seconds, the signature's dates.
        original_ttl: seconds.
    """

    __slots__ = ("_packed", "key", "not_after", "not_before", "original_ttl", "rrset", "rrsig", "zone")
    _packed: tuple[
        bytes, int, int | None, int
    ]  # octets of a message; place in it; TTL where it was capped; `_print_of`
    rrset: RRset
    rrsig: Rrsig
    key: Key
    zone: Name
    not_before: int
    not_after: int
    original_ttl: int

    @property
    def is_packed(self) -> bool:
        """Whether it is packed now."""
        try:
            object.__getattribute__(self, "rrset")
        except AttributeError:
            return True
        return False

    def pack(self, message: Message, zone: Name | None) -> None:
        """Keep only where the RRset stands in the octets of the message that it was judged from.

        What was left out is read from those octets again when somebody looks: the same values, without judging anew.
        Where they are not that RRset's, or the clock's skew or its wrap made the dates others, nothing happens.

        Args:
            message: the message.
            zone: the zone's name, of which one copy is enough.
        """
        if self.is_packed:
            return
        rrset, rrsig = self.rrset, self.rrsig
        try:
            object.__getattribute__(self, "_packed")
        except AttributeError:
            place = _place_of(rrset, rrsig, message)
            if place is None or (self.not_before, self.not_after) != (rrsig.inception, rrsig.expiration):
                return
            found = message.rrsets[place // MAX_PLACES]
            capped = None if found.ttl == rrset.ttl else rrset.ttl
            object.__setattr__(self, "_packed", (message.wire, place, capped, _print_of(rrset, rrsig)))
        rrset.forget_views()
        for name in PACKED:
            try:
                object.__delattr__(self, name)
            except AttributeError:  # another thread looks just now
                pass
        if zone is not None and zone == self.zone:
            object.__setattr__(self, "zone", zone)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            if name not in PACKED:
                raise AttributeError(f"a Verified has no {name!r}")
            wire, place, capped, printed = self._packed
            rrset = read(wire).rrsets[place // MAX_PLACES]
            rrsig = rrset.signatures[place % MAX_PLACES]
            if _print_of(rrset, rrsig) != printed:  # a message whose octets are another's: no way to forge a verdict
                raise RuntimeError("the octets that a proof was packed into do not hold what was verified")
            values = {
                "rrset": rrset if capped is None else rrset.with_ttl(capped),
                "rrsig": rrsig,
                "not_before": rrsig.inception,
                "not_after": rrsig.expiration,
                "original_ttl": rrsig.original_ttl,
            }
            for each, value in values.items():
                object.__setattr__(self, each, value)
            return values[name]

    def __repr__(self) -> str:
        return f"<Verified {self.rrset.owner} {type_text(self.rrset.rdtype)} by {self.zone}>"


@final
@dataclass(frozen=True, init=False, eq=False, repr=False, match_args=False)
class Expanded(Sealed):
    """A wildcard expansion whose signature verified, and whose no-closer-match is not proved yet (RFC 4035 §5.3.4).

    Attributes:
        inner: what `Verified` will hold once the proof is there.
        closest_encloser: the wildcard's parent, from the labels field of the signature that verified.
        next_closer: the name whose non-existence is still to be proved.
    """

    __slots__ = ("closest_encloser", "inner", "next_closer")
    inner: tuple[RRset, Rrsig, Key, Name, int, int, int]
    closest_encloser: Name
    next_closer: Name


@final
@dataclass(frozen=True, init=False, eq=False, repr=False, match_args=False)
class SecureZone(Sealed):
    """A zone whose DNSKEY RRset is verified.

    Attributes:
        zone: the apex.
        dnskey: the verified DNSKEY RRset; `ds` the verified DS RRset, or None where anchors hold the zone.
        usable: the zone's keys that may verify data, in the order of R21.
        valid_from, valid_until: POSIX seconds; the evidence's horizon. fresh_until: the cache's (R103).
        fetched_at: POSIX seconds.
        work: what finding out cost, by zone.
        notes: findings about what was accepted on the way from the anchor.
    """

    __slots__ = (
        "dnskey",
        "ds",
        "fetched_at",
        "fresh_until",
        "notes",
        "proof",
        "usable",
        "valid_from",
        "valid_until",
        "work",
        "zone",
    )
    zone: Name
    dnskey: Verified
    ds: Verified | None
    usable: tuple[Key, ...]
    proof: Proof
    valid_from: int
    valid_until: int
    fresh_until: float
    fetched_at: float
    work: dict[Name, Work]
    notes: tuple[Finding, ...]


@final
@dataclass(frozen=True, init=False, eq=False, repr=False, match_args=False)
class InsecureZone(Sealed):
    """A name that is proven to be under an insecure cut.

    Attributes:
        zone: the name that was asked for; `cut` the name at and below which nothing is signed for us.
        reason: why.
    """

    __slots__ = ("cut", "fetched_at", "fresh_until", "proof", "reason", "valid_from", "valid_until", "work", "zone")
    zone: Name
    cut: Name
    reason: InsecureReason
    proof: Proof
    valid_from: int
    valid_until: int
    fresh_until: float
    fetched_at: float
    work: dict[Name, Work]


@final
@dataclass(frozen=True, init=False, eq=False, repr=False, match_args=False)
class NotACut(Sealed):
    """A name that is proven to be no zone cut.

    Attributes:
        zone: the name that was asked for; `within` the apex of the zone that it belongs to.
        nothing_below: whether the name is proven not to exist, and so nothing below it (R116 e2).
    """

    __slots__ = (
        "fetched_at",
        "fresh_until",
        "nothing_below",
        "proof",
        "valid_from",
        "valid_until",
        "within",
        "work",
        "zone",
    )
    zone: Name
    within: Name
    nothing_below: bool
    proof: Proof
    valid_from: int
    valid_until: int
    fresh_until: float
    fetched_at: float
    work: dict[Name, Work]


@final
class BrokenZone:
    """A zone whose keys could not be established. Constructible: it can only refuse.

    Attributes:
        why: BOGUS | NO_REPLY | UPSTREAM_UNFIT | WORK_LIMIT.
        ds: the verified usable DS RRset, where there was one (R8).
        finding: the cause.
        retry_at: POSIX seconds from which a new try makes sense (RFC 9520 §3.2).
    """

    __slots__ = ("ds", "fetched_at", "finding", "proof", "retry_at", "why", "work", "zone")
    why: BrokenWhy

    def __init__(
        self,
        zone: Name,
        why: BrokenWhy,
        finding: Finding,
        proof: Proof,
        *,
        ds: Verified | None = None,
        retry_at: float = 0.0,
        fetched_at: float = 0.0,
        work: dict[Name, Work] | None = None,
    ) -> None:
        self.zone = zone
        self.why = why
        self.finding = finding
        self.proof = proof
        self.ds = ds
        self.retry_at = retry_at
        self.fetched_at = fetched_at
        self.work: dict[Name, Work] = work or {}

    def __repr__(self) -> str:
        return f"<BrokenZone {self.zone} {self.why} {self.finding.code}>"


ZoneState: TypeAlias = SecureZone | InsecureZone | NotACut | BrokenZone
