"""Recordings: the messages that a verdict was judged from, kept so that it can be judged again; a `Source`.

A recording is JSON lines, plain or gzip. The first line is {"format": "dnssec-recording/1", "at": RFC 3339 or absent},
each other one {"question": "name/TYPE", "wire": base64, "origin": text, "time": POSIX seconds, "cd": true or false}.
Unknown members are passed over. What is in it is evidence, never a verdict.

Limits: a line of 200,000 characters; a message has at most 65,535 octets (RFC 1035 §4.2.2).
"""

from __future__ import annotations

import binascii
import json
import math
import os
from base64 import b64decode, b64encode
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from resolver.data import wire
from resolver.data.files import PathLike, read_octets, text_of, write_octets
from resolver.data.moment import Moment, time_text, to_seconds
from resolver.data.name import Name
from resolver.data.rrset import Message, NoReply, Question
from resolver.data.types import to_type
from resolver.errors import BadInput, BadSnapshot

if TYPE_CHECKING:
    from resolver.validator.outcome import Verdict

FORMAT = "dnssec-recording/1"
MAX_LINE = 200_000  # characters: base64 of 65,535 octets, and room for names and words


class Recording:
    """Messages by question.

    Several messages that answer one question are given in turn, the last again and again, so that retries replay.
    `rewind` starts afresh. A message that was asked for with the other CD bit serves where there is none with this one.

    Attributes:
        at: POSIX seconds for which the recording was made, or None.
        messages: all messages, in the order of their recording.
    """

    __module__ = "resolver"

    def __init__(self, messages: Iterable[Message], *, at: float | None = None) -> None:
        self.at = at
        self.messages: tuple[Message, ...] = tuple(messages)
        self._by_question: dict[Question, dict[bool, list[Message]]] = {}
        for message in self.messages:
            self._by_question.setdefault(message.question, {}).setdefault(message.cd, []).append(message)
        self._given: dict[tuple[Question, bool], int] = {}

    @classmethod
    def from_messages(cls, messages: Iterable[Message], *, at: Moment | None = None) -> Recording:
        """A recording of these messages, in this order.

        Raises:
            ValueError: `at` is a naive datetime or no time.
        """
        return cls(messages, at=None if at is None else to_seconds(at, "at"))

    @classmethod
    def of(cls, outcome: Verdict) -> Recording:
        """All messages that a verdict rests on, aliases among them, each once and in the order in which they came."""
        found: dict[tuple[Question, bool, bytes | int], Message] = {}
        for proof in (outcome.proof, *(alias.proof for alias in outcome.aliases)):
            for step in proof.walk():
                message = step.message
                if message is not None:
                    # A message that was made as values is known only by its identity.
                    found.setdefault((message.question, message.cd, message.wire or id(message)), message)
        ordered = sorted(found.values(), key=lambda message: message.received_at)
        return cls(ordered, at=outcome.judged_at)

    @classmethod
    def load(cls, path: PathLike) -> Recording:
        """Read a recording from a file, plain or gzip.

        Raises:
            BadSnapshot: the file cannot be read, or a line is malformed; with path and line.
        """
        octets = read_octets(path)
        if b"\0" in octets and octets[:2] != b"\x1f\x8b":  # RFC 1952 §2.3.1: gzip
            raise BadSnapshot(
                "no recording but binary data; an authentication chain is read by verify", os.fspath(path)
            )
        return cls.from_text(text_of(octets, os.fspath(path)), path=os.fspath(path))

    @classmethod
    def from_text(cls, text: str, *, path: str = "<text>") -> Recording:
        """Read a recording from a string; `path` is for messages.

        Raises:
            BadSnapshot: a line is malformed; with path and line.
        """
        lines = text.split("\n")
        header = _object(lines[0], path, 1)
        if header.get("format") != FORMAT:
            message = f'not a recording; the first line must be an object with "format": "{FORMAT}"'
            raise BadSnapshot(message, path, 1)
        messages = [_message(line, path, number) for number, line in enumerate(lines[1:], 2) if line.strip()]
        return cls(messages, at=_header_time(header, path))

    def answer(self, question: Question, *, cd: bool = True) -> Message | NoReply:
        """The next recorded message for a question, or NoReply("not-recorded")."""
        kept = self._by_question.get(question)
        if kept is None:
            text = f"the recording has no reply to {question}"
            return NoReply(question, "not-recorded", text, (("recording", text),))
        messages = kept.get(cd) or kept[not cd]
        turn = self._given.get((question, cd), 0)
        self._given[question, cd] = turn + 1
        return messages[min(turn, len(messages) - 1)]

    def holds(self, question: Question) -> bool:
        """Whether there is a message for a question."""
        return question in self._by_question

    def rewind(self) -> None:
        """Give the first message of each question again."""
        self._given.clear()

    def to_text(self) -> str:
        """The recording as JSON lines.

        Raises:
            BadInput: a message that was made as values has no wire form.
        """
        header: dict[str, object] = {"format": FORMAT}
        if self.at is not None:
            header["at"] = time_text(self.at)
        lines = [json.dumps(header)]
        lines += [
            json.dumps(
                {
                    "question": str(message.question),
                    "wire": b64encode(message.wire or wire.write_message(message)).decode(),
                    "origin": message.origin,
                    "time": message.received_at,
                    "cd": message.cd,
                }
            )
            for message in self.messages
        ]
        return "\n".join(lines) + "\n"

    def save(self, path: PathLike) -> None:
        """Write the recording to a file, all or nothing; gzip where the name ends in ".gz".

        Raises:
            OSError: the file cannot be written; what was there before is still there.
            BadInput: a message has no wire form.
        """
        name = os.fspath(path)
        octets = self.to_text().encode()
        if os.path.splitext(name)[1] == ".gz":
            import gzip

            octets = gzip.compress(octets, mtime=0)
        write_octets(name, octets)

    def __len__(self) -> int:
        return len(self.messages)

    def __repr__(self) -> str:
        return f"<Recording of {len(self.messages)} messages>"


def _object(line: str, path: str, number: int) -> dict[str, object]:
    """The JSON object that a line is."""
    if len(line) > MAX_LINE:
        raise BadSnapshot(f"a line of {len(line)} characters; the limit is {MAX_LINE}", path, number)
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as refused:
        why = "nested too deeply" if isinstance(refused, RecursionError) else str(refused)
        raise BadSnapshot(f"not JSON ({why})", path, number) from None
    if not isinstance(value, dict):
        raise BadSnapshot("not a JSON object", path, number)
    return value


def _message(line: str, path: str, number: int) -> Message:
    """The message that a line holds."""
    entry = _object(line, path, number)
    question_text, encoded, origin, time, cd = (entry.get(key) for key in ("question", "wire", "origin", "time", "cd"))
    if not isinstance(question_text, str) or not isinstance(encoded, str) or not isinstance(origin, str):
        raise BadSnapshot('"question", "wire" and "origin" must be strings', path, number)
    if not isinstance(cd, bool):
        raise BadSnapshot('"cd" must be true or false', path, number)
    if isinstance(time, bool) or not isinstance(time, int | float) or not _is_finite(time):
        raise BadSnapshot('"time" must be a number of seconds', path, number)
    try:
        octets = b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise BadSnapshot('"wire" is not base64', path, number) from None
    try:
        message = wire.read(octets, origin=origin, received_at=float(time), cd=cd)
    except wire.BadMessage as refused:
        raise BadSnapshot(f'"wire" is no DNS reply: {refused}', path, number) from None
    name, slash, rdtype = question_text.rpartition("/")  # a label may hold a slash (RFC 2317), a type does not
    try:
        question = Question(Name.from_text(name), to_type(rdtype))
    except BadInput as refused:
        raise BadSnapshot(f'"question" must be "name/TYPE": {str(refused)[:200]}', path, number) from None
    if not slash or question != message.question:
        raise BadSnapshot(f'"question" is {question}, but "wire" answers {message.question}', path, number)
    return message


def _is_finite(number: int | float) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:  # an integer that no float can hold
        return False


def _header_time(header: dict[str, object], path: str) -> float | None:
    """The time that a recording was made for; None where the header has none."""
    at = header.get("at")
    if at is None:
        return None
    try:
        moment = datetime.fromisoformat(at) if isinstance(at, str) else None
        if moment is None:
            raise ValueError("not a string")
        return to_seconds(moment.astimezone(UTC) if moment.tzinfo is not None else moment, '"at"')
    except (ValueError, OverflowError) as refused:
        raise BadSnapshot(f'"at" must be a time as in RFC 3339 ({refused})', path, 1) from None
