"""The work of a lookup: every limit stops what it counts, zones are charged once, and nothing is ever reset (R90)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import pytest

from resolver.data.name import ROOT, Name
from resolver.data.rrset import Message, NoReply, Question, Reply
from resolver.engine.loop import Loop
from resolver.errors import BadInput
from resolver.testing import World
from resolver.validator.ask import Ask, Fetch, Held, Keys, run
from resolver.validator.asking import Asking
from resolver.validator.budget import Budget, Work, WorkLimit
from resolver.validator.context import Context
from resolver.validator.findings import finding
from resolver.validator.limits import NSEC3_BLOCKS, Limits
from resolver.validator.outcome import Indeterminate, Secure
from resolver.validator.policy import Policy
from tests.validator.crafting import ANCHORS, COM, NOW, ZONE, cause, context, outcome, signed

QUESTION = Question.of("www.example.com", "A")


# --- limits ----------------------------------------------------------------------------------------------------------


def test_the_numbers_are_those_of_the_paper() -> None:
    limits = Limits()
    assert (limits.verifications, limits.failed_verifications, limits.nsec3_hashes) == (96, 8, 64)
    assert (limits.nsec3_iterations, limits.nsec3_iterations_bogus) == (50, 500)
    assert (limits.aliases, limits.queries, limits.attempts) == (12, 64, 3)
    assert (limits.rrset_verifications, limits.rrset_failures, limits.keys_per_tag) == (8, 2, 2)
    assert (limits.nsec_records, limits.nsec3_records) == (8, 8)
    assert (limits.ds_records, limits.dnskey_records, limits.rrset_records) == (8, 16, 100)


@pytest.mark.parametrize("name", [field.name for field in fields(Limits)])
@pytest.mark.parametrize("value", [-1, True, 1.5, "8", None])
def test_a_limit_is_a_whole_number(name: str, value: object) -> None:
    with pytest.raises(BadInput, match=name):
        Limits(**{name: value})  # type: ignore[arg-type]


def test_raised_limits_raise_the_work_of_a_lookup_only() -> None:
    raised = Limits(verifications=7, aliases=3).times(10)
    assert (raised.verifications, raised.failed_verifications, raised.nsec3_hashes) == (70, 80, 640)
    assert (raised.aliases, raised.queries, raised.rrset_failures) == (3, 64, 2)


# --- the budget ------------------------------------------------------------------------------------------------------


def test_each_count_stops_just_above_its_limit() -> None:
    budget = Budget(Limits(verifications=4, failed_verifications=2, nsec3_hashes=2, queries=3))
    budget.verification(4)
    budget.failure()
    budget.failure()
    budget.nsec3(1)
    budget.nsec3(NSEC3_BLOCKS)
    for _ in range(3):
        budget.query()
    for what, spend in (
        ("verifications", lambda: budget.verification(1)),
        ("failed_verifications", budget.failure),
        ("nsec3_hashes", lambda: budget.nsec3(1)),
        ("queries", budget.query),
        ("octets", lambda: budget.read(262_145)),
    ):
        with pytest.raises(WorkLimit) as reached:
            spend()
        assert reached.value.what == what
        assert str(reached.value).startswith("more than ")
    assert budget.total() == Work(5, 3, 3 * NSEC3_BLOCKS, 4, 262_145)


def test_a_dear_hash_costs_more_than_one() -> None:
    budget = Budget(Limits(nsec3_hashes=2))
    budget.nsec3(2 * NSEC3_BLOCKS)
    with pytest.raises(WorkLimit):
        budget.nsec3(1)


def test_zones_are_charged_once_each() -> None:
    budget = Budget(Limits())
    spent = {ROOT: Work(1, 1, 1, 1), COM: Work(2, 2, 2, 2)}
    budget.charge(spent)
    budget.charge(spent)
    budget.charge({ZONE: Work(5, 0, 0, 3), **spent})
    budget.verification(1)
    assert budget.total() == Work(9, 3, 3, 6)
    assert budget.own() == Work(1, 0, 0, 0)
    assert budget.all_work(ZONE.child(b"sub")) == {
        ROOT: Work(1, 1, 1, 1),
        COM: Work(2, 2, 2, 2),
        ZONE: Work(5, 0, 0, 3),
        ZONE.child(b"sub"): Work(1, 0, 0, 0),
    }


@pytest.mark.parametrize(
    ("what", "work"),
    [
        ("verifications", Work(verifications=97)),
        ("failed_verifications", Work(failures=9)),
        ("nsec3_hashes", Work(nsec3_blocks=64 * NSEC3_BLOCKS + 1)),
        ("queries", Work(queries=65)),
        ("octets", Work(octets=262_145)),
    ],
)
def test_what_zones_cost_counts_against_every_limit(what: str, work: Work) -> None:  # R90
    """A name of many labels may not cost a full budget for each of them."""
    with pytest.raises(WorkLimit) as reached:
        Budget(Limits()).charge({ROOT: work})
    assert reached.value.what == what


# --- the context -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("now", [-1, 2**32, True])
def test_a_time_that_signatures_cannot_tell_apart_is_refused(now: object) -> None:
    with pytest.raises(ValueError, match="the time"):
        Context(anchors=ANCHORS, policy=Policy(), now=now)  # type: ignore[arg-type]


def test_a_zones_context_has_its_own_budget_and_memory() -> None:
    there = context()
    there.budget.query()
    there.note(finding("SHA1_DS_ONLY", QUESTION))
    own = there.for_zone()
    assert (own.now, own.policy, own.anchors, own.verify) == (there.now, there.policy, there.anchors, there.verify)
    assert own.budget.total() == Work()
    assert own.notes == []


def test_a_note_is_kept_once() -> None:
    there = context()
    for _ in range(3):
        there.note(finding("SHA1_DS_ONLY", QUESTION))
    there.note(finding("SHA1_DS_ONLY", Question.of("www.example.org", "A")))
    assert len(there.notes) == 2


def test_limits_of_their_own_win_over_the_policys() -> None:
    limits = Limits(queries=1)
    there = Context(anchors=ANCHORS, policy=Policy(), now=NOW, limits=limits)
    assert there.limits is there.budget.limits is there.for_zone().limits is limits


# --- asking (R97) ----------------------------------------------------------------------------------------------------


def message(origin: str, *, number: int = 0) -> Message:
    return Message(QUESTION, answer=(signed(rdata=(bytes((10, 0, 0, number)),)),), origin=origin)


def drain(replies: list[Reply], limits: Limits | None = None) -> tuple[Asking, list[Fetch], list[Message]]:
    there = Context(anchors=ANCHORS, policy=Policy(), now=NOW, limits=limits)
    asking = Asking(there, QUESTION, hints=(Question(ZONE, 48),))
    asked: list[Fetch] = []
    got: list[Message] = []
    source = iter(replies)

    async def plan() -> None:
        while (reply := await asking.next()) is not None:
            got.append(reply)

    def perform(ask: Ask[Any]) -> tuple[Reply, ...]:
        assert isinstance(ask, Fetch)
        asked.append(ask)
        return (next(source),)

    run(plan(), perform)
    assert there.budget.queries == len(asked)
    return asking, asked, got


def test_a_question_is_asked_three_times_elsewhere_and_at_last_with_the_upstreams_validation() -> None:
    _, asked, got = drain([message("a", number=1), message("b", number=2), message("a", number=3)])
    assert len(got) == 3
    assert [ask.cd for ask in asked] == [True, True, False]
    assert [sorted(ask.avoid) for ask in asked] == [[], ["a"], []]
    assert asked[0].hints == (Question(ZONE, 48),)
    assert asked[1].hints == asked[2].hints == ()


def test_a_reply_that_says_the_same_is_not_judged_again() -> None:
    same = message("a")
    asking, asked, got = drain([same, message("b"), same])
    assert got == [same]
    assert len(asked) == 3
    assert asking.replies == [same]


def test_silence_at_first_ends_the_asking_and_later_does_not() -> None:
    gone = NoReply(QUESTION, "timeout", "gone")
    asking, asked, got = drain([gone])
    assert (len(asked), got, asking.no_reply) == (1, [], gone)
    asking, asked, got = drain([message("a", number=1), gone, message("a", number=2)])
    assert (len(asked), len(got), asking.no_reply) == (3, 2, gone)


def test_attempts_have_a_limit() -> None:
    _, asked, _ = drain([message("a", number=number) for number in range(9)], Limits(attempts=1))
    assert len(asked) == 1


# --- what may be asked -----------------------------------------------------------------------------------------------


def test_requests_show_what_they_ask() -> None:
    assert repr(Fetch(QUESTION, Question(ZONE, 48))) == "Fetch(www.example.com./A, example.com./DNSKEY)"
    assert repr(Keys(ZONE, newer_than=5.0)) == "Keys(example.com.)"
    assert repr(Held((ZONE, COM))) == "Held(example.com., com.)"


def test_a_plan_gets_the_answer_that_its_driver_gives_and_is_closed_after_a_crash() -> None:
    seen: list[str] = []

    async def plan() -> str:
        try:
            return f"{await Keys(ZONE)!r} and {await Held((ZONE,))}"
        finally:
            seen.append("closed")

    answers: Iterator[object] = iter(["keys", ()])
    assert run(plan(), lambda ask: next(answers)) == "'keys' and ()"

    def fail(ask: Ask[Any]) -> None:
        raise OSError("no wire")

    with pytest.raises(OSError, match="no wire"):
        run(plan(), fail)
    assert seen == ["closed", "closed"]


# --- whole lookups ---------------------------------------------------------------------------------------------------


def build() -> World:
    world = World()
    world.zone("example.com").add("www A 192.0.2.1", "a CNAME b", "b CNAME c", "c CNAME www")
    return world


def test_a_lookup_says_what_it_spent_and_a_warm_one_says_the_same() -> None:
    world = build()
    loop = Loop(world.source(), anchors=world.anchors, policy=Policy(), now=world.now)
    cold = loop.lookup(QUESTION)
    warm = loop.lookup(QUESTION)
    assert cold.work == warm.work
    assert cold.work.verifications == 6  # three DNSKEY RRsets, two DS RRsets, the answer
    assert cold.work.failures == cold.work.nsec3_blocks == 0
    assert cold.work.queries == 6


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (Limits(verifications=5), "WORK_LIMIT"),
        (Limits(verifications=0), "WORK_LIMIT"),
        (Limits(queries=0), "WORK_LIMIT"),
        (Limits(verifications=6, queries=6), ""),
    ],
)
def test_a_spent_budget_ends_in_bogus_and_says_so(limits: Limits, code: str) -> None:
    result = outcome(build(), "www.example.com", policy=Policy(limits=limits))
    assert (result.status, cause(result)) == ("bogus" if code else "secure", code)


def test_the_verdict_does_not_depend_on_warmth() -> None:
    world = build()
    policy = Policy(limits=Limits(verifications=5))
    loop = Loop(world.source(), anchors=world.anchors, policy=policy, now=world.now)
    assert loop.lookup(Question.of("example.com", "DS")).status == "secure"
    assert cause(loop.lookup(QUESTION)) == "WORK_LIMIT"
    assert cause(loop.lookup(QUESTION)) == "WORK_LIMIT"


def test_a_zone_that_costs_too_much_is_broken_for_itself_only() -> None:
    world = build()
    dear = world.zone("dear.com", algorithm=14).add("www A 192.0.2.1")
    policy = Policy(limits=Limits(verifications=7))
    loop = Loop(world.source(), anchors=world.anchors, policy=policy, now=world.now)
    assert cause(loop.lookup(Question.of("www.dear.com", "A"))) == "WORK_LIMIT"
    assert loop.lookup(QUESTION).status == "secure"
    assert dear.keys[0].algorithm == 14


def test_aliases_have_a_limit() -> None:
    assert outcome(build(), "a.example.com", policy=Policy(limits=Limits(aliases=3))).status == "secure"
    result = outcome(build(), "a.example.com", policy=Policy(limits=Limits(aliases=2)))
    assert isinstance(result, Indeterminate)
    assert (result.why, cause(result)) == ("ALIAS_LIMIT", "ALIAS_LIMIT")


def test_a_name_of_many_labels_costs_a_bounded_number_of_questions() -> None:  # R90, R116
    """Nothing is signed at the name, and an honest zone says at each label that it is no cut."""
    deep = ".".join("a" * 100)
    world = World()
    world.zone("example.com").add(f"{deep} A 192.0.2.1").damage("signature-missing", f"{deep} A")
    result = outcome(world, f"{deep}.example.com")
    assert result.status == "bogus"
    assert result.work.queries <= 64 + 3


def test_forty_wrong_signatures_cost_two_checks_and_a_forged_zone_eight() -> None:
    world = build()
    world.zone("example.com").damage("signatures-many")
    result = outcome(world, "www.example.com")
    assert result.status == "bogus"
    assert result.work.failures <= 8


def test_the_honest_worst_case_fits() -> None:
    """Six alias hops over six NSEC3 zones, one of them a wildcard, and nothing at the end."""
    world = World()
    for number in range(6):
        target = f"w.z{number + 1}.com." if number < 5 else "nx.deep.z5.com."
        owner = "*" if number == 3 else "w"
        world.zone(f"z{number}.com", denial="nsec3").add(f"{owner} CNAME {target}", "x A 192.0.2.1")
    result = outcome(world, "w.z0.com")
    assert result.status == "absent"
    assert len(result.aliases) == 6
    limits = Limits()
    assert result.work.verifications < limits.verifications
    assert result.work.nsec3_blocks < limits.nsec3_hashes * NSEC3_BLOCKS
    assert result.work.queries < limits.queries
    assert result.work.octets < limits.octets / 10  # 13 kB; the same with ML-DSA-44 in every zone takes 92 kB


def test_a_secure_answer_of_one_label_is_cheap() -> None:
    world = World()
    world.zone(".").add("host A 192.0.2.1")
    result = outcome(world, "host")
    assert isinstance(result, Secure)
    assert result.work == Work(2, 0, 0, 2, 1316)
    assert result.canonical == Name.from_text("host.")
