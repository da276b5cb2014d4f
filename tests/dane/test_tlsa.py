"""TLSA records as values, and how verdicts about them leave the library."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolver.dane.tlsa import Tlsa, TlsaSet, tlsa_name, tlsa_outcome
from resolver.data.name import ROOT, Name, to_name
from resolver.data.presentation import rdata_from_text
from resolver.data.rrset import Question, RRset
from resolver.data.types import DS, TLSA, A
from resolver.errors import BadInput, BadName
from resolver.validator import mint, proof
from resolver.validator.budget import Work
from resolver.validator.findings import finding
from resolver.validator.outcome import Absent, Bogus, Indeterminate, Insecure, Secure
from resolver.validator.proof import Proof
from resolver.validator.states import InsecureZone

HOST = to_name("mx.example.com")
OWNER = tlsa_name(HOST, 25)
QUESTION = Question(OWNER, TLSA)
CUT = to_name("example.com")
TIMES = (1_000, 9_000, 5_000.0)
WORK = Work(3, 0, 0, 4)


def der(tag: int, *content: bytes) -> bytes:
    """A DER element."""
    body = b"".join(content)
    size = len(body)
    length = bytes((size,)) if size < 128 else bytes((0x82,)) + size.to_bytes(2)
    return bytes((tag,)) + length + body


ALGORITHM = der(0x30, der(0x06, b"\x2b\x65\x70"))
SPKI = der(0x30, ALGORITHM, der(0x03, b"\0" + 32 * b"k"))
CERTIFICATE = der(0x30, der(0x30, 300 * b"t"), ALGORITHM, der(0x03, b"\0" + 64 * b"s"))


class TestRecord:
    """RFC 6698 §2.1, §4.1 and RFC 7671 §9."""

    def test_a_usual_record_is_usable(self):
        record = Tlsa(3, 1, 1, bytes(32))
        assert record.unusable is None
        assert str(record) == "3 1 1 " + 64 * "0"
        assert record.rdata == bytes((3, 1, 1)) + bytes(32)

    @pytest.mark.parametrize("usage", range(4))
    @pytest.mark.parametrize(("selector", "full"), [(0, CERTIFICATE), (1, SPKI)])
    def test_every_known_combination_is_usable(self, usage: int, selector: int, full: bytes):
        assert Tlsa(usage, selector, 0, full).unusable is None
        assert Tlsa(usage, selector, 1, bytes(32)).unusable is None
        assert Tlsa(usage, selector, 2, bytes(64)).unusable is None

    @pytest.mark.parametrize(
        ("fields", "why"),
        [
            ((4, 1, 1), "unknown usage 4"),
            ((255, 1, 1), "usage 255 is for private use"),
            ((3, 2, 1), "unknown selector 2"),
            ((3, 255, 1), "selector 255 is for private use"),
            ((3, 1, 3), "unknown matching type 3"),
            ((3, 1, 255), "matching type 255 is for private use"),
        ],
    )
    def test_unknown_parameters_make_it_unusable(self, fields: tuple[int, int, int], why: str):
        assert why in str(Tlsa(*fields, bytes(32)).unusable)

    @pytest.mark.parametrize(("matching_type", "size"), [(1, 0), (1, 31), (1, 33), (1, 64), (2, 32), (2, 63), (2, 65)])
    def test_a_digest_of_the_wrong_length_is_malformed(self, matching_type: int, size: int):
        assert "octets where" in str(Tlsa(3, 1, matching_type, bytes(size)).unusable)

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"\x30",
            CERTIFICATE[:-1],
            CERTIFICATE + b"\0",
            CERTIFICATE + CERTIFICATE,
            SPKI,
            der(0x31, CERTIFICATE[4:]),
            b"\x30\x80" + CERTIFICATE[4:] + b"\0\0",
            b"\x30\x83\0" + CERTIFICATE[2:],
            b"\x30\x84" + CERTIFICATE[2:4],
            b"\x30\x85\0\0\0\0\0",
            b"not DER at all",
        ],
    )
    def test_full_data_must_be_exactly_one_certificate(self, data: bytes):
        assert "not one certificate" in str(Tlsa(3, 0, 0, data).unusable)

    @pytest.mark.parametrize("data", [b"", SPKI[:-1], SPKI + b"\0", CERTIFICATE, der(0x30, ALGORITHM), der(0x30)])
    def test_full_data_must_be_exactly_one_key(self, data: bytes):
        assert "not one SubjectPublicKeyInfo" in str(Tlsa(3, 1, 0, data).unusable)

    def test_a_long_length_for_a_short_element_is_no_der(self):
        assert Tlsa(3, 1, 0, b"\x30\x81" + SPKI[1:]).unusable is not None

    def test_a_real_certificate_and_its_key_are_usable(self):
        """The cryptography package is the oracle."""
        from datetime import UTC, datetime

        from cryptography import x509
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        key = Ed25519PrivateKey.from_private_bytes(bytes(32))
        name = x509.Name([])
        builder = x509.CertificateBuilder().issuer_name(name).subject_name(name).public_key(key.public_key())
        builder = builder.serial_number(1).not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        certificate = builder.not_valid_after(datetime(2027, 1, 1, tzinfo=UTC)).sign(key, None)
        assert Tlsa(3, 0, 0, certificate.public_bytes(Encoding.DER)).unusable is None
        spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        assert Tlsa(3, 1, 0, spki).unusable is None

    @pytest.mark.parametrize("rdata", [b"", b"\x03", b"\x03\x01"])
    def test_rdata_that_is_too_short_is_an_unusable_record(self, rdata: bytes):
        record = Tlsa.from_rdata(rdata)
        assert "no TLSA record" in str(record.unusable)
        assert record.rdata == rdata
        assert str(record) == f"\\# {len(rdata)} {rdata.hex()}".rstrip()

    @given(st.binary(max_size=80))
    def test_no_content_raises_and_the_text_reads_back(self, rdata: bytes):
        record = Tlsa.from_rdata(rdata)
        assert rdata_from_text(TLSA, str(record)) == rdata
        assert repr(record).startswith("<Tlsa ")

    @pytest.mark.parametrize("fields", [(256, 1, 1), (3, -1, 1), (3, 1, True), ("3", 1, 1)])
    def test_what_no_record_can_hold_is_refused(self, fields: tuple[int, int, int]):
        with pytest.raises(BadInput, match="from 0 to 255"):
            Tlsa(*fields, bytes(32))
        with pytest.raises(BadInput, match="must be octets"):
            Tlsa(3, 1, 1, "ab")  # type: ignore[arg-type]

    def test_equal_octets_are_equal_records(self):
        assert Tlsa(3, 1, 1, bytes(32)) == Tlsa(3, 1, 1, bytearray(32))
        assert len({Tlsa(3, 1, 1, b"a"), Tlsa(3, 1, 1, b"a"), Tlsa(3, 1, 1, b"b")}) == 2
        assert Tlsa(3, 1, 1, b"a") != "3 1 1 61"


class TestSet:
    """A set says what is usable, and is no container."""

    def test_usable_records_are_told_apart(self):
        good, bad = Tlsa(3, 1, 1, bytes(32)), Tlsa(3, 1, 1, bytes(31))
        found = TlsaSet(OWNER, HOST, 300, (bad, good))
        assert found.records == (bad, good)
        assert found.usable == (good,)
        assert found == TlsaSet(OWNER, HOST, 300, [bad, good])
        assert found != TlsaSet(OWNER, HOST, 301, [bad, good])
        assert hash(found) == hash(TlsaSet(OWNER, HOST, 300, [bad, good]))
        assert repr(found) == "<TlsaSet _25._tcp.mx.example.com. (2 records, 1 usable)>"

    def test_it_has_neither_length_nor_iterator_nor_falsehood(self):
        found = TlsaSet(OWNER, HOST, 300, (Tlsa(4, 1, 1, b""),))
        assert found.usable == ()
        assert not any(hasattr(TlsaSet, name) for name in ("__iter__", "__len__", "__bool__", "__getitem__"))
        with pytest.raises(TypeError):
            iter(found)  # type: ignore[call-overload]

    def test_it_is_never_empty(self):
        with pytest.raises(BadInput, match="Absent"):
            TlsaSet(OWNER, HOST, 300, ())


class TestName:
    """RFC 6698 §3."""

    def test_port_and_protocol_come_first(self):
        assert str(tlsa_name("mx.example.com", 25)) == "_25._tcp.mx.example.com."
        assert str(tlsa_name(HOST, 65535, "sctp")) == "_65535._sctp.mx.example.com."
        assert str(tlsa_name("bücher.example", 443, "udp")) == "_443._udp.xn--bcher-kva.example."

    @pytest.mark.parametrize("port", [0, -1, 65536, True, "25", 25.0, None])
    def test_a_port_is_a_number_in_range(self, port: int):
        with pytest.raises(BadInput, match="bad port"):
            tlsa_name(HOST, port)

    @pytest.mark.parametrize("protocol", ["", "TCP", "tls", "_tcp"])
    def test_a_protocol_is_one_of_three(self, protocol: str):
        with pytest.raises(BadInput, match="bad protocol"):
            tlsa_name(HOST, 25, protocol)

    def test_a_host_must_leave_room(self):
        with pytest.raises(BadName):
            tlsa_name(".".join(["a" * 63] * 3 + ["a" * 58]), 25)


def cut_proof() -> Proof:
    return Proof(proof.CUT, Question(CUT, DS), zone=to_name("com"), reason="NO_DS")


def common(step: Proof) -> dict[str, object]:
    shared = {"question": QUESTION, "aliases": (), "canonical": OWNER, "judged_at": 2_000.0, "notes": ()}
    return {**shared, "proof": step, "work": WORK, "times": TIMES}


def insecure_zone() -> InsecureZone:
    return mint.insecure_zone(CUT, CUT, "NO_DS", cut_proof(), TIMES, 1_500.0, {})


class TestOutcome:
    """What the TLSA API gives out."""

    def test_a_proven_rrset_becomes_a_proven_set(self):
        step = Proof(proof.ANSWER, QUESTION, zone=CUT)
        rdata = (b"\x03", bytes((3, 1, 1)) + bytes(32))
        secure = mint.secure(RRset(OWNER, TLSA, 300, rdata), wildcard=CUT.wildcard(), **common(step))  # type: ignore[arg-type]
        found = tlsa_outcome(secure, HOST)
        assert isinstance(found, Secure)
        assert (found.value.owner, found.value.base_domain, found.value.ttl) == (OWNER, HOST, 300)
        assert [str(record) for record in found.value.records] == ["\\# 1 03", "3 1 1 " + 64 * "0"]
        assert len(found.value.usable) == 1
        assert found.proof is step
        assert (found.valid_from, found.valid_until, found.fresh_until) == TIMES
        assert (found.work, found.judged_at, found.wildcard) == (WORK, 2_000.0, CUT.wildcard())

    def test_another_type_is_refused(self):
        step = Proof(proof.ANSWER, QUESTION, zone=CUT)
        secure = mint.secure(RRset(OWNER, A, 300, (bytes(4),)), wildcard=None, **common(step))  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="not A"):
            tlsa_outcome(secure, HOST)

    def test_unverified_records_do_not_get_out(self):
        untrusted = RRset(OWNER, TLSA, 300, (bytes((3, 1, 1)) + bytes(32),))
        given_ = mint.insecure(CUT, "NO_DS", untrusted=untrusted, claimed=None, **common(cut_proof()))  # type: ignore[arg-type]
        found = tlsa_outcome(given_, HOST)
        assert isinstance(found, Insecure)
        assert found.untrusted is None
        assert (found.cut, found.reason, found.proof) == (CUT, "NO_DS", given_.proof)

    def test_absent_bogus_and_indeterminate_stay_as_they_are(self):
        step = Proof(proof.DENIAL, QUESTION, zone=CUT, reason="NODATA")
        absent: Absent = mint.absent("NODATA", compact=False, **common(step))  # type: ignore[arg-type]
        bogus = Bogus(QUESTION, finding("MISSING_RRSIG", QUESTION, CUT))
        for outcome in (absent, bogus, Indeterminate(QUESTION, "NO_REPLY", finding("NO_REPLY", QUESTION, text="?"))):
            assert tlsa_outcome(outcome, HOST) is outcome

    def test_no_reply_below_an_insecure_cut_is_insecure(self):
        """R122: servers of unsigned zones answer NOTIMP or nothing to TLSA, and mail must flow."""
        why = finding("NO_REPLY", QUESTION, text="192.0.2.1: NOTIMP")
        found = tlsa_outcome(
            Indeterminate(QUESTION, "NO_REPLY", why, enclosing=insecure_zone(), judged_at=2_000.0), HOST
        )
        assert isinstance(found, Insecure)
        assert (found.cut, found.reason, found.policy) == (CUT, "NO_DS", False)
        assert (found.untrusted, found.claimed) == (None, None)
        assert (found.valid_from, found.valid_until, found.fresh_until) == TIMES
        assert found.notes == (why,)
        assert found.question == QUESTION

    @pytest.mark.parametrize("why", ["DEADLINE", "UPSTREAM_UNFIT", "NO_ANCHOR"])
    def test_other_reasons_are_not_excused_by_a_cut(self, why: str):
        given_ = Indeterminate(QUESTION, why, finding("DEADLINE", QUESTION), enclosing=insecure_zone())  # type: ignore[arg-type]
        assert tlsa_outcome(given_, HOST) is given_


def test_the_pure_layer_reads_a_name_at_the_root() -> None:
    assert tlsa_name(ROOT, 53, "udp") == Name.from_text("_53._udp.")
