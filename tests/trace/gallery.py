"""The gallery: damaged worlds, each with the finding that names its damage.

`python -m tests.trace.gallery` writes the golden files anew; look at the difference before you keep it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from resolver import Anchors, Policy, trace
from resolver.testing import World, Zone
from resolver.validator.outcome import Outcome

GOLDEN = Path(__file__).parent / "golden" / "gallery"
# Of 97 pictures (0.9 MB) one of each form that a picture takes is kept: about 9 kB each, of short lines that a
# reviewer can read, where digests would only say that something changed. The bytes depend on the verdict alone.
DRAWN = (
    "good", "good-nxdomain-nsec", "good-nxdomain-nsec3", "good-wildcard", "good-alias", "expired", "ds-mismatch", "no-ds",
    "unsigned-opt-out", "denial-missing-encloser", "stale-anchor", "server-silent", "hostile-names",
)  # fmt: skip
NAME = "broken.test"
B = "bogus"


class Case(NamedTuple):
    """One world: how it is damaged, what is asked, and what must come of it.

    Fields: `build` damages the world's zone and may give back anchors to use; the question; verdict and code of the
    cause (None: no cause), which must be the injected damage; the zone's options; what else the judge is given.
    """

    build: Callable[[World, Zone], Anchors | None]
    verdict: str
    code: str | None
    question: tuple[str, str] = (f"www.{NAME}", "A")
    options: dict[str, Any] = {}  # noqa: RUF012 - read only
    parent: dict[str, Any] = {}  # noqa: RUF012 - read only
    policy: Policy | None = None
    later: float = 0  # seconds after the world's time


def damaged(name: str, target: str | None = None) -> Callable[[World, Zone], None]:
    """A world with one of the test kit's damages in it."""

    def build(world: World, zone: Zone) -> None:
        zone.damage(*((name,) if target is None else (name, target)))

    build.damage = name  # type: ignore[attr-defined]
    return build


def honest(world: World, zone: Zone) -> None:
    """Nothing is damaged."""


def _case(name: str, verdict: str, code: str | None, target: str | None = None, **more: Any) -> Case:
    return Case(damaged(name, target), verdict, code, **more)


def _parent(name: str, code: str) -> Case:
    """A damage of the DS that the parent signs."""
    return Case(lambda world, zone: world.zone("test").damage(name, "broken DS") and None, B, code)


def _added(verdict: str, code: str, question: tuple[str, str], *records: str) -> Case:
    """Records that do the damage by themselves."""
    return Case(lambda world, zone: zone.add(*records) and None, verdict, code, question)


WWW, KEYS = "www A", "@ DNSKEY"
NX, ND = (f"nope.{NAME}", "A"), (f"www.{NAME}", "MX")
DEEP = (f"nope.www.{NAME}", "A")
NSEC3 = {"denial": "nsec3", "keys": "split"}
SPLIT = {"keys": "split"}

CASES: dict[str, Case] = {
    # what is good
    "good": Case(honest, "secure", None),
    "good-nxdomain-nsec": Case(honest, "absent", None, NX),
    "good-nxdomain-nsec3": Case(honest, "absent", None, NX, NSEC3),
    "good-nodata-nsec3": Case(honest, "absent", None, ND, NSEC3),
    "good-wildcard": Case(honest, "secure", None, (f"a.wild.{NAME}", "TXT")),
    "good-wildcard-nsec3": Case(honest, "secure", None, (f"a.wild.{NAME}", "TXT"), NSEC3),
    "good-compact": Case(honest, "absent", None, NX, {"denial": "compact"}),
    "good-alias": Case(honest, "secure", None, (f"alias.{NAME}", "A")),
    "good-dname": Case(honest, "secure", None, (f"www.moved.{NAME}", "A")),
    "good-tlsa": Case(honest, "secure", None, (f"_443._tcp.www.{NAME}", "TLSA")),
    # signatures
    "expired": _case("signature-expired", B, "EXPIRATION_IN_PAST", WWW),
    "expired-keys": _case("signature-expired", B, "EXPIRATION_IN_PAST", KEYS, options=SPLIT),
    "not-yet-valid": _case("signature-not-yet-valid", B, "INCEPTION_IN_FUTURE", WWW),
    "dates-reversed": _case("signature-dates-reversed", B, "RRSIG_EXPIRES_BEFORE_INCEPTION", WWW),
    "bad-signature": _case("signature-bad", B, "SIGNATURE_INVALID", WWW),
    "bad-signature-rsa": _case(
        "signature-bad", B, "SIGNATURE_INVALID", WWW, options={"algorithm": 8, "rsa_bits": 1024}
    ),
    "bad-signature-ed25519": _case("signature-bad", B, "SIGNATURE_INVALID", WWW, options={"algorithm": 15}),
    "truncated-signature": _case("signature-truncated", B, "SIGNATURE_INVALID", WWW),
    "impostor": _case("signature-by-impostor", B, "SIGNATURE_INVALID", WWW),
    "altered-data": _case("data-altered", B, "SIGNATURE_INVALID", WWW),
    "missing-signature": _case("signature-missing", B, "MISSING_RRSIG", WWW),
    "stripped-by-forwarder": _case("dnssec-stripped", B, "MISSING_RRSIG", WWW),
    "unknown-key": _case("signature-by-unknown-key", B, "NO_MATCHING_DNSKEY", WWW),
    "labels-too-high": _case("labels-too-high", B, "RRSIG_LABELS_EXCEED_RRSET_OWNER_LABELS", WWW),
    "labels-below-signer": _case("labels-below-signer", B, "RRSIG_LABELS_BELOW_SIGNER", WWW),
    "malformed-signature": _case("rrsig-malformed", B, "RRSIG_MALFORMED", WWW),
    "wrong-signer": _case("wrong-signer", B, "SIGNER_OFF_TREE", WWW),
    "parent-as-signer": _case("signer-parent-claimed", B, "NO_MATCHING_DNSKEY", WWW),
    "keytrap-signatures": _case("signatures-many", B, "WORK_LIMIT", WWW),
    "unsigned-keys": _case("dnskey-unsigned", B, "MISSING_RRSIG", options=SPLIT),
    # DS and keys
    "ds-mismatch": _case("ds-mismatch", B, "DIGEST_INVALID", options=SPLIT),
    "ds-wrong-tag": _case("ds-wrong-tag", B, "NO_SEP", options=SPLIT),
    "ds-wrong-algorithm": _case("ds-wrong-algorithm", B, "NO_SEP", options=SPLIT),
    "ds-truncated": _case("ds-truncated", B, "DIGEST_INVALID"),
    "ds-malformed": _case("ds-malformed", B, "RDATA_MALFORMED"),
    "ds-sha1-good-sha256-bad": _case("ds-sha1-good-sha256-bad", B, "DIGEST_INVALID"),
    "ds-with-unsigned-child": _case("dnskey-missing", B, "DNSKEY_MISSING"),
    "other-keys": _case("key-other", B, "NO_SEP"),
    "revoked-key": _case("key-revoked", B, "DNSKEY_REVOKED_DS"),
    "no-zone-key": _case("key-not-zone", B, "DNSKEY_NOT_ZONE_KEY"),
    "wrong-protocol": _case("key-wrong-protocol", B, "DNSKEY_PROTOCOL"),
    "malformed-key": _case("key-malformed", B, "DNSKEY_BAD_LENGTH"),
    "keys-collide": _case("keys-collide", "secure", None),
    # denial
    "denial-stripped": _case("denial-stripped", B, "MISSING_DENIAL", question=NX),
    "denial-of-apex": _case("denial-of-apex", B, "SNAME_NOT_COVERED", question=NX),
    "denial-unsigned": _case("denial-unsigned", B, "MISSING_DENIAL", question=NX),
    "denial-missing-wildcard": _case(
        "denial-missing-wildcard", B, "WILDCARD_NOT_COVERED", question=DEEP, options=NSEC3
    ),
    "denial-missing-encloser": _case(
        "denial-missing-closest-encloser", B, "NO_CLOSEST_ENCLOSER", question=NX, options=NSEC3
    ),
    "denial-missing-next-closer": _case(
        "denial-missing-next-closer", B, "NEXT_CLOSEST_ENCLOSER_NOT_COVERED", question=NX, options=NSEC3
    ),
    "denial-claims-type": _case("denial-claims-type", B, "CNAME_IN_BITMAP", question=ND),
    "denial-next-outside": _case("denial-next-outside", B, "NSEC_NEXT_OUT_OF_ZONE", question=ND),
    "denial-unknown-hash": _case("denial-unknown-hash", B, "UNSUPPORTED_NSEC3_ALGORITHM", question=ND, options=NSEC3),
    "denial-unknown-flags": _case("denial-unknown-flags", B, "UNSUPPORTED_NSEC3_ALGORITHM", question=ND, options=NSEC3),
    "denial-expired": _case("signature-expired", B, "EXPIRATION_IN_PAST", "www NSEC", question=ND),
    "wildcard-unproven": _case("denial-stripped", B, "MISSING_NSEC_FOR_WILDCARD", question=(f"a.wild.{NAME}", "TXT")),
    "iterations-100": Case(honest, "insecure", "ITERATIONS", NX, {**NSEC3, "iterations": 100}),
    "iterations-600": Case(honest, B, "NSEC3_ITERATIONS", NX, {**NSEC3, "iterations": 600}),
    # aliases
    "dname-altered": _case("dname-synthesis-altered", B, "DNAME_TARGET_MISMATCH", question=(f"www.moved.{NAME}", "A")),
    "alias-loop": Case(honest, "indeterminate", "CNAME_LOOP", (f"loop.{NAME}", "A")),
    "alias-to-expired": _case("signature-expired", B, "EXPIRATION_IN_PAST", WWW, question=(f"alias.{NAME}", "A")),
    # replies
    "server-failure": _case("server-failure", "indeterminate", "NO_REPLY"),
    "server-refuses": _case("server-refused", "indeterminate", "NO_REPLY"),
    "server-silent": _case("server-silent", "indeterminate", "NO_REPLY"),
    "rcode-differs": _case("rcode-nxdomain", "secure", None, WWW),
    # insecurity
    "no-ds": _case("ds-missing", "insecure", "NO_DS"),
    "unsigned": Case(honest, "insecure", "NO_DS", options={"signed": False}),
    "unsigned-opt-out": Case(honest, "insecure", "OPT_OUT", options={"signed": False}, parent={"denial": "opt-out"}),
    "opt-out-nxdomain": Case(honest, "insecure", "OPT_OUT", NX, {"denial": "opt-out"}),
    "ds-unknown-algorithm": _case("ds-unknown-algorithm", "insecure", "UNSUPPORTED_ALGORITHM"),
    "ds-unknown-digest": _case("ds-unknown-digest", "insecure", "UNSUPPORTED_DIGEST"),
    "sha1-only": Case(honest, "insecure", "SHA1_POLICY", options={"algorithm": 7, "rsa_bits": 1024}),
    "negative-anchor": Case(
        honest, "insecure", "NEGATIVE_ANCHOR", policy=Policy(negative_anchors={NAME: 4_000_000_000.0})
    ),
    # the reader's side
    "clock-ahead": Case(honest, B, "EXPIRATION_IN_PAST", later=300 * 86400),
    "clock-behind": Case(honest, B, "INCEPTION_IN_FUTURE", later=-300 * 86400),
    "stale-anchor": Case(lambda world, zone: World("other").anchors, B, "ANCHOR_STALE"),
    "no-anchor": Case(
        lambda world, zone: Anchors.from_text(World("other").anchor_text.replace(". ", "other. ", 1)),
        "indeterminate",
        "NO_ANCHOR",
    ),
    "forwarder-strips": Case(
        lambda world, zone: world.zone(".").damage("dnssec-stripped") and None,
        "indeterminate",
        "UPSTREAM_STRIPS_DNSSEC",
    ),
    "unsignable-type": Case(honest, "indeterminate", "UNSIGNABLE_TYPE", (f"www.{NAME}", "RRSIG")),
    "anchored-without-keys": Case(
        lambda world, zone: zone.damage("dnskey-missing") and Anchors.from_text(world.anchor_text + zone.anchor_text),
        B,
        "ANCHORED_DNSKEY_MISSING",
    ),
    "revoked-anchor": Case(lambda world, zone: world.zone(".").damage("key-revoked") and None, B, "ANCHOR_REVOKED"),
    # more of each kind
    "expired-ds": _parent("signature-expired", "EXPIRATION_IN_PAST"),
    "ds-as-a-wildcard": _parent("labels-too-low", "WILDCARD_EXPANSION_FORBIDDEN"),
    "malformed-signature-keys": _case("rrsig-malformed", B, "RRSIG_MALFORMED", KEYS),
    "unknown-key-signs-keys": _case("signature-by-unknown-key", B, "DS_KEY_NOT_SIGNING", KEYS, options=SPLIT),
    "two-aliases": _added(B, "SINGLETON_RRSET", (f"two.{NAME}", "A"), "two CNAME www", "two CNAME alias"),
    "too-many-records": _added(
        B, "RRSET_TOO_LARGE", (f"many.{NAME}", "A"), *(f"many A 192.0.2.{number}" for number in range(101))
    ),
    "short-rsa-key": Case(
        honest, B, "RSA_MODULUS_RANGE", options={"algorithm": 8, "rsa_bits": 1024}, policy=Policy.strict()
    ),
    "weak-rsa-key": Case(honest, "secure", None, options={"algorithm": 8, "rsa_bits": 512}),
    "sha1-ds-only": Case(honest, "secure", None, options={"digests": (1,)}),
    "sha1-ds-beside-sha256": Case(honest, "secure", None, options={"digests": (1, 2)}),
    "denial-claims-ds": _case("denial-claims-type", B, "STYPE_IN_BITMAP", question=(f"www.{NAME}", "DS")),
    "denial-from-a-cut": _case(
        "denial-ancestor-delegation", B, "ANCESTOR_DELEGATION_PROOF", question=NX, options=NSEC3
    ),
    "within-the-skew": Case(damaged("signature-expired", WWW), "secure", None, policy=Policy(clock_skew=86_500)),
    "rcode-hides-a-denial": _case("rcode-noerror", "absent", None, question=NX),
    "dname-too-long": _added(
        "indeterminate",
        "DNAME_TOO_LONG",
        (".".join([60 * "a"] * 3 + [46 * "b", "long", NAME]), "A"),
        f"long DNAME {30 * 'c'}.target.test.",
    ),
    "alias-after-alias": _added(
        "indeterminate",
        "ALIAS_LIMIT",
        (f"l0.{NAME}", "A"),
        *(f"l{number} CNAME l{number + 1}" for number in range(20)),
    ),
    # hostile text
    "hostile-names": _case(
        "signature-bad", B, "SIGNATURE_INVALID", question=(r"\027[2J\<script\>alert\(1\)\<\/script\>." + NAME, "TXT")
    ),
}


def fill(zone: Zone) -> None:
    """The records of every world's zone."""
    zone.add(
        "www A 192.0.2.1",
        "*.wild TXT hello",
        "alias CNAME www",
        "moved DNAME target.test.",
        "loop CNAME loop",
        "_443._tcp.www TLSA 3 1 1 " + 32 * "ab",
        r'\027[2J\<script\>alert\(1\)\<\/script\> TXT "\027]0;owned\007<img src=x onerror=alert(1)>"',
    )


def world_of(case: Case) -> tuple[World, Anchors | None]:
    """The world of a case, and the anchors that it is judged with, if not its own."""
    world = World()
    if case.parent:
        world.zone("test", **case.parent)
    zone = world.zone(NAME, **case.options)
    fill(zone)
    world.zone("target.test").add("www A 192.0.2.2")
    return world, case.build(world, zone)


@cache
def outcome_of(name: str) -> Outcome[Any]:
    """The verdict of a case."""
    case = CASES[name]
    world, anchors = world_of(case)
    judge = world.offline(anchors=anchors, policy=case.policy, at=world.now + case.later)
    return judge.lookup(*case.question)


def as_text(name: str) -> str:
    """What is kept of a case as text: the trace, 100 columns wide."""
    return trace.text(outcome_of(name), width=100)


def as_json(name: str) -> str:
    """What is kept of a case as JSON."""
    return json.dumps(trace.json(outcome_of(name)), indent=1) + "\n"


def as_svg(name: str) -> str:
    """What is kept of a case as a picture, for those in `DRAWN`."""
    return trace.svg(outcome_of(name))


def write() -> None:
    """Write the golden files."""
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for path in GOLDEN.iterdir():
        path.unlink()
    for name in CASES:
        (GOLDEN / f"{name}.txt").write_text(as_text(name), encoding="utf-8")
        (GOLDEN / f"{name}.json").write_text(as_json(name), encoding="utf-8")
    for name in DRAWN:
        (GOLDEN / f"{name}.svg").write_text(as_svg(name), encoding="utf-8")


if __name__ == "__main__":
    write()
