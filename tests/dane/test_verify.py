"""`verify`: proven records and nothing else, the base domain always among the names, never outside the proof's time."""

from __future__ import annotations

from typing import Any

import pytest

from resolver import dane
from resolver.dane.matching import verify
from resolver.dane.tlsa import TlsaSet
from resolver.data.name import to_name
from resolver.errors import BadInput
from resolver.testing import World
from resolver.validator.outcome import Secure
from tests.dane import pki
from tests.dane.pki import AT, issue, record


def world(*records: object) -> World:
    made = World(now=AT)
    made.zone("example.com").add(
        *(f"_25._tcp.mx 300 TLSA {one}" for one in records), "mx 300 A 192.0.2.1", "other 300 A 192.0.2.1"
    )
    made.zone("plain.test", signed=False).add(*(f"_25._tcp.mx 300 TLSA {one}" for one in records))
    return made


def proven(*records: object) -> Secure[TlsaSet]:
    found = world(*records).offline().tlsa("mx.example.com", 25)
    assert isinstance(found, Secure)
    return found


def test_proven_records_authenticate_the_peer() -> None:
    leaf, middle, _ = pki.usual()
    for wanted, entry in ((None, record(3, 1, 1, leaf)), ("mx.example.com.", record(2, 0, 1, middle))):
        found = verify(proven(entry), [leaf.der, middle.der], at=AT)
        assert (found.matched, found.record) == (True, entry)
        assert (found.identity and str(found.identity)) == wanted


@pytest.mark.parametrize(
    "unproven",
    [
        None,
        "records",
        record(3, 1, 1, pki.usual()[0]),
        TlsaSet(to_name("a."), to_name("a."), 1, [record(3, 1, 1, pki.usual()[0])]),
        [record(3, 1, 1, pki.usual()[0])],
    ],
)
def test_nothing_unproven_is_taken(unproven: Any) -> None:
    leaf = pki.usual()[0]
    with pytest.raises(BadInput, match=r"verify needs proven records.*RFC 6698 §4\.1"):
        verify(unproven, [leaf.der], at=AT)


def test_no_other_verdict_is_taken() -> None:
    leaf = pki.usual()[0]
    resolver = world(record(3, 1, 1, leaf)).offline()
    absent, insecure = resolver.tlsa("other.example.com", 25), resolver.tlsa("mx.plain.test", 25)
    raw = resolver.lookup("_25._tcp.mx.example.com", "TLSA")
    assert [outcome.status for outcome in (absent, insecure, raw)] == ["absent", "insecure", "secure"]
    for outcome, kind in ((absent, "not Absent"), (insecure, "not Insecure"), (raw, "not Secure of RRset")):
        with pytest.raises(BadInput, match=kind):
            verify(outcome, [leaf.der], at=AT)  # type: ignore[arg-type]


def test_the_base_domain_is_always_one_of_the_names() -> None:
    middle = pki.usual()[1]
    entry = proven(record(2, 0, 1, middle))
    other = issue("example.org", middle, dns=["example.org"])
    assert verify(entry, [pki.usual()[0].der, middle.der], at=AT, names=["example.org"]).matched
    assert verify(entry, [other.der, middle.der], at=AT, names=["example.org"]).matched
    assert verify(entry, [other.der, middle.der], at=AT).result == "NAME_MISMATCH"
    with pytest.raises(BadInput, match="collection"):
        verify(entry, [other.der], at=AT, names="example.org")


def test_nothing_is_authenticated_when_the_proof_does_not_hold() -> None:
    leaf, middle, _ = pki.usual()
    for entry in (record(3, 1, 1, leaf), record(2, 0, 1, middle)):
        tlsa = proven(entry)
        chain = [leaf.der, middle.der]
        for moment in (tlsa.valid_from, tlsa.valid_until, tlsa.valid_until + 0.5):
            assert verify(tlsa, chain, at=moment).matched
        for moment in (tlsa.valid_from - 1, tlsa.valid_until + 1, tlsa.valid_until + 10**6):
            found = verify(tlsa, chain, at=moment)
            assert (found.matched, found.result) == (False, "EXPIRED")
            assert [one.code for one in found.findings] == ["PROOF_NOT_CURRENT"]
            assert [row.record for row in found.rows] == [entry]


def test_the_public_names_are_there() -> None:
    assert dane.verify is verify
    assert {"match", "verify", "Match", "Tlsa", "TlsaSet"} <= set(dane.__all__) <= set(dir(dane))
    assert all(getattr(dane, name) is getattr(dane, name) for name in dane.__all__)
    assert {getattr(dane, name).__module__ for name in ("Match", "Tlsa", "TlsaSet")} == {"resolver", "resolver.dane"}
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = dane.no_such_name  # type: ignore[attr-defined]
