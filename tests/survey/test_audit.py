"""Audits: sound zones are sound, and no record of one can be lost or altered without a word."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from resolver.cli import audit_report as report
from resolver.cli import trace as command
from resolver.data.files import read_text
from resolver.data.name import Name
from resolver.sources.zone import Zone
from resolver.survey.audit import Audit, audit
from resolver.survey.findings import CATALOGUE
from resolver.testing import World
from resolver.testing.files import zone_text
from resolver.validator.findings import ERROR, NOTE
from resolver.validator.policy import Policy

DAY = 86_400
DENIALS = ("nsec", "nsec3", "opt-out")
ORIGIN = Name.from_text("example.com")


def world(denial: str = "nsec", **options: object) -> World:
    made = World()
    made.zone("example.com", denial=denial, **options).add(  # type: ignore[arg-type]
        "www A 192.0.2.1", "www A 192.0.2.2", "@ MX 10 www", "x.ent TXT deep", "*.w TXT any", "al CNAME www",
        "d DNAME other.example.", "_25._tcp.www TLSA 3 1 1 " + "ab" * 32, "ns.plain A 192.0.2.7",
    )  # fmt: skip
    made.zone("plain.example.com", signed=False, nameserver="ns.plain.example.com.").add("www A 192.0.2.3")
    made.zone("sub.example.com").add("www A 192.0.2.4")
    return made


def zone_of(text: str) -> Zone:
    return Zone(text, origin=ORIGIN, path="example.com.zone")


def audited(text: str, made: World, **options: object) -> Audit:
    return audit(zone_of(text), at=made.now, **options)  # type: ignore[arg-type]


def text_of(made: World, name: str = "example.com") -> str:
    return zone_text(made.zone(name))


def codes(found: Audit) -> set[str]:
    return {each.code for each in found.faults}


def grave(found: Audit) -> set[str]:
    return {each.code for each in found.faults if each.severity == ERROR}


@pytest.mark.parametrize("keys", ["csk", "split"])
@pytest.mark.parametrize("denial", DENIALS)
def test_a_sound_zone_is_sound(denial: str, keys: str) -> None:
    made = world(denial, keys=keys)
    found = audited(text_of(made), made)
    assert {each.code: each.at for each in found.faults if each.severity != NOTE} == {}
    assert found.verdict == "sound"
    assert found.checked == found.held > 15
    assert found.first_to_end is not None
    assert found.first_to_end.until == made.now + 21 * DAY


@pytest.mark.parametrize("algorithm", [8, 10, 13, 14, 15, 16])
def test_every_algorithm_is_checked(algorithm: int) -> None:
    made = world(algorithm=algorithm)
    assert audited(text_of(made), made).verdict == "sound"


def lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line and not line.startswith((";", "$"))]


def single_losses(text: str) -> Iterator[tuple[str, str]]:
    """The zone without each of its records."""
    everything = lines(text)
    for at, line in enumerate(everything):
        yield line, "\n".join(everything[:at] + everything[at + 1 :]) + "\n"


@pytest.mark.parametrize("denial", DENIALS)
def test_no_record_is_lost_without_a_word(denial: str) -> None:
    made = world(denial, keys="split")
    losses = 0
    for line, text in single_losses(text_of(made)):
        words = line.split()
        if words[0].startswith("ns.plain"):  # glue: nobody signs it
            continue
        if " NS " in line and words[0].startswith("plain.") and denial == "opt-out":
            continue  # an unsigned delegation in an opt-out span leaves no trace (RFC 5155 §6)
        found = audited(text, made)
        assert grave(found), f"nothing is said of the loss of: {line}"
        losses += 1
    assert losses > 30


@pytest.mark.parametrize("denial", DENIALS)
def test_no_record_is_added_without_a_word(denial: str) -> None:
    made = world(denial)
    text = text_of(made)
    for line in (
        "new.example.com. 3600 IN A 192.0.2.9", "www.example.com. 3600 IN A 192.0.2.9", "www.example.com. 3600 IN TXT x",
        "new.example.com. 3600 IN NS ns.invalid.", "a.b.c.example.com. 3600 IN TXT x",
    ):  # fmt: skip
        if " NS " in line and denial == "opt-out":
            continue
        assert grave(audited(text + line + "\n", made)), line


def damaged(pattern: str, by: str, made: World, *, count: int = 1) -> Audit:
    text, times = re.subn(pattern, by, text_of(made), count=count, flags=re.MULTILINE)
    assert times, pattern
    return audited(text, made)


def test_a_signature_that_does_not_hold_is_named() -> None:
    made = world()
    found = damaged(r"^(www\.example\.com\.\s.*\sA\s+)192\.0\.2\.1$", r"\g<1>192.0.2.66", made)
    assert [(each.code, each.at) for each in found.faults if each.severity == ERROR] == [
        ("SIGNATURE_INVALID", "www.example.com./A")
    ]
    assert found.held == found.checked - 1


def test_time_tells() -> None:
    made = world()
    text = text_of(made)
    zone = zone_of(text)
    assert "EXPIRATION_IN_PAST" in codes(audit(zone, at=made.now + 30 * DAY))
    assert "INCEPTION_IN_FUTURE" in codes(audit(zone, at=made.now - 30 * DAY))
    assert "EXPIRES_SOON" in codes(audit(zone, at=made.now + 19 * DAY))
    assert "EXPIRES_SOON" not in codes(audit(zone, at=made.now + 19 * DAY, warn=DAY))
    assert "TTL_BEYOND_EXPIRATION" in codes(audit(zone, at=made.now + 21 * DAY - 600, warn=60))


def test_the_nsec_line_is_followed() -> None:
    made = world()
    found = damaged(r"^(al\.example\.com\.\s.*\sIN\s+NSEC\s+)\S+", r"\g<1>zz.example.com.", made)
    assert {"NSEC_NEXT_WRONG", "SIGNATURE_INVALID"} == grave(found)
    found = damaged(r"^(al\.example\.com\.\s.*\sIN\s+NSEC\s+\S+ )CNAME", r"\g<1>A", made)
    assert {"EXISTING_TYPE_NOT_IN_BITMAP", "TYPE_IN_BITMAP_MISSING", "SIGNATURE_INVALID"} == grave(found)


def test_the_nsec3_ring_is_followed() -> None:
    made = world("nsec3")
    text = text_of(made)
    first = re.findall(r"^(\S+)\s.*\sNSEC3\s+1 0 0 - (\S+)", text, re.MULTILINE)[0]
    found = audited(text.replace(f" {first[1]} ", f" {'0' * 32} ", 1), made)
    assert "NSEC3_NEXT_WRONG" in grave(found)
    found = damaged(r"(\sNSEC3\s+1 0 )0 -", r"\g<1>1 aa", made)
    assert "NSEC3_PARAMETERS_DIFFER" in grave(found)


def test_parameters_that_serve_nothing_are_told() -> None:
    made = world("nsec3", iterations=5, salt=b"\xaa")
    assert codes(audited(text_of(made), made)) == {"NONZERO_NSEC3_ITERATION_COUNT", "NONEMPTY_NSEC3_SALT"}


def test_an_unsigned_delegation_without_a_record_needs_an_opt_out_span() -> None:
    made = world("opt-out")
    found = damaged(r"(\sNSEC3\s+1 )1", r"\g<1>0", made, count=0)
    assert "OPT_OUT_SPAN_MISSING" in grave(found)


def test_an_algorithm_that_did_not_sign_is_told() -> None:
    made = world(algorithm=(8, 13))
    text = "\n".join(line for line in lines(text_of(made)) if not re.search(r"^www\S*\s.*RRSIG\s+A 8 ", line)) + "\n"
    assert grave(audited(text, made)) == {"MISSING_RRSIG_FOR_ALG_DNSKEY"}


def test_signatures_of_what_is_not_the_zones_are_told() -> None:
    made = world()
    text = text_of(made)
    rrsig = next(line for line in lines(text) if re.search(r"^www\S*\s.*RRSIG\s+A ", line))
    found = audited(text + re.sub(r"^\S+", "ns.plain.example.com.", rrsig) + "\n", made)
    assert codes(found) >= {"RRSIG_UNEXPECTED"}
    found = audited(text + re.sub(r"RRSIG(\s+)A", r"RRSIG\1AAAA", rrsig) + "\n", made)
    assert "RRSIG_WITHOUT_RRSET" in codes(found)


def test_the_parent_is_asked_for_the_ds() -> None:
    made = world()
    parent = Zone(zone_text(made.zone("com")), origin=Name.from_text("com"))
    text = text_of(made)
    assert codes(audited(text, made, parent=parent)) == set()
    other = World(7)
    other.zone("example.com").add("www A 192.0.2.1")
    stranger = Zone(zone_text(other.zone("com")), origin=Name.from_text("com"))
    assert codes(audited(text, made, parent=stranger)) == {"DS_WITHOUT_KEY", "NO_SEP"}
    without = Zone("com. 3600 IN SOA a. b. 1 2 3 4 5\ncom. 3600 IN NS a.\n", origin=Name.from_text("com"))
    assert codes(audited(text, made, parent=without)) == {"NO_DS_FOR_SIGNED_ZONE"}


def test_an_unsigned_zone_is_told_and_under_a_ds_it_is_an_error() -> None:
    made = world()
    parent = Zone(zone_text(made.zone("com")), origin=Name.from_text("com"))
    bare = "\n".join(line for line in lines(text_of(made)) if not re.search(r"\s(RRSIG|NSEC|DNSKEY)\s", line)) + "\n"
    assert codes(audited(bare, made)) == {"ZONE_UNSIGNED"}
    assert audited(bare, made).verdict == "sound"
    assert codes(audited(bare, made, parent=parent)) == {"ZONE_UNSIGNED_UNDER_DS"}


def with_cds(*records: str) -> Audit:
    made = World()
    made.zone("example.com").add("www A 192.0.2.1", *records)
    parent = Zone(zone_text(made.zone("com")), origin=Name.from_text("com"))
    return audited(text_of(made), made, parent=parent)


def own_cds() -> tuple[str, str]:
    made = World()
    zone = made.zone("example.com")
    ds = next(line for line in lines(zone_text(made.zone("com"))) if re.search(r"^example\.com\.\s.*\sDS\s", line))
    key = next(line for line in lines(zone_text(zone)) if re.search(r"\sDNSKEY\s", line))
    return re.split(r"\sDS\s+", ds)[1], re.split(r"\sDNSKEY\s+", key)[1]


def test_cds_and_cdnskey_are_compared_with_the_keys_and_with_each_other() -> None:
    ds, key = own_cds()
    assert codes(with_cds(f"@ CDS {ds}", f"@ CDNSKEY {key}")) == set()
    assert codes(with_cds("@ CDS 1 13 2 " + "00" * 32)) == {"CDS_WITHOUT_KEY", "CDS_INCONSISTENT_WITH_DS"}
    assert codes(with_cds("@ CDNSKEY 257 3 13 " + "A" * 86 + "==")) == {"CDNSKEY_WITHOUT_KEY"}
    assert codes(with_cds("@ CDS 0 0 0 00", "@ CDNSKEY 0 3 0 AA==")) == set()
    assert codes(with_cds("@ CDS 0 0 0 00", f"@ CDS {ds}")) == {"CDS_DELETE_MULTIPLE_RECORDS"}
    assert "CDNSKEY_INCONSISTENT_WITH_CDS" in codes(with_cds(f"@ CDS {ds}", "@ CDNSKEY 257 3 13 " + "A" * 86 + "=="))


def test_odd_shapes_are_told() -> None:
    made = world()
    text = text_of(made)
    assert "CNAME_WITH_OTHER_DATA" in codes(audited(text + "al.example.com. 3600 IN A 192.0.2.1\n", made))
    assert "DNAME_WITH_DATA_BELOW" in codes(audited(text + "x.d.example.com. 3600 IN A 192.0.2.1\n", made))
    assert "RRSET_TTLS_DIFFER" in codes(audited(text + "www.example.com. 60 IN A 192.0.2.5\n", made))
    soa = next(line for line in lines(text) if " SOA " in line or "\tSOA" in line)
    assert "ZONE_WITHOUT_SOA" in codes(audited(text.replace(soa, ""), made))


def test_every_code_has_a_sentence_and_a_section() -> None:
    for code, entry in CATALOGUE.items():
        assert re.fullmatch(r"[A-Z0-9_]+", code)
        assert re.match(r"RFC \d+", entry.rfc), code


# The command


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = command.main(["audit", *words])
    out, err = capsys.readouterr()
    return code, out, err


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "example.com.zone"
    path.write_text(text_of(world()), "utf-8")
    return path


def test_the_command_says_the_verdict_first(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    now = str(world().now)
    code, out, _ = run(capsys, str(file), "--at", now)
    assert code == 0
    assert out.startswith("✔ SOUND example.com. serial ")
    file.write_text(file.read_text("utf-8").replace("192.0.2.1\n", "192.0.2.66\n", 1), "utf-8")
    code, out, _ = run(capsys, str(file), "--at", now, "-q")
    assert code == 30
    assert out.startswith("✖ BROKEN example.com.")
    assert "www.example.com./A" in out
    assert len(out.splitlines()) == 1


def test_the_command_tells_what_ends_soon(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    at = str(world().now + 16 * DAY)
    assert run(capsys, str(file), "--at", at)[0] == 0
    assert run(capsys, str(file), "--at", at, "--warn", "7d")[0] == 40


def test_json_and_sarif_are_what_they_should_be(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    at = str(world().now + 40 * DAY)
    code, out, _ = run(capsys, str(file), "--at", at, "--json")
    found = json.loads(out)
    assert (code, found["schema"], found["verdict"]) == (30, "dnssec-audit/1", "broken")
    assert found["errors"] == sum(each["severity"] == "error" for each in found["findings"])
    _, out, _ = run(capsys, str(file), "--at", at, "--sarif")
    log = json.loads(out)
    assert log["version"] == "2.1.0"
    (only,) = log["runs"]
    rules = [rule["id"] for rule in only["tool"]["driver"]["rules"]]
    assert only["results"]
    for result in only["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["/no/such/file"], "cannot be read"),
        (["--json", "--sarif", "x"], "exclude each other"),
        (["--warn", "soon", "x"], "write 7d"),
        ([], "required"),
    ],
)
def test_bad_input_is_one_line(words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, *words)
    assert (code, out) == (2, "")
    assert says in err
    assert len(err.splitlines()) == 1


def test_hostile_names_move_no_cursor() -> None:
    made = World()
    made.zone("example.com").add(r"\027[31m A 192.0.2.1", r"a\013b TXT x")
    text = re.sub(r"(\sA\s+)192\.0\.2\.1$", r"\g<1>192.0.2.9", text_of(made), count=1, flags=re.MULTILINE)
    found = audited(text, made)
    assert found.verdict != "sound"
    shown = report.text(found, color=False, ascii_only=False, width=0) + json.dumps(report.sarif([found]))
    assert "\x1b" not in shown
    assert "\r" not in shown


# Third-party zones

CORPORA = Path(__file__).parents[3] / "shared" / "corpora"
CASES = json.loads((CORPORA / "zones" / "cases.json").read_text("utf-8")) if CORPORA.is_dir() else []
ZONES = [each for each in CASES if "file" in each and "root-2023" not in each["file"]]
# What is really wrong in them, beside their bad signatures.
WRONG = {
    "uri.arpa-2018.zone": {"MISSING_RRSIG", "EXISTING_TYPE_NOT_IN_BITMAP"},  # its ZONEMD was added after signing
    "zonemd.example11.zone": {"TYPE_IN_BITMAP_MISSING"},  # its ZONEMD was taken out after signing
    "zonemd.example12.zone": {"TYPE_IN_BITMAP_MISSING"},
    "zonemd.example15.zone": {"ZONEMD_MISMATCH"},
}


@pytest.mark.skipif(not ZONES, reason="third-party data are no part of this repository")
@pytest.mark.parametrize("case", ZONES, ids=[Path(each["file"]).name for each in ZONES])
def test_third_party_zones(case: dict[str, object]) -> None:
    name = Path(str(case["file"])).name
    zone = Zone(read_text(CORPORA / str(case["file"])), origin=Name.from_text(str(case["origin"])))
    found = audit(zone, at=float(str(case["time"])), policy=Policy.permissive())
    signatures = dict(case["signatures"])  # type: ignore[call-overload]
    if "rsabigexponent" in name:  # RFC 3110: exponents above 2^32 + 1 are refused here (R34)
        assert {"RSA_EXPONENT_LARGE", "DNSKEY_UNUSABLE"} <= codes(found)
        return
    assert (found.held, found.checked) == (signatures["ok"], signatures["ok"] + signatures.get("bad", 0))
    bad = {"SIGNATURE_INVALID"} if signatures.get("bad") else set()
    assert grave(found) == WRONG.get(name, set()) | bad


def test_of_two_files_the_parent_gives_the_ds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = world()
    words = []
    for name in ("com", "example.com"):
        path = tmp_path / f"{name}.zone"
        path.write_text(text_of(made, name), "utf-8")
        words.append(str(path))
    other = World(7)
    other.zone("example.com").add("www A 192.0.2.1")
    assert run(capsys, *words, "--at", str(made.now), "-q")[0] == 0
    Path(words[0]).write_text(zone_text(other.zone("com")), "utf-8")
    code, out, _ = run(capsys, *words, "--at", str(made.now))
    assert code == 30
    assert "NO_SEP" in out


RFC_8976_A_1 = """\
example. 86400 IN SOA ns1.example. admin.example. 2018031900 1800 900 604800 86400
example. 86400 IN NS ns1.example.
example. 86400 IN NS ns2.example.
example. 86400 IN ZONEMD 2018031900 1 1 c68090d90a7aed716bc459f9340e3d7c1370d4d24b7e2fc3a1ddc0b9a87153b9a9713b3c9ae5cc27777f98b8e730044c
ns1.example. 3600 IN A 203.0.113.63
ns2.example. 3600 IN AAAA 2001:db8::63
"""


def digested(text: str) -> set[str]:
    return codes(audit(Zone(text, origin=Name.from_text("example.")), at=0.0)) - {"ZONE_UNSIGNED"}


def test_zonemd_of_the_simple_zone_of_rfc_8976() -> None:
    assert digested(RFC_8976_A_1) == {"ZONEMD_VERIFIED"}
    assert digested(RFC_8976_A_1.replace("203.0.113.63", "203.0.113.64")) == {"ZONEMD_MISMATCH"}
    assert digested(RFC_8976_A_1.replace("ns1.example. 3600", "ns1.example. 3601")) == {"ZONEMD_MISMATCH"}
    assert digested(
        RFC_8976_A_1.replace("SOA ns1.example. admin.example. 2018031900", "SOA ns1.example. admin.example. 1")
    ) == {"ZONEMD_SERIAL"}
    assert digested(RFC_8976_A_1.replace(" 1 1 c6", " 1 240 c6")) == {"ZONEMD_UNKNOWN"}
    twice = next(line for line in RFC_8976_A_1.splitlines() if "ZONEMD" in line).replace("c68090", "c68091")
    assert digested(RFC_8976_A_1 + twice + "\n") == {"ZONEMD_DUPLICATE"}
    assert digested(RFC_8976_A_1 + twice.replace("example.", "x.example.", 1) + "\n") >= {"ZONEMD_NOT_AT_APEX"}
