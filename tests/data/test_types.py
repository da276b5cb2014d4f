"""Type numbers and mnemonics."""

from __future__ import annotations

import dns.rdatatype
import pytest

from resolver.data import types
from resolver.data.types import META_TYPES, UNSIGNABLE_TYPES, to_type, type_text
from resolver.errors import BadType


@pytest.mark.parametrize(
    ("given", "number"), [("TLSA", 52), ("tlsa", 52), ("TYPE52", 52), ("type65280", 65280), (52, 52), ("LOC", 29)]
)
def test_a_type_is_read_in_each_form(given, number):
    assert to_type(given) == number


@pytest.mark.parametrize("given", ["", "NOSUCH", "TYPE65536", "TYPE", "TYPE0", 0, -1, 65536, True, 1.5, None])
def test_what_is_no_type_is_refused(given):
    with pytest.raises(BadType):
        to_type(given)


@pytest.mark.parametrize(("number", "text"), [(52, "TLSA"), (29, "LOC"), (65280, "TYPE65280"), (0, "TYPE0")])
def test_a_type_is_shown_as_mnemonic_where_there_is_one(number, text):
    assert type_text(number) == text


def test_the_numbers_are_dnspythons():
    known = {text for text in dir(types) if text.isupper() and text not in ("META_TYPES", "UNSIGNABLE_TYPES")}
    beyond = {"MAILB", "MAILA", "MB", "MG", "MR", "MD", "MF", "MINFO", "NXT", "A6", "NXNAME", "IXFR", "AXFR", "DLV"}
    for mnemonic in sorted(known - beyond - {text for text in known if text.startswith("_")}):
        assert int(dns.rdatatype.from_text(mnemonic)) == getattr(types, mnemonic)


def test_what_no_signature_covers_is_told_apart():
    assert {41, 128, 255} <= META_TYPES
    assert {46, 24} <= UNSIGNABLE_TYPES
    assert 52 not in UNSIGNABLE_TYPES
    assert 257 not in META_TYPES
