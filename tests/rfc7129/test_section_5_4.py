"""RFC 7129 §5.4: the proofs of NSEC3, and the same with NSEC, each with every record removed and replaced."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from resolver.testing import World
from resolver.testing.world import to_question
from tests.validator.single_records import Case, check_replacements, losses, said


class Proof(NamedTuple):
    """A question, its honest verdict, and how many records of the reply it needs with NSEC3 and with NSEC."""

    question: str
    says: str
    with_nsec3: int
    with_nsec: int


PROOFS = {
    # Closest encloser, next closer, and the wildcard (one record may serve twice); NSEC: cover and wildcard.
    "name error": Proof("x.2.example A", "absent NXDOMAIN", 3, 1),
    "no data": Proof("1.h.example MX", "absent NODATA", 1, 1),
    "no data of an empty non-terminal": Proof("h.example A", "absent NODATA", 1, 1),
    "wildcard answer": Proof("zip.3.example TXT", "secure", 2, 2),
    "wildcard no data": Proof("zip.3.example MX", "absent NODATA", 2, 1),
    "no DS of a signed name": Proof("1.h.example DS", "absent NODATA", 1, 1),
}


def build(denial: str) -> World:
    world = World()
    zone = world.zone("example", denial=denial)
    zone.add("@ TXT apex", '1.h TXT "1.h record"', '*.3 TXT "3 wildcard"', "ns A 192.0.2.1")
    return world


@pytest.mark.parametrize("denial", ["nsec3", "nsec"])
@pytest.mark.parametrize("proof", PROOFS.values(), ids=PROOFS)
def test_each_proof_and_without_each_single_record(proof: Proof, denial: str) -> None:
    world = build(denial)
    question = to_question(proof.question)
    assert said(world, question) == proof.says
    needed = set()
    for what, message in losses(world.message(question)):
        now = said(world, question, message)
        assert now == proof.says or now.startswith(("bogus", "indeterminate")), f"without {what}: {now}"
        if now != proof.says and not what.startswith("RRSIG"):
            needed.add(what)
    assert len(needed) == (proof.with_nsec3 if denial == "nsec3" else proof.with_nsec), needed


@pytest.mark.parametrize("proof", list(PROOFS.values())[:5], ids=list(PROOFS)[:5])
def test_each_proof_with_each_single_record_replaced(proof: Proof) -> None:
    assert check_replacements(build("nsec3"), Case(proof.question, proof.says, ()), "example.") > 20
