"""The library behind real servers: every verdict about both trees, through each of its faces, over UDP and TCP."""

from __future__ import annotations

import asyncio

import pytest
import trio

from resolver import AsyncResolver, OfflineResolver, Outcome, Recording, Resolver, RRset
from resolver.data.rrset import Question
from tests.interoperability.cases import BIG, CASES, TLSA, Case
from tests.interoperability.conftest import Servers
from tests.interoperability.servers import HOST, ask

PATHS = ("nsd", "iterator", "validator")
TRANSPORTS = ("", "tcp://")
ITEMS = [(case.name, case.type) for case in CASES]


def found(name: str, rdtype: str, outcome: Outcome[RRset]) -> Case:
    """An outcome, in the words of the cases."""
    cause = outcome.cause
    return Case(
        name,
        rdtype,
        outcome.status,
        kind=outcome.kind if outcome.status == "absent" else None,
        code=cause.code if cause is not None else None,
        text=tuple(outcome.value.to_text()) if outcome.status == "secure" else None,
    )


def check(judged: list[Case]) -> None:
    """Every case was judged as it should be; keys and their digests are proven, but different in each tree."""
    wanted = {(case.name, case.type): case for case in CASES}
    free = {key for key, case in wanted.items() if case.status == "secure" and case.text is None}
    got = {(case.name, case.type): case._replace(text=None) if case[:2] in free else case for case in judged}
    assert got == wanted


@pytest.fixture(params=PATHS)
def port(request: pytest.FixtureRequest, servers: Servers) -> int:
    """The authoritative server itself, a recursive one in front of it, and one that validates."""
    return int(getattr(servers, request.param))


@pytest.mark.parametrize("transport", TRANSPORTS)
class TestFaces:
    """The same verdicts from all of them."""

    def test_resolver(self, servers: Servers, port: int, transport: str) -> None:
        upstream = f"{transport}{HOST}:{port}"
        with Resolver(upstream, anchors=servers.anchors, clock=servers.clock) as resolver:
            check([found(*item, resolver.lookup(*item)) for item in ITEMS])

    def test_async_resolver_under_trio(self, servers: Servers, port: int, transport: str) -> None:
        async def many() -> list[Case]:
            upstream = f"{transport}{HOST}:{port}"
            async with (
                AsyncResolver(upstream, anchors=servers.anchors, clock=servers.clock) as resolver,
                resolver.lookup_many(ITEMS, limit=20) as results,
            ):
                return [found(*item, outcome) async for item, outcome in results]

        check(trio.run(many))

    def test_async_resolver_under_asyncio(self, servers: Servers, port: int, transport: str) -> None:
        async def some() -> list[Case]:
            upstream = f"{transport}{HOST}:{port}"
            async with AsyncResolver(upstream, anchors=servers.anchors, clock=servers.clock) as resolver:
                return [found(*item, await resolver.lookup(*item)) for item in ITEMS]

        check(asyncio.run(some()))

    def test_tlsa(self, servers: Servers, port: int, transport: str) -> None:
        upstream = f"{transport}{HOST}:{port}"
        with Resolver(upstream, anchors=servers.anchors, clock=servers.clock) as resolver:
            trusted = resolver.trusted_tlsa("mx.secure.test", 25)
            assert trusted is not None
            assert [str(record) for record in trusted.records] == list(TLSA.text or ())
            assert resolver.trusted_tlsa("www.unsigned.test", 25) is None
            assert resolver.tlsa("www.secure.test", 25).status == "absent"
            assert resolver.tlsa("www.mismatch.test", 25).status == "bogus"


def test_recordings_of_real_servers_are_judged_alike(servers: Servers, port: int) -> None:
    replayed = []
    with Resolver(f"{HOST}:{port}", anchors=servers.anchors, clock=servers.clock) as resolver:
        for item in ITEMS:
            recording = Recording.of(resolver.lookup(*item))
            judge = OfflineResolver(recording, at=servers.clock(), anchors=servers.anchors)
            replayed.append(found(*item, judge.lookup(*item)))
    check(replayed)


class TestBigAnswers:
    """More than fits into a datagram."""

    def test_the_servers_really_truncate(self, servers: Servers, port: int) -> None:
        assert ask(port, Question.of(BIG.name, BIG.type)).truncated

    @pytest.mark.parametrize("transport", TRANSPORTS)
    def test_they_come_over_tcp(self, servers: Servers, port: int, transport: str) -> None:
        upstream = f"{transport}{HOST}:{port}"
        with Resolver(upstream, anchors=servers.anchors, clock=servers.clock) as resolver:
            outcome = resolver.lookup(BIG.name, BIG.type)
        assert found(BIG.name, BIG.type, outcome) == BIG
        origins = {message.question: message.origin for message in Recording.of(outcome).messages}
        assert origins.pop(outcome.question) == f"tcp {HOST}:{port}"
        assert set(origins.values()) == {f"{'tcp' if transport else 'udp'} {HOST}:{port}"}


class TestAgreement:
    """Another validator, of the same messages at the same time."""

    @pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.name}/{case.type}")
    def test_unbound_judges_as_we_do(self, servers: Servers, case: Case) -> None:
        reply = ask(servers.validator, Question.of(case.name, case.type), cd=False)
        authentic, server_failure = bool(reply.flags & 0x20), reply.rcode == 2  # RFC 4035 §3.2.3
        assert (authentic, server_failure) == (case.status in ("secure", "absent"), case.status == "bogus")
