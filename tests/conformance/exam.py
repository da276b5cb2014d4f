"""Puts the questions of a script before the public API and keeps the verdicts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from resolver import Anchors, Limits, OfflineResolver, Policy, Resolver
from resolver.data import wire
from resolver.data.rrset import Message, NoReply, Question, RRset
from resolver.validator.outcome import Outcome
from tests.conformance.corpora import ACCEPTED, Case, Script, Upstream, scripts

# The corpora are older than RFC 9905 and RFC 9276 §3.2: they use RSA with SHA-1 and up to 150 NSEC3 iterations.
ITERATIONS = 150
FAR_FUTURE = 4_000_000_000  # negative anchors need an end (RFC 7646 §2)
USABLE_RCODES = (0, 3)  # NOERROR and NXDOMAIN; others count only with records (R122)


@dataclass(frozen=True)
class Result:
    """What became of a case.

    Attributes:
        case: the case.
        status: our verdict in one word.
        reason: it in a sentence.
        asked: the questions that were put to the upstream, and the reply in a word.
    """

    case: Case
    status: str
    reason: str
    asked: tuple[str, ...]

    @property
    def is_right(self) -> bool:
        """Whether the verdict is the expected one."""
        return self.status in ACCEPTED.get(self.case.expected, ())


class Emulated:
    """An emulated upstream at one step: a `Source`, and as `exchange` a function of the public `Resolver`."""

    def __init__(self, upstream: Upstream, step: int | None) -> None:
        self._upstream = upstream
        self._step = step
        self.asked: list[str] = []

    def exchange(self, query: bytes) -> bytes:
        """Octets to octets, as any upstream function."""
        import dns.message

        question = dns.message.from_wire(query)
        reply = self._upstream.answer(question, self._step)
        words = str(question.question[0]).replace(" IN ", " ")
        if reply is None:
            self.asked.append(f"{words}: nothing")
            raise TimeoutError("no reply")
        self.asked.append(f"{words}: rcode {reply.rcode()}, {len(reply.answer)}+{len(reply.authority)} RRsets")
        return bytes(reply.to_wire(max_size=65535))

    def answer(self, question: Question, *, cd: bool = True) -> Message | NoReply:
        """The reply as values, or that none is usable."""
        try:
            octets = self.exchange(wire.write_query(question, 1, cd=cd))
        except TimeoutError:
            return NoReply(question, "timeout", "nothing came")
        message = wire.read(octets, origin="emulated")
        if message.rcode not in USABLE_RCODES and not message.answer and not message.authority:
            return NoReply(question, "network", f"RCODE {message.rcode}")
        return message


def policy_of(script: Script) -> Policy:
    """The policy that a script's settings say."""
    return Policy(
        allow_rsa_sha1=True,
        negative_anchors=dict.fromkeys(script.insecure, FAR_FUTURE),
        limits=Limits(nsec3_iterations=ITERATIONS),
    )


@cache
def anchors_of(script: Script) -> Anchors:
    """The anchors of a script."""
    return Anchors.from_text("\n".join(script.anchors))


def judged_offline(script: Script, case: Case, emulated: Emulated) -> Outcome[RRset]:
    """The outcome of a case, by `OfflineResolver`: with nothing remembered from any other."""
    judge = OfflineResolver(emulated, at=case.time, anchors=anchors_of(script), policy=policy_of(script))
    return judge.lookup(case.qname, case.qtype)


def judged_online(script: Script, case: Case, emulated: Emulated) -> Outcome[RRset]:
    """The outcome of a case, by `Resolver` with a function as upstream."""
    with Resolver(
        emulated.exchange, anchors=anchors_of(script), policy=policy_of(script), clock=lambda: case.time
    ) as resolver:
        return resolver.lookup(case.qname, case.qtype)


Judge = Callable[[Script, Case, Emulated], Outcome[RRset]]


def sit(
    script: Script, judge: Judge = judged_offline, wanted: Callable[[Case], bool] = lambda case: not case.excluded
) -> dict[str, Result]:
    """The wanted cases of a script (those in scope), in order, before one upstream: it may remember what it saw."""
    upstream = script.connect()
    results = {}
    for case in script.cases:
        if not wanted(case):
            continue
        emulated = Emulated(upstream, case.step)
        outcome = judge(script, case, emulated)
        results[case.id] = Result(case, outcome.status, str(outcome.reason), tuple(emulated.asked))
    return results


@cache
def results_of(script_id: str) -> dict[str, Result]:
    """The results of a script, by case; worked out once."""
    script = next(each for each in scripts() if each.id == script_id)
    return sit(script)


def in_scope() -> list[tuple[Script, Case]]:
    """Every case that is in scope, with its script."""
    return [(script, case) for script in scripts() for case in script.cases if not case.excluded]
