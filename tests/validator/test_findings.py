"""The catalogue of findings: complete, consistent with the source, and readable."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import get_args

import pytest

from resolver.data.rrset import Question
from resolver.data.types import A
from resolver.validator import findings
from resolver.validator.findings import CATALOGUE, ERROR, NOTE, WARNING, Finding, duration, finding, worst
from resolver.validator.outcome import POLICY_REASONS, Why
from resolver.validator.states import InsecureReason
from tests.validator.crafting import NOW, WWW

QUESTION = Question(WWW, A)
VALIDATOR = Path(findings.__file__).parent
DETAILS: dict[str, object] = {
    "age": 90061, "when": NOW, "tag": 12345, "algorithm": 13, "signer": "com.", "labels": 1, "owner_labels": 2,
    "signer_labels": 3, "type": "A", "flags": 1, "protocol": 2, "count": 7, "limit": 6, "bits": 512, "what": "much",
    "ds_tags": "1, 2", "iterations": 99, "text": "silence", "rcode": 3, "kind": "NODATA", "cut": "example.com.",
    "skew": 5,
}  # fmt: skip


def sources() -> list[Path]:
    return sorted(path for path in VALIDATOR.parent.rglob("*.py") if path.name != "findings.py")


def made() -> set[str]:
    """The codes that stand as a first argument where a finding is made, anywhere in the package."""
    found = set()
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                first = node.args[0]
                if node.func.id in ("finding", "Finding", "BadKey") and isinstance(first, ast.Constant):
                    found.add(str(first.value))
    return found


def written() -> set[str]:
    """Every word of the validator's source that could be a code."""
    found = set()
    for path in sources():
        if path.is_relative_to(VALIDATOR):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found.add(node.value)
    return found


def test_every_code_that_is_made_is_in_the_catalogue() -> None:
    assert made() <= set(CATALOGUE)
    assert len(made()) > 40


def test_every_code_of_the_catalogue_is_made_somewhere() -> None:
    assert set(CATALOGUE) - written() == set()


def test_every_reason_for_insecurity_is_a_finding() -> None:
    assert set(get_args(InsecureReason)) <= set(CATALOGUE)
    assert set(get_args(InsecureReason)) >= POLICY_REASONS


def test_every_reason_for_not_knowing_has_a_word() -> None:
    assert set(get_args(Why)) == {
        "NO_ANCHOR",
        "NO_REPLY",
        "UPSTREAM_UNFIT",
        "ALIAS_LIMIT",
        "DNAME_TOO_LONG",
        "UNSIGNABLE_TYPE",
        "DEADLINE",
    }


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_entry_is_well_formed(code: str) -> None:
    entry = CATALOGUE[code]
    assert re.fullmatch(r"[A-Z][A-Z0-9_]+", code)
    assert re.fullmatch(r"RFC [1-9]\d{3} §\d+(\.\d+)*", entry.rfc)
    assert entry.ede is None or 0 <= entry.ede <= 33  # RFC 8914 §5.2 and its registry
    assert 1 <= entry.rank <= 100
    assert entry.severity in (ERROR, WARNING, NOTE)
    assert entry.who
    assert entry.text[0].islower() or entry.text.split()[0].isupper() or entry.text[0] in "{NDS"
    assert not entry.text.endswith(".")
    assert set(re.findall(r"\{(\w+)\}", entry.text)) <= set(DETAILS)


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_text_renders_with_and_without_its_details(code: str) -> None:
    full = Finding(code, "www.example.com./A", details=DETAILS)
    bare = Finding(code, "www.example.com./A")
    assert "{" not in full.text
    assert "?" not in full.text
    assert "\n" not in full.text
    assert "{" not in bare.text
    assert (full.rfc, full.ede, full.severity, full.rank) == (
        CATALOGUE[code].rfc,
        CATALOGUE[code].ede,
        CATALOGUE[code].severity,
        CATALOGUE[code].rank,
    )


def test_a_code_that_nobody_knows_cannot_be_made() -> None:
    with pytest.raises(KeyError):
        Finding("NO_SUCH_CODE", "")


def test_a_finding_names_its_subject_and_who_can_mend_it() -> None:
    found = finding("EXPIRATION_IN_PAST", QUESTION, "example.com.", age=432000, when=NOW, tag=7)
    assert (found.at, found.who) == ("www.example.com./A", "zone-operator:example.com.")
    assert found.text == "the signature expired 5d 0h ago, on 2026-06-01T12:00:00Z"
    assert repr(found) == "<Finding EXPIRATION_IN_PAST at www.example.com./A>"
    assert finding("ANCHOR_STALE", QUESTION).who == "local-anchors"
    assert finding("DEADLINE", QUESTION).who == "caller"


def test_an_age_or_a_date_that_is_no_number_is_shown_as_it_is() -> None:
    assert finding("EXPIRATION_IN_PAST", QUESTION, age="long", when="then").text == (
        "the signature expired long ago, on then"
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (59.9, "59s"),
        (60, "1m 0s"),
        (3599, "59m 59s"),
        (3600, "1h 0m"),
        (86399, "23h 59m"),
        (86400, "1d 0h"),
        (-90000, "1d 1h"),
        (40 * 86400, "40d 0h"),
    ],
)
def test_a_length_of_time_has_its_two_largest_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_the_most_telling_finding_comes_first_and_equals_keep_their_order() -> None:
    codes = ["MISSING_RRSIG", "WORK_LIMIT", "DIGEST_INVALID", "DS_KEY_NOT_SIGNING", "ANCHOR_STALE"]
    ranked = [found.code for found in worst([finding(code, QUESTION) for code in codes])]
    assert ranked == ["WORK_LIMIT", "ANCHOR_STALE", "DIGEST_INVALID", "DS_KEY_NOT_SIGNING", "MISSING_RRSIG"]
    assert worst([]) == []


@pytest.mark.parametrize(
    ("code", "ede"),
    [
        ("EXPIRATION_IN_PAST", 7), ("INCEPTION_IN_FUTURE", 8), ("NO_SEP", 9), ("MISSING_RRSIG", 10),
        ("DNSKEY_NOT_ZONE_KEY", 11), ("MISSING_DENIAL", 12), ("NO_REPLY", 22), ("RRSIG_EXPIRES_BEFORE_INCEPTION", 25),
        ("NSEC3_ITERATIONS", 27), ("UNSIGNABLE_TYPE", 30), ("NEGATIVE_ANCHOR", 33), ("UNSUPPORTED_ALGORITHM", 1),
        ("UNSUPPORTED_DIGEST", 2), ("SIGNATURE_INVALID", 6),
    ],
)  # fmt: skip
def test_the_extended_errors_are_those_of_the_registry(code: str, ede: int) -> None:
    assert CATALOGUE[code].ede == ede


def test_every_note_ranks_below_every_error() -> None:
    errors = [entry.rank for entry in CATALOGUE.values() if entry.severity == ERROR]
    notes = [entry.rank for entry in CATALOGUE.values() if entry.severity == NOTE]
    assert max(notes) < min(errors)
