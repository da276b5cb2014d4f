"""The trace as one JSON object, for programs. docs/trace.md describes the members; `schema` names the version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from resolver.data.moment import time_text
from resolver.data.presentation import rdata_text
from resolver.data.rrset import Question, RRset
from resolver.data.types import type_text
from resolver.trace import SCHEMA, explanation, forecast, remedy
from resolver.trace import chain as links_of
from resolver.trace.chain import Link, keys_of, signatures
from resolver.trace.records import denied
from resolver.validator.limits import NSEC3_BLOCKS, Limits
from resolver.validator.outcome import Absent, Indeterminate, Insecure, Outcome, Secure

if TYPE_CHECKING:
    from resolver.trace.denial import Reading
    from resolver.trace.forecast import Event
    from resolver.validator.anchors import Anchor
    from resolver.validator.findings import Finding
    from resolver.validator.outcome import Alias
    from resolver.validator.states import InsecureZone, Verified

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


def render(outcome: Outcome[object]) -> dict[str, Json]:
    """See `resolver.trace.json`."""
    more: dict[str, Json] = {}
    if isinstance(outcome, Secure | Absent | Insecure):
        more["valid_from"] = time_text(outcome.valid_from)
        more["valid_until"] = time_text(outcome.valid_until)
    if isinstance(outcome, Secure):
        more["wildcard"] = str(outcome.wildcard) if outcome.wildcard is not None else None
    if isinstance(outcome, Insecure):
        more |= {
            "cut": str(outcome.cut),
            "reason": outcome.reason,
            "policy": outcome.policy,
            "claimed": outcome.claimed,
        }
        more["untrusted"] = _records(outcome.untrusted) if outcome.untrusted is not None else None
    if isinstance(outcome, Indeterminate):
        more["why"] = outcome.why
        more["enclosing"] = _enclosing(outcome.enclosing) if outcome.enclosing is not None else None
    refused, refused_more = links_of.refused(outcome)
    return {
        "schema": SCHEMA,
        "query": _question(outcome.question),
        "now": time_text(outcome.judged_at),
        "verdict": outcome.status,
        "cause": cause(outcome),
        "chain": [_link(link) for link in links_of.chain(outcome)],
        "aliases": [_alias(alias) for alias in outcome.aliases],
        "canonical": str(outcome.canonical),
        "answer": _answer(outcome),
        "denial": _denial(outcome),
        **more,
        "refused": [_finding(finding) for finding in refused],
        "refused_more": refused_more,
        "notes": [_finding(finding) for finding in outcome.notes],
        "budget": _budget(outcome),
        "next_break": _next_break(outcome),
    }


def _question(question: Question) -> dict[str, Json]:
    return {"name": str(question.name), "type": type_text(question.rdtype)}


def _finding(finding: Finding) -> dict[str, Json]:
    return {
        "code": finding.code,
        "severity": finding.severity,
        "ede": finding.ede,
        "rfc": finding.rfc,
        "at": finding.at,
        "text": finding.text,
        "who": finding.who,
        "details": _details(finding.details),
    }


def _details(details: Mapping[str, object]) -> dict[str, Json]:
    plain = (bool, int, float, str)
    return {key: value if value is None or isinstance(value, plain) else str(value) for key, value in details.items()}


def events(found: list[Event]) -> Json:
    """The moments of a forecast."""
    return [
        {
            "at": time_text(event.at),
            "what": list(event.what),
            "verdict": event.verdict,
            "code": event.code,
            "where": event.where,
            "changes": event.changes,
        }
        for event in found
    ]


def cause(outcome: Outcome[object]) -> Json:
    """The cause; of a proven denial by opt-out and the like too. Null for secure and absent."""
    found = outcome.cause
    if found is None:
        return None
    steps: list[Json] = [
        {"action": step.action, "where": step.where, "record": step.record} for step in remedy.remedies(outcome)
    ]
    return {
        **_finding(found),
        "because": explanation.because(outcome),
        "fix": explanation.fix(outcome),
        "records": steps,
    }


def _link(link: Link) -> dict[str, Json]:
    keys = keys_of(link)
    found: dict[str, Json] = {"zone": str(link.zone), "status": link.status}
    found["anchors"] = [_anchor(anchor) for anchor in link.anchors]
    found["ds"] = [
        {"tag": ds.tag, "algorithm": ds.algorithm, "digest_type": ds.digest_type, "digest": ds.digest.hex()}
        for ds in link.ds_views
    ]
    found["dnskey"] = [
        {
            "tag": key.dnskey.tag,
            "algorithm": key.dnskey.algorithm,
            "flags": key.dnskey.flags,
            "bits": key.bits,
            "role": key.role.lower(),
            "matched": key.matched,
        }
        for key in keys
    ]
    if link.dnskey is not None:
        found["rrsig"] = [_signature(link.dnskey)]
        found["valid_until"] = time_text(link.dnskey.not_after)
    elif link.served is not None:
        found["rrsig"] = [
            {"tag": view.tag, "algorithm": view.algorithm, "covers": type_text(view.covered), "ok": False}
            for view in signatures(link.served)
        ]
    else:
        found["rrsig"] = [_signature(held) for held in link.proof.evidence]
    if link.status == "insecure":
        found["reason"] = link.proof.reason
    if link.finding is not None:
        found["finding"] = _finding(link.finding)
    return found


def _anchor(anchor: Anchor) -> dict[str, Json]:
    return {
        "tag": anchor.tag,
        "algorithm": anchor.algorithm,
        "form": "DS" if anchor.ds is not None else "DNSKEY",
        "source": anchor.source,
        "valid_from": time_text(anchor.valid_from) if anchor.valid_from is not None else None,
        "valid_until": time_text(anchor.valid_until) if anchor.valid_until is not None else None,
    }


def _signature(held: Verified) -> dict[str, Json]:
    return {
        "owner": str(held.rrset.owner),
        "covers": type_text(held.rrset.rdtype),
        "signer": str(held.zone),
        "tag": held.key.tag,
        "algorithm": held.key.algorithm,
        "from": time_text(held.not_before),
        "until": time_text(held.not_after),
        "ok": True,
    }


def _alias(alias: Alias) -> dict[str, Json]:
    return {"owner": str(alias.owner), "target": str(alias.target), "kind": alias.kind, "security": alias.security}


def _records(rrset: RRset) -> list[Json]:
    return [
        {
            "name": str(rrset.owner),
            "ttl": rrset.ttl,
            "type": type_text(rrset.rdtype),
            "rdata": rdata_text(rrset.rdtype, rdata),
        }
        for rdata in rrset.rdata
    ]


def _answer(outcome: Outcome[object]) -> list[Json]:
    """The proven records and nothing else: unverified ones are under `untrusted`."""
    if not isinstance(outcome, Secure):
        return []
    value = outcome.value
    if isinstance(value, RRset):
        return _records(value)
    owner, ttl = str(getattr(value, "owner", outcome.canonical)), int(getattr(value, "ttl", 0))  # a TlsaSet
    return [
        {"name": owner, "ttl": ttl, "type": "TLSA", "rdata": str(record), "unusable": getattr(record, "unusable", None)}
        for record in getattr(value, "records", ())
    ]


def _denial(outcome: Outcome[object]) -> Json:
    found = denied(outcome)
    if not isinstance(outcome, Absent) and found is None:
        return None
    read = found[1] if found is not None else []
    kinds = sorted({reading.kind for reading in read})
    return {
        "kind": outcome.kind if isinstance(outcome, Absent) else "WILDCARD",
        "compact": outcome.compact if isinstance(outcome, Absent) else False,
        "by": kinds[0] if kinds else None,
        "zone": str(found[0].zone) if found is not None and found[0].zone is not None else None,
        "records": [_reading(reading) for reading in read],
    }


def _reading(reading: Reading) -> dict[str, Json]:
    rrset = reading.record.rrset
    return {
        "owner": str(rrset.owner),
        "type": reading.kind,
        "rdata": rdata_text(rrset.rdtype, rrset.rdata[0]),
        "matches": [str(name) for name in reading.matches],
        "covers": [str(name) for name in reading.covers],
        "opt_out": reading.opt_out,
        "iterations": reading.iterations,
        "hashes": [{"name": str(name), "hash": digest} for name, digest in reading.hashes.items()],
    }


def _enclosing(zone: InsecureZone) -> dict[str, Json]:
    return {"cut": str(zone.cut), "reason": zone.reason, "valid_until": time_text(zone.valid_until)}


def _next_break(outcome: Outcome[object]) -> Json:
    end = forecast.first_end(outcome)
    return {"at": time_text(end.at), "what": end.what} if end is not None else None


def _budget(outcome: Outcome[object]) -> dict[str, Json]:
    """What was spent, and of how much, by the default limits."""
    work, limits = outcome.work, Limits()
    return {
        "signatures": [work.verifications, limits.verifications],
        "failures": [work.failures, limits.failed_verifications],
        "nsec3": [-(-work.nsec3_blocks // NSEC3_BLOCKS), limits.nsec3_hashes],
        "queries": [work.queries, limits.queries],
    }
