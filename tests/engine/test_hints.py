"""Questions asked ahead: they save round trips, and change nothing else."""

from __future__ import annotations

import pytest
import trio

from resolver import Anchors, trace
from resolver.data.name import ROOT, to_name
from resolver.data.rrset import Question, RRset
from resolver.engine.driver import Engine, together
from resolver.engine.hints import ANCESTORS, BUSY, PER_LOOKUP, likely_zones
from resolver.sources.upstream import open_upstream
from resolver.testing import World, damages
from resolver.validator.outcome import Outcome
from resolver.validator.policy import Policy
from tests.conformance.corpora import Case, Script, scripts
from tests.conformance.exam import Emulated, anchors_of, policy_of
from tests.engine.running import jumping
from tests.engine.slow_world import SlowWorld, ask

RTT = 0.04  # seconds
TLSA_TEXT = "_25._tcp.mail 300 TLSA 3 1 1 " + "ab" * 32


def mail_world(**options: str) -> World:
    world = World()
    zone = world.zone("example.com", **options)  # type: ignore[arg-type]
    zone.add("mail 300 A 192.0.2.1", TLSA_TEXT, "www 300 CNAME www.example.net.", "out 300 CNAME www.plain.test.")
    zone.add("*.w 60 TXT hello", "d DNAME w", "far 300 CNAME _25._tcp.mail.example.com.")
    world.zone("example.net").add("www 300 A 192.0.2.1")
    world.zone("plain.test", signed=False).add("www 300 A 192.0.2.1", TLSA_TEXT)
    return world


@pytest.mark.parametrize(
    ("question", "trips", "status"),
    [
        ("_25._tcp.mail.example.com TLSA", 1, "secure"),
        ("mail.example.com A", 1, "secure"),
        ("example.com DNSKEY", 1, "secure"),
        ("example.com DS", 1, "secure"),
        ("_25._tcp.www2.example.com TLSA", 1, "absent"),
        ("mail.example.com TXT", 1, "absent"),
        ("_25._tcp.mail.plain.test TLSA", 1, "insecure"),
        ("www.plain.test A", 1, "insecure"),
        ("www.example.com A", 2, "secure"),
        ("out.example.com A", 2, "insecure"),
    ],
)
def test_a_cold_lookup_takes_so_many_round_trips(question: str, trips: int, status: str) -> None:
    slow = SlowWorld(mail_world(), RTT)

    async def main() -> None:
        started = trio.current_time()
        outcome = await slow.engine().lookup(ask(question))
        assert outcome.status == status
        assert trio.current_time() - started == pytest.approx(trips * RTT)

    jumping(main)


def test_without_hints_it_takes_one_round_trip_for_each_question() -> None:
    slow = SlowWorld(mail_world(), RTT)

    async def main() -> None:
        started = trio.current_time()
        await slow.engine(polite=True).lookup(ask("_25._tcp.mail.example.com TLSA"))
        assert trio.current_time() - started == pytest.approx(6 * RTT)
        assert slow.asked.total() == 6

    jumping(main)


def test_what_is_fresh_is_not_asked_ahead() -> None:
    slow = SlowWorld(mail_world(), RTT)

    async def main() -> None:
        engine = slow.engine()
        await engine.lookup(ask("_25._tcp.mail.example.com TLSA"))
        slow.asked.clear()
        started = trio.current_time()
        assert (await engine.lookup(ask("www.example.com A"))).status == "secure"
        assert trio.current_time() - started == pytest.approx(2 * RTT)
        known = {"./DNSKEY", "com./DS", "com./DNSKEY", "example.com./DS", "example.com./DNSKEY"}
        assert not known & set(slow.asked)

    jumping(main)


def test_a_name_of_many_labels_costs_few_questions() -> None:
    deep = "a." * 100 + "example.com"
    slow = SlowWorld(mail_world(), RTT)

    async def main() -> None:
        await slow.engine().lookup(ask(f"{deep} A"))
        assert slow.asked.total() <= 1 + 1 + 2 * ANCESTORS

    jumping(main)
    assert len(likely_zones(to_name(deep), ROOT)) == 1 + ANCESTORS
    assert [str(name) for name in likely_zones(to_name("a._b.c.d"), ROOT)] == [".", "d.", "c.d."]


def test_a_chain_of_aliases_costs_no_more_hints_than_the_limit() -> None:
    world = World()
    for number in range(8):
        zone = world.zone(f"n{number}.t{number}")
        zone.add(f"www 300 CNAME www.n{number + 1}.t{number + 1}." if number < 7 else "www 300 A 192.0.2.1")
    slow = SlowWorld(world, RTT)

    async def main() -> None:
        outcome = await slow.engine().lookup(ask("www.n0.t0 A"))
        assert outcome.status == "secure"
        needed = outcome.work.queries
        assert slow.asked.total() <= needed + PER_LOOKUP

    jumping(main)


def test_many_lookups_at_once_ask_nothing_ahead_twice() -> None:
    slow = SlowWorld(mail_world(), RTT)

    async def main() -> None:
        engine = slow.engine()
        count = BUSY - 1
        await together([lambda n=n: engine.lookup(ask(f"n{n}.example.com A")) for n in range(count)])
        shared = [text for text in slow.asked if not text.startswith("n")]
        assert {slow.asked[text] for text in shared} == {1}
        assert not len(engine.questions)

    jumping(main)


def test_a_busy_resolver_asks_nothing_ahead_for_the_lookups_that_are_too_many() -> None:
    slow = SlowWorld(mail_world(), RTT)

    async def main() -> None:
        engine = slow.engine()
        await together([lambda n=n: engine.lookup(ask(f"n{n}.example.com A")) for n in range(BUSY + 20)])
        ahead = {text for text in slow.asked if text.startswith("n") and not text.endswith("/A")}
        assert len(ahead) == 2 * BUSY

    jumping(main)


def test_whoever_waits_for_a_hint_asks_itself_when_the_lookup_that_sent_it_is_cancelled() -> None:
    slow = SlowWorld(mail_world(), RTT)

    async def main() -> None:
        engine = slow.engine()
        slow.delays["example.com./DNSKEY"] = [50.0]
        outcomes: list[str] = []

        async def patient() -> None:
            await trio.sleep(RTT / 2)
            outcomes.append((await engine.lookup(ask("mail.example.com TXT"))).status)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(patient)
            with trio.move_on_after(1):
                await engine.lookup(ask("mail.example.com A"))
        assert outcomes == ["absent"]
        assert trio.current_time() - began == pytest.approx(1 + RTT)
        assert slow.asked["example.com./DNSKEY"] == 2
        assert not len(engine.questions)

    async def timed() -> None:
        nonlocal began
        began = trio.current_time()
        await main()

    began = 0.0
    jumping(timed)


def test_hints_that_nobody_needs_end_with_the_lookup() -> None:
    slow = SlowWorld(mail_world(), RTT)

    async def main() -> None:
        engine = slow.engine()
        slow.delays["mail.example.com./DNSKEY"] = [50.0]
        slow.moods["mail.example.com./DS"] = [ZeroDivisionError("nobody hears it")]
        started = trio.current_time()
        assert (await engine.lookup(ask("mail.example.com A"))).status == "secure"
        assert trio.current_time() - started == pytest.approx(RTT)
        assert not len(engine.questions)

    jumping(main)


def test_hints_begin_at_the_configured_point() -> None:
    world = mail_world()
    anchors = Anchors.from_text(world.zone("example.com").anchor_text)
    slow = SlowWorld(world, RTT)

    async def main() -> None:
        engine = Engine(
            open_upstream(slow, clock=world.clock),
            anchors=anchors,
            policy=Policy(negative_anchors={"sub.example.com": world.now + 1000}),
            timeout=10,
            cache_size=10,
            clock=world.clock,
        )
        assert (await engine.lookup(ask("mail.example.com A"))).status == "secure"
        assert set(slow.asked) == {
            "mail.example.com./A", "example.com./DNSKEY", "mail.example.com./DS", "mail.example.com./DNSKEY",
        }  # fmt: skip
        slow.asked.clear()
        assert (await engine.lookup(ask("www.example.org A"))).status == "indeterminate"
        await engine.lookup(ask("www.sub.example.com A"))
        assert set(slow.asked) == {"www.sub.example.com./A"}

    jumping(main)


def judged(engine: Engine, questions: list[str], *, whole: bool) -> list[object]:
    """What each lookup comes to, one after another, cold and warm, with its work, and `whole` with its proof."""

    async def main() -> list[object]:
        found: list[object] = []
        for question in questions:
            for _warmth in ("cold", "warm"):
                outcome = await engine.lookup(ask(question))
                cause = outcome.cause.code if outcome.cause else None
                found.append((outcome.status, cause, outcome.work, trace.json(outcome) if whole else None))
        return found

    return jumping(main)


BATTERY = [
    "_25._tcp.mail.example.com TLSA",
    "www.example.com A",
    "nx.example.com A",
    "a.d.example.com A",
    "example.com DNSKEY",
    "out.example.com A",
    "far.example.com TLSA",
    "www.plain.test A",
]


@pytest.mark.parametrize("name", [None, *sorted(damages)])
def test_no_outcome_depends_on_hints(name: str | None) -> None:
    for denial, questions in (("nsec", BATTERY), ("opt-out", BATTERY[2:3] + BATTERY[-1:])):
        found = []
        for polite in (False, True):
            world = mail_world(denial=denial)
            if name is not None:
                world.zone("example.com").damage(name)
            engine = SlowWorld(world, RTT).engine(timeout=600, polite=polite)
            # How often a silent server was tried, which the text of the failure says, depends on what was asked before.
            found.append(judged(engine, questions, whole=name != "server-silent"))
        assert found[0] == found[1]


class Exchanger:
    """A script's emulated upstream as an object with `exchange`, which says the same whenever it is asked the same.

    The emulated one learns delegations as it is asked, so what it says would depend on the order of the questions. Each
    question is put to a fresh one instead.
    """

    def __init__(self, script: Script, case: Case) -> None:
        self._script = script
        self._case = case

    async def exchange(self, query: bytes) -> bytes:
        await trio.sleep(RTT)
        return Emulated(self._script.connect(), self._case.step).exchange(query)


def verdict_of(script: Script, case: Case, polite: bool) -> object:
    engine = Engine(
        open_upstream(Exchanger(script, case), clock=lambda: case.time),
        anchors=anchors_of(script),
        policy=policy_of(script),
        timeout=600,
        cache_size=0,
        clock=lambda: case.time,
        polite=polite,
    )

    async def main() -> Outcome[RRset]:
        return await engine.lookup(Question.of(case.qname, case.qtype))

    outcome = jumping(main)
    return trace.json(outcome), outcome.work


SCRIPTS = [script for script in scripts()[::9] if any(not case.excluded for case in script.cases)]


@pytest.mark.skipif(not SCRIPTS, reason="third-party data are no part of this repository")
@pytest.mark.parametrize("script", SCRIPTS, ids=[script.id for script in SCRIPTS])
def test_no_outcome_of_the_corpora_depends_on_hints(script: Script) -> None:
    for case in [case for case in script.cases if not case.excluded][:2]:
        assert verdict_of(script, case, False) == verdict_of(script, case, True)
