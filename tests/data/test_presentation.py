"""RDATA as text, both ways."""

from __future__ import annotations

import dns.rdata
import dns.rdatatype
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from resolver.data.canonical import canonical_rdata
from resolver.data.name import Name
from resolver.data.presentation import dnspython_rrset, rdata_from_text, rdata_text, record_text
from resolver.data.rrset import RRset
from resolver.data.types import CNAME, DS, KX, NS, NSEC, OPT, RRSIG, SMIMEA, TLSA, TXT, A
from resolver.errors import BadInput

ORIGIN = Name.from_text("example.com")
DIGEST = "ab" * 32
SIGNED = "A 13 2 300 20250101000000 20240101000000 4711 Example.com."


@pytest.mark.parametrize(
    ("rdtype", "text", "shown"),
    [
        (A, "192.0.2.1", "192.0.2.1"),
        (TLSA, f"3 1 1 {DIGEST.upper()}", f"3 1 1 {DIGEST}"),
        (TLSA, f"DANE-EE SPKI SHA2-256 {DIGEST}", f"3 1 1 {DIGEST}"),
        (TLSA, "pkix-ta cert full 00 11\t22", "0 0 0 001122"),
        (TLSA, "PrivCert PrivSel PrivMatch 00", "255 255 255 00"),
        (TLSA, "3 1 1 ab", "3 1 1 ab"),
        (TLSA, "\\# 2 0301", "\\# 2 0301"),
        (TLSA, "\\# 3 03 01 01", "\\# 3 030101"),
        (SMIMEA, "3 0 2 ab", "3 0 2 ab"),
        (CNAME, "WWW", "www.example.com."),
        (CNAME, "@", "example.com."),
        (CNAME, "a.", "a."),
        (NSEC, "Host A NSEC TYPE65280", "Host.example.com. A NSEC TYPE65280"),
        (RRSIG, f"{SIGNED} q83v", "A 13 2 300 20250101000000 20240101000000 4711 example.com. q83v"),
        (DS, f"4711 13 2 {DIGEST[:9]} {DIGEST[9:]}", f"4711 13 2 {DIGEST}"),
        (DS, "\\# 5 1267 0d 02 ab", "\\# 5 12670d02ab"),
        (TXT, '"a b" c', '"a b" "c"'),
        (65280, "\\# 3 ABcdef", "\\# 3 abcdef"),
        (65280, "\\# 3 A Bcde f", "\\# 3 abcdef"),
        (TLSA, "3 1 1 abc def", "3 1 1 abcdef"),
        (65280, "\\# 0", "\\# 0"),
        (NS, "\\# 3 014100", "a."),
        (NS, "\\# 2 c00c", "\\# 2 c00c"),
    ],
)
def test_text_is_read_and_shown(rdtype, text, shown):
    rdata = rdata_from_text(rdtype, text, ORIGIN)
    assert rdata_text(rdtype, rdata) == shown
    assert rdata_from_text(rdtype, shown) == rdata


def test_a_relative_name_without_origin_is_below_the_root():
    assert rdata_from_text(CNAME, "a.b") == b"\x01a\x01b\0"


@pytest.mark.parametrize(
    ("rdtype", "text", "words"),
    [
        (A, "", "bad A data ''"),
        (A, "192.0.2", "bad A data"),
        (A, "192.0.2.1 2", "bad A data"),
        (A, "\\# 4", "0 octets where 4 are announced"),
        (A, "\\#", "a length and hexadecimal digits"),
        (A, "\\# x 00", "a length and hexadecimal digits"),
        (A, "\\# 1 0g", "a length and hexadecimal digits"),
        (A, f"\\# 65536 {'00' * 65536}", "65536 octets"),
        (TLSA, "3 1 1", "usage, selector, matching type and data"),
        (TLSA, "", "usage, selector, matching type and data"),
        (TLSA, "3 1 256 00", "matching type '256'"),
        (TLSA, "3 SHA2-256 1 00", "selector 'SHA2-256'"),
        (TLSA, "³ 1 1 00", "usage '³'"),
        (TLSA, "-1 1 1 00", "usage '-1'"),
        (TLSA, f"{'9' * 5000} 1 1 00", "usage '999"),
        (TLSA, "3 1 1 ab c", "no hexadecimal octets"),
        (CNAME, "a..b", "bad CNAME data"),
        (TXT, '"open', "bad TXT data"),
        (RRSIG, "NOSUCH 1", "bad RRSIG data"),
        (DS, f"4711 13 2 {DIGEST[2:]}", "bad DS data"),
        (65280, "abc", "bad TYPE65280 data"),
        (TXT, "x" * 300, "\\.\\.\\.'"),
    ],
)
def test_bad_text_is_refused_in_a_clear_line(rdtype, text, words):
    with pytest.raises(BadInput, match=words) as refused:
        rdata_from_text(rdtype, text)
    assert "\n" not in str(refused.value)


known = sorted(
    rdtype
    for rdtype in range(1, 270)
    if dns.rdata.get_rdata_class(dns.rdataclass.IN, dns.rdatatype.RdataType.make(rdtype)) is not dns.rdata.GenericRdata
)


@given(st.one_of(st.sampled_from(known), st.integers(0, 65535)), st.binary(max_size=40))
@example(RRSIG, rdata_from_text(RRSIG, f"{SIGNED} q83v")[:-3])  # dnspython shows no signature, and reads none
@example(OPT, b"\0\3\0\1x")  # no zone file has it
@example(11, b"\3\1\0\x9e\2\0\0")  # WKS: dnspython drops the zeros at the end
@example(42, b"\0\1\x18\4\xc0\0\2\0")  # APL: some dnspythons drop the zeros, some refuse them
@example(25, b"\xc0\0\0\0")  # KEY without a key: dnspython leaves a space at the end
@example(TLSA, b"")
def test_any_rdata_has_a_text_that_reads_back_as_the_same(rdtype, octets):
    rdata = canonical_rdata(rdtype, octets)
    text = rdata_text(rdtype, rdata)
    assert rdata_from_text(rdtype, text) == rdata
    assert text == text.strip()
    assert "\n" not in text


@given(st.sampled_from(known), st.text(max_size=30))
def test_any_text_is_read_or_refused(rdtype, text):
    try:
        rdata = rdata_from_text(rdtype, text)
    except BadInput:
        return
    assert rdata == canonical_rdata(rdtype, rdata)


def test_a_record_is_one_line_of_a_zone_file():
    owner = Name.from_text("_25._tcp.mail.example.com")
    line = record_text(owner, 3600, TLSA, b"\3\1\1\xab")
    assert line == "_25._tcp.mail.example.com. 3600 IN TLSA 3 1 1 ab"
    assert record_text(owner, 0, 65280, b"") == "_25._tcp.mail.example.com. 0 IN TYPE65280 \\# 0"


def test_dnspython_gets_every_record_even_such_as_it_would_not_make():
    theirs = dnspython_rrset(RRset(ORIGIN, TLSA, 60, (b"\3\1\1" + bytes(32), b"\3\1\1x", b"")))
    assert theirs.name.to_text() == "example.com."
    assert (theirs.ttl, theirs.rdtype, len(theirs)) == (60, TLSA, 3)
    assert {rdata.to_wire() for rdata in theirs} == {b"\3\1\1" + bytes(32), b"\3\1\1x", b""}
    malformed = dnspython_rrset(RRset(ORIGIN, KX, 60, (b"\0\1\xc0\x0c",)))
    assert malformed[0].to_wire() == b"\0\1\xc0\x0c"
