"""Views of RDATA: right against dnspython, None where the RDATA is malformed."""

from __future__ import annotations

import dns.dnssec
import dns.rdata
import dns.rdatatype
import dns.rdtypes.util
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.data import views
from resolver.data.canonical import canonical_rdata, well_formed
from resolver.data.name import Name
from resolver.data.presentation import rdata_from_text

MNEMONICS = {5: "CNAME", 6: "SOA", 15: "MX", 43: "DS", 46: "RRSIG", 47: "NSEC", 48: "DNSKEY", 50: "NSEC3"}


def _wire(mnemonic: str, text: str) -> bytes:
    return rdata_from_text(int(dns.rdatatype.from_text(mnemonic)), text)


def test_a_signature_is_read():
    rdata = _wire("RRSIG", "TLSA 13 5 3600 20250101000000 20240101000000 4711 Example.com. q83v")
    view = views.read_rrsig(rdata, 300)
    assert view == views.Rrsig(
        52, 13, 5, 3600, 1735689600, 1704067200, 4711, Name.from_text("example.com"), b"\xab\xcd\xef", rdata[:-3], 300
    )
    assert views.read_rrsig(rdata[:31] + b"") is not None  # an empty signature is well formed, and verifies nothing


def test_a_key_is_read_with_its_flags():
    view = views.read_dnskey(_wire("DNSKEY", "385 3 13 AAAA"))
    assert view is not None
    assert (view.flags, view.protocol, view.algorithm, view.key) == (385, 3, 13, bytes(3))
    assert view.is_zone_key
    assert view.is_revoked
    assert view.is_sep
    plain = views.read_dnskey(b"\0\0\3\x0d1")
    assert plain is not None
    assert not (plain.is_zone_key or plain.is_revoked or plain.is_sep)


@given(st.binary(min_size=5, max_size=80), st.sampled_from([1, 8, 13]))
def test_key_tags_are_dnspythons(rdata, algorithm):
    rdata = rdata[:3] + bytes((algorithm,)) + rdata[4:]
    theirs = dns.rdata.from_wire("IN", "DNSKEY", rdata, 0, len(rdata))
    if algorithm != 1 or len(rdata) >= 7:  # a modulus has at least three octets; dnspython reads the flags instead
        assert views.key_tag(rdata) == dns.dnssec.key_id(theirs)


def test_delegation_signers_are_read():
    assert views.read_ds(_wire("DS", "4711 13 2 " + "ab" * 32)) == views.Ds(4711, 13, 2, b"\xab" * 32)


def test_denials_are_read():
    nsec = views.read_nsec(_wire("NSEC", "Host.Example. A NSEC TYPE1234"))
    assert nsec is not None
    assert nsec.next == Name.from_text("host.example")
    assert views.bitmap_types(nsec.bitmap) == [1, 47, 1234]
    nsec3 = views.read_nsec3(_wire("NSEC3", "1 1 12 aabbccdd 2t7b4g4vsa5smi47k61mv5bv1a22bojr MX"))
    assert nsec3 is not None
    assert (nsec3.algorithm, nsec3.flags, nsec3.iterations, nsec3.salt.hex()) == (1, 1, 12, "aabbccdd")
    assert nsec3.opt_out
    assert len(nsec3.next) == 20
    assert views.bitmap_types(nsec3.bitmap) == [15]


def test_other_views_are_read():
    soa = views.read_soa(_wire("SOA", "NS.example. root.example. 1 2 3 4 5"))
    assert soa == (Name.from_text("ns.example"), Name.from_text("root.example"), 1, 2, 3, 4, 5)
    assert views.read_target(_wire("CNAME", "a.example.")) == Name.from_text("a.example")
    assert views.read_mx(_wire("MX", "10 Mail.example.")) == (10, Name.from_text("mail.example"))
    assert views.read_mx(b"\0\0\0") == (0, Name(b"\0"))  # null MX (RFC 7505)


@pytest.mark.parametrize(
    ("reader", "rdata"),
    [
        (views.read_rrsig, bytes(18)),
        (views.read_rrsig, bytes(18) + b"\x01"),
        (views.read_dnskey, b"\1\0\3\x0d"),
        (views.read_ds, b"\0\1\x0d\2"),
        (views.read_nsec, b""),
        (views.read_nsec, b"\xc0\0\0\1\x40"),
        (views.read_nsec, b"\0\0"),
        (views.read_nsec, b"\0\0\0"),
        (views.read_nsec, b"\0\0\x21" + bytes(33)),
        (views.read_nsec, b"\0\1\1\x40\0\1\x40"),
        (views.read_nsec, b"\0\0\2\x40"),
        (views.read_nsec3, b"\1\0\0\1\0"),
        (views.read_nsec3, b"\1\0\0\1\4abc"),
        (views.read_nsec3, b"\1\0\0\1\0\0"),
        (views.read_nsec3, b"\1\0\0\1\0\2a"),
        (views.read_nsec3, b"\1\0\0\1\0\1a\0"),
        (views.read_soa, b""),
        (views.read_soa, b"\0"),
        (views.read_soa, b"\0\0" + bytes(19)),
        (views.read_soa, b"\0\0" + bytes(21)),
        (views.read_target, b""),
        (views.read_target, b"\0\0"),
        (views.read_target, b"\xc0\x0c"),
        (views.read_mx, b"\0\0"),
        (views.read_mx, b"\0\0\1a"),
        (views.read_mx, b"\0\0\0\0"),
    ],
)
def test_malformed_rdata_has_no_view(reader, rdata):
    assert reader(rdata) is None


@given(st.sampled_from(sorted(MNEMONICS)), st.binary(max_size=60))
def test_the_views_and_well_formed_agree_on_any_octets(rdtype, rdata):
    readers = {
        5: views.read_target, 6: views.read_soa, 15: views.read_mx, 43: views.read_ds, 46: views.read_rrsig,
        47: views.read_nsec, 48: views.read_dnskey, 50: views.read_nsec3,
    }  # fmt: skip
    assert (readers[rdtype](canonical_rdata(rdtype, rdata)) is not None) == well_formed(rdtype, rdata)


@given(st.sets(st.one_of(st.integers(1, 300), st.integers(1, 65535)), max_size=20))
def test_bitmaps_are_dnspythons(types):
    bitmap = views.bitmap_of(types)
    assert views.bitmap_is_sound(bitmap)
    assert views.bitmap_types(bitmap) == sorted(types)
    assert all(views.bitmap_has(bitmap, rdtype) for rdtype in types)
    assert not any(views.bitmap_has(bitmap, rdtype) for rdtype in set(range(1, 600)) - types)
    theirs = dns.rdtypes.util.Bitmap.from_rdtypes([dns.rdatatype.RdataType.make(rdtype) for rdtype in types])
    assert bitmap == b"".join(bytes((window, len(octets))) + octets for window, octets in theirs.windows)


@given(st.binary(max_size=40), st.integers(0, 65535))
def test_any_octets_can_be_asked_as_a_bitmap(bitmap, rdtype):
    assert views.bitmap_has(bitmap, rdtype) in (True, False)
    if views.bitmap_is_sound(bitmap):
        assert views.bitmap_has(bitmap, rdtype) == (rdtype in views.bitmap_types(bitmap))
