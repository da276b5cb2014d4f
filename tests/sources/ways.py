"""The two ways of asking a pool: a task that waits (`fetch`), and calls (`start`, then `go_on`), as the engine asks."""

from __future__ import annotations

import pytest
import trio

from resolver.data.rrset import Message, NoReply, Question
from resolver.sources.upstream import Pool, Race

_by_task = Pool.fetch


async def _by_calls(
    pool: Pool, question: Question, *, cd: bool = True, avoid: frozenset[str] = frozenset()
) -> Message | NoReply:
    found: list[Message | Race] = []
    heard = trio.Event()

    def done(result: Message | Race) -> None:
        found.append(result)
        heard.set()

    if not cd or avoid:
        return await _by_task(pool, question, cd=cd, avoid=avoid)
    give_up = pool.start(question, done)
    if give_up is None:
        return await _by_task(pool, question)
    try:
        await heard.wait()
    except trio.Cancelled:
        give_up()
        raise
    (result,) = found
    return result if isinstance(result, Message) else await pool.go_on(result)


def choose(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `Pool.fetch` be the one or the other."""
    if way == "calls":
        monkeypatch.setattr(Pool, "fetch", _by_calls)
