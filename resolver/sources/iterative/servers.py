"""Asking the servers of one zone until one helps: order, patience, second turns, and who pays. Pure."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from resolver.data.name import Name
from resolver.data.rrset import Message, Question
from resolver.sources.iterative.asks import Heard, Send, Unheard
from resolver.sources.iterative.delegation import Delegation
from resolver.sources.iterative.limits import MAX_QUERIES, MAX_TRIES, PATIENCE, TCP_SECONDS
from resolver.sources.iterative.memory import Memory
from resolver.sources.iterative.reading import Answered, Read, Useless, read_reply
from resolver.sources.iterative.roster import Roster
from resolver.sources.upstream.address import Address

_NO_EDNS = frozenset({1, 4})  # FORMERR and NOTIMP, from a server that does not know EDNS (RFC 6891 §7)


class Shared(NamedTuple):
    """What all lookups of one upstream share: memory, roster, the tree's port, and its settings."""

    memory: Memory
    roster: Roster
    port: int
    loopback: bool
    minimise: bool


class Spent(Exception):
    """The purse is empty."""


class Purse:
    """How many queries a lookup may still send."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = MAX_QUERIES

    def pay(self) -> None:
        """Pay for one query.

        Raises:
            Spent: there is nothing left.
        """
        if not self.left:
            raise Spent(f"more than {MAX_QUERIES} queries to answer one question (NXNSAttack, CVE-2020-12662)")
        self.left -= 1


def host_of(origin: str) -> str:
    """The address in an origin such as "udp 192.0.2.1:53" or "tcp [2001:db8::1]:53"."""
    return origin.partition(" ")[2].rpartition(":")[0].strip("[]")


class Asker:
    """Sends a lookup's queries and keeps its time, its purse, and what servers did.

    Attributes:
        now: POSIX seconds, as the last reply was told.
        attempts: each server that did not help, and what it did.
        heard: whether any server replied, though to no use.
        silence: whether no server of the zone that was asked last replied at all.
        why: why the last one did not, in one of NO_REPLY_REASONS.
        asking: the server whose reply is waited for now, or empty.
    """

    def __init__(self, shared: Shared, purse: Purse, *, cd: bool, now: float) -> None:
        self._shared = shared
        self._purse = purse
        self._cd = cd
        self.now = now
        self.attempts: list[tuple[str, str]] = []
        self.heard = False
        self.silence = False
        self.why = "timeout"
        self.asking = ""
        self._sent = 0

    def beside(self) -> Asker:
        """Another asker that pays from the same purse."""
        return Asker(self._shared, self._purse, cd=True, now=self.now)

    def origin(self, host: str, transport: str = "udp") -> str:
        """How a server is named in messages and proofs."""
        return str(Address("tcp" if transport == "tcp" else "udp", host, self._shared.port))

    def known(self, cut: Delegation) -> list[str]:
        """The addresses of a zone's servers that are known, glue first where there is any."""
        hosts: list[str] = []
        for name in cut.names:
            hosts += cut.glue.get(name) or self._shared.memory.addresses(name, self.now) or ()
        return hosts

    def all_tried(self, cut: Delegation, avoid: frozenset[str]) -> bool:
        """Whether every known server of a zone is among these origins."""
        tried = {host_of(origin) for origin in avoid}
        return all(host in tried for host in self.known(cut))

    async def ask(
        self,
        cut: Delegation,
        question: Question,
        *,
        avoid: frozenset[str] = frozenset(),
        more: Callable[[], Awaitable[bool]] | None = None,
        turns: int = 2,
        tries: int = MAX_TRIES,
    ) -> Read | None:
        """Ask a zone's servers one question.

        Args:
            cut: the way to the zone.
            question: at or below the zone.
            avoid: origins whose replies did not hold: they are asked last, over TCP first (R97).
            more: looks up one more server's address; whether there is one.
            turns: how often a silent server is asked.
            tries: how many queries to send.

        Raises:
            Spent: the lookup has no query left.
        """
        waited, asked, heard = 0.0, False, False
        fallback: Message | None = None
        doubted = {host_of(origin) for origin in avoid}
        done: set[str] = set()
        silent: list[str] = []
        for turn in range(turns):
            while tries > 0:
                host = self._choose(cut, question, done | doubted, silent if turn else None)
                if host is None and not turn and more is not None and await more():
                    continue
                if host is None and not turn and doubted:
                    doubted = set()
                    continue
                if host is None:
                    break
                asked = True
                done.add(host)
                tcp = self.origin(host) in avoid and self.origin(host, "tcp") not in avoid
                before = self._sent
                got = await self._one(host, cut.zone, question, turn, tcp=tcp, again=tries > 1)
                tries -= self._sent - before
                if got is None:
                    if self.why == "timeout" and not turn:
                        silent.append(host)
                        waited += self._shared.roster.patience(host)
                    continue
                heard = True
                if not isinstance(got, Useless):
                    return got
                fallback = fallback or got.fallback
            if not silent or waited >= PATIENCE:
                break
            done.difference_update(silent)
        self.heard = self.heard or heard
        self.silence = not heard
        if fallback is not None:
            return Answered(fallback)
        if not asked:
            self.attempts.append((f"servers of {cut.zone}", "no address is known of any that answers"))
        return None

    def _choose(self, cut: Delegation, question: Question, without: set[str], among: list[str] | None) -> str | None:
        hosts = self.known(cut) if among is None else among
        roster = self._shared.roster
        left = [host for host in hosts if host not in without and not roster.is_dead(host, question.rdtype, self.now)]
        return roster.order(left, self.now, cut.zone)[0] if left else None

    async def _one(
        self, host: str, zone: Name, question: Question, turn: int, *, tcp: bool, again: bool
    ) -> Read | None:
        """Ask one server, and once more without EDNS if it does not know that and `again`; None where nothing came that
        fits the question."""
        reply = await self._send(host, question, turn, tcp=tcp, edns=True)
        if again and isinstance(reply, Heard) and reply.message.rcode in _NO_EDNS and reply.message.edns is None:
            reply = await self._send(host, question, turn, tcp=tcp, edns=False)  # RFC 6891 §7
        if isinstance(reply, Unheard):
            self.why = reply.why
            self.attempts.append((self.origin(host, "tcp" if tcp else "udp"), reply.text))
            self._shared.roster.unheard(host, question.rdtype, self.now, no_way=reply.no_way)
            return None
        self._shared.roster.heard(host, reply.elapsed)
        got = read_reply(zone, question, reply.message, loopback=self._shared.loopback)
        if isinstance(got, Useless):
            self.attempts.append((reply.message.origin, got.text))
            if got.lame:
                self._shared.roster.lame(host, zone, self.now)
        return got

    async def _send(self, host: str, question: Question, turn: int, *, tcp: bool, edns: bool) -> Heard | Unheard:
        self._purse.pay()
        self._sent += 1
        seconds = TCP_SECONDS if tcp else self._shared.roster.patience(host, turn)
        self.asking = self.origin(host, "tcp" if tcp else "udp")
        reply = await Send(host, question, cd=self._cd, tcp=tcp, edns=edns, seconds=seconds)
        self.asking = ""
        self.now = reply.now
        return reply
