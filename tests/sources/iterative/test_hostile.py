"""Zones that want the resolver to work, to speak to whom it should not, or to believe what they have no say in."""

from __future__ import annotations

import itertools

import pytest

from resolver.data.name import Name
from resolver.data.rrset import Message, NoReply, Question, RRset
from resolver.data.types import AAAA, CNAME, NS, A
from resolver.sources.iterative.asks import Send
from resolver.sources.iterative.hints import Hints
from resolver.sources.iterative.limits import (
    DEAD_SILENCES,
    MAX_DEPTH,
    MAX_NAMES,
    MAX_NAMES_REFERRAL,
    MAX_QUERIES,
    MAX_SERVERS,
    MAX_TRIES,
    MOST_CREDIT,
    NAME_CREDIT,
)
from resolver.sources.iterative.roster import LOST
from resolver.sources.iterative.upstream import IterativeUpstream
from resolver.testing import World
from tests.sources.iterative.network import AA, QR, ROOT_SERVER, Network, made, zones_of
from tests.sources.iterative.trees import TLD_SERVER, look_up, run, serving, tree

EVIL, VICTIM = "192.0.2.66", "192.0.2.67"


def name(text: str) -> Name:
    return Name.from_text(text)


def address(text: str) -> bytes:
    return bytes(map(int, text.split(".")))


def ns(owner: Name, *targets: str) -> RRset:
    return RRset(owner, NS, 3600, tuple(name(target).wire for target in targets))


def glue(target: str, *hosts: str) -> RRset:
    return RRset(name(target), A, 3600, tuple(map(address, hosts)))


def lawless() -> tuple[World, Network]:
    """A root and `test.`, below it the unsigned `evil.test.` and `victim.test.`."""
    world = World("lawless")
    world.zone(".", nameserver="ns.root.").add(f"ns.root A {ROOT_SERVER}")
    world.zone("test", nameserver="ns").add(f"ns A {TLD_SERVER}")
    world.zone("evil.test", nameserver="ns", signed=False).add(f"ns A {EVIL}")
    world.zone("victim.test", nameserver="ns", signed=False).add(f"ns A {VICTIM}", "www A 192.0.2.80")
    zones = zones_of(world)
    network = Network().serve(ROOT_SERVER, zones, ".").serve(TLD_SERVER, zones, "test.")
    return world, network.serve(EVIL, zones, "evil.test.").serve(VICTIM, zones, "victim.test.")


def ask(network: Network, question: str, times: int = 1) -> Message | NoReply:
    upstream = network.upstream()

    async def main() -> Message | NoReply:
        for _ in range(times):
            reply = await upstream.fetch(Question.of(*question.split()))
        return reply

    return run(main)


# NXNSAttack and its kin (CVE-2020-12662, CVE-2020-8616)


def bomb(send: Send, honest: Message | None) -> Message:
    """A referral to many servers without addresses, all in the victim's zone, other ones each time."""
    number = next(_numbers)
    targets = [f"n{number}-{index}.victim.test." for index in range(300)]
    cut = send.question.name if len(send.question.name.labels) == 3 else send.question.name.rightmost(3)
    return made(send, flags=0, authority=(ns(cut, *targets),))


_numbers = itertools.count()


def test_a_referral_to_hundreds_of_names_makes_few_queries_to_the_victim() -> None:
    _, network = lawless()
    reply = ask(network.twist(EVIL, bomb), "www.evil.test A")
    assert isinstance(reply, NoReply)
    assert 0 < network.count(VICTIM) <= 2 * MAX_NAMES_REFERRAL
    assert network.count() <= 2 * MAX_NAMES_REFERRAL + 12


def test_a_whole_lookup_of_a_bomb_is_bounded() -> None:
    world, network = lawless()
    outcomes, _ = look_up(world, network.twist(EVIL, bomb), "a.b.c.d.e.f.g.evil.test TLSA")
    assert outcomes[0].status in ("insecure", "indeterminate")
    assert network.count(VICTIM) <= 4 * MAX_NAMES_REFERRAL


@pytest.mark.parametrize("deeper", [False, True])
def test_many_questions_about_one_domain_do_not_multiply_what_a_bomb_costs(deeper: bool) -> None:
    """What a signed zone could do to one lookup: answer each question of the judge's with another bomb."""
    _, network = lawless()

    def bombs(send: Send, honest: Message | None) -> Message:
        wanted = send.question.name
        number = next(_numbers)
        targets = [f"n{number}-{index}.victim.test." for index in range(20)]
        if deeper and len(wanted.labels) > 3 and network.sent.count((EVIL, send.question)) == 1:
            cut = wanted.rightmost(3)  # first into a zone of its own, which then drops the bomb
            return made(send, flags=0, authority=(ns(cut, f"ns.{cut}"),), additional=(glue(f"ns.{cut}", EVIL),))
        return made(send, flags=0, authority=(ns(wanted, *targets),))

    upstream = network.twist(EVIL, bombs).upstream()

    async def main() -> None:
        for number in range(40):
            await upstream.fetch(Question.of(f"www.z{number}.evil.test", "A"))

    run(main)
    with_credit = NAME_CREDIT // MAX_NAMES_REFERRAL  # lookups; the others try one name each, for IPv4 and for IPv6
    assert network.count(VICTIM) == 2 * (NAME_CREDIT + 40 - with_credit)


def test_a_registry_below_a_domain_does_not_run_out_of_credit() -> None:
    world = World("registry")
    world.zone(".", nameserver="ns.root.").add(f"ns.root A {ROOT_SERVER}")
    world.zone("test", nameserver="ns").add(f"ns A {TLD_SERVER}")
    registry = world.zone("co.test", nameserver="ns", signed=False).add(f"ns A {EVIL}")
    world.zone("victim.test", nameserver="ns", signed=False).add(f"ns A {VICTIM}")
    hosts = world.zone("victim.test")
    for number in range(2 * NAME_CREDIT):
        hosts.add(f"n{number} A {VICTIM}")
        registry.add(f"good{number} NS n{number}.victim.test.", f"bad{number} NS no{number}.victim.test.")
    zones = zones_of(world)
    network = Network().serve(ROOT_SERVER, zones, ".").serve(TLD_SERVER, zones, "test.").serve(EVIL, zones, "co.test.")
    network.serve(VICTIM, zones, "victim.test.")

    def hosting(send: Send, honest: Message | None) -> Message | None:
        if not send.question.name.is_under(name("co.test.")):
            return honest
        return made(send, answer=(RRset(send.question.name, A, 60, (address("192.0.2.80"),)),))

    upstream = network.twist(VICTIM, hosting).upstream()

    async def main() -> int:
        good = 0
        for number in range(2 * NAME_CREDIT):
            good += isinstance(await upstream.fetch(Question.of(f"www.good{number}.co.test", "A")), Message)
            assert isinstance(await upstream.fetch(Question.of(f"www.bad{number}.co.test", "A")), NoReply)
        return good

    assert run(main) == 2 * NAME_CREDIT


def test_a_few_hostile_zones_of_a_registry_do_not_take_the_others_along() -> None:
    """All of `co.test.` is one domain as far as credit goes, for nobody knows whose a zone is."""
    world = World("shared registry")
    world.zone(".", nameserver="ns.root.").add(f"ns.root A {ROOT_SERVER}")
    world.zone("test", nameserver="ns").add(f"ns A {TLD_SERVER}")
    registry = world.zone("co.test", nameserver="ns", signed=False).add(f"ns A {EVIL}")
    for number in range(2 * MOST_CREDIT):
        registry.add(f"bad{number // MAX_NAMES_REFERRAL} NS no{number}.victim.test.")
    world.zone("victim.test", nameserver="ns", signed=False).add(f"ns A {VICTIM}", f"host A {VICTIM}")
    world.zone("good.co.test", nameserver="host.victim.test.", signed=False).add("www A 192.0.2.80")
    zones = zones_of(world)
    network = Network().serve(ROOT_SERVER, zones, ".").serve(TLD_SERVER, zones, "test.").serve(EVIL, zones, "co.test.")
    upstream = network.serve(VICTIM, zones, "victim.test.", "good.co.test.").upstream()

    async def main() -> Message | NoReply:
        for number in range(2 * MOST_CREDIT // MAX_NAMES_REFERRAL):
            assert isinstance(await upstream.fetch(Question.of(f"www.bad{number}.co.test", "A")), NoReply)
        return await upstream.fetch(Question.of("www.good.co.test", "A"))

    assert isinstance(run(main), Message)


def test_bombs_inside_bombs_are_bounded_too() -> None:
    """Every name of the referral lies in another zone of the attacker's, whose servers are such names again."""
    _, network = lawless()

    def nested(send: Send, honest: Message | None) -> Message:
        number = next(_numbers)
        cut = send.question.name if len(send.question.name.labels) <= 3 else send.question.name.rightmost(3)
        return made(send, flags=0, authority=(ns(cut, *[f"x.z{number}-{index}.evil.test." for index in range(50)]),))

    reply = ask(network.twist(EVIL, nested), "www.evil.test A")
    assert isinstance(reply, NoReply)
    assert network.count() <= MAX_QUERIES
    assert network.count(EVIL) <= 2 * (1 + MAX_NAMES)


@pytest.mark.parametrize(("length", "found"), [(1, True), (MAX_DEPTH, True), (MAX_DEPTH + 1, False), (9, False)])
def test_server_names_that_need_server_names_are_followed_to_a_depth(length: int, found: bool) -> None:
    world = World("chain")
    world.zone(".", nameserver="ns.root.").add(f"ns.root A {ROOT_SERVER}")
    world.zone("test", nameserver="ns").add(f"ns A {TLD_SERVER}")
    for number in range(length):
        world.zone(f"z{number}.test", nameserver=f"host.z{number + 1}.test.", signed=False).add(
            "www A 192.0.2.80", f"host A {EVIL}"
        )
    world.zone(f"z{length}.test", nameserver="ns", signed=False).add(f"ns A {EVIL}", f"host A {EVIL}")
    zones = zones_of(world)
    network = Network().serve(ROOT_SERVER, zones, ".").serve(TLD_SERVER, zones, "test.")
    network.serve(EVIL, zones, *(f"z{number}.test." for number in range(length + 1)))
    assert isinstance(ask(network, "www.z0.test A"), Message) is found
    assert network.count() <= 2 * length + 6


def test_a_chain_of_zones_is_paid_from_one_purse() -> None:
    _, network = lawless()

    def deeper(send: Send, honest: Message | None) -> Message:
        wanted = send.question.name
        depth = min(len(wanted.labels), 3 + network.count(EVIL))
        return made(
            send,
            flags=0,
            authority=(ns(wanted.rightmost(depth), f"ns.{wanted.rightmost(depth)}"),),
            additional=(glue(f"ns.{wanted.rightmost(depth)}", EVIL),),
        )

    reply = ask(network.twist(EVIL, deeper), ".".join(["a"] * 100) + ".evil.test A")
    assert isinstance(reply, NoReply)
    assert reply.why == "limit"
    assert "NXNSAttack" in reply.text
    assert network.count() == MAX_QUERIES


def test_a_referral_is_read_to_a_limit() -> None:
    _, network = lawless()

    def many(send: Send, honest: Message | None) -> Message:
        if send.question.name == name("evil.test."):
            return made(send)
        targets = [f"n{index}.evil.test." for index in range(200)]
        hosts = tuple(
            glue(target, *[f"198.51.{index % 250}.{last}" for last in range(1, 250)])
            for index, target in enumerate(targets)
        )
        return made(send, flags=0, authority=(ns(send.question.name, *targets),), additional=hosts)

    reply = ask(network.twist(EVIL, many), "www.evil.test A")
    assert isinstance(reply, NoReply)
    assert network.count() <= MAX_QUERIES
    assert len({host for host, _ in network.sent}) <= MAX_SERVERS * 4 + 3


def test_what_is_asked_again_without_edns_counts_too() -> None:
    _, network = lawless()
    targets = [f"n{index}.www.evil.test." for index in range(MAX_SERVERS)]
    hosts = [f"198.51.100.{index}" for index in range(MAX_SERVERS)]

    def many(send: Send, honest: Message | None) -> Message:
        return made(
            send,
            flags=0,
            authority=(ns(name("www.evil.test."), *targets),),
            additional=tuple(map(glue, targets, hosts)),
        )

    for host in hosts:
        network.twist(
            host, lambda send, honest: Message(send.question, rcode=1, flags=QR | 1, origin=f"udp {send.host}:53")
        )
    assert isinstance(ask(network.twist(EVIL, many), "www.evil.test A"), NoReply)
    assert sum(host in hosts for host, _ in network.sent) == MAX_TRIES


def test_an_address_that_strangers_name_is_not_flooded() -> None:
    """Each zone of the attacker's has the same server: an address of somebody who runs no server at all."""
    _, network = lawless()

    def aimed(send: Send, honest: Message | None) -> Message:
        cut = send.question.name.rightmost(3)
        return made(send, flags=0, authority=(ns(cut, f"ns.{cut}"),), additional=(glue(f"ns.{cut}", "192.0.2.99"),))

    now = [1000.0]
    upstream = network.twist(EVIL, aimed).upstream(clock=lambda: now[0])

    async def main() -> None:
        for number in range(40):
            await upstream.fetch(Question.of(f"www.z{number}.evil.test", "A"))

    run(main)
    assert network.count("192.0.2.99") == DEAD_SILENCES
    now[0] += 5.0
    run(main)
    assert network.count("192.0.2.99") == DEAD_SILENCES + 1


def test_a_server_that_is_silent_about_zones_of_others_is_still_asked_for_its_own() -> None:
    """Some servers say nothing where others say REFUSED; whoever delegates zones to them must not make them look dead."""
    _, network = lawless()

    def aimed(send: Send, honest: Message | None) -> Message:
        cut = send.question.name.rightmost(3)
        return made(send, flags=0, authority=(ns(cut, f"ns.{cut}"),), additional=(glue(f"ns.{cut}", VICTIM),))

    def curt(send: Send, honest: Message | None) -> Message | None:
        return honest if send.question.name.is_under(name("victim.test.")) else None

    upstream = network.twist(EVIL, aimed).twist(VICTIM, curt).upstream()

    async def main() -> Message | NoReply:
        assert isinstance(await upstream.fetch(Question.of("www.victim.test", "A")), Message)
        for number in range(DEAD_SILENCES):
            for rdtype in ("A", "TLSA"):
                await upstream.fetch(Question.of(f"www.z{number}.evil.test", rdtype))
        return await upstream.fetch(Question.of("mx.victim.test", "A"))

    assert isinstance(run(main), Message)


# Loops


def test_zones_whose_servers_lie_in_each_other_end_in_no_reply() -> None:
    world = World("loop")
    world.zone(".", nameserver="ns.root.").add(f"ns.root A {ROOT_SERVER}")
    world.zone("test", nameserver="ns").add(
        f"ns A {TLD_SERVER}",
        "a NS ns.b",
        "b NS ns.a",
        "self NS ns.self",
        "three NS ns.four",
        "four NS ns.five",
        "five NS ns.three",
    )
    zones = zones_of(world)
    for question in ("www.a.test A", "www.self.test A", "www.three.test A"):
        network = Network().serve(ROOT_SERVER, zones, ".").serve(TLD_SERVER, zones, "test.")
        reply = ask(network, question)
        assert isinstance(reply, NoReply)
        assert "no address is known" in reply.text
        assert network.count() <= 12


def test_a_referral_to_the_same_zone_or_sideways_is_of_no_use() -> None:
    for owner in ("evil.test.", "test.", "victim.test.", "www.victim.test."):
        _, network = lawless()

        def turning(send: Send, honest: Message | None, owner: str = owner) -> Message:
            return made(
                send, flags=0, authority=(ns(name(owner), "ns.evil.test."),), additional=(glue("ns.evil.test.", EVIL),)
            )

        reply = ask(network.twist(EVIL, turning), "www.evil.test A")
        assert isinstance(reply, NoReply)
        assert network.count(EVIL) == 1


def test_what_fails_for_a_limit_of_one_lookup_is_not_held_against_the_zones_on_its_way() -> None:
    """`z0` is too far from any glue; the zones on the way to it are not."""
    world = World("too far")
    world.zone(".", nameserver="ns.root.").add(f"ns.root A {ROOT_SERVER}")
    world.zone("test", nameserver="ns").add(f"ns A {TLD_SERVER}")
    last = MAX_DEPTH + 1
    for number in range(last):
        world.zone(f"z{number}.test", nameserver=f"host.z{number + 1}.test.", signed=False).add(
            "www A 192.0.2.80", f"host A {EVIL}"
        )
    world.zone(f"z{last}.test", nameserver="ns", signed=False).add(f"ns A {EVIL}", f"host A {EVIL}")
    zones = zones_of(world)
    network = Network().serve(ROOT_SERVER, zones, ".").serve(TLD_SERVER, zones, "test.")
    upstream = network.serve(EVIL, zones, *(f"z{number}.test." for number in range(last + 1))).upstream()

    async def main() -> list[bool]:
        return [
            isinstance(await upstream.fetch(Question.of(f"www.z{number}.test", "A")), Message)
            for number in (0, MAX_DEPTH, 1)
        ]

    assert run(main) == [False, True, True]


def test_a_server_name_that_was_met_in_a_circle_may_lead_somewhere_for_others() -> None:
    """To reach `a`, `ns.a` is passed by, which needs `a` itself; for `d` it leads to where it should."""
    world = World("circle")
    world.zone(".", nameserver="ns.root.").add(f"ns.root A {ROOT_SERVER}")
    world.zone("test", nameserver="ns").add(f"ns A {TLD_SERVER}", "b NS ns.c.test.")
    world.zone("a.test", nameserver="ns.b.test.", signed=False).add(f"ns A {EVIL}", "www A 192.0.2.80")
    world.zone("b.test", nameserver="ns.a.test.", signed=False).add(f"ns A {EVIL}")
    world.zone("c.test", nameserver="n", signed=False).add(f"n A {EVIL}", f"ns A {EVIL}")
    world.zone("d.test", nameserver="ns.a.test.", signed=False).add("www A 192.0.2.80")
    zones = zones_of(world)
    network = Network().serve(ROOT_SERVER, zones, ".").serve(TLD_SERVER, zones, "test.")
    upstream = network.serve(EVIL, zones, *(f"{label}.test." for label in "abcd")).upstream()

    async def main() -> list[bool]:
        questions = [Question.of("www.a.test", "A"), Question.of("www.d.test", "A")]
        return [isinstance(await upstream.fetch(question), Message) for question in questions]

    assert run(main) == [True, True]


def test_silent_servers_of_one_zone_do_not_hide_the_addresses_of_others() -> None:
    """Three silent IPv4 addresses make IPv4 look like a black hole; a server name that has no other address leads there
    nevertheless."""
    world = World("black hole")
    world.zone(".", nameserver="ns.root.").add("ns.root AAAA 2001:db8::1")
    world.zone("test", nameserver="ns").add("ns AAAA 2001:db8::2", "evil NS ns.evil")
    for last in range(1, LOST + 1):
        world.zone("test").add(f"ns.evil A 198.51.100.{last}")
    world.zone("hoster.test", nameserver="ns", signed=False).add("ns AAAA 2001:db8::3", f"host A {VICTIM}")
    world.zone("victim.test", nameserver="host.hoster.test.", signed=False).add("www A 192.0.2.80")
    zones = zones_of(world)
    network = Network().serve("2001:db8::1", zones, ".").serve("2001:db8::2", zones, "test.")
    network.serve("2001:db8::3", zones, "hoster.test.").serve(VICTIM, zones, "victim.test.")
    network.clock = lambda: 1000.0
    hints = Hints({name("ns.root."): ("2001:db8::1",)}, 53, False)
    upstream = IterativeUpstream(hints, clock=network.clock, exchange=network.exchange)

    async def main() -> list[bool]:
        questions = [Question.of("www.evil.test", "A"), Question.of("www.victim.test", "A")]
        return [isinstance(await upstream.fetch(question), Message) for question in questions]

    assert run(main) == [False, True]


# Ghosts


def test_a_zone_below_does_not_outlive_the_delegation_that_leads_to_it() -> None:
    """CVE-2022-30698: `evil.test.` lives on in `sub.evil.test.` after `test.` has let go of it."""
    _, network = lawless()

    def short(send: Send, honest: Message | None) -> Message | None:
        if honest is None or honest.flags & AA:
            return honest
        return made(send, flags=0, authority=(honest.authority[0].with_ttl(300),), additional=honest.additional)

    def ghost(send: Send, honest: Message | None) -> Message:
        depth = min(len(send.question.name.labels), 3 + network.count(EVIL))
        if depth == len(send.question.name.labels):
            return made(send, answer=(RRset(send.question.name, A, 86400, (address("192.0.2.80"),)),))
        cut = send.question.name.rightmost(depth)
        authority = (ns(cut, f"ns.{cut}").with_ttl(86400),)
        return made(send, flags=0, authority=authority, additional=(glue(f"ns.{cut}", EVIL),))

    now = [1000.0]
    upstream = network.twist(TLD_SERVER, short).twist(EVIL, ghost).upstream(clock=lambda: now[0])

    async def ask_at(seconds: float, question: str) -> Message | NoReply:
        now[0] = 1000.0 + seconds
        return await upstream.fetch(Question.of(question, "A"))

    assert isinstance(run(lambda: ask_at(0, "a.b.c.d.evil.test")), Message)
    before = network.count(TLD_SERVER)
    assert isinstance(run(lambda: ask_at(299, "z.a.b.c.d.evil.test")), Message)
    assert network.count(TLD_SERVER) == before
    network.twist(TLD_SERVER, lambda send, honest: made(send, rcode=5, flags=0))
    assert isinstance(run(lambda: ask_at(310, "y.a.b.c.d.evil.test")), NoReply)
    assert network.count(TLD_SERVER) == before + 1


# Glue and bailiwick


def test_servers_without_glue_are_looked_up() -> None:
    world = tree()
    world.zone("other.test", nameserver="ns1.example.test.").add("www A 192.0.2.81")
    network = serving(world)
    for host in ("192.0.2.3", "192.0.2.4"):
        network.serve(host, zones_of(world), "other.test.")
    (outcome,), _ = look_up(world, network, "www.other.test A")
    assert outcome.status == "secure"


def test_servers_with_ipv6_addresses_only_are_reached() -> None:
    world = World("six")
    world.zone(".", nameserver="ns.root.").add(f"ns.root A {ROOT_SERVER}")
    world.zone("test", nameserver="ns").add("ns AAAA 2001:db8::2")
    world.zone("a.test", nameserver="host.b.six.").add("www A 192.0.2.80")
    world.zone("six", nameserver="ns").add("ns AAAA 2001:db8::4")
    world.zone("b.six", nameserver="ns").add("ns AAAA 2001:db8::3", "host AAAA 2001:db8::3")
    zones = zones_of(world)
    network = Network().serve(ROOT_SERVER, zones, ".").serve("2001:db8::2", zones, "test.")
    network.serve("2001:db8::3", zones, "a.test.", "b.six.").serve("2001:db8::4", zones, "six.")
    (outcome,), _ = look_up(world, network, "www.a.test A")
    assert outcome.status == "secure"
    assert any(question == Question(name("host.b.six."), AAAA) for _, question in network.sent)


def test_glue_for_a_name_outside_the_referrers_zone_is_not_believed() -> None:
    """`evil.test.` sends a child to a server of the victim's and says where that is; the address is looked up."""
    _, network = lawless()

    def poisoned(send: Send, honest: Message | None) -> Message:
        return made(
            send,
            flags=0,
            authority=(ns(name("www.evil.test."), "www.victim.test."),),
            additional=(glue("www.victim.test.", EVIL),),
        )

    ask(network.twist(EVIL, poisoned), "www.evil.test A")
    assert network.count(EVIL) == 1
    assert network.count("192.0.2.80") > 0


def test_glue_is_no_answer_and_reaches_no_other_delegation() -> None:
    _, network = lawless()

    def poisoned(send: Send, honest: Message | None) -> Message:
        return made(
            send,
            flags=0,
            authority=(ns(name("sub.evil.test."), "ns.sub.evil.test."), ns(name("victim.test."), "ns.evil.test.")),
            additional=(glue("ns.sub.evil.test.", EVIL), glue("www.victim.test.", EVIL), glue("ns.victim.test.", EVIL)),
        )

    upstream = network.twist(EVIL, poisoned).upstream()

    async def main() -> Message | NoReply:
        await upstream.fetch(Question.of("x.sub.evil.test", "A"))
        return await upstream.fetch(Question.of("www.victim.test", "A"))

    reply = run(main)
    assert isinstance(reply, Message)
    assert reply.find(name("www.victim.test."), A).rdata == (address("192.0.2.80"),)  # type: ignore[union-attr]
    assert reply.origin == f"udp {VICTIM}:53"


def test_records_of_other_zones_beside_an_answer_are_left_out() -> None:
    """RFC 5452 §6: an unsigned zone's alias must not bring the target's records along."""
    world, network = lawless()

    def poisoned(send: Send, honest: Message | None) -> Message:
        alias = RRset(name("www.evil.test."), CNAME, 3600, (name("www.victim.test.").wire,))
        return made(
            send,
            answer=(alias, glue("www.victim.test.", EVIL)),
            authority=(ns(name("victim.test."), "ns.evil.test."),),
            additional=(glue("ns.evil.test.", EVIL),),
        )

    network.twist(EVIL, poisoned)
    reply = ask(network, "www.evil.test A")
    assert isinstance(reply, Message)
    assert [(rrset.owner, rrset.rdtype) for rrset in reply.answer] == [(name("www.evil.test."), CNAME)]
    assert not reply.authority
    assert not reply.additional
    (outcome,), _ = look_up(world, network, "www.evil.test A")
    assert outcome.status == "insecure"
    assert outcome.untrusted is None or outcome.untrusted.rdata == (address("192.0.2.80"),)  # type: ignore[union-attr]


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "0.1.2.3", "224.0.0.1", "169.254.1.1", "255.255.255.255"])
def test_a_referral_to_this_machine_or_to_everybody_is_not_followed(host: str) -> None:
    _, network = lawless()

    def inwards(send: Send, honest: Message | None) -> Message:
        return made(
            send,
            flags=0,
            authority=(ns(name("www.evil.test."), "ns.www.evil.test."),),
            additional=(glue("ns.www.evil.test.", host),),
        )

    assert isinstance(ask(network.twist(EVIL, inwards), "www.evil.test A"), NoReply)
    assert network.count(host) == 0


def test_a_server_name_that_resolves_to_this_machine_is_not_asked() -> None:
    _, network = lawless()

    def inwards(send: Send, honest: Message | None) -> Message:
        return made(send, flags=0, authority=(ns(name("www.evil.test."), "www.victim.test."),))

    def local(send: Send, honest: Message | None) -> Message:
        return made(send, answer=(RRset(send.question.name, A, 60, (address("127.0.0.1"),)),))

    assert isinstance(ask(network.twist(EVIL, inwards).twist(VICTIM, local), "www.evil.test A"), NoReply)
    assert network.count("127.0.0.1") == 0


def test_the_glue_of_a_servers_own_zone_spares_a_question() -> None:
    world = tree()
    world.zone("other.test", nameserver="ns1.example.test.").add("www A 192.0.2.81")
    network = serving(world)
    network.serve("192.0.2.3", zones_of(world), "other.test.")
    network.twist(TLD_SERVER, without_glue_of_other_zones)
    (outcome,), _ = look_up(world, network, "www.other.test A")
    assert outcome.status == "secure"
    assert not any(
        host in ("192.0.2.3", "192.0.2.4") and question.rdtype == A and question.name == name("ns1.example.test.")
        for host, question in network.sent
    )


def without_glue_of_other_zones(send: Send, honest: Message | None) -> Message | None:
    if honest is None or honest.flags & AA or send.question.name.is_under(name("example.test.")):
        return honest
    return made(send, flags=0, authority=honest.authority)


def test_a_forged_ds_of_another_zone_in_a_referral_is_left_out() -> None:
    # R11: what a parent says of a sibling beside a referral is not asked for, and not kept.
    world = tree()
    network = serving(world)

    def sibling(send: Send, honest: Message | None) -> Message | None:
        if honest is None or honest.flags & AA:
            return honest
        moved = tuple(
            RRset(name("sibling.test."), rrset.rdtype, rrset.ttl, rrset.rdata, rrset.rrsigs)
            if rrset.rdtype == 43
            else rrset
            for rrset in honest.authority
        )
        return made(send, flags=0, authority=moved, additional=honest.additional)

    upstream = network.twist(TLD_SERVER, sibling).upstream()

    async def main() -> int:
        await upstream.fetch(Question.of("www.example.test", "A"))
        before = network.count()
        await upstream.fetch(Question.of("sibling.test", "DS"))
        return network.count() - before

    assert run(main) >= 1
