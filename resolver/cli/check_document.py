"""`dane-check --json`: schema dane-check/1. Words and times as everywhere: results of `dane.reports`, RFC 3339."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from resolver.cli.check_insight import insight
from resolver.cli.check_rows import rows_of
from resolver.cli.senders import Case, outlooks
from resolver.dane.reports import TLSRPT_TYPES, HostReport, PeerReport
from resolver.data.moment import time_text

if TYPE_CHECKING:
    from resolver.cli.checking import Checked
    from resolver.probe.hosts import Service

SCHEMA = "dane-check/1"


def document(checked: Checked) -> dict[str, Any]:
    """The report as values for JSON.

    `hosts` has one entry for each certificate that was met, or one with null for address and key where none was.
    """
    services = checked.services or (None,) * len(checked.hosts)
    found: dict[str, Any] = {
        "schema": SCHEMA,
        "target": {
            "name": str(checked.target.name),
            "port": checked.target.port,
            "protocol": checked.target.protocol,
            "mail_domain": checked.target.mail,
        },
        "verdict": checked.verdict,
        "reason": checked.reason,
        "exit_code": checked.exit_code,
        "checked_at": time_text(checked.at),
        "valid_until": _time(checked.valid_until),
        "interrupted": checked.interrupted,
        "hosts": [
            entry
            for host, service in zip(checked.hosts, services, strict=True)
            for entry in _host_entries(host, service, checked)
        ],
    }
    plan = checked.plan
    if plan is not None:
        found["mx"] = {
            "status": plan.mx.status,
            "state": plan.state,
            "secure": plan.secure_mx,
            "reason": plan.reason,
            "notes": list(plan.notes),
        }
        cases: list[Case] = [service.expectation.case for service in checked.services]
        if checked.hosts and len(cases) == len(checked.hosts):
            found["senders"] = [
                {"sender": each.sender, "does": each.does, "how": each.how}
                for each in outlooks(checked.hosts, cases, secure_mx=plan.secure_mx)
            ]
    if checked.upcoming:
        found["next"] = [
            {
                "host": str(each.host.host),
                "port": each.host.port,
                "answer": None if each.forecast is None else each.answer,
                "reason": each.reason,
                "records": []
                if each.forecast is None
                else [
                    {"record": str(row.record), "answer": row.answer, "why": row.why} for row in each.forecast.records
                ],
            }
            for each in checked.upcoming
        ]
    return found


def _host_entries(host: HostReport, service: Service | None, checked: Checked) -> list[dict[str, Any]]:
    usages = frozenset(range(4)) if service is None else service.expectation.usages
    behind = insight(host, usages, checked.hosts, checked.at)
    common: dict[str, Any] = {
        "host": str(host.host),
        "port": host.port,
        "preference": host.preference,
        "base_domain": str(host.base_domain),
        "tlsa": {"status": host.tlsa.status, "reason": str(host.tlsa.reason), "name": str(host.tlsa.question.name)},
        "case": None if service is None else service.expectation.case,
        "records": [
            {
                "record": str(row.record),
                "usage": row.record.usage,
                "selector": row.record.selector,
                "matching_type": row.record.matching_type,
                "data": row.record.data.hex(),
                "state": row.state or None,
                "why": row.why,
            }
            for row in rows_of(host, usages)
        ],
        "findings": [
            {"code": finding.code, "severity": finding.severity, "text": finding.text, "rfc": finding.rfc}
            for finding in behind.findings
        ],
        "clues": [
            {
                "record": str(clue.record),
                "code": clue.code,
                "text": clue.text,
                "meant": None if clue.meant is None else str(clue.meant),
            }
            for clue in behind.clues
        ],
        "valid_until": _time(host.valid_until),
        "changes": None
        if behind.change is None
        else {
            "at": time_text(behind.change.at),
            "cause": behind.change.cause,
            "what": behind.change.what,
            "then": behind.change.then,
        },
    }
    if not host.peers:
        return [
            {
                **common,
                "address": None,
                "key_type": None,
                "result": host.result,
                "reason": host.reason,
                **_no_peer(host),
            }
        ]
    return [{**common, **_peer_entry(peer)} for peer in host.peers]


def _no_peer(host: HostReport) -> dict[str, Any]:
    tlsrpt = TLSRPT_TYPES[host.result]
    return {"tlsrpt": tlsrpt, "matched": None, "protocol": None, "cipher": None, "certificates": []}


def _peer_entry(peer: PeerReport) -> dict[str, Any]:
    match = peer.match
    return {
        "address": peer.address,
        "key_type": peer.key_type or None,
        "result": peer.result,
        "reason": peer.reason,
        "tlsrpt": peer.tlsrpt,
        "matched": None
        if match is None or not match.matched
        else {
            "record": str(match.record),
            "depth": match.depth,
            "identity": None if match.identity is None else str(match.identity),
        },
        "protocol": peer.protocol or None,
        "cipher": peer.cipher or None,
        "certificates": [hashlib.sha256(certificate).hexdigest() for certificate in peer.chain],
    }


def _time(seconds: float | None) -> str | None:
    return None if seconds is None else time_text(seconds)
