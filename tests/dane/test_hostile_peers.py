"""Whatever octets a peer or a zone comes up with: a value in bounded time, and no warning on anybody's terminal."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from cryptography import x509
from hypothesis import example, given, settings
from hypothesis import strategies as st

from resolver.dane import certificates, path
from resolver.dane.match_result import Match
from resolver.dane.matching import match
from resolver.dane.tlsa import Tlsa
from tests.dane import pki
from tests.dane.pki import AT, Issued, issue, record

HOST = "mx.example.com"
SECONDS = 5.0  # of CPU; generous, for what this guards against takes minutes


def judge(records: list[Tlsa], chain: list[bytes], **changed: object) -> Match:
    given_: dict[str, object] = {"at": AT, "names": [HOST], **changed}
    return match(records, chain, **given_)  # type: ignore[arg-type]


def everything(leaf: bytes, anchor: bytes) -> list[Tlsa]:
    """Records of every usage that fit the octets, as far as they can."""
    return [
        *(record(usage, 0, kind, leaf) for usage in (1, 3) for kind in (0, 1, 2)),
        *(record(usage, 0, kind, anchor) for usage in (0, 2) for kind in (0, 1, 2)),
        record(2, 1, 0, pki.usual()[1]),
        record(3, 1, 1, pki.usual()[0]),
    ]


def broken(certificate: bytes) -> Iterator[bytes]:
    """The certificate with one octet changed, for each of its octets in turn."""
    for at in range(0, len(certificate), 3):
        yield certificate[:at] + bytes((certificate[at] ^ 0x55,)) + certificate[at + 1 :]


@settings(max_examples=150)
@given(
    chain=st.lists(st.one_of(st.binary(max_size=80), st.sampled_from([one.der for one in pki.usual()])), min_size=1),
    rdata=st.lists(st.binary(max_size=80), min_size=1, max_size=4),
)
@example(chain=[b""], rdata=[b""])
@example(chain=[b"0"], rdata=[b"\x02\x00\x00"])
@example(chain=[b"0\x80\0\0"], rdata=[b"\x03\x01\x01"])
def test_no_octets_raise(chain: list[bytes], rdata: list[bytes]) -> None:
    records = [*map(Tlsa.from_rdata, rdata), *everything(chain[0], chain[-1])]
    roots = [octets for octets in chain if octets[:1] == b"0"]
    for found in (judge(records, chain, roots=roots), judge(records, chain, check_ee_names=True)):
        assert len(found.rows) == len(records)
        assert found.reason and "\n" not in found.reason
        assert all(one.text for one in found.findings)


@pytest.mark.parametrize("which", range(3))
def test_no_changed_octet_of_a_certificate_raises_or_passes(which: int) -> None:
    certificates_ = pki.usual()
    anchor = record(2, 1, 1, certificates_[2])
    bare = record(2, 1, 0, certificates_[2])
    for odd in broken(certificates_[which].der):
        chain = [one.der for one in certificates_]
        chain[which] = odd
        found = judge([anchor, bare], chain)
        if which < 2:  # signed octets: only the anchor's own signature is not looked at
            assert not found.matched
        judge(everything(odd, odd), [odd, *chain], roots=[one for one in chain if one[:1] == b"0"])
        judge([Tlsa(2, 0, 0, odd), Tlsa(2, 1, 0, odd)], chain)


COUNTRY = pki.der(0x30, b"\x06\x03\x55\x04\x06", pki.der(0x13, b"Utopia"))


def test_a_country_of_six_letters_is_nothing_to_warn_of() -> None:
    anchor = issue("Anchor", ca=True)
    names = pki.der(0x30, b"\x06\x03\x55\x1d\x11", pki.der(4, pki.der(0x30, pki.der(0x82, HOST.encode()))))
    subject = pki.der(0x30, pki.der(0x31, COUNTRY))
    leaf = pki.rebuilt(issue(HOST, anchor), anchor.key, subject=subject, extensions=names)
    assert judge([record(2, 0, 1, anchor)], [leaf.der, anchor.der]).matched


def test_what_a_certificate_says_of_itself_cannot_steer_a_terminal() -> None:
    anchor = issue("Anchor", ca=True)
    for leaf in (issue(HOST + "\x1b[2J\n", anchor), issue("x", anchor, dns=["a\x1b[2J\nb"])):
        found = judge([record(2, 0, 1, anchor)], [leaf.der, anchor.der])
        assert found.result == "NAME_MISMATCH"
        assert found.reason.isprintable()


def peculiar() -> dict[str, tuple[Issued, Issued]]:
    """A server's certificate that is odd, and its issuer."""
    anchor = issue("Anchor", ca=True)
    plain = issue(HOST, anchor, dns=[HOST])

    def odd(**changed: object) -> tuple[Issued, Issued]:
        return pki.rebuilt(plain, anchor.key, **changed), anchor  # type: ignore[arg-type]

    def extension(number: int, octets: bytes, *, twice: bool = False) -> tuple[Issued, Issued]:
        one = pki.der(0x30, bytes((6, 3, 0x55, 0x1D, number)), pki.der(4, octets))
        return odd(extensions=one * (2 if twice else 1))

    name = pki.der(0x30, pki.der(0x31, COUNTRY))
    return {
        "a negative serial number": odd(serial=b"\x85"),
        "the serial number 0": odd(serial=b"\0"),
        "no serial number": odd(serial=b""),
        "a serial number of 30 octets": odd(serial=bytes(range(1, 31))),
        "version 1": odd(version=1),
        "version 2": odd(version=2),
        "times that are none": odd(validity=pki.der(0x30, pki.der(0x17, b"nonsense"))),
        "a year beyond all": odd(
            validity=pki.der(0x30, pki.der(0x18, b"00010101000000Z"), pki.der(0x18, b"00010101235959Z"))
        ),
        "a subject that is none": odd(subject=pki.der(0x30, b"\x31\x80")),
        "a subject of strange types": odd(
            subject=pki.der(0x30, pki.der(0x31, pki.der(0x30, b"\x06\x03\x55\x04\x03\x1e\x01x")))
        ),
        "names that are none": extension(17, b"nonsense"),
        "names twice": extension(17, pki.der(0x30, pki.der(0x82, HOST.encode())), twice=True),
        "a name outside ASCII": extension(17, pki.der(0x30, pki.der(0x82, "bücher.example".encode("latin-1")))),
        "a name with a zero octet": extension(17, pki.der(0x30, pki.der(0x82, HOST.encode() + b"\0.evil.test"))),
        "a name of an odd kind": extension(17, pki.der(0x30, pki.der(0x85, b"\x30\x00"))),
        "a directory name with a long country": extension(17, pki.der(0x30, pki.der(0xA4, name))),
        "an address of three octets": extension(17, pki.der(0x30, pki.der(0x87, b"abc"))),
        "basic constraints that are none": extension(19, b"\xff"),
        "key usage that is none": extension(15, b"\x03\x00"),
        "purposes that are none": extension(37, b"\x30\x00"),
        "extensions that are none": odd(extensions=pki.der(0x30, b"\x06\x00")),
    }


@pytest.mark.parametrize("kind", list(peculiar()))
def test_a_peculiar_certificate_matches_by_its_octets_and_never_raises(kind: str) -> None:
    """DANE-EE needs nothing that a stricter reader refuses; a path needs it all. Warnings are errors here."""
    leaf, anchor = peculiar()[kind]
    for entry in (record(3, 0, 1, leaf), record(3, 1, 1, leaf), record(3, 1, 0, leaf)):
        found = judge([entry], [leaf.der, anchor.der])
        assert (found.matched, found.depth) == (True, 0)
    chain = [leaf.der, anchor.der]
    for entry in (record(2, 0, 1, anchor), record(2, 1, 0, anchor), record(1, 1, 1, leaf), record(0, 0, 0, anchor)):
        found = judge([entry], chain, roots=[anchor.der])
        assert found.matched is False
        assert found.result in ("CHAIN_INVALID", "NAME_MISMATCH", "EXPIRED")
    named = judge([record(3, 0, 1, leaf)], chain, check_ee_names=True)
    assert named.result in ("NAME_MISMATCH", "AUTHENTICATED")
    assert named.matched is (kind in ("version 1", "a year beyond all"))  # what cannot be read is for nobody
    # the same certificate as an issuer, as a root and in DNS
    judge(everything(leaf.der, leaf.der), [anchor.der, leaf.der], roots=[leaf.der])


def test_octets_that_are_no_certificate_match_nothing_at_all() -> None:
    for octets in (b"", b"0", b"garbage", pki.usual()[0].der + b"\0", pki.usual()[0].der[:-1], pki.der(0x30, b"")):
        found = judge(everything(octets, octets)[:6], [octets], roots=[])
        assert (found.matched, found.result) == (False, "CHAIN_INVALID")
        assert found.findings[0].code == "CERTIFICATE_UNREADABLE"


def test_a_certificate_of_10_mb_is_compared_and_not_read() -> None:
    large = pki.der(4, bytes(10_000_000))
    leaf = pki.rebuilt(issue(HOST), pki.key("x"), extensions=pki.der(0x30, b"\x06\x03\x55\x1d\x63", large))
    started = time.process_time()
    assert judge([record(3, 1, 1, leaf), record(3, 0, 2, leaf)], [leaf.der] * 3).matched
    found = judge([record(2, 0, 1, leaf), record(1, 0, 1, leaf)], [pki.usual()[0].der, leaf.der], roots=[leaf.der])
    assert not found.matched
    refused = judge([record(2, 1, 0, pki.usual()[1])], [leaf.der])
    assert refused.findings[0].code == "CERTIFICATE_UNREADABLE"
    assert str(certificates.MAX_CERTIFICATE_OCTETS) in refused.findings[0].text
    assert time.process_time() - started < SECONDS


def cross_signed(authorities: int) -> tuple[list[Issued], Issued]:
    """Each authority certified by every other one: cycles in all directions."""
    keys = [pki.key(f"cycle {number}") for number in range(authorities)]
    made = [
        issue(f"C{one}", private=keys[one], ca=True, signer=keys[other], issuer_name=pki.dn(f"C{other}"))
        for one in range(authorities)
        for other in range(authorities)
        if one != other
    ]
    return made, issue(HOST, dns=[HOST], signer=keys[0], issuer_name=pki.dn("C0"))


def test_cross_signed_cycles_end() -> None:
    made, leaf = cross_signed(5)
    chain = [leaf.der, *(one.der for one in made)]
    anchor = issue("Elsewhere", ca=True)
    started = time.process_time()
    entries = [record(2, 0, 1, anchor), record(2, 1, 0, anchor), record(0, 0, 1, anchor)]
    found = judge(entries, chain, roots=[anchor.der])
    assert not found.matched
    assert "PATH_LIMIT" in {one.code for one in found.findings}
    assert judge([record(2, 0, 1, made[0])], chain).matched
    assert time.process_time() - started < SECONDS


def test_a_thousand_certificates_are_not_looked_at() -> None:
    """The sixteenth distinct one still counts, the seventeenth does not, and the verdict says so."""
    leaf, middle, root = pki.usual()
    strays = [pki.rebuilt(issue(f"S{number}"), pki.key("s")).der for number in range(1000)]
    started = time.process_time()
    room = path.MAX_CERTIFICATES
    found = judge([record(2, 0, 1, root)], [leaf.der, *strays[: room - 3], middle.der, root.der, *strays])
    assert found.matched
    late = judge([record(2, 0, 1, root)], [leaf.der, *strays, middle.der, root.der])
    assert (late.matched, late.findings[0].code) == (False, "PATH_LIMIT")
    assert "after the first 16" in late.findings[0].text
    assert judge([record(3, 1, 1, leaf)], [leaf.der, *strays]).matched
    assert time.process_time() - started < SECONDS


@pytest.mark.parametrize("signs", [False, True])
def test_the_number_of_signatures_is_bounded(signs: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fifteen authorities of one name that certify each other, or none; and three hundred bare keys."""
    counted = [0]

    def count(*_: object) -> bool:
        counted[0] += 1
        return signs

    monkeypatch.setattr(path, "signed_by", count)
    monkeypatch.setattr(path, "signed_by_key", count)
    one_name = [
        issue("Same", ca=True, private=pki.key(f"same {number}"), serial=number + 1).der for number in range(15)
    ]
    leaf = issue(HOST, dns=[HOST], signer=pki.key("same 0"), issuer_name=pki.dn("Same"))
    entries = [record(2, 1, 0, pki.key_info(f"bare {number}")) for number in range(300)]
    judge(entries, [leaf.der, *one_name])
    assert counted[0] == path.MAX_SIGNATURES


def test_many_names_and_constraints_are_bounded() -> None:
    names = [f"h{number}.example.net" for number in range(2500)]
    anchor = issue("Anchor", ca=True, permitted=[x509.DNSName(f"d{number}.example") for number in range(2500)])
    leaf = issue(HOST, anchor, dns=[*names, HOST])
    started = time.process_time()
    found = judge([record(2, 0, 1, anchor)], [leaf.der, anchor.der])
    assert found.findings[0].code == "NAME_CONSTRAINTS"
    assert judge([record(2, 0, 1, issue("Anchor", ca=True))], [leaf.der, issue("Anchor", ca=True).der]).matched
    assert time.process_time() - started < SECONDS


def test_a_path_of_eight_issuers_is_the_longest() -> None:
    for count, matched in ((path.MAX_DEPTH, True), (path.MAX_DEPTH + 1, False)):
        above = root = issue("L0", ca=True)
        chain = [root.der]
        for number in range(1, count):
            above = issue(f"L{number}", above, ca=True)
            chain.append(above.der)
        leaf = issue(HOST, above, dns=[HOST])
        found = judge([record(2, 0, 1, root)], [leaf.der, *chain])
        assert found.matched is matched
        assert matched or found.findings[0].code == "NOT_ON_PATH"
