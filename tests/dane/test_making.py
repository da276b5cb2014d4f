"""Making records: every form of input, every combination, and what cannot be made."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from hypothesis import given
from hypothesis import strategies as st

from resolver import dane
from resolver.dane import making, material, words
from resolver.dane.tlsa import Tlsa
from resolver.errors import BadInput
from tests.dane.pki import SHA256, Issued, dn, issue, record, usual

PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER
PKCS8 = serialization.PrivateFormat.PKCS8
TRADITIONAL = serialization.PrivateFormat.TraditionalOpenSSL
OPEN = serialization.NoEncryption()
LEAF, MIDDLE, ROOT = usual()


def pem(*issued: Issued) -> bytes:
    return b"".join(x509.load_der_x509_certificate(one.der).public_bytes(PEM) for one in issued)


def request(private: Any, encoding: serialization.Encoding = PEM) -> bytes:
    builder = x509.CertificateSigningRequestBuilder().subject_name(dn("mx.example.com"))
    return builder.sign(private, SHA256).public_bytes(encoding)


def store(password: bytes | None) -> bytes:
    held = [x509.load_der_x509_certificate(one.der) for one in (LEAF, MIDDLE)]
    how = serialization.BestAvailableEncryption(password) if password else OPEN
    return pkcs12.serialize_key_and_certificates(b"mx", LEAF.key, held[0], held[1:], how)


PUBLIC = LEAF.key.public_key().public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
FORMS = {
    "certificate, PEM": pem(LEAF),
    "certificate, PEM with Windows line ends and a comment": b"subject: mx\r\n" + pem(LEAF).replace(b"\n", b"\r\n"),
    "certificate, DER": LEAF.der,
    "OpenSSL's trusted certificate": pem(LEAF).replace(b" CERTIFICATE", b" TRUSTED CERTIFICATE"),
    "chain": pem(LEAF, MIDDLE, ROOT),
    "chain in the wrong order": pem(ROOT, MIDDLE, LEAF),
    "chain with an authority left over": pem(LEAF, MIDDLE, issue("Elsewhere", ca=True)),
    "key and certificate": LEAF.key.private_bytes(PEM, PKCS8, OPEN) + pem(LEAF),
    "request, PEM": request(LEAF.key),
    "request, DER": request(LEAF.key, DER),
    "private key, PKCS#8": LEAF.key.private_bytes(PEM, PKCS8, OPEN),
    "private key, PKCS#8 in DER": LEAF.key.private_bytes(DER, PKCS8, OPEN),
    "private key as OpenSSL wrote it": LEAF.key.private_bytes(PEM, TRADITIONAL, OPEN),
    "private key as OpenSSL wrote it, in DER": LEAF.key.private_bytes(DER, TRADITIONAL, OPEN),
    "private key behind its parameters": b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
    + LEAF.key.private_bytes(PEM, TRADITIONAL, OPEN),
    "public key, PEM": PUBLIC,
    "public key, DER": LEAF.spki,
    "PKCS#12 without a password": store(None),
    "PKCS#12 with a key only": pkcs12.serialize_key_and_certificates(b"mx", LEAF.key, None, None, OPEN),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_record_of_the_servers_key(form: str) -> None:
    assert dane.make(FORMS[form]) == record(3, 1, 1, LEAF)


@pytest.mark.parametrize(
    "form", [form for form in FORMS if "certificate" in form or "chain" in form or "without" in form]
)
def test_every_form_with_a_certificate_gives_the_record_of_the_certificate(form: str) -> None:
    assert dane.make(FORMS[form], selector=0) == record(3, 0, 1, LEAF)


@pytest.mark.parametrize("usage", range(4))
@pytest.mark.parametrize("selector", range(2))
@pytest.mark.parametrize("matching_type", range(3))
def test_all_24_combinations_have_their_data_and_are_usable(usage: int, selector: int, matching_type: int) -> None:
    made = dane.make(
        x509.load_der_x509_certificate(LEAF.der), usage=usage, selector=selector, matching_type=matching_type
    )
    assert made == record(usage, selector, matching_type, LEAF)
    assert made.unusable is None
    assert words.read(str(made)) == made == Tlsa.from_rdata(made.rdata)


def test_a_record_of_an_authority_is_about_the_one_issuer_in_the_file() -> None:
    assert dane.make(pem(LEAF, MIDDLE), usage=2, selector=0) == record(2, 0, 1, MIDDLE)
    assert dane.make(pem(MIDDLE), usage=2, selector=0) == record(2, 0, 1, MIDDLE)
    assert dane.make(pem(LEAF, MIDDLE), usage=0) == record(0, 1, 1, MIDDLE)


@pytest.mark.parametrize("held", [(LEAF, MIDDLE, ROOT), (MIDDLE, ROOT), (ROOT, MIDDLE)])
def test_two_issuers_are_one_too_many(held: tuple[Issued, ...]) -> None:
    with pytest.raises(BadInput, match=r"2 issuers where DANE-TA wants one .*as a file of its own"):
        dane.make(pem(*held), usage=2)


def test_two_servers_in_one_file_are_one_too_many() -> None:
    other = issue("other.example.com", MIDDLE, dns=["other.example.com"])
    with pytest.raises(
        BadInput, match=r"2 certificates where one is wanted \(the certificate, CERTIFICATE 1, .* CERTIF"
    ):
        dane.make(pem(LEAF, other))
    with pytest.raises(BadInput, match="2 keys where one is wanted"):
        dane.make(request(LEAF.key) + request(other.key))
    with pytest.raises(BadInput, match="private key belongs to no certificate of the file"):
        dane.make(other.key.private_bytes(PEM, PKCS8, OPEN) + pem(LEAF))


def test_a_renewed_certificate_beside_the_old_one_of_the_same_key_is_two() -> None:
    renewed = issue("mx.example.com", MIDDLE, dns=["mx.example.com"], serial=99)
    with pytest.raises(BadInput, match="2 certificates where one is wanted"):
        dane.make(pem(LEAF, renewed))
    assert dane.make(pem(LEAF, LEAF)) == record(3, 1, 1, LEAF)


def test_a_request_that_its_own_key_did_not_sign_is_refused() -> None:
    tampered = request(LEAF.key, DER).replace(LEAF.spki, MIDDLE.spki)
    with pytest.raises(BadInput, match="not signed by its own key; make it again"):
        dane.make(tampered)


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (b"", "the certificate: it is empty"),
        (b" \n\t\n", "it is empty"),
        (b"hello", "neither a certificate nor a certificate request nor a key"),
        (LEAF.der[:-1], "neither a certificate nor"),
        (LEAF.der + b"\0", "1 octets behind the DER element"),
        (b"-----BEGIN CERTIFICATE-----\nMIIB", "BEGIN line without its END line"),
        (b"-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n", "no base64"),
        (b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", "this is no certificate"),
        (b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END PUBLIC KEY-----\n", "ends with END 'PUBLIC KEY'"),
        (b"-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----\n", "no public key"),
        (b"-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n", "private key cannot be read"),
        (b"-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n-----END CERTIFICATE REQUEST-----\n", "request cannot be read"),
        (b"-----BEGIN PKCS7-----\nMAA=\n-----END PKCS7-----\n", "openssl pkcs7 -print_certs"),
        (b"-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n", "but X509 CRL"),
        (b"".join(pem(LEAF).splitlines(True)[1:-1]), "base64 without its BEGIN and END lines"),
        (b"x" * (material.MAX_OCTETS + 1), "octets are more than"),
        (pem(LEAF) * (material.MAX_PARTS + 1), "PEM blocks are more than"),
    ],
)
def test_what_cannot_be_read_says_what_to_do_in_one_line(octets: bytes, text: str) -> None:
    with pytest.raises(BadInput, match=text) as refused:
        dane.make(octets)
    assert "\n" not in str(refused.value)


def test_a_file_of_begin_lines_costs_one_pass() -> None:
    count = material.MAX_PARTS // 2
    hostile = b"-----END X-----\n" * count + b"-----BEGIN X-----\n" * count + bytes(3 << 20)
    with pytest.raises(BadInput, match="without its END line"):
        dane.make(hostile)


@pytest.mark.parametrize("encoding", [PEM, DER])
def test_an_encrypted_key_needs_its_password(encoding: serialization.Encoding) -> None:
    secret = serialization.BestAvailableEncryption(b"open sesame")
    octets = LEAF.key.private_bytes(encoding, PKCS8, secret)
    with pytest.raises(material.NeedsPassword, match="the private key is encrypted; --password-file FILE gives"):
        material.read(octets)
    with pytest.raises(material.NeedsPassword, match="the password does not open the private key"):
        material.read(octets, password=b"wrong")
    (part,) = material.read(octets, password=b"open sesame")
    assert part.spki == LEAF.spki


def test_an_encrypted_store_needs_its_password() -> None:
    octets = store(b"open sesame")
    with pytest.raises(material.NeedsPassword, match=r"the PKCS#12 is encrypted; --password-file FILE gives"):
        material.read(octets)
    with pytest.raises(material.NeedsPassword, match=r"the password does not open the PKCS#12"):
        material.read(octets, password=b"wrong")
    assert [part.certificate for part in material.read(octets, password=b"open sesame")] == [LEAF.der, MIDDLE.der]


def test_a_password_that_nothing_needs_does_no_harm() -> None:
    for form, octets in FORMS.items():
        if "12" not in form:
            assert material.read(octets, password=b"unused")[-1].spki


@pytest.mark.parametrize("form", ["request, PEM", "private key, PKCS#8", "public key, DER"])
def test_what_is_no_certificate_has_no_record_with_selector_0(form: str) -> None:
    with pytest.raises(BadInput, match=r"selector 0 is about a certificate, and this is a .*; use selector 1"):
        dane.make(FORMS[form], selector=0)


@pytest.mark.parametrize(
    ("bad", "text"),
    [
        ({"usage": 4}, "bad usage 4: a number from 0 to 3"),
        ({"selector": 2}, "bad selector 2"),
        ({"matching_type": 3}, "bad matching_type 3"),
        ({"usage": True}, "bad usage True"),
        ({"usage": "3"}, "bad usage '3'"),
    ],
)
def test_numbers_without_a_meaning_are_refused(bad: dict[str, Any], text: str) -> None:
    with pytest.raises(BadInput, match=text):
        dane.make(LEAF.der, **bad)


def test_what_is_no_certificate_at_all_is_refused() -> None:
    for value in (None, "-----BEGIN CERTIFICATE-----", 7):
        with pytest.raises(BadInput, match="must be octets in PEM or DER, or a cryptography"):
            dane.make(value)  # type: ignore[arg-type]


def test_a_key_for_pss_only_is_refused_since_its_spki_is_another() -> None:
    private = rsa.generate_private_key(65537, 2048)
    plain = private.private_bytes(DER, PKCS8, OPEN)
    marked = plain.replace(bytes.fromhex("06092a864886f70d010101"), bytes.fromhex("06092a864886f70d01010a"), 1)
    for octets in (marked, _armoured(marked)):
        with pytest.raises(BadInput, match="RSASSA-PSS only; give its certificate"):
            dane.make(octets)
    public = private.public_key().public_bytes(DER, serialization.PublicFormat.PKCS1)
    spki = private.public_key().public_bytes(DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    armoured = private.public_key().public_bytes(PEM, serialization.PublicFormat.PKCS1)
    made = {dane.make(octets).data for octets in (plain, public, armoured)}
    assert made == {hashlib.sha256(spki).digest()}


def test_two_that_issued_each_other_have_no_leaf_and_the_first_is_the_servers() -> None:
    one = issue("One", issuer_name=dn("Two"))
    two = issue("Two", issuer_name=dn("One"))
    assert dane.make(pem(one, two)) == record(3, 1, 1, one)
    assert dane.make(pem(one, two), usage=2) == record(2, 1, 1, two)


def _armoured(octets: bytes) -> bytes:
    import base64

    return b"-----BEGIN PRIVATE KEY-----\n" + base64.encodebytes(octets) + b"-----END PRIVATE KEY-----\n"


def test_there_are_24_combinations_and_12_without_a_certificate() -> None:
    everything = making.combinations()
    assert len(everything) == len(set(everything)) == 24
    assert everything[0] == (3, 1, 1)
    assert len(making.combinations(certificate=False)) == 12


@given(st.binary(max_size=200), st.sampled_from(sorted(FORMS)), st.integers(0, 2000), st.integers(0, 255))
def test_octets_of_any_kind_are_read_or_refused(noise: bytes, form: str, at: int, new: int) -> None:
    octets = bytearray(FORMS[form])
    octets[at % len(octets)] = new
    for hostile in (noise, b"0" + noise, bytes(octets)):
        try:
            assert material.read(hostile)
        except BadInput as refused:
            assert "\n" not in str(refused)


def test_the_six_records_of_rfc_6698_appendix_c_are_made_of_their_certificate(corpora: Path) -> None:
    file = corpora / "dane/rfc/rfc6698-C.json"
    if not file.is_file():
        pytest.skip(f"{file} is not there")
    rows = json.loads(file.read_text(encoding="utf-8"))["rows"]
    data = {(row["selector"], row["mtype"]): bytes.fromhex(row["data"]) for row in rows}
    for (selector, matching_type), octets in data.items():
        made = dane.make(data[0, 0], selector=selector, matching_type=matching_type)
        assert made == Tlsa(3, selector, matching_type, octets)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
@pytest.mark.parametrize("issued", [LEAF, MIDDLE, issue("rsa", private=rsa.generate_private_key(65537, 2048))])
def test_openssl_computes_the_same_digests(issued: Issued, tmp_path: Path) -> None:
    file = tmp_path / "certificate.pem"
    file.write_bytes(pem(issued))
    (tmp_path / "key.pem").write_bytes(issued.key.private_bytes(PEM, PKCS8, OPEN))

    def run(command: str) -> bytes:
        return subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, check=True).stdout

    spki = run("openssl x509 -in certificate.pem -noout -pubkey | openssl pkey -pubin -outform DER")
    whole = run("openssl x509 -in certificate.pem -outform DER")
    request_key = run(
        "openssl req -new -key key.pem -subj /CN=x | tee r.pem | openssl req -noout -pubkey >/dev/null; cat r.pem"
    )
    for selector, octets in ((1, spki), (0, whole)):
        for matching_type, digest in ((1, "sha256"), (2, "sha512")):
            made = dane.make(file.read_bytes(), selector=selector, matching_type=matching_type)
            assert made.data == hashlib.new(digest, octets).digest()
        assert dane.make(file.read_bytes(), selector=selector, matching_type=0).data == octets
    assert dane.make(request_key).data == hashlib.sha256(spki).digest()
