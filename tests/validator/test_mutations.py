"""From an honest signed world, no change to any message makes the judge say what is not so (style.md §4).

`MUTATIONS=20000 pytest tests/validator/test_mutations.py` runs longer.
"""

from __future__ import annotations

import os
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolver.data.name import ROOT, Name
from resolver.data.rrset import Message, NoReply, Question, RRset
from resolver.data.types import CNAME, DNAME, DNSKEY, DS, NS, NSEC, NSEC3, SOA, A
from resolver.data.wire import BadMessage, read, write_message
from resolver.engine.loop import Loop
from resolver.sources.recording import Recording
from resolver.sources.source import Source
from resolver.testing import World
from resolver.testing.forwarder import changed
from resolver.testing.signing import make_rrsig, order_for
from resolver.validator.outcome import Absent, Bogus, Indeterminate, Insecure, Outcome, Secure
from resolver.validator.policy import Policy
from tests.validator.judging import name_of, verdict

EXAMPLES = int(os.environ.get("MUTATIONS", "200"))
MUTATED = settings(max_examples=EXAMPLES)
DAY = 86400

QUESTIONS = tuple(
    Question.of(*words.split())
    for words in (
        "www.example.com A", "_25._tcp.www.example.com TLSA", "www.example.com TLSA", "nx.example.com A",
        "ent.example.com A", "x.wild.example.com TXT", "x.wild.example.com A", "alias.example.com A",
        "away.example.com A", "a.d.example.com A", "example.com MX", "child.example.com A", "child.example.com TLSA",
        "www.child.example.com A", "child.example.com DS", "nx.child.example.com A", "www.example.com DS",
        "unsigned.example.com DS", "www.unsigned.example.com A", "unsigned.example.com TLSA",
        "www.plain.com A", "nx.com A", "plain.com DS", "example.com DS", "com DS", "nx. A", "hashed.net A",
        "nx.hashed.net A", "ent.hashed.net A", "x.wild.hashed.net TXT", "x.wild.hashed.net A", "to.hashed.net A",
        "many.net TLSA", "nx.many.net A", "www.many.net A", "compact.org TLSA", "nx.compact.org A", "www.compact.org A",
        "out.example.com A", "x.alias.wild.example.com A", "b.star.example.com A", "x.nswild.example.com MX",
        "x.nswild.example.com DS", "mail.nodnskey.example.com A",
        "www.isle.unsigned.example.com A", "nx.isle.unsigned.example.com A", "x.w.isle.unsigned.example.com TXT",
        "isle.unsigned.example.com TLSA", "www.corp A", "nx.corp A", "to.corp A", "corp TLSA",
    )
)  # fmt: skip


def build(seed: int, address: int, **options: object) -> World:
    """The world of these tests; `address` tells the data of one world from those of another."""
    world = World(seed)
    here = f"192.0.2.{address}"
    world.zone("com", denial="opt-out", **options)  # type: ignore[arg-type]
    world.zone("net", denial="nsec3", salt=b"\xaa", **options)  # type: ignore[arg-type]
    world.zone("example.com", **options).add(  # type: ignore[arg-type]
        f"@ MX {address} www", f"www A {here}", f"_25._tcp.www TLSA 3 1 1 {address:02x}{'ab' * 31}",
        f"a.ent A {here}", f"*.wild TXT t{address}", "alias CNAME www", "away CNAME hashed.net.",
        "d DNAME hashed.net.", "out CNAME www.unsigned", "*.alias.wild CNAME x.wild", f"a.*.star A {here}",
        "*.nswild NS ns.invalid.",
    )  # fmt: skip
    world.zone("child.example.com", keys="split", **options).add(f"@ A {here}", f"www A {here}")  # type: ignore[arg-type]
    world.zone("unsigned.example.com", signed=False).add(f"www A {here}")
    world.zone("plain.com", signed=False).add(f"www A {here}")
    world.zone("hashed.net", denial="nsec3", **options).add(  # type: ignore[arg-type]
        f"@ A {here}", f"a A {here}", f"x.ent A {here}", f"*.wild TXT t{address}", "to CNAME www.example.com."
    )
    world.zone("many.net", denial="nsec3", iterations=100, **options).add(f"www A {here}")  # type: ignore[arg-type]
    world.zone("compact.org", denial="compact", **options).add(f"@ A {here}", f"www A {here}")  # type: ignore[arg-type]
    world.zone("isle.unsigned.example.com", island=True, **options).add(f"www A {here}", f"*.w TXT t{address}")  # type: ignore[arg-type]
    world.zone("corp", island=True, delegate=False, **options).add(f"www A {here}", "to CNAME www.example.com.")  # type: ignore[arg-type]
    world.zone("nodnskey.example.com", **options).add(f"mail A {here}")  # type: ignore[arg-type]
    return world


@cache
def honest() -> World:
    return build(0, 1)


@cache
def pool() -> tuple[RRset, ...]:
    """What an attacker may bring: the world's own records, those of a world of other keys, and expired ones."""
    now = honest().now
    past = build(0, 3, validity=(now - 90 * DAY, now - 60 * DAY))
    for child in ("child.example.com", "hashed.net"):
        past.zone(child).damage("ds-missing")
    worlds = (honest(), build(1, 2), past)
    found: dict[RRset, None] = {}
    for world in worlds:
        for question in QUESTIONS:
            message = world.message(question)
            for rrset in (*message.answer, *message.authority):
                found.setdefault(rrset)
        for zone in world.zones:
            for rrset in zone.denial.all():
                found.setdefault(rrset)
            for rdtype in (DNSKEY, SOA, NS):
                own = zone.rrset(zone.name, rdtype)
                if own is not None:
                    found.setdefault(own)
    return tuple(found)


class Recorder:
    """A source that remembers which questions it was asked."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.asked: dict[Question, None] = {}

    def answer(self, question: Question, *, cd: bool = True) -> Message | NoReply:
        self.asked.setdefault(question)
        return self._source.answer(question, cd=cd)


def a_loop(source: Source, now: float | None = None) -> Loop:
    world = honest()
    return Loop(source, anchors=world.anchors, policy=Policy(), now=world.now if now is None else now)


@cache
def truth(question: Question) -> tuple[Outcome[RRset], tuple[Question, ...]]:
    """The honest outcome, and the questions that it took."""
    recorder = Recorder(honest().source())
    return a_loop(recorder).lookup(question), tuple(recorder.asked)


def safe(question: Question, outcome: Outcome[RRset]) -> bool:
    """Whether an outcome under attack says nothing but the truth."""
    true = truth(question)[0]
    if isinstance(outcome, Bogus | Indeterminate):
        return True
    if isinstance(true, Secure):
        return isinstance(outcome, Secure) and (
            outcome.value.owner == true.value.owner
            and outcome.value.rdtype == true.value.rdtype
            and outcome.value.rdata == true.value.rdata
        )
    if isinstance(true, Absent):
        return isinstance(outcome, Absent) and outcome.kind == true.kind
    return isinstance(true, Insecure) and isinstance(outcome, Insecure)


# The changes. Each is a few numbers, so that hypothesis can make them smaller.

Change = tuple[int, int, int, int]
CHANGES = st.tuples(st.integers(0, 30), st.integers(0, 25), st.integers(0, 4095), st.integers(0, 4095))


def flip(octets: bytes, at: int) -> bytes:
    if not octets:
        return octets
    place = at % (8 * len(octets))
    return octets[: place // 8] + bytes((octets[place // 8] ^ 1 << place % 8,)) + octets[place // 8 + 1 :]


def altered(rrset: RRset, kind: int, at: int) -> RRset | None:
    """One RRset changed in one of ten ways; None: gone."""
    owner, rdtype, ttl, rdata, rrsigs = rrset.owner, rrset.rdtype, rrset.ttl, rrset.rdata, rrset.rrsigs
    if kind == 0:
        return None
    if kind == 1:
        rrsigs = ()
    elif kind == 2:
        which = at % len(rdata)
        rdata = (*rdata[:which], flip(rdata[which], at // len(rdata)), *rdata[which + 1 :])
    elif kind == 3 and rrsigs:
        which = at % len(rrsigs)
        rrsigs = (*rrsigs[:which], (rrsigs[which][0], flip(rrsigs[which][1], at)), *rrsigs[which + 1 :])
    elif kind == 4 and rrsigs:  # the head of a signature: type, algorithm, labels, TTL, dates, tag, signer
        time, octets = rrsigs[at % len(rrsigs)]
        rrsigs = ((time, flip(octets[:30], at // len(rrsigs)) + octets[30:]),)
    elif kind == 5:
        owner = QUESTIONS[at % len(QUESTIONS)].name
    elif kind == 6:
        ttl = at * 1000
    elif kind == 7:
        rdata = rdata[:-1] or (rdata[0] + b"\0",)
    elif kind == 8:
        rdata = (*rdata, pool()[at % len(pool())].rdata[0])
    elif kind == 9:
        rdtype = (A, CNAME, DNAME, DS, NS, NSEC, NSEC3, DNSKEY, SOA)[at % 9]
    return RRset(owner, rdtype, ttl, rdata, rrsigs)


def invented(name: Name, one: int, other: int) -> RRset:
    above = [name, *(name.rightmost(count) for count in range(len(name.labels)))]
    owner, signer = above[one % len(above)], above[other % len(above)]
    rdtype = (A, CNAME, DNAME, DS, NSEC, DNSKEY)[one // 16 % 6]
    zone = next((zone for zone in honest().zones if zone.name == signer and zone.keys), honest().zones[0])
    target = name_of("www.example.com").wire
    rdata = {
        A: bytes(4), DS: bytes(4) + bytes(32), DNSKEY: bytes(4) + bytes(64), NSEC: target + b"\0\x01\x20",
    }.get(rdtype, target)  # fmt: skip
    order = order_for(owner, rdtype, 300, zone.settings.validity, signer, zone.keys[0])
    return RRset(owner, rdtype, 300, (rdata,), ((300, flip(make_rrsig(order, (rdata,)), 8 * 80)),))


def apply(message: Message, change: Change) -> Message | NoReply:
    """One change to one message."""
    _, kind, one, other = change
    answer, authority = list(message.answer), list(message.authority)
    if kind < 10:
        section = answer if answer and (not authority or one % 2) else authority
        if section:
            at = one // 2 % len(section)
            new = altered(section[at], kind, other)
            section[at : at + 1] = [] if new is None else [new]
    elif kind < 15:  # a record from elsewhere
        rrset = pool()[(one * 64 + other) % len(pool())]
        (answer if kind == 10 else authority).insert(0 if other % 2 else 99, rrset)
    elif kind == 15:  # the signature of something else
        rrset = pool()[(one * 64 + other) % len(pool())]
        answer = [each.with_rrsigs((*each.rrsigs, *rrset.rrsigs)) for each in answer]
    elif kind == 16:  # the reply to another question
        question = QUESTIONS[one % len(QUESTIONS)]
        replayed = honest().message(question)
        answer, authority = list(replayed.answer), list(replayed.authority)
    elif kind == 17:
        answer = []
    elif kind == 18:
        authority = []
    elif kind == 19:
        return NoReply(message.question, "timeout", "silent")
    elif kind == 20:
        return changed(message, rcode=one % 11)
    elif kind == 21:  # a denial from elsewhere in place of the answer
        denials = [rrset for rrset in pool() if rrset.rdtype in (NSEC, NSEC3)]
        answer = []
        authority = [denials[(one + step * other) % len(denials)] for step in range(3)]
    elif kind == 22:  # everything that one zone has to say
        zones = honest().zones
        authority = zones[one % len(zones)].denial.all()[:8]
        answer = [] if other % 2 else answer
    elif kind == 23:
        answer, authority = authority, answer
    elif kind >= 24:  # made up: an owner, a type and a signer at or above the name, and a signature of junk
        (answer if kind == 24 else authority).insert(0, invented(message.question.name, one, other))
    return changed(message, answer=tuple(answer), authority=tuple(authority))


class Attacker:
    """A source that changes replies: each change hits one of the questions that an honest lookup asks, or all."""

    def __init__(self, questions: tuple[Question, ...], changes: list[Change]) -> None:
        self._changes: dict[Question, list[Change]] = {}
        for change in changes:
            hit = questions if change[0] == 30 else (questions[change[0] % len(questions)],)
            for question in hit:
                self._changes.setdefault(question, []).append(change)

    def answer(self, question: Question, *, cd: bool = True) -> Message | NoReply:
        reply: Message | NoReply = honest().reply(question, cd=cd)
        for change in self._changes.get(question, ()):
            if isinstance(reply, Message):
                reply = apply(reply, change)
        return reply


def test_the_honest_world_has_every_kind_of_verdict() -> None:
    statuses = {question: truth(question)[0].status for question in QUESTIONS}
    assert set(statuses.values()) == {"secure", "absent", "insecure", "bogus"}
    wild = name_of("nswild.example.com")  # NS at a wildcard is no delegation, and no denial either (RFC 4592 §4.2)
    assert all(question.name.is_under(wild) for question, status in statuses.items() if status == "bogus")


@MUTATED
@given(question=st.sampled_from(QUESTIONS), changes=st.lists(CHANGES, min_size=1, max_size=4))
def test_no_change_to_any_message_makes_a_false_verdict(question: Question, changes: list[Change]) -> None:
    outcome = a_loop(Attacker(truth(question)[1], changes)).lookup(question)
    assert safe(question, outcome), f"{question}: {verdict(truth(question)[0])} became {verdict(outcome)}"


@MUTATED
@given(
    question=st.sampled_from(QUESTIONS), start=st.integers(0, 4095), step=st.integers(1, 97), count=st.integers(1, 8)
)
def test_no_bag_of_genuine_denials_makes_a_false_verdict(question: Question, start: int, step: int, count: int) -> None:
    """Every NSEC and NSEC3 of the world, in any mixture, in place of the reply and of every DS on the way."""
    own = [rrset for zone in honest().zones for rrset in zone.denial.all()]
    near = [rrset for rrset in own if rrset.rrsigs and question.name.is_under(zone_of(rrset))]
    chosen = near if start % 3 else own
    bag = tuple(chosen[(start + index * step) % len(chosen)] for index in range(count))

    class Bag:
        def answer(self, asked: Question, *, cd: bool = True) -> Message | NoReply:
            reply = honest().reply(asked, cd=cd)
            if isinstance(reply, Message) and (asked == question or (asked.rdtype == DS and start % 2)):
                return changed(reply, answer=(), authority=bag)
            return reply

    outcome = a_loop(Bag()).lookup(question)
    assert safe(question, outcome), f"{question}: {verdict(truth(question)[0])} became {verdict(outcome)}"


def zone_of(rrset: RRset) -> Name:
    return rrset.owner.parent() if rrset.rdtype == NSEC3 else min(
        (zone.name for zone in honest().zones if rrset.owner.is_under(zone.name)), key=lambda name: len(name.labels),
        default=ROOT,
    )  # fmt: skip


@MUTATED
@given(
    questions=st.lists(st.sampled_from(QUESTIONS), min_size=2, max_size=5),
    changes=st.lists(CHANGES, min_size=1, max_size=4),
)
def test_one_attacked_lookup_does_not_spoil_another(questions: list[Question], changes: list[Change]) -> None:
    """Warm caches: what an attack left behind makes no later verdict false."""
    every = tuple(dict.fromkeys(asked for question in questions for asked in truth(question)[1]))
    loop = a_loop(Attacker(every, changes))
    for question in questions:
        outcome = loop.lookup(question)
        assert safe(question, outcome), f"{question}: {verdict(truth(question)[0])} became {verdict(outcome)}"


@settings(max_examples=max(50, EXAMPLES // 4))
@given(question=st.sampled_from(QUESTIONS), order=st.randoms(use_true_random=False))
def test_the_order_of_records_changes_nothing(question: Question, order: object) -> None:
    class Shuffled:
        def answer(self, asked: Question, *, cd: bool = True) -> Message | NoReply:
            reply = honest().reply(asked, cd=cd)
            if isinstance(reply, NoReply):
                return reply
            answer, authority = list(reply.answer), list(reply.authority)
            order.shuffle(answer)  # type: ignore[attr-defined]
            order.shuffle(authority)  # type: ignore[attr-defined]
            return changed(reply, answer=tuple(answer), authority=tuple(authority))

    outcome, true = a_loop(Shuffled()).lookup(question), truth(question)[0]
    assert verdict(outcome) == verdict(true)
    if isinstance(true, Secure):
        assert isinstance(outcome, Secure) and outcome.value == true.value


@settings(max_examples=max(50, EXAMPLES // 4))
@given(questions=st.lists(st.sampled_from(QUESTIONS), min_size=2, max_size=12))
def test_warm_caches_change_nothing(questions: list[Question]) -> None:
    loop = a_loop(honest().source())
    for question in questions:
        assert verdict(loop.lookup(question)) == verdict(truth(question)[0])


@pytest.mark.parametrize("question", QUESTIONS, ids=str)
def test_nothing_is_proven_after_valid_until_or_before_valid_from(question: Question) -> None:
    outcome = truth(question)[0]
    if not isinstance(outcome, Secure | Absent | Insecure):
        return
    source = honest().source()
    for moment in (outcome.valid_from, outcome.valid_until):
        assert verdict(a_loop(source, moment).lookup(question)) == verdict(outcome)
    for moment in (outcome.valid_from - 1, outcome.valid_until + 1):
        later = a_loop(source, moment).lookup(question)
        assert later.status in ("bogus", "indeterminate"), verdict(later)


ZONES = (".", "com", "example.com", "child.example.com", "unsigned.example.com")


@pytest.mark.parametrize("first", range(4))
@pytest.mark.parametrize(
    "words",
    [
        "www.child.example.com A", "nx.child.example.com A", "child.example.com DS", "alias.example.com A",
        "x.wild.example.com TXT", "out.example.com A", "www.unsigned.example.com A", "nx.example.com A",
        "deep.b.ent.unsigned2.example.com A",
    ],
)  # fmt: skip
def test_the_first_signature_that_expires_ends_the_verdict(words: str, first: int) -> None:
    """Each zone's signatures end at another time; the verdict ends with the first of those that it rests on."""
    world = World()
    for rank, name in enumerate(ZONES[:4]):
        world.zone(name, validity=(world.now - DAY, world.now + DAY * (1 + (rank - first) % 4)))
    world.zone("example.com").add("www A 192.0.2.1", "*.wild TXT x", "alias CNAME www.child", "out CNAME www.unsigned")
    world.zone("child.example.com").add("www A 192.0.2.1")
    world.zone("unsigned.example.com", signed=False).add("www A 192.0.2.2")
    world.zone("b.ent.unsigned2.example.com", signed=False).add("deep A 192.0.2.2")
    question = Question.of(*words.split())

    def at(moment: int) -> Outcome[RRset]:
        return Loop(world.source(), anchors=world.anchors, policy=Policy(), now=moment).lookup(question)

    outcome = at(world.now)
    assert isinstance(outcome, Secure | Absent | Insecure)
    assert verdict(at(outcome.valid_until)) == verdict(outcome)
    assert at(outcome.valid_until + 1).status == "bogus"
    rests = {ROOT, name_of("com"), name_of("example.com")} | (
        {name_of("child.example.com")} if ("child" in words and "DS" not in words) or "alias" in words else set()
    )
    assert outcome.valid_until == min(world.zone(name).settings.validity[1] for name in rests)


@pytest.mark.parametrize("question", QUESTIONS, ids=str)
def test_a_recording_gives_the_same_outcome(question: Question) -> None:
    outcome = truth(question)[0]
    again = a_loop(Recording.of(outcome)).lookup(question)
    assert verdict(again) == verdict(outcome)
    if isinstance(outcome, Secure):
        assert isinstance(again, Secure) and again.value == outcome.value


@settings(max_examples=max(50, EXAMPLES // 4))
@given(
    question=st.sampled_from(QUESTIONS), which=st.integers(0, 30), places=st.lists(st.integers(96, 1 << 14), max_size=3)
)
def test_a_flipped_bit_on_the_wire_makes_no_false_verdict(question: Question, which: int, places: list[int]) -> None:
    asked = truth(question)[1]
    target = asked[which % len(asked)]

    class Noisy:
        def answer(self, each: Question, *, cd: bool = True) -> Message | NoReply:
            reply = honest().reply(each, cd=cd)
            if each != target or isinstance(reply, NoReply):
                return reply
            octets = write_message(reply)
            for place in places:
                octets = flip(octets, place)
            try:
                spoiled = read(octets, origin="noise", received_at=reply.received_at)
            except BadMessage:
                return NoReply(each, "network", "garbage")
            return spoiled if spoiled.question == each else NoReply(each, "network", "another question")

    outcome = a_loop(Noisy()).lookup(question)
    assert safe(question, outcome), f"{question}: {verdict(truth(question)[0])} became {verdict(outcome)}"
