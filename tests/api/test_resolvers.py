"""The three faces over one world: the same verbs, the same verdicts, and clear refusals of what cannot be understood."""

from __future__ import annotations

import asyncio
import inspect
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import trio

import resolver
from resolver import (
    Absent,
    AsyncResolver,
    BadInput,
    BadName,
    BadType,
    BadUpstream,
    Bogus,
    Indeterminate,
    Insecure,
    NotTrusted,
    OfflineResolver,
    Policy,
    Recording,
    Resolver,
    Secure,
    TlsaSet,
)
from resolver.api import synchronous
from resolver.data.rrset import NoReply, Question
from resolver.engine import host
from resolver.testing import World

TLSA = "3 1 1 " + "ab" * 32


@pytest.fixture
def world() -> World:
    world = World()
    world.zone("example.com", algorithm=15).add(
        "www 300 A 192.0.2.1", f"_25._tcp.mx 300 TLSA {TLSA}", f"_53._udp.mx 300 TLSA {TLSA}"
    )
    bad = world.zone("bad.test").add(f"_25._tcp.mx 300 TLSA {TLSA}")
    bad.damage("signature-expired", "_25._tcp.mx TLSA")
    world.zone("plain.test", signed=False).add(f"_25._tcp.mx 300 TLSA {TLSA}", "www 300 A 192.0.2.1")
    world.zone("silent.test")
    silent = Question.of("_25._tcp.mx.silent.test", "TLSA")
    world.override(silent, NoReply(silent, "timeout", "silence"))
    world.zone("mute.test", signed=False)
    mute = Question.of("_25._tcp.mx.mute.test", "TLSA")
    world.override(mute, NoReply(mute, "timeout", "silence"))
    return world


@pytest.fixture(autouse=True)
def put_away():
    yield
    host.stop()


Ask = Callable[..., Any]  # (verb, *arguments) -> what the face returns


def offline(world: World) -> Ask:
    face = world.offline()
    return lambda verb, *arguments, **more: getattr(face, verb)(*arguments, **more)


def synchronous_face(world: World) -> Ask:
    face = Resolver(world.answer, anchors=world.anchors, clock=world.clock)
    return lambda verb, *arguments, **more: getattr(face, verb)(*arguments, **more)


def asynchronous(run: Callable[[Callable[[], Coroutine[Any, Any, Any]]], Any]) -> Callable[[World], Ask]:
    def make(world: World) -> Ask:
        face = AsyncResolver(world.answer, anchors=world.anchors, clock=world.clock)
        return lambda verb, *arguments, **more: run(lambda: getattr(face, verb)(*arguments, **more))

    return make


FACES = {
    "offline": offline,
    "sync": synchronous_face,
    "asyncio": asynchronous(lambda main: asyncio.run(main())),
    "trio": asynchronous(trio.run),
}


@pytest.fixture(params=FACES)
def ask(request: pytest.FixtureRequest, world: World) -> Ask:
    return FACES[request.param](world)


def test_every_face_looks_up(ask: Ask) -> None:
    for _ in range(2):
        found = ask("lookup", "www.example.com", "A")
        assert isinstance(found, Secure)
        assert found.value.to_text() == ["192.0.2.1"]
        absent = ask("lookup", "WWW.example.com.", 28)
        assert isinstance(absent, Absent)
        assert absent.kind == "NODATA"
        plain = ask("lookup", "www.plain.test", "A")
        assert isinstance(plain, Insecure)
        assert plain.untrusted is not None
        assert isinstance(ask("lookup", "www.example.com", "ANY"), Indeterminate)


def test_every_face_looks_tlsa_up(ask: Ask) -> None:
    found = ask("tlsa", "mx.example.com", 25)
    assert isinstance(found, Secure)
    assert isinstance(found.value, TlsaSet)
    assert [str(record) for record in found.value.usable] == [TLSA]
    assert str(found.value.base_domain) == "mx.example.com."
    assert ask("tlsa", "mx.example.com", 53, protocol="udp").status == "secure"
    assert isinstance(ask("tlsa", "mx.example.com", 443), Absent)
    assert isinstance(ask("tlsa", "mx.bad.test", 25), Bogus)
    plain = ask("tlsa", "mx.plain.test", 25)
    assert isinstance(plain, Insecure)
    assert plain.untrusted is None
    assert isinstance(ask("tlsa", "mx.silent.test", 25), Indeterminate)
    assert isinstance(ask("tlsa", "mx.mute.test", 25), Insecure)  # R122


def test_trusted_tlsa_is_the_records_or_none_or_a_refusal(ask: Ask) -> None:
    assert [str(record) for record in ask("trusted_tlsa", "mx.example.com", 25).usable] == [TLSA]
    assert ask("trusted_tlsa", "mx.example.com", 443) is None
    assert ask("trusted_tlsa", "mx.plain.test", 25) is None
    for host_name, status in (("mx.bad.test", "bogus"), ("mx.silent.test", "indeterminate")):
        with pytest.raises(NotTrusted) as caught:
            ask("trusted_tlsa", host_name, 25)
        assert caught.value.outcome.status == status


@pytest.mark.parametrize(
    ("verb", "arguments", "error"),
    [
        ("lookup", ("a..b", "A"), BadName),
        ("lookup", ("a.test", "NOPE"), BadType),
        ("lookup", ("a.test", 0), BadType),
        ("tlsa", ("a..b", 25), BadName),
        ("tlsa", ("a.test", 0), BadInput),
        ("tlsa", ("a.test", "25"), BadInput),
        ("trusted_tlsa", ("a.test", 65536), BadInput),
    ],
)
def test_every_face_refuses_bad_input(ask: Ask, verb: str, arguments: tuple[Any, ...], error: type) -> None:
    with pytest.raises(error):
        ask(verb, *arguments)


def test_outside_every_anchor_dane_does_not_apply(world: World) -> None:
    from resolver import Anchors

    anchors = Anchors.from_text("example.org. DS 1 13 2 " + "00" * 32)
    face = OfflineResolver(world.source(), at=world.now, anchors=anchors)
    outcome = face.tlsa("mx.example.com", 25)
    assert isinstance(outcome, Indeterminate)
    assert outcome.why == "NO_ANCHOR"
    assert face.trusted_tlsa("mx.example.com", 25) is None


def test_a_live_lookup_replays_from_its_recording(world: World, tmp_path: Path) -> None:
    with Resolver(world.answer, anchors=world.anchors, clock=world.clock) as live:
        for name, rdtype in (("www.example.com", "A"), ("_25._tcp.mx.bad.test", "TLSA"), ("nope.example.com", "A")):
            for _warmth in ("cold", "warm"):
                outcome = live.lookup(name, rdtype)
                Recording.of(outcome).save(tmp_path / "recording")
                recording = Recording.load(tmp_path / "recording")
                replay = OfflineResolver(recording, at=world.now, anchors=world.anchors)
                for _ in range(2):
                    again = replay.lookup(name, rdtype)
                    assert (again.status, again.summary) == (outcome.status, outcome.summary)


def test_an_offline_moment_may_be_a_datetime_but_not_a_naive_one(world: World) -> None:
    at = datetime.fromtimestamp(world.now, UTC)
    face = OfflineResolver(world.source(), at=at, anchors=world.anchors)
    assert face.lookup("www.example.com", "A").status == "secure"
    with pytest.raises(ValueError, match="naive"):
        OfflineResolver(world.source(), at=at.replace(tzinfo=None))
    for moment in (-1, 2**33, "now", None):
        with pytest.raises(ValueError, match="at must"):
            OfflineResolver(world.source(), at=moment)  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="Snapshot"):
        OfflineResolver("root.zone", at=at)  # type: ignore[arg-type]


@pytest.mark.parametrize("face", [Resolver, AsyncResolver])
@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"upstream": "dns.example"}, BadUpstream, "no IP address"),
        ({"upstream": "tls://9.9.9.9#"}, BadUpstream, "a name or a pin is missing"),
        ({"anchors": "root.ds"}, BadInput, "Anchors"),
        ({"policy": "strict"}, BadInput, "Policy"),
        ({"timeout": 0}, BadInput, "timeout"),
        ({"timeout": float("nan")}, BadInput, "timeout"),
        ({"timeout": True}, BadInput, "timeout"),
        ({"timeout": "5"}, BadInput, "timeout"),
        ({"cache_size": -1}, BadInput, "cache_size"),
        ({"cache_size": 1.5}, BadInput, "cache_size"),
        ({"clock": 5}, BadInput, "clock"),
    ],
)
def test_a_resolver_refuses_arguments_that_it_cannot_use(
    face: type, arguments: dict[str, Any], error: type, text: str
) -> None:
    with pytest.raises(error, match=text):
        face(**{"upstream": "127.0.0.1", **arguments})


def test_the_live_faces_have_the_documented_arguments() -> None:
    documented = ["upstream", "anchors", "policy", "timeout", "cache_size", "clock"]
    for face in (Resolver, AsyncResolver):
        parameters = inspect.signature(face).parameters
        assert list(parameters) == documented
        assert {parameters[name].kind for name in documented[1:]} == {inspect.Parameter.KEYWORD_ONLY}
        assert parameters["timeout"].default == 10.0
        assert parameters["cache_size"].default == 10_000
    for verb in ("lookup", "tlsa", "trusted_tlsa"):
        assert (
            list(inspect.signature(getattr(resolver, verb)).parameters)
            == list(inspect.signature(getattr(Resolver, verb)).parameters)[1:]
        )


def test_a_fresh_outcome_is_returned_in_the_caller_s_thread(world: World) -> None:
    with Resolver(world.answer, anchors=world.anchors, clock=world.clock) as face:
        first = face.lookup("www.example.com", "A")
        host.stop()
        assert face.lookup("www.example.com", "A") is first
        assert host.running() == -1
    with Resolver(world.answer, anchors=world.anchors, clock=world.clock, cache_size=0) as face:
        assert face.lookup("www.example.com", "A") is not face.lookup("www.example.com", "A")


def test_a_closed_resolver_refuses(world: World) -> None:
    face = Resolver(world.answer, anchors=world.anchors, clock=world.clock)
    face.close()
    face.close()
    with pytest.raises(RuntimeError, match="closed"):
        face.lookup("www.example.com", "A")
    with face.lookup_many([("www.example.com", "A")]) as results, pytest.raises(RuntimeError, match="closed"):
        list(results)

    async def main() -> None:
        async with AsyncResolver(world.answer, anchors=world.anchors, clock=world.clock) as other:
            assert (await other.lookup("www.example.com", "A")).status == "secure"
        with pytest.raises(RuntimeError, match="closed"):
            await other.lookup("www.example.com", "A")

    trio.run(main)
    asyncio.run(main())


def test_two_loops_may_use_an_asyncresolver_one_after_the_other_but_not_at_once(world: World) -> None:
    face = AsyncResolver(world.answer, anchors=world.anchors, clock=world.clock)

    async def one() -> str:
        return (await face.lookup("www.example.com", "A")).status

    assert [trio.run(one), asyncio.run(one()), trio.run(one)] == ["secure"] * 3

    async def main() -> None:
        async with face.lookup_many([("a.example.com", "A")]) as results:
            with pytest.raises(RuntimeError, match="another event loop"):
                await trio.to_thread.run_sync(trio.run, one)
            assert [outcome.status async for _, outcome in results] == ["absent"]

    trio.run(main)
    assert trio.run(one) == "secure"


def test_a_bug_of_the_upstream_reaches_the_caller_unchanged(world: World) -> None:
    bug = ZeroDivisionError("mine")

    def fails(query: bytes) -> bytes:
        raise bug

    with Resolver(fails, anchors=world.anchors, clock=world.clock) as face:
        with pytest.raises(ZeroDivisionError) as caught:
            face.lookup("www.example.com", "A")
        assert caught.value is bug
        assert "fails" in [frame.name for frame in caught.traceback]
        with face.lookup_many([("www.example.com", "A")]) as results, pytest.raises(ZeroDivisionError):
            list(results)

    async def main() -> None:
        face = AsyncResolver(fails, anchors=world.anchors, clock=world.clock)
        with pytest.raises(ZeroDivisionError):
            await face.lookup("www.example.com", "A")
        with pytest.raises(ZeroDivisionError):
            async with face.lookup_many([("www.example.com", "A")]) as results:
                async for _ in results:
                    raise AssertionError("unreachable")

    trio.run(main)
    asyncio.run(main())


def test_a_dead_upstream_ends_in_a_verdict_that_names_it(world: World) -> None:
    def dead(query: bytes) -> bytes:
        raise ConnectionRefusedError(111, "Connection refused")

    with Resolver(dead, anchors=world.anchors, clock=world.clock) as face:
        outcome = face.lookup("www.example.com", "A")
    assert isinstance(outcome, Indeterminate)
    assert outcome.why == "NO_REPLY"
    assert "dead: connection refused" in outcome.summary


def test_a_blocking_upstream_is_left_behind_at_the_deadline(world: World) -> None:
    release = threading.Event()

    def blocks(query: bytes) -> bytes:
        release.wait(30)
        raise TimeoutError("at last")

    with Resolver(blocks, anchors=world.anchors, clock=world.clock, timeout=0.05) as face:
        outcome = face.lookup("www.example.com", "A")
        release.set()
    assert isinstance(outcome, Indeterminate)
    assert "the time for this lookup, 0.05 s, ended" in outcome.summary
    assert "function test_a_blocking_upstream" in outcome.summary


def test_an_upstream_object_must_not_block_the_thread_that_it_runs_in(world: World) -> None:
    class Own:
        async def exchange(self, query: bytes) -> bytes:
            face.lookup("other.example.com", "A")
            return world.answer(query)

    face = Resolver(Own(), anchors=world.anchors, clock=world.clock)
    with pytest.raises(RuntimeError, match="would wait for itself"):
        face.lookup("www.example.com", "A")


def test_resolvers_of_one_process_share_nothing_but_the_thread(world: World) -> None:
    later = world.now + 3 * 365 * 86400
    faces = [
        (Resolver(world.answer, anchors=world.anchors, clock=world.clock), "secure"),
        (Resolver(world.answer, anchors=world.anchors, clock=lambda: later), "bogus"),
        (Resolver(world.answer, clock=world.clock), "bogus"),  # other anchors
        (
            Resolver(world.answer, anchors=world.anchors, clock=world.clock, policy=Policy(algorithms={15: False})),
            "insecure",
        ),
    ]
    for _ in range(2):
        for face, status in faces:
            assert face.lookup("www.example.com", "A").status == status


def test_a_clock_that_steps_back_finds_nothing_cached(world: World) -> None:
    now = [float(world.now)]
    with Resolver(world.answer, anchors=world.anchors, clock=lambda: now[0]) as face:
        assert face.lookup("www.example.com", "A").status == "secure"
        now[0] -= 3 * 365 * 86400
        assert face.lookup("www.example.com", "A").status == "bogus"
        now[0] += 3 * 365 * 86400
        assert face.lookup("www.example.com", "A").status == "secure"


def test_the_one_shots_use_one_default_resolver(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []

    def make() -> Resolver:
        made.append(1)
        return Resolver(world.answer, anchors=world.anchors, clock=world.clock)

    monkeypatch.setattr(synchronous, "_default", None)
    monkeypatch.setattr(synchronous, "Resolver", make)
    assert resolver.lookup("www.example.com", "A").status == "secure"
    assert resolver.tlsa("mx.example.com", 25).status == "secure"
    assert resolver.trusted_tlsa("mx.example.com", 443) is None
    assert made == [1]


def test_a_preloaded_resolver_works_in_forked_children() -> None:
    code = """
import os, sys
from resolver import Resolver
from resolver.testing import World
world = World()
world.zone("example.com").add("www 300 A 192.0.2.1")
face = Resolver(world.answer, anchors=world.anchors, clock=world.clock)
assert face.lookup("www.example.com", "A").status == "secure"
children = []
for number in range(3):
    child = os.fork()
    if child == 0:
        assert face.lookup("www.example.com", "A").status == "secure"
        assert face.lookup(f"n{number}.example.com", "A").status == "absent"
        sys.exit(0)
    children.append(child)
assert face.lookup("other.example.com", "A").status == "absent"
assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0]
print("done")
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("done\n", "", 0)


def test_a_child_forked_during_a_lookup_looks_up_for_itself() -> None:
    code = """
import os, sys, threading, warnings
warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 and later warn of a fork beside threads
from resolver import Resolver
from resolver.testing import World
world = World()
world.zone("example.com").add("www 300 A 192.0.2.1")
inside, go = threading.Event(), threading.Event()
parent = os.getpid()
def slow(query):
    if os.getpid() == parent and b"example" in query and query[-15:-11] == bytes((0, 48, 0, 1)):
        inside.set()
        assert go.wait(30)
    return world.answer(query)
face = Resolver(slow, anchors=world.anchors, clock=world.clock)
got = []
thread = threading.Thread(target=lambda: got.append(face.lookup("www.example.com", "A").status))
thread.start()
assert inside.wait(30)
child = os.fork()
if child == 0:
    assert face.lookup("www.example.com", "A").status == "secure"
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
go.set()
thread.join()
assert got == ["secure"]
print("done")
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("done\n", "", 0)


def test_an_offline_resolver_needs_no_trio_and_no_thread() -> None:
    code = """
import sys, threading
from resolver import OfflineResolver, Snapshot, Anchors
zone = "$ORIGIN test.\\n@ 300 IN SOA . . 1 1 1 1 1\\n@ 300 IN NS ns.test.\\n"
face = OfflineResolver(Snapshot.from_text(zone), at=1.7e9)
assert face.lookup("www.test", "A").status in ("bogus", "indeterminate")
assert not {"trio", "asyncio", "ssl"} & set(sys.modules), sorted(sys.modules)
assert threading.active_count() == 1
print("done")
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("done\n", "", 0)
