"""Keys, signatures' mathematics and digests: known answers, lengths, RSA's limits, and keys that cannot verify."""

from __future__ import annotations

import hashlib
from base64 import b64decode

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from resolver.data.name import Name
from resolver.data.views import Dnskey, key_tag, read_dnskey
from resolver.testing.keys import make_key
from resolver.validator import algorithms
from resolver.validator.algorithms import KEY_OCTETS, SIGNATURE_OCTETS, BadKey, Key, digest_of, is_available
from resolver.validator.known_answers import KNOWN_ANSWERS
from resolver.validator.policy import KNOWN_ALGORITHMS, MLDSA44
from resolver.validator.signatures import check
from tests.validator.crafting import KEY, ZONE, codes, context, judged, loaded, signed

CLASSIC = sorted(KNOWN_ALGORITHMS - {MLDSA44})
REAL = [number for number in sorted(KNOWN_ALGORITHMS) if is_available(number)]
DATA = b"what is signed"


def key_of(algorithm: int, public: bytes, flags: int = 257, protocol: int = 3) -> Key:
    view = read_dnskey(flags.to_bytes(2) + bytes((protocol, algorithm)) + public)
    assert view is not None
    return Key(view)


def rsa(exponent: bytes, modulus: bytes) -> bytes:
    """RFC 3110 §2: the exponent's length in one octet, or in two after a zero."""
    size = bytes((len(exponent),)) if 0 < len(exponent) < 256 else b"\0" + len(exponent).to_bytes(2)
    return size + exponent + modulus


def why_bad(algorithm: int, public: bytes) -> str:
    key = key_of(algorithm, public)
    with pytest.raises(BadKey) as refused:
        key.verify(bytes(64), DATA)
    with pytest.raises(BadKey) as again:  # the answer is remembered, and stays the same
        key.verify(bytes(64), DATA)
    assert again.value.code == refused.value.code
    return refused.value.code


# --- known answers (R38) ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", CLASSIC)
def test_every_classic_algorithm_passes_its_known_answer(algorithm: int) -> None:
    assert is_available(algorithm)


def test_every_implemented_algorithm_has_a_known_answer() -> None:
    assert set(KNOWN_ANSWERS) == set(KNOWN_ALGORITHMS)


@pytest.mark.parametrize("algorithm", REAL)
def test_a_known_answer_over_other_data_is_no_answer(algorithm: int) -> None:
    public, data, signature = KNOWN_ANSWERS[algorithm]
    key = key_of(algorithm, public)
    assert key.verify(signature, data)
    assert not key.verify(signature, data + b"!")
    assert not key.verify(signature[:-1] + bytes((signature[-1] ^ 1,)), data)
    assert not key.verify(b"", data)


@pytest.mark.parametrize("algorithm", [0, 1, 3, 6, 12, 17, 23, 252, 253, 254, 255])
def test_other_algorithms_are_not_available(algorithm: int) -> None:
    assert not is_available(algorithm)
    assert why_bad(algorithm, bytes(64)) == "DNSKEY_UNUSABLE"


def test_an_algorithm_that_the_library_cannot_do_is_not_available(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(algorithm: int, key: bytes) -> None:
        raise ImportError("no ML-DSA in this version")

    monkeypatch.setattr(algorithms, "_load", refuse)
    is_available.cache_clear()
    try:
        assert not is_available(13)
    finally:
        is_available.cache_clear()


def test_the_example_of_rfc_6605_verifies() -> None:
    public = b64decode("GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrSqQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA==")
    signature = b64decode("qx6wLYqmh+l9oCKTN6qIc+bw6ya+KJ8oMz0YP107epXAyGmt+3SNruPFKG7tZoLBLlUzGGus7ZwmwWep666VCw==")
    key = key_of(13, public)
    assert key.tag == 55648
    net, www = Name.from_text("example.net."), Name.from_text("www.example.net.")
    # A 13 3 3600 20100909100439 20100812100439 55648 example.net. (RFC 6605 §6.1)
    head = bytes.fromhex("0001 0d 03 00000e10 4c88b137 4c63c737".replace(" ", "")) + (55648).to_bytes(2) + net.wire
    record = www.wire + bytes.fromhex("0001000100000e100004c0000201")
    assert key.verify(signature, head + record)
    digest = "b4c8c1fe2e7477127b27115656ad6256f424625bf5c1e2770ce6d6e37df61d17"
    assert digest_of(2, net, key.dnskey.rdata) == bytes.fromhex(digest)


def test_the_example_of_rfc_8080_verifies() -> None:
    key = key_of(15, b64decode("l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4="))
    signature = b64decode("oL9krJun7xfBOIWcGHi7mag5/hdZrKWw15jPGrHpjQeRAvTdszaPD+QLs3fx8A4M3e23mRZ9VrbpMngwcrqNAg==")
    com = Name.from_text("example.com.")
    # MX 15 2 3600 1440021600 1438207200 3613 example.com. (RFC 8080 §6.1)
    head = b"\0\x0f\x0f\x02" + (3600).to_bytes(4) + (1440021600).to_bytes(4) + (1438207200).to_bytes(4)
    head += (3613).to_bytes(2) + com.wire
    rdata = b"\0\x0a" + Name.from_text("mail.example.com.").wire
    record = com.wire + b"\0\x0f\0\x01" + (3600).to_bytes(4) + len(rdata).to_bytes(2) + rdata
    assert key.tag == 3613
    assert key.verify(signature, head + record)


@pytest.mark.parametrize(
    ("digest_type", "digest"),
    [
        (1, "2BB183AF5F22588179A53B0A98631FAD1A292118"),  # RFC 4034 §5.4
        (2, "D4B7D520E7BB5F0F67674A0CCEB1E3E0614B93C4F9E99B8383F6A1E4469DA50A"),  # RFC 4509 §2.3
    ],
)
def test_the_digests_of_the_rfcs_examples_come_out(digest_type: int, digest: str) -> None:
    rdata = bytes((1, 0, 3, 5)) + b64decode(
        "AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXVbfi/2pHm822aJ5iI9BMzNXxeYCmZDRD99WYwYqUSdjMmmAphXdvxegXd/M5+X7Or"
        "zKBaMbCVdFLUUh6DhweJBjEVv5f2wwjM9XzcnOf+EPbtG9DMBmADjFDc2w/rljwvFw=="
    )
    assert key_tag(rdata) == 60485
    assert digest_of(digest_type, Name.from_text("dskey.example.com."), rdata) == bytes.fromhex(digest)


def test_a_sha_384_digest_is_over_owner_and_rdata() -> None:
    owner = Name.from_text("Example.COM.")
    assert digest_of(4, owner, KEY.rdata) == hashlib.sha384(b"\7example\3com\0" + KEY.rdata).digest()


@pytest.mark.parametrize("digest_type", [0, 3, 5, 6, 255])
def test_other_digests_are_unknown(digest_type: int) -> None:
    assert digest_of(digest_type, Name.from_text("."), KEY.rdata) is None


# --- lengths (R35) ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("algorithm", [number for number in REAL if number in KEY_OCTETS])
@pytest.mark.parametrize("change", [-1, 1])
def test_a_key_of_another_length_is_bad(algorithm: int, change: int) -> None:
    public = KNOWN_ANSWERS[algorithm][0]
    assert len(public) == KEY_OCTETS[algorithm]
    assert why_bad(algorithm, public[:change] if change < 0 else public + b"\0") == "DNSKEY_BAD_LENGTH"


@pytest.mark.parametrize("algorithm", [number for number in REAL if number in SIGNATURE_OCTETS])
def test_a_signature_of_another_length_does_not_verify(algorithm: int) -> None:
    public, data, signature = KNOWN_ANSWERS[algorithm]
    assert len(signature) == SIGNATURE_OCTETS[algorithm]
    key = key_of(algorithm, public)
    assert not key.verify(signature + b"\0", data)
    assert not key.verify(b"\0" + signature, data)
    assert not key.verify(signature[:-1], data)


def test_a_signature_of_another_length_costs_no_mathematics() -> None:
    rrset = signed()
    ttl, rrsig = rrset.rrsigs[0]
    calls: list[int] = []

    there = context()
    there.verify = lambda key, signature, data: bool(calls.append(1)) or True
    result = check(there, rrset.with_rrsigs(((ttl, rrsig + b"\0"),)), ZONE, loaded(KEY))
    assert codes(result) == ["SIGNATURE_INVALID"]
    assert not calls


# --- RSA (R34) -------------------------------------------------------------------------------------------------------

MODULUS = int.from_bytes(KNOWN_ANSWERS[8][0][4:])


@pytest.mark.parametrize(
    ("public", "code"),
    [
        (b"\x01", "DNSKEY_BAD_LENGTH"),
        (b"\x01\x03", "DNSKEY_BAD_LENGTH"),  # no modulus
        (b"\x03\x01\x00\x01", "DNSKEY_BAD_LENGTH"),
        (b"\x09\x01\x00\x01", "DNSKEY_BAD_LENGTH"),  # an exponent that is cut off
        (b"\x00\x00\x00" + bytes(64), "DNSKEY_BAD_LENGTH"),  # an exponent of no octets
        (b"\x00\xff\xff" + bytes(64), "DNSKEY_BAD_LENGTH"),
        (rsa(b"\x03", bytes(64)), "RSA_MODULUS_RANGE"),  # a modulus of zero
        (rsa(b"\x03", b"\x7f" + b"\xff" * 63), "RSA_MODULUS_RANGE"),  # 511 bits
        (rsa(b"\x03", b"\x01" + b"\0" * 511 + b"\x01"), "RSA_MODULUS_RANGE"),  # 4097 bits
        (rsa(b"\x03", b"\xff" * 4096), "RSA_MODULUS_RANGE"),
        (rsa((2**32 + 2).to_bytes(5), MODULUS.to_bytes(128)), "RSA_EXPONENT_LARGE"),
        (rsa(b"\xff" * 255, MODULUS.to_bytes(128)), "RSA_EXPONENT_LARGE"),
        (rsa(b"\x01" + b"\0" * 299, MODULUS.to_bytes(128)), "RSA_EXPONENT_LARGE"),  # the long form
        (rsa(b"\x02", MODULUS.to_bytes(128)), "DNSKEY_UNUSABLE"),  # an even exponent
        (rsa(b"\x00", MODULUS.to_bytes(128)), "DNSKEY_UNUSABLE"),  # an exponent of zero
    ],
)
def test_an_rsa_key_that_cannot_be_used_says_why(public: bytes, code: str) -> None:
    assert why_bad(8, public) == code


@pytest.mark.parametrize("exponent", [3, 65537, 2**32 + 1])
def test_exponents_up_to_the_limit_load(exponent: int) -> None:
    key = key_of(8, rsa(exponent.to_bytes((exponent.bit_length() + 7) // 8), MODULUS.to_bytes(128)))
    assert not key.verify(bytes(128), DATA)  # a key that loads refuses the signature, and is not bad


def test_the_long_form_of_the_exponents_length_reads() -> None:
    public, data, signature = KNOWN_ANSWERS[8]
    assert key_of(8, b"\0\0" + public).verify(signature, data)


def test_a_modulus_with_leading_zeros_counts_its_bits_only() -> None:
    public, data, signature = KNOWN_ANSWERS[8]
    key = key_of(8, public[:4] + b"\0\0" + public[4:])
    assert key.bits == 1024
    assert key.verify(signature, data)


@pytest.mark.parametrize(("algorithm", "bits"), [(5, 512), (7, 512), (8, 512), (8, 4096), (10, 1024), (10, 4096)])
def test_the_limits_of_the_modulus_belong_to_it(algorithm: int, bits: int) -> None:
    modulus = (1 << bits - 1) | 1
    key = key_of(algorithm, rsa(b"\x03", modulus.to_bytes(bits // 8)))
    assert not key.verify(bytes(bits // 8), DATA)  # it loads, and refuses the signature


def test_rsa_sha_512_needs_1024_bits() -> None:
    assert why_bad(10, rsa(b"\x03", ((1 << 1022) | 1).to_bytes(128))) == "RSA_MODULUS_RANGE"  # RFC 5702 §2.2


def test_a_refused_modulus_names_its_bits() -> None:
    with pytest.raises(BadKey) as refused:
        key_of(8, rsa(b"\x03", b"\x7f" + b"\xff" * 62)).verify(b"", DATA)
    assert refused.value.bits == 503


# --- what a key says about itself ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("algorithm", "bits", "units"),
    [(5, 1024, 1), (8, 1024, 1), (13, 256, 1), (14, 384, 4), (15, 256, 1), (16, 456, 2), (18, 10496, 1)],
)
def test_a_key_knows_its_size_and_its_price(algorithm: int, bits: int, units: int) -> None:
    key = key_of(algorithm, KNOWN_ANSWERS[algorithm][0])
    assert (key.bits, key.units) == (bits, units)
    assert key.bits == bits  # remembered


def test_a_malformed_rsa_key_has_no_size_and_an_unknown_key_the_size_of_its_octets() -> None:
    assert key_of(8, b"\0").bits == 0
    assert key_of(253, bytes(40)).bits == 320


def test_a_key_shows_its_tag() -> None:
    assert repr(loaded(KEY)[0]) == f"<Key {KEY.tag}/13>"


def test_memory_that_runs_out_is_no_bad_signature() -> None:
    key = Key(Dnskey(257, 3, 13, 0, b""))

    def exhausted(signature: bytes, data: bytes) -> None:
        raise MemoryError

    key._check = exhausted
    with pytest.raises(MemoryError):
        key.verify(b"", b"")


@pytest.mark.parametrize("algorithm", [13, 14])
def test_a_point_off_the_curve_is_an_unusable_key(algorithm: int) -> None:
    public = KNOWN_ANSWERS[algorithm][0]
    assert why_bad(algorithm, public[:-1] + bytes((public[-1] ^ 1,))) == "DNSKEY_UNUSABLE"
    assert why_bad(algorithm, bytes(len(public))) == "DNSKEY_UNUSABLE"


@pytest.mark.parametrize("algorithm", [13, 14])
def test_zero_as_r_or_s_never_verifies(algorithm: int) -> None:
    public, data, signature = KNOWN_ANSWERS[algorithm]
    half = len(signature) // 2
    key = key_of(algorithm, public)
    assert not key.verify(bytes(2 * half), data)
    assert not key.verify(bytes(half) + signature[half:], data)
    assert not key.verify(signature[:half] + bytes(half), data)


def test_the_prehashed_variant_of_ed25519_does_not_verify() -> None:
    key = make_key(15, 257, b"pure")
    assert not loaded(key)[0].verify(key.sign(hashlib.sha512(DATA).digest()), DATA)  # RFC 8080 §4: pure EdDSA


# --- ECDSA's DER (R35) -----------------------------------------------------------------------------------------------


@given(st.sampled_from((32, 48)), st.data())
def test_r_and_s_become_the_der_that_the_library_makes(size: int, data: st.DataObject) -> None:
    numbers = st.one_of(
        st.integers(0, 2 ** (8 * size) - 1), st.integers(0, 300), st.integers(0, 8 * size - 1).map(lambda bit: 1 << bit)
    )
    r, s = data.draw(numbers), data.draw(numbers)
    assert algorithms._der_sequence(r.to_bytes(size), s.to_bytes(size)) == encode_dss_signature(r, s)


@given(st.sampled_from((13, 14, 15)), st.binary(max_size=200), st.binary(min_size=1, max_size=40))
def test_what_a_key_signs_verifies_and_nothing_else_does(algorithm: int, data: bytes, more: bytes) -> None:
    signer = make_key(algorithm, 257, b"a property")
    key = loaded(signer)[0]
    signature = signer.sign(data)
    assert key.verify(signature, data)
    assert not key.verify(signature, data + more)


def test_a_bad_key_spends_one_failure_and_names_itself() -> None:  # R36
    bad = KEY._replace(public=bytes(64))
    rrset = signed(tag=bad.tag)
    there = context()
    assert codes(judged(rrset, bad, within=there)) == ["DNSKEY_UNUSABLE"]
    assert there.budget.failures == 1
