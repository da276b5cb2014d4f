"""Signatures, DS digests and NSEC3 hashes of other projects, each alone before the judge's own function."""

from __future__ import annotations

from typing import Any

import pytest

from resolver.data.hashed import base32hex
from resolver.data.name import to_name
from resolver.data.presentation import rdata_from_text
from resolver.data.rrset import RRset
from resolver.data.types import DNSKEY, DS, RRSIG, to_type
from resolver.data.views import read_dnskey, read_ds
from resolver.validator import nsec3
from resolver.validator.algorithms import Key, digest_of
from resolver.validator.anchors import Anchors
from resolver.validator.context import Context
from resolver.validator.policy import Policy
from resolver.validator.signatures import check
from resolver.validator.states import Expanded, Verified
from tests.conformance.corpora import rows
from tests.conformance.divergences import VECTOR_DIVERGENCES
from tests.conformance.test_conformance import MISSING, PRESENT

pytestmark = pytest.mark.skipif(not PRESENT, reason=MISSING)


def _context(time: float) -> Context:
    return Context(anchors=Anchors.iana(), policy=Policy.permissive(), now=time)


def _verdict(row: dict[str, Any]) -> str:
    context = _context(row["time"])
    zone = to_name(row["signer"])
    rdtype = to_type(row["rrset"]["type"])
    rrset = RRset(
        to_name(row["rrset"]["name"]),
        rdtype,
        row["rrset"]["ttl"],
        tuple(rdata_from_text(rdtype, text) for text in row["rrset"]["rdata"]),
        tuple((row["rrset"]["ttl"], rdata_from_text(RRSIG, text)) for text in row["rrsig"]),
    )
    keys = [read_dnskey(rdata_from_text(DNSKEY, text)) for text in row["dnskey"]]
    usable = tuple(
        Key(key)
        for key in keys
        if key is not None and key.is_zone_key and key.protocol == 3 and not key.is_revoked  # R20, RFC 4035 §5.3.1
    )
    result = check(context, rrset, zone, usable)
    if isinstance(result, Verified | Expanded):
        return "secure"
    unsupported = bool(result) and all(finding.code == "ALGORITHM_NOT_SUPPORTED" for finding in result)
    return "unsupported" if unsupported else "bogus"


@pytest.mark.parametrize("row", [pytest.param(row, id=row["id"]) for row in rows("sig")])
def test_a_signature_verifies_or_not(row: dict[str, Any]) -> None:
    verdict = _verdict(row)
    known = VECTOR_DIVERGENCES.get(row["id"])
    if known is None:
        assert verdict == row["expect"], row.get("why")
    else:
        assert verdict != row["expect"], f"{row['id']} passes now: take it from divergences.py"
        assert verdict == known.verdict


@pytest.mark.parametrize("row", [pytest.param(row, id=row["id"]) for row in rows("ds")])
def test_a_ds_matches_its_key_or_not(row: dict[str, Any]) -> None:
    ds = read_ds(rdata_from_text(DS, row["ds"]))
    assert ds is not None
    owner = to_name(row["owner"])
    keys = [read_dnskey(rdata_from_text(DNSKEY, text)) for text in row["dnskey"]]
    matches = [
        key is not None
        and (key.tag, key.algorithm) == (ds.tag, ds.algorithm)
        and digest_of(ds.digest_type, owner, key.rdata) == ds.digest
        for key in keys
    ]
    assert any(matches) is row["match"]


@pytest.mark.parametrize("row", [pytest.param(row, id=row["id"]) for row in rows("nsec3")])
def test_an_nsec3_hash_is_the_expected_one(row: dict[str, Any]) -> None:
    group = nsec3.Group(row["iterations"], bytes.fromhex(row["salt"].strip("-")), [])
    digest = nsec3.hash_of(_context(0), group, to_name(row["name"]))
    assert digest == base32hex(row["hash"].encode())


def test_every_known_divergence_is_a_vector() -> None:
    assert set(VECTOR_DIVERGENCES) <= {row["id"] for row in rows("sig")}
