"""Other people's vectors: OpenSSL's table of DANE cases, RFC 6698 appendix C, the certificate of RFC 9102 appendix A."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from resolver.dane import words
from resolver.dane.matching import match
from resolver.dane.tlsa import Tlsa
from tests.dane.openssl_rows import pem_blocks, read

AT = 1_790_000_000


@pytest.mark.parametrize(
    ("table", "base", "store"),
    [("danetest.in", "example.com", "danetest.pem"), ("dane-cross.in", "server.example", "cross-root.pem")],
)
def test_openssls_rows_have_their_verdict_and_their_depth(table: str, base: str, store: str, corpora: Path) -> None:
    folder = corpora / "dane/openssl"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    roots = pem_blocks((folder / store).read_text(encoding="ascii"))
    wrong = []
    cases = list(read(folder / table))
    for case in cases:
        found = match(
            [Tlsa(*fields) for fields in case.records],
            case.chain,
            at=AT,
            names=[base],
            roots=roots,
            check_ee_names=not case.no_ee_names,
        )
        if (found.matched, found.depth) != (case.error == 0, None if case.depth < 0 else case.depth):
            wrong.append((case.number, case.error, case.depth, found))
    assert cases
    assert wrong == []


def test_the_six_records_of_rfc_6698_appendix_c_fit_their_certificate(corpora: Path) -> None:
    file = corpora / "dane/rfc/rfc6698-C.json"
    if not file.is_file():
        pytest.skip(f"{file} is not there")
    rows = json.loads(file.read_text(encoding="utf-8"))["rows"]
    data = {(row["selector"], row["mtype"]): bytes.fromhex(row["data"]) for row in rows}
    assert len(data) == 6
    for usage in (1, 3):
        for (selector, matching_type), octets in data.items():
            record = Tlsa(usage, selector, matching_type, octets)
            assert record.unusable is None
            found = match([record], [data[0, 0]], at=AT, names=["dane.kiev.practicum.os3.nl"])
            # An expired RSA-1 certificate of version 1: DANE-EE asks for nothing but its octets.
            assert (found.matched, found.rows[0].state) == (usage == 3, "CURRENT")


def test_the_certificate_of_rfc_9102_appendix_a_fits_its_record(corpora: Path) -> None:
    folder = corpora / "dane/rfc"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    (certificate,) = pem_blocks((folder / "rfc9102-cert.pem").read_text(encoding="ascii"))
    zone = (folder / "rfc9102-A1.zone").read_text(encoding="ascii")
    text = zone.partition(" TLSA ")[2].partition("(")[2].partition(")")[0]
    record = words.read(text)
    assert (record.usage, record.selector, record.matching_type) == (3, 1, 1)
    found = match(
        [record],
        [certificate],
        at=AT,
        names=["www.example.com"],
        check_ee_names=True,
    )
    assert (found.matched, found.depth, str(found.identity)) == (True, 0, "www.example.com.")
