"""Master files: every notation of RFC 1035 §5.1, and a place in the file for every refusal."""

from __future__ import annotations

import gzip
import time

import pytest

from resolver.data.files import read_text
from resolver.data.name import Name
from resolver.data.types import NS, SOA, A
from resolver.data.zonefile import MAX_INCLUDE_DEPTH, MAX_INCLUDES, MAX_TTL, Record, scan
from resolver.errors import BadSnapshot

EXAMPLE = Name.from_text("example.")


def records(text: str, origin: Name | None = EXAMPLE) -> list[tuple[str, int, int, str]]:
    return [(str(found.owner), found.ttl, found.rdtype, found.text) for found in scan(text, origin=origin)]


def refused(text: str, origin: Name | None = EXAMPLE, path: str = "<text>") -> BadSnapshot:
    with pytest.raises(BadSnapshot) as caught:
        list(scan(text, origin=origin, path=path))
    return caught.value


@pytest.mark.parametrize(
    "line",
    [
        "www.example. 60 IN A 192.0.2.1",
        "www.example.\t\t60\tIN\tA\t192.0.2.1\t ",
        "www 60 IN A 192.0.2.1",
        "www IN 60 A 192.0.2.1",
        "www 60 A 192.0.2.1",
        "WWW 1m in a 192.0.2.1",
        "www 60 CLASS1 TYPE1 192.0.2.1",
        "www 60 IN A 192.0.2.1 ; a host",
        "www 60 IN A 192.0.2.1; a host",
        "www ( 60 IN\n A ; ) a host\n\n 192.0.2.1 )",
        "(www 60 IN A 192.0.2.1)",
        "$TTL 60\nwww A 192.0.2.1",
        "$ttl 1m\nwww IN A 192.0.2.1",
        "$ORIGIN www\n@ 60 A 192.0.2.1",
        "$ORIGIN www.example. ; here\n@ 60 A 192.0.2.1",
        "\\119ww 60 A 192.0.2.1",
        "w\\ww 60 A 192.0.2.1",
        "\n  \n ; nothing\nwww 60 A 192.0.2.1\n",
        "www 60 IN A 192.0.2.1\r\n",
        "( )\nwww 60 IN A 192.0.2.1\r",
    ],
)
def test_one_record_in_any_notation_is_the_same_record(line: str) -> None:
    assert records(line) == [("www.example.", 60, A, "192.0.2.1")]


def test_a_blank_owner_is_the_last_one_even_after_an_origin() -> None:
    text = "a.example. 60 IN A 192.0.2.1\n 60 A 192.0.2.2\n$ORIGIN b.example.\n\t60 A 192.0.2.3\nc 60 A 192.0.2.4"
    assert [found[0] for found in records(text)] == ["a.example.", "a.example.", "a.example.", "c.b.example."]


@pytest.mark.parametrize(
    ("text", "seconds"), [("1h30m", 5400), ("1W2d3H4m5S", 788645), ("0", 0), ("0s", 0), ("2147483647", MAX_TTL)]
)
def test_a_ttl_has_units_as_in_1h30m(text: str, seconds: int) -> None:
    assert records(f"a {text} A 192.0.2.1") == [("a.example.", seconds, A, "192.0.2.1")]


def test_an_omitted_ttl_is_the_default_else_the_last_one_else_the_minimum_of_the_soa() -> None:
    soa = "@ SOA a. b. 1 2 3 4 1h"
    assert [found[1] for found in records(f"{soa}\na A 192.0.2.1\nb 7 A 192.0.2.1\nc A 192.0.2.1")] == [
        3600,
        3600,
        7,
        7,
    ]
    assert [found[1] for found in records(f"$TTL 9\n{soa}\nb 7 A 192.0.2.1\nc A 192.0.2.1")] == [9, 7, 9]
    assert [found[1] for found in records("a. 5 IN SOA a. b. 1 2 3 4 60\nb A 192.0.2.1")] == [5, 5]
    assert "no TTL" in refused("a A 192.0.2.1").message
    assert "no TTL" in refused("@ SOA").message


def test_rdata_keeps_quotes_and_escapes_and_loses_comments_and_layout() -> None:
    text = (
        'a 60 TXT ( "one; (two)" ; three\n  four\\;five "" \\"six )\nb 60 TYPE65280 \\# 2 ( 01\n 02 )\nc 60 TXT "a""b"c'
    )
    assert [found[3] for found in records(text)] == ['"one; (two)" four\\;five "" \\"six', "\\# 2 01 02", '"a" "b" c']


def test_the_origin_is_the_absolute_owner_of_the_soa_where_none_is_given() -> None:
    text = "a.example. 60 IN NS b\nexample. 60 IN SOA a b 1 2 3 4 5\nc 60 A 192.0.2.1"
    found = list(scan(text))
    assert [str(one.origin) for one in found] == ["example."] * 3
    assert [(str(one.owner), one.rdtype, one.line) for one in found] == [
        ("a.example.", NS, 1),
        ("example.", SOA, 2),
        ("c.example.", A, 3),
    ]


def test_without_any_origin_a_record_is_refused_because_its_rdata_might_be_relative() -> None:
    assert "no origin" in refused("a.example. 60 IN NS b", None).message
    assert "no origin" in refused("a 60 IN NS b.", None).message
    assert "label" in refused("a..b. 60 IN SOA a b 1 2 3 4 5", None).message
    assert "no origin" in refused("a\\. 60 IN NS b.", None).message
    assert records("$ORIGIN org.\na 60 NS b", None) == [("a.org.", 60, NS, "b")]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a 60 A 192.0.2.1\nb 60 CH TXT x", 2, "class CH; only class IN"),
        ("a 60 CLASS3 TXT x", 1, "class CLASS3"),
        ("\n\n$GENERATE 1-4 a$ A 192.0.2.$", 3, "$GENERATE is not read"),
        ("$INCLUDE other.zone", 1, "include=True"),
        ("$UNKNOWN x", 1, "unknown directive $UNKNOWN"),
        ("$ORIGIN", 1, "$ORIGIN with 0 words"),
        ("$TTL 1x", 1, "bad TTL '1x'"),
        ("$TTL 2147483648", 1, "RFC 2181 §8"),
        ("a 99999999999999999999 A 192.0.2.1", 1, "RFC 2181 §8"),
        ("a 9999999999999999999w A 192.0.2.1", 1, "RFC 2181 §8"),
        ("a 60", 1, "without a type"),
        ("a 60 IN", 1, "without a type"),
        ("a 60 NOTYPE x", 1, "NOTYPE"),
        ("a.example. 60 IN NOTYPE x", 1, "NOTYPE"),
        (" 60 A 192.0.2.1", 1, "without an owner"),
        ('"a" 60 A 192.0.2.1', 1, "quoted owner"),
        ("a..b 60 A 192.0.2.1", 1, "label"),
        ("a..b. 60 IN A 192.0.2.1", 1, "label"),
        (f"{'a' * 64}. 60 IN A 192.0.2.1", 1, "64 octets"),
        ("\na 60 A (\n192.0.2.1", 2, "never closed"),
        ("a 60 A 192.0.2.1 )", 1, "closing parenthesis"),
        ('a 60 TXT (\n"x\n)', 2, "quote"),
        ("a 60 TXT x\\", 1, "backslash"),
        ("a\\256 60 A 192.0.2.1", 1, "escape"),
    ],
)
def test_what_cannot_be_understood_is_refused_with_its_place(text: str, line: int, words: str) -> None:
    error = refused(text, path="db.example")
    assert (error.path, error.line) == ("db.example", line)
    assert words in error.message
    assert str(error).startswith(f"db.example:{line}: ")


def test_an_included_file_is_relative_to_the_one_that_names_it_and_leaves_no_trace(tmp_path) -> None:
    (tmp_path / "sub").mkdir()
    main, other, third = tmp_path / "main.zone", tmp_path / "sub" / "other.zone", tmp_path / "sub" / "third.zone"
    main.write_text(
        'a 60 A 192.0.2.1\n$INCLUDE sub/other.zone child ; comment\nd A 192.0.2.4\n$INCLUDE "sub/third.zone"\n'
    )
    other.write_text("$TTL 7\nb A 192.0.2.2\n$INCLUDE third.zone\n")
    third.write_text("c A 192.0.2.3\n\tA 192.0.2.5\n")
    found = list(scan(read_text(main), origin=EXAMPLE, path=str(main), include=True))
    assert [(str(one.owner), one.ttl, str(one.origin), one.line) for one in found] == [
        ("a.example.", 60, "example.", 1),
        ("b.child.example.", 7, "child.example.", 2),
        ("c.child.example.", 7, "child.example.", 1),
        ("c.child.example.", 7, "child.example.", 2),
        ("d.example.", 60, "example.", 3),
        ("c.example.", 60, "example.", 1),
        ("c.example.", 60, "example.", 2),
    ]
    assert {one.path for one in found} == {str(main), str(other), str(third)}


def test_an_included_file_that_is_missing_or_bad_is_named(tmp_path) -> None:
    main, bad = tmp_path / "main.zone", tmp_path / "bad.zone"
    bad.write_text("\nb 60 CH A 192.0.2.1\n")
    with pytest.raises(BadSnapshot, match=r"missing\.zone") as caught:
        list(scan("\n$INCLUDE missing.zone", origin=EXAMPLE, path=str(main), include=True))
    assert (caught.value.path, caught.value.line) == (str(main), 2)
    with pytest.raises(BadSnapshot, match="class CH") as caught:
        list(scan("$INCLUDE bad.zone", origin=EXAMPLE, path=str(main), include=True))
    assert (caught.value.path, caught.value.line) == (str(bad), 2)


@pytest.mark.parametrize("times", [1, 2, MAX_INCLUDES + 1])
def test_a_file_that_includes_itself_ends(tmp_path, times: int) -> None:
    main = tmp_path / "main.zone"
    main.write_text("$INCLUDE main.zone\n" * times)
    with pytest.raises(BadSnapshot, match=rf"more \$INCLUDEs than {MAX_INCLUDE_DEPTH} deep"):
        list(scan(read_text(main), origin=EXAMPLE, path=str(main), include=True))


def test_wide_includes_end_too(tmp_path) -> None:
    (tmp_path / "leaf.zone").write_text("a 60 A 192.0.2.1\n")
    with pytest.raises(BadSnapshot, match=f"or {MAX_INCLUDES} in all"):
        list(scan("$INCLUDE leaf.zone\n" * (MAX_INCLUDES + 1), origin=EXAMPLE, path=str(tmp_path / "x"), include=True))


def test_records_are_given_one_by_one_before_a_later_mistake() -> None:
    found = scan("a 60 A 192.0.2.1\nb 60 CH A 192.0.2.2", origin=EXAMPLE)
    assert isinstance(next(found), Record)
    with pytest.raises(BadSnapshot):
        next(found)


@pytest.mark.parametrize(
    "text",
    [
        "a" * 1_000_000,
        "." * 1_000_000,
        "a." * 500_000,
        " " * 1_000_000 + "x",
        "a. " + " " * 1_000_000,
        'a. 60 IN TXT "' + "\\a" * 500_000,
        'a. 60 IN TXT "' + "b" * 1_000_000,
        "a. 60 IN TXT " + "(" * 1_000_000,
        "a. 60 IN TXT (\n" + "\n" * 1_000_000,
        "a. " + "1" * 1_000_000,
        "a. " + "1s" * 500_000,
        "a. " * 333_333 + "SOA",
        "a. 60 IN " + "A" * 1_000_000 + '"',
    ],
)
def test_a_hostile_megabyte_takes_linear_time(text: str) -> None:
    started = time.process_time()
    for origin in (EXAMPLE, None):
        with pytest.raises(BadSnapshot):
            list(scan(text, origin=origin))
    assert time.process_time() - started < 10  # about 1 s; quadratic would be hours


def test_a_file_may_be_gzip_whatever_its_name(tmp_path) -> None:
    path = tmp_path / "root.zone"
    path.write_bytes(gzip.compress("\ufeffä".encode(), mtime=0))
    assert read_text(path) == "ä"


@pytest.mark.parametrize(
    ("octets", "line", "words"),
    [
        (b"a\nb\nc\xff", 3, "not UTF-8"),
        (b"\x1f\x8bgarbage", None, "broken gzip"),
        (gzip.compress(b"x" * 99, mtime=0)[:-9], None, "broken gzip"),
    ],
)
def test_a_file_that_is_no_text_is_refused(tmp_path, octets: bytes, line: int | None, words: str) -> None:
    path = tmp_path / "x.zone"
    path.write_bytes(octets)
    with pytest.raises(BadSnapshot, match=words) as caught:
        read_text(path)
    assert (caught.value.path, caught.value.line) == (str(path), line)


def test_a_file_that_cannot_be_read_is_refused_with_its_path(tmp_path) -> None:
    for path in (tmp_path, tmp_path / "none", "a\0b"):
        with pytest.raises(BadSnapshot, match="cannot be read") as caught:
            read_text(path)
        assert caught.value.path == str(path)
