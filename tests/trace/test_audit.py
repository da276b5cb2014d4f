"""The audit of whole zones: an honest zone has no problem, and each damage is named where it is."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from resolver import Anchors, Policy
from resolver.cli.trace import main
from resolver.data.files import read_text
from resolver.data.name import to_name
from resolver.sources.zone import Zone
from resolver.testing import World
from resolver.testing.files import zone_text
from resolver.trace.auditing import digest
from resolver.trace.auditing.problems import CATALOGUE, Problem
from resolver.trace.auditing.run import Audit
from resolver.validator.findings import CATALOGUE as JUDGED

CORPORA = Path("/work/shared/corpora")
NSEC3 = {"denial": "nsec3"}


def problems(text: str, *, at: float, parent: str | None = None) -> list[Problem]:
    zone = Zone(text)
    above = Zone(parent) if parent is not None else None
    audit = Audit(zone, now=at, anchors=Anchors.iana(), policy=Policy.permissive(), parent=above)
    return list(audit.problems())


def made(damage: str | None = None, target: str | None = None, **options: Any) -> tuple[World, str]:
    world = World()
    zone = world.zone("example.test", keys="split", **options)
    zone.add("www A 192.0.2.1", "a.b.c TXT deep", "*.wild A 192.0.2.2", "alias CNAME www", "moved DNAME target.test.")
    world.zone("signed.example.test").add("www A 192.0.2.1")
    world.zone("unsigned.example.test", signed=False, nameserver="ns").add("ns A 192.0.2.3")
    if damage is not None:
        zone.damage(*((damage,) if target is None else (damage, target)))
    return world, zone_text(zone)


def codes(found: list[Problem]) -> Counter[str]:
    return Counter(each.code for each in found)


@pytest.mark.parametrize(
    "options",
    [{}, NSEC3, {"denial": "opt-out"}, {"algorithm": 15}, {"algorithm": (13, 15)}, {"algorithm": 8, "rsa_bits": 2048}],
)
def test_an_honest_zone_has_no_problem(options: dict[str, Any]):
    world, text = made(**options)
    assert problems(text, at=world.now) == []


@pytest.mark.parametrize(
    ("damage", "target", "options", "code"),
    [
        ("signature-expired", "www A", {}, "EXPIRATION_IN_PAST"),
        ("signature-not-yet-valid", "www A", {}, "INCEPTION_IN_FUTURE"),
        ("signature-bad", "www A", {}, "SIGNATURE_INVALID"),
        ("signature-missing", "www A", {}, "MISSING_RRSIG"),
        ("data-altered", "www A", {}, "SIGNATURE_INVALID"),
        ("bad-beside-good", "www A", {}, "SIGNATURE_INVALID"),
        ("wrong-signer", "www A", {}, "SIGNER_NOT_ZONE"),
        ("labels-too-high", "www A", {}, "RRSIG_LABELS_EXCEED_RRSET_OWNER_LABELS"),
        ("signature-by-unknown-key", "www A", {}, "NO_MATCHING_DNSKEY"),
        ("original-ttl-low", "www A", {}, "ORIGINAL_TTL_EXCEEDED_RRSET"),
        ("denial-claims-type", "www NSEC", {}, "BITMAP_HAS_TYPE"),
        ("denial-omits-types", "www NSEC", {}, "BITMAP_LACKS_TYPE"),
        ("denial-next-outside", "www NSEC", {}, "NSEC_NEXT_WRONG"),
        ("denial-claims-type", None, NSEC3, "BITMAP_HAS_TYPE"),
        ("denial-omits-types", None, NSEC3, "BITMAP_LACKS_TYPE"),
        ("dnskey-missing", None, {}, "SIGNED_WITHOUT_KEYS"),
        ("key-other", None, {}, "NO_MATCHING_DNSKEY"),
    ],
)
def test_each_damage_is_named(damage: str, target: str | None, options: dict[str, Any], code: str):
    world, text = made(damage, target, **options)
    found = problems(text, at=world.now)
    assert code in codes(found), codes(found)
    if target is not None:
        name, rdtype = target.split()
        assert any(each.at == f"{name}.example.test./{rdtype}" and each.code == code for each in found)
        assert len(found) <= 2


def without(text: str, *words: str) -> str:
    """The zone without the lines that hold all these words."""
    kept = [line for line in text.splitlines() if not all(f" {word} " in f" {line} " for word in words)]
    assert len(kept) < len(text.splitlines())
    return "\n".join(kept) + "\n"


def test_a_missing_nsec_breaks_the_chain_in_one_place():
    world, text = made()
    gone = [line for line in text.splitlines() if line.startswith("www.example.test. ") and " NSEC " in line]
    found = problems("".join(line + "\n" for line in text.splitlines() if line not in gone), at=world.now)
    assert codes(found) == {"NSEC_MISSING": 1}


def test_a_missing_nsec3_is_missed_by_its_name_and_its_neighbour():
    world, text = made(**NSEC3)
    from resolver.data.views import Nsec3
    from resolver.trace.denial import full_hash_text, nsec3_hash

    view = Nsec3(1, 0, 0, b"", b"", b"")
    owner = full_hash_text(nsec3_hash(to_name("b.c.example.test"), view)).lower() + ".example.test."
    found = problems(without(text, owner), at=world.now)
    assert codes(found) == {"NSEC3_MISSING": 1, "NSEC3_NEXT_WRONG": 1}
    assert [each.at for each in found if each.code == "NSEC3_MISSING"] == ["b.c.example.test./NSEC3"]


def test_without_nsec_nothing_can_be_denied():
    world, text = made()
    assert "NO_DENIAL" in codes(problems(without(text, "NSEC"), at=world.now))


def test_iterations_and_salt_are_named():
    world, text = made(**NSEC3, iterations=5, salt=b"\xab")
    assert codes(problems(text, at=world.now)) == {"NONZERO_NSEC3_ITERATION_COUNT": 1, "NONEMPTY_NSEC3_SALT": 1}


def test_an_algorithm_that_does_not_sign_is_named_where_it_lacks():
    world, text = made(algorithm=(13, 15))
    found = problems(without(text, "www.example.test.", "RRSIG", "A", "15"), at=world.now)
    assert codes(found) == {"MISSING_RRSIG_FOR_ALG_DNSKEY": 1}


def test_signatures_that_end_soon_are_named():
    world, text = made()
    found = problems(text, at=world.now + 20.9 * 86400)
    assert set(codes(found)) == {"REMAINING_SHORT"}
    found = problems(text, at=world.now + 21 * 86400 - 100)
    assert "TTL_BEYOND_EXPIRATION" in codes(found)


class TestParentAndChild:
    """DS, CDS and CDNSKEY."""

    def test_the_parents_ds_fits(self):
        world, text = made()
        assert problems(text, at=world.now, parent=zone_text(world.zone("test"))) == []

    @pytest.mark.parametrize(
        ("damage", "code"),
        [
            ("ds-mismatch", "NO_SEP"),
            ("ds-missing", "NO_DS_AT_PARENT"),
            ("ds-mismatch-beside-good", "DS_WITHOUT_KEY"),
        ],
    )
    def test_a_ds_that_does_not_fit_is_named(self, damage: str, code: str):
        world, text = made(damage)
        assert codes(problems(text, at=world.now, parent=zone_text(world.zone("test")))) == {code: 1}

    @pytest.mark.parametrize(
        ("lines", "wanted"),
        [
            (["@ CDS 0 0 0 00", "@ CDNSKEY 0 3 0 AA=="], {}),
            (["@ CDS 1 13 2 " + 32 * "ab"], {"CDS_WITHOUT_KEY": 1}),
            (["@ CDS 1 13 2 " + 32 * "ab", "@ CDS 0 0 0 00"], {"CDS_WITHOUT_KEY": 1, "CDS_DELETE_NOT_ALONE": 1}),
            (["@ CDNSKEY 257 3 13 " + 86 * "A" + "=="], {"CDS_WITHOUT_KEY": 1}),
            (["@ CDS 0 0 0 00", "@ CDNSKEY 257 3 13 " + 86 * "A" + "=="], {"CDS_WITHOUT_KEY": 1, "CDS_MISMATCH_CDNSKEY": 1}),
        ],
    )  # fmt: skip
    def test_what_the_child_asks_for(self, lines: list[str], wanted: dict[str, int]):
        world = World()
        zone = world.zone("example.test")
        zone.add(*lines)
        assert codes(problems(zone_text(zone), at=world.now)) == wanted


class TestDigest:
    """ZONEMD (RFC 8976)."""

    def with_digest(self, algorithm: int, *, serial: int = 1, other: int = 0) -> str:
        _, text = made()
        name = {1: 48, 2: 64}[algorithm]
        value = digest.simple(Zone(text), algorithm)
        assert len(value) == name
        value = bytes((value[0] ^ other,)) + value[1:]
        return text + f"example.test. 3600 IN ZONEMD {serial} 1 {algorithm} {value.hex()}\n"

    @pytest.mark.parametrize("algorithm", [1, 2])
    def test_a_digest_that_holds_is_no_problem_and_another_is(self, algorithm: int):
        world, _ = made()
        for text, code in (
            (self.with_digest(algorithm), None),
            (self.with_digest(algorithm, other=1), "ZONEMD_WRONG"),
            (self.with_digest(algorithm, serial=9), "ZONEMD_SERIAL"),
        ):
            found = codes(problems(text, at=world.now))
            assert found["MISSING_RRSIG"] == 1  # of the record that this test adds
            assert [each for each in found if each.startswith("ZONEMD")] == ([code] if code else [])

    @pytest.mark.skipif(not CORPORA.is_dir(), reason="the shared corpora are not here")
    def test_the_digests_of_unbounds_test_zones(self):
        """The same files as unbound's `testdata/zonemd.example*.zone`: each says in its first line what it is."""
        folder = CORPORA / "zones" / "unbound"
        found = {
            path.name: [each.code for each in digest.digest_problems(Zone(read_text(path), origin=to_name("example.com")))]
            for path in sorted(folder.glob("zonemd.*.zone"))
        }  # fmt: skip
        assert found.pop("zonemd.example15.zone") == ["ZONEMD_WRONG"]
        assert set(map(tuple, found.values())) == {()}


@pytest.mark.skipif(not CORPORA.is_dir(), reason="the shared corpora are not here")
class TestCorpora:
    """Real zones, and zones of other projects' tests."""

    CASES = json.loads((CORPORA / "zones" / "cases.json").read_text()) if CORPORA.is_dir() else []

    @pytest.mark.parametrize("case", [case for case in CASES if "file" in case], ids=lambda case: case["id"])
    def test_each_signature_is_judged_as_the_corpus_says(self, case: dict[str, Any]):
        if "root-2023" in case["id"]:
            pytest.skip("2,813 RSA signatures; benchmarks audit it")
        zone = Zone(read_text(CORPORA / case["file"]), origin=to_name(case["origin"]))
        audit = Audit(zone, now=case["time"], anchors=Anchors.iana(), policy=Policy.permissive())
        found = codes(list(audit.problems()))
        bad = sum(found[code] for code in ("SIGNATURE_INVALID", "EXPIRATION_IN_PAST", "NO_MATCHING_DNSKEY"))
        assert bad == case["signatures"].get("bad", 0)
        assert audit.signatures == sum(case["signatures"].values())


class TestCommand:
    """`dnssec-trace audit`."""

    def test_text_json_and_sarif(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
        world, _ = made("signature-expired", "www A")
        files = [str(path) for _, path in world.write(tmp_path)]
        words = ["audit", *files, "--at", "2026-06-01T12:00:00Z"]
        assert main(words) == 30
        out = capsys.readouterr().out
        assert "✖ www.example.test./A: the signature expired 1d 0h ago" in out
        assert "✔ test. nothing wrong · " in out
        assert main([*words, "--json"]) == 30
        found = json.loads(capsys.readouterr().out)
        assert {each["zone"]: len(each["problems"]) for each in found}["example.test."] == 1
        assert main([*words, "--sarif"]) == 30
        (result,) = [
            each for each in json.loads(capsys.readouterr().out)["runs"][0]["results"] if each["level"] == "error"
        ]
        assert result["ruleId"] == "EXPIRATION_IN_PAST"

    def test_a_file_that_is_no_zone_is_one_line(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
        (tmp_path / "x").write_text("this is no zone")
        for path in (str(tmp_path / "x"), "/nowhere"):
            assert main(["audit", path]) == 2
            assert capsys.readouterr().err.count("\n") == 1


def test_the_codes_of_the_audit_are_its_own():
    assert not set(CATALOGUE) & set(JUDGED)
