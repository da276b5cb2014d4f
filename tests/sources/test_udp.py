"""What a forger must guess over UDP beside port and ID, and what is left out for servers that cannot do it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from resolver.data import wire
from resolver.data.rrset import Edns, Message, NoReply, Question
from resolver.sources.upstream.cookie import BADCOOKIE, COOKIE
from resolver.testing import World
from tests.sources.test_upstream import LOCAL, QUESTION, Server, framed, run
from tests.sources.ways import choose

LONG = Question.of("a-long-name-with-many-letters.www.example.com", "A")


@pytest.fixture(params=["task", "calls"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    choose(request.param, monkeypatch)


@pytest.fixture
def world() -> World:
    world = World()
    world.zone("example.com").add("www 300 A 192.0.2.1")
    return world


def lowered(octets: bytes) -> bytes:
    return octets[:12] + octets[12:].lower()


def cookie_of(query: bytes) -> bytes | None:
    """The value of the COOKIE option, which is the query's last."""
    at = query.rfind(COOKIE.to_bytes(2), 12)
    length = int.from_bytes(query[at + 2 : at + 4])
    return query[at + 4 :] if at > 0 and len(query) == at + 4 + length else None


def with_cookie(world: World, query: bytes, cookie: bytes | None, *, rcode: int = 0) -> bytes:
    """The honest reply with a COOKIE option, the question in the case that it came in."""
    message = wire.read(world.answer(query))
    assert message.edns is not None
    options = () if cookie is None else ((COOKIE, cookie),)
    message.edns = Edns(1232, 0, message.edns.flags, options)
    if rcode:
        message.rcode, message.answer, message.authority, message.additional = rcode, (), (), ()
    written = wire.write_message(message, ident=int.from_bytes(query[:2]))
    name = len(message.question.name.wire)
    return written[:12] + query[12 : 12 + name] + written[12 + name :]


def test_the_letters_of_the_name_are_of_random_case(world: World) -> None:
    async def main() -> None:
        async with Server(lambda query: [world.answer(query)]) as server:
            pool = server.pool()
            for _ in range(10):
                message = await pool.fetch(LONG)
                assert isinstance(message, Message)
                assert message.question == LONG
            names = {query[12 : 12 + len(LONG.name.wire)] for query in server.queries}
            assert len(names) == 10
            assert {name.lower() for name in names} == {LONG.name.wire}

    run(main)


def test_a_server_that_does_not_keep_the_case_is_asked_again_in_lower_case_and_from_then_on(world: World) -> None:
    async def main() -> None:
        async with Server(lambda query: [lowered(world.answer(query))]) as server:
            pool = server.pool()
            for _ in range(3):
                assert isinstance(await pool.fetch(LONG), Message)
            first, *others = server.queries
            assert len(others) == 3
            assert first[12:] != first[12:].lower()
            assert all(LONG.name.wire in query for query in others)
            assert server.senders[0] != server.senders[1]  # whoever guessed the first port guesses anew

    run(main)


def test_a_forged_reply_in_another_case_is_never_the_answer(world: World) -> None:
    forged = World()
    forged.zone("example.com").add("a-long-name-with-many-letters.www 300 A 192.0.2.66")

    async def main() -> None:
        def reply(query: bytes) -> list[bytes]:
            mixed = query[12:40] != query[12:40].lower()
            return [lowered(forged.answer(query))] if mixed else [world.answer(query)]

        async with Server(reply) as server:
            message = await server.pool().fetch(LONG)
            assert isinstance(message, Message)
            assert message.find(*LONG) is None

    run(main)


def test_the_server_s_cookie_is_echoed(world: World) -> None:
    seen: list[bytes | None] = []

    def reply(query: bytes) -> list[bytes]:
        cookie = cookie_of(query)
        seen.append(cookie)
        assert cookie is not None
        return [with_cookie(world, query, cookie[:8] + b"server-1")]

    async def main() -> None:
        async with Server(reply) as one, Server(reply) as two:
            for pool in (one.pool(), one.pool(), two.pool()):
                for _ in range(2):
                    assert isinstance(await pool.fetch(QUESTION), Message)

    run(main)
    assert [len(cookie or b"") for cookie in seen] == [8, 16] * 3
    assert all((cookie or b"").endswith(b"server-1") for cookie in seen[1::2])
    assert len({(cookie or b"")[:8] for cookie in seen}) == 3  # one for each server, and for each resolver


def test_a_reply_with_another_cookie_is_passed_over(world: World) -> None:
    def reply(query: bytes) -> list[bytes]:
        cookie = cookie_of(query) or b""
        wrong = bytes([cookie[0] ^ 1]) + cookie[1:8] + b"server-1"
        return [
            with_cookie(world, query, wrong),
            with_cookie(world, query, cookie[:8] + b"short"),
            with_cookie(world, query, b""),
            with_cookie(world, query, cookie[:8] + b"server-1"),
        ]

    async def main() -> None:
        async with Server(reply) as server:
            message = await server.pool().fetch(QUESTION)
            assert isinstance(message, Message)
            assert message.edns is not None
            ours = cookie_of(server.queries[0])
            assert ours is not None
            assert message.edns.options == ((COOKIE, ours + b"server-1"),)
            assert len(server.queries) == 1

    run(main)


def test_a_reply_without_the_cookie_that_the_server_always_sent_is_asked_for_over_tcp(world: World) -> None:
    forged = World()
    forged.zone("example.com").add("www 300 A 192.0.2.66")
    asked: list[bytes] = []

    def reply(query: bytes) -> list[bytes]:
        asked.append(query)
        if len(asked) == 1:
            return [with_cookie(world, query, (cookie_of(query) or b"") + b"server-1")]
        return [forged.answer(query)]

    async def main() -> None:
        async with Server(reply, lambda query: [framed(world.answer(query))]) as server:
            pool = server.pool()
            assert isinstance(await pool.fetch(QUESTION), Message)
            message = await pool.fetch(QUESTION)
            assert isinstance(message, Message)
            assert message.origin == f"tcp {LOCAL}:{server.port}"
            rrset = message.find(*QUESTION)
            assert rrset is not None
            assert rrset.rdata == (bytes((192, 0, 2, 1)),)

    run(main)


@pytest.mark.parametrize(("refusals", "transport"), [(1, "udp"), (99, "tcp")])
def test_a_refused_cookie_is_tried_anew_once_and_then_comes_tcp(world: World, refusals: int, transport: str) -> None:
    async def main() -> None:
        def reply(query: bytes) -> list[bytes]:
            cookie = (cookie_of(query) or b"")[:8] + b"server-%d" % len(server.queries)
            return [with_cookie(world, query, cookie, rcode=BADCOOKIE if len(server.queries) <= refusals else 0)]

        async with Server(reply, lambda query: [framed(world.answer(query))]) as server:
            message = await server.pool().fetch(QUESTION)
            assert isinstance(message, Message)
            assert message.origin == f"{transport} {LOCAL}:{server.port}"
            assert len(server.queries) == 2
            assert (cookie_of(server.queries[1]) or b"").endswith(b"server-1")

    run(main)


def format_error(query: bytes) -> bytes:
    """What a server without EDNS says (RFC 6891 §7)."""
    name = 12 + query[12:].index(0) + 5
    return query[:2] + b"\x81\x81" + query[4:6] + bytes(6) + query[12:name]


def test_a_reply_that_is_cut_off_within_a_record_is_asked_for_over_tcp(world: World) -> None:
    def cut(query: bytes) -> list[bytes]:
        whole = world.answer(query)
        return [whole[:2] + bytes([whole[2] | 0x02]) + whole[3:-20]]

    async def main() -> None:
        async with Server(cut, lambda query: [framed(world.answer(query))]) as server:
            message = await server.pool().fetch(QUESTION)
            assert isinstance(message, Message)
            assert message.origin.startswith("tcp ")
            assert message.find(*QUESTION) is not None

    run(main)


def test_a_server_that_takes_no_cookie_is_asked_without(world: World) -> None:
    async def main() -> None:
        def reply(query: bytes) -> list[bytes]:
            return [format_error(query)] if cookie_of(query) is not None else [world.answer(query)]

        async with Server(reply) as server:
            pool = server.pool()
            assert isinstance(await pool.fetch(QUESTION), Message)
            assert isinstance(await pool.fetch(QUESTION), Message)
            assert len(server.queries) == 3

    run(main)


@pytest.mark.parametrize("answer", [format_error, lambda query: format_error(query)[:4] + bytes(8)])
def test_a_server_without_edns_is_named_as_unfit(answer: Callable[[bytes], bytes]) -> None:
    async def main() -> None:
        async with Server(lambda query: [answer(query)]) as server:
            reply = await server.pool().fetch(QUESTION)
            assert isinstance(reply, NoReply)
            assert reply.why == "unfit"
            assert "does not understand EDNS" in reply.text
            assert "this upstream is not DNSSEC-aware" in reply.text

    run(main)


def test_silence_after_a_stray_format_error_does_not_silence_the_real_reply(world: World) -> None:
    async def main() -> None:
        async with Server(lambda query: [format_error(query)[:4] + bytes(8), world.answer(query)]) as server:
            assert isinstance(await server.pool().fetch(QUESTION), Message)
            assert len(server.queries) == 1

    run(main)
