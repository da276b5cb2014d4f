"""Reads every third-party exam of `../shared/corpora` into scripts: an emulated upstream and the questions put to it.

The formats and the emulation of an upstream that does not validate are the corpora's own tools; the verdict is ours.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import Any, Protocol

CORPORA = Path(__file__).resolve().parents[3] / "shared" / "corpora"

# A scenario's settings that the manifest calls out of scope, one by one. The README's scope is narrower: only "no
# setting that the API cannot say" is left out. Most can be said, or do not touch a verdict.
SAYABLE = {
    "EDE": "adds a code to the reply and leaves the verdict alone",
    "time-passes": "each question is judged at the time of its step",
    "negative-trust-anchor": "Policy(negative_anchors=…), RFC 7646",
    "nsec3-iteration-table": "Limits(nsec3_iterations=…), RFC 9276 §3.2",
    "local-zone": 'harmless (README, "val_*.rpl: what is out of scope")',
    "prefetch": "refreshes a cache before its end; each question here starts with an empty one",
    "aggressive-nsec": "saves queries; what only a cache could answer is not confirmed by libunbound, and so left out",
    "autotrust-file": "the keys of the file are given as anchors; only the questions are put, not the key tracking",
}
UNSAYABLE = {
    "harden-algo-downgrade": "all algorithms must verify: unbound's policy, against RFC 6840 §5.11",
    "kresd-module": "a module of another resolver",
    "one-shot-reply": "a reply to a query that an iterative resolver chooses",
    "out-query-order": "which server is asked first, a matter of iterative resolvers",
}
UNCONFIRMED = "not confirmed as a stub's case"
DSA_STUB = "no: 512-bit DSA"  # the manifest's word for files whose `-alg13` copies are the case
REFUSED_TYPES = frozenset({"ANY", "RRSIG"})  # refused by design: R84 and R85, RFC 4035 §2.2
JUDGED = frozenset({"secure", "insecure", "bogus"})
ACCEPTED = {
    "secure": frozenset({"secure", "absent"}),
    "insecure": frozenset({"insecure"}),
    "bogus": frozenset({"bogus", "indeterminate"}),
}


class Upstream(Protocol):
    """A recursive resolver that does not validate; messages are dnspython's."""

    def answer(self, query: Any, step: int | None) -> Any:
        """The reply, or None where nobody replies."""
        ...


@dataclass(frozen=True)
class Case:
    """One question and its expected verdict.

    Attributes:
        id: unique over all corpora.
        qname, qtype: the question, in presentation format.
        step: the network's step in the script that answers it.
        time: the moment to judge at, POSIX seconds.
        expected: secure, insecure or bogus; anything else is no verdict.
        rcode: the expected RCODE in words, where known.
        excluded: why the case is not in scope; empty if it is.
    """

    id: str
    qname: str
    qtype: str
    step: int | None
    time: float
    expected: str
    rcode: str
    excluded: str


@dataclass(frozen=True)
class Script:
    """Questions that one upstream answers in this order.

    Attributes:
        id: the file or the case, as in the corpora.
        anchors: trust anchors, in master file format.
        insecure: names with a negative trust anchor.
        cases: the questions.
        connect: makes the upstream.
        is_dsa: whether all its anchors are DSA keys, which nobody verifies today.
    """

    id: str
    anchors: tuple[str, ...]
    insecure: tuple[str, ...]
    cases: tuple[Case, ...]
    connect: Callable[[], Upstream] = field(repr=False)
    is_dsa: bool = False


def tool(name: str) -> Any:
    """A module of the corpora's `tools` folder."""
    folder = str(CORPORA / "tools")
    if folder not in sys.path:
        sys.path.append(folder)
    return importlib.import_module(name)


@cache
def scripts() -> tuple[Script, ...]:
    """All scripts, in the manifest's order; empty where the corpora are missing."""
    manifest = CORPORA / "MANIFEST.json"
    if not manifest.is_file():
        return ()
    files = json.loads(manifest.read_text(encoding="utf-8"))["files"]
    return (*_rpl(files), *_recorded(files), *_zones())


def rows(name: str) -> list[dict[str, Any]]:
    """The vectors of `vectors/<name>.jsonl`; empty where the corpora are missing."""
    path = CORPORA / "vectors" / f"{name}.jsonl"
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _excluded(entry: dict[str, Any], case: dict[str, Any]) -> str:
    """Why a case is out of scope by the definition of the corpora's README, "Caveats"; empty if it is in scope."""
    if not entry["trust_anchors"]:
        return "no trust anchor: for iterative resolvers only"
    if case["verdict"] not in JUDGED:
        return f"no verdict can be read from it ({case['verdict']})"
    if case["qtype"] in REFUSED_TYPES:
        return f"type {case['qtype']} is refused by design"
    for feature in entry.get("out_of_scope_features", ()):
        if feature not in SAYABLE:
            return f"{feature}: {UNSAYABLE[feature]}"
    agrees = (case.get("oracle") or {}).get("agrees")
    if agrees is not True:
        return "libunbound disagrees as a stub" if agrees is False else UNCONFIRMED
    return ""


def _rpl(files: list[dict[str, Any]]) -> Iterator[Script]:
    rpl = tool("rpl")
    for entry in files:
        if entry["format"] != "rpl":
            continue
        reasons = [_excluded(entry, case) for case in entry["cases"]]
        is_dsa = entry["usable"].get("stub") == DSA_STUB
        if all(reasons) and not is_dsa:  # reading the file is the dear part
            continue
        scenario = rpl.parse_file(str(CORPORA / entry["path"]), entry["dialect"])
        steps = {case.step: case for case in scenario.cases()}
        cases = []
        for case, reason in zip(entry["cases"], reasons, strict=True):
            step = steps[case["step"]]
            time = step.time if step.time is not None and step.time >= 0 else scenario.usable_time()
            cases.append(
                Case(
                    f"{entry['path']}#{case['step']}",
                    case["qname"],
                    case["qtype"],
                    step.net_step,
                    time,
                    case["verdict"],
                    case["rcode"] or "",
                    reason,
                )
            )
        yield Script(
            entry["path"],
            tuple(scenario.trust_anchors),
            tuple(scenario.insecure_zones),
            tuple(cases),
            partial(rpl.Recursor, scenario),
            is_dsa and all(_is_dsa(anchor) for anchor in scenario.trust_anchors),
        )


def _is_dsa(anchor: str) -> bool:
    """Whether an anchor in master file format is a DS of algorithm 3."""
    _, _, rdata = anchor.partition(" DS ")
    return rdata.split()[1:2] in (["3"], ["DSA"])


def _recorded(files: list[dict[str, Any]]) -> Iterator[Script]:
    """dnsjava's recordings of real answers, and the record lists of dnssec-prover."""
    recordings = tool("recordings")
    entries = {entry["case"]: entry for entry in files if entry["format"] in ("dnsjava-recording", "records")}
    for folder in ("dnsjava", "prover"):
        base = CORPORA / folder
        for case in json.loads((base / "cases.json").read_text(encoding="utf-8")):
            entry = entries[case["id"]]
            checks = case.get("checks") or entry["cases"]
            yield Script(
                f"{folder}/{case['id']}",
                tuple(case.get("trust_anchors") or entry["trust_anchors"]),
                (),
                tuple(
                    Case(
                        f"{folder}/{case['id']}#{check['qname']}/{check['qtype']}{f'/again{turn}' if turn else ''}",
                        check["qname"],
                        check["qtype"],
                        None,
                        case.get("time") or entry["val_time"],
                        check["verdict"],
                        check.get("rcode") or "",
                        _excluded(entry, check),
                    )
                    for turn, check in _turns(checks)
                ),
                partial(recordings.recursive, case, str(base)),
            )


def _turns(checks: list[dict[str, Any]]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each check, and how often its question was put before."""
    seen: Counter[tuple[str, str]] = Counter()
    for check in checks:
        question = (check["qname"], check["qtype"])
        yield seen[question], check
        seen[question] += 1


def _zones() -> Iterator[Script]:
    """Whole signed zones. libunbound's verdict is the expectation itself, so there is no second opinion on it."""
    for zone in json.loads((CORPORA / "zones" / "cases.json").read_text(encoding="utf-8")):
        paths = tuple(zone.get("files") or (zone["file"],))
        yield Script(
            zone["id"],
            tuple(zone["trust_anchors"]),
            (),
            tuple(
                Case(
                    f"{zone['id']}#{check['qname']}/{check['qtype']}",
                    check["qname"],
                    check["qtype"],
                    None,
                    zone["time"],
                    check["verdict"],
                    check.get("rcode") or "",
                    f"type {check['qtype']} is refused by design" if check["qtype"] in REFUSED_TYPES else "",
                )
                for check in zone["checks"]
            ),
            partial(_serve, paths),
        )


def _serve(paths: tuple[str, ...]) -> Upstream:
    zones = tool("zones")
    upstream: Upstream = zones.Upstream([zones.load(os.fspath(CORPORA / path)) for path in paths])
    return upstream
