"""The gallery of damaged worlds: each headline names the damage; what is printed is kept in golden files."""

from __future__ import annotations

import json

import pytest

from resolver import trace
from resolver.cli.codes import exit_code
from resolver.errors import BadInput
from resolver.trace import reports
from resolver.validator.findings import CATALOGUE
from tests.trace import gallery

NAMES = sorted(gallery.CASES)
BAD = [name for name in NAMES if gallery.CASES[name].code is not None]


def test_there_are_at_least_45_damaged_worlds():
    assert len(BAD) >= 45


@pytest.mark.parametrize("name", NAMES)
def test_the_verdict_and_its_cause_are_the_damage(name: str):
    case, outcome = gallery.CASES[name], gallery.outcome_of(name)
    found = outcome.cause.code if outcome.cause is not None else None
    assert (outcome.status, found) == (case.verdict, case.code)


@pytest.mark.parametrize("name", NAMES)
def test_the_golden_files_show_what_is_printed(name: str):
    """After a wanted change: `python -m tests.trace.gallery`, and look at the difference."""
    assert gallery.as_text(name) == (gallery.GOLDEN / f"{name}.txt").read_text(encoding="utf-8")
    assert gallery.as_json(name) == (gallery.GOLDEN / f"{name}.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", gallery.DRAWN)
def test_the_golden_pictures_show_what_is_drawn(name: str):
    """As above. Pictures of all worlds have the same few forms; one of each is kept, as text that can be reviewed."""
    assert gallery.as_svg(name) == (gallery.GOLDEN / f"{name}.svg").read_text(encoding="utf-8")


def test_every_golden_file_has_its_case():
    assert {path.stem for path in gallery.GOLDEN.iterdir()} == set(NAMES)
    assert {path.stem for path in gallery.GOLDEN.glob("*.svg")} == set(gallery.DRAWN)


@pytest.mark.parametrize("name", BAD)
def test_the_first_line_holds_cause_and_rfc_and_the_second_says_who_must_do_what(name: str):
    outcome = gallery.outcome_of(name)
    first, second, *_ = trace.text(outcome, width=0).splitlines()
    assert outcome.cause.text in first
    assert outcome.cause.rfc in first
    if outcome.cause.ede is not None:
        assert f"EDE {outcome.cause.ede}" in first
    if outcome.status in ("bogus", "indeterminate"):
        assert second.startswith("  fix: ")


def test_the_ds_to_publish_is_that_of_the_key_in_use():
    outcome = gallery.outcome_of("ds-mismatch")
    world, _ = gallery.world_of(gallery.CASES["ds-wrong-tag"]._replace(build=gallery.honest))
    right = world.message("broken.test DS").answer[0].to_text()[0]
    lines = trace.text(outcome).splitlines()
    assert any(line.startswith("broken.test. ") and right.lower() in line.lower() for line in lines), right


def test_the_clock_is_blamed_only_where_no_signature_fits_it():
    assert "your clock is off by at least" in trace.text(gallery.outcome_of("clock-ahead"), width=0)
    assert "your clock is off by at least" in trace.text(gallery.outcome_of("clock-behind"), width=0)
    assert "it is not your clock" in trace.text(gallery.outcome_of("expired"), width=0)


@pytest.mark.parametrize("width", [0, 40, 80])
@pytest.mark.parametrize("verbose", [0, 1, 2])
def test_hostile_names_and_texts_are_escaped(width: int, verbose: int):
    outcome = gallery.outcome_of("hostile-names")
    forms = [
        trace.text(outcome, width=width, verbose=verbose),
        trace.text(outcome, width=width, verbose=verbose, ascii=True),
        json.dumps(trace.json(outcome)),
        json.dumps(reports.sarif([outcome], "1")),
        reports.junit([outcome], None),
        reports.nagios([outcome], None, None)[0],
        reports.metrics([outcome]),
    ]
    for form in forms:
        assert all(char.isprintable() or char == "\n" for char in form)
    for form in (*forms[4:5], trace.svg(outcome), trace.html(outcome)):
        assert "<script>alert" not in form
        assert "<img src=x" not in form
        assert "\x1b" not in form


def test_exit_codes_are_those_of_the_page():
    expected = {
        "good": 0, "good-nxdomain-nsec": 0, "no-ds": 10, "sha1-only": 11, "server-failure": 20, "forwarder-strips": 21,
        "stale-anchor": 22, "bad-signature": 30, "expired": 31, "not-yet-valid": 31, "keytrap-signatures": 32,
    }  # fmt: skip
    assert {name: exit_code(gallery.outcome_of(name)) for name in expected} == expected


class TestReports:
    """The formats of other programs."""

    def test_sarif_has_a_rule_for_each_result(self):
        outcomes = [gallery.outcome_of(name) for name in BAD]
        (run,) = reports.sarif(outcomes, "1.0")["runs"]  # type: ignore[misc, union-attr]
        rules = {rule["id"] for rule in run["tool"]["driver"]["rules"]}  # type: ignore[index, call-overload]
        results = run["results"]  # type: ignore[index, call-overload]
        assert {result["ruleId"] for result in results} == rules <= set(CATALOGUE)
        assert {result["level"] for result in results} == {"error", "warning", "note"}

    def test_junit_counts_what_fails(self):
        from xml.etree import ElementTree as ET

        outcomes = [gallery.outcome_of(name) for name in ("good", "expired", "no-ds", "server-silent", "hostile-names")]
        suite = ET.fromstring(reports.junit(outcomes, None))
        assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("5", "2", "1")
        assert [len(test) for test in suite] == [0, 1, 0, 1, 1]
        suite = ET.fromstring(reports.junit(outcomes, "secure"))
        assert (suite.get("failures"), suite.get("errors")) == ("4", "0")

    @pytest.mark.parametrize(
        ("name", "wanted", "warn", "code"),
        [
            ("good", None, None, 0),
            ("good", None, 30 * 86400, 1),
            ("good", "bogus", None, 2),
            ("expired", None, None, 2),
            ("expired", "bogus", None, 0),
            ("no-ds", None, None, 1),
            ("no-ds", "insecure", None, 0),
            ("no-ds", "secure", None, 2),
            ("server-silent", None, None, 3),
            ("server-silent", "secure", None, 3),
        ],
    )
    def test_nagios_is_one_line_and_a_code(self, name: str, wanted: str | None, warn: float | None, code: int):
        line, found = reports.nagios([gallery.outcome_of(name)], wanted, warn)
        assert found == code
        assert line.count("\n") == 1
        assert line.startswith(f"DNSSEC {('OK', 'WARNING', 'CRITICAL', 'UNKNOWN')[code]} - ")


def test_a_program_can_ask_what_a_code_means():
    assert trace.explain("NO_SEP").startswith("NO_SEP: no key of the DNSKEY RRset matches a DS")
    with pytest.raises(BadInput, match="NO_SUCH_CODE"):
        trace.explain("NO_SUCH_CODE")
