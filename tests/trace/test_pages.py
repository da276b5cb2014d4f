"""docs/findings/ and `dnssec-trace explain`: current, complete, and found by code."""

from __future__ import annotations

import pytest

from resolver.cli.trace import main
from resolver.dane.findings import DANE_CATALOGUE
from resolver.errors import BadInput
from resolver.survey.findings import CATALOGUE as OF_AUDITS
from resolver.trace import catalogue
from resolver.validator.findings import CATALOGUE
from tests.trace import pages


def test_the_pages_are_current():
    """After a change: `python -m tests.trace.pages`."""
    wanted = pages.contents()
    assert {path.name: path.read_text(encoding="utf-8") for path in pages.FOLDER.iterdir()} == wanted


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_every_finding_is_explained(code: str):
    page = catalogue.page(code)
    assert page.meaning.endswith(".")
    assert page.fix.endswith(".")
    assert page.peers


def test_the_catalogue_explains_nothing_else():
    assert set(catalogue._TEXTS) == set(CATALOGUE)


def test_explain_prints_a_page(capsys: pytest.CaptureFixture[str]):
    assert main(["explain", "no-sep"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("NO_SEP: no key of the DNSKEY RRset matches a DS")
    assert "RFC 4035 §5.2" in out


def test_explain_without_a_code_lists_all_of_every_command(capsys: pytest.CaptureFixture[str]):
    assert main(["explain"]) == 0
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert len(listed) == len(set(listed))
    assert listed[: len(CATALOGUE)] == list(CATALOGUE)
    assert set(listed) == {*CATALOGUE, *OF_AUDITS, *DANE_CATALOGUE}


@pytest.mark.parametrize("code", sorted({*OF_AUDITS, *DANE_CATALOGUE}))
def test_the_codes_of_audit_and_dane_are_explained_in_short(code: str, capsys: pytest.CaptureFixture[str]):
    assert main(["explain", code]) == 0
    assert capsys.readouterr().out.startswith(f"{code}: ")


def test_an_unknown_code_is_one_line_with_a_proposal(capsys: pytest.CaptureFixture[str]):
    assert main(["explain", "NO_SEPP"]) == 2
    assert "did you mean NO_SEP" in capsys.readouterr().err
    with pytest.raises(BadInput, match="lists the codes"):
        catalogue.page("\x1b[2J")
