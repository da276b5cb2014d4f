"""What a walk may ask of its driver. The walk itself is pure: it waits for nothing, and is told the time."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, NamedTuple, TypeAlias, TypeVar

from resolver.data.rrset import Message, Question
from resolver.sources.iterative.memory import Landing
from resolver.validator.ask import Ask

T = TypeVar("T")
Walk: TypeAlias = Coroutine[Ask[Any], Any, T]


class Heard(NamedTuple):
    """A reply, after so many seconds; `now` is the time, POSIX seconds."""

    message: Message
    elapsed: float
    now: float


class Unheard(NamedTuple):
    """No reply that fits the question: one of NO_REPLY_REASONS, in words, and whether there was no way at all."""

    why: str
    text: str
    now: float
    no_way: bool = False


class Send(Ask["Heard | Unheard"]):
    """Ask one server one question.

    Attributes:
        host: its address. question: the question. cd: marks the reply, nothing else. tcp: over TCP at once.
        edns: whether with EDNS, and so with DNSSEC. seconds: how long to wait.
    """

    __slots__ = ("cd", "edns", "host", "question", "seconds", "tcp")

    def __init__(self, host: str, question: Question, *, cd: bool, tcp: bool, edns: bool, seconds: float) -> None:
        self.host = host
        self.question = question
        self.cd = cd
        self.tcp = tcp
        self.edns = edns
        self.seconds = seconds

    def __repr__(self) -> str:
        return f"Send({self.question} to {self.host})"


class Beside(Ask[None]):
    """Run another walk beside this one; nobody waits for it before the whole fetch ends."""

    __slots__ = ("walk",)

    def __init__(self, walk: Walk[None]) -> None:
        self.walk = walk


class Await(Ask[float]):
    """Wait until something that another walk finds out has landed; the answer is the time, POSIX seconds."""

    __slots__ = ("landing",)

    def __init__(self, landing: Landing) -> None:
        self.landing = landing
