"""What all upstream servers have in common: they are asked, and give a message that fits the question, or say why not."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from typing import Literal, Protocol, TypeAlias

import trio

from resolver.data import wire
from resolver.data.rrset import Message, Question
from resolver.sources.upstream.address import Address

Clock: TypeAlias = Callable[[], float]  # POSIX seconds
Trouble: TypeAlias = Literal["timeout", "network", "unusable", "unfit"]

HEADER_OCTETS, TC = 12, 0x02  # of a message, and the TC bit in the third of them (RFC 1035 §4.1.1)
FIXED_OCTETS = 12 + 4 + 11  # of a query: header, type and class, and an OPT record without options
OPTION_OCTETS = 4  # of an EDNS option, before its value (RFC 6891 §6.1.2)
PADDING = 12  # RFC 7830 §3
PADDING_BLOCK = 128  # octets, RFC 8467 §4.1


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

    @property
    def reliable(self) -> bool:
        """Whether its transport, or its maker, sees to it that nothing is lost on the way."""
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

    __slots__ = ("cd", "ident", "name_octets", "octets", "question")

    def __init__(
        self,
        question: Question,
        *,
        cd: bool,
        options: tuple[tuple[int, bytes], ...] = (),
        mixed: bool = False,
        padded: bool = False,
        stamped_later: bool = False,
    ) -> None:
        """Write it.

        Args:
            question: name and type; class IN.
            cd: the CD bit (RFC 4035 §3.2.2).
            options: EDNS options as (code, octets).
            mixed: whether the name's letters are of random case (0x20).
            padded: whether its length is hidden (RFC 8467 §4.1).
            stamped_later: whether `stamped` will give the ID.
        """
        self.question = question
        self.cd = cd
        self.ident = 0 if stamped_later else int.from_bytes(os.urandom(2))  # RFC 5452 §9.2: unpredictable
        name = question.name.wire
        self.name_octets = _mixed_case(name) if mixed else name
        if padded:
            octets = FIXED_OCTETS + len(name) + sum(OPTION_OCTETS + len(value) for _, value in options)
            options = (*options, (PADDING, bytes(-(octets + OPTION_OCTETS) % PADDING_BLOCK)))
        self.octets = wire.write_query(
            question, self.ident, cd=cd, options=options, name_octets=self.name_octets if mixed else None
        )

    def stamped(self, ident: int) -> bytes:
        """The octets with another ID, which a reply must then have."""
        self.ident = ident
        self.octets = ident.to_bytes(2) + self.octets[2:]
        return self.octets

    def read(self, octets: bytes, *, origin: str, received_at: float) -> Message | str:
        """The reply in the octets, or why they are no reply to this query (R144)."""
        if octets[:2] != self.ident.to_bytes(2):
            return "another ID"
        try:
            try:
                message = wire.read(octets, origin=origin, received_at=received_at, cd=self.cd)
            except wire.BadMessage:
                if len(octets) < HEADER_OCTETS or not octets[2] & TC:
                    raise
                # It may be cut off anywhere (RFC 1035 §4.2.1), in the middle of a record too: only its question is read.
                octets = octets[:6] + bytes(6) + octets[HEADER_OCTETS:]
                message = wire.read(octets, origin=origin, received_at=received_at, cd=self.cd)
        except wire.BadMessage as refused:
            return f"no DNS reply: {refused}"
        if message.question != self.question:
            return f"a reply to another question, {message.question}"
        message.question = self.question  # the same value; a cached reply needs none of its own
        return message

    def same_case(self, message: Message) -> bool:
        """Whether the reply has the name in the case in which it was asked for (draft-vixie-dnsext-dns0x20 §4)."""
        return message.wire[12 : 12 + len(self.name_octets)] == self.name_octets


_LETTERS = bytes(0x20 if chr(octet).isalpha() and octet < 128 else 0 for octet in range(256))


def _mixed_case(name: bytes) -> bytes:
    """Each letter's case at random; the octets of lengths, below 64, are no letters."""
    flips = int.from_bytes(name.translate(_LETTERS)) & int.from_bytes(os.urandom(len(name)))
    return (int.from_bytes(name) ^ flips).to_bytes(len(name))


class Stopwatch:
    """Seconds for the differences of times; unlike trio's own clock they go on from one trio run to the next."""

    def __init__(self) -> None:
        self._token: object = None
        self._offset = 0.0

    def __call__(self) -> float:
        token = trio.lowlevel.current_trio_token()
        now = trio.current_time()
        if token is not self._token:
            self._token = token
            self._offset = time.monotonic() - now
        return now + self._offset


def reason(failed: OSError) -> str:
    """What an operating system's error says, in a few words."""
    text = failed.strerror or str(failed)
    if not text:
        return type(failed).__name__
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def target_of(address: Address) -> tuple[int, object]:
    """The address family, and an IP address as the operating system takes it; nothing is asked.

    Raises:
        OSError: it cannot be reached from here, such as an interface that does not exist.
    """
    host = address.host.encode()  # of a str Python would load its IDNA codec, which delays the first question by 1.5 ms
    found = socket.getaddrinfo(host, address.port, type=kind_of(address), flags=socket.AI_NUMERICHOST)
    return found[0][0], found[0][4]


async def look_up(address: Address) -> list[tuple[int, object]]:
    """The same for a name, from the operating system.

    Raises:
        OSError: it has no address.
    """
    found = await trio.socket.getaddrinfo(address.host, address.port, type=kind_of(address))
    return [(each[0], each[4]) for each in found]


def kind_of(address: Address) -> socket.SocketKind:
    """Packets or a stream."""
    return socket.SOCK_DGRAM if address.transport in ("udp", "quic") else socket.SOCK_STREAM


async def open_socket(address: Address) -> trio.socket.SocketType:
    """A trio socket that is connected to a server, over the address's transport.

    Raises:
        OSError: it cannot be reached.
    """
    family, target = target_of(address)
    opened = trio.socket.socket(family, kind_of(address))
    try:
        await opened.connect(target)
    except OSError as failed:  # trio adds the address, which the origin names already
        opened.close()
        raise OSError(failed.errno, os.strerror(failed.errno or 0)) from None
    except BaseException:
        opened.close()
        raise
    return opened
