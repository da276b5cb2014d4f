"""Hand-made RRsets for the judge: genuine keys, and signatures by the test kit, which shares no code with the judge."""

from __future__ import annotations

import re
from typing import TypeVar

from resolver.data.name import Name
from resolver.data.rrset import Message, Question, RRset
from resolver.data.types import DNSKEY, A, type_text
from resolver.data.views import read_dnskey
from resolver.engine.loop import Loop
from resolver.testing import World
from resolver.testing.keys import Key as Signer
from resolver.testing.keys import make_key, stream
from resolver.testing.signing import make_ds, make_rrsig, order_for
from resolver.validator.algorithms import Key
from resolver.validator.anchors import Anchors
from resolver.validator.context import Context
from resolver.validator.findings import Finding
from resolver.validator.outcome import Outcome
from resolver.validator.policy import Policy
from resolver.validator.signatures import check
from resolver.validator.states import Expanded, Verified

DAY = 86400
NOW = 1_780_315_200  # 2026-06-01T12:00Z
VALIDITY = (NOW - 7 * DAY, NOW + 21 * DAY)
COM = Name.from_text("com.")
ZONE = Name.from_text("example.com.")
WWW = Name.from_text("www.example.com.")
ADDRESS = bytes((192, 0, 2, 1))
KEY = make_key(13, 257, b"the key of example.com.")
OTHER = make_key(13, 257, b"another key")
FACTS = {
    "EXPIRATION_IN_PAST": {"age", "when", "tag"},
    "INCEPTION_IN_FUTURE": {"age", "when", "tag"},
    "ALGORITHM_NOT_SUPPORTED": {"algorithm", "tag"},
    "SIGNATURE_INVALID": {"algorithm", "tag"},
    "DNSKEY_REVOKED_RRSIG": {"algorithm", "tag"},
    "DNSKEY_BAD_LENGTH": {"algorithm", "tag", "bits"},
    "RSA_MODULUS_RANGE": {"algorithm", "tag", "bits"},
}
UNOWNED = ("SINGLETON_RRSET", "RRSET_TOO_LARGE", "UNSIGNABLE_TYPE", "RDATA_MALFORMED")  # found before a zone is known
ANCHORS = Anchors.from_text(". DS 1 13 2 " + "00" * 32)


def signed(
    owner: Name = WWW,
    rdtype: int = A,
    rdata: tuple[bytes, ...] = (ADDRESS,),
    *,
    key: Signer = KEY,
    signer: Name = ZONE,
    ttl: int = 3600,
    validity: tuple[int, int] = VALIDITY,
    **changes: object,
) -> RRset:
    """An RRset with one signature; `changes` alter what it says before it is made, so that it verifies all the same."""
    bare = RRset(owner, rdtype, ttl, rdata)
    order = order_for(owner, rdtype, ttl, validity, signer, key)._replace(**changes)  # type: ignore[arg-type]
    return bare.with_rrsigs(((ttl, make_rrsig(order, bare.rdata)),))


def together(*rrsets: RRset) -> RRset:
    """The first RRset with the signatures of all."""
    return rrsets[0].with_rrsigs(tuple(rrsig for rrset in rrsets for rrsig in rrset.rrsigs))


def spoiled(rrset: RRset) -> RRset:
    """The same with the last bit of every signature turned over."""
    return rrset.with_rrsigs(tuple((ttl, rrsig[:-1] + bytes((rrsig[-1] ^ 1,))) for ttl, rrsig in rrset.rrsigs))


def loaded(*keys: Signer) -> tuple[Key, ...]:
    """The validator's own view of keys."""
    views = []
    for key in keys:
        view = read_dnskey(key.rdata)
        assert view is not None
        views.append(Key(view))
    return tuple(views)


def context(*, now: int = NOW, policy: Policy | None = None, anchors: Anchors = ANCHORS) -> Context:
    return Context(anchors=anchors, policy=policy or Policy(), now=now)


def judged(
    rrset: RRset,
    *keys: Signer,
    zone: Name = ZONE,
    now: int = NOW,
    policy: Policy | None = None,
    within: Context | None = None,
) -> Verified | Expanded | list[Finding]:
    """What `signatures.check` says under these keys (the zone's key, where none are given)."""
    keys = keys or (KEY,)
    result = check(
        within or context(now=now, policy=policy), rrset, zone, loaded(*keys), tuple(key.rdata for key in keys)
    )
    return named(result, rrset, zone)


Result = TypeVar("Result")


def named(result: Result, rrset: RRset, zone: Name = ZONE) -> Result:
    """The same; every finding in it says what it is about, whose it is, and all its facts."""
    for found in result if isinstance(result, list) else []:
        assert found.at == f"{rrset.owner}/{type_text(rrset.rdtype)}", found
        assert not re.search(r"None|\?|XX|KEYS|CHECKS|rrset|dnskey", found.text), found.text
        assert found.who.endswith(f":{zone}") or found.code in UNOWNED, found.who
        assert None not in found.details.values(), found.details
        assert set(found.details) >= FACTS.get(found.code, set()), found.details
    return result


def accepted(rrset: RRset, *keys: Signer, **options: object) -> Verified:
    result = judged(rrset, *keys, **options)  # type: ignore[arg-type]
    assert isinstance(result, Verified), result
    return result


def codes(result: object) -> list[str]:
    """The codes of findings; the test fails where something was accepted."""
    assert isinstance(result, list), result
    return [found.code for found in result]


def colliding(count: int, like: Signer = KEY, flags: int = 256) -> list[Signer]:
    """Genuine keys with the tag and algorithm of another: flag bits that nobody has defined make up the difference."""
    free = 0xFFFF & ~(0x0100 | 0x0080)
    found: list[Signer] = []
    number = 0
    while len(found) < count:
        number += 1
        key = make_key(like.algorithm, flags, stream(32, "colliding", like.public, number))
        change = (like.tag - key.tag) % 0xFFFF
        if change & ~free == 0 and change & flags == 0:
            key = key._replace(flags=flags | change)
            if key.tag == like.tag:
                found.append(key)
    return found


def ds_of(key: Signer, digest: int = 2, owner: Name = ZONE) -> bytes:
    return make_ds(owner, key.rdata, digest)


def keyset(*keys: Signer, signers: tuple[Signer, ...] = (KEY,), zone: Name = ZONE, **changes: object) -> RRset:
    """A DNSKEY RRset of these keys, signed by `signers`."""
    rdata = tuple(key.rdata for key in keys)
    sets = [signed(zone, DNSKEY, rdata, key=signer, signer=zone, **changes) for signer in signers]  # type: ignore[arg-type]
    return together(*sets) if sets else RRset(zone, DNSKEY, 3600, rdata)


def reply(*answer: RRset, name: Name = ZONE, rdtype: int = DNSKEY) -> Message:
    return Message(Question(name, rdtype), answer=answer, received_at=float(NOW))


def outcome(
    world: World,
    name: str,
    rdtype: str | int = "A",
    *,
    policy: Policy | None = None,
    at: int | None = None,
    anchors: Anchors | None = None,
) -> Outcome[RRset]:
    """What a whole lookup in a world says."""
    loop = Loop(
        world.source(),
        anchors=anchors or world.anchors,
        policy=policy or Policy(),
        now=world.now if at is None else at,
    )
    return loop.lookup(Question.of(name, rdtype))


def cause(result: Outcome[RRset]) -> str:
    """The code of the finding that decides."""
    found = result.cause
    return found.code if found is not None else ""


def notes(result: Outcome[RRset]) -> list[str]:
    return [found.code for found in result.notes]
