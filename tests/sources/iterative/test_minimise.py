"""QNAME minimisation (RFC 9156): no server is shown more of a name than it needs."""

from __future__ import annotations

import pytest

from resolver.data.rrset import Message
from resolver.data.types import TLSA, A
from resolver.sources.iterative.asks import Send
from resolver.sources.iterative.limits import MAX_MINIMISE_COUNT
from tests.sources.iterative.network import ROOT_SERVER, made
from tests.sources.iterative.trees import LEAF_SERVERS, TLD_SERVER, look_up, serving, tree

QUESTION = "_443._tcp.www.example.test TLSA"


def test_each_server_is_shown_one_label_more_than_its_zone() -> None:
    world = tree()
    network = serving(world)
    (outcome,), _ = look_up(world, network, QUESTION, minimise=True)
    assert outcome.status == "secure"
    shown = {(host, str(question.name)) for host, question in network.sent if question.rdtype in (A, TLSA)}
    assert {name for host, name in shown if host == ROOT_SERVER} == {"test."}
    assert {name for host, name in shown if host == TLD_SERVER} == {"example.test."}
    leaf = {name for host, name in shown if host in LEAF_SERVERS}
    assert leaf == {"www.example.test.", "_443._tcp.www.example.test."}  # labels with underscores are no zones


def test_without_it_the_whole_name_is_shown() -> None:
    world = tree()
    network = serving(world)
    look_up(world, network, QUESTION)
    assert (ROOT_SERVER, "_443._tcp.www.example.test.") in {
        (host, str(question.name)) for host, question in network.sent
    }


@pytest.mark.parametrize(
    "question", ["nothing.example.test A", "a.b.c.nothing.example.test A", "example.test DS", "test NS"]
)
def test_the_verdict_is_the_same(question: str) -> None:
    world = tree()
    (plain,), _ = look_up(world, serving(world), question)
    (minimised,), _ = look_up(world, serving(world), question, minimise=True)
    assert minimised.status == plain.status


def test_a_server_that_chokes_on_part_of_a_name_is_asked_for_the_whole() -> None:
    world = tree()
    network = serving(world)

    def choking(send: Send, honest: Message | None) -> Message | None:
        return made(send, rcode=2, flags=0) if send.question.rdtype == A else honest

    for host in LEAF_SERVERS:
        network.twist(host, choking)
    (outcome,), _ = look_up(world, network, QUESTION, minimise=True)
    assert outcome.status == "secure"


def test_a_denial_of_part_of_a_name_does_not_stand_for_the_whole() -> None:
    # Some servers deny empty non-terminals; the judge needs the proof for the name asked for anyway.
    world = tree()
    network = serving(world)

    def denying(send: Send, honest: Message | None) -> Message | None:
        return made(send, rcode=3, authority=honest.authority) if honest and send.question.rdtype == A else honest

    for host in LEAF_SERVERS:
        network.twist(host, denying)
    (outcome,), _ = look_up(world, network, QUESTION, minimise=True)
    assert outcome.status == "secure"


def test_a_name_of_many_labels_takes_a_bounded_number_of_queries() -> None:
    world = tree()
    network = serving(world)
    look_up(world, network, ".".join(["a"] * 100) + ".example.test A", minimise=True)
    steps = [question for _, question in network.sent if question.rdtype == A]
    assert len(steps) <= MAX_MINIMISE_COUNT + 2
