"""Several servers as one upstream: tried in their order, the next where one fails; never an exception for a failure.

A reply is usable if its RCODE is NOERROR or NXDOMAIN, or if it brings any RRset (R122); SERVFAIL and REFUSED with empty
hands are failures of that server, and so named in the NoReply.

Limits: servers that failed lately are asked last; each is tried twice, but only within `PATIENCE` seconds.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from weakref import WeakSet

import trio

from resolver.data.rrset import Message, NoReply, Question
from resolver.sources.upstream.server import Clock, NoAnswer, Server, Trouble
from resolver.sources.usable import SERVFAIL, is_usable, rcode_text

TRY_SECONDS = 2.0  # ours: a forwarder with a cold cache needs up to about a second
TRIES = 2  # how often a server that says nothing is asked one question
PATIENCE = 4.0  # seconds after which no server is asked a second time: within the default timeout of a lookup, 10 s
REST_SECONDS = 30.0  # how long a server that said nothing is asked after the others
RETRY_SECONDS = 1.0  # when it makes sense to ask again (RFC 9520 §3.2: at least a second)


class Pool:
    """The servers of one resolver object, and which of them failed lately."""

    def __init__(
        self, servers: Sequence[Server], *, clock: Clock, seconds: float = TRY_SECONDS, tries: int = TRIES
    ) -> None:
        """Prepare; nothing is asked yet.

        Args:
            servers: in the order of preference; at least one.
            clock: POSIX seconds.
            seconds: how long to wait for one reply.
            tries: how often to ask a server that says nothing.
        """
        self._servers = tuple(servers)
        self._clock = clock
        self._seconds = seconds
        self._tries = tries
        self._failed: dict[str, tuple[float, str]] = {}  # by origin: when, by trio's clock, and why
        _pools.add(self)

    async def fetch(
        self, question: Question, *, cd: bool = True, avoid: frozenset[str] = frozenset()
    ) -> Message | NoReply:
        """A usable reply, or a NoReply that names each server and what it did.

        Args:
            question: name and type; class IN.
            cd: the CD bit (RFC 4035 §3.2.2).
            avoid: origins whose replies did not do (R97). They are asked last, a UDP server over TCP first.
        """
        started = trio.current_time()
        attempts: list[tuple[str, str]] = []
        troubles: set[Trouble] = set()
        silent: list[Server] = []
        waiting = self._order(avoid, started)
        for count in range(self._tries):
            for server in waiting:
                suspect = server.origin in self._failed
                try:
                    message = await server.ask(question, cd=cd, seconds=self._seconds)
                except NoAnswer as failed:
                    attempts.append((server.origin, failed.text))
                    troubles.add(failed.why)
                    if failed.why != "unusable":
                        self._failed[server.origin] = (trio.current_time(), failed.text)
                    if failed.why == "timeout" and not suspect:
                        silent.append(server)
                    continue
                self._failed.pop(server.origin, None)
                if is_usable(message):
                    return message
                attempts.append((server.origin, rcode_text(message)))
                troubles.add("unusable")
                over_tcp = server.over_tcp
                if message.rcode == SERVFAIL and over_tcp is not None and over_tcp not in waiting and not count:
                    waiting.append(over_tcp)  # once over TCP, where no other server helps (R94)
            waiting, silent = silent, []
            if not waiting or trio.current_time() - started >= PATIENCE:
                break
        why = next(word for word in ("unusable", "network", "timeout") if word in troubles)
        text = "; ".join(f"{origin}: {what}" for origin, what in attempts)
        return NoReply(question, why, text, tuple(attempts), self._clock() + RETRY_SECONDS)

    def trouble(self) -> tuple[tuple[str, str], ...]:
        """Each server and what was wrong with it lately; for a lookup whose time ends before its servers answer."""
        return tuple(
            (server.origin, self._failed[server.origin][1] if server.origin in self._failed else "no reply yet")
            for server in self._servers
        )

    @property
    def one_at_a_time(self) -> bool:
        """Whether some server takes only one question at a time, so that asking ahead would hold up the others."""
        return any(getattr(server, "one_at_a_time", False) for server in self._servers)

    def close(self) -> None:
        """End all connections, at once; in the trio run that uses them, or while none does. Doing it twice is fine.

        Questions under way end without a reply; a later question opens new connections.
        """
        for server in self._servers:
            server.close()

    def after_fork(self) -> None:
        """Leave to the parent process whatever connections and calls it has under way."""
        for server in self._servers:
            server.after_fork()

    def _order(self, avoid: frozenset[str], now: float) -> list[Server]:
        def rests(server: Server) -> bool:
            return server.origin in self._failed and now - self._failed[server.origin][0] < REST_SECONDS

        ready = sorted(self._servers, key=rests)  # stable: otherwise in the caller's order
        if not avoid:
            return ready
        tried = [server for server in ready if _origins(server) & avoid]
        untried_tcp = [tcp for server in tried if (tcp := server.over_tcp) is not None and tcp.origin not in avoid]
        return [server for server in ready if server not in tried] + untried_tcp + tried

    def __repr__(self) -> str:
        return f"<Pool {', '.join(server.origin for server in self._servers)}>"


def _origins(server: Server) -> set[str]:
    over_tcp = server.over_tcp
    return {server.origin} if over_tcp is None else {server.origin, over_tcp.origin}


_pools: WeakSet[Pool] = WeakSet()


def _after_fork() -> None:
    for pool in _pools:
        pool.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
