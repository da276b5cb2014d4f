"""The mislabel detective: each known mistake is recognised, and what is unknown stays unknown."""

from __future__ import annotations

import base64
import hashlib
import ssl

import pytest

from resolver.dane import material
from resolver.dane.detective import explain, explain_all
from resolver.dane.tlsa import Tlsa
from tests.dane.pki import issue, record, usual

LEAF, MIDDLE, ROOT = usual()
OLD = issue("Old Authority", ca=True)
NEIGHBOUR = issue("neighbour.example.com", MIDDLE)


def part(issued: object, where: str = "") -> material.Part:
    (found,) = material.read(issued.der, where)  # type: ignore[attr-defined]
    return found


OWN, ISSUERS = [part(LEAF, "mx.pem")], [part(MIDDLE, "mx.pem")]
OTHERS = [part(OLD, "old.pem"), part(NEIGHBOUR, "neighbour.pem")]


def sha256(octets: bytes) -> Tlsa:
    return Tlsa(3, 1, 1, hashlib.sha256(octets).digest())


PEM = ssl.DER_cert_to_PEM_cert(LEAF.der).encode()


@pytest.mark.parametrize(
    ("wrong", "code", "text", "meant"),
    [
        (sha256(LEAF.der), "OTHER_SELECTOR", "digest of the certificate of the server: that is 3 0 1", (3, 0, 1, LEAF)),
        (Tlsa(3, 0, 1, record(3, 1, 1, LEAF).data), "OTHER_SELECTOR", "that is 3 1 1", (3, 1, 1, LEAF)),
        (Tlsa(3, 1, 1, record(3, 1, 2, LEAF).data), "OTHER_MATCHING_TYPE", "that is 3 1 2", (3, 1, 2, LEAF)),
        (Tlsa(3, 1, 2, record(3, 1, 1, LEAF).data), "OTHER_MATCHING_TYPE", "that is 3 1 1", (3, 1, 1, LEAF)),
        (Tlsa(3, 1, 1, LEAF.spki), "OTHER_MATCHING_TYPE", "that is 3 1 0", (3, 1, 0, LEAF)),
        (Tlsa(3, 1, 0, LEAF.der), "OTHER_SELECTOR", "that is 3 0 0", (3, 0, 0, LEAF)),
        (record(2, 1, 1, LEAF), "OTHER_USAGE", "that is 3 1 1", (3, 1, 1, LEAF)),
        (record(0, 1, 1, LEAF), "OTHER_USAGE", "that is 1 1 1", (1, 1, 1, LEAF)),
        (record(3, 1, 1, MIDDLE), "OTHER_USAGE", "key of the issuer 'Intermediate': that is 2 1 1", (2, 1, 1, MIDDLE)),
        (Tlsa(3, 1, 2, record(3, 0, 1, MIDDLE).data), "OTHER_PARAMETERS", "that is 2 0 1", (2, 0, 1, MIDDLE)),
        (Tlsa(3, 1, 4, record(3, 1, 1, LEAF).data), "OTHER_MATCHING_TYPE", "that is 3 1 1", (3, 1, 1, LEAF)),
        (record(2, 0, 1, OLD), "OTHER_CERTIFICATE", "certificate of old.pem 'Old Authority', which", None),
        (record(3, 1, 1, NEIGHBOUR), "OTHER_CERTIFICATE", "key of neighbour.pem 'neighbour.example.com', which", None),
        (sha256(b""), "DIGEST_OF_NOTHING", "SHA2-256 digest of nothing at all", (3, 1, 1, LEAF)),
        (Tlsa(3, 1, 2, hashlib.sha512(b"").digest()), "DIGEST_OF_NOTHING", "SHA2-512 digest of nothing", (3, 1, 2, LEAF)),
        (sha256(b"\n"), "DIGEST_OF_NOTHING", "digest of an empty line", (3, 1, 1, LEAF)),
        (sha256(PEM), "DIGEST_OF_TEXT", "the PEM text of the certificate of the server", (3, 1, 1, LEAF)),
        (sha256(PEM.strip()), "DIGEST_OF_TEXT", "the PEM text of the certificate of the server", (3, 1, 1, LEAF)),
        (sha256(PEM.replace(b"\n", b"\r\n")), "DIGEST_OF_TEXT", "the PEM text of the certificate", (3, 1, 1, LEAF)),
        (sha256(base64.b64encode(LEAF.spki)), "DIGEST_OF_TEXT", "the base64 text of the key", (3, 1, 1, LEAF)),
        (sha256(LEAF.spki.hex().encode()), "DIGEST_OF_TEXT", "the hexadecimal text of the key", (3, 1, 1, LEAF)),
        (sha256(LEAF.spki[-65:]), "DIGEST_OF_TEXT", "the key without its algorithm of the server", (3, 1, 1, LEAF)),
        (sha256(hashlib.sha256(LEAF.spki).digest()), "DIGEST_OF_DIGEST", "of the SHA2-256 digest of the key", (3, 1, 1, LEAF)),
        (sha256(hashlib.sha256(LEAF.spki).hexdigest().encode()), "DIGEST_OF_DIGEST", "SHA2-256", (3, 1, 1, LEAF)),
        (Tlsa(3, 1, 1, hashlib.sha1(LEAF.spki).digest()), "DIGEST_UNKNOWN_TO_TLSA", "the SHA-1 digest of the key", (3, 1, 1, LEAF)),
        (Tlsa(3, 0, 1, hashlib.sha384(LEAF.der).digest()), "DIGEST_UNKNOWN_TO_TLSA", "SHA-384", (3, 0, 1, LEAF)),
        (
            Tlsa(3, 1, 1, record(3, 1, 1, LEAF).data.hex().encode()),
            "HEXADECIMAL_TWICE",
            "written as hexadecimal twice",
            (3, 1, 1, LEAF),
        ),
        (sha256(LEAF.der + MIDDLE.der), "DIGEST_OF_TEXT", "digest of the whole chain", (3, 1, 1, LEAF)),
        (sha256(b"the file, as it is\n"), "DIGEST_OF_TEXT", "the file mx.key as it is", (3, 1, 1, LEAF)),
    ],
)  # fmt: skip
def test_a_mistake_is_recognised(wrong: Tlsa, code: str, text: str, meant: tuple[int, int, int, object] | None) -> None:
    clue = explain(wrong, OWN, ISSUERS, OTHERS, [("mx.key", b"the file, as it is\n")])
    assert clue is not None
    assert (clue.record, clue.code) == (wrong, code)
    assert text in clue.text
    assert clue.meant == (None if meant is None else record(*meant))  # type: ignore[arg-type]


@pytest.mark.parametrize("right", [record(3, 1, 1, LEAF), record(1, 0, 2, LEAF), record(2, 0, 1, MIDDLE)])
def test_a_record_that_is_right_has_no_clue(right: Tlsa) -> None:
    assert explain(right, OWN, ISSUERS, OTHERS) is None


def test_what_was_never_given_stays_unknown() -> None:
    stranger = issue("stranger.example.com")
    assert explain(record(3, 1, 1, stranger), OWN, ISSUERS, OTHERS) is None
    assert explain(Tlsa(3, 1, 1, b""), [], []) is not None  # nothing is nothing, whoever asks
    assert explain(Tlsa.from_rdata(b"\3"), OWN) is not None


def test_a_key_without_a_certificate_is_enough() -> None:
    (key,) = material.read(LEAF.spki)
    clue = explain(Tlsa(3, 1, 2, record(3, 1, 1, LEAF).data), [key])
    assert clue is not None
    assert clue.meant == record(3, 1, 1, LEAF)
    clue = explain(sha256(b""), [key])
    assert clue is not None
    assert clue.meant == record(3, 1, 1, LEAF)
    clue = explain(Tlsa(3, 0, 1, hashlib.sha256(b"").digest()), [key])
    assert clue is not None
    assert clue.meant == record(3, 1, 1, LEAF)  # no certificate, no selector 0


def test_a_clue_says_what_the_label_would_stand_for() -> None:
    clue = explain(sha256(LEAF.der), OWN, ISSUERS)
    assert clue is not None
    assert (clue.meant, clue.instead) == (record(3, 0, 1, LEAF), record(3, 1, 1, LEAF))
    clue = explain(record(2, 0, 1, OLD), OWN, ISSUERS, OTHERS)
    assert clue is not None
    assert clue.instead == record(2, 0, 1, MIDDLE)
    for label in ((4, 1, 1), (3, 2, 1), (3, 1, 3), (2, 1, 1)):
        clue = explain(Tlsa(*label, hashlib.sha256(b"").digest()), OWN)
        assert clue is not None
        assert clue.instead is None


def test_clues_come_in_the_order_of_the_records() -> None:
    wrong = [sha256(b""), record(3, 1, 1, LEAF), sha256(LEAF.der)]
    assert [clue.record for clue in explain_all(wrong, OWN)] == [wrong[0], wrong[2]]
