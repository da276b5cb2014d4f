"""What all upstream servers have in common: they are asked, and give a message that fits the question, or say why not."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable
from typing import Literal, Protocol, TypeAlias

import trio

from resolver.data import wire
from resolver.data.rrset import Message, Question
from resolver.sources.upstream.address import Address

Clock: TypeAlias = Callable[[], float]  # POSIX seconds
Trouble: TypeAlias = Literal["timeout", "network", "unusable"]


class NoAnswer(Exception):
    """A server gave no message that fits the question; it never leaves the upstream.

    Attributes:
        why: one of NO_REPLY_REASONS. text: for people, without the server's name.
    """

    def __init__(self, why: Trouble, text: str) -> None:
        super().__init__(text)
        self.why: Trouble = why
        self.text = text


class Server(Protocol):
    """One server over one transport."""

    @property
    def origin(self) -> str:
        """Its name in messages and proofs, such as "udp 127.0.0.1:53"."""
        ...

    @property
    def over_tcp(self) -> Server | None:
        """The same server over TCP, where this is UDP."""
        ...

    async def ask(self, question: Question, *, cd: bool, seconds: float) -> Message:
        """Its reply to a question, whole; never a truncated one.

        Args:
            question: name and type; class IN.
            cd: the CD bit (RFC 4035 §3.2.2).
            seconds: how long to wait.

        Raises:
            NoAnswer: none came that fits.
        """
        ...

    def after_fork(self) -> None:
        """Begin anew in a child process: the parent keeps what is under way."""
        ...

    def close(self) -> None:
        """End its connections; a later question makes new ones."""
        ...


class Query:
    """One question on its way: the octets to send, and what a reply must have to be taken for one (RFC 5452 §9.1)."""

    __slots__ = ("cd", "ident", "octets", "question")

    def __init__(self, question: Question, *, cd: bool) -> None:
        self.question = question
        self.cd = cd
        self.ident = secrets.randbits(16)  # RFC 5452 §9.2: unpredictable
        self.octets = wire.write_query(question, self.ident, cd=cd)

    def stamped(self, ident: int) -> bytes:
        """The octets with another ID, which a reply must then have."""
        self.ident = ident
        self.octets = ident.to_bytes(2) + self.octets[2:]
        return self.octets

    def read(self, octets: bytes, *, origin: str, received_at: float) -> Message | str:
        """The reply in the octets, or why they are no reply to this query."""
        if octets[:2] != self.ident.to_bytes(2):
            return "another ID"
        try:
            message = wire.read(octets, origin=origin, received_at=received_at, cd=self.cd)
        except wire.BadMessage as refused:
            return f"no DNS reply: {refused}"
        if message.question != self.question:
            return f"a reply to another question, {message.question}"
        return message


def reason(failed: OSError) -> str:
    """What an operating system's error says, in a few words."""
    text = failed.strerror or str(failed)
    if not text:
        return type(failed).__name__
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def target_of(address: Address) -> tuple[int, object]:
    """The address family, and the address as the operating system takes it.

    Raises:
        OSError: it cannot be reached from here, such as an interface that does not exist.
    """
    kind = socket.SOCK_DGRAM if address.transport == "udp" else socket.SOCK_STREAM
    found = socket.getaddrinfo(address.host, address.port, type=kind, flags=socket.AI_NUMERICHOST)  # nothing is asked
    return found[0][0], found[0][4]


async def open_socket(address: Address) -> trio.socket.SocketType:
    """A socket that is connected to a server, over the address's transport.

    Raises:
        OSError: it cannot be reached.
    """
    family, target = target_of(address)
    kind = trio.socket.SOCK_DGRAM if address.transport == "udp" else trio.socket.SOCK_STREAM
    opened = trio.socket.socket(family, kind)
    try:
        await opened.connect(target)
    except OSError as failed:  # trio adds the address, which the origin names already
        opened.close()
        raise OSError(failed.errno, os.strerror(failed.errno or 0)) from None
    except BaseException:
        opened.close()
        raise
    return opened
