"""The table of embedded names: which names are lower-cased, which RDATA is malformed."""

from __future__ import annotations

import dns.rdata
import dns.rdatatype
import pytest

from resolver.data.canonical import LAYOUTS, canonical_rdata, expand_name, expand_rdata, well_formed

NAME = b"\x01A\x03CoM\0"
SMALL = b"\x01a\x03com\0"

# One example a type: RDATA as sent, and as it is canonical.
EXAMPLES = {
    **dict.fromkeys(("NS", "MD", "MF", "CNAME", "MB", "MG", "MR", "PTR", "DNAME"), (NAME, SMALL)),
    "SOA": (NAME * 2 + b"A" * 20, SMALL * 2 + b"A" * 20),
    **dict.fromkeys(("MINFO", "RP"), (NAME * 2, SMALL * 2)),
    **dict.fromkeys(("MX", "AFSDB", "RT", "KX"), (b"AA" + NAME, b"AA" + SMALL)),
    "PX": (b"AA" + NAME * 2, b"AA" + SMALL * 2),
    "SRV": (b"AAAAAA" + NAME, b"AAAAAA" + SMALL),
    "NAPTR": (b"AAAA\1U\3E2U\0" + NAME, b"AAAA\1U\3E2U\0" + SMALL),
    "NXT": (NAME + b"A", SMALL + b"A"),
    **dict.fromkeys(("SIG", "RRSIG"), (b"A" * 18 + NAME + b"SIG", b"A" * 18 + SMALL + b"SIG")),
    "NSEC": (NAME + b"\0\1\x40", NAME + b"\0\1\x40"),  # RFC 6840 §5.1
}
NUMBERS = {"MD": 3, "MF": 4, "MB": 7, "MG": 8, "MR": 9, "MINFO": 14, "NXT": 30}  # what dnspython may not know
EXACT = sorted(set(EXAMPLES) - {"NXT", "SIG", "RRSIG", "NSEC"})


def number(mnemonic: str) -> int:
    return NUMBERS.get(mnemonic) or int(dns.rdatatype.from_text(mnemonic))


def test_every_type_of_the_table_has_an_example():
    assert {number(mnemonic) for mnemonic in EXAMPLES} == set(LAYOUTS)


@pytest.mark.parametrize("mnemonic", sorted(EXAMPLES))
def test_embedded_names_are_lower_cased_but_for_nsec(mnemonic):
    sent, canonical = EXAMPLES[mnemonic]
    assert canonical_rdata(number(mnemonic), sent) == canonical
    assert canonical_rdata(number(mnemonic), canonical) == canonical
    assert well_formed(number(mnemonic), canonical)


@pytest.mark.parametrize("mnemonic", sorted(set(EXAMPLES) - set(NUMBERS)))
def test_the_canonical_form_is_dnspythons(mnemonic):
    sent, canonical = EXAMPLES[mnemonic]
    if mnemonic in ("SIG", "RRSIG"):  # the filler of the example is no time that dnspython would take
        sent = canonical = b"\0\x34\x0d\2" + bytes(14) + SMALL + b"SIG"
    assert dns.rdata.from_wire("IN", mnemonic, sent, 0, len(sent)).to_digestable() == canonical


@pytest.mark.parametrize("mnemonic", sorted(EXAMPLES))
def test_each_type_can_be_malformed_and_then_stays_as_it_is(mnemonic):
    rdtype, (sent, _) = number(mnemonic), EXAMPLES[mnemonic]
    cut = len(sent) - (3 if mnemonic in ("SIG", "RRSIG", "NSEC") else 1)
    bad = [sent[:size] for size in range(cut)] + ([sent + b"A"] if mnemonic in EXACT else [])
    bad.append(sent[: sent.index(NAME)] + b"\xc0\0")
    for rdata in bad:
        if mnemonic == "NXT" and len(rdata) == len(NAME):
            continue
        assert not well_formed(rdtype, rdata)
        assert canonical_rdata(rdtype, rdata) == rdata


@pytest.mark.parametrize(
    ("mnemonic", "good", "bad"),
    [
        ("DNSKEY", b"\1\0\3\x0dK", b"\1\0\3\x0d"),
        ("DS", b"\0\1\x0d\2D", b"\0\1\x0d\2"),
        ("NSEC", NAME + b"\0\1\x40", NAME + b"\0"),
        ("NSEC3", b"\1\0\0\0\0\1H\0\1\x40", b"\1\0\0\0\0\0"),
    ],
)
def test_dnssec_types_are_malformed_where_their_view_is_none(mnemonic, good, bad):
    assert well_formed(number(mnemonic), good)
    assert not well_formed(number(mnemonic), bad)


@pytest.mark.parametrize("rdtype", [1, 16, 38, 52, 64, 65, 65280])
def test_other_types_are_never_malformed_nor_touched(rdtype):
    for rdata in (b"", b"X", NAME, b"\xc0\x0c"):
        assert well_formed(rdtype, rdata)
        assert canonical_rdata(rdtype, rdata) == rdata


def test_naptr_with_strings_that_do_not_fit_is_malformed():
    for rdata in (b"AAAA", b"AAAA\1U", b"AAAA\1U\1U", b"AAAA\1U\1U\5U", b"AAAA\1U\1U\1U"):
        assert not well_formed(35, rdata)


@pytest.mark.parametrize("mnemonic", ["KX", "DNAME"])
def test_pointers_are_not_followed_where_they_were_never_allowed(mnemonic):
    octets = NAME + b"AA\xc0\0"
    at = len(NAME) if mnemonic == "KX" else len(NAME) + 2
    assert expand_rdata(octets, at, len(octets), LAYOUTS[number(mnemonic)]) is None


def test_pointers_lead_to_earlier_names_only():
    message = NAME + b"\x01b\xc0\x02" + b"\xc0\x07"
    assert expand_name(message, 0, len(message)) == (NAME, 7)
    assert expand_name(message, 7, len(message)) == (b"\x01b\x03CoM\0", 11)
    assert expand_name(message, 11, len(message)) == (b"\x01b\x03CoM\0", 13)
    nothing = (b"", -1)
    assert expand_name(message, 11, len(message), False) == nothing
    assert expand_name(b"\xc0\0", 0, 2) == nothing  # itself
    assert expand_name(b"\xc0\x02\xc0\0", 0, 4) == nothing  # forward
    assert expand_name(b"\x01a\xc0\0", 0, 4) == nothing  # into its own labels
    assert expand_name(b"\x04abc\xc0\0", 4, 6) == nothing  # to labels that run into the pointer
    assert expand_name(b"\0\xc0", 1, 2) == nothing  # half a pointer
    assert expand_name(b"\0\x80\0", 1, 3) == nothing  # a label type that nobody has (RFC 6891 §5)
    assert expand_name(b"\0\x41\0", 1, 3) == nothing
    assert expand_name(b"", 0, 0) == nothing


def test_a_name_may_have_255_octets_whichever_way_it_is_written():
    tail = b"".join(b"\x01a" for _ in range(126)) + b"\0"  # 253 octets
    assert expand_name(b"\x01b" + tail, 0, 255) == (b"\x01b" + tail, 255)
    assert expand_name(tail + b"\x01b\xc0\0", 253, 257) == (b"\x01b" + tail, 257)
    assert expand_name(b"\x02bb" + tail, 0, 256) == (b"", -1)
    assert expand_name(tail + b"\x02bb\xc0\0", 253, 258) == (b"", -1)
    assert expand_name(b"\x01b" + tail + b"\x01c\xc0\0", 255, 259) == (b"", -1)


def test_a_chain_of_pointers_ends_after_127():
    chain = b"\0" + b"\xc0\0" + b"".join((0xC001 + 2 * step).to_bytes(2, "big") for step in range(200))
    assert expand_name(chain, 1 + 2 * 126, len(chain)) == (b"\0", 1 + 2 * 127)
    assert expand_name(chain, 1 + 2 * 127, len(chain)) == (b"", -1)
