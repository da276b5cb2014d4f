"""What can be chosen for a zone, as a caller writes it and as it is kept."""

from __future__ import annotations

from typing import NamedTuple, TypedDict

from resolver.data.moment import Moment, to_seconds
from resolver.errors import BadInput
from resolver.testing.keys import to_algorithm

DAY = 86400  # seconds
DENIALS = ("nsec", "nsec3", "opt-out", "compact")
KEY_SPLITS = ("csk", "split")


class ZoneOptions(TypedDict, total=False):
    """The keyword arguments of `World.zone`; each has a default.

    Attributes:
        algorithm: 13, "P256", "ED25519", …, or several in a tuple (the world's); numbers that nobody implements work.
        denial: "nsec", "nsec3", "opt-out" or "compact" ("nsec").
        signed: False makes an unsigned zone, whose parent proves that it has no DS (True).
        delegate: False leaves the zone out of its parent altogether (True).
        ds: False: the zone is signed, and its parent has no DS of it (True).
        island: no DS at the parent, an anchor of its own in `World.anchor_text` (False).
        digests: the digest types of its DS records ((2,)).
        keys: "csk", one key that signs all, or "split", a KSK and a ZSK ("csk").
        rsa_bits: 512, 1024 or 2048 (2048).
        iterations, salt: of NSEC3 (0 and empty, RFC 9276 §3.1).
        validity: inception and expiration of all signatures, moments (seven days before `now`, 21 days after).
        ttl: seconds, of records that are added without one (3600).
        minimum: seconds, the SOA's last field and so the TTL of denials (300).
        nameserver: the name in NS and SOA, relative to the zone ("ns.invalid.").
    """

    algorithm: int | str | tuple[int | str, ...]
    denial: str
    signed: bool
    delegate: bool
    ds: bool
    island: bool
    digests: tuple[int, ...]
    keys: str
    rsa_bits: int
    iterations: int
    salt: bytes
    validity: tuple[Moment, Moment]
    ttl: int
    minimum: int
    nameserver: str


class Settings(NamedTuple):
    """The same, complete."""

    algorithms: tuple[int, ...]
    denial: str
    signed: bool
    delegate: bool
    ds: bool
    island: bool
    digests: tuple[int, ...]
    keys: str
    rsa_bits: int
    iterations: int
    salt: bytes
    validity: tuple[int, int]
    ttl: int
    minimum: int
    nameserver: str


def settle(options: ZoneOptions, *, now: int, algorithm: int | str | tuple[int | str, ...]) -> Settings:
    """Fill in the defaults and refuse what makes no sense.

    Raises:
        BadInput: an option that does not exist, or a value outside its choices.
    """
    unknown = set(options) - set(ZoneOptions.__annotations__)
    if unknown:
        raise BadInput(f"no zone option {sorted(unknown)[0]!r}: choose from {', '.join(ZoneOptions.__annotations__)}")
    chosen = options.get("algorithm", algorithm)
    denial, keys = options.get("denial", "nsec"), options.get("keys", "csk")
    if denial not in DENIALS:
        raise BadInput(f"bad denial {denial!r}: choose from {', '.join(DENIALS)}")
    if keys not in KEY_SPLITS:
        raise BadInput(f"bad keys {keys!r}: choose from {', '.join(KEY_SPLITS)}")
    iterations, salt = options.get("iterations", 0), options.get("salt", b"")
    if not 0 <= iterations <= 65535 or len(salt) > 255:
        raise BadInput("iterations go from 0 to 65535 and a salt has at most 255 octets (RFC 5155 §3.1)")
    inception, expiration = options.get("validity", (now - 7 * DAY, now + 21 * DAY))
    return Settings(
        algorithms=tuple(map(to_algorithm, chosen if isinstance(chosen, tuple) else (chosen,))),
        denial=denial,
        signed=options.get("signed", True),
        delegate=options.get("delegate", True),
        ds=options.get("ds", True),
        island=options.get("island", False),
        digests=tuple(options.get("digests", (2,))),
        keys=keys,
        rsa_bits=options.get("rsa_bits", 2048),
        iterations=iterations,
        salt=salt,
        validity=(int(to_seconds(inception, "inception")), int(to_seconds(expiration, "expiration"))),
        ttl=options.get("ttl", 3600),
        minimum=options.get("minimum", 300),
        nameserver=options.get("nameserver", "ns.invalid."),
    )
