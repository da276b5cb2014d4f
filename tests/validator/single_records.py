"""Every message of a lookup with each single record removed, and with each single record replaced: generated.

A record is one RR or one signature. What is asserted of all of them: the verdict is that of the honest world, or none
(Bogus, Indeterminate). A case also names the records without which there is no verdict.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from resolver.data.name import Name
from resolver.data.rrset import Message, NoReply, Question, RRset
from resolver.data.types import NSEC, NSEC3, SOA, type_text
from resolver.engine.loop import Loop
from resolver.testing import World
from resolver.testing.forwarder import changed
from resolver.testing.world import to_question
from resolver.validator.policy import Policy
from tests.validator.judging import verdict


class Case(NamedTuple):
    """One example of an RFC.

    Attributes:
        question: as `"name TYPE"`.
        says: the honest verdict in a few words, as `judging.verdict` has it.
        needed: records of the reply, as `"owner TYPE"`, whose loss, or whose signature's loss, leaves no verdict.
    """

    question: str
    says: str
    needed: tuple[str, ...]


class Source:
    """A world that answers one question with a message of the test's."""

    def __init__(self, world: World, message: Message | None = None) -> None:
        self.asked: list[Question] = []
        self._world, self._message = world, message

    def answer(self, question: Question, *, cd: bool = True) -> Message | NoReply:
        self.asked.append(question)
        if self._message is not None and question == self._message.question:
            return self._message
        return self._world.reply(question, cd=cd)


def said(world: World, question: Question, message: Message | None = None) -> str:
    """The verdict, cold, where one message was exchanged."""
    source = Source(world, message)
    return verdict(Loop(source, anchors=world.anchors, policy=Policy(), now=world.now).lookup(question))


def messages(world: World, question: Question) -> list[Message]:
    """Every message of the honest lookup."""
    source = Source(world)
    Loop(source, anchors=world.anchors, policy=Policy(), now=world.now).lookup(question)
    return [world.message(each) for each in dict.fromkeys(source.asked)]


def losses(message: Message) -> Iterator[tuple[str, Message]]:
    """The message without each single record, and what it lost: `"owner TYPE"`, or `"RRSIG owner TYPE"`."""
    for section in ("answer", "authority"):
        rrsets: tuple[RRset, ...] = getattr(message, section)
        for at, rrset in enumerate(rrsets):
            what = f"{rrset.owner} {type_text(rrset.rdtype)}"
            for record in rrset.rdata:
                rest = tuple(other for other in rrset.rdata if other != record)
                kept = (RRset(rrset.owner, rrset.rdtype, rrset.ttl, rest, rrset.rrsigs),) if rest else ()
                yield what, changed(message, **{section: rrsets[:at] + kept + rrsets[at + 1 :]})
            for rrsig in rrset.rrsigs:
                kept = (rrset.with_rrsigs(tuple(other for other in rrset.rrsigs if other != rrsig)),)
                yield f"RRSIG {what}", changed(message, **{section: rrsets[:at] + kept + rrsets[at + 1 :]})


def replacements(world: World, message: Message, apex: Name) -> Iterator[tuple[str, Message]]:
    """The message with each single record replaced: by one with a bit turned over, by another genuine one."""
    soa = world.message(Question(apex, SOA)).answer[0]
    denials = world.zone(apex).denial.all()  # type: ignore[attr-defined]
    for section in ("answer", "authority"):
        rrsets: tuple[RRset, ...] = getattr(message, section)
        for at, rrset in enumerate(rrsets):
            what = f"{rrset.owner} {type_text(rrset.rdtype)}"
            others: list[tuple[str, RRset]] = []
            for index, record in enumerate(rrset.rdata):
                for place in (0, len(record) // 2, len(record) - 1):
                    turned = record[:place] + bytes((record[place] ^ 1,)) + record[place + 1 :]
                    rdata = (*rrset.rdata[:index], turned, *rrset.rdata[index + 1 :])
                    others.append((f"octet {place}", RRset(rrset.owner, rrset.rdtype, rrset.ttl, rdata, rrset.rrsigs)))
            others.append(("the SOA's signature", rrset.with_rrsigs(soa.rrsigs)))
            for ttl, rrsig in rrset.rrsigs:
                for place in range(18):  # the fixed fields (RFC 4034 §3.1)
                    turned = rrsig[:place] + bytes((rrsig[place] ^ 1,)) + rrsig[place + 1 :]
                    others.append((f"octet {place} of the signature", rrset.with_rrsigs(((ttl, turned),))))
            if rrset.rdtype in (NSEC, NSEC3):
                others += [(f"{other.owner}'s record", other) for other in denials if other.owner != rrset.owner]
                others += [
                    (f"{other.owner}'s RDATA", RRset(rrset.owner, rrset.rdtype, rrset.ttl, other.rdata, rrset.rrsigs))
                    for other in denials
                ]
            for how, other in others:
                if other != rrset:
                    kept = (*rrsets[:at], other, *rrsets[at + 1 :])
                    yield f"{what} by {how}", changed(message, **{section: kept})


def check_losses(world: World, case: Case) -> None:
    """Without any record of any message: the truth or no verdict; without a needed one, no verdict."""
    question = to_question(case.question)
    assert said(world, question) == case.says
    lost = set()
    for message in messages(world, question):
        own = message.question == question
        for what, rest in losses(message):
            now = said(world, question, rest)
            refused = now.startswith(("bogus", "indeterminate"))
            assert refused or now == case.says, f"{message.question} without {what}: {now}"
            if own:
                lost.add(what.removeprefix("RRSIG "))
                needed = what.removeprefix("RRSIG ") in case.needed
                assert refused == needed, f"{question} without {what}: {now}"
    assert set(case.needed) <= lost


def check_replacements(world: World, case: Case, apex: str) -> int:
    """With any record of any message replaced: the truth or no verdict. Returns how many were tried."""
    question, count = to_question(case.question), 0
    for message in messages(world, question):
        for what, other in replacements(world, message, Name.from_text(apex)):
            now = said(world, question, other)
            count += 1
            assert now == case.says or now.startswith(("bogus", "indeterminate")), f"{message.question}, {what}: {now}"
    return count
