"""Several servers as one upstream: the fastest that is fit, then the others; never an exception for a failure.

A question goes to one server, for as long as its replies usually take. If none came by then, it is asked again, and the
next server beside it; the first usable reply wins. A reply is usable if its RCODE is NOERROR or NXDOMAIN, or if it
brings any RRset (R122). SERVFAIL and REFUSED with empty hands are failures of that server: the next one is asked, and
last, once, the same one over TCP (R94). A server that leaves out what DNSSEC needs is asked after the others (R127).

Limits: at most `MAX_ASKS` times a question, within seconds × tries; early second questions are rationed (`Allowance`).
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from weakref import WeakSet

import trio

from resolver.data.rrset import Message, NoReply, Question
from resolver.data.types import DNSKEY
from resolver.sources.upstream.server import Clock, NoAnswer, Server, Stopwatch, Trouble
from resolver.sources.upstream.standing import ALIKE, FIRST_SECONDS, Allowance, Standing
from resolver.sources.upstream.waiting import Lost
from resolver.sources.usable import SERVFAIL, is_usable, rcode_text

TRY_SECONDS = 2.0  # ours: a forwarder with a cold cache needs up to about a second
TRIES = 2  # how long a server that says nothing is asked, in tries: 4 s, within the default timeout of a lookup, 10 s
MAX_ASKS = 8  # ours: how often one question is sent, to whichever server
RETRY_SECONDS = 1.0  # when it makes sense to ask again (RFC 9520 §3.2: at least a second)


class Race:
    """One question on its way to one or more servers."""

    def __init__(self, question: Question, cd: bool, ends: float, line: Iterable[Server]) -> None:
        self.question = question
        self.cd = cd
        self.ends = ends  # by trio's clock
        self.line = deque(line)  # those that were not asked yet
        self.slow: tuple[Server, float] | None = None  # one that let its time pass, and how long that was
        self.asks = 0
        self.attempts: list[tuple[str, str]] = []
        self.troubles: set[Trouble] = set()
        self.second_best: Message | None = None  # from a server that strips DNSSEC
        self.over_tcp = False  # whether a SERVFAIL was asked again over TCP

    def note(self, origin: str, why: Trouble, text: str) -> None:
        self.attempts.append((origin, text))
        self.troubles.add(why)


class Pool:
    """The servers of one resolver object, and what is known of them."""

    def __init__(
        self,
        servers: Sequence[Server],
        *,
        clock: Clock,
        seconds: float = TRY_SECONDS,
        tries: int = TRIES,
        rotate: bool = False,
    ) -> None:
        """Prepare; nothing is asked yet.

        Args:
            servers: in the order of preference; at least one.
            clock: POSIX seconds.
            seconds: how long to wait for one reply at most.
            tries: how many times that a server that says nothing is given.
            rotate: whether the servers are equal, and take turns.
        """
        self._servers = tuple(servers)
        self._clock = clock
        self._seconds = seconds
        self._tries = tries
        self._rotate = rotate
        self._turn = 0
        self._standings: dict[str, Standing] = {server.origin: Standing() for server in servers}
        self._stopwatch = Stopwatch()
        self._allowance = Allowance()
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
        self._allowance.earn()
        return await self.go_on(self._race(question, cd, avoid))

    async def go_on(self, race: Race) -> Message | NoReply:
        """The same, from where the quick way (`start`) led."""
        message: Message | None = None
        while race.line and message is None and race.slow is None:
            server = race.line.popleft()
            seconds = self._patience(race, server)
            race.asks += 1
            message, late = await self._ask(race, server, seconds)
            if late:
                race.slow = server, seconds
        if race.slow is not None:
            message = await self._together(race, *race.slow)
        if message is None:
            message = race.second_best
        if message is not None:
            message.attempts = tuple(race.attempts)
            return message
        why = next(word for word in ("unusable", "unfit", "network", "timeout") if word in race.troubles)
        text = "; ".join(f"{origin}: {what}" for origin, what in race.attempts)
        return NoReply(race.question, why, text, tuple(race.attempts), self._clock() + RETRY_SECONDS)

    def start(self, question: Question, done: Callable[[Message | Race], None]) -> Callable[[], object] | None:
        """The quick way, without a task: the first server is asked once, where its transport can call back.

        Args:
            question: name and type; class IN.
            done: called with a usable reply, or with what `go_on` goes on from. It must not raise, and is not called
                before this returns.

        Returns:
            what gives the question up; None: only the long way, `fetch`, leads anywhere now.
        """
        race = self._race(question, True, frozenset())
        server = race.line.popleft()
        begin: Callable[..., Callable[[], object]] | None = getattr(server, "start", None)
        if begin is None or self._standing(server).trouble is not None:
            return None
        began = trio.current_time()
        seconds = self._patience(race, server)
        race.asks = 1

        def heard(reply: Message | NoAnswer | Lost) -> None:
            if isinstance(reply, Lost):  # the server itself has ways to ask again
                race.line.appendleft(server)
                race.asks = 0
                done(race)
                return
            message, late = self._weigh(race, server, began, reply)
            if late:
                race.slow = server, seconds
            done(race if message is None else message)

        self._allowance.earn()
        try:
            return begin(question, cd=True, seconds=seconds, done=heard)
        except NoAnswer:
            return None

    def trouble(self) -> tuple[tuple[str, str], ...]:
        """Each server and what was wrong with it lately; for a lookup whose time ends before its servers answer."""
        return tuple((server.origin, self._standing(server).trouble or "no reply yet") for server in self._servers)

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

    def _race(self, question: Question, cd: bool, avoid: frozenset[str]) -> Race:
        ends = trio.current_time() + self._seconds * self._tries
        return Race(question, cd, ends, self._order(avoid, self._stopwatch()))

    def _patience(self, race: Race, server: Server) -> float:
        """Seconds to wait before anybody else is asked."""
        if server.reliable and not race.line:  # nobody to ask beside it, and TCP itself sends again
            return self._seconds
        return self._standing(server).patience(self._seconds)

    async def _ask(self, race: Race, server: Server, seconds: float) -> tuple[Message | None, bool]:
        """Ask one server once.

        Returns:
            The message, if it is what was wanted; and whether there was silence instead.
        """
        began = trio.current_time()
        try:
            reply: Message | NoAnswer = await server.ask(race.question, cd=race.cd, seconds=seconds)
        except NoAnswer as failed:
            reply = failed
        return self._weigh(race, server, began, reply)

    def _weigh(
        self, race: Race, server: Server, began: float, reply: Message | NoAnswer
    ) -> tuple[Message | None, bool]:
        """What a server's reply is worth, as `_ask`; and take note of it."""
        standing = self._standing(server)
        if isinstance(reply, NoAnswer):
            now = self._stopwatch()
            race.note(server.origin, reply.why, reply.text)
            if reply.why == "unfit":
                standing.strips(reply.text, now)
            elif reply.why != "unusable":
                standing.failed(reply.text, now, at_once=reply.why == "network")
            return None, reply.why == "timeout"
        message, line = reply, race.line
        standing.answered(trio.current_time() - began)
        if not is_usable(message):
            race.note(server.origin, "unusable", rcode_text(message))
            over_tcp = server.over_tcp
            if message.rcode == SERVFAIL and over_tcp is not None and over_tcp not in line and not race.over_tcp:
                race.over_tcp = True
                line.append(over_tcp)  # once over TCP, where no other server helps (R94)
            return None, False
        stripped = _stripped(message)
        if stripped is None:
            return message, False
        now = self._stopwatch()
        standing.strips(stripped, now)
        if all(self._standing(other).is_unaware(now) for other in line):
            return message, False  # there is no better one; the judge says what that means (R127)
        race.note(server.origin, "unfit", stripped)
        race.second_best = race.second_best or message
        return None, False

    async def _together(self, race: Race, slow: Server, seconds: float) -> Message | None:
        """Ask the one that is slow again, and those behind it one after the other beside it, until one replies."""
        line = race.line
        found: list[Message] = []
        raised: list[BaseException] = []
        running = 0
        changed = trio.Event()

        async def follow(server: Server, seconds: float) -> None:
            """Ask one server for as long as it says nothing, waiting twice as long each time."""
            nonlocal running
            try:
                while (left := race.ends - trio.current_time()) > 0:
                    seconds = left if server.reliable else min(seconds * 2, self._seconds, left)
                    message, late = await self._ask(race, server, seconds)
                    if message is not None:
                        found.append(message)
                        nursery.cancel_scope.cancel()
                    # Asking again leaves enough for those that were not asked at all.
                    if not late or race.asks + len(line) >= MAX_ASKS:
                        break
                    race.asks += 1
            except trio.Cancelled:
                raise
            except BaseException as bug:  # noqa: BLE001 - the caller's own; raised below, in no group
                raised.append(bug)
                nursery.cancel_scope.cancel()
            finally:
                running -= 1
                changed.set()

        def start(server: Server, seconds: float) -> None:
            nonlocal running
            running += 1
            race.asks += 1
            nursery.start_soon(follow, server, seconds)

        async with trio.open_nursery() as nursery:
            start(slow, seconds)
            waited = seconds  # since a server was last asked for the first time
            while running or line:
                early = waited < FIRST_SECONDS  # to ask another one now would be hedging; later it is help
                if line and race.asks < MAX_ASKS and (not running or not early or self._allowance.spend()):
                    server = line.popleft()
                    start(server, self._standing(server).patience(self._seconds) / 2)
                    waited = 0.0
                elif not running:
                    break
                changed = trio.Event()
                began = trio.current_time()
                with trio.move_on_after(self._standing(slow).patience(FIRST_SECONDS) if line else float("inf")):
                    await changed.wait()
                waited += trio.current_time() - began
        if raised:
            raise raised[0]
        if found and found[0].origin not in _origins(slow):
            standing = self._standing(slow)
            standing.failed(standing.trouble or "no reply", self._stopwatch(), at_once=True)  # others were faster
        return found[0] if found else None

    def _standing(self, server: Server) -> Standing:
        standing = self._standings.get(server.origin)
        if standing is None:  # a UDP server over TCP
            standing = self._standings[server.origin] = Standing()
        return standing

    def _order(self, avoid: frozenset[str], now: float) -> list[Server]:
        servers = self._servers
        if len(servers) > 1:
            if self._rotate:
                self._turn = (self._turn + 1) % len(servers)
                servers = servers[self._turn :] + servers[: self._turn]
            fastest = min(self._standing(server).expected() for server in servers)
            alike = fastest * ALIKE[0] + ALIKE[1]

            def rank(server: Server) -> tuple[bool, bool, bool]:
                standing = self._standing(server)
                return (
                    standing.is_unaware(now),
                    standing.rests(now),
                    standing.mean is not None and standing.mean > alike,
                )

            servers = tuple(sorted(servers, key=rank))  # stable: otherwise in the caller's order
        if not avoid:
            return list(servers)
        tried = [server for server in servers if _origins(server) & avoid]
        untried_tcp = [tcp for server in tried if (tcp := server.over_tcp) is not None and tcp.origin not in avoid]
        return [server for server in servers if server not in tried] + untried_tcp + tried

    def __repr__(self) -> str:
        return f"<Pool {', '.join(server.origin for server in self._servers)}>"


def _origins(server: Server) -> set[str]:
    over_tcp = server.over_tcp
    return {server.origin} if over_tcp is None else {server.origin, over_tcp.origin}


def _stripped(message: Message) -> str | None:
    """What a reply lacks whose sender is not DNSSEC-aware (R127, RFC 8027 §3.2); None where nothing shows that."""
    if message.wire and message.edns is None:  # RFC 6891 §7: who understands EDNS answers it with EDNS
        return "no EDNS in its reply, so this upstream is not DNSSEC-aware"
    if message.question.rdtype == DNSKEY and message.question.name.is_root:
        rrset = message.find(*message.question)
        if rrset is not None and not rrset.rrsigs:
            return "no signatures over the root's keys in its reply, so this upstream is not DNSSEC-aware"
    return None


_pools: WeakSet[Pool] = WeakSet()


def _after_fork() -> None:
    for pool in _pools:
        pool.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
