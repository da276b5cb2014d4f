"""The policy: everything that decides a verdict beside the evidence, the anchors and the time.

The table follows RFC 9904 (algorithms and digests, columns "use for validation") and RFC 9905 (no RSA with SHA-1).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from resolver.data.moment import Moment, to_seconds
from resolver.data.name import Name, NameLike, to_name
from resolver.errors import BadInput
from resolver.validator.limits import Limits

RSASHA1, RSASHA1_NSEC3, RSASHA256, RSASHA512, ECDSAP256, ECDSAP384, ED25519, ED448, MLDSA44 = (
    5,
    7,
    8,
    10,
    13,
    14,
    15,
    16,
    18,
)
SHA1, SHA256, SHA384 = 1, 2, 4

# RFC 9904 §3 as updated by RFC 9905 §2: what a validator uses by default. 1, 3, 6 and 12 never; 5 and 7 by policy;
# 18 is ML-DSA-44 (draft-westerbaan-dnssec-mldsa, IANA assignment of 2026).
KNOWN_ALGORITHMS = frozenset(
    {RSASHA1, RSASHA1_NSEC3, RSASHA256, RSASHA512, ECDSAP256, ECDSAP384, ED25519, ED448, MLDSA44}
)
DEFAULT_ALGORITHMS = KNOWN_ALGORITHMS - {RSASHA1, RSASHA1_NSEC3}
KNOWN_DIGESTS = frozenset({SHA1, SHA256, SHA384})  # 0 and 3 never (RFC 9904 §3.2, RFC 9906)
DIGEST_OCTETS = {SHA1: 20, SHA256: 32, SHA384: 48}


@dataclass(frozen=True, kw_only=True, eq=False)
class Policy:
    """What a resolver object accepts.

    Attributes:
        allow_rsa_sha1: whether algorithms 5 and 7 count as supported (RFC 9905 §2 says that operators treat them as
            unsupported, so zones signed only by them are insecure).
        algorithms: number -> whether it is used; overrides the table.
        digests: DS digest number -> whether it is used; overrides the table.
        min_rsa_bits: RSA keys with fewer bits are refused.
        clock_skew: seconds by which signature dates may be missed; such an acceptance is noted (R101).
        negative_anchors: name -> the moment when the exception ends (RFC 7646).
        limits: the work limits.
    """

    __module__ = "resolver"

    allow_rsa_sha1: bool = False
    algorithms: Mapping[int, bool] = field(default_factory=dict)
    digests: Mapping[int, bool] = field(default_factory=dict)
    min_rsa_bits: int = 512
    clock_skew: int = 0
    negative_anchors: Mapping[NameLike, Moment] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    usable_algorithms: frozenset[int] = field(init=False)
    usable_digests: frozenset[int] = field(init=False)
    negative_points: Mapping[Name, float] = field(init=False)

    def __post_init__(self) -> None:
        algorithms = set(DEFAULT_ALGORITHMS)
        if self.allow_rsa_sha1:
            algorithms |= {RSASHA1, RSASHA1_NSEC3}
        _apply(algorithms, self.algorithms, KNOWN_ALGORITHMS, "algorithm")
        digests = set(KNOWN_DIGESTS)
        _apply(digests, self.digests, KNOWN_DIGESTS, "digest")
        for name, least in (("min_rsa_bits", 512), ("clock_skew", 0)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise BadInput(f"Policy({name}=…) must be a whole number of at least {least}, not {value!r}")
        negative = {}
        for point, until in self.negative_anchors.items():
            try:
                negative[to_name(point)] = to_seconds(until, f"the end of the negative anchor {point}")
            except ValueError as refused:
                raise BadInput(f"Policy(negative_anchors=…): {refused} (RFC 7646 §2: an end is required)") from None
        object.__setattr__(self, "usable_algorithms", frozenset(algorithms))
        object.__setattr__(self, "usable_digests", frozenset(digests))
        object.__setattr__(self, "negative_points", negative)

    @classmethod
    def permissive(cls) -> Policy:
        """What validators accepted before RFC 9905 and RFC 9276: RSA with SHA-1, 150 NSEC3 iterations."""
        return cls(allow_rsa_sha1=True, limits=Limits(nsec3_iterations=150))

    @classmethod
    def strict(cls) -> Policy:
        """No SHA-1 DS digests, RSA from 2048 bits."""
        return cls(digests={SHA1: False}, min_rsa_bits=2048)


def _apply(chosen: set[int], overrides: Mapping[int, bool], known: frozenset[int], word: str) -> None:
    for number, wanted in overrides.items():
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= 255:
            raise BadInput(f"Policy({word}s=…): {number!r} is no {word} number")
        if not wanted:
            chosen.discard(number)
        elif number in known:
            chosen.add(number)
        else:
            raise BadInput(f"Policy({word}s=…): {word} {number} is not implemented here; known: {sorted(known)}")
