"""Asking again: R97, R121, R122, R127 and the budget of R90, with scripted sources and several servers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from resolver.data.rrset import Message, NoReply, Question, Reply
from resolver.data.types import DNSKEY, SOA
from resolver.engine.loop import Loop
from resolver.testing import World
from resolver.testing.forwarder import changed, without_dnssec
from resolver.validator.ask import Fetch
from resolver.validator.limits import Limits
from resolver.validator.outcome import Bogus, Indeterminate, Secure
from resolver.validator.policy import Policy
from tests.validator.judging import Counting, codes, name_of, said, verdict

WWW = Question.of("www.example.com", "A")
KEYS = Question.of("example.com", "DNSKEY")
ROOT_KEYS = Question.of(".", "DNSKEY")
Script = Callable[[Message | NoReply], Message | NoReply]


def shop(**options: object) -> World:
    world = World()
    world.zone("example.com", **options).add("www A 192.0.2.1", "mail A 192.0.2.2")  # type: ignore[arg-type]
    world.zone("plain.com", signed=False).add("www A 192.0.2.3")
    return world


class Servers(Loop):
    """The plain driver over several servers of one world: each has a script for some questions.

    It asks the first server that is not to be avoided, or the first one where all are.
    """

    def __init__(
        self, world: World, *servers: dict[tuple[Question, bool], Script], policy: Policy | None = None
    ) -> None:
        super().__init__(world.source(), anchors=world.anchors, policy=policy or Policy(), now=world.now)
        self.world = world
        self.servers = servers
        self.log: list[tuple[str, str, bool]] = []

    def _fetch(self, ask: Fetch) -> tuple[Reply, ...]:
        return tuple(self.ask(question, ask) for question in ask.questions)

    def ask(self, question: Question, ask: Fetch) -> Reply:
        left = [number for number in range(len(self.servers)) if f"s{number}" not in ask.avoid] or [0]
        origin = f"s{left[0]}"
        self.log.append((str(question), origin, ask.cd))
        reply = self.world.reply(question, cd=ask.cd)
        script = self.servers[left[0]].get((question, ask.cd))
        if script is not None:
            reply = script(reply)
        if isinstance(reply, Message):
            edns = reply.edns
            reply = changed(reply)
            reply.origin, reply.edns = origin, edns
        return reply

    def asked(self, question: Question) -> list[tuple[str, bool]]:
        return [(origin, cd) for text, origin, cd in self.log if text == str(question)]


def spoiled(reply: Message | NoReply) -> Message:
    """Forged data under the genuine signature."""
    assert isinstance(reply, Message)
    answer = tuple(
        type(rrset)(rrset.owner, rrset.rdtype, rrset.ttl, (b"\xff" * len(rrset.rdata[0]),), rrset.rrsigs)
        for rrset in reply.answer
    )
    return changed(reply, answer=answer)


def emptied(reply: Message | NoReply) -> Message:
    assert isinstance(reply, Message)
    return changed(reply, answer=(), authority=())


def bare(reply: Message | NoReply) -> Message:
    """As from a forwarder that knows nothing of DNSSEC."""
    assert isinstance(reply, Message)
    return without_dnssec(reply)


def silent(reply: Message | NoReply) -> NoReply:
    return NoReply(reply.question, "timeout", "nothing came")


# R97


def test_r97_a_bad_reply_of_one_server_is_made_good_by_another() -> None:
    loop = Servers(shop(), {(WWW, True): spoiled}, {})
    outcome = loop.lookup(WWW)
    assert isinstance(outcome, Secure) and loop.asked(WWW) == [("s0", True), ("s1", True)]


def test_r97_a_server_that_serves_a_bad_rrset_with_cd_is_asked_without() -> None:
    """World 19, RFC 6840 appendix B: its own validation may have fetched good data."""
    loop = Servers(shop(), {(WWW, True): spoiled}, {(WWW, True): spoiled})
    outcome = loop.lookup(WWW)
    assert isinstance(outcome, Secure)
    assert loop.asked(WWW) == [("s0", True), ("s1", True), ("s0", False)]


def test_r97_at_most_three_attempts_are_made_and_all_are_in_the_proof() -> None:
    world = shop()
    seen: list[int] = []

    def each_time_another(reply: Message | NoReply) -> Message:
        seen.append(1)
        assert isinstance(reply, Message)
        first = reply.answer[0]
        forged = type(first)(first.owner, first.rdtype, first.ttl, (bytes((10, 0, 0, len(seen))),), first.rrsigs)
        return changed(reply, answer=(forged,))

    script = {(WWW, True): each_time_another, (WWW, False): each_time_another}
    loop = Servers(world, script, script)
    outcome = loop.lookup(WWW)
    assert isinstance(outcome, Bogus) and len(loop.asked(WWW)) == 3
    replies = [proof.message for proof in (outcome.proof, *outcome.proof.rests_on) if proof.message is not None]
    assert sum(message.question == WWW for message in replies) == 3


def test_r97_the_same_reply_is_not_judged_twice() -> None:
    world = shop()
    world.zone("example.com").damage("signature-bad", "www A")
    source = Counting(world)
    outcome = Loop(source, anchors=world.anchors, policy=Policy(), now=world.now).lookup(WWW)
    assert source.count("www.example.com./A") == 3 and outcome.work.failures == 1
    kept = [proof.message for proof in (outcome.proof, *outcome.proof.rests_on) if proof.message is not None]
    assert sum(message.question == WWW for message in kept) == 1


def test_r97_silence_after_a_bad_reply_leaves_it_bogus() -> None:
    loop = Servers(shop(), {(WWW, True): spoiled, (WWW, False): silent}, {(WWW, True): silent})
    assert verdict(loop.lookup(WWW)) == "bogus SIGNATURE_INVALID"


def test_r97_the_keys_of_a_zone_are_asked_for_again_too() -> None:
    for question in (KEYS, ROOT_KEYS, Question.of("example.com", "DS")):
        loop = Servers(shop(), {(question, True): spoiled}, {})
        assert verdict(loop.lookup(WWW)) == "secure", question
        assert loop.asked(question) == [("s0", True), ("s1", True)]


def test_r97_a_denial_that_fails_is_asked_for_again() -> None:
    question = Question.of("nx.example.com", "A")
    loop = Servers(shop(), {(question, True): emptied}, {})
    assert verdict(loop.lookup(question)) == "absent NXDOMAIN"
    delegation = Question.of("plain.com", "DS")
    loop = Servers(shop(), {(delegation, True): emptied}, {})
    assert verdict(loop.lookup(Question.of("www.plain.com", "A"))).startswith("insecure NO_DS plain.com")


def test_r97_attempts_are_limited_by_the_policy() -> None:
    loop = Servers(shop(), {(WWW, True): spoiled}, {}, policy=Policy(limits=Limits(attempts=1)))
    assert loop.lookup(WWW).status == "bogus" and len(loop.asked(WWW)) == 1


def test_r3_one_forged_reply_does_not_make_the_anchor_stale() -> None:
    loop = Servers(shop(), {(ROOT_KEYS, True): spoiled}, {})
    assert verdict(loop.lookup(WWW)) == "secure"
    both = {(ROOT_KEYS, True): spoiled, (ROOT_KEYS, False): spoiled}
    assert verdict(Servers(shop(), both, both).lookup(WWW)) == "bogus ANCHOR_STALE"


# R121


def rolled(world: World, question: Question = WWW) -> tuple[Loop, Counting]:
    """A loop that holds the zone's keys, before they are replaced."""
    source = Counting(world)
    loop = Loop(source, anchors=world.anchors, policy=Policy(), now=world.now)
    assert loop.lookup(question).status == "secure"
    return loop, source


@pytest.mark.parametrize("role", ["zsk", "ksk"])
def test_r121_keys_that_were_replaced_are_fetched_again(role: str) -> None:
    """World 10, RFC 7583 §3: replaced at once, without pre-publication, DS and all."""
    world = shop(keys="split")
    loop, source = rolled(world)
    world.zone("example.com").roll(role)
    loop.now += 60
    outcome = loop.lookup(Question.of("mail.example.com", "A"))
    assert verdict(outcome) == "secure"
    assert source.count("example.com./DNSKEY") == (2 if role == "zsk" else 1)  # data are signed by the ZSK


def test_r121_a_csk_that_was_replaced_with_its_ds_is_fetched_again() -> None:
    world = shop()
    loop, source = rolled(world)
    world.zone("example.com").roll("ksk")
    loop.now += 60
    assert verdict(loop.lookup(Question.of("mail.example.com", "A"))) == "secure"
    assert source.count("example.com./DNSKEY") == 2 and source.count("example.com./DS") == 2


def test_r121_a_denial_by_a_new_key_makes_them_be_fetched_again_too() -> None:
    world = shop()
    loop, _ = rolled(world)
    world.zone("example.com").roll("ksk")
    loop.now += 60
    assert verdict(loop.lookup(Question.of("nx.example.com", "A"))) == "absent NXDOMAIN"


def test_r121_keys_are_fetched_again_once_in_thirty_seconds_only() -> None:
    world = shop()
    loop, source = rolled(world)
    world.zone("example.com").damage("signature-by-unknown-key", "mail A").damage("signature-by-unknown-key", "www A")
    loop.now += 60
    for _ in range(4):
        loop.now += 2
        assert loop.lookup(Question.of("mail.example.com", "A")).status == "bogus"
        assert loop.lookup(WWW).status == "bogus"
    assert source.count("example.com./DNSKEY") == 2
    loop.now += 60
    assert loop.lookup(WWW).status == "bogus"
    assert source.count("example.com./DNSKEY") == 3


def test_r121_keys_of_this_lookup_are_not_fetched_again() -> None:
    world = shop()
    world.zone("example.com").damage("signature-by-unknown-key", "www A")
    source = Counting(world)
    assert Loop(source, anchors=world.anchors, policy=Policy(), now=world.now).lookup(WWW).status == "bogus"
    assert source.count("example.com./DNSKEY") == 1


def test_r92_a_broken_state_does_not_replace_a_secure_one() -> None:
    world = shop()
    loop, _ = rolled(world)
    world.zone("example.com").damage("signature-by-unknown-key", "mail A")
    world.override(KEYS, spoiled)
    loop.now += 60
    assert loop.lookup(Question.of("mail.example.com", "A")).status == "bogus"
    assert loop.lookup(WWW).status == "secure"  # by the keys that were held


def test_r121_an_expired_signature_does_not_fetch_keys_again() -> None:
    world = shop()
    loop, source = rolled(world)
    world.zone("example.com").damage("signature-expired", "mail A")
    loop.now += 60
    assert verdict(loop.lookup(Question.of("mail.example.com", "A"))) == "bogus EXPIRATION_IN_PAST"
    assert source.count("example.com./DNSKEY") == 1


# R122


@pytest.mark.parametrize("damage", ["server-failure", "server-refused", "server-not-implemented", "server-silent"])
@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("www.plain.com", "indeterminate NO_REPLY under plain.com."),
        ("www.example.com", "indeterminate NO_REPLY"),
    ],
)
def test_r122_a_question_without_reply_still_runs_the_walk(damage: str, name: str, wanted: str) -> None:
    """World 17: a TLSA question that an unsigned zone's old server cannot answer must not block mail."""
    world = shop()
    world.zone(name[4:]).damage(damage, "www TLSA")
    assert said(world, name, "TLSA") == wanted


def test_r122_an_error_with_records_is_a_reply() -> None:
    world = shop()
    world.zone("example.com").damage("rcode-nxdomain")

    def servfail(reply: Message | NoReply) -> Message:
        assert isinstance(reply, Message)
        return changed(reply, rcode=2)

    world.override(WWW, servfail)
    assert said(world, "www.example.com", "A") == "secure"


def test_r122_without_reply_a_broken_zone_is_bogus() -> None:
    world = shop()
    world.zone("example.com").damage("server-silent", "www A").damage("ds-mismatch")
    outcome = Loop(world.source(), anchors=world.anchors, policy=Policy(), now=world.now).lookup(WWW)
    assert isinstance(outcome, Bogus) and codes(outcome) == {"DIGEST_INVALID", "NO_REPLY"}


@pytest.mark.parametrize(
    ("why", "wanted"), [("deadline", "DEADLINE"), ("timeout", "NO_REPLY"), ("unfit", "UPSTREAM_UNFIT")]
)
def test_r122_the_reason_for_the_silence_is_kept(why: str, wanted: str) -> None:
    world = shop()
    world.override(WWW, NoReply(WWW, why, "gone", retry_at=world.now + 17.0))
    outcome = Loop(world.source(), anchors=world.anchors, policy=Policy(), now=world.now).lookup(WWW)
    assert isinstance(outcome, Indeterminate) and outcome.why == wanted and outcome.retry_at == world.now + 17


@pytest.mark.parametrize("question", [KEYS, Question.of("example.com", "DS"), ROOT_KEYS])
@pytest.mark.parametrize(("why", "wanted"), [("deadline", "DEADLINE"), ("timeout", "NO_REPLY")])
def test_r122_silence_on_the_way_is_indeterminate(question: Question, why: str, wanted: str) -> None:
    world = shop()
    world.override(question, NoReply(question, why, "gone"))
    assert said(world, "www.example.com", "A") == f"indeterminate {wanted}"
    world.zone("example.com").damage("server-silent", "www A")
    assert said(world, "www.example.com", "A") in (f"indeterminate {wanted}", "indeterminate NO_REPLY")


# R127


def test_r127_an_upstream_that_strips_dnssec_is_unfit() -> None:
    every = {(ROOT_KEYS, True): bare, (ROOT_KEYS, False): bare}
    assert verdict(Servers(shop(), every, every).lookup(WWW)) == "indeterminate UPSTREAM_UNFIT"


def test_r127_one_that_does_not_strip_is_enough() -> None:
    loop = Servers(shop(), {(ROOT_KEYS, True): bare}, {})
    assert verdict(loop.lookup(WWW)) == "secure"


def test_r127_a_stripped_world_is_never_insecure() -> None:
    world = shop()
    for zone in world.zones:
        zone.damage("dnssec-stripped")
    for question in ("www.example.com A", "www.plain.com A", "nx.example.com A", "plain.com DS"):
        assert said(world, *question.split()) == "indeterminate UPSTREAM_UNFIT"


def test_r127_a_message_from_the_wire_without_edns_is_stripped() -> None:
    world = shop()

    def no_edns(reply: Message | NoReply) -> Message:
        assert isinstance(reply, Message)
        message = changed(reply)
        message.edns, message.wire = None, b"octets"
        return message

    world.override(ROOT_KEYS, no_edns)
    assert said(world, "www.example.com", "A") == "indeterminate UPSTREAM_UNFIT"


def test_r127_a_zone_below_a_ds_that_is_stripped_is_bogus() -> None:
    world = shop()
    world.zone("example.com").damage("dnskey-unsigned")
    assert said(world, "www.example.com", "A") == "bogus MISSING_RRSIG"


# R90


def test_r90_the_questions_of_a_lookup_are_limited() -> None:
    world = World()
    name = ".".join(["x"] * 100) + ".ent.example.com"
    zone = world.zone("example.com").add(f"{name[:-12]} A 192.0.2.1")
    zone.damage("signature-missing", f"{name[:-12]} A")
    outcome = Loop(world.source(), anchors=world.anchors, policy=Policy(), now=world.now).lookup(Question.of(name, "A"))
    assert verdict(outcome) == "bogus WORK_LIMIT" and outcome.work.queries <= 64 + 2


def test_r90_a_zone_that_costs_too_much_is_a_work_limit() -> None:
    world = shop()
    few = Policy(limits=Limits(verifications=1))
    assert said(world, "www.example.com", "A", policy=few) == "bogus WORK_LIMIT"
    none = Policy(limits=Limits(verifications=0))
    outcome = Loop(world.source(), anchors=world.anchors, policy=none, now=world.now).lookup(WWW)
    assert verdict(outcome) == "bogus WORK_LIMIT"


def test_r124_a_lookup_of_a_deep_name_needs_no_deep_stack() -> None:
    world = World()
    name = "example.com"
    for _ in range(40):
        name = f"a.{name}"
        world.zone(name)
    world.zone(name).add("www A 192.0.2.1")
    raised = Policy(limits=Limits(verifications=1000, queries=1000))
    assert said(world, f"www.{name}", "A", policy=raised) == "secure"
    assert name_of(name) in {zone.name for zone in world.zones}
    assert {DNSKEY, SOA} <= set(world.zone(name).content.nodes[name_of(name)])
