"""Lint: a sound set is silent, each code has a case that brings it and one beside it that does not, each rule is needed."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.dane import linting, material
from resolver.dane.agility import DIGESTS
from resolver.dane.lint_catalogue import LINT_CATALOGUE
from resolver.dane.linting import advice, fits, lint, present
from resolver.dane.tlsa import Tlsa, TlsaSet
from resolver.data.name import Name
from resolver.errors import BadInput
from tests.dane.pki import AT, DAY, issue, record, usual

LEAF, MIDDLE, ROOT = usual()
CHAIN = [LEAF.der, MIDDLE.der]
OTHER = issue("other.example.com", MIDDLE, dns=["mx.example.com"])
NOT_CA = issue("No Authority", ROOT)
SECONDS = DAY.total_seconds()
GOOD = [record(3, 1, 1, LEAF), record(2, 0, 1, MIDDLE)]


def codes(records: Any, *arguments: Any, **options: Any) -> list[str]:
    return [finding.code for finding in lint(records, *arguments, **options)]


class Case(NamedTuple):
    """Records and facts that bring a code, and the same with the mistake mended."""

    code: str
    bad: tuple[Any, dict[str, Any]]
    mended: tuple[Any, dict[str, Any]]


def case(code: str, bad: list[Tlsa], mended: list[Tlsa], chains: Any = (CHAIN,), **options: Any) -> Case:
    return Case(code, (bad, {"chains": chains, **options}), (mended, {"chains": chains, **options}))


def published(code: str, bad: dict[str, Any], mended: dict[str, Any]) -> Case:
    return Case(code, (GOOD, {"chains": [CHAIN], **bad}), (GOOD, {"chains": [CHAIN], **mended}))


SHORT = Tlsa(3, 1, 1, bytes(31))
CASES = [
    case("NO_RECORD_MATCHES", [record(3, 1, 1, OTHER)], [record(3, 1, 1, LEAF)]),
    case("NO_USABLE_RECORD", [SHORT], [SHORT, record(3, 1, 1, LEAF)]),
    case(
        "COMBINATION_DIFFERS",
        [record(3, 1, 1, LEAF), record(2, 0, 1, ROOT)],
        [record(3, 1, 1, LEAF), record(2, 0, 1, ROOT), record(2, 0, 1, MIDDLE)],
    ),
    case("ANCHOR_NOT_SENT", [record(2, 0, 1, ROOT)], [record(2, 0, 1, MIDDLE)], others=[ROOT.der]),
    case("ANCHOR_IS_LEAF", [record(2, 0, 1, LEAF)], [record(2, 0, 1, MIDDLE)]),
    case("ANCHOR_IS_NO_CA", [record(2, 0, 1, NOT_CA)], [record(2, 0, 1, MIDDLE)], chains=[[*CHAIN, NOT_CA.der]]),
    case(
        "DIGESTS_DIFFER",
        [record(3, 1, 1, LEAF), record(3, 1, 1, OTHER), record(3, 1, 2, LEAF)],
        [record(3, 1, 1, LEAF), record(3, 1, 1, OTHER), record(3, 1, 2, LEAF), record(3, 1, 2, OTHER)],
    ),
    case("MATCHES_NOTHING", [*GOOD, record(3, 1, 1, OTHER)], GOOD),
    case("UNUSABLE_RECORD", [*GOOD, SHORT], GOOD),
    case("USAGE_NOT_FOR_MAIL", [*GOOD, record(1, 1, 1, LEAF)], GOOD, port=25),
    case(
        "PKIX_BESIDE_DANE", [*GOOD, record(1, 1, 1, LEAF)], [record(1, 1, 1, LEAF), record(0, 0, 1, MIDDLE)], port=443
    ),
    case("WHOLE_CERTIFICATE", [*GOOD, record(2, 0, 0, MIDDLE)], GOOD),
    case("WHOLE_KEY", [*GOOD, record(3, 1, 0, LEAF)], GOOD),
    case("CERTIFICATE_OF_SERVER", [*GOOD, record(3, 0, 1, LEAF)], GOOD),
    case("KEY_OF_ANCHOR", [*GOOD, record(2, 1, 1, MIDDLE)], GOOD),
    case("DIGEST_NOT_FOR_ALL", [record(3, 1, 2, LEAF)], [record(3, 1, 2, LEAF), record(3, 1, 1, LEAF)]),
    published("LONG_TTL", {"ttl": 86401}, {"ttl": 86400}),
    published(
        "LONG_SIGNATURE",
        {"signatures": [(AT, AT + 36 * SECONDS)], "at": AT},
        {"signatures": [(AT, AT + 35 * SECONDS)], "at": AT},
    ),
    published(
        "SIGNATURE_ENDS_SOON",
        {"signatures": [(AT - SECONDS, AT + SECONDS - 1)], "at": AT},
        {"signatures": [(AT - SECONDS, AT + SECONDS)], "at": AT},
    ),
    published(
        "SIGNATURE_ENDED",
        {"signatures": [(AT - SECONDS, AT - 1)], "at": AT},
        {"signatures": [(AT - SECONDS, AT - 1), (AT - SECONDS, AT + 7 * SECONDS)], "at": AT},
    ),
]


def run(given: tuple[Any, dict[str, Any]]) -> list[str]:
    options = dict(given[1])
    return codes(given[0], options.pop("chains"), **options)


def test_a_sound_set_is_silent() -> None:
    options: dict[str, Any] = {"port": 25, "ttl": 3600, "signatures": [(AT - SECONDS, AT + 13 * SECONDS)], "at": AT}
    assert lint(GOOD, [CHAIN], others=[ROOT.der], **options) == ()
    assert lint([*GOOD, record(3, 1, 1, OTHER)], [CHAIN, [OTHER.der, MIDDLE.der]], **options) == ()


@pytest.mark.parametrize("one", CASES, ids=[one.code for one in CASES])
def test_a_mistake_brings_its_code_and_its_mending_takes_it_away(one: Case) -> None:
    assert one.code in run(one.bad)
    assert one.code not in run(one.mended)


def test_every_code_of_the_catalogue_has_a_case_or_belongs_to_advice() -> None:
    assert {one.code for one in CASES} | {"SEND_THE_ANCHOR"} == set(LINT_CATALOGUE)


def test_the_documentation_lists_every_code_with_its_severity_and_rfc(project: Path) -> None:
    text = (project / "docs/dane-making.md").read_text(encoding="utf-8")
    rows = {
        tuple(cell.strip() for cell in line.split("|")[1:-1]) for line in text.splitlines() if line.startswith("| `")
    }
    told = {(code.strip("`"), severity, rfc) for code, severity, _, rfc in (row for row in rows if len(row) == 4)}
    assert told == {(code, entry.severity, entry.rfc) for code, entry in LINT_CATALOGUE.items()}


@pytest.mark.parametrize("number", range(len(linting.RULES)), ids=[rule.__name__ for rule in linting.RULES])
def test_without_a_rule_a_case_fails(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(linting, "RULES", linting.RULES[:number] + linting.RULES[number + 1 :])
    assert any(one.code not in run(one.bad) for one in CASES)


def test_an_authority_whose_key_may_not_sign_is_none() -> None:
    useless = issue("Useless", ROOT, ca=True, uses=["digital_signature"])
    found = lint([record(2, 0, 1, useless)], [[*CHAIN, useless.der]])
    (no_ca,) = [finding for finding in found if finding.code == "ANCHOR_IS_NO_CA"]
    assert "key usage" in no_ca.text


def test_without_a_time_only_the_length_of_signatures_is_looked_at() -> None:
    dates = [(AT - 40 * SECONDS, AT - SECONDS)]
    assert codes(GOOD, [CHAIN], signatures=dates) == ["LONG_SIGNATURE"]


def test_the_gravest_comes_first_and_says_what_it_is_about() -> None:
    found = lint([record(2, 0, 1, ROOT), record(3, 0, 1, OTHER)], [CHAIN], others=[ROOT.der], port=25)
    assert [finding.severity for finding in found] == sorted(
        (finding.severity for finding in found), key=["error", "warning", "note"].index
    )
    assert found[0].code == "NO_RECORD_MATCHES"
    not_sent = next(finding for finding in found if finding.code == "ANCHOR_NOT_SENT")
    assert "certificate of 'Root'" in not_sent.text
    assert not_sent.at == str(record(2, 0, 1, ROOT))
    assert not_sent.rfc == "RFC 7671 §5.2.2"


def test_each_key_of_a_server_needs_its_record() -> None:
    found = lint([record(3, 1, 1, LEAF)], [CHAIN, [OTHER.der, MIDDLE.der]])
    assert [(finding.code, finding.details["server"]) for finding in found] == [
        ("NO_RECORD_MATCHES", "the server with key 2")
    ]


def test_a_set_brings_its_ttl() -> None:
    owner = Name.from_text("_25._tcp.mx.example.com.")
    tlsa = TlsaSet(owner, Name.from_text("mx.example.com."), 90000, GOOD)
    assert codes(tlsa, [CHAIN]) == ["LONG_TTL"]
    assert codes(tlsa, [CHAIN], ttl=60) == []


def test_a_signature_has_to_outlive_two_ttls() -> None:
    """RFC 7671 §8.1: two TTLs pass before a new record counts; a signature that ends within them cannot help."""
    dates = {"signatures": [(AT - SECONDS, AT + 1.5 * SECONDS)], "at": AT}
    assert codes(GOOD, [CHAIN], ttl=3600, **dates) == []
    assert codes(GOOD, [CHAIN], ttl=80000, **dates) == ["SIGNATURE_ENDS_SOON"]


def test_without_a_chain_only_the_records_are_looked_at() -> None:
    assert codes([record(3, 1, 1, OTHER)]) == []
    assert codes([record(3, 1, 2, OTHER)]) == ["DIGEST_NOT_FOR_ALL"]


def test_the_order_of_digests_is_the_clients() -> None:
    assert DIGESTS == (2, 1)
    records = [record(3, 1, 1, LEAF), record(3, 1, 2, OTHER)]
    for digests, text in (((2, 1), "SHA2-512 stands for other keys"), ((1, 2), "SHA2-256 stands for other keys")):
        found = lint(records, [CHAIN], others=[OTHER.der], digests=digests)
        assert [finding.text[: len(text)] for finding in found if finding.code == "DIGESTS_DIFFER"] == [text]


class TestAnchorsInDns:
    """RFC 7671 §5.2.2, §5.2.3: what is whole in DNS need not be sent, but must have signed."""

    @pytest.mark.parametrize("selector", [0, 1])
    def test_an_anchor_that_signed_is_present(self, selector: int) -> None:
        assert "NO_RECORD_MATCHES" not in codes([record(2, selector, 0, ROOT)], [CHAIN])
        assert "NO_RECORD_MATCHES" not in codes([record(2, selector, 0, MIDDLE)], [[LEAF.der]])

    @pytest.mark.parametrize("selector", [0, 1])
    def test_one_that_signed_nothing_is_not(self, selector: int) -> None:
        stranger = issue("Intermediate", private=OTHER.key, ca=True)  # the name fits, the key does not
        assert "NO_RECORD_MATCHES" in codes([record(2, selector, 0, stranger)], [[LEAF.der]])
        assert "NO_RECORD_MATCHES" in codes([record(2, selector, 0, OTHER)], [CHAIN])

    def test_what_is_no_certificate_within_is_not(self) -> None:
        odd = Tlsa(2, 0, 0, bytes.fromhex("300730003000030100"))
        assert odd.unusable is None
        assert "NO_RECORD_MATCHES" in codes([odd], [CHAIN])

    def test_a_pkix_anchor_that_is_not_known_cannot_be_judged(self) -> None:
        """RFC 7671 §5.4: roots are in the client's store, and servers leave them out."""
        unknown = record(0, 0, 1, issue("Some Root", ca=True))
        assert codes([unknown], [CHAIN]) == ["MATCHES_NOTHING"]
        assert codes([unknown], [[*CHAIN, ROOT.der]]) == ["NO_RECORD_MATCHES", "MATCHES_NOTHING"]
        assert "NO_RECORD_MATCHES" in codes([record(0, 1, 1, LEAF)], [CHAIN])

    def test_a_pkix_anchor_may_be_a_root_that_is_not_sent(self) -> None:
        (part,) = material.read(ROOT.der)
        parts = [material.read(octets)[0] for octets in CHAIN]
        assert present(record(0, 0, 1, ROOT), parts, [part])
        assert not present(record(2, 0, 1, ROOT), parts, [part])


class TestAdvice:
    """What is said about one record that was just made."""

    @pytest.mark.parametrize(
        ("kind", "port", "expected"),
        [
            ((3, 1, 1), 25, []),
            ((3, 1, 1), 443, []),
            ((3, 0, 0), 443, ["WHOLE_CERTIFICATE", "CERTIFICATE_OF_SERVER"]),
            ((3, 1, 0), 443, ["WHOLE_KEY"]),
            ((3, 0, 1), 443, ["CERTIFICATE_OF_SERVER"]),
            ((3, 1, 2), 443, ["DIGEST_NOT_FOR_ALL"]),
            ((1, 1, 1), 443, []),
            ((1, 1, 1), 25, ["USAGE_NOT_FOR_MAIL"]),
            ((2, 0, 1), 25, ["ANCHOR_IS_NO_CA"]),
        ],
    )
    def test_of_a_servers_certificate(self, kind: tuple[int, int, int], port: int, expected: list[str]) -> None:
        (part,) = material.read(LEAF.der)
        assert [found.code for found in advice(record(*kind, LEAF), part, port=port)] == expected

    def test_of_an_authority_that_nobody_sends(self) -> None:
        (part,) = material.read(ROOT.der)
        assert [found.code for found in advice(record(2, 0, 1, ROOT), part, sent=True)] == []
        assert [found.code for found in advice(record(2, 0, 1, ROOT), part, sent=False)] == ["SEND_THE_ANCHOR"]
        assert [found.code for found in advice(record(2, 0, 0, ROOT), part, sent=False)] == ["WHOLE_CERTIFICATE"]


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(BadInput, match="no TLSA record"):
        lint([])
    with pytest.raises(BadInput, match="certificates in DER"):
        lint(GOOD, [[b"hello"]])


KINDS = st.tuples(st.integers(0, 4), st.integers(0, 2), st.integers(0, 3))


@given(st.lists(st.tuples(KINDS, st.sampled_from([LEAF, MIDDLE, ROOT, OTHER])), min_size=1, max_size=5))
def test_any_set_gets_findings_and_no_exception(made: list[tuple[tuple[int, int, int], Any]]) -> None:
    records = []
    for (usage, selector, matching_type), issued in made:
        data = issued.der if selector == 0 else issued.spki
        data = {0: data, 1: hashlib.sha256(data).digest(), 2: hashlib.sha512(data).digest(), 3: data}[matching_type]
        records.append(Tlsa(usage, selector, matching_type, data))
    for found in lint(records, [CHAIN, [OTHER.der]], others=[ROOT.der], port=25, ttl=1, at=AT):
        assert found.text and "?" not in found.text.replace("NEXT?", "")
        assert found.rfc.startswith("RFC ")
    (part,) = material.read(LEAF.der)
    for one in records:
        assert fits(one, part) in (True, False)
