"""The scenario files of the iterative kind: scripted answers for each server address, and what a resolver makes of them.

Files without a trust anchor are for the walk alone: they are judged below a negative trust anchor for the root, so that
every answer is Insecure and keeps its records, which are compared with the expected ones. The questions of a file are put
to one resolver in their order, as the originals are: some rest on what it learned before.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

import trio
from trio.testing import MockClock

from resolver import Anchors, BadAnchor, Limits, Policy
from resolver.data import wire
from resolver.data.name import ROOT, Name
from resolver.data.rrset import Question, RRset
from resolver.engine.driver import Engine
from resolver.sources.iterative.asks import Heard, Send, Unheard
from resolver.sources.iterative.delegation import Delegation
from resolver.sources.iterative.hints import Hints
from resolver.sources.iterative.upstream import IterativeUpstream
from resolver.validator.outcome import Outcome
from tests.conformance.corpora import ACCEPTED, CORPORA, DSA_STUB, JUDGED, REFUSED_TYPES, SAYABLE, UNSAYABLE, tool

RTT = 0.05  # seconds, of every scripted server
SERVFAIL = 2
FAR_FUTURE = 4_000_000_000
PAUSE = 6.0  # seconds between two steps, so that none is spared a question because the last one was in vain
UNREACHABLE = "192.0.2.254"  # where a script names no root server


@dataclass(frozen=True)
class Case:
    """One question of a file and what is expected.

    Attributes:
        id: the file and the step.
        qname, qtype: the question, in presentation format.
        verdict: secure, insecure, bogus; servfail or rcode in files without anchors.
        rcode: the expected RCODE in words.
        excluded: why the case is not in scope; empty if it is.
    """

    id: str
    path: str
    dialect: str
    step: int
    qname: str
    qtype: str
    verdict: str
    rcode: str
    excluded: str


@dataclass(frozen=True)
class Result:
    """What became of a case: the status, a sentence, whether that is right, and the queries that were sent."""

    status: str
    reason: str
    is_right: bool
    queries: int


@cache
def cases() -> tuple[Case, ...]:
    """Every case of the files of the iterative kind, in the manifest's order; empty where the corpora are missing."""
    manifest = CORPORA / "MANIFEST.json"
    if not manifest.is_file():
        return ()
    return tuple(
        Case(
            f"{entry['path']}#{case['step']}",
            entry["path"],
            entry["dialect"],
            case["step"],
            case["qname"],
            case["qtype"],
            case["verdict"],
            case["rcode"] or "",
            _excluded(entry, case),
        )
        for entry in json.loads(manifest.read_text(encoding="utf-8"))["files"]
        if entry["format"] == "rpl" and entry["usable"].get("iterative") == "yes"
        for case in entry["cases"]
    )


def _excluded(entry: dict[str, Any], case: dict[str, Any]) -> str:
    if entry["usable"].get("stub") == DSA_STUB:
        return "512-bit DSA: its -alg13 copy is the case"
    if any(zone["forward"] for zone in entry["start_zones"]):
        return "a forwarder is configured: no iteration"
    if case["qtype"] in REFUSED_TYPES:
        return f"type {case['qtype']} is refused by design"
    if case.get("class", 1) != 1:
        return "a class other than IN"
    if case["verdict"] not in JUDGED and case["verdict"] not in ("servfail", "rcode"):
        return f"no verdict can be read from it ({case['verdict']})"
    try:
        if entry["trust_anchors"]:
            Anchors.from_text("\n".join(entry["trust_anchors"]))
    except BadAnchor:
        return "an anchor that is refused when it is read: it is revoked"
    for feature in entry.get("out_of_scope_features", ()):
        if feature == "autotrust-file":
            return "autotrust-file: anchors that a resolver tracks from step to step (RFC 5011)"
        if feature not in SAYABLE:
            return f"{feature}: {UNSAYABLE[feature]}"
    return ""


class Script:
    """One file as a network; its time is that of the step, and stands still in between, but for trio's.

    Attributes:
        case: the step that is played.
        time: POSIX seconds.
        queries: how many were sent.
    """

    def __init__(self, path: str, dialect: str) -> None:
        import dns.message

        self._scenario = tool("rpl").parse_file(str(CORPORA / path), dialect)
        self._make_query = dns.message.make_query
        self._steps = {each.step: each for each in self._scenario.cases()}
        self._known = {address for each in self._scenario.ranges for address in each.addresses}
        self.played = 0
        self._start = self._scenario.usable_time()
        self.time = 0.0
        self.queries = 0
        self.case: Any = None

    @property
    def has_anchors(self) -> bool:
        return bool(self._scenario.trust_anchors)

    def play(self, case: Case) -> None:
        """Go to a step."""
        self.case = self._steps[case.step]
        time = self.case.time
        self.time = float(time if time is not None and time >= 0 else self._start + self._elapsed(case.step))
        if not any(each.type == "TIME_PASSES" for each in self._scenario.steps):
            self.time += PAUSE * self.played
        self.played += 1
        self.queries = 0

    def _elapsed(self, step: int) -> float:
        """Seconds that have passed before a step, in a file without dates."""
        passing = [each for each in self._scenario.steps if each.type == "TIME_PASSES" and each.id < step]
        return sum(self._scenario._elapse(each, None) or 0.0 for each in passing)

    async def exchange(self, send: Send) -> Heard | Unheard:
        """Send one query to a scripted server."""
        self.queries += 1
        reply = self._reply(send, "tcp" if send.tcp else "udp")
        if reply is not None and reply.truncated:
            reply = self._reply(send, "tcp")
        if reply is None:
            await trio.sleep(send.seconds)
            return Unheard("timeout", "no reply", self.time)
        await trio.sleep(RTT)
        if reply.truncated:
            return Unheard("unusable", "the reply is truncated even over TCP", self.time)
        return Heard(reply, RTT, self.time)

    def _reply(self, send: Send, transport: str) -> Any:
        import dns.rcode
        import dns.rdatatype

        name, rdtype = send.question
        query = self._make_query(
            str(name), dns.rdatatype.RdataType.make(rdtype), use_edns=0 if send.edns else -1, want_dnssec=send.edns
        )
        query.flags = 0
        found = self._scenario.answer(send.host, query, self.case.net_step, transport)
        if found is None:
            if self._scenario.dialect != "deckard" or send.host not in self._known:
                return None
            found = self._servfail(query)  # Deckard's servers say so to what is not scripted
        tool("rpl")._join_sigs(found)  # old scripts keep them in ADDITIONAL; the emulated forwarder joins them as well
        origin = f"{transport} {send.host}:53"
        try:
            read = wire.read(found.to_wire(max_size=65535), origin=origin, received_at=self.time, cd=send.cd)
        except wire.BadMessage:
            return None  # as any packet that is no reply
        return read if read.question == send.question else None

    def _servfail(self, query: Any) -> Any:
        import dns.message

        reply = dns.message.make_response(query)
        reply.set_rcode(SERVFAIL)
        return reply

    def engine(self) -> Engine:
        """A resolver's engine that starts where the file says."""
        zones = [
            (Name.from_wire(zone.name.to_wire()), tuple(zone.addrs)) for zone in self._scenario.zones if zone.addrs
        ]
        roots = tuple(address for name, addresses in zones for address in addresses if name == ROOT)
        hints = Hints({Name.from_text("root.invalid."): roots or (UNREACHABLE,)}, 53, True)
        minimise = any(
            value.strip() in ("yes", "on")
            for key in ("qname-minimisation", "query-minimization")
            for value in self._scenario.conf(key)
        )
        upstream = IterativeUpstream(hints, clock=lambda: self.time, minimise=minimise, exchange=self.exchange)
        for name, addresses in zones:
            if name != ROOT:
                server = Name.from_text("ns.invalid.")
                way = Delegation(name, (server,), {server: addresses}, signed=True, origin="")
                upstream._shared.memory.delegate(way, 86400.0, self.time, upstream._shared.memory.root)
        anchors = self._scenario.trust_anchors
        negative = dict.fromkeys(self._scenario.insecure_zones, FAR_FUTURE)
        return Engine(
            upstream,
            anchors=Anchors.from_text("\n".join(anchors)) if anchors else Anchors.iana(),
            policy=Policy(
                allow_rsa_sha1=True,
                negative_anchors=negative if anchors else {".": FAR_FUTURE},
                limits=Limits(nsec3_iterations=150),
            ),
            timeout=10.0,
            cache_size=10,
            clock=lambda: self.time,
        )


@cache
def results_of(path: str) -> dict[str, Result]:
    """The results of a file's cases in scope, by case."""
    wanted = [case for case in cases() if case.path == path and not case.excluded]
    script = Script(path, wanted[0].dialect)
    script.play(wanted[0])
    engine = script.engine()
    results = {}
    for case in wanted:
        script.play(case)
        question = Question.of(case.qname, case.qtype)
        outcome = trio.run(engine.lookup, question, clock=MockClock(autojump_threshold=0))
        results[case.id] = Result(outcome.status, str(outcome.reason), _is_right(case, script, outcome), script.queries)
    return results


def _is_right(case: Case, script: Script, outcome: Outcome[RRset]) -> bool:
    if case.verdict in JUDGED and script.has_anchors:
        return outcome.status in ACCEPTED[case.verdict]
    if case.rcode == "SERVFAIL":
        return outcome.status in ("bogus", "indeterminate")
    if outcome.status in ("bogus", "indeterminate"):
        return case.rcode == "YXDOMAIN" and getattr(outcome, "why", "") == "DNAME_TOO_LONG"
    expected = script.case.expect.answer
    if outcome.status != "insecure" or expected is None:
        return True
    wanted = {rdata.to_digestable() for rrset in expected for rdata in rrset if rrset.rdtype == script.case.qtype}
    untrusted = outcome.untrusted
    return wanted == (set(untrusted.rdata) if untrusted is not None else set())
