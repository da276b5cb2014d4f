"""Denial by NSEC3: R52 to R62 (RFC 5155 §8, RFC 9276, RFC 6840 §4)."""

from __future__ import annotations

import pytest

from resolver.data.hashed import base32hex
from resolver.data.name import Name
from resolver.data.rrset import RRset
from resolver.data.types import NSEC3, to_type
from resolver.data.views import bitmap_of
from resolver.testing import World
from resolver.testing.denial import hash_label, nsec3_hash
from resolver.validator import mint, nsec3
from resolver.validator.context import Context
from resolver.validator.findings import Finding
from resolver.validator.limits import Limits
from resolver.validator.outcome import Absent, Insecure
from resolver.validator.policy import Policy
from resolver.validator.states import Expanded, Verified
from tests.validator.judging import (
    FOREVER,
    codes,
    denials,
    judge,
    mint_nsec,
    mint_record,
    name_of,
    placed,
    replies,
    said,
)

ZONE = name_of("example.")
ZEROES, ONES = bytes(20), b"\xff" * 20


def context(**limits: int) -> Context:
    world = World()
    return Context(anchors=world.anchors, policy=Policy(limits=Limits(**limits)), now=world.now)


class Chain:
    """The NSEC3 chain of a zone made of names and types, without signatures."""

    def __init__(
        self,
        names: dict[str, str],
        *,
        opt_out: bool = False,
        iterations: int = 0,
        salt: bytes = b"",
        zone: str = "example.",
    ) -> None:
        self.zone, self.opt_out, self.iterations, self.salt = zone, opt_out, iterations, salt
        self.names = {nsec3_hash(name_of(name), salt, iterations): types for name, types in names.items()}
        self.order = sorted(self.names)

    def record(self, at: int, **changes: object) -> Verified:
        digest = self.order[at]
        return make_nsec3(
            digest,
            self.order[(at + 1) % len(self.order)],
            self.names[digest],
            **{"opt_out": self.opt_out, "iterations": self.iterations, "salt": self.salt, "zone": self.zone, **changes},
        )

    def match(self, name: str, **changes: object) -> Verified:
        return self.record(self.order.index(nsec3_hash(name_of(name), self.salt, self.iterations)), **changes)

    def at(self, name: str) -> int:
        """Where the record is that covers a name."""
        digest = nsec3_hash(name_of(name), self.salt, self.iterations)
        assert digest not in self.names
        return (sum(each < digest for each in self.order) - 1) % len(self.order)

    def cover(self, name: str, **changes: object) -> Verified:
        return self.record(self.at(name), **changes)

    def all(self) -> list[Verified]:
        return [self.record(at) for at in range(len(self.order))]


def make_nsec3(
    digest: bytes,
    following: bytes,
    types: str,
    *,
    opt_out: bool = False,
    flags: int = 0,
    algorithm: int = 1,
    iterations: int = 0,
    salt: bytes = b"",
    zone: str = "example.",
    owner: Name | None = None,
) -> Verified:
    rdata = (
        bytes((algorithm, flags | opt_out)) + iterations.to_bytes(2) + bytes((len(salt),)) + salt
        + bytes((len(following),)) + following + bitmap_of({to_type(word) for word in types.split()})
    )  # fmt: skip
    at = owner if owner is not None else name_of(zone).child(hash_label(digest))
    return mint_record(RRset(at, NSEC3, 300, (rdata,)), zone)


NAMES = {
    "example.": "SOA NS A RRSIG", "mail.example.": "A RRSIG", "ent.example.": "", "a.ent.example.": "A RRSIG",
    "alias.example.": "CNAME RRSIG", "cut.example.": "NS", "safe.example.": "NS DS RRSIG", "d.example.": "DNAME RRSIG",
    "w.example.": "", "*.w.example.": "TXT RRSIG", "n.example.": "", "*.n.example.": "NS",
}  # fmt: skip
PLAIN = Chain(NAMES)
OPT_OUT = Chain({name: types for name, types in NAMES.items() if name != "cut.example."}, opt_out=True)


def prove(
    name: str, rdtype: str, *records: Verified, walking: bool = False, at: Context | None = None
) -> tuple[str, set[str]]:
    """What records prove in `example.`, in words, and the codes of what was found wrong."""
    found: list[Finding] = []
    judged = at or context()
    groups = nsec3.usable_groups(judged, ZONE, list(records), found)
    asked = name_of(name), to_type(rdtype)
    if walking:
        denial = nsec3.prove(judged, ZONE, *asked, groups, found, walking=True)
    else:
        denial = nsec3.prove(judged, ZONE, *asked, groups, found)
    placed(found, "example.")
    seen = {each.code for each in found}
    if denial is None:
        return "nothing", seen
    assert len(set(map(id, denial.evidence))) == len(denial.evidence), "a record stands twice in the proof"
    words = [denial.kind, "compact" * denial.compact, "cut" * denial.delegation, denial.insecure, denial.cut]
    return " ".join(str(word) for word in words if word), seen


def shop(**options: object) -> World:
    world = World()
    world.zone("example.com", **{"denial": "nsec3", **options}).add(  # type: ignore[arg-type]
        "@ MX 10 mail", "mail A 192.0.2.1", "a.ent A 192.0.2.2", "*.wild TXT hello", "alias CNAME mail",
        "d DNAME mail", "a.*.star A 192.0.2.3",
    )  # fmt: skip
    world.zone("unsigned.example.com", signed=False).add("www A 192.0.2.4")
    world.zone("signed.example.com", denial="nsec3").add("@ A 192.0.2.7", "www A 192.0.2.5")
    return world


# R52: which records take part


@pytest.mark.parametrize("changes", [{"algorithm": 2}, {"flags": 2}, {"flags": 0x80}])
def test_r52_unknown_algorithms_and_flags_are_ignored(changes: dict[str, int]) -> None:
    held, seen = prove("mail.example.", "TLSA", PLAIN.match("mail.example.", **changes))
    assert held == "nothing" and "UNSUPPORTED_NSEC3_ALGORITHM" in seen


@pytest.mark.parametrize("damage", ["denial-unknown-hash", "denial-unknown-flags"])
def test_r52_a_signed_zone_with_nothing_but_such_records_is_bogus(damage: str) -> None:
    world = shop()
    world.zone("example.com").damage(damage)
    outcome = judge(world, "mail.example.com", "TLSA")
    assert outcome.status == "bogus" and "UNSUPPORTED_NSEC3_ALGORITHM" in codes(outcome)


def test_r52_each_proof_uses_one_parameter_set() -> None:
    """RFC 5155 §8.2: half a proof with one salt and half with another is none."""
    salted = Chain(NAMES, salt=b"\xaa")
    mixed = (PLAIN.match("example."), salted.cover("x.example."), salted.cover("*.example."))
    assert prove("x.example.", "A", *mixed)[0] == "nothing"
    assert prove("x.example.", "A", *mixed, salted.match("example."))[0] == "NXDOMAIN"


def test_r52_a_second_parameter_set_does_not_hurt() -> None:
    salted = Chain(NAMES, salt=b"\xaa")
    assert prove("x.example.", "A", salted.match("mail.example."), *PLAIN.all())[0] == "NXDOMAIN"


def test_r52_a_claim_of_other_iterations_is_no_proof() -> None:
    world = shop()
    world.zone("example.com").damage("denial-other-iterations")
    assert said(world, "mail.example.com", "TLSA").startswith("bogus")


# R53: owner and next hash


def test_r53_an_owner_deeper_than_one_label_is_no_evidence() -> None:
    """CVE-2026-10723: a child's hash is not a parent's proof."""
    digest = nsec3_hash(name_of("mail.example."), b"", 0)
    deep = make_nsec3(digest, ONES, "A", owner=name_of("sub.example.").child(hash_label(digest)))
    assert prove("mail.example.", "TLSA", deep) == ("nothing", {"NSEC3_OWNER_DEPTH", "NO_CLOSEST_ENCLOSER"})


@pytest.mark.parametrize("label", ["x" * 31, "short", "w" * 32, "-" * 32])
def test_r53_an_owner_that_is_no_hash_is_no_evidence(label: str) -> None:
    bad = make_nsec3(ZEROES, ONES, "A", owner=ZONE.child(label.encode()))
    assert prove("mail.example.", "TLSA", bad)[1] >= {"NSEC3_OWNER_DEPTH"}


def test_r53_the_root_is_no_owner_of_a_hash() -> None:
    assert prove("mail.example.", "TLSA", make_nsec3(ZEROES, ONES, "A", owner=Name(b"\0")))[1] >= {"NSEC3_OWNER_DEPTH"}


def test_r53_a_next_hash_of_another_length_is_no_evidence() -> None:
    digest = nsec3_hash(name_of("mail.example."), b"", 0)
    assert prove("mail.example.", "TLSA", make_nsec3(digest, b"\xff" * 19, "A"))[0] == "nothing"
    assert prove("mail.example.", "TLSA", make_nsec3(digest, b"\xff" * 20, "A"))[0] == "NODATA"


def test_r53_a_single_record_covers_all_but_itself() -> None:
    only = Chain({"example.": "SOA NS"})
    assert prove("x.example.", "A", *only.all())[0] == "NXDOMAIN"
    assert prove("example.", "A", *only.all())[0] == "NODATA"


def test_r53_a_malformed_record_is_no_evidence() -> None:
    bad = mint_record(RRset(ZONE.child(hash_label(ZEROES)), NSEC3, 300, (b"\1\0\0",)), "example.")
    assert prove("mail.example.", "TLSA", bad)[1] >= {"RDATA_MALFORMED"}
    found: list[Finding] = []
    assert nsec3.usable_groups(context(), ZONE, [bad], found) == []
    assert "NSEC3" in found[0].text


def test_r137_a_record_of_another_zone_is_no_evidence() -> None:
    digest = nsec3_hash(name_of("mail.example."), b"", 0)
    assert prove("mail.example.", "TLSA", make_nsec3(digest, ONES, "A", zone="com."))[0] == "nothing"
    child = mint_record(make_nsec3(digest, ONES, "A").rrset, "com.")
    assert prove("mail.example.", "TLSA", child)[0] == "nothing"


# R54: iterations


def test_r54_up_to_50_iterations_are_normal_and_up_to_500_insecure() -> None:
    for iterations, wanted in (
        (50, "NXDOMAIN"), (51, "NXDOMAIN ITERATIONS x.example."), (500, "NXDOMAIN ITERATIONS x.example."),
    ):  # fmt: skip
        assert prove("x.example.", "A", *Chain(NAMES, iterations=iterations).all())[0] == wanted


def test_r54_more_than_500_iterations_are_refused_without_hashing() -> None:
    judged = context()
    assert prove("x.example.", "A", *Chain(NAMES, iterations=501).all(), at=judged) == (
        "nothing", {"NSEC3_ITERATIONS", "NO_CLOSEST_ENCLOSER"},
    )  # fmt: skip
    assert judged.budget.total().nsec3_blocks == 0


def test_r54_the_proof_must_hold_before_it_is_insecure() -> None:
    """World 4: any genuine record of the parent and a stripped DS would downgrade every secure child."""
    many = Chain(NAMES, iterations=100)
    assert prove("safe.example.", "DS", many.match("mail.example."), many.match("example."))[0] == "nothing"
    assert prove("x.example.", "A", many.match("example."), many.cover("x.example."))[0] == "nothing"


@pytest.mark.parametrize(
    ("iterations", "wanted"),
    [(50, "absent NXDOMAIN"), (51, "insecure ITERATIONS nx.example.com."), (501, "bogus NSEC3_ITERATIONS")],
)
def test_r54_the_whole_lookup_says_so(iterations: int, wanted: str) -> None:
    outcome = judge(shop(iterations=iterations), "nx.example.com", "A")
    assert said(shop(iterations=iterations), "nx.example.com", "A") == wanted
    if isinstance(outcome, Insecure):
        assert outcome.policy


def test_r54_data_of_a_zone_with_many_iterations_is_secure_but_its_wildcard_answers_are_not() -> None:
    assert said(shop(iterations=150), "mail.example.com", "A") == "secure"
    assert said(shop(iterations=150), "x.wild.example.com", "TXT").startswith("insecure ITERATIONS")
    assert said(shop(iterations=150), "x.wild.example.com", "TXT", policy=Policy.permissive()) == "secure"


def test_r54_insecure_only_by_iterations_is_not_a_cut_in_the_walk() -> None:
    """R116(f): otherwise stripping the signatures from any name of such a zone would be a downgrade."""
    world = shop(iterations=100)
    world.zone("example.com").damage("signature-missing", "mail A")
    assert said(world, "mail.example.com", "A") == "bogus MISSING_RRSIG"
    assert said(world, "www.unsigned.example.com", "A") == "insecure NO_DS unsigned.example.com."
    assert said(world, "www.signed.example.com", "A") == "secure"


def test_r54_long_salts_are_priced_by_their_blocks() -> None:
    group, name = nsec3.Group(50, b"\xaa" * 200, []), name_of("x.example.")
    judged = context()
    nsec3.hash_of(judged, group, name)
    assert judged.budget.total().nsec3_blocks == 4 + 50 * 4  # 220 octets and their padding are four blocks of 64
    nsec3.hash_of(judged, group, name)  # remembered
    assert judged.budget.total().nsec3_blocks == 204


def test_r54_a_spent_hash_budget_is_bogus() -> None:
    world = shop()
    name = ".".join("abcdefghijklmnopqrstuvwxyz") + ".nx.example.com"
    assert said(world, name, "A", policy=Policy(limits=Limits(nsec3_hashes=30))) == "absent NXDOMAIN"
    outcome = judge(shop(iterations=50), name, "A", policy=Policy(limits=Limits(nsec3_hashes=5)))
    assert codes(outcome) >= {"WORK_LIMIT"} and outcome.status == "bogus"


# R55: the closest encloser


def test_r55_a_delegation_is_no_closest_encloser() -> None:
    for name in ("x.cut.example.", "x.safe.example.", "x.d.example."):
        assert prove(name, "A", *PLAIN.all()) == ("nothing", {"ANCESTOR_DELEGATION_PROOF"}), name


def test_r55_the_apex_is_one_although_it_has_ns() -> None:
    assert prove("x.example.", "A", *PLAIN.all())[0] == "NXDOMAIN"


def test_r55_an_apex_with_dname_is_none() -> None:
    apex = Chain({"example.": "SOA NS DNAME"})
    assert prove("x.example.", "A", *apex.all())[0] == "nothing"


def test_r55_every_part_of_the_proof_is_needed() -> None:
    name = next(f"{letter}.example." for letter in "bcefghijk" if len(set(_parts(f"{letter}.example.").values())) == 3)
    parts = _parts(name)
    assert prove(name, "A", *map(PLAIN.record, parts.values()))[0] == "NXDOMAIN"
    for code in parts:
        rest = [PLAIN.record(at) for other, at in parts.items() if other != code]
        assert prove(name, "A", *rest) == ("nothing", {code})


def _parts(name: str) -> dict[str, int]:
    """Where in the chain the three records of a denial are, by what is said where one is missing."""
    return {
        "NO_CLOSEST_ENCLOSER": PLAIN.order.index(nsec3_hash(ZONE, b"", 0)),
        "NEXT_CLOSEST_ENCLOSER_NOT_COVERED": PLAIN.at(name),
        "WILDCARD_NOT_COVERED": PLAIN.at("*.example."),
    }


def test_r55_a_name_outside_is_found_no_encloser() -> None:
    assert prove("mail.example.", "TLSA", PLAIN.match("w.example."))[1] == {"NO_CLOSEST_ENCLOSER"}
    assert prove("mail.example.", "TLSA") == ("nothing", {"NO_CLOSEST_ENCLOSER"})


def test_r55_an_existing_next_closer_name_is_not_denied() -> None:
    """`x.a.ent` under the encloser `ent`: `a.ent` exists, so it is covered by nothing."""
    hidden = PLAIN.match("a.ent.example.").rrset.owner
    without = [record for record in PLAIN.all() if record.rrset.owner != hidden]
    assert prove("x.a.ent.example.", "A", *without)[0] == "nothing"


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        ("denial-missing-closest-encloser", "NO_CLOSEST_ENCLOSER"),
        ("denial-missing-next-closer", "NEXT_CLOSEST_ENCLOSER_NOT_COVERED"),
        ("denial-missing-wildcard", "WILDCARD_NOT_COVERED"),
    ],
)
def test_r55_a_missing_part_makes_the_lookup_bogus(damage: str, code: str) -> None:
    world = shop()
    name = next(
        each for each in (f"nx{number}" for number in range(100))
        if len(denials(world.message(f"{each}.example.com A"))) == 3
    )  # fmt: skip
    world.zone("example.com").damage(damage, f"{name} A")
    outcome = judge(world, f"{name}.example.com", "A")
    assert outcome.status == "bogus" and code in codes(outcome)


# R56: NXDOMAIN and NODATA


@pytest.mark.parametrize(
    ("name", "rdtype", "wanted"),
    [
        ("mail.example.", "TLSA", "NODATA"),
        ("mail.example.", "A", "nothing"),
        ("ent.example.", "A", "NODATA"),
        ("alias.example.", "A", "nothing"),
        ("cut.example.", "A", "nothing"),
        ("safe.example.", "MX", "nothing"),
        ("cut.example.", "DS", "NODATA cut"),
        ("safe.example.", "DS", "nothing"),
        ("example.", "DS", "nothing"),
        ("example.", "TLSA", "NODATA"),
        ("d.example.", "A", "NODATA"),
        ("x.w.example.", "A", "NODATA"),
        ("x.w.example.", "TXT", "nothing"),
        ("x.n.example.", "A", "nothing"),
        ("x.n.example.", "DS", "nothing"),
        ("x.example.", "DS", "NXDOMAIN"),
        ("b.a.ent.example.", "A", "NXDOMAIN"),
    ],
)
def test_r56_each_case_of_rfc_5155_section_8(name: str, rdtype: str, wanted: str) -> None:
    assert prove(name, rdtype, *PLAIN.all())[0] == wanted
    if "." not in wanted and rdtype == "DS" and wanted != "nothing":
        assert prove(name, rdtype, *PLAIN.all(), walking=True)[0] == wanted


def test_r56_a_wildcard_with_an_alias_is_not_no_data() -> None:
    chain = Chain({"example.": "SOA NS", "*.example.": "CNAME"})
    assert prove("x.example.", "A", *chain.all()) == ("nothing", {"CNAME_IN_BITMAP"})


def test_r46_a_wildcard_with_ns_never_proves_an_insecure_cut() -> None:
    for rdtype in ("DS", "A", "MX"):
        for walking in (False, True):
            assert prove("x.n.example.", rdtype, *PLAIN.all(), walking=walking)[1] == {"ANCESTOR_DELEGATION_PROOF"}


def test_r56_an_alias_does_not_matter_to_the_walk() -> None:
    assert prove("alias.example.", "DS", *PLAIN.all(), walking=True)[0] == "NODATA"


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("nx.example.com A", "absent NXDOMAIN"), ("mail.example.com TLSA", "absent NODATA"),
        ("ent.example.com A", "absent NODATA"), ("x.wild.example.com A", "absent NODATA"),
        ("x.wild.example.com TXT", "secure"), ("b.star.example.com A", "absent NODATA"),
        ("unsigned.example.com DS", "absent NODATA"), ("www.unsigned.example.com A", "insecure NO_DS unsigned.example.com."),
    ],
)  # fmt: skip
def test_r56_honest_worlds(question: str, wanted: str) -> None:
    assert said(shop(), *question.split()) == wanted
    assert said(shop(salt=b"\xab\xcd", iterations=3), *question.split()) == wanted


def test_r50_nxname_in_an_nsec3_denies_the_name_compactly() -> None:
    digest = nsec3_hash(name_of("x.example."), b"", 0)
    record = make_nsec3(digest, (int.from_bytes(digest) + 1).to_bytes(20), "RRSIG NXNAME")
    assert prove("x.example.", "A", record)[0] == "NXDOMAIN compact"


# R57, R58: opt-out


def test_r57_only_the_flag_of_the_record_over_the_next_closer_name_counts() -> None:
    match, cover, wildcard = (
        {"opt_out": False}, {"opt_out": False}, {"opt_out": False},
    )  # fmt: skip
    for part, flags in (("encloser", match), ("next closer", cover), ("wildcard", wildcard)):
        flags["opt_out"] = True
        records = (
            PLAIN.match("example.", **match), PLAIN.cover("x.example.", **cover), PLAIN.cover("*.example.", **wildcard),
        )  # fmt: skip
        wanted = "NXDOMAIN OPT_OUT x.example." if part == "next closer" else "NXDOMAIN"
        assert prove("x.example.", "A", *records)[0] == wanted, part
        flags["opt_out"] = False


def test_r57_ds_in_an_opt_out_span_is_insecure_from_the_next_closer_name_on() -> None:
    assert prove("a.b.c.example.", "DS", *OPT_OUT.all(), walking=True)[0] == "NODATA OPT_OUT c.example."


def test_r57_without_opt_out_a_span_proves_no_insecurity() -> None:
    assert prove("c.example.", "DS", *PLAIN.all(), walking=True)[0] == "NXDOMAIN"


def test_r58_no_wildcard_record_is_needed_in_an_opt_out_span() -> None:
    records = (OPT_OUT.match("example."), OPT_OUT.cover("x.example."))
    assert prove("x.example.", "A", *records)[0] == "NXDOMAIN OPT_OUT x.example."


def test_r57_opt_out_makes_denials_and_wildcard_answers_insecure() -> None:
    world = shop(denial="opt-out")
    for question in (
        "nx.example.com A",
        "x.wild.example.com A",
        "x.wild.example.com TXT",
        "www.unsigned.example.com A",
    ):
        assert said(world, *question.split()).startswith("insecure OPT_OUT"), question
    for question, wanted in (
        ("mail.example.com A", "secure"), ("mail.example.com TLSA", "absent NODATA"),
        ("ent.example.com A", "absent NODATA"), ("www.signed.example.com A", "secure"),
        ("signed.example.com TLSA", "absent NODATA"),
    ):  # fmt: skip
        assert said(world, *question.split()) == wanted, question


def test_r58_an_empty_non_terminal_of_unsigned_delegations_only_is_insecure() -> None:
    """Errata 3441: it is not in the chain."""
    world = World()
    world.zone("com", denial="opt-out")
    world.zone("a.b.com", signed=False)
    assert said(world, "b.com", "A").startswith("insecure OPT_OUT b.com")


def test_r58_a_missing_wildcard_record_in_an_opt_out_span_is_insecure() -> None:
    world = shop(denial="opt-out")
    world.zone("example.com").damage("denial-missing-wildcard", "nx A")
    outcome = said(world, "nx.example.com", "A")
    assert outcome.startswith(("insecure OPT_OUT", "bogus"))
    if len(denials(shop(denial="opt-out").message("nx.example.com A"))) == 3:
        assert outcome == "insecure OPT_OUT nx.example.com."


def test_r57_a_cleared_opt_out_flag_does_not_make_a_delegation_insecure() -> None:
    world = shop(denial="opt-out")
    world.zone("example.com").damage("denial-opt-out-cleared")
    assert said(world, "www.unsigned.example.com", "A").startswith("bogus")


def test_r57_opt_out_does_not_hide_a_secure_delegation() -> None:
    world = shop(denial="opt-out")
    every = tuple(world.zone("example.com").denial.all())
    replies(world, "signed.example.com DS", answer=(), authority=every)
    replies(world, "www.signed.example.com A", authority=every)
    outcome = said(world, "www.signed.example.com", "A")
    assert outcome.startswith("bogus")


# R59, R60, R61, R62


def test_r59_an_unsigned_opt_out_record_proves_nothing() -> None:
    """BIND #5970: unvalidated opt-out accepted."""
    world = shop(denial="opt-out")
    world.zone("example.com").damage("denial-unsigned", "unsigned DS").damage("denial-unsigned", "unsigned A")
    assert said(world, "unsigned.example.com", "A").startswith("bogus")


def expansion(name: str, encloser: str, zone: Name = ZONE) -> Expanded:
    rrset = RRset(name_of(name), 1, 300, (bytes(4),))
    closer = rrset.owner.rightmost(len(name_of(encloser).labels) + 1)
    inner = (rrset, None, None, zone, 0, FOREVER, 300)
    return mint.expanded(inner, name_of(encloser), closer)  # type: ignore[arg-type]


def test_r60_the_next_closer_name_of_a_wildcard_answer_must_be_covered() -> None:
    judged = context()
    groups = nsec3.usable_groups(judged, ZONE, [PLAIN.cover("a.w.example.")], [])
    assert nsec3.prove_expansion(judged, ZONE, expansion("b.a.w.example.", "w.example."), groups) is not None
    assert nsec3.prove_expansion(judged, ZONE, expansion("b.a.w.example.", "w.example."), []) is None
    existing = nsec3.usable_groups(judged, ZONE, PLAIN.all(), [])
    assert nsec3.prove_expansion(judged, ZONE, expansion("x.mail.example.", "example."), existing) is None
    assert nsec3.prove_expansion(judged, name_of("com."), expansion("b.a.w.example.", "w.example."), groups) is None


def test_r60_a_wildcard_answer_without_its_proof_is_bogus() -> None:
    world = shop()
    world.zone("example.com").damage("denial-missing-next-closer", "x.wild TXT")
    assert said(world, "x.wild.example.com", "TXT") == "bogus MISSING_NSEC_FOR_WILDCARD"


def test_r61_hash_labels_compare_without_case() -> None:
    upper = PLAIN.match("mail.example.")
    owner = Name.from_text(str(upper.rrset.owner).upper())
    record = mint_record(RRset(owner, NSEC3, 300, upper.rrset.rdata), "example.")
    assert prove("MAIL.example.", "TLSA", record)[0] == "NODATA"


def test_r62_each_proof_is_of_one_kind() -> None:
    world = shop()
    outcome = judge(world, "mail.example.com", "TLSA")
    assert isinstance(outcome, Absent)
    nsec_half = mint_nsec("example.", "m.example.", "SOA NS")
    assert prove("x.example.", "A", nsec_half, PLAIN.cover("x.example."))[0] == "nothing"


def test_r62_nsec_and_nsec3_of_one_message_are_judged_apart() -> None:
    """A zone between the two: NSEC that proves nothing beside NSEC3 that does."""
    world = shop()
    other = shop(denial="nsec")
    genuine = denials(world.message("mail.example.com TLSA"))
    more = tuple(rrset for rrset in denials(other.message("alias.example.com NSEC3")))
    replies(world, "mail.example.com TLSA", authority=(*more, *genuine))
    assert said(world, "mail.example.com", "TLSA") == "absent NODATA"


def test_r90_at_most_so_many_records_of_a_message_are_considered() -> None:
    world = shop()
    zone = world.zone("example.com")
    zone.add(*(f"h{number} A 192.0.2.9" for number in range(30)))
    replies(world, "mail.example.com TLSA", authority=tuple(zone.denial.all()))
    outcome = judge(world, "mail.example.com", "TLSA")
    assert outcome.work.verifications <= 8 + 12


# What mutants of the module taught


def evidence(name: str, rdtype: str, *records: Verified) -> set[Verified]:
    found: list[Finding] = []
    groups = nsec3.usable_groups(context(), ZONE, list(records), found)
    denial = nsec3.prove(context(), ZONE, name_of(name), to_type(rdtype), groups, found)
    assert denial is not None, found
    return set(denial.evidence)


def test_a_proof_holds_every_record_that_it_needs() -> None:
    records = PLAIN.all()
    where = dict(zip(PLAIN.order, records, strict=True))

    def match(name: str) -> Verified:
        return where[nsec3_hash(name_of(name), b"", 0)]

    def cover(name: str) -> Verified:
        return records[PLAIN.at(name)]

    assert evidence("no.example.", "A", *records) == {match("example."), cover("no.example."), cover("*.example.")}
    assert evidence("x.w.example.", "A", *records) == {
        match("w.example."),
        cover("x.w.example."),
        match("*.w.example."),
    }
    hidden = OPT_OUT.all()
    assert evidence("cut.example.", "DS", *hidden) == {
        hidden[OPT_OUT.order.index(nsec3_hash(name_of("example."), b"", 0))], hidden[OPT_OUT.at("cut.example.")]
    }  # fmt: skip


def test_a_record_that_cannot_be_used_hides_none_that_comes_after_it() -> None:
    records = PLAIN.all()
    deep = make_nsec3(b"\1" * 20, b"\2" * 20, "A", owner=name_of("a.b.example."))
    foreign = make_nsec3(b"\1" * 20, b"\2" * 20, "A", zone="other.")
    assert prove("no.example.", "A", foreign, *records) == ("NXDOMAIN", set())
    assert prove("no.example.", "A", deep, *records) == ("NXDOMAIN", {"NSEC3_OWNER_DEPTH"})


def test_a_hash_label_has_only_digits_and_lower_case_letters() -> None:
    good = b"0123456789abcdefghijklmnopqrstuv"
    assert base32hex(good) is not None
    for bad in (
        good[:-2] + b"_v",
        good[:-1] + b"V",
        good[:-1] + b"w",
        good[:-1],
        good + b"0",
        b"-" + good[1:],
        b" " + good[1:],
    ):
        assert base32hex(bad) is None, bad


def test_on_the_walk_an_alias_at_a_wildcard_is_no_cut() -> None:
    chain = Chain({"example.": "SOA NS", "*.example.": "CNAME RRSIG"})
    assert prove("x.example.", "DS", *chain.all())[1] == {"CNAME_IN_BITMAP"}
    assert prove("x.example.", "DS", *chain.all(), walking=True) == ("NODATA", set())
    assert prove("alias.example.", "DS", *PLAIN.all())[1] == {"CNAME_IN_BITMAP"}
    assert prove("alias.example.", "DS", *PLAIN.all(), walking=True) == ("NODATA", set())


def test_the_last_span_covers_neither_its_owner_nor_its_next() -> None:
    low, high = nsec3_hash(name_of("no.example."), b"", 0), b"\xff" * 20
    apex = nsec3_hash(name_of("example."), b"", 0)
    encloser = make_nsec3(apex, (int.from_bytes(apex) + 1).to_bytes(20), "SOA NS")
    wrapping = make_nsec3(high, low, "A")
    assert "NEXT_CLOSEST_ENCLOSER_NOT_COVERED" in prove("no.example.", "A", encloser, wrapping)[1]
    above = make_nsec3(high, (int.from_bytes(low) + 1).to_bytes(20), "A")
    assert "NEXT_CLOSEST_ENCLOSER_NOT_COVERED" not in prove("no.example.", "A", encloser, above)[1]


@pytest.mark.parametrize(
    ("label", "salt", "blocks"),
    # A block of SHA-1 has 64 octets, 9 of which are padding at the end (RFC 3174 §4).
    [(10, 35, 1 + 60), (11, 35, 2 + 60), (9, 36, 1 + 2 * 60), (75, 35, 3 + 60), (73, 99, 3 + 2 * 60), (73, 100, 3 + 3 * 60)],
)  # fmt: skip
def test_a_hash_is_paid_by_its_blocks(label: int, salt: int, blocks: int) -> None:
    first, second = min(label, 63), max(0, label - 63)
    name = name_of("x" * first + ("." + "y" * (second - 1) if second > 1 else "") + ".example.")
    judged = context()
    group = nsec3.Group(60, b"s" * salt, [])
    nsec3.hash_of(judged, group, name)
    octets = len(name.wire) + salt
    assert judged.budget.nsec3_blocks == (octets + 9 + 63) // 64 + 60 * ((20 + salt + 9 + 63) // 64) == blocks
