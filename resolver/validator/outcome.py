"""The verdict types, sealed: only `mint`, which the judge alone imports, makes the ones that grant anything.

`Outcome` is a closed union. Secure, Absent and Insecure are proofs; Bogus and Indeterminate can only refuse, so anybody
may construct them. No verdict has a truth value: four things must not hide behind one falsy list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Generic, Literal, NoReturn, TypeAlias, TypeVar, final

from resolver.data.name import Name
from resolver.data.rrset import Question, RRset
from resolver.errors import NotTrusted
from resolver.validator.findings import Finding, finding
from resolver.validator.proof import Proof
from resolver.validator.states import InsecureReason, InsecureZone, Sealed

if TYPE_CHECKING:
    from resolver.validator.budget import Work

T_co = TypeVar("T_co", covariant=True)

Why: TypeAlias = Literal[
    "NO_ANCHOR", "NO_REPLY", "UPSTREAM_UNFIT", "ALIAS_LIMIT", "DNAME_TOO_LONG", "UNSIGNABLE_TYPE", "DEADLINE"
]
Kind: TypeAlias = Literal["NXDOMAIN", "NODATA"]
POLICY_REASONS = frozenset({"SHA1_POLICY", "ITERATIONS", "NEGATIVE_ANCHOR"})


class Alias:
    """One hop of a chain of aliases.

    Attributes:
        owner, target: where it leads from and to.
        kind: "CNAME" or "DNAME".
        security: "secure" or "insecure", the hop's own state (RFC 7672 §2.2.2).
        proof: the hop's proof.
    """

    __slots__ = ("kind", "owner", "proof", "security", "target")
    __module__ = "resolver"

    def __init__(
        self,
        owner: Name,
        target: Name,
        kind: Literal["CNAME", "DNAME"],
        security: Literal["secure", "insecure"],
        proof: Proof,
    ) -> None:
        self.owner = owner
        self.target = target
        self.kind = kind
        self.security = security
        self.proof = proof

    def __repr__(self) -> str:
        return f"<Alias {self.owner} {self.kind} {self.target} {self.security}>"


class Verdict:
    """What all outcomes have in common; a plain base for `isinstance`.

    Attributes:
        question: what was asked.
        proof: the proof, which exists for failures too.
        aliases: the hops from the question's name to `canonical`, the last name reached.
        judged_at: POSIX seconds.
        notes: findings about what was accepted or noticed.
        work: what the lookup spent (signature units, failures, NSEC3 blocks, questions).
    """

    __slots__ = ("aliases", "canonical", "judged_at", "notes", "proof", "question", "work")
    question: Question
    proof: Proof
    aliases: tuple[Alias, ...]
    canonical: Name
    judged_at: float
    notes: tuple[Finding, ...]
    work: Work

    @property
    def summary(self) -> str:
        """The verdict in one sentence."""
        raise NotImplementedError

    @property
    def cause(self) -> Finding | None:
        """The one finding that decides; None for Secure and Absent."""
        return None

    def require(self) -> object:
        """The value of a Secure outcome.

        Raises:
            NotTrusted: this outcome has none.
        """
        raise NotTrusted(self.summary, self)

    def pack(self) -> None:
        """Take less memory, as a cache wants it; what was left out is read again when somebody looks."""
        self.proof.pack()

    def __bool__(self) -> NoReturn:
        raise TypeError("a verdict has no truth value: match on it, or use .require()")

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.summary}>"


@final
@dataclass(frozen=True, init=False, eq=False, repr=False, match_args=False)
class Secure(Sealed, Verdict, Generic[T_co]):
    """Proven from a trust anchor down.

    Attributes:
        value: what is proven.
        valid_from, valid_until: POSIX seconds; the dates of the evidence. fresh_until: how long it may be cached.
        wildcard: the wildcard that the answer was expanded from, or None.
    """

    __slots__ = ("fresh_until", "valid_from", "valid_until", "value", "wildcard")
    __module__ = "resolver"
    value: T_co
    valid_from: int
    valid_until: int
    fresh_until: float
    wildcard: Name | None
    status: ClassVar[Literal["secure"]] = "secure"

    @property
    def summary(self) -> str:
        return f"{self.question} is proven from the trust anchor down"

    @property
    def reason(self) -> str:
        """The same as `summary`: one line."""
        return self.summary

    def require(self) -> T_co:
        """The proven value."""
        return self.value

    def pack(self) -> None:
        """The same; the value is left out too, where the first verified record of the proof holds that very RRset."""
        first = self.proof.evidence[0] if self.proof.evidence else None
        same = first is not None and not first.is_packed and first.rrset is self.value
        self.proof.pack()
        if same and first is not None and first.is_packed:
            object.__delattr__(self, "value")

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            if name != "value":
                raise AttributeError(f"a verdict has no {name!r}")
            value = self.proof.evidence[0].rrset
            _set(self, "value", value)
            return value


@final
@dataclass(frozen=True, init=False, eq=False, repr=False, match_args=False)
class Absent(Sealed, Verdict):
    """Proven not to exist.

    Attributes:
        kind: "NXDOMAIN" (no such name) or "NODATA" (no such type at the name); from the proof, never from the RCODE.
        compact: whether it was denied compactly (RFC 9824).
        valid_from, valid_until, fresh_until: as for Secure.
    """

    __slots__ = ("compact", "fresh_until", "kind", "valid_from", "valid_until")
    __module__ = "resolver"
    kind: Kind
    compact: bool
    valid_from: int
    valid_until: int
    fresh_until: float
    status: ClassVar[Literal["absent"]] = "absent"

    @property
    def summary(self) -> str:
        what = "the name does not exist" if self.kind == "NXDOMAIN" else "the name has no such record"
        return f"{self.question}: {self.kind}, proven: {what}"

    @property
    def reason(self) -> str:
        """The same as `summary`: one line."""
        return self.summary

    def require(self) -> NoReturn:
        """Nothing is there to return.

        Raises:
            NotTrusted: always.
        """
        raise NotTrusted(self.summary, self)


@final
@dataclass(frozen=True, init=False, eq=False, repr=False, match_args=False)
class Insecure(Sealed, Verdict):
    """Proven to be unsigned: below `cut` nothing can be verified. It has no `value`.

    Attributes:
        cut: the name of the zone cut, or the next closer name of an opt-out span.
        reason: the word: NO_DS, OPT_OUT, UNSUPPORTED_ALGORITHM, … ; `summary` says it in a sentence.
        policy: whether only our own policy makes it insecure.
        untrusted: what the server said, unverified; None where it said nothing, and in the TLSA API always.
        claimed: "NXDOMAIN" or "NODATA" where the server said so, unverified.
        valid_from, valid_until, fresh_until: as for Secure, of the proof of insecurity.
    """

    __slots__ = ("claimed", "cut", "fresh_until", "policy", "reason", "untrusted", "valid_from", "valid_until")
    __module__ = "resolver"
    cut: Name
    reason: InsecureReason
    policy: bool
    untrusted: RRset | None
    claimed: Kind | None
    valid_from: int
    valid_until: int
    fresh_until: float
    status: ClassVar[Literal["insecure"]] = "insecure"

    @property
    def summary(self) -> str:
        return f"{self.question} is not signed: {self.cause.text}"

    @property
    def cause(self) -> Finding:
        return finding(self.reason, self.proof.subject, cut=self.cut)

    def require(self) -> NoReturn:
        """Nothing is verified.

        Raises:
            NotTrusted: always.
        """
        raise NotTrusted(self.summary, self)


@final
@dataclass(frozen=True, init=False, eq=False, repr=False, match_args=False)
class Bogus(Verdict):
    """Something is wrong with the evidence, and nothing proves that it may be. Constructible: it can only refuse.

    Attributes:
        finding: the cause.
        retry_at: POSIX seconds from which a new try makes sense.
    """

    __slots__ = ("finding", "retry_at")
    __module__ = "resolver"
    finding: Finding
    retry_at: float
    status: ClassVar[Literal["bogus"]] = "bogus"

    def __init__(
        self,
        question: Question,
        finding: Finding,
        *,
        proof: Proof | None = None,
        aliases: tuple[Alias, ...] = (),
        canonical: Name | None = None,
        judged_at: float = 0.0,
        notes: tuple[Finding, ...] = (),
        retry_at: float = 0.0,
        work: Work | None = None,
    ) -> None:
        _common(self, question, finding, proof, aliases, canonical, judged_at, notes, work)
        _set(self, "finding", finding)
        _set(self, "retry_at", retry_at)

    @property
    def summary(self) -> str:
        return f"{self.question} is bogus: {self.finding.text} ({self.finding.at})"

    @property
    def cause(self) -> Finding:
        return self.finding

    @property
    def reason(self) -> str:
        """The same as `summary`: one line."""
        return self.summary

    def require(self) -> NoReturn:
        """Nothing can be trusted.

        Raises:
            NotTrusted: always.
        """
        raise NotTrusted(self.summary, self)


@final
@dataclass(frozen=True, init=False, eq=False, repr=False, match_args=False)
class Indeterminate(Verdict):
    """It could not be found out. Constructible: it can only refuse.

    Attributes:
        why: NO_ANCHOR | NO_REPLY | UPSTREAM_UNFIT | ALIAS_LIMIT | DNAME_TOO_LONG | UNSIGNABLE_TYPE | DEADLINE.
        finding: the cause.
        enclosing: the proven insecure cut that the name lies under, or None (R122).
        retry_at: POSIX seconds from which a new try makes sense.
    """

    __slots__ = ("enclosing", "finding", "retry_at", "why")
    __module__ = "resolver"
    why: Why
    finding: Finding
    enclosing: InsecureZone | None
    retry_at: float
    status: ClassVar[Literal["indeterminate"]] = "indeterminate"

    def __init__(
        self,
        question: Question,
        why: Why,
        finding: Finding,
        *,
        enclosing: InsecureZone | None = None,
        proof: Proof | None = None,
        aliases: tuple[Alias, ...] = (),
        canonical: Name | None = None,
        judged_at: float = 0.0,
        notes: tuple[Finding, ...] = (),
        retry_at: float = 0.0,
        work: Work | None = None,
    ) -> None:
        _common(self, question, finding, proof, aliases, canonical, judged_at, notes, work)
        _set(self, "why", why)
        _set(self, "finding", finding)
        _set(self, "enclosing", enclosing)
        _set(self, "retry_at", retry_at)

    @property
    def summary(self) -> str:
        below = f"; it lies under the insecure cut {self.enclosing.cut}" if self.enclosing is not None else ""
        return f"{self.question} could not be determined: {self.finding.text}{below}"

    @property
    def cause(self) -> Finding:
        return self.finding

    @property
    def reason(self) -> str:
        """The same as `summary`: one line."""
        return self.summary

    def require(self) -> NoReturn:
        """Nothing is known.

        Raises:
            NotTrusted: always.
        """
        raise NotTrusted(self.summary, self)


Outcome: TypeAlias = Secure[T_co] | Absent | Insecure | Bogus | Indeterminate

_set = object.__setattr__


def _common(
    self: Verdict,
    question: Question,
    cause: Finding,
    proof: Proof | None,
    aliases: tuple[Alias, ...],
    canonical: Name | None,
    judged_at: float,
    notes: tuple[Finding, ...],
    work: Work | None,
) -> None:
    from resolver.validator.budget import Work as Spent
    from resolver.validator.proof import FAILURE

    _set(self, "question", question)
    _set(self, "proof", proof if proof is not None else Proof(FAILURE, question, finding=cause))
    _set(self, "aliases", aliases)
    _set(self, "canonical", canonical if canonical is not None else question.name)
    _set(self, "judged_at", judged_at)
    _set(self, "notes", notes)
    _set(self, "work", work if work is not None else Spent())
