"""Verdicts by hand whose traces are golden files: `python -m tests.trace.cases` writes them anew; look before you keep."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from resolver import trace
from resolver.data.name import to_name
from resolver.data.rrset import Question
from resolver.data.types import CNAME
from resolver.testing import World
from resolver.validator import mint, proof
from resolver.validator.findings import finding
from resolver.validator.outcome import Alias, Bogus, Indeterminate
from resolver.validator.proof import Proof
from tests.trace.hand import Hand

GOLDEN = Path(__file__).parent / "golden"
TLSA_TEXT = "3 1 1 " + 32 * "ab"


def make_world() -> World:
    """A world that has something of everything."""
    world = World()
    world.zone("com", denial="opt-out")
    world.zone("example.com", keys="split", algorithm=8).add(
        f"_25._tcp.mx 300 TLSA {TLSA_TEXT}", "*.wild TXT hello", "alias CNAME mx", "mx A 192.0.2.1"
    )
    world.zone("unsigned.com", signed=False).add(f"_25._tcp.mx 300 TLSA {TLSA_TEXT}")
    world.zone("example.org").add("a A 192.0.2.1", "c A 192.0.2.1")
    expired = (world.now - 40 * 86400, world.now - 5 * 86400 - 7200)
    world.zone("expired.com", keys="split", validity=expired).add("www A 192.0.2.1")  # type: ignore[typeddict-item]
    return world


def cases() -> dict[str, Any]:
    """Every case by name."""
    world = make_world()
    hand = Hand(world)
    found: dict[str, Any] = {}

    asked, zone = Question.of("_25._tcp.mx.example.com", "TLSA"), to_name("example.com")
    rrset = world.message(asked).answer[0]
    step = Proof(proof.ANSWER, asked, zone=zone, evidence=(hand.verified(rrset),), rests_on=(hand.keys(zone),))
    found["secure"] = mint.secure(rrset, wildcard=None, **hand.common(asked, step))

    asked = Question.of("x.y.wild.example.com", "TXT")
    message = world.message(asked)
    evidence = tuple(hand.verified(held) for held in (*message.answer, *message.authority) if held.rrsigs)
    step = Proof(proof.ANSWER, asked, zone=zone, evidence=evidence, rests_on=(hand.keys(zone),))
    wildcard = to_name("*.wild.example.com")
    found["wildcard"] = mint.secure(message.answer[0], wildcard=wildcard, **hand.common(asked, step))

    asked = Question.of("alias.example.com", "A")
    hop, target = world.message(asked).answer
    alias = Proof(
        proof.ALIAS,
        Question(asked.name, CNAME),
        zone=zone,
        evidence=(hand.verified(hop),),
        rests_on=(hand.keys(zone),),
    )
    step = Proof(
        proof.ANSWER, Question(target.owner, 1), zone=zone, evidence=(hand.verified(target),), rests_on=(alias,)
    )
    common = hand.common(asked, step, (finding("SHA1_DS_ONLY", Question.of("example.com", "DS")),))
    common |= {"aliases": (Alias(asked.name, target.owner, "CNAME", "secure", alias),), "canonical": target.owner}
    found["alias"] = mint.secure(target, wildcard=None, **common)

    asked, above = Question.of("b.example.org", "A"), to_name("example.org")
    step = hand.denial(proof.DENIAL, asked, above, "NXDOMAIN")
    found["absent-nsec"] = mint.absent("NXDOMAIN", compact=False, **hand.common(asked, step))

    asked = Question.of("a.example.org", "TLSA")
    step = hand.denial(proof.DENIAL, asked, above, "NODATA")
    found["absent-nodata"] = mint.absent("NODATA", compact=False, **hand.common(asked, step))

    asked, cut = Question.of("_25._tcp.mx.unsigned.com", "TLSA"), to_name("unsigned.com")
    step = hand.denial(proof.CUT, Question.of("unsigned.com", "DS"), to_name("com"), "OPT_OUT")
    untrusted = world.message(asked).answer[0]
    common = hand.common(asked, step)
    found["insecure"] = mint.insecure(cut, "OPT_OUT", untrusted=untrusted, claimed=None, **common)

    enclosing = mint.insecure_zone(cut, cut, "OPT_OUT", step, common["times"], 0.0, {})
    nothing = finding("NO_REPLY", asked, text="192.0.2.53: REFUSED; 192.0.2.54: no reply in 3 s")
    found["no-verdict"] = Indeterminate(asked, "NO_REPLY", nothing, enclosing=enclosing, judged_at=world.now)

    asked, keys = Question.of("www.expired.com", "A"), Question.of("expired.com", "DNSKEY")
    cause = finding("EXPIRATION_IN_PAST", keys, "expired.com.", age=5 * 86400 + 7200, when=world.now - 5 * 86400 - 7200)
    other = finding("MISSING_RRSIG", asked, "expired.com.")
    broken = Proof(
        proof.FAILURE,
        keys,
        finding=cause,
        refused=(cause, other),
        refused_more=7,
        message=world.message(keys),
        rests_on=(hand.delegation(keys.name),),
    )
    step = Proof(proof.FAILURE, asked, finding=cause, message=world.message(asked), rests_on=(broken,))
    found["bogus"] = Bogus(asked, cause, proof=step, judged_at=world.now)
    return found


LOOKS: dict[str, dict[str, Any]] = {
    "plain": {"width": 0},
    "ascii": {"width": 80, "ascii": True, "verbose": 1},
}


def rendered(outcome: Any) -> str:
    """All looks of one verdict, one after the other."""
    return "\n".join(f"--- {look}\n{trace.text(outcome, **options)}" for look, options in LOOKS.items())


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for case, outcome in cases().items():
        (GOLDEN / f"{case}.txt").write_text(rendered(outcome), encoding="utf-8")
