"""What the tests of the judge share: judging a world, saying a verdict in a few words, and minting records."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from resolver.data.name import Name
from resolver.data.rrset import Message, NoReply, Question, RRset
from resolver.data.types import NSEC, to_type
from resolver.data.views import bitmap_of
from resolver.engine.loop import Loop
from resolver.testing import World
from resolver.testing.forwarder import changed
from resolver.validator import mint
from resolver.validator.anchors import Anchors
from resolver.validator.findings import Finding
from resolver.validator.outcome import Absent, Bogus, Indeterminate, Insecure, Outcome, Secure
from resolver.validator.policy import Policy
from resolver.validator.states import Verified

FOREVER = 0xFFFFFFFF


def name_of(text: str) -> Name:
    return Name.from_text(text)


def loop(
    world: World, *, anchors: Anchors | None = None, policy: Policy | None = None, now: float | None = None
) -> Loop:
    """The plain driver over a world."""
    return Loop(
        world.source(),
        anchors=anchors or world.anchors,
        policy=policy or Policy(),
        now=world.now if now is None else now,
    )


def judge(world: World, name: str, rdtype: str, **options: object) -> Outcome[RRset]:
    """One lookup in a resolver of its own."""
    return loop(world, **options).lookup(Question.of(name, rdtype))  # type: ignore[arg-type]


def verdict(outcome: Outcome[RRset]) -> str:
    """The verdict in a few words: `secure`, `absent NXDOMAIN`, `insecure NO_DS com.`, `bogus CODE`, …"""
    if isinstance(outcome, Secure):
        return "secure"
    if isinstance(outcome, Absent):
        return f"absent {outcome.kind}" + (" compact" if outcome.compact else "")
    if isinstance(outcome, Insecure):
        return f"insecure {outcome.reason} {outcome.cut}"
    if isinstance(outcome, Bogus):
        return f"bogus {outcome.cause.code}"
    assert isinstance(outcome, Indeterminate)
    return f"indeterminate {outcome.why}" + (f" under {outcome.enclosing.cut}" if outcome.enclosing is not None else "")


def said(world: World, name: str, rdtype: str, **options: object) -> str:
    return verdict(judge(world, name, rdtype, **options))


def codes(outcome: Outcome[RRset]) -> set[str]:
    """The codes of everything that was found wrong, the cause among them."""
    found = {each.code for each in outcome.proof.refused}
    if outcome.cause is not None:
        found.add(outcome.cause.code)
    return found


def notes(outcome: Outcome[RRset]) -> set[str]:
    return {note.code for note in outcome.notes}


def placed(found: Iterable[Finding], who: str) -> None:
    """Every finding says what it is about, and the zone whose operator can mend it."""
    for each in found:
        assert re.fullmatch(r"\S*\./[A-Z0-9]+", each.at), each
        assert not re.search(r"None|\?|XX", each.at + each.text), each
        assert each.who.endswith(f":{who}"), each


# Scripted replies


def replies(world: World, question: str, **sections: object) -> World:
    """Script sections of the reply to a question, the rest of it honest."""
    return world.override(question, lambda honest: changed(honest, **sections))  # type: ignore[arg-type]


def denials(message: Message) -> tuple[RRset, ...]:
    """The NSEC and NSEC3 RRsets of a reply."""
    return tuple(rrset for rrset in message.authority if rrset.rdtype in (NSEC, 50))


class Counting:
    """A source that counts what it is asked, and may be scripted by a function of (question, cd, times asked)."""

    def __init__(
        self, world: World, script: Callable[[Question, bool, int], Message | NoReply | None] | None = None
    ) -> None:
        self.world = world
        self.asked: list[tuple[str, bool]] = []
        self._script = script

    def answer(self, question: Question, *, cd: bool = True) -> Message | NoReply:
        self.asked.append((str(question), cd))
        times = sum(before == str(question) for before, _ in self.asked)
        scripted = self._script(question, cd, times) if self._script is not None else None
        return self.world.reply(question, cd=cd) if scripted is None else scripted

    def count(self, question: str) -> int:
        return sum(asked == question for asked, _ in self.asked)


# Records without a world


def mint_record(rrset: RRset, zone: str | Name) -> Verified:
    """A record as if its signature had verified under the zone's keys."""
    signer = zone if isinstance(zone, Name) else name_of(zone)
    return mint.verified(rrset, None, None, signer, 0, FOREVER, rrset.ttl)  # type: ignore[arg-type]


def mint_nsec(owner: str, following: str, types: str, zone: str = "example.") -> Verified:
    """One NSEC record: its owner, the next name, and the types that it lists."""
    rdata = name_of(following).wire + bitmap_of({to_type(word) for word in types.split()})
    return mint_record(RRset(name_of(owner), NSEC, 300, (rdata,)), zone)


def mint_all(rrsets: Iterable[RRset], zone: str) -> list[Verified]:
    return [mint_record(rrset, zone) for rrset in rrsets]
