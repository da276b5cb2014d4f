"""The plans: `answer` judges a question, `zone` finds the state of a zone. Both only ask, and are handed values.

`answer` follows aliases hop by hop; the first hop that is not secure decides (R63). What lies behind an insecure hop
is followed without validation, and is only reported as untrusted.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from resolver.data.name import Name
from resolver.data.rrset import Message, NoReply, Question, RRset
from resolver.data.types import CNAME, DNAME, DS, UNSIGNABLE_TYPES, type_text
from resolver.validator import mint
from resolver.validator.ask import Fetch
from resolver.validator.asking import Asking, ask
from resolver.validator.budget import WorkLimit
from resolver.validator.context import Context
from resolver.validator.findings import Finding, finding, worst
from resolver.validator.hop import Aliased, Denied, Failed, Found, Hop, Under
from resolver.validator.limits import REFUSED_KEPT
from resolver.validator.outcome import Alias, Bogus, Indeterminate, Kind, Outcome, Why
from resolver.validator.proof import ALIAS, ANSWER, DENIAL, FAILURE, Proof
from resolver.validator.settled import RETRY_SECONDS
from resolver.validator.states import BrokenZone, InsecureZone
from resolver.validator.tail import claimed_ttl, ends_at, joined, lasting, speaks_of, unverified_alias
from resolver.validator.times import ALWAYS, Times, meet, whole
from resolver.validator.walk import Walked, walk
from resolver.validator.zone_plan import zone

__all__ = ["Context", "answer", "zone"]

Held: TypeAlias = Found | Aliased | Denied | Under


async def answer(context: Context, question: Question) -> Outcome[RRset]:
    """Judge a question: a proof that the records are genuine, absent or unsigned, or a refusal.

    Args:
        context: anchors, policy, time and budget of this lookup.
        question: the name and type.

    Returns:
        The outcome; every hostile or missing reply ends in one.
    """
    lookup = _Lookup(context, question)
    try:
        return await lookup.run()
    except WorkLimit as limit:
        return lookup.bogus([finding("WORK_LIMIT", question, what=str(limit))], None)


class _Lookup:
    """The state of one lookup: where it stands, and what it has proven on the way there."""

    def __init__(self, context: Context, question: Question) -> None:
        self.context = context
        self.question = question
        self.name = question.name
        self.aliases: list[Alias] = []
        self.proofs: list[Proof] = []
        self.times: Times = ALWAYS
        self.zone_notes: list[Finding] = []
        self.message: Message | None = None

    async def run(self) -> Outcome[RRset]:
        refusal = self._refuse()
        if refusal is not None:
            return refusal
        visited = {self.name}
        while True:
            local = self._locally()
            if local is not None:
                return local
            result = await self._hop()
            if isinstance(result, Found):
                return self._found(result)
            if isinstance(result, Denied):
                return self._denied(result)
            if isinstance(result, Under):
                return await self._insecure(result.state, result.trail)
            if not isinstance(result, Aliased):
                return result
            ended = self._follow(result, visited)
            if ended is not None:
                return ended

    def _refuse(self) -> Outcome[RRset] | None:
        rdtype = self.question.rdtype
        if rdtype in UNSIGNABLE_TYPES:  # RFC 4035 §2.2, RFC 6840 §4.2, RFC 9824 §3.5: without a query
            found = finding("UNSIGNABLE_TYPE", self.question, type=type_text(rdtype))
            return self.indeterminate("UNSIGNABLE_TYPE", found)
        return None

    def _locally(self) -> Outcome[RRset] | None:
        """What configuration alone decides about the name that was reached (R1, R42)."""
        context, rdtype = self.context, self.question.rdtype
        if rdtype == DS and self.name.is_root and context.anchors.at(self.name):
            # The root has no parent, so it has no DS (RFC 4035 §5.2): nobody needs to be asked.
            proof = Proof(DENIAL, Question(self.name, DS), reason="NODATA", anchors=context.anchors.at(self.name))
            return self._absent("NODATA", False, proof)
        point, _ = context.point(self.name, proper=rdtype == DS)
        if point is None:
            return self.indeterminate("NO_ANCHOR", finding("NO_ANCHOR", Question(self.name, rdtype)))
        return None

    async def _hop(self) -> Held | Outcome[RRset]:
        """Judge the current name: by the message at hand where it says something, else by one of its own (R126)."""
        context, rdtype = self.context, self.question.rdtype
        if self.message is not None and speaks_of(self.message, self.name, rdtype):
            result = await Hop(context, self.name, rdtype).judge(self.message)
            if not isinstance(result, Failed):
                return result
        asking = Asking(context, Question(self.name, rdtype))
        found: list[Finding] = []
        walked: Walked | None = None
        while (message := await asking.next()) is not None:
            self.message = message
            hop = Hop(context, self.name, rdtype)
            result = await hop.judge(message)
            if not isinstance(result, Failed):
                return result
            found += [each for each in result.found if each not in found]
            walked = result.walked
            if isinstance(walked.state, BrokenZone) and walked.state.why != "BOGUS":
                break
        if not asking.replies and asking.no_reply is not None:
            return await self._unanswered(asking.no_reply)
        return self._failed(found, walked, asking)

    async def _ask_once(self, name: Name) -> Message | None:
        reply = await ask(self.context, Fetch(Question(name, self.question.rdtype)))
        return reply if isinstance(reply, Message) else None

    async def _unanswered(self, reply: NoReply) -> Outcome[RRset]:
        """R122: a question without usable reply still runs the walk; below an insecure cut it must not block."""
        code = {"deadline": "DEADLINE", "unfit": "UPSTREAM_STRIPS_DNSSEC"}.get(reply.why, "NO_REPLY")
        found = finding(code, Question(self.name, self.question.rdtype), text=reply.text)
        walked = await walk(self.context, self.name, self.question.rdtype, None)
        state = walked.state
        if isinstance(state, InsecureZone):
            trail = walked.trail
            return self.indeterminate("NO_REPLY", found, enclosing=state, rests_on=trail, retry_at=reply.retry_at)
        rests_on = (state.proof, *walked.trail)
        if isinstance(state, BrokenZone):
            if state.why in ("BOGUS", "WORK_LIMIT"):
                return self.bogus([state.finding, found], None, rests_on)
            if code != "DEADLINE":
                found = max(found, state.finding, key=lambda each: each.rank)
        why: Why = "NO_REPLY"
        if found.code == "DEADLINE":
            why = "DEADLINE"
        elif code != "NO_REPLY" or (isinstance(state, BrokenZone) and state.why == "UPSTREAM_UNFIT"):
            why = "UPSTREAM_UNFIT"
        return self.indeterminate(why, found, rests_on=rests_on, retry_at=reply.retry_at)

    def _failed(self, found: list[Finding], walked: Walked | None, asking: Asking) -> Outcome[RRset]:
        rests_on = tuple([Proof(FAILURE, reply.question, message=reply) for reply in asking.replies[:-1]])
        if walked is not None:
            rests_on = (*rests_on, walked.state.proof, *walked.trail)
        broken = walked.state if walked is not None else None
        if isinstance(broken, BrokenZone):
            if broken.why in ("NO_REPLY", "UPSTREAM_UNFIT"):
                why: Why = "DEADLINE" if broken.finding.code == "DEADLINE" else broken.why
                return self.indeterminate(why, broken.finding, rests_on=rests_on, refused=found)
            if broken.finding not in found:
                found = [*found, broken.finding]
        return self.bogus(found, self.message, rests_on)

    def _found(self, result: Found) -> Outcome[RRset]:
        held = result.held
        name = Question(self.name, self.question.rdtype)
        proof = Proof(
            ANSWER,
            name,
            zone=held.zone.zone,
            evidence=(held.record, *held.extra),
            message=self.message,
            rests_on=(held.zone.proof, *self.proofs),
        )
        self.zone_notes += held.zone.notes
        return mint.secure(
            held.record.rrset,
            question=self.question,
            proof=proof,
            aliases=tuple(self.aliases),
            canonical=self.name,
            judged_at=self.context.now,
            notes=self._notes(),
            work=self.context.budget.total(),
            times=meet(self.times, held.times),
            wildcard=held.wildcard,
        )

    def _denied(self, result: Denied) -> Outcome[RRset]:
        denial, question = result.denial, Question(self.name, self.question.rdtype)
        proof = Proof(
            DENIAL,
            question,
            zone=result.zone.zone,
            evidence=denial.evidence,
            reason=denial.kind,
            message=self.message,
            rests_on=(result.zone.proof, *self.proofs),
        )
        if denial.compact:
            self.context.note(finding("COMPACT_NXDOMAIN", question, result.zone.zone))
        message = self.message
        if message is not None and (message.rcode == 3) != (denial.kind == "NXDOMAIN") and not denial.compact:
            self.context.note(finding("RCODE_DIFFERS", question, rcode=message.rcode, kind=denial.kind))  # R120
        self.zone_notes += result.zone.notes
        self.times = meet(self.times, result.times)
        return self._absent(denial.kind, denial.compact, proof)

    def _absent(self, kind: Kind, compact: bool, proof: Proof) -> Outcome[RRset]:
        return mint.absent(
            kind,
            compact=compact,
            question=self.question,
            proof=proof,
            aliases=tuple(self.aliases),
            canonical=self.name,
            judged_at=self.context.now,
            notes=self._notes(),
            work=self.context.budget.total(),
            times=self.times,
        )

    def _follow(self, result: Aliased, visited: set[Name]) -> Outcome[RRset] | None:
        """Go on behind a secure alias (RFC 1034 §3.6.2, RFC 6672 §3.2), unless it loops or leads too far (R67)."""
        held = result.held
        kind = CNAME if result.kind == "CNAME" else DNAME
        proof = Proof(
            ALIAS,
            Question(held.record.rrset.owner, kind),
            zone=held.zone.zone,
            evidence=(held.record, *held.extra),
            message=self.message,
            rests_on=(held.zone.proof,),
        )
        self.proofs.append(proof)
        self.zone_notes += held.zone.notes
        self.times = meet(self.times, held.times)
        question = Question(self.name, self.question.rdtype)
        if result.target is None:  # RFC 6672 §2.2: never an absence
            return self.indeterminate("DNAME_TOO_LONG", finding("DNAME_TOO_LONG", question))
        return self._hop_to(result.target, result.kind, "secure", proof, visited)

    def _hop_to(
        self,
        target: Name,
        kind: Literal["CNAME", "DNAME"],
        security: Literal["secure", "insecure"],
        proof: Proof,
        visited: set[Name],
    ) -> Outcome[RRset] | None:
        question = Question(self.name, self.question.rdtype)
        self.aliases.append(Alias(self.name, target, kind, security, proof))
        self.name = target
        if target in visited:
            return self.indeterminate("ALIAS_LIMIT", finding("CNAME_LOOP", question))
        if len(self.aliases) > self.context.limits.aliases:
            return self.indeterminate(
                "ALIAS_LIMIT", finding("ALIAS_LIMIT", question, limit=self.context.limits.aliases)
            )
        visited.add(target)
        return None

    async def _insecure(self, state: InsecureZone, trail: tuple[Proof, ...]) -> Outcome[RRset]:
        """R63: the insecure hop decides. The tail is followed to be reported, unverified."""
        message, rdtype = self.message, self.question.rdtype
        heard: list[Message] = []
        visited = {self.name}
        claimed: Kind | None = None
        times = meet(self.times, whole(state))
        assert message is not None  # the hop was judged by it
        own = message.question == Question(self.name, rdtype)
        while True:
            if message is None:
                found = finding("NO_REPLY", Question(self.name, rdtype), text="behind an insecure alias")
                return self.indeterminate("NO_REPLY", found, enclosing=state)
            if message not in heard:
                heard.append(message)
            untrusted = message.find(self.name, rdtype)
            if untrusted is not None:
                times = meet(times, lasting(message, untrusted.ttl, self.context.now))
                break
            alias = unverified_alias(message, self.name)
            if alias is not None:
                times = meet(times, lasting(message, alias.ttl, self.context.now))
                ended = self._hop_to(alias.target, alias.kind, "insecure", state.proof, visited)
                if ended is not None:
                    return ended
                own = False
            elif own or (speaks_of(message, self.name, rdtype) and ends_at(message, self.name)):
                claimed = "NXDOMAIN" if message.rcode == 3 else "NODATA"
                times = meet(times, lasting(message, claimed_ttl(message, self.name), self.context.now))
                break
            else:
                message = await self._ask_once(self.name)
                own = True
        # What the servers said about insecure names is kept too, so that a recording of the outcome is complete.
        said = [Proof(ANSWER, each.question, reason="unverified", message=each) for each in heard]
        said = [each for each in said if each.message is not state.proof.message]
        return mint.insecure(
            state.cut,
            state.reason,
            untrusted=untrusted.with_rrsigs(()) if untrusted is not None else None,
            claimed=claimed,
            question=self.question,
            proof=joined(state.proof, [*self.proofs, *trail, *said]),
            aliases=tuple(self.aliases),
            canonical=self.name,
            judged_at=self.context.now,
            notes=self._notes(),
            work=self.context.budget.total(),
            times=times,
        )

    def _notes(self) -> tuple[Finding, ...]:
        if not self.context.notes and not self.zone_notes:
            return ()
        kept: list[Finding] = []
        for each in (*self.context.notes, *self.zone_notes):
            if not any(other.code == each.code and other.at == each.at for other in kept):
                kept.append(each)
        return tuple(kept)

    def _refused_proof(self, ranked: list[Finding], message: Message | None, rests_on: tuple[Proof, ...]) -> Proof:
        return Proof(
            FAILURE,
            Question(self.name, self.question.rdtype),
            finding=ranked[0],
            refused=tuple(ranked[1 : 1 + REFUSED_KEPT]),
            refused_more=max(0, len(ranked) - 1 - REFUSED_KEPT),
            message=message,
            rests_on=(*self.proofs, *rests_on),
        )

    def bogus(self, found: list[Finding], message: Message | None, rests_on: tuple[Proof, ...] = ()) -> Bogus:
        """The refusal, its most specific finding the cause (R24)."""
        ranked = worst(found or [finding("MISSING_RRSIG", Question(self.name, self.question.rdtype))])
        self._suspect_clock(ranked[0])
        return Bogus(
            self.question,
            ranked[0],
            proof=self._refused_proof(ranked, message, rests_on),
            aliases=tuple(self.aliases),
            canonical=self.name,
            judged_at=self.context.now,
            notes=self._notes(),
            retry_at=self.context.now + RETRY_SECONDS,
            work=self.context.budget.total(),
        )

    def _suspect_clock(self, cause: Finding) -> None:
        """R102: where the anchor's own zone looks out of date, the clock is the likelier fault."""
        age = cause.details.get("age")
        if cause.code in ("EXPIRATION_IN_PAST", "INCEPTION_IN_FUTURE") and isinstance(age, int | float):
            if any(cause.at == f"{point}/DNSKEY" for point in self.context.anchors.points):
                self.context.note(Finding("CLOCK_SUSPECT", cause.at, details={"age": age}))

    def indeterminate(
        self,
        why: Why,
        found: Finding,
        *,
        enclosing: InsecureZone | None = None,
        rests_on: tuple[Proof, ...] = (),
        refused: list[Finding] | None = None,
        retry_at: float | None = None,
    ) -> Indeterminate:
        """It could not be found out."""
        if enclosing is not None:
            rests_on = (*rests_on, enclosing.proof)
        return Indeterminate(
            self.question,
            why,
            found,
            enclosing=enclosing,
            proof=self._refused_proof([found, *worst(refused or [])], self.message, rests_on),
            aliases=tuple(self.aliases),
            canonical=self.name,
            judged_at=self.context.now,
            notes=self._notes(),
            retry_at=self.context.now + RETRY_SECONDS if retry_at is None else retry_at,
            work=self.context.budget.total(),
        )
