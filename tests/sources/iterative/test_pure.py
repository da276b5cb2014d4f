"""The walk without trio: a plain loop answers what it asks."""

from __future__ import annotations

from typing import Any

from resolver.data.rrset import Message, NoReply, Question
from resolver.data.types import DNSKEY, DS
from resolver.sources.iterative.asks import Beside, Heard, Send, Unheard
from resolver.sources.iterative.delegation import Delegation
from resolver.sources.iterative.hints import Hints
from resolver.sources.iterative.memory import Memory
from resolver.sources.iterative.roster import Roster
from resolver.sources.iterative.servers import Shared, host_of
from resolver.sources.iterative.walk import Lookup
from resolver.validator.ask import Ask, run
from tests.sources.iterative.network import ROOT_SERVER, Network
from tests.sources.iterative.trees import serving, tree

NOW = 1000.0


def shared() -> Shared:
    from resolver.data.name import Name

    hints = Hints({Name.from_text("ns.root."): (ROOT_SERVER,)}, 53, False)
    return Shared(Memory(Delegation.of_root(hints)), Roster(), 53, False, False)


def walk(known: Shared, network: Network, question: str, avoid: frozenset[str] = frozenset()) -> Message | NoReply:
    """Run one lookup to its end; what goes beside it first."""

    def perform(ask: Ask[Any]) -> Any:
        if isinstance(ask, Beside):
            return run(ask.walk, perform)
        assert isinstance(ask, Send)
        network.sent.append((ask.host, ask.question))
        reply = network.reply(ask)
        return Heard(reply, 0.1, NOW) if reply is not None else Unheard("timeout", "nothing", NOW)

    return run(Lookup(known, Question.of(*question.split()), cd=True, avoid=avoid, now=NOW).run(), perform)


def test_a_walk_needs_nothing_but_answers_to_what_it_asks() -> None:
    network, known = serving(tree()), shared()
    reply = walk(known, network, "www.example.test A")
    assert isinstance(reply, Message)
    assert reply.find(*Question.of("www.example.test", "A")) is not None
    assert network.count() == 6


def test_what_the_judge_asks_next_is_there_already_and_serves_once() -> None:
    network, known = serving(tree()), shared()
    walk(known, network, "www.example.test A")
    before = network.count()
    for question in (". DNSKEY", "test DS", "test DNSKEY", "example.test DS", "example.test DNSKEY"):
        reply = walk(known, network, question)
        assert isinstance(reply, Message)
        assert reply.question == Question.of(*question.split())
    assert network.count() == before
    walk(known, network, "test DNSKEY")  # R121: whoever asks again wants to know anew
    assert network.count() == before + 1


def test_a_reply_that_did_not_hold_is_not_served_again() -> None:
    network, known = serving(tree()), shared()
    walk(known, network, "www.example.test A")
    before = network.count()
    ds = walk(known, network, "example.test DS", avoid=frozenset({"udp 192.0.2.2:53"}))
    assert isinstance(ds, Message)
    assert ds.origin == "tcp 192.0.2.2:53"  # the only server of `test.`, over TCP now
    assert network.count() > before


def test_the_ds_of_a_referral_is_a_reply_of_the_parents_server() -> None:
    network, known = serving(tree()), shared()
    walk(known, network, "www.example.test A")
    reply = walk(known, network, "example.test DS")
    assert isinstance(reply, Message)
    assert reply.origin == "udp 192.0.2.2:53"
    assert [rrset.rdtype for rrset in reply.answer] == [DS]
    assert reply.answer[0].rrsigs
    assert not any(question.rdtype == DS for _, question in network.sent)
    assert sum(question.rdtype == DNSKEY for _, question in network.sent) == 3


def test_an_address_is_read_out_of_an_origin() -> None:
    assert host_of("udp 192.0.2.1:53") == "192.0.2.1"
    assert host_of("tcp [2001:db8::1]:5353") == "2001:db8::1"
    assert host_of("system") == ""
