"""The words of RFC 7218, both ways; and which records are compared (RFC 7671 §9)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.dane import agility, words
from resolver.dane.tlsa import Tlsa
from resolver.errors import BadInput

DIGEST = "ab" * 32


class TestWords:
    @pytest.mark.parametrize(
        "text",
        [
            f"3 1 1 {DIGEST}",
            f"DANE-EE SPKI SHA2-256 {DIGEST}",
            f"dane-ee spki sha2-256 {DIGEST.upper()}",
            f"DANE-EE 1 SHA2-256 ( {DIGEST[:10]} {DIGEST[10:]} )",
            f"03 01 01 {DIGEST}",
            f"\\# 35 030101{DIGEST}",
            f"\\# 35 ( 03 01 01 {DIGEST} )",
        ],
    )
    def test_a_record_is_read_in_many_ways(self, text: str) -> None:
        assert words.read(text) == Tlsa(3, 1, 1, bytes.fromhex(DIGEST))

    def test_a_record_is_shown_in_words(self) -> None:
        assert words.in_words(Tlsa(2, 0, 2, b"")) == "DANE-TA Cert SHA2-512"
        assert words.in_words(Tlsa(255, 255, 255, b"")) == "PrivCert PrivSel PrivMatch"
        assert words.in_words(Tlsa(9, 8, 7, b"")) == "9 8 7"

    @pytest.mark.parametrize("field", list(words.WORDS))
    def test_every_word_has_its_number(self, field: words.Field) -> None:
        for number, word in words.WORDS[field].items():
            assert words.number(field, word) == number
            assert words.number(field, str(number)) == number
            assert words.word(field, number) == word

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("", "0 words"),
            ("3 1 1", "3 words"),
            ("3 1 1 abc", "odd number"),
            ("3 1 1 zz", "not hexadecimal"),
            ("DANE-XX 1 1 00", "bad usage 'DANE-XX'"),
            ("3 256 1 00", "bad selector"),
            ("3 1 SHA-256 00", "bad matching type"),
            ("3 -1 1 00", "bad selector"),
            ("\\# 3 0301", "says 3 octets, and has 2"),
            ("\\#", "no number of octets"),
        ],
    )
    def test_a_mistake_is_named(self, text: str, why: str) -> None:
        with pytest.raises(BadInput, match=why) as refused:
            words.read(text)
        assert "\n" not in str(refused.value)

    @given(st.binary(max_size=40))
    def test_what_a_record_prints_reads_back(self, rdata: bytes) -> None:
        record = Tlsa.from_rdata(rdata)
        assert words.read(str(record)) == record

    @given(st.text(max_size=30))
    def test_no_text_does_worse_than_bad_input(self, text: str) -> None:
        try:
            words.read(text)
        except BadInput:
            pass


def a(usage: int, selector: int, matching_type: int, octet: int = 0) -> Tlsa:
    return Tlsa(usage, selector, matching_type, bytes([octet]) * {1: 32, 2: 64}[matching_type])


class TestAgility:
    def test_each_usage_and_selector_has_its_own_strongest(self) -> None:
        records = [a(3, 1, 1), a(3, 1, 2), a(3, 0, 1), a(2, 1, 1), a(3, 1, 2, 1)]
        found = agility.sort(records)
        assert found.compared == (records[1], records[2], records[3], records[4])
        assert [one for one, _ in found.weaker] == [records[0]]

    def test_the_order_of_digests_is_the_clients(self) -> None:
        records = [a(3, 1, 1), a(3, 1, 2)]
        assert agility.sort(records, digests=(1, 2)).compared == (records[0],)
        assert agility.sort(records, digests=(1,)).compared == (records[0],)

    def test_unusable_records_and_usages_do_not_take_part(self) -> None:
        records = [a(3, 1, 1), Tlsa(3, 1, 2, b"short"), a(1, 1, 2)]
        found = agility.sort(records, agility.MAIL_USAGES)
        assert found.compared == (records[0],)
        assert [one.code for _, one in found.unusable] == ["UNUSABLE", "USAGE_NOT_ACCEPTED"]
        assert agility.usable(records, agility.MAIL_USAGES) == (records[0],)
