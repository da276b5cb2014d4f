"""Many sockets behind one task: what came is told in time, and nothing is left open."""

from __future__ import annotations

import os
import selectors
import socket
from collections.abc import Awaitable, Callable, Iterator

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from resolver.sources.upstream import datagrams
from resolver.sources.upstream.datagrams import Desk, Watched
from resolver.sources.upstream.server import NoAnswer


class Pair:
    """A watched socket, what is sent to it, and what was told of it."""

    def __init__(self, desk: Desk, deadline: float) -> None:
        self.far, self.near = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.near.setblocking(False)
        self.told: list[str] = []
        self.watched: Watched = desk.watch(self.near, deadline, self.read, lambda: self.told.append("late"))
        self.then: Callable[[], None] = self.watched.end

    def read(self) -> None:
        try:
            self.told.append(self.near.recv(100).decode())
        except BlockingIOError:
            return
        self.then()

    @property
    def open(self) -> bool:
        return self.near.fileno() != -1


@pytest.fixture
def pairs() -> Iterator[list[Pair]]:
    made: list[Pair] = []
    yield made
    for pair in made:
        pair.far.close()
        assert not pair.open


def run(main: Callable[[], Awaitable[None]]) -> None:
    trio.run(main, clock=MockClock(autojump_threshold=0.02))


def test_each_is_told_what_came_or_that_its_time_is_over(pairs: list[Pair]) -> None:
    async def main() -> None:
        desk = Desk()
        start = trio.current_time()
        pairs.extend(Pair(desk, start + seconds) for seconds in (3, 1, 2))
        pairs[0].far.send(b"one")
        await wait_all_tasks_blocked()
        assert [pair.told for pair in pairs] == [["one"], [], []]
        assert [pair.open for pair in pairs] == [False, True, True]
        await trio.sleep(1.5)
        assert [pair.told for pair in pairs] == [["one"], ["late"], []]
        pairs.append(Pair(desk, trio.current_time() + 0.1))  # sooner than what is waited for
        await trio.sleep(0.2)
        assert pairs[3].told == ["late"]
        await trio.sleep(1)
        assert pairs[2].told == ["late"]

    run(main)


def test_what_came_while_others_were_served_came_in_time(pairs: list[Pair]) -> None:
    async def main() -> None:
        desk = Desk()
        clock = trio.lowlevel.current_clock()
        assert isinstance(clock, MockClock)
        pairs.extend(Pair(desk, trio.current_time() + 1) for _ in range(3))
        await wait_all_tasks_blocked()

        def busy() -> None:  # for longer than the others have
            pairs[1].far.send(b"two")
            clock.jump(5)
            pairs[0].watched.end()

        pairs[0].then = busy
        pairs[0].far.send(b"one")
        await wait_all_tasks_blocked()
        assert [pair.told for pair in pairs] == [["one"], ["two"], ["late"]]

    run(main)


def test_one_that_another_s_call_ended_is_not_called(pairs: list[Pair]) -> None:
    async def main() -> None:
        desk = Desk()
        pairs.extend(Pair(desk, trio.current_time() + 1) for _ in range(2))

        def end_both() -> None:
            for pair in pairs:
                pair.watched.end()

        for pair in pairs:
            pair.then = end_both
            pair.far.send(b"x")
        await wait_all_tasks_blocked()
        assert sorted(pair.told for pair in pairs) == [[], ["x"]]

    run(main)


def test_nothing_runs_while_nothing_is_watched_and_it_starts_again(pairs: list[Pair]) -> None:
    async def main() -> None:
        tasks = trio.lowlevel.current_statistics().tasks_living
        desk = Desk()
        for _ in range(3):
            pairs.append(Pair(desk, trio.current_time() + 1))
            assert trio.lowlevel.current_statistics().tasks_living == tasks + 1
            pairs[-1].watched.end()
            pairs[-1].watched.end()
            await wait_all_tasks_blocked()
            assert trio.lowlevel.current_statistics().tasks_living == tasks

    run(main)


def test_the_end_of_the_run_closes_all(pairs: list[Pair]) -> None:
    async def main() -> None:
        pairs.append(Pair(Desk(), trio.current_time() + 1))

    run(main)
    assert pairs[0].told == []


def test_closing_ends_the_time_of_all(pairs: list[Pair]) -> None:
    async def main() -> None:
        desk = Desk()
        pairs.extend(Pair(desk, trio.current_time() + 1) for _ in range(2))
        desk.close()
        assert [pair.told for pair in pairs] == [["late"], ["late"]]

    run(main)


def test_a_child_process_gives_up_its_copies_and_takes_nothing_from_its_parent(pairs: list[Pair]) -> None:
    async def main() -> None:
        desk = Desk()
        pairs.append(Pair(desk, trio.current_time() + 1))
        child = os.fork()
        if not child:
            desk.after_fork()
            os._exit(pairs[0].open or bool(pairs[0].told))
        assert os.waitpid(child, 0)[1] == 0  # noqa: ASYNC222 - it ends at once
        pairs[0].far.send(b"one")
        await wait_all_tasks_blocked()
        assert pairs[0].told == ["one"]

    run(main)


def test_select_itself_cannot_be_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        with near, far, pytest.raises(NoAnswer, match="cannot watch"):
            Desk().watch(near, 1.0, near.close, near.close)

    monkeypatch.setattr(datagrams, "Selector", selectors.SelectSelector)
    run(main)
