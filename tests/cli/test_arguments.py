"""The command line: what is meant, and what is refused."""

from __future__ import annotations

import pytest

from resolver.cli import arguments
from resolver.errors import BadInput


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2023-11-06T00:00:00Z", 1699228800),
        ("2023-11-06t00:00:00z", 1699228800),
        ("2023-11-06 00:00:00Z", 1699228800),
        ("2023-11-06T02:00:00+02:00", 1699228800),
        ("2023-11-05T18:30:00.5-05:30", 1699228800.5),
        ("2023-11-06T00:00:00.123456789Z", 1699228800.123456),
        ("1699228800", 1699228800),
        ("0", 0),
        ("1699228800.25", 1699228800.25),
    ],
)
def test_a_time_is_rfc_3339_or_seconds(text: str, seconds: float):
    assert arguments.parse(["com", "--at", text]).at == seconds


@pytest.mark.parametrize("text", ["2023-11-06T00:00:00", "2023-11-06 00:00:00"])
def test_a_naive_time_is_refused(text: str):
    with pytest.raises(BadInput, match="has no offset"):
        arguments.parse(["com", "--at", text])


@pytest.mark.parametrize(
    "text",
    ["", "now", "2023-11-06", "20231106T000000Z", "2023-13-06T00:00:00Z", "2023-11-06T25:00:00Z", "2023-11-06T00:00Z",
     "2023-11-06T00:00:00+0000", "-5", "1e9", "nan", "inf", "99999999999", "4294967296", "1969-12-31T23:59:59Z",
     "2107-01-01T00:00:00Z", "٢023-11-06T00:00:00Z", "0001-01-01T00:00:00+23:59"],
)  # fmt: skip
def test_what_is_no_time_is_refused(text: str):
    with pytest.raises(BadInput, match="argument --at"):
        arguments.parse(["com", f"--at={text}"])


@pytest.mark.parametrize(
    ("name", "types"),
    [
        ("_25._tcp.mx.example.com", ("TLSA",)),
        ("_443._TCP.www.example.com.", ("TLSA",)),
        ("_53._udp.ns", ("TLSA",)),
        ("_1._sctp.x", ("TLSA",)),
        ("_443._tcp", ("TLSA",)),
        ("_25._quic.x", ("TXT",)),
        ("_dmarc.example.com", ("TXT",)),
        ("_443", ("TXT",)),
        ("_25a._tcp.x", ("TXT",)),
        ("_._tcp.x", ("TXT",)),
        ("www.example.com", ("A", "AAAA")),
        ("a._tcp.x", ("A", "AAAA")),
        (".", ("A", "AAAA")),
    ],
)
def test_the_name_says_what_type_is_meant(name: str, types: tuple[str, ...]):
    assert arguments.types_for(name) == types


def test_a_zone_file_may_have_its_origin_before_it(tmp_path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert arguments.zone_file("com.zone") == "com.zone"
    assert arguments.zone_file("com=com.zone") == ("com", "com.zone")
    assert arguments.zone_file(".=root.zone") == (".", "root.zone")
    assert arguments.zone_file("com=a=b.zone") == ("com", "a=b.zone")
    assert arguments.zone_file("./a=b.zone") == "./a=b.zone"
    assert arguments.zone_file("/tmp/a=b.zone") == "/tmp/a=b.zone"
    with pytest.raises(BadInput, match="no file after the equals sign"):
        arguments.zone_file("com=")
    (tmp_path / "com=odd.zone").write_text("")
    assert arguments.zone_file("com=odd.zone") == "com=odd.zone"


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ([], "no name"),
        (["--json"], "no name"),
        (["a", "A", "more"], "unrecognized arguments: more"),
        (["a", "--nonsense"], "unrecognized arguments"),
        (["a", "--snap", "x"], "unrecognized arguments"),
        (["a", "--server"], "expected one argument"),
        (["a", "--server", "9.9.9.9", "--snapshot", "x"], "--server and --snapshot exclude each other"),
        (["a", "--replay", "r", "--snapshot", "x"], "--snapshot and --replay exclude each other"),
        (["--demo", "--server", "9.9.9.9"], "exclude each other"),
        (["--demo", "a"], "leave out NAME"),
        (["--demo", "--at", "0", "--record", "x", "--anchor", "y"], "leave out --anchor and --at and --record"),
    ],
)
def test_what_makes_no_sense_is_refused(argv: list[str], words: str):
    with pytest.raises(BadInput, match=words):
        arguments.parse(argv)


def test_options_may_be_repeated():
    found = arguments.parse(["a", "MX", "--server", "9.9.9.9", "--server", "::1", "--anchor", "x", "-vv", "-q", "-v"])
    assert found.server == ["9.9.9.9", "::1"]
    assert (found.name, found.type, found.anchor, found.verbose, found.quiet) == ("a", "MX", ["x"], 3, True)
