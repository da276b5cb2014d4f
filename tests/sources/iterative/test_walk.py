"""The walk from the root over a network in memory: how many round trips, which servers, and what the judge says."""

from __future__ import annotations

import pytest
import trio

from resolver.data.name import Name
from resolver.data.rrset import Message, NoReply, Question, RRset
from resolver.data.types import DNSKEY, DS, NS, SOA, A
from resolver.sources.iterative.asks import Send
from resolver.testing import World
from tests.sources.iterative.network import AA, ROOT_SERVER, RTT, Network, made, zones_of
from tests.sources.iterative.trees import LEAF_SERVERS, TLD_SERVER, engine, look_up, run, serving, tree

FIRST, SECOND = LEAF_SERVERS
QUESTION = "_443._tcp.www.example.test TLSA"


@pytest.mark.parametrize("denial", ["nsec", "nsec3", "opt-out"])
def test_two_cuts_take_three_round_trips_and_six_queries(denial: str) -> None:
    world = tree(denial=denial)
    network = serving(world)
    (outcome,), seconds = look_up(world, network, QUESTION)
    assert outcome.status == "secure"
    assert seconds == pytest.approx(3 * RTT)
    assert network.count() == 6
    assert set(network.asked().values()) == {1} | {3}  # the question thrice, each key set once
    assert not any(question.rdtype == DS for _, question in network.sent)


def test_three_cuts_take_four_round_trips() -> None:
    world = tree()
    world.zone("deep.example.test", nameserver="ns").add("ns A 192.0.2.5", "www A 192.0.2.81")
    zones = zones_of(world)
    network = serving(world).serve("192.0.2.5", zones, "deep.example.test.")
    (outcome,), seconds = look_up(world, network, "www.deep.example.test A")
    assert outcome.status == "secure"
    assert seconds == pytest.approx(4 * RTT)


@pytest.mark.parametrize("denial", ["nsec", "nsec3"])
def test_a_proven_denial_takes_as_many(denial: str) -> None:
    world = tree(denial=denial)
    (outcome,), seconds = look_up(world, serving(world), "nothing.example.test A")
    assert outcome.status == "absent"
    assert seconds == pytest.approx(3 * RTT)


@pytest.mark.parametrize("denial", ["nsec", "nsec3", "opt-out"])
def test_the_lack_of_a_ds_comes_with_the_referral_too(denial: str) -> None:
    world = World("unsigned child")
    world.zone(".", nameserver="ns.root.").add(f"ns.root A {ROOT_SERVER}")
    world.zone("test", nameserver="ns", denial=denial).add(f"ns A {TLD_SERVER}")
    world.zone("plain.test", nameserver="ns", signed=False).add(f"ns A {FIRST}", "www A 192.0.2.80")
    zones = zones_of(world)
    network = Network().serve(ROOT_SERVER, zones, ".").serve(TLD_SERVER, zones, "test.")
    network.serve(FIRST, zones, "plain.test.")
    (outcome,), seconds = look_up(world, network, "www.plain.test A")
    assert outcome.status == "insecure"
    assert seconds == pytest.approx(3 * RTT)
    assert network.count() == 5  # nobody asks an unsigned zone for its keys


def test_the_second_lookup_below_known_zones_goes_straight_to_their_servers() -> None:
    world = tree()
    network = serving(world)
    (first, second), seconds = look_up(world, network, QUESTION, "www.example.test A")
    assert (first.status, second.status) == ("secure", "secure")
    assert seconds == pytest.approx(4 * RTT)
    assert network.count() == 7


def test_aliases_and_wildcards_and_dnames_are_followed_by_the_judge() -> None:
    world = tree()
    world.zone("other.test", nameserver="ns").add("ns A 192.0.2.5", "www A 192.0.2.81")
    network = serving(world).serve("192.0.2.5", zones_of(world), "other.test.")
    outcomes, _ = look_up(world, network, "alias.example.test A", "x.wild.example.test TXT", "www.away.example.test A")
    assert [outcome.status for outcome in outcomes] == ["secure"] * 3
    assert outcomes[2].canonical == Name.from_text("www.other.test.")


def test_a_question_for_ds_goes_to_the_parent_and_one_for_keys_to_the_child() -> None:
    world = tree()
    network = serving(world)
    outcomes, _ = look_up(world, network, "example.test DS", "example.test DNSKEY", "test DS")
    assert [outcome.status for outcome in outcomes] == ["secure"] * 3
    asked = {(str(question), address) for address, question in network.sent}
    assert ("example.test./DS", TLD_SERVER) in asked
    assert not asked & {("example.test./DS", FIRST), ("example.test./DS", SECOND)}
    assert (
        not asked & {("example.test./DNSKEY", ROOT_SERVER)}
        or ("example.test./DNSKEY", FIRST) in asked
        or ("example.test./DNSKEY", SECOND) in asked
    )


def test_the_parent_is_found_where_a_server_has_the_zone_and_its_grandparent_only() -> None:
    # RFC 4035 §3.1.4.1: a server without the parent zone denies the DS out of the child.
    world = tree()
    zones = zones_of(world)
    network = serving(world).serve(ROOT_SERVER, zones, ".", "example.test.")
    (outcome,), _ = look_up(world, network, "example.test DS")
    assert outcome.status == "secure"
    assert outcome.proof.message is not None
    assert outcome.proof.message.origin == f"udp {TLD_SERVER}:53"


def test_the_parent_is_found_where_the_server_answers_for_the_child() -> None:
    """Servers that know nothing of DS answer out of the deepest zone that they have."""
    world = tree()
    zones = zones_of(world)
    network = serving(world).serve("192.0.2.50", zones, "example.test.")

    def old(send: Send, honest: Message | None) -> Message | None:
        return (
            network.honest(Send("192.0.2.50", send.question, cd=True, tcp=False, edns=True, seconds=1.0))
            if (send.question == Question.of("example.test", "DS"))
            else honest
        )

    upstream = network.twist(ROOT_SERVER, old).upstream()
    reply = run(lambda: upstream.fetch(Question.of("example.test", "DS")))
    assert isinstance(reply, Message)
    assert reply.origin == f"udp {TLD_SERVER}:53"
    assert reply.find(Name.from_text("example.test."), DS) is not None


def test_a_child_that_denies_its_own_ds_is_heard_where_no_zone_lies_between() -> None:
    world = tree()
    network = serving(world)
    question = Question.of("a.b.test", "DS")

    def childish(send: Send, honest: Message | None) -> Message | None:
        if honest is None or send.question != question:
            return honest
        soa = RRset(question.name, SOA, 300, (Name.from_text("a.").wire + Name.from_text("b.").wire + bytes(20),))
        return made(send, authority=(soa,))

    upstream = network.twist(TLD_SERVER, childish).upstream()
    reply = run(lambda: upstream.fetch(question))
    assert isinstance(reply, Message)
    assert [rrset.owner for rrset in reply.authority] == [question.name]
    asked = [str(each) for address, each in network.sent if address == TLD_SERVER]
    assert asked.count("a.b.test./DS") == 1
    assert "b.test./NS" in asked


def test_one_server_for_all_zones_is_enough() -> None:
    world = tree()
    network = Network().serve(ROOT_SERVER, zones_of(world))
    outcomes, _ = look_up(world, network, QUESTION, "nothing.example.test A", "example.test DS")
    assert [outcome.status for outcome in outcomes] == ["secure", "absent", "secure"]


def test_lookups_at_once_share_the_way_down() -> None:
    world = tree()
    network = serving(world)
    driver = engine(world, network.upstream(clock=world.clock))
    names = [f"www{number}.example.test" for number in range(20)]

    async def main() -> float:
        began = trio.current_time()
        async with trio.open_nursery() as nursery:
            for name in names:
                nursery.start_soon(driver.lookup, Question.of(name, "A"))
        return trio.current_time() - began

    seconds = run(main)
    assert seconds == pytest.approx(3 * RTT)
    assert network.count(ROOT_SERVER) == 2
    assert network.count(TLD_SERVER) == 2
    assert network.count() <= 4 + 1 + len(names)


def test_one_question_asked_twice_at_once_is_sent_once() -> None:
    network = serving(tree())
    upstream = network.upstream()

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            for _ in range(10):
                nursery.start_soon(upstream.fetch, Question.of("www.example.test", "A"))

    run(main)
    assert network.count() == 6


def test_whoever_waits_for_a_lookup_that_is_cancelled_goes_on_alone() -> None:
    world = tree()
    network = serving(world)
    driver = engine(world, network.upstream(clock=world.clock))

    async def main() -> str:
        result: list[str] = []

        async def impatient() -> None:
            with trio.move_on_after(RTT / 2):
                await driver.lookup(Question.of("a.example.test", "A"))

        async def patient() -> None:
            result.append((await driver.lookup(Question.of("b.example.test", "A"))).status)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(impatient)
            await trio.sleep(RTT / 10)
            nursery.start_soon(patient)
        return result[0]

    assert run(main) == "absent"
    assert network.running == 0


def test_closing_ends_what_is_under_way_at_once_and_nothing_more_is_sent() -> None:
    network = serving(tree())
    upstream = network.upstream()
    replies: list[Message | NoReply] = []

    async def fetch(name: str) -> None:
        replies.append(await upstream.fetch(Question.of(name, "A")))

    async def main() -> tuple[int, float]:
        began = trio.current_time()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(fetch, "www.example.test")
            nursery.start_soon(fetch, "mx.example.test")
            await trio.sleep(1.5 * RTT)
            before = network.count()
            upstream.close()
        assert network.running == 0
        await fetch("late.example.test")
        return network.count() - before, trio.current_time() - began

    assert run(main) == (0, pytest.approx(1.5 * RTT))
    assert [reply.text for reply in replies if isinstance(reply, NoReply)] == ["the resolver was closed"] * 3
    assert not upstream._shared.memory.flights
    upstream.close()


# Servers that are of no use


def refused(send: Send, honest: Message | None) -> Message:
    return made(send, rcode=5, flags=0)


def upwards(send: Send, honest: Message | None) -> Message:
    root = RRset(Name.from_text("."), NS, 3600, (Name.from_text("ns.root.").wire,))
    return made(send, flags=0, authority=(root,))


def recursive(send: Send, honest: Message | None) -> Message | None:
    return honest and made(send, flags=0x0080, rcode=honest.rcode, answer=honest.answer, authority=honest.authority)


def not_implemented(send: Send, honest: Message | None) -> Message:
    return made(send, rcode=4, flags=0)


def stray(send: Send, honest: Message | None) -> Message:
    other = RRset(Name.from_text("other.example.test."), A, 3600, (b"\x01\x02\x03\x04",))
    return made(send, answer=(other,))


USELESS = [refused, upwards, recursive, not_implemented, stray, None]


@pytest.mark.parametrize("twist", USELESS, ids=lambda twist: twist.__name__ if twist else "silent")
def test_a_server_that_is_of_no_use_is_passed_over(twist: object) -> None:
    world = tree()
    network = serving(world).twist(FIRST, twist)  # type: ignore[arg-type]
    for _ in range(4):  # which of the two is asked first is a matter of chance
        (outcome,), _ = look_up(world, network, QUESTION)
        assert outcome.status == "secure"


@pytest.mark.parametrize("twist", [refused, upwards])
def test_a_server_that_does_not_serve_the_zone_is_asked_about_it_once(twist: object) -> None:
    world = tree()
    network = serving(world).twist(FIRST, twist)  # type: ignore[arg-type]
    look_up(world, network, *[f"n{number}.example.test A" for number in range(12)])
    assert network.count(FIRST) <= 2


@pytest.mark.parametrize("twist", [refused, upwards, not_implemented, None])
def test_where_no_server_is_of_use_each_is_named(twist: object) -> None:
    world = tree()
    network = serving(world)
    for address in LEAF_SERVERS:
        network.twist(address, twist)  # type: ignore[arg-type]
    upstream = network.upstream()

    async def main() -> Message | NoReply:
        return await upstream.fetch(Question.of("www.example.test", "A"))

    reply = run(main)
    assert isinstance(reply, NoReply)
    assert reply.why == ("timeout" if twist is None else "unusable")
    assert {origin for origin, _ in reply.attempts} == {f"udp {address}:53" for address in LEAF_SERVERS}
    assert network.count(FIRST) + network.count(SECOND) <= 2 * 4


def test_a_zone_that_nobody_answers_for_is_left_alone_for_a_while() -> None:
    world = tree()
    network = serving(world).twist(FIRST, None).twist(SECOND, None)
    now = [1000.0]
    upstream = network.upstream(clock=lambda: now[0])

    async def ask() -> int:
        before = network.count()
        assert isinstance(await upstream.fetch(Question.of("www.example.test", "A")), NoReply)
        return network.count() - before

    assert run(ask) > 4
    assert run(ask) == 0
    now[0] += 5.0
    assert run(ask) > 0


@pytest.mark.parametrize("rcode", [2, 5])
def test_a_question_that_all_servers_refuse_is_not_put_to_them_again_for_a_while(rcode: int) -> None:
    # RFC 9520 §3.2
    network = serving(tree())
    for address in LEAF_SERVERS:
        network.twist(address, lambda send, honest: made(send, rcode=rcode, flags=0))
    now = [1000.0]
    upstream = network.upstream(clock=lambda: now[0])

    async def ask(name: str = "www.example.test") -> int:
        before = network.count()
        reply = await upstream.fetch(Question.of(name, "A"))
        assert isinstance(reply, NoReply)
        assert {f"udp {address}:53" for address in LEAF_SERVERS} <= {origin for origin, _ in reply.attempts}
        return network.count() - before

    assert run(ask) > 0
    assert run(ask) == 0
    assert run(lambda: ask("mx.example.test")) > 0  # another name may do
    now[0] += 5.0
    assert run(ask) > 0


def test_an_answer_without_aa_serves_where_there_is_no_better_one() -> None:
    world = tree()
    network = serving(world).twist(FIRST, recursive).twist(SECOND, recursive)
    (outcome,), _ = look_up(world, network, QUESTION)
    assert outcome.status == "secure"  # for what signatures say does not depend on who hands them over


def test_the_truth_survives_a_dead_address_in_front_at_every_level() -> None:
    world = tree()
    world.zone("test").add("ns2 A 192.0.2.99")
    world.zone(".").add("test. NS ns2.test.", "ns2.test. A 192.0.2.99")
    network = serving(world)
    (outcome,), seconds = look_up(world, network, QUESTION)
    assert outcome.status == "secure"
    assert seconds < 2.0


def test_a_server_that_does_not_know_edns_is_asked_without_it() -> None:
    world = World("no EDNS")
    world.zone(".", nameserver="ns.root.").add(f"ns.root A {ROOT_SERVER}")
    world.zone("plain", nameserver="ns", signed=False).add(f"ns A {FIRST}", "www A 192.0.2.80")
    zones = zones_of(world)
    network = Network().serve(ROOT_SERVER, zones, ".").serve(FIRST, zones, "plain.")

    def old(send: Send, honest: Message | None) -> Message | None:
        if not send.edns:
            return honest
        return Message(send.question, rcode=1, flags=0x8001, origin=f"udp {send.host}:53", cd=send.cd)

    (outcome,), _ = look_up(world, network.twist(FIRST, old), "www.plain A")
    assert outcome.status == "insecure"
    assert outcome.untrusted is not None  # type: ignore[union-attr]


def test_a_delegation_that_leads_nowhere_any_more_is_asked_for_anew() -> None:
    world = tree()
    network = serving(world)
    upstream = network.upstream(clock=world.clock)

    async def ask(name: str) -> Message | NoReply:
        return await upstream.fetch(Question.of(name, "A"))

    assert isinstance(run(lambda: ask("www.example.test")), Message)
    world.zone("test").remove("ns2.example").remove("example", "NS").add("example NS ns3", "ns3 A 192.0.2.55")
    world.zone("example.test").remove("ns1")
    moved = zones_of(world)
    for address in LEAF_SERVERS:
        network.twist(address, None)
    network.serve(TLD_SERVER, moved, "test.").serve("192.0.2.55", moved, "example.test.")
    network._denials.clear()
    assert isinstance(run(lambda: ask("mx.example.test")), Message)


# Verdicts by server


def forged(send: Send, honest: Message | None) -> Message | None:
    if honest is None or send.question.rdtype == DNSKEY:
        return honest
    answer = tuple(
        RRset(
            rrset.owner,
            rrset.rdtype,
            rrset.ttl,
            tuple(bytes(rdata[:-1]) + b"\x66" for rdata in rrset.rdata),
            rrset.rrsigs,
        )
        for rrset in honest.answer
    )
    return made(send, answer=answer, authority=honest.authority)


def forged_keys(send: Send, honest: Message | None) -> Message | None:
    if honest is None or send.question.rdtype != DNSKEY:
        return honest
    key = RRset(send.question.name, DNSKEY, 3600, (b"\x01\x01\x03\x0d" + 64 * b"\x07",), honest.answer[0].rrsigs)
    return made(send, answer=(key,))


@pytest.mark.parametrize("twist", [forged, forged_keys])
def test_one_server_that_lies_costs_another_try_and_no_verdict(twist: object) -> None:
    world = tree()
    seen = set()
    for _ in range(8):
        network = serving(world).twist(FIRST, twist)  # type: ignore[arg-type]
        (outcome,), _ = look_up(world, network, QUESTION)
        assert outcome.status == "secure"
        seen.add(network.count(FIRST) > 0)
    assert True in seen


def test_where_all_servers_lie_the_proof_names_each_of_them() -> None:
    world = tree()
    network = serving(world).twist(FIRST, forged).twist(SECOND, forged_again)
    (outcome,), _ = look_up(world, network, QUESTION)
    assert outcome.status == "bogus"
    named = origins(outcome.proof)
    assert {f"udp {FIRST}:53", f"udp {SECOND}:53"} <= named


def forged_again(send: Send, honest: Message | None) -> Message | None:
    """Another lie than the other server's: the judge does not look at the same one twice."""
    found = forged(send, honest)
    if found is None or not found.answer or send.question.rdtype == DNSKEY:
        return found
    return made(send, answer=tuple(rrset.with_ttl(77) for rrset in found.answer), authority=found.authority)


def origins(proof: object) -> set[str]:
    found, waiting = set(), [proof]
    while waiting:
        each = waiting.pop()
        if each.message is not None:  # type: ignore[attr-defined]
            found.add(each.message.origin)  # type: ignore[attr-defined]
        waiting += each.rests_on  # type: ignore[attr-defined]
    return found


def test_a_forged_referral_is_overcome_by_the_parents_other_server() -> None:
    """One of two servers of `test.` sends everybody to a liar; the walk comes back and asks the other one."""
    world = tree()
    world.zone("test").add("@ NS ns.test.", "@ NS ns2.test.", "ns2 A 192.0.2.7")
    world.zone(".").add("test. NS ns2.test.", "ns2.test. A 192.0.2.7")
    zones = zones_of(world)
    liar = Name.from_text("ns.evil.test.")

    def elsewhere(send: Send, honest: Message | None) -> Message | None:
        if honest is None or honest.flags & AA:
            return honest
        cut = Name.from_text("example.test.")
        ds = [rrset for rrset in honest.authority if rrset.rdtype == DS]
        return made(
            send,
            flags=0,
            authority=(RRset(cut, NS, 3600, (liar.wire,)), *ds),
            additional=(RRset(liar, A, 3600, (bytes((192, 0, 2, 8)),)),),
        )

    for _ in range(6):
        network = serving(world).serve("192.0.2.7", zones, "test.").twist("192.0.2.7", elsewhere)
        network.serve("192.0.2.8", zones, "example.test.").twist("192.0.2.8", forged)
        (outcome,), _ = look_up(world, network, QUESTION)
        assert outcome.status == "secure"


def test_three_servers_are_tried_for_one_question_and_the_third_may_save_it() -> None:
    """R97's last attempt has CD clear and names nobody to avoid; here it goes to whom the judge has not heard."""
    world = tree()
    world.zone("test").add("example NS ns3.example.test.", "ns3.example A 192.0.2.9")
    world.zone("example.test").add("@ NS ns3", "ns3 A 192.0.2.9")
    for _ in range(6):
        network = serving(world).twist(FIRST, forged).twist(SECOND, forged_again)
        network.serve("192.0.2.9", zones_of(world), "example.test.")
        (outcome,), _ = look_up(world, network, "www.example.test A")
        assert outcome.status == "secure"


def test_a_server_without_glue_is_looked_up_before_a_liar_is_asked_again() -> None:
    world = tree()
    world.zone("test").add("two NS ns1.example.test.")
    world.zone("two.test", nameserver="ns").add("ns A 192.0.2.9", "www A 192.0.2.80")
    zones = zones_of(world)
    network = serving(world).serve("192.0.2.9", zones, "two.test.").serve(FIRST, zones, "two.test.")

    def alone(send: Send, honest: Message | None) -> Message | None:
        if honest is None or honest.flags & AA or not send.question.name.is_under(Name.from_text("two.test.")):
            return honest
        glue = tuple(rrset for rrset in honest.additional if rrset.owner == Name.from_text("ns.two.test."))
        return made(send, flags=0, authority=honest.authority, additional=glue)

    upstream = network.twist(TLD_SERVER, alone).upstream()

    async def main() -> tuple[str, str]:
        first = await upstream.fetch(Question.of("www.two.test", "A"))
        assert isinstance(first, Message)
        second = await upstream.fetch(Question.of("www.two.test", "A"), avoid=frozenset({first.origin}))
        assert isinstance(second, Message)
        return first.origin, second.origin

    assert run(main) == ("udp 192.0.2.9:53", f"udp {FIRST}:53")


def test_the_last_attempt_goes_to_whom_the_judge_has_not_heard() -> None:
    world = tree()
    world.zone("test").add("example NS ns3.example.test.", "ns3.example A 192.0.2.9")
    world.zone("example.test").add("@ NS ns3", "ns3 A 192.0.2.9")
    network = serving(world).serve("192.0.2.9", zones_of(world), "example.test.")
    network.rtt["192.0.2.9"] = 0.3  # known to be slow, so it is nobody's first choice
    upstream = network.upstream()
    both = frozenset(f"udp {address}:53" for address in LEAF_SERVERS)

    async def main() -> list[str]:
        await upstream.fetch(Question.of("x.example.test", "A"), avoid=both)
        for number in range(4):
            await upstream.fetch(Question.of(f"y{number}.example.test", "A"))
        question = Question.of("www.example.test", "A")
        upstream._shared.roster._records[FIRST].suspect = None
        upstream._shared.roster._records[SECOND].suspect = None
        first = await upstream.fetch(question)
        assert isinstance(first, Message)
        second = await upstream.fetch(question, avoid=frozenset({first.origin}))
        third = await upstream.fetch(question, cd=False)
        assert isinstance(second, Message)
        assert isinstance(third, Message)
        assert not third.cd
        return [first.origin, second.origin, third.origin]

    assert len(set(run(main))) == 3


@pytest.mark.parametrize(("twist", "turns"), [(None, 2), (refused, 1)])
def test_servers_that_do_not_serve_any_more_are_asked_for_once_more_at_the_parent(twist: object, turns: int) -> None:
    network = serving(tree())
    upstream = network.upstream()

    async def main() -> int:
        await upstream.fetch(Question.of("www.example.test", "A"))
        network.twist(FIRST, twist).twist(SECOND, twist)  # type: ignore[arg-type]
        before = network.count()
        assert isinstance(await upstream.fetch(Question.of("mx.example.test", "A")), NoReply)
        return network.count() - before

    assert run(main) == 2 * turns + 1


def test_a_liar_is_asked_last_once_it_was_caught() -> None:
    world = tree()
    network = serving(world).twist(FIRST, forged)
    names = [f"{label}.example.test TXT" for label in ("wild", "x.wild", "y.wild", "z.wild", "v.wild", "w.wild")]
    outcomes, _ = look_up(world, network, "www.example.test A", *names[1:])
    assert {outcome.status for outcome in outcomes} == {"secure"}
    assert network.count(FIRST) <= 3
