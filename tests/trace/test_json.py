"""The trace as JSON: the members that docs/trace.md promises."""

from __future__ import annotations

import json
from typing import Any

import pytest

from resolver import trace
from tests.trace.cases import cases

CASES = cases()


def document(case: str) -> dict[str, Any]:
    """What a program reads."""
    return json.loads(json.dumps(trace.json(CASES[case])))


@pytest.mark.parametrize("case", sorted(CASES))
def test_every_verdict_has_the_same_frame(case: str):
    found = document(case)
    assert found["schema"] == "dnssec-trace/1"
    assert found["verdict"] == CASES[case].status
    assert found["now"] == "2026-06-01T12:00:00Z"
    assert set(found["query"]) == {"name", "type"}
    assert (found["cause"] is None) == (found["verdict"] in ("secure", "absent"))
    if found["cause"] is not None:
        assert {"code", "ede", "rfc", "at", "text", "who", "fix"} <= set(found["cause"])
    assert found["chain"][0]["zone"] == "."
    assert found["chain"][0]["anchors"][0]["form"] == "DS"
    assert {"answer", "denial", "aliases", "notes", "refused", "budget"} <= set(found)


def test_the_chain_goes_down_from_the_root():
    chain = document("secure")["chain"]
    assert [link["zone"] for link in chain] == [".", "com.", "example.com."]
    assert {link["status"] for link in chain} == {"secure"}
    assert [key["role"] for key in chain[2]["dnskey"]] == ["ksk", "zsk"]
    assert [key["matched"] for key in chain[2]["dnskey"]] == [True, False]
    assert chain[2]["dnskey"][0]["bits"] == 2048
    assert chain[2]["ds"][0]["tag"] == chain[2]["dnskey"][0]["tag"] == chain[2]["rrsig"][0]["tag"]
    assert chain[2]["valid_until"] == "2026-06-22T12:00:00Z"


def test_only_proven_records_are_the_answer():
    assert document("secure")["answer"][0]["rdata"] == "3 1 1 " + 32 * "ab"
    insecure = document("insecure")
    assert insecure["answer"] == []
    assert insecure["untrusted"][0]["rdata"] == "3 1 1 " + 32 * "ab"
    assert (insecure["cut"], insecure["reason"], insecure["policy"]) == ("unsigned.com.", "OPT_OUT", False)
    assert document("bogus")["answer"] == []


def test_a_denial_says_what_each_record_does():
    denial = document("absent-nsec")["denial"]
    assert (denial["kind"], denial["by"], denial["zone"]) == ("NXDOMAIN", "NSEC", "example.org.")
    covered = [name for record in denial["records"] for name in record["covers"]]
    assert covered == ["b.example.org.", "*.example.org."]
    assert document("absent-nodata")["denial"]["records"][0]["matches"] == ["a.example.org."]
    assert document("secure")["denial"] is None
    assert document("wildcard")["denial"]["kind"] == "WILDCARD"
    assert document("wildcard")["wildcard"] == "*.wild.example.com."


def test_a_failure_names_its_cause_and_what_was_refused():
    found = document("bogus")
    assert (found["cause"]["code"], found["cause"]["at"]) == ("EXPIRATION_IN_PAST", "expired.com./DNSKEY")
    assert found["cause"]["who"] == "zone-operator:expired.com."
    assert [finding["code"] for finding in found["refused"]] == ["MISSING_RRSIG"]
    assert found["refused_more"] == 7
    assert found["chain"][-1]["status"] == "bogus"


def test_no_verdict_names_the_insecure_cut_around_it():
    found = document("no-verdict")
    assert found["why"] == "NO_REPLY"
    assert found["enclosing"]["cut"] == "unsigned.com."
    assert found["chain"][-1]["status"] == "insecure"


def test_aliases_have_their_own_state():
    assert document("alias")["aliases"] == [
        {"owner": "alias.example.com.", "target": "mx.example.com.", "kind": "CNAME", "security": "secure"}
    ]
    assert document("alias")["canonical"] == "mx.example.com."
